//! Converts TOML to [`Node`]s.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::node::{MapEntry, Node, Value};
use super::{Error, SourcePlace, Text};

pub(super) fn document(text: &Text) -> Result<Node, Error> {
    match DeTable::parse(&text.text) {
        Ok(table) => Ok(Node { place: text.line(1), value: map(table.get_ref(), text) }),
        Err(error) => {
            let line = text.line_at(error.span().map_or(0, |span| span.start));
            Err(text.syntax("TOML", line, &error.message().replace('\n', ", ")))
        }
    }
}

fn map(table: &DeTable<'_>, text: &Text) -> Value {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter().map(|(key, value)| {
        let place = at(text, key.span());
        MapEntry { key: key.get_ref().to_string(), node: node(value.get_ref(), place.clone(), text), place }
    });
    Value::Map(entries.collect())
}

fn node(value: &DeValue<'_>, place: SourcePlace, text: &Text) -> Node {
    let value = match value {
        DeValue::String(words) => Value::Text(words.to_string()),
        DeValue::Integer(number) => Value::Text(number.to_string()),
        DeValue::Float(number) => Value::Text(number.to_string()),
        DeValue::Boolean(flag) => Value::Text(flag.to_string()),
        DeValue::Datetime(date) => Value::Text(date.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| node(item.get_ref(), at(text, item.span()), text));
            Value::List(items.collect())
        }
        DeValue::Table(table) => map(table, text),
    };
    Node { place, value }
}

fn at(text: &Text, span: Range<usize>) -> SourcePlace {
    text.line(text.line_at(span.start))
}
