//! The language of Graphviz.

use std::fmt::Write;

use super::{Look, edges, lines};
use crate::json::TreeReport;
use crate::repo::one_line;

/// What modules need, for `dot`.
pub(crate) fn dot(report: &TreeReport<'_>) -> String {
    let mut text =
        "digraph modules {\n  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\"]\n".to_owned();
    for (place, node) in report.modules.iter().enumerate() {
        let label: Vec<String> = lines(node).into_iter().map(escaped).collect();
        let look = match Look::of(node) {
            Look::Module => "",
            Look::LeftOut => ", style=dotted",
            Look::Core => ", style=dashed, color=gray40",
            Look::Bad => ", style=bold, color=red3",
        };
        let _infallible = writeln!(text, "  n{} [label=\"{}\"{look}]", place + 1, label.join("\\n"));
    }
    for (from, to) in edges(report) {
        let _infallible = writeln!(text, "  n{} -> n{}", from + 1, to + 1);
    }
    text.push_str("}\n");
    text
}

/// A part of a quoted label. Graphviz replaces what follows a backslash, and entities of HTML.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}
