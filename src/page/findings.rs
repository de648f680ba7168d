//! The section about the findings of `oca check`.

use super::markup::{Markup, Prose};
use super::model::Finding;
use super::view::View;
use crate::repo::counted;
use crate::report::Severity;

pub(super) fn section(view: &View<'_>) -> Markup {
    let mut out = Markup::default();
    out.raw(
        "<section id=\"findings\" aria-labelledby=\"findings-h\">\n<h2 id=\"findings-h\">Findings</h2>\n",
    );
    let all: Vec<(usize, &Finding)> = view.page.findings.iter().enumerate().collect();
    let (notes, shown): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, finding)| finding.severity == Severity::Note);
    if shown.is_empty() {
        out.raw("<p class=\"soft\"><code>oca check</code> finds no error and no warning.</p>\n");
    } else {
        table(&mut out, "findings-c", "What oca check finds", &shown);
    }
    if !notes.is_empty() {
        let count = counted(notes.len(), "note", "notes");
        out.put(
            "<details class=\"more\"><summary>{} about modules that nobody asked for</summary>\n",
            &[&count],
        );
        table(&mut out, "notes-c", "Notes about modules that nobody asked for", &notes);
        out.raw("</details>\n");
    }
    out.raw("</section>\n");
    out
}

fn table(out: &mut Markup, id: &'static str, caption: &'static str, findings: &[(usize, &Finding)]) {
    out.put(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{}\"><table class=\"findings\">\n\
         <caption id=\"{}\">{}</caption>\n<thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Severity</th>\
         <th scope=\"col\">Finding</th></tr></thead>\n<tbody>\n",
        &[&id, &id, &caption],
    );
    for (place, finding) in findings {
        let word = word(finding.severity);
        out.put(
            "<tr id=\"f{}\"><th scope=\"row\">{}</th><td><span class=\"severity {}\">{}</span></td>\
             <td class=\"wide\"><p>{}</p><p class=\"soft\">{}</p></td></tr>\n",
            &[place, &finding.code, &word, &word, &Prose(&finding.text), &Prose(&finding.hint)],
        );
    }
    out.raw("</tbody></table></div>\n");
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
