//! The section about modules: one entry for each, which can be opened.

use std::collections::BTreeMap;

use super::amount::in_words;
use super::markup::{Markup, Prose};
use super::model::{HomeKind, Module, NeedKind, Standing};
use super::repositories::about;
use super::view::View;
use crate::repo::counted;

pub(super) fn section(view: &View<'_>) -> Markup {
    let mut out = Markup::default();
    out.raw("<section id=\"modules\" aria-labelledby=\"modules-h\">\n<h2 id=\"modules-h\">Modules</h2>\n");
    let others = view.count(Standing::LeftOut) + view.count(Standing::Hidden);
    if others > 0 {
        out.put(
            "<p><label class=\"check\"><input type=\"checkbox\" id=\"only\"> Hide the {} that are left out</label></p>\n",
            &[&counted(others, "module", "modules")],
        );
    }
    let findings = findings(view);
    for (place, home) in view.page.homes.iter().enumerate() {
        if home.kind == HomeKind::Odoo {
            continue;
        }
        let count = counted(view.of_home[place].len(), "module", "modules");
        out.put(
            "<section class=\"home\" aria-labelledby=\"{}\">\n<h3 id=\"{}\">{} <span class=\"soft\">{}</span></h3>\n",
            &[&view.home_anchor(place), &view.home_anchor(place), &home.name, &count],
        );
        about(&mut out, home);
        for (place, module) in view.modules_of(place) {
            entry(&mut out, view, place, module, findings.get(module.name.as_str()));
        }
        out.raw("</section>\n");
    }
    out.raw("</section>\n");
    out
}

/// The places of the findings that name a module.
fn findings<'p>(view: &View<'p>) -> BTreeMap<&'p str, Vec<usize>> {
    let mut of_module: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, finding) in view.page.findings.iter().enumerate() {
        for module in &finding.modules {
            of_module.entry(module).or_default().push(place);
        }
    }
    of_module
}

fn entry(out: &mut Markup, view: &View<'_>, place: usize, module: &Module, findings: Option<&Vec<usize>>) {
    let (class, chip) = match module.standing {
        Standing::Exported => ("m", None),
        Standing::Own => ("m", Some("own")),
        Standing::LeftOut => ("m off", Some("left out")),
        Standing::Hidden => ("m off", Some("hidden")),
    };
    let bytes = match module.bytes {
        Some(bytes) if module.standing == Standing::Exported => in_words(bytes.exported),
        Some(bytes) => in_words(bytes.all()),
        None => "–".to_owned(),
    };
    out.put("<details class=\"{}\"><summary><b>{}</b>", &[&class, &module.name]);
    if let Some(chip) = chip {
        out.put(" <i class=\"chip\">{}</i>", &[&chip]);
    }
    out.put(
        "<span>{}</span><span>{}</span><span>{}</span><span class=\"r\">{}</span></summary>\n\
         <div class=\"d\" id=\"{}\">\n<dl>",
        &[&module.version, &module.licence, &module.maturity, &bytes, &view.module_anchor(place)],
    );
    facts(out, view, module, findings);
    out.raw("</dl>\n");
    neighbourhood(out, view, place, module);
    out.raw("</div></details>\n");
}

/// What is known about a module beside its line.
fn facts(out: &mut Markup, view: &View<'_>, module: &Module, findings: Option<&Vec<usize>>) {
    let mut fact = |name: &'static str, value: &str| {
        out.put("<dt>{}</dt><dd>{}</dd>", &[&name, &Prose(value)]);
    };
    fact("Selected", &module.why);
    if let Some(bytes) = module.bytes {
        if module.standing == Standing::Exported {
            fact("In an export", &amount(bytes.exported));
        }
        for (name, left_out) in [
            ("Not selected", bytes.selection),
            ("Other languages", bytes.languages),
            ("Tests and texts", bytes.rules),
        ] {
            if left_out.files > 0 {
                fact(name, &format!("{}, left out", amount(left_out)));
            }
        }
    }
    for (name, words) in
        [("Python", &module.python), ("Programs", &module.programs), ("Debian packages", &module.debian)]
    {
        if !words.is_empty() {
            fact(name, &words.join(", "));
        }
    }
    if let Some(when) = &module.auto_install {
        fact("Installs itself", when);
    }
    if let Some(findings) = findings {
        out.raw("<dt>Findings</dt><dd>");
        for (at, place) in findings.iter().enumerate() {
            let code = view.page.findings[*place].code;
            out.put("{}<a href=\"#f{}\">{}</a>", &[if at == 0 { &"" } else { &", " }, place, &code]);
        }
        out.raw("</dd>");
    }
}

fn amount(amount: super::Amount) -> String {
    format!("{} in {}", in_words(amount), counted(amount.files, "file", "files"))
}

/// What needs the module, the module, and what it needs: a drawing of lists.
fn neighbourhood(out: &mut Markup, view: &View<'_>, place: usize, module: &Module) {
    let above = &view.dependants[place];
    if above.is_empty() && module.depends.is_empty() {
        return;
    }
    out.raw("<div class=\"near\">");
    if above.is_empty() {
        out.raw("<p class=\"soft\">Nothing needs it.</p>");
    } else {
        out.put("<div class=\"from\"><h4>Needed by {}</h4><ul>\n", &[&above.len()]);
        for dependant in above {
            out.put("<li>{}</li>\n", &[&view.module_link(*dependant)]);
        }
        out.raw("</ul></div>");
    }
    out.put("<p class=\"it\">{}</p>", &[&module.name]);
    if module.depends.is_empty() {
        out.raw("<p class=\"soft\">It needs nothing.</p>");
    } else {
        out.put("<div class=\"to\"><h4>Needs {}</h4><ul>\n", &[&module.depends.len()]);
        for need in &module.depends {
            let (class, word) = match need.kind {
                NeedKind::Module(place) => {
                    out.put("<li>{}</li>\n", &[&view.module_link(place)]);
                    continue;
                }
                NeedKind::Odoo => ("core", "Odoo"),
                NeedKind::Enterprise => ("core", "Enterprise"),
                NeedKind::Unknown => ("core", "Odoo or missing"),
                NeedKind::Unusable => ("bad", "cannot be installed"),
                NeedKind::Missing => ("bad", "missing"),
            };
            out.put("<li class=\"{}\">{} <i>{}</i></li>\n", &[&class, &need.name, &word]);
        }
        out.raw("</ul></div>");
    }
    out.raw("</div>\n");
}
