//! Classes that declare or extend models.

use std::collections::HashSet;

use tree_sitter::Node;

use super::super::facts::{Class, Field, How, Reference, Use};
use super::literal::{Arguments, elements, pairs, string, strings};
use super::{children, line, words};

/// The base classes of Odoo.
const BASES: [&str; 8] =
    ["AbstractModel", "BaseModel", "Model", "TransientModel", "osv", "osv_abstract", "osv_memory", "object"];

/// The most fields one after another.
const MOST_NAMES: usize = 24;
/// The arguments of a field that name a method or a field of the same model.
const NAMING: [&str; 6] = ["compute", "inverse", "search", "group_expand", "currency_field", "selection"];

/// A class with what its body uses.
#[derive(Default)]
pub(super) struct ReadClass {
    pub(super) class: Class,
    pub(super) uses: Vec<Use>,
    pub(super) references: Vec<Reference>,
}

/// Reads a class. `None` if it is not one of a model. `field_classes` are the names imported from `odoo.fields`.
pub(super) fn read(node: Node<'_>, field_classes: &HashSet<&str>, text: &str) -> Option<ReadClass> {
    let mut reader =
        Reader { text, field_classes, found: ReadClass::default(), own: Vec::new(), is_model: false };
    reader.found.class.line = line(node);
    let bases = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
    let is_known = |base: &Node<'_>| {
        let name = words(*base, text).rsplit('.').next().unwrap_or_default();
        base.kind() == "keyword_argument" || BASES.contains(&name)
    };
    reader.found.class.is_open = !bases.iter().all(is_known);
    let mut open: Vec<Node<'_>> = node.child_by_field_name("body").into_iter().collect();
    while let Some(node) = open.pop() {
        match node.kind() {
            "function_definition" => {
                let name = node.child_by_field_name("name").map(|name| words(name, text).to_owned());
                reader.found.class.methods.extend(name);
            }
            "assignment" => reader.assignment(node),
            "class_definition" | "lambda" => {}
            _ => open.extend(children(node).into_iter().rev()),
        }
    }
    reader.finish()
}

struct Reader<'a, 't> {
    text: &'t str,
    field_classes: &'a HashSet<&'t str>,
    found: ReadClass,
    /// What is used of the class itself: names of fields one after another, and the line.
    own: Vec<(Vec<String>, u32)>,
    is_model: bool,
}

impl Reader<'_, '_> {
    fn finish(mut self) -> Option<ReadClass> {
        if !self.is_model {
            return None;
        }
        let ReadClass { class, uses, .. } = &mut self.found;
        if let Some(model) = class.model() {
            // No text makes much more than itself.
            let own = self
                .own
                .into_iter()
                .filter(|(path, _)| path.len() <= MOST_NAMES)
                .flat_map(|(path, line)| (1..=path.len()).map(move |end| (path[..end].to_vec(), line)));
            uses.extend(own.map(|(path, line)| Use { model: model.to_owned(), path, how: How::Uses, line }));
        }
        let parents = class.inherit.iter().chain(&class.inherits);
        let inherits = parents.map(|model| Use {
            model: model.clone(),
            path: Vec::new(),
            how: How::Inherits,
            line: class.line,
        });
        uses.extend(inherits);
        Some(self.found)
    }

    fn assignment(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right"))
        else {
            return;
        };
        let text = self.text;
        // `a = b = value`
        if right.kind() == "assignment" {
            self.assignment_of(left, last_value(right));
            let mut next = right;
            while next.kind() == "assignment" {
                if let Some(left) = next.child_by_field_name("left") {
                    self.assignment_of(left, last_value(right));
                }
                let Some(after) = next.child_by_field_name("right") else { break };
                next = after;
            }
        } else if left.kind() == "identifier" {
            self.assignment_of(left, Some(right));
        } else {
            let names = children(left).into_iter().filter(|name| name.kind() == "identifier");
            self.found.class.names.extend(names.map(|name| words(name, text).to_owned()));
        }
    }

