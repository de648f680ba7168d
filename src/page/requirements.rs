//! The section about requirements: what must be installed beside the modules, and who asks for it.

use super::markup::{Markup, Prose};
use super::view::View;
use crate::repo::counted;

/// How many files are named before the others are folded.
const NAMED: usize = 3;

pub(super) fn section(view: &View<'_>) -> Markup {
    let page = view.page;
    let mut out = Markup::default();
    out.raw("<section id=\"requirements\" aria-labelledby=\"requirements-h\">\n<h2 id=\"requirements-h\">Requirements</h2>\n");
    for conflict in &page.conflicts {
        out.put("<div class=\"notice bad\"><p><b>{}</b></p><ul>\n", &[&Prose(&conflict.title)]);
        for (line, origin) in &conflict.lines {
            out.put("<li><code>{}</code> in {}</li>\n", &[line, origin]);
        }
        out.put("</ul><p>{}</p></div>\n", &[&Prose(&conflict.hint)]);
    }
    if page.requirements.is_empty() && page.system.is_empty() && page.conflicts.is_empty() {
        out.raw("<p class=\"soft\">No module needs anything beside Odoo.</p>\n</section>\n");
        return out;
    }
    let python = page.requirements.iter().map(|requirement| {
        (requirement.line.as_str(), requirement.remark.as_deref(), &requirement.origins[..])
    });
    table(&mut out, "requirements-c", "Python distributions", python);
    let need = |is_program| {
        let needs = page.system.iter().filter(move |need| need.is_program == is_program);
        needs.map(|need| (need.name.as_str(), None, &need.origins[..]))
    };
    table(&mut out, "packages-c", "Debian packages", need(false));
    table(&mut out, "programs-c", "Programs on the path", need(true));
    out.raw("</section>\n");
    out
}

type Row<'r> = (&'r str, Option<&'r str>, &'r [String]);

fn table<'r>(out: &mut Markup, id: &'static str, caption: &'static str, rows: impl Iterator<Item = Row<'r>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    out.put(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"{}\"><table>\n<caption id=\"{}\">{}</caption>\n\
         <thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">Asked for by</th></tr></thead>\n<tbody>\n",
        &[&id, &id, &caption],
    );
    for (line, remark, origins) in rows {
        out.put("<tr><th scope=\"row\"><code>{}</code>", &[&line]);
        if let Some(remark) = remark {
            out.put(" <i class=\"chip\">{}</i>", &[&remark]);
        }
        out.raw("</th><td>");
        asking(out, origins);
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}

fn asking(out: &mut Markup, origins: &[String]) {
    let named = if origins.len() <= NAMED + 1 { origins.len() } else { NAMED };
    let list = |out: &mut Markup, origins: &[String]| {
        for (at, origin) in origins.iter().enumerate() {
            out.put("{}{}", &[if at == 0 { &"" } else { &", " }, origin]);
        }
    };
    list(out, &origins[..named]);
    if named < origins.len() {
        let more = counted(origins.len() - named, "other", "others");
        out.put("<details class=\"inline\"><summary>and {}</summary>", &[&more]);
        list(out, &origins[named..]);
        out.raw("</details>");
    }
}
