//! The language of Mermaid, which forges draw in their pages.

use std::fmt::Write;

use super::{Look, edges, lines};
use crate::json::TreeReport;
use crate::repo::one_line;

/// What modules need, as a flowchart.
pub(crate) fn mermaid(report: &TreeReport<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in report.modules.iter().enumerate() {
        let label: Vec<String> = lines(node).into_iter().map(escaped).collect();
        let class = class(Look::of(node)).map(|class| format!(":::{class}")).unwrap_or_default();
        let _infallible = writeln!(text, "  n{}[\"{}\"]{class}", place + 1, label.join("<br>"));
    }
    for (from, to) in edges(report) {
        let _infallible = writeln!(text, "  n{} --> n{}", from + 1, to + 1);
    }
    text.push_str(
        "  classDef leftout stroke-dasharray:2 2\n  classDef core stroke-dasharray:6 3\n  \
         classDef bad stroke:#b3261e,stroke-width:3px\n",
    );
    text
}

fn class(look: Look) -> Option<&'static str> {
    match look {
        Look::Module => None,
        Look::LeftOut => Some("leftout"),
        Look::Core => Some("core"),
        Look::Bad => Some("bad"),
    }
}

/// A part of a quoted label. Mermaid reads it as HTML and Markdown, so every other character is written by its number.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        if c.is_ascii_alphanumeric()
            || "_.-/".contains(c)
            || (c == ' ' && escaped.ends_with(char::is_alphanumeric))
        {
            escaped.push(c);
        } else {
            let _infallible = write!(escaped, "#{};", u32::from(c));
        }
    }
    escaped
}
