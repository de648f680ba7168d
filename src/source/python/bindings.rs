//! The names that a function sets, with the records that they are.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::paths::{Path, Scope, Scopes};
use super::{children, words};

/// How often the names are read again, because one of them turned out to be of several models.
const MOST_TURNS: usize = 6;

/// The names of a function. A name that is set to records of different models, or to something else, is `None`.
pub(super) fn bindings(function: Node<'_>, own: Option<&str>, text: &str) -> HashMap<String, Option<Path>> {
    let mut unknown: HashSet<String> = HashSet::new();
    for _ in 0..MOST_TURNS {
        let known: HashMap<_, _> = unknown.iter().map(|name| (name.clone(), None)).collect();
        let mut names = Names { text, scopes: Scopes::default() };
        names.scopes.push(Scope::Names(known));
        names.parameters(function, own);
        names.read(function);
        let all = names.scopes.pop();
        let now: HashSet<String> =
            all.iter().filter(|(_, path)| path.is_none()).map(|(name, _)| name.clone()).collect();
        if now == unknown {
            return all;
        }
        unknown = now;
    }
    HashMap::new()
}

struct Names<'t> {
    text: &'t str,
    /// One scope with the names so far.
    scopes: Scopes,
}

impl Names<'_> {
    fn parameters(&mut self, function: Node<'_>, own: Option<&str>) {
        let Some(parameters) = function.child_by_field_name("parameters") else { return };
        for (place, parameter) in children(parameters).into_iter().enumerate() {
            let is_self = place == 0 && words(parameter, self.text) == "self";
            match own.filter(|_| is_self) {
                Some(model) => self.bind("self", Some(Path::of_model(model))),
                None => self.forget(parameter),
            }
        }
    }

    /// Reads the statements in their order.
    fn read(&mut self, function: Node<'_>) {
        let mut open: Vec<Node<'_>> = function.child_by_field_name("body").into_iter().collect();
        while let Some(node) = open.pop() {
            let part = |name| node.child_by_field_name(name);
            match node.kind() {
                // They have their own names.
                "lambda" | "class_definition" => continue,
                "list_comprehension"
                | "set_comprehension"
                | "dictionary_comprehension"
                | "generator_expression" => {}
                "function_definition" => {
                    part("name").into_iter().chain(part("parameters")).for_each(|names| self.forget(names));
                }
                "assignment" => {
                    if let (Some(left), Some(right)) = (part("left"), part("right")) {
                        self.set(left, right);
                    }
                }
                "named_expression" => {
                    if let (Some(name), Some(value)) = (part("name"), part("value")) {
                        self.set(name, value);
                    }
                }
                "for_statement" => {
                    if let (Some(left), Some(right)) = (part("left"), part("right")) {
                        self.set(left, right);
                    }
                }
                "as_pattern_target" | "global_statement" | "nonlocal_statement" | "case_pattern" => {
                    self.forget(node);
                }
                "import_statement" | "import_from_statement" => self.forget(node),
                _ => {}
            }
            open.extend(children(node).into_iter().rev());
        }
    }

    fn set(&mut self, left: Node<'_>, right: Node<'_>) {
        if left.kind() != "identifier" {
            // `a.b = x` sets no name.
            if !matches!(left.kind(), "attribute" | "subscript") {
                self.forget(left);
            }
            return;
        }
        // No field of an empty value is read.
        if matches!(right.kind(), "none" | "false") {
            return;
        }
        let path = self.scopes.path(right, self.text);
        self.bind(words(left, self.text), path);
    }

    fn bind(&mut self, name: &str, path: Option<Path>) {
        let names = self.scopes.names();
        let is_other = names.get(name).is_some_and(|known| *known != path);
        names.insert(name.to_owned(), path.filter(|_| !is_other));
    }

    /// All names in a pattern are not known.
    fn forget(&mut self, pattern: Node<'_>) {
        let mut open = vec![pattern];
        while let Some(node) = open.pop() {
            if node.kind() == "identifier" {
                self.bind(words(node, self.text), None);
            }
            open.extend(children(node));
        }
    }
}
