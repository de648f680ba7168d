//! Visits a Python file once, from its beginning to its end.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::super::facts::{Creation, FileFacts, How, Reference, Use};
use super::bindings::bindings;
use super::class::{ReadClass, read as read_class};
use super::imports::{field_classes, imports};
use super::literal::{Arguments, elements, keys, string};
use super::paths::{Path, Scope, Scopes, env_model, is_env};
use super::{children, line, words};

/// The methods that take a domain first.
const SEARCHING: [&str; 9] = [
    "_read_group",
    "_search",
    "filtered_domain",
    "formatted_read_group",
    "read_group",
    "search",
    "search_count",
    "search_fetch",
    "search_read",
];
/// The methods that take values first.
const WRITING: [&str; 4] = ["create", "new", "update", "write"];
/// The methods that take a function of one record first.
const EACH: [&str; 4] = ["filtered", "grouped", "mapped", "sorted"];
/// The methods that take the id of a template first.
const RENDERING: [&str; 3] = ["_render", "_render_template", "render"];

/// Adds what the file declares and uses.
pub(super) fn visit(root: Node<'_>, text: &str, facts: &mut FileFacts) {
    let mut visitor = Visitor::new(text, facts);
    let mut steps = vec![Step::Enter(root)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(node) => visitor.enter(node, &mut steps),
            Step::LeaveScope => drop(visitor.scopes.pop()),
            Step::LeaveClass => {
                visitor.classes.pop();
                visitor.scopes.pop();
            }
        }
    }
    let Visitor { guarded, facts, .. } = visitor;
    // Code that first asks whether something is there does not need it.
    facts.uses.retain(|found| !guarded.contains(found.path.last().unwrap_or(&found.model)));
}

enum Step<'n> {
    Enter(Node<'n>),
    LeaveScope,
    LeaveClass,
}

struct Visitor<'f, 't> {
    text: &'t str,
    facts: &'f mut FileFacts,
    field_classes: HashSet<&'t str>,
    /// The models of the classes around the place.
    classes: Vec<Option<String>>,
    scopes: Scopes,
    /// Lambdas, by their ids, of which the parameter is a record.
    lambdas: HashMap<usize, Path>,
    /// Names for which the file looks before it uses them.
    guarded: HashSet<String>,
}

impl<'f, 't> Visitor<'f, 't> {
    fn new(text: &'t str, facts: &'f mut FileFacts) -> Self {
        Self {
            text,
            facts,
            field_classes: HashSet::new(),
            classes: Vec::new(),
            scopes: Scopes::default(),
            lambdas: HashMap::new(),
            guarded: HashSet::new(),
        }
    }

    fn own_model(&self) -> Option<&str> {
        self.classes.last()?.as_deref()
    }

