//! The JSON Schemas of `repos.toml` and `repos.local.toml`, and the reader: both accept the same keys, types and words.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::shape;
use super::*;
use crate::schema::shipped::{assert_shipped, of_input};

/// TOML has no `null`: an optional key is missing.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [kind] = &types[..] {
                    let kind = kind.clone();
                    fields.insert("type".to_owned(), kind);
                }
            }
            if let Some(Value::Array(any)) = fields.get_mut("anyOf") {
                any.retain(|one| *one != json!({ "type": "null" }));
                if let [Value::Object(one)] = &any[..] {
                    let mut one = one.clone();
                    fields.remove("anyOf");
                    one.extend(std::mem::take(fields));
                    *fields = one;
                }
            }
            fields.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

pub(super) fn schema_of<T: schemars::JsonSchema>() -> Value {
    let mut value = of_input::<T>().to_value();
    without_null(&mut value);
    value
}

#[test]
fn the_schemas_of_the_files_are_shipped() {
    assert_shipped("repos", schema_of::<shape::Repos>().try_into().expect("a schema"));
    assert_shipped("local", schema_of::<shape::Machine>().try_into().expect("a schema"));
}

/// The way from the top of a file to a table.
#[derive(Clone, Debug)]
enum Part {
    Key(String),
    /// A table in a list.
    Item,
}

/// A table of a file, and its schema.
struct Place<'s> {
    way: Vec<Part>,
    schema: &'s Value,
}

impl Place<'_> {
    /// The file with this content of the table.
    fn text(&self, content: &str) -> String {
        let mut text = content.to_owned();
        for (depth, part) in self.way.iter().enumerate().rev() {
            text = match part {
                Part::Item => format!("[{{ {text} }}]"),
                Part::Key(key) if matches!(self.way.get(depth + 1), Some(Part::Item)) => {
                    format!("{key} = {text}")
                }
                Part::Key(key) => format!("{key} = {{ {text} }}"),
            };
        }
        text
    }

    fn properties(&self) -> BTreeSet<String> {
        self.schema["properties"].as_object().expect("keys").keys().cloned().collect()
    }
}

/// A schema without its reference.
fn resolved<'s>(root: &'s Value, node: &'s Value) -> &'s Value {
    match node["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a definition"),
        None => node,
    }
}

/// A schema, or the alternatives of which it consists.
fn alternatives<'s>(root: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let node = resolved(root, node);
    match node["anyOf"].as_array() {
        Some(any) => any.iter().flat_map(|one| alternatives(root, one)).collect(),
        None => vec![node],
    }
}

/// Every table of a file, each key of a map with the name `web`.
fn places<'s>(root: &'s Value, node: &'s Value, way: &[Part], found: &mut Vec<Place<'s>>) {
    for schema in alternatives(root, node) {
        if schema["type"] == "array" {
            places(root, &schema["items"], &[way, &[Part::Item]].concat(), found);
        }
        if let Some(patterns) = schema["patternProperties"].as_object() {
            let way = [way, &[Part::Key("web".to_owned())]].concat();
            patterns.values().for_each(|value| places(root, value, &way, found));
        }
        if let Some(properties) = schema["properties"].as_object() {
            assert_eq!(schema["additionalProperties"], false, "{way:?}");
            found.push(Place { way: way.to_vec(), schema });
            for (key, value) in properties {
                places(root, value, &[way, &[Part::Key(key.clone())]].concat(), found);
            }
        }
    }
}

/// What the reader says about the text of one of the two files.
pub(super) fn faults(file: &str, text: &str) -> Vec<Fault> {
    let parsed = match file {
        "repos" if text.starts_with("odoo =") => parse(text),
        "repos" => parse(&format!("odoo = \"18.0\"\n{text}")),
        _ => parse_with("odoo = \"18.0\"", text),
    };
    match parsed {
        Ok(_) => Vec::new(),
        Err(error) => {
            assert!(!error.problems().is_empty(), "{error}\n{text}");
            error.problems().iter().map(|problem| problem.fault.clone()).collect()
        }
    }
}

