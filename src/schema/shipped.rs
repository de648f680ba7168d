//! Compares the schemas of types with the files that are shipped, or writes these files.

#![expect(clippy::disallowed_methods, reason = "a test that writes files of the source")]

use std::fmt::Write as _;
use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::{ALL, named};

/// Where the schemas are, for their `$id`.
const BASE: &str = "https://raw.githubusercontent.com/oca-lock/oca/main/docs/schemas";

/// The schema of what serde reads into this type.
pub(crate) fn of_input<T: JsonSchema>() -> Schema {
    tidied(SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>())
}

/// The schema of what serde writes of this type: fields that are always there are required.
pub(crate) fn of_output<T: JsonSchema>() -> Schema {
    tidied(SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>())
}

/// Compares a schema with its file. With `OCA_BLESS=1`, writes the file.
pub(crate) fn assert_shipped(name: &str, mut schema: Schema) {
    let about = named(name).unwrap_or_else(|| panic!("src/schema/mod.rs has no `{name}`")).about;
    schema.insert("$id".to_owned(), format!("{BASE}/{name}.json").into());
    let title = format!("{}{}", about[..1].to_uppercase(), &about[1..]).replace('`', "");
    schema.insert("title".to_owned(), title.into());
    let mut text = String::new();
    render(&mut text, &schema.to_value(), 0);
    text.push('\n');
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.json"));
    if std::env::var_os("OCA_BLESS").is_some() {
        return std::fs::write(&file, text).expect("the file of a schema");
    }
    let shipped = named(name).map(|schema| schema.text.replace("\r\n", "\n")).unwrap_or_default();
    let hint = "run `OCA_BLESS=1 cargo test --lib schema`, and look at the difference";
    assert!(shipped == text, "`{}` is not the schema of its type: {hint}", file.display());
}

/// The keys that come first, in this order. The others follow by name, and the definitions come last.
const FIRST: [&str; 6] = ["$schema", "$id", "title", "description", "type", "const"];

fn rank(key: &str) -> usize {
    FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len() + usize::from(key == "$defs"))
}

/// Writes what fits on one line on one line: the files are read by people, and are a part of the program.
fn render(text: &mut String, value: &Value, indent: usize) {
    const WIDTH: usize = 100;
    let line = value.to_string();
    let (open, close, items): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(fields) if indent == 0 || line.len() + indent > WIDTH => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| rank(key));
            let fields =
                fields.into_iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value));
            ('{', '}', fields.collect())
        }
        Value::Array(items) if line.len() + indent > WIDTH => {
            ('[', ']', items.iter().map(|item| (String::new(), item)).collect())
        }
        _ => return text.push_str(&line),
    };
    text.push(open);
    for (place, (key, item)) in items.into_iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let _infallible = write!(text, "{comma}\n{:width$}{key}", "", width = indent + 2);
        render(text, item, indent + 2);
    }
    let _infallible = write!(text, "\n{:indent$}{close}", "");
}

fn tidied(schema: Schema) -> Schema {
    let mut value = schema.to_value();
    tidy(&mut value);
    value.try_into().expect("it stays a schema")
}

/// Joins the lines of comments, and writes the formats of numbers that only Rust knows as the greatest number.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            let format = fields.get("format").and_then(Value::as_str).unwrap_or_default();
            let is_of_rust = format.starts_with("uint") || format.starts_with("int");
            let most = (format == "uint32").then_some(u32::MAX);
            if is_of_rust {
                fields.remove("format");
            }
            if let Some(most) = most {
                fields.entry("maximum").or_insert(most.into());
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Editors and validators read a pattern with the engine of their language.
#[test]
fn patterns_mean_the_same_in_every_engine() {
    fn patterns(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("pattern").and_then(Value::as_str).map(str::to_owned));
                let keys = fields.get("patternProperties").and_then(Value::as_object);
                found.extend(keys.into_iter().flatten().map(|(key, _)| key.clone()));
                fields.values().for_each(|value| patterns(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| patterns(item, found)),
            _ => {}
        }
    }
    for schema in ALL {
        let mut found = Vec::new();
        patterns(&serde_json::from_str(schema.text).expect(schema.name), &mut found);
        for pattern in found {
            let is_plain = pattern.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            let odd = [r"\p", r"\w", r"\d", r"\b", r"\s", r"\S", "(?", "&&", "~~", "--"];
            assert!(is_plain && odd.iter().all(|odd| !pattern.contains(odd)), "{}: {pattern}", schema.name);
        }
    }
}

/// Every schema has a test that compares it with a type: this one fails for a name without a file.
#[test]
fn every_file_is_a_schema_and_every_schema_has_its_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of the schemas")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    files.sort();
    let mut names: Vec<String> = ALL.iter().map(|schema| format!("{}.json", schema.name)).collect();
    names.sort();
    assert_eq!(files, names);
    for schema in ALL {
        let value: Value = serde_json::from_str(schema.text).expect(schema.name);
        assert_eq!(value["$id"], format!("{BASE}/{}.json", schema.name), "run the test of its type");
    }
    assert_eq!(super::REPOS_URL, format!("{BASE}/repos.json"));
}
