//! The drawings of `oca tree` in the languages of Graphviz and Mermaid, for documents. Each name is drawn once. Names come
//! from strangers, so a node has a number as its id, and the name is in the quoted label.

mod dot;
mod mermaid;

pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;

use std::collections::{HashMap, HashSet};

use crate::json::{GraphNode, NodeKind, TreeReport};

/// How a node is drawn. Its words say the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Look {
    Module,
    /// A module that the profile does not select.
    LeftOut,
    /// One of Odoo's own modules.
    Core,
    /// Nothing that can be installed.
    Bad,
}

impl Look {
    fn of(node: &GraphNode<'_>) -> Self {
        match node.kind {
            NodeKind::Module if node.selected || node.asked_for => Self::Module,
            NodeKind::Module => Self::LeftOut,
            NodeKind::Core | NodeKind::Enterprise | NodeKind::Unknown => Self::Core,
            NodeKind::Unreadable | NodeKind::Uninstallable | NodeKind::Missing => Self::Bad,
        }
    }
}

/// The lines of the label of a node.
fn lines<'n>(node: &GraphNode<'n>) -> Vec<&'n str> {
    let what = match node.kind {
        NodeKind::Module => "",
        NodeKind::Core => "Odoo",
        NodeKind::Enterprise => "Odoo Enterprise",
        NodeKind::Unknown => "Odoo or missing",
        NodeKind::Unreadable => "unreadable",
        NodeKind::Uninstallable => "not installable",
        NodeKind::Missing => "missing",
    };
    let left_out = if Look::of(node) == Look::LeftOut { "not selected" } else { "" };
    let lines = [Some(node.name), node.version, node.repo, Some(what), Some(left_out)];
    lines.into_iter().flatten().filter(|line| !line.is_empty()).collect()
}

/// The lines from a module to what it needs, by the places of the nodes.
fn edges(report: &TreeReport<'_>) -> Vec<(usize, usize)> {
    let places: HashMap<&str, usize> =
        report.modules.iter().enumerate().map(|(place, node)| (node.name, place)).collect();
    let of_node = |(place, node): (usize, &GraphNode<'_>)| {
        let mut needed: Vec<usize> =
            node.depends.iter().filter_map(|name| places.get(name).copied()).collect();
        let mut seen = HashSet::new();
        needed.retain(|place| seen.insert(*place));
        needed.into_iter().map(move |needed| (place, needed)).collect::<Vec<_>>()
    };
    report.modules.iter().enumerate().flat_map(of_node).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Series;

    fn hostile(draw: impl Fn(&TreeReport<'_>) -> String) -> String {
        let node = |name, kind, depends: &[&'static str]| GraphNode {
            name,
            kind,
            repo: (kind == NodeKind::Module).then_some("re\"po"),
            version: (kind == NodeKind::Module).then_some("18.0.1.0.0"),
            selected: true,
            asked_for: false,
            depends: depends.to_vec(),
        };
        let (quote, markup) = ("a\"]; b\\", "</script><b>&lt;#quot;\u{202e}`");
        let odoo = Series::parse("18.0").expect("a series");
        let modules = vec![
            node(quote, NodeKind::Module, &[markup, markup, "end"]),
            node(markup, NodeKind::Missing, &[]),
            node("end", NodeKind::Core, &[]),
        ];
        draw(&TreeReport { profile: "p", odoo, roots: &[], modules })
    }

    #[test]
    fn graphviz_reads_hostile_names_as_names() {
        insta::assert_snapshot!(hostile(dot), @r##"
        digraph modules {
          rankdir=LR
          node [shape=box, fontname="sans-serif"]
          n1 [label="a\"]; b\\\n18.0.1.0.0\nre\"po"]
          n2 [label="</script><b>&amp;lt;#quot;\\u{202e}`\nmissing", style=bold, color=red3]
          n3 [label="end\nOdoo", style=dashed, color=gray40]
          n1 -> n2
          n1 -> n3
        }
        "##);
    }

    #[test]
    fn mermaid_reads_hostile_names_as_names() {
        insta::assert_snapshot!(hostile(mermaid), @r##"
        flowchart LR
          n1["a#34;#93;#59;#32;b#92;<br>18.0.1.0.0<br>re#34;po"]
          n2["#60;/script#62;#60;b#62;#38;lt#59;#35;quot#59;#92;u#123;202e#125;#96;<br>missing"]:::bad
          n3["end<br>Odoo"]:::core
          n1 --> n2
          n1 --> n3
          classDef leftout stroke-dasharray:2 2
          classDef core stroke-dasharray:6 3
          classDef bad stroke:#b3261e,stroke-width:3px
        "##);
    }
}