fn each_place(test: impl Fn(&str, &Value, &Place<'_>)) {
    let files = [("repos", schema_of::<shape::Repos>()), ("local", schema_of::<shape::Machine>())];
    for (file, root) in &files {
        let mut found = Vec::new();
        places(root, root, &[], &mut found);
        assert!(found.len() > if *file == "repos" { 25 } else { 1 }, "{} tables", found.len());
        found.iter().for_each(|place| test(file, root, place));
    }
}

#[test]
fn the_schema_and_the_reader_have_the_same_keys() {
    each_place(|file, _, place| {
        let text = place.text("zzzzzzzzzzzzzzzz = 1");
        let known = faults(file, &text).into_iter().find_map(|fault| match fault {
            Fault::UnknownField { key, known } if key == "zzzzzzzzzzzzzzzz" => Some(known),
            _ => None,
        });
        let known = known.unwrap_or_else(|| panic!("the reader accepts\n{text}"));
        let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
        assert_eq!(place.properties(), known, "{text}");
    });
}

#[test]
fn the_schema_and_the_reader_need_the_same_keys() {
    each_place(|file, _, place| {
        let required: BTreeSet<&str> =
            place.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let faults = match (file, &place.way[..]) {
            ("repos", []) => parse("")
                .expect_err("no series")
                .problems()
                .iter()
                .map(|problem| problem.fault.clone())
                .collect(),
            _ => faults(file, &place.text("")),
        };
        let missing: BTreeSet<&str> = faults
            .iter()
            .filter_map(|fault| if let Fault::MissingField { key, .. } = fault { Some(*key) } else { None })
            .collect();
        assert_eq!(required, missing, "{:?}", place.way);
    });
}

/// A value of each type, and its name.
const SAMPLES: [(&str, &str); 8] = [
    ("string", "\"zz\""),
    ("integer", "1"),
    ("number", "1.5"),
    ("boolean", "true"),
    ("date", "2026-01-01"),
    ("table", "{}"),
    ("list of strings", "[\"zz\"]"),
    ("list of tables", "[{}]"),
];

/// The names of the types that a schema accepts.
fn types(root: &Value, node: &Value) -> BTreeSet<String> {
    let of = |schema: &Value| match schema["type"].as_str() {
        Some("object") => vec!["table".to_owned()],
        Some("array") => {
            let items = types(root, &schema["items"]);
            items.into_iter().map(|kind| format!("list of {kind}s")).collect()
        }
        Some(kind) => vec![kind.to_owned()],
        None if schema["oneOf"].is_array() || schema["enum"].is_array() => vec!["string".to_owned()],
        None => panic!("a schema without a type: {schema}"),
    };
    alternatives(root, node).into_iter().flat_map(of).collect()
}

#[test]
fn the_schema_and_the_reader_accept_the_same_types() {
    each_place(|file, root, place| {
        for (key, node) in place.schema["properties"].as_object().expect("keys") {
            let accepted = |sample: &str| {
                let faults = faults(file, &place.text(&format!("{key} = {sample}")));
                !faults
                    .iter()
                    .any(|fault| matches!(fault, Fault::WrongType { key: wrong, .. } if wrong == key))
            };
            let read = SAMPLES.iter().filter(|(_, sample)| accepted(sample));
            let mut read: BTreeSet<String> = read.map(|(kind, _)| (*kind).to_owned()).collect();
            // A map of tables refuses another value in it, but not another name.
            assert!(key != "repos" || !read.is_empty());
            read.remove("");
            assert_eq!(types(root, node), read, "`{key}` of {:?}", place.way);
        }
    });
}

/// The words that a schema accepts, if it accepts only words.
fn words(root: &Value, node: &Value) -> Option<BTreeSet<String>> {
    let node = resolved(root, node);
    if node["type"] == "array" {
        return words(root, &node["items"]);
    }
    if let Some(word) = node["const"].as_str() {
        return Some(BTreeSet::from([word.to_owned()]));
    }
    if let Some(list) = node["enum"].as_array() {
        return Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    }
    node["oneOf"].as_array()?.iter().map(|one| words(root, one)).try_fold(BTreeSet::new(), |mut all, some| {
        all.extend(some?);
        Some(all)
    })
}

#[test]
fn the_schema_and_the_reader_have_the_same_words() {
    const UNKNOWN: &str = "zzzzzzzzzzzzzzzz";
    let found = std::cell::Cell::new(0);
    each_place(|file, root, place| {
        for (key, node) in place.schema["properties"].as_object().expect("keys") {
            let is_list = types(root, node).contains("list of strings");
            let value = if is_list { format!("[\"{UNKNOWN}\"]") } else { format!("\"{UNKNOWN}\"") };
            let hint = faults(file, &place.text(&format!("{key} = {value}"))).into_iter().find_map(|fault| {
                match fault {
                    Fault::BadValue { key: wrong, hint: Some(hint), .. } if wrong == *key => Some(hint),
                    _ => None,
                }
            });
            let hint = hint.filter(|hint| hint.starts_with("the allowed values are"));
            let known = hint.map(|hint| hint.split('`').skip(1).step_by(2).map(str::to_owned).collect());
            found.set(found.get() + usize::from(known.is_some()));
            assert_eq!(words(root, node), known, "`{key}` of {:?}", place.way);
        }
    });
    assert!(found.get() > 6, "only {} keys with words", found.get());
}
