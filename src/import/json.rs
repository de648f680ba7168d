//! Converts JSON to [`Node`]s. The parser gives no line numbers, so a place is a key such as `repos[2].url`.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::node::{MapEntry, Node, Value};
use super::{Error, Note, Text, note};

/// If a key appears twice, the last value counts, as for most programs that read JSON.
pub(super) fn document(text: &Text, notes: &mut Vec<Note>) -> Result<Node, Error> {
    let raw: Raw = serde_json::from_str(&text.text)
        .map_err(|error| text.syntax("JSON", error.line(), &without_place(&error)))?;
    Ok(node(raw, text, "", notes))
}

/// The text of an error without the line and column at its end.
fn without_place(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A value as written, including keys that appear twice.
enum Raw {
    Null,
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(String, Raw)>),
}

fn node(raw: Raw, text: &Text, path: &str, notes: &mut Vec<Note>) -> Node {
    let place = text.key(path);
    let value = match raw {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => {
            let items = items.into_iter().enumerate();
            Value::List(items.map(|(at, item)| node(item, text, &format!("{path}[{at}]"), notes)).collect())
        }
        Raw::Map(raw) => {
            let mut entries: Vec<MapEntry> = Vec::new();
            let mut keys: HashMap<String, usize> = HashMap::new();
            for (key, raw) in raw {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let place = text.key(&path);
                let node = node(raw, text, &path, notes);
                let at = *keys.entry(key.clone()).or_insert(entries.len());
                match entries.get_mut(at) {
                    Some(first) => {
                        let item = format!("`{key}` appears twice: the last one counts");
                        notes.push(place.note(note::TWICE, &key, item));
                        *first = MapEntry { key, place, node };
                    }
                    None => entries.push(MapEntry { key, place, node }),
                }
            }
            Value::Map(entries)
        }
    };
    Node { place, value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        // Keep the `.0`, because the number is often a series.
        Ok(Raw::Text(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
