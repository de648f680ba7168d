//! The frame of the page: its policy, its style and script, its head, and its sections.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::amount::grouped;
use super::markup::{At, Markup};
use super::model::{HomeKind, Standing};
use super::treemap::HEIGHT;
use super::view::View;
use super::{findings, modules, repositories, requirements, sizes};
use crate::repo::counted;
use crate::report::Severity;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn document(view: &View<'_>) -> Markup {
    let page = view.page;
    let mut out = Markup::default();
    // The policy comes first: what stands before it is not bound by it.
    out.put(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; style-src &#39;{}&#39;; \
         script-src &#39;{}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}: {} modules for Odoo {}</title>\n",
        &[&hash(STYLE), &hash(SCRIPT), &page.project, &page.profile, &page.odoo],
    );
    out.raw("<style>").raw(STYLE).raw("</style>\n</head>\n<body>\n");
    out.raw("<a class=\"skip\" href=\"#main\">Skip to the content</a>\n");
    patterns(&mut out);
    header(&mut out, view);
    navigation(&mut out);
    out.raw("<main id=\"main\" tabindex=\"-1\">\n");
    for section in [
        sizes::section(view),
        repositories::section(view),
        modules::section(view),
        requirements::section(view),
        findings::section(view),
    ] {
        out.put("{}", &[&section]);
    }
    out.raw("</main>\n<footer><p>Written by <code>oca report</code> from <code>oca.lock.json</code>.</p></footer>\n");
    out.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    out
}

/// How a policy names a text.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The patterns of what is left out, so that colour is not the only sign.
fn patterns(out: &mut Markup) {
    out.put(
        "<svg class=\"vh\" aria-hidden=\"true\" focusable=\"false\" width=\"0\" height=\"0\"><defs>\n\
         <pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"8\" height=\"{}\" class=\"ground\"/><path d=\"M0 0V8\" class=\"stripe\"/></pattern>\n\
         <pattern id=\"dots\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\"><rect width=\"7\" height=\"7\" \
         class=\"ground\"/><circle cx=\"2\" cy=\"2\" r=\"1.3\" class=\"dot\"/></pattern>\n\
         <pattern id=\"cross\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
         <rect width=\"8\" height=\"8\" class=\"ground\"/><path d=\"M0 0V8M0 0H8\" class=\"stripe\"/></pattern>\n\
         </defs></svg>\n",
        &[&At(8.0)],
    );
    debug_assert!(
        STYLE.contains(&format!("height: {HEIGHT}px")),
        "the style and the drawing disagree about the height"
    );
}

fn header(out: &mut Markup, view: &View<'_>) {
    let page = view.page;
    out.put(
        "<header>\n<h1>{}</h1>\n<p class=\"lead\">Profile <b>{}</b> for Odoo <b>{}</b></p>\n<dl class=\"figures\">\n",
        &[&page.project, &page.profile, &page.odoo],
    );
    let mut figure = |anchor: &'static str, name: &'static str, value: &str, note: &str| {
        out.put("<div><dt><a href=\"#{}\">{}</a></dt><dd>{}", &[&anchor, &name, &value]);
        if !note.is_empty() {
            out.put("<small>{}</small>", &[&note]);
        }
        out.raw("</dd></div>\n");
    };
    let number = |count: usize| grouped(count as u64);
    let total = view.total();
    let steps: usize = page.homes.iter().map(|home| home.steps.len()).sum();
    let steps =
        if steps > 0 { counted(steps, "merge or patch", "merges and patches") } else { String::new() };
    figure("repositories", "Repositories", &number(view.repositories().count()), &steps);
    let selected = view.count(Standing::Exported);
    // Also those that another module of their name hides.
    let own = page.modules.iter().filter(|module| page.homes[module.home].kind == HomeKind::Own).count();
    let all = page.modules.len() - own;
    let of = (selected != all).then(|| format!("of {}", number(all)));
    let own = (own > 0).then(|| format!("and {own} own"));
    let note: Vec<String> = of.into_iter().chain(own).collect();
    figure("modules", "Modules selected", &number(selected), &note.join(" "));
    let left_out = total.left_out();
    let left_out =
        if left_out.files > 0 { format!("{} left out", view.sum_in_words(left_out)) } else { String::new() };
    figure("size", "Bytes in an export", &view.sum_in_words(total.exported), &left_out);
    let count = |severity| page.findings.iter().filter(|finding| finding.severity == severity).count();
    let warnings = counted(count(Severity::Warning), "warning", "warnings");
    figure("findings", "Errors", &number(count(Severity::Error)), &warnings);
    if let Some(outdated) = &page.outdated {
        let held = outdated.pins.iter().filter(|pin| pin.is_held).count();
        let held = if held > 0 { format!("{held} held") } else { String::new() };
        figure("repositories", "Outdated", &number(outdated.pins.len()), &held);
    }
    out.put(
        "</dl>\n<p class=\"digest\">SHA-256 of the lock <code>{}</code></p>\n</header>\n",
        &[&page.digest],
    );
}

fn navigation(out: &mut Markup) {
    out.raw(
        "<div class=\"top\">\n<nav aria-label=\"Sections\"><ul>\
         <li><a href=\"#size\">Size</a></li>\
         <li><a href=\"#repositories\">Repositories</a></li>\
         <li><a href=\"#modules\">Modules</a></li>\
         <li><a href=\"#requirements\">Requirements</a></li>\
         <li><a href=\"#findings\">Findings</a></li></ul></nav>\n\
         <div id=\"find\" role=\"search\" hidden><label class=\"vh\" for=\"q\">Find a module</label>\
         <input id=\"q\" type=\"search\" placeholder=\"Find a module\" autocomplete=\"off\" spellcheck=\"false\" \
         aria-describedby=\"said\"><p id=\"said\" class=\"vh\" role=\"status\"></p><ul id=\"hits\" hidden></ul></div>\n</div>\n",
    );
}
