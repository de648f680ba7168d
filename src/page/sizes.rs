//! The section about bytes: a bar, the treemap, and the same numbers as a table.

use super::amount::{Amount, grouped, kilobytes};
use super::markup::{At, Markup, Prose};
use super::model::{Bytes, Home, Standing};
use super::treemap::{Shown, treemap};
use super::view::View;
use crate::repo::counted;

pub(super) fn section(view: &View<'_>) -> Markup {
    let mut out = Markup::default();
    let total = view.total();
    out.raw("<section id=\"size\" aria-labelledby=\"size-h\">\n<h2 id=\"size-h\">Size</h2>\n");
    if total.all().files == 0 {
        out.raw("<p class=\"lead\">Nothing is known about the files of the modules.</p>\n");
        unknown(&mut out, view);
        out.raw("</section>\n");
        return out;
    }
    let modules = many(view.count(Standing::Exported), "module", "modules");
    out.put(
        "<p class=\"lead\">An export of this profile has <b>{}</b> in {} and {}{}.",
        &[
            &view.sum_in_words(total.exported),
            &modules,
            if view.is_partial() { &"at least " } else { &"" },
            &many(total.exported.files, "file", "files"),
        ],
    );
    if total.left_out().bytes > 0 {
        out.put(" It leaves out {}.", &[&view.sum_in_words(total.left_out())]);
    }
    out.raw("</p>\n");
    if !view.page.rules.is_empty() {
        out.raw("<p class=\"soft\">");
        for (place, rule) in view.page.rules.iter().enumerate() {
            out.put("{}{}", &[if place == 0 { &"" } else { &" · " }, rule]);
        }
        out.raw("</p>\n");
    }
    unknown(&mut out, view);
    if total.left_out().files > 0 {
        bar(&mut out, view);
    }
    maps(&mut out, view);
    table(&mut out, view);
    out.raw("</section>\n");
    out
}

/// The same as `counted`, for large numbers.
fn many(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(count as u64)) }
}

/// Says what could not be measured.
fn unknown(out: &mut Markup, view: &View<'_>) {
    let files = view.total().all().unknown;
    if files > 0 {
        out.put(
            "<p class=\"notice\">{} not in the cache, so the size is not known. Without <code>--offline</code>, \
             <code>oca report</code> fetches what is missing.</p>\n",
            &[&format!("{} {}", counted(files, "file", "files"), if files == 1 { "is" } else { "are" })],
        );
    }
    for home in view.page.homes.iter().filter(|home| home.trouble.is_some()) {
        let trouble = home.trouble.as_deref().unwrap_or_default();
        out.put("<p class=\"notice\"><b>{}</b>: {}</p>\n", &[&home.name, &Prose(trouble)]);
    }
}

/// What an export has and what it leaves out, with the words and the classes of the parts.
fn parts(view: &View<'_>) -> [(&'static str, &'static str, Amount); 4] {
    let total = view.total();
    [
        ("in", "In an export", total.exported),
        ("out", "Left out: modules that are not selected", total.selection),
        ("rest", "Left out: translations for other languages", total.languages),
        ("rest2", "Left out: tests, readme and descriptions", total.rules),
    ]
}

fn bar(out: &mut Markup, view: &View<'_>) {
    let whole = view.total().all();
    out.raw("<svg class=\"bar\" aria-hidden=\"true\" focusable=\"false\">");
    let mut x = 0.0;
    for (class, _, amount) in parts(view).into_iter().filter(|part| part.2.files > 0) {
        let width = if whole.bytes == 0 { 0.0 } else { amount.weight() / whole.weight() * 100.0 };
        out.put(
            "<rect class=\"{}\" x=\"{}%\" width=\"{}%\" height=\"100%\"/>",
            &[&class, &At(x), &At(width)],
        );
        x += width;
    }
    out.raw("</svg>\n<ul class=\"legend\">\n");
    for (class, words, amount) in parts(view).into_iter().filter(|part| part.2.files > 0) {
        out.put(
            "<li><svg class=\"key\" aria-hidden=\"true\" focusable=\"false\"><rect class=\"{}\" width=\"100%\" height=\"100%\"/>\
             </svg>{} <b>{}</b></li>\n",
            &[&class, &words, &view.sum_in_words(amount)],
        );
    }
    out.raw("</ul>\n");
}

/// One or two treemaps, and the switch between them.
fn maps(out: &mut Markup, view: &View<'_>) {
    const HELP: &str = "Each area is a module; a larger area has more bytes. A link leads to each repository and to each module. With \
         the script of the page, the arrow keys move between them. A table below has the same numbers.";
    let leaves_out = view.total().left_out().files > 0;
    if leaves_out {
        out.raw(
            "<fieldset class=\"switch\"><legend class=\"vh\">What the map shows</legend>\
             <label><input type=\"radio\" name=\"map\" id=\"map-in\" checked> In an export</label>\
             <label><input type=\"radio\" name=\"map\" id=\"map-all\"> With what is left out</label></fieldset>\n",
        );
    }
    out.raw("<div class=\"maps\">\n");
    out.put(
        "{}",
        &[&treemap(view, Shown::Exported, "map1", "Bytes in an export, by repository and module", HELP)],
    );
    if leaves_out {
        let title = "Bytes of all locked modules, by repository and module; hatched areas are left out";
        out.put("{}", &[&treemap(view, Shown::All, "map2", title, HELP)]);
    }
    out.raw("</div>\n");
}

fn table(out: &mut Markup, view: &View<'_>) {
    out.raw(
        "<details class=\"more\"><summary>The same numbers as a table</summary>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"size-c\"><table class=\"numbers\">\n\
         <caption id=\"size-c\">Kilobytes and files, by repository and module</caption>\n\
         <thead><tr><th scope=\"col\">Repository and module</th><th scope=\"col\">kB in an export</th>\
         <th scope=\"col\">Files</th><th scope=\"col\">kB not selected</th><th scope=\"col\">kB of other languages</th>\
         <th scope=\"col\">kB of tests and texts</th></tr></thead>\n",
    );
    for (place, home) in view.repositories() {
        out.raw("<tbody>\n");
        rows(out, view, place, home);
        out.raw("</tbody>\n");
    }
    out.raw("</table></div></details>\n");
}

/// The sum of a repository, and what it is the sum of.
fn rows(out: &mut Markup, view: &View<'_>, place: usize, home: &Home) {
    if home.trouble.is_some() {
        out.put(
            "<tr class=\"sum\"><th scope=\"rowgroup\">{}</th><td>–</td><td>–</td><td>–</td><td>–</td><td>–</td></tr>\n",
            &[&view.home_link(place)],
        );
        return;
    }
    row(out, "rowgroup", "sum", &view.home_link(place), view.bytes[place]);
    for (place, module) in view.modules_of(place) {
        if let Some(bytes) = module.bytes {
            let class = if module.standing == Standing::Exported { "" } else { "off" };
            row(out, "row", class, &view.module_link(place), bytes);
        }
    }
    if home.others.files > 0 {
        let mut name = Markup::default();
        name.raw("Licences");
        row(out, "row", "", &name, Bytes { exported: home.others, ..Bytes::default() });
    }
}

fn row(out: &mut Markup, scope: &'static str, class: &'static str, name: &Markup, bytes: Bytes) {
    out.put(
        "<tr class=\"{}\"><th scope=\"{}\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        &[
            &class,
            &scope,
            name,
            &kilobytes(bytes.exported),
            &bytes.exported.files,
            &kilobytes(bytes.selection),
            &kilobytes(bytes.languages),
            &kilobytes(bytes.rules),
        ],
    );
}
