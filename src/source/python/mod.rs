//! Reads a Python file.
//!
//! The grammar is tree-sitter's: it reads what Python 2 and each Python 3 read. It also reads on after an error, so a file
//! with an error is refused as a whole. Nothing here follows the nesting of the text by recursion, except to a small,
//! fixed depth.

mod bindings;
mod class;
mod imports;
mod literal;
mod paths;
mod visit;

use tree_sitter::{Node, Parser};

use super::facts::{FileFacts, Source, Unread};

/// Python itself allows 200 brackets inside of each other, and 100 levels of indentation.
const DEEPEST: usize = 400;

/// The parts of the text that are not code, so that brackets in them do not count.
enum Outside {
    Code,
    Comment,
    /// Until this many of this quote.
    Text(u8, usize),
}

pub(super) fn read(text: &str) -> Source {
    if let Some(line) = too_deep(text.as_bytes()) {
        return Err(Unread { line, why: "its brackets are nested too deeply".to_owned() });
    }
    let mut parser = Parser::new();
    let tree = match parser.set_language(&tree_sitter_python::LANGUAGE.into()) {
        Ok(()) => parser.parse(text, None),
        Err(_) => None,
    };
    let Some(tree) = tree else {
        return Err(Unread { line: 0, why: "it cannot be parsed".to_owned() });
    };
    let root = tree.root_node();
    if let Some(line) = first_error(root) {
        return Err(Unread { line, why: "it is not valid Python".to_owned() });
    }
    let mut facts = FileFacts { data: literal::manifest_data(root, text), ..FileFacts::default() };
    visit::visit(root, text, &mut facts);
    facts.uses.sort_by(|a, b| (a.line, &a.model, &a.path, a.how).cmp(&(b.line, &b.model, &b.path, b.how)));
    facts.uses.dedup();
    Ok(facts)
}

/// The line of a node, counted from 1.
fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX)
}

/// The text of a node.
fn words<'t>(node: Node<'_>, text: &'t str) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// The children of a node that have names in the grammar, in order. Comments are left out.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The line of the first error. `None` if there is none.
fn first_error(root: Node<'_>) -> Option<u32> {
    if !root.has_error() {
        return None;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            return Some(line(node));
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(1);
            }
        }
    }
}

/// The line in which too many brackets are open, or which is indented by too much. `None` if there is none.
fn too_deep(text: &[u8]) -> Option<u32> {
    let (mut depth, mut line, mut at, mut column) = (0_usize, 1, 0, 0);
    let mut outside = Outside::Code;
    while let Some(&byte) = text.get(at) {
        let triple = text.get(at..at + 3).is_some_and(|next| next.iter().all(|other| *other == byte));
        match (&outside, byte) {
            (Outside::Code, b'#') => outside = Outside::Comment,
            (Outside::Code, b'"' | b'\'') => {
                let count = if triple { 3 } else { 1 };
                outside = Outside::Text(byte, count);
                at += count - 1;
            }
            (Outside::Code, b'(' | b'[' | b'{') => depth += 1,
            (Outside::Code, b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            (Outside::Comment, b'\n') => outside = Outside::Code,
            (Outside::Text(..), b'\\') => {
                line += u32::from(text.get(at + 1) == Some(&b'\n'));
                at += 1;
            }
            (Outside::Text(quote, 3), _) if *quote == byte && triple => {
                outside = Outside::Code;
                at += 2;
            }
            (Outside::Text(quote, 1), _) if *quote == byte => outside = Outside::Code,
            // A text in one line that does not end is an error, which the parser reports.
            (Outside::Text(_, 1), b'\n') => outside = Outside::Code,
            _ => {}
        }
        match byte {
            b'\n' => (line, column) = (line + 1, 0),
            b' ' | b'\t' if column < usize::MAX => column += 1,
            _ => column = usize::MAX,
        }
        let is_indented = column != usize::MAX && column > 8 * DEEPEST;
        if depth > DEEPEST || (is_indented && matches!(outside, Outside::Code)) {
            return Some(line);
        }
        at += 1;
    }
    None
}
