//! The model of an expression, as far as the text alone tells it.

use std::collections::HashMap;

use tree_sitter::Node;

use super::literal::{Arguments, string};
use super::words;

/// How many parts of an expression are followed, and how many fields one after another.
const LONGEST: usize = 24;

/// The methods of each model that return records of the same model.
const KEEPING: [&str; 18] = [
    "browse",
    "concat",
    "copy",
    "create",
    "exists",
    "filtered",
    "filtered_domain",
    "new",
    "search",
    "search_fetch",
    "sorted",
    "sudo",
    "union",
    "with_company",
    "with_context",
    "with_env",
    "with_prefetch",
    "with_user",
];

/// Records of a model, or what is reached from them by fields one after another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Path {
    pub(super) model: String,
    pub(super) fields: Vec<String>,
}

impl Path {
    pub(super) fn of_model(model: &str) -> Self {
        Self { model: model.to_owned(), fields: Vec::new() }
    }

    /// The same with more fields after it. `None` if they are too many, so that no text makes much more than itself.
    pub(super) fn join(&self, names: &str) -> Option<Self> {
        let more = names.split('.').map(str::to_owned);
        let fields: Vec<String> = self.fields.iter().cloned().chain(more).take(LONGEST + 1).collect();
        (fields.len() <= LONGEST).then(|| Self { model: self.model.clone(), fields })
    }
}

/// What is known of the names at a place of the text.
#[derive(Default)]
pub(super) struct Scopes(Vec<Scope>);

pub(super) enum Scope {
    /// Of a class. The names of functions around it are not looked up.
    Class,
    /// `None` is a name whose model is not known.
    Names(HashMap<String, Option<Path>>),
}

impl Scopes {
    pub(super) fn push(&mut self, scope: Scope) {
        self.0.push(scope);
    }

    /// Leaves a scope. Returns its names.
    pub(super) fn pop(&mut self) -> HashMap<String, Option<Path>> {
        match self.0.pop() {
            Some(Scope::Names(names)) => names,
            Some(Scope::Class) | None => HashMap::new(),
        }
    }

    /// The names of the innermost scope.
    pub(super) fn names(&mut self) -> &mut HashMap<String, Option<Path>> {
        if !self.is_in_function() {
            self.push(Scope::Names(HashMap::new()));
        }
        match self.0.last_mut() {
            Some(Scope::Names(names)) => names,
            Some(Scope::Class) | None => unreachable!("a scope with names was pushed"),
        }
    }

    /// Whether the place is in a function.
    pub(super) fn is_in_function(&self) -> bool {
        matches!(self.0.last(), Some(Scope::Names(_)))
    }

    fn get(&self, name: &str) -> Option<&Path> {
        let names = self.0.iter().rev().map_while(|scope| match scope {
            Scope::Names(names) => Some(names),
            Scope::Class => None,
        });
        names.into_iter().find_map(|names| names.get(name))?.as_ref()
    }

    /// The records that an expression gives. `None` if they are not known.
    pub(super) fn path(&self, node: Node<'_>, text: &str) -> Option<Path> {
        self.path_at(node, text, LONGEST)
    }

    fn path_at(&self, node: Node<'_>, text: &str, left: usize) -> Option<Path> {
        let left = left.checked_sub(1)?;
        let part = |name| node.child_by_field_name(name);
        match node.kind() {
            "identifier" => self.get(words(node, text)).cloned(),
            "parenthesized_expression" => self.path_at(node.named_child(0)?, text, left),
            "attribute" => {
                let path = self.path_at(part("object")?, text, left)?;
                path.join(words(part("attribute")?, text))
            }
            "subscript" => {
                if let Some(model) = env_model(node, text) {
                    return Some(Path::of_model(model));
                }
                let path = self.path_at(part("value")?, text, left)?;
                match part("subscript")? {
                    index if matches!(index.kind(), "integer" | "slice" | "unary_operator") => Some(path),
                    index => path.join(string(index, text)?),
                }
            }
            "call" => {
                let function = part("function").filter(|function| function.kind() == "attribute")?;
                let name = words(function.child_by_field_name("attribute")?, text);
                let path = self.path_at(function.child_by_field_name("object")?, text, left)?;
                if KEEPING.contains(&name) {
                    return Some(path);
                }
                let names = Arguments::of(node, text).places.first().and_then(|names| string(*names, text));
                (name == "mapped").then(|| path.join(names?))?
            }
            "binary_operator" | "boolean_operator" => {
                let operator = words(part("operator")?, text);
                let one = self.path_at(part("left")?, text, left)?;
                let other = self.path_at(part("right")?, text, left)?;
                (matches!(operator, "|" | "+" | "-" | "&" | "or") && one == other).then_some(one)
            }
            _ => None,
        }
    }
}

/// Whether an expression is the environment: `env`, `self.env`, `self.env(user=1)`.
pub(super) fn is_env(node: Node<'_>, text: &str) -> bool {
    match node.kind() {
        "identifier" => words(node, text) == "env",
        "attribute" => node.child_by_field_name("attribute").is_some_and(|name| words(name, text) == "env"),
        "call" => node
            .child_by_field_name("function")
            .is_some_and(|function| function.kind() != "call" && is_env(function, text)),
        _ => false,
    }
}

/// The model of `env['model']`.
pub(super) fn env_model<'t>(subscript: Node<'_>, text: &'t str) -> Option<&'t str> {
    subscript.child_by_field_name("value").filter(|value| is_env(*value, text))?;
    let model = string(subscript.child_by_field_name("subscript")?, text)?;
    Some(model)
}