    fn assignment_of(&mut self, left: Node<'_>, right: Option<Node<'_>>) {
        let (name, Some(right)) = (words(left, self.text), right) else { return };
        let kind = self.field_kind(right);
        let class = &mut self.found.class;
        match name {
            "_name" => {
                self.is_model = true;
                class.name = string(right, self.text).map(str::to_owned);
                class.is_open |= class.name.is_none();
            }
            "_inherit" => {
                self.is_model = true;
                let models = strings(right, self.text);
                class.is_open |= models.is_none();
                class.inherit = models.unwrap_or_default().into_iter().map(str::to_owned).collect();
            }
            "_inherits" => {
                let models = pairs(right, self.text);
                class.is_open |= models.is_none();
                class.inherits =
                    models.unwrap_or_default().into_iter().map(|(model, _)| model.to_owned()).collect();
            }
            "_rec_name" => self.own.extend(string(right, self.text).map(|name| (path(name), line(right)))),
            _ => match kind {
                Some(kind) => self.field(name, &kind, right),
                None => class.names.push(name.to_owned()),
            },
        }
    }

    /// The kind of a field: `fields.Char(…)` is a `Char`.
    fn field_kind(&self, value: Node<'_>) -> Option<String> {
        let function = value.child_by_field_name("function").filter(|_| value.kind() == "call")?;
        let name = match function.kind() {
            "identifier" => {
                Some(words(function, self.text)).filter(|name| self.field_classes.contains(name))?
            }
            "attribute" => {
                let object = words(function.child_by_field_name("object")?, self.text);
                let is_fields = object.rsplit('.').next() == Some("fields");
                is_fields
                    .then(|| function.child_by_field_name("attribute"))?
                    .map(|name| words(name, self.text))?
            }
            _ => return None,
        };
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| name.to_owned())
    }

    fn field(&mut self, name: &str, kind: &str, call: Node<'_>) {
        let text = self.text;
        let arguments = Arguments::of(call, text);
        let is_relational = matches!(kind, "Many2one" | "One2many" | "Many2many");
        let place = |place: usize, name: &str| arguments.get(place, name);
        let comodel =
            place(0, "comodel_name").filter(|_| is_relational).and_then(|value| string(value, text));
        let truth = |name: &str, absent: bool| match arguments.word(name).map(|value| value.kind()) {
            None if arguments.is_open => None,
            None => Some(absent),
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => None,
        };
        let has =
            |name: &str| arguments.word(name).is_some_and(|value| !matches!(value.kind(), "none" | "false"));
        let is_made = has("compute") || has("related");
        // A new field must have them.
        let lacks = |name: &str| place(0, name).is_none() && !is_made && !arguments.is_open;
        let is_extension = arguments.word("selection_add").is_some()
            || (is_relational && lacks("comodel_name"))
            || (kind == "Selection" && lacks("selection"));
        self.found.class.fields.push(Field {
            name: name.to_owned(),
            line: line(call),
            kind: kind.to_owned(),
            comodel: comodel.map(str::to_owned),
            required: truth("required", false),
            stored: truth("store", !is_made),
            is_extension,
            is_filled: is_made || arguments.word("default").is_some() || kind == "Boolean",
        });
        if let Some(comodel) = comodel {
            let inverse = place(1, "inverse_name").filter(|_| kind == "One2many");
            let inverse = inverse.and_then(|value| string(value, text));
            let paths = [Some(Vec::new()), inverse.map(|name| vec![name.to_owned()])];
            self.found.uses.extend(paths.into_iter().flatten().map(|path| Use {
                model: comodel.to_owned(),
                path,
                how: How::Uses,
                line: line(call),
            }));
        }
        if let Some(value) = arguments.word("related") {
            let names = match elements(value) {
                Some(_) => strings(value, text).map(|names| names.into_iter().map(str::to_owned).collect()),
                None => string(value, text).map(path),
            };
            self.own.extend(names.map(|names| (names, line(value))));
        }
        for (word, value) in &arguments.words {
            if NAMING.contains(word)
                && let Some(name) = string(*value, text)
            {
                self.own.push((path(name), line(*value)));
            }
            if *word == "groups"
                && let Some(groups) = string(*value, text)
            {
                self.found.references.extend(Reference::of_groups(groups, line(*value)));
            }
        }
    }
}

/// The value at the end of `a = b = value`.
fn last_value(assignment: Node<'_>) -> Option<Node<'_>> {
    let mut value = assignment;
    while value.kind() == "assignment" {
        value = value.child_by_field_name("right")?;
    }
    Some(value)
}

fn path(names: &str) -> Vec<String> {
    names.split('.').map(str::to_owned).collect()
}
