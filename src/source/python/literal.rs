//! Literals of Python: texts, lists, dictionaries.

use tree_sitter::Node;

use super::{children, words};

/// The keys of a manifest under which it lists files of data.
const DATA: [&str; 5] = ["data", "demo", "init_xml", "update_xml", "demo_xml"];

/// The value of a text without escapes and without parts that are computed.
pub(super) fn string<'t>(node: Node<'_>, text: &'t str) -> Option<&'t str> {
    if node.kind() != "string" {
        return None;
    }
    let parts = children(node);
    let (start, end) = (parts.first()?, parts.last()?);
    let is_plain = !words(*start, text).contains(['f', 'F', 'b', 'B'])
        && parts.iter().all(|part| matches!(part.kind(), "string_start" | "string_content" | "string_end"));
    let value = text.get(start.end_byte()..end.start_byte())?;
    (is_plain && !value.contains('\\')).then_some(value)
}

/// The elements of a list, a tuple or a set.
pub(super) fn elements(node: Node<'_>) -> Option<Vec<Node<'_>>> {
    matches!(node.kind(), "list" | "tuple" | "set").then(|| children(node))
}

/// The texts of a list, or one text. `None` if something else is in it.
pub(super) fn strings<'t>(node: Node<'_>, text: &'t str) -> Option<Vec<&'t str>> {
    match elements(node) {
        Some(elements) => elements.into_iter().map(|element| string(element, text)).collect(),
        None => Some(vec![string(node, text)?]),
    }
}

/// The keys of a dictionary and their values. `None` if it is no dictionary, or if something else is in it.
pub(super) fn pairs<'n, 't>(node: Node<'n>, text: &'t str) -> Option<Vec<(&'t str, Node<'n>)>> {
    let pair = |pair: Node<'n>| {
        let key = string(pair.child_by_field_name("key")?, text)?;
        Some((key, pair.child_by_field_name("value")?))
    };
    (node.kind() == "dictionary").then(|| children(node)).and_then(|all| all.into_iter().map(pair).collect())
}

/// The keys of a dictionary that are texts, whatever else is in it.
pub(super) fn keys<'t>(node: Node<'_>, text: &'t str) -> Vec<&'t str> {
    let pairs = if node.kind() == "dictionary" { children(node) } else { Vec::new() };
    let key = |pair: Node<'_>| string(pair.child_by_field_name("key")?, text);
    pairs.into_iter().filter_map(key).collect()
}

/// The arguments of a call.
#[derive(Default)]
pub(super) struct Arguments<'n, 't> {
    pub(super) places: Vec<Node<'n>>,
    pub(super) words: Vec<(&'t str, Node<'n>)>,
    /// Whether there are more, such as `**values`.
    pub(super) is_open: bool,
}

impl<'n, 't> Arguments<'n, 't> {
    pub(super) fn of(call: Node<'n>, text: &'t str) -> Self {
        let mut arguments = Self::default();
        let Some(list) = call.child_by_field_name("arguments").filter(|list| list.kind() == "argument_list")
        else {
            return arguments;
        };
        for argument in children(list) {
            match argument.kind() {
                "keyword_argument" => {
                    let part = |name| argument.child_by_field_name(name);
                    if let (Some(name), Some(value)) = (part("name"), part("value")) {
                        arguments.words.push((words(name, text), value));
                    }
                }
                "list_splat" | "dictionary_splat" => arguments.is_open = true,
                _ => arguments.places.push(argument),
            }
        }
        arguments
    }

    pub(super) fn word(&self, name: &str) -> Option<Node<'n>> {
        self.words.iter().find(|(word, _)| *word == name).map(|(_, value)| *value)
    }

    /// The argument at a place, or the one with a name.
    pub(super) fn get(&self, place: usize, name: &str) -> Option<Node<'n>> {
        self.places.get(place).copied().or_else(|| self.word(name))
    }
}

/// The files that a manifest lists as data. Empty if the file is no manifest.
pub(super) fn manifest_data(root: Node<'_>, text: &str) -> Vec<String> {
    let statements = children(root).into_iter().filter(|node| node.kind() == "expression_statement");
    let values = statements.flat_map(children).filter(|node| node.kind() == "dictionary");
    let pairs = values.flat_map(children).filter_map(|pair| {
        let key = string(pair.child_by_field_name("key")?, text)?;
        DATA.contains(&key).then(|| pair.child_by_field_name("value"))?
    });
    let files = pairs.filter_map(elements).flatten().filter_map(|element| string(element, text));
    files.map(str::to_owned).collect()
}
