//! Converts JSON to [`Node`]s. The parser gives no line numbers, so a place is a key such as `repos[2].url`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::node::{MapEntry, Node, Value};
use super::{Error, Text};

pub(super) fn document(text: &Text) -> Result<Node, Error> {
    let raw: Raw = serde_json::from_str(&text.text)
        .map_err(|error| text.syntax("JSON", error.line(), &without_place(&error)))?;
    node(raw, text, "")
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

fn node(raw: Raw, text: &Text, path: &str) -> Result<Node, Error> {
    let place = text.key(path);
    let value = match raw {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => {
            let items = items.into_iter().enumerate();
            let items = items.map(|(at, item)| node(item, text, &format!("{path}[{at}]")));
            Value::List(items.collect::<Result<_, Error>>()?)
        }
        Raw::Map(entries) => {
            let mut keys = std::collections::HashSet::new();
            let entries = entries.into_iter().map(|(key, raw)| {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let place = text.key(&path);
                if !keys.insert(key.clone()) {
                    return Err(place.refuse("the key appears twice"));
                }
                Ok(MapEntry { key, place, node: node(raw, text, &path)? })
            });
            Value::Map(entries.collect::<Result<_, Error>>()?)
        }
    };
    Ok(Node { place, value })
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