    fn enter<'n>(&mut self, node: Node<'n>, steps: &mut Vec<Step<'n>>) {
        let text = self.text;
        let part = |name| node.child_by_field_name(name);
        match node.kind() {
            "import_statement" | "import_from_statement" => {
                self.facts.imports.extend(imports(node, text));
                self.field_classes.extend(field_classes(node, text));
            }
            "class_definition" => {
                let read = read_class(node, &self.field_classes, text);
                self.classes.push(read.as_ref().and_then(|read| read.class.model()).map(str::to_owned));
                self.scopes.push(Scope::Class);
                steps.push(Step::LeaveClass);
                if let Some(ReadClass { class, uses, references }) = read {
                    self.facts.classes.push(class);
                    self.facts.uses.extend(uses);
                    self.facts.references.extend(references);
                }
            }
            "function_definition" if !self.scopes.is_in_function() => {
                self.scopes.push(Scope::Names(bindings(node, self.own_model(), text)));
                steps.push(Step::LeaveScope);
            }
            "lambda" => {
                self.lambda(node);
                steps.push(Step::LeaveScope);
            }
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => {
                self.comprehension(node);
                steps.push(Step::LeaveScope);
            }
            "attribute" => self.attribute(node),
            "subscript" => match env_model(node, text) {
                Some(model) => self.add(&Path::of_model(model), How::Uses, node),
                None => {
                    if part("subscript").is_some_and(|name| name.kind() == "string")
                        && let Some(path) = self.scopes.path(node, text)
                    {
                        self.add(&path, How::Uses, node);
                    }
                }
            },
            "call" => self.call(node),
            "decorator" => self.decorator(node),
            "comparison_operator" => self.comparison(node),
            _ => {}
        }
        steps.extend(children(node).into_iter().rev().map(Step::Enter));
    }

    fn add(&mut self, path: &Path, how: How, node: Node<'_>) {
        let Path { model, fields } = path.clone();
        self.facts.uses.push(Use { model, path: fields, how, line: line(node) });
    }

    /// Fields one after another, from these records: `a.b.c` uses `a`, then `b`, then `c`.
    fn add_names(&mut self, path: &Path, names: &str, node: Node<'_>) {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !names.split('.').all(is_name) {
            return;
        }
        let Some(whole) = path.join(names) else { return };
        for end in path.fields.len() + 1..=whole.fields.len() {
            let part = Path { model: whole.model.clone(), fields: whole.fields[..end].to_vec() };
            self.add(&part, How::Uses, node);
        }
    }

    fn attribute(&mut self, node: Node<'_>) {
        let (Some(object), Some(name)) =
            (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return;
        };
        let name_text = words(name, self.text);
        let is_super = object.kind() == "call"
            && object
                .child_by_field_name("function")
                .is_some_and(|function| words(function, self.text) == "super");
        if is_super {
            if let Some(model) = self.own_model() {
                let path = Path { model: model.to_owned(), fields: vec![name_text.to_owned()] };
                self.add(&path, How::Super, name);
            }
        } else if let Some(path) = self.scopes.path(node, self.text) {
            self.add(&path, How::Uses, name);
        }
    }

    fn lambda(&mut self, node: Node<'_>) {
        let parameters = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        let known = self.lambdas.remove(&node.id());
        let own = self.own_model().map(Path::of_model).filter(|_| !self.scopes.is_in_function());
        let names = parameters.iter().enumerate().map(|(place, parameter)| {
            let name = words(*parameter, self.text);
            let path = match (&known, &own) {
                (Some(known), _) if place == 0 => Some(known.clone()),
                (None, Some(own)) if place == 0 && name == "self" => Some(own.clone()),
                _ => None,
            };
            (name.to_owned(), path)
        });
        let names = names.collect();
        self.scopes.push(Scope::Names(names));
    }

    fn comprehension(&mut self, node: Node<'_>) {
        self.scopes.push(Scope::Names(HashMap::new()));
        for clause in children(node).into_iter().filter(|child| child.kind() == "for_in_clause") {
            let (Some(left), Some(right)) =
                (clause.child_by_field_name("left"), clause.child_by_field_name("right"))
            else {
                continue;
            };
            let path = self.scopes.path(right, self.text).filter(|_| left.kind() == "identifier");
            let names = if left.kind() == "identifier" { vec![left] } else { children(left) };
            for name in names {
                self.scopes.names().insert(words(name, self.text).to_owned(), path.clone());
            }
        }
    }

    fn call(&mut self, node: Node<'_>) {
        let text = self.text;
        let Some(function) = node.child_by_field_name("function") else { return };
        let arguments = Arguments::of(node, text);
        let first = arguments.places.first().copied();
        let first_text = first.and_then(|first| string(first, text));
        if function.kind() == "identifier" {
            if matches!(words(function, text), "hasattr" | "getattr") {
                let name = arguments.places.get(1).and_then(|name| string(*name, text));
                self.guarded.extend(name.map(str::to_owned));
            }
            return;
        }
        let (Some(object), Some(name)) =
            (function.child_by_field_name("object"), function.child_by_field_name("attribute"))
        else {
            return;
        };
        let name = words(name, text);
        let at = line(node);
        let id = first_text.filter(|id| !id.contains(char::is_whitespace) && id.contains('.'));
        let refers = match name {
            "ref" if is_env(object, text) => !may_be_missing(&arguments),
            "has_group" => true,
            name => RENDERING.contains(&name),
        };
        if let Some(id) = id.filter(|_| refers) {
            self.facts.references.push(Reference { id: id.to_owned(), is_parent: false, line: at });
        }
        match name {
            "user_has_groups" => {
                self.facts
                    .references
                    .extend(first_text.into_iter().flat_map(|all| Reference::of_groups(all, at)));
            }
            // `self.env.get("model")`
            "get" if is_env(object, text) => self.guarded.extend(first_text.map(str::to_owned)),
            _ => {}
        }
        let Some(records) = self.scopes.path(object, text) else { return };
        if EACH.contains(&name)
            && let Some(first) = first.or_else(|| arguments.word("key"))
        {
            if first.kind() == "lambda" {
                self.lambdas.insert(first.id(), records.clone());
            }
            for name in string(first, text).unwrap_or_default().split(',') {
                let name = name.split_whitespace().next().unwrap_or_default();
                self.add_names(&records, name, first);
            }
        }
        if SEARCHING.contains(&name)
            && let Some(domain) = arguments.get(0, "domain")
        {
            self.domain(&records, domain);
        }
        if WRITING.contains(&name)
            && let Some(values) = first
        {
            self.values(&records, values, name == "create");
        }
    }

    /// `[("field", "=", value)]`
    fn domain(&mut self, records: &Path, domain: Node<'_>) {
        for leaf in elements(domain).unwrap_or_default() {
            let name = elements(leaf).and_then(|parts| Some((*parts.first()?, parts.len())));
            if let Some((name, 3)) = name
                && let Some(names) = string(name, self.text)
            {
                self.add_names(records, names, name);
            }
        }
    }

    /// `{"field": value}`, or several of them.
    fn values(&mut self, records: &Path, values: Node<'_>, is_creation: bool) {
        let all = elements(values).unwrap_or_else(|| vec![values]);
        for values in all.into_iter().filter(|values| values.kind() == "dictionary") {
            let names = keys(values, self.text);
            names.iter().for_each(|name| self.add_names(records, name, values));
            if is_creation && records.fields.is_empty() && names.len() == children(values).len() {
                let fields = names.into_iter().map(str::to_owned).collect();
                let model = records.model.clone();
                self.facts.creations.push(Creation { model, fields, id: None, line: line(values) });
            }
        }
    }

    /// `@api.depends("a.b")`
    fn decorator(&mut self, node: Node<'_>) {
        let Some(call) = children(node).into_iter().find(|call| call.kind() == "call") else { return };
        let name = call.child_by_field_name("function").map_or("", |name| words(name, self.text));
        let Some(own) = self.own_model().map(Path::of_model) else { return };
        if matches!(name.rsplit('.').next(), Some("depends" | "constrains" | "onchange")) {
            for argument in Arguments::of(call, self.text).places {
                if let Some(names) = string(argument, self.text) {
                    self.add_names(&own, names, argument);
                }
            }
        }
    }

    /// `"name" in records._fields`, `"model" in self.env`
    fn comparison(&mut self, node: Node<'_>) {
        let parts = children(node);
        let name = parts.first().and_then(|name| string(*name, self.text));
        let asks = |part: &Node<'_>| is_env(*part, self.text) || words(*part, self.text).contains("_fields");
        if parts.iter().skip(1).any(asks) {
            self.guarded.extend(name.map(str::to_owned));
        }
    }
}

/// Whether a call of `ref` accepts that the record does not exist.
fn may_be_missing(arguments: &Arguments<'_, '_>) -> bool {
    arguments.get(1, "raise_if_not_found").is_some_and(|value| value.kind() != "true")
}
