//! One tree for YAML, TOML and JSON. Every node knows its place in the file.
//!
//! A scalar is the text as written: `18.0` is a branch here, not a number.

use std::fmt;

use super::{Error, SourcePlace};

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: SourcePlace,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<MapEntry>),
}

/// A key of a map and its value, in the order of the file.
#[derive(Clone, Debug)]
pub(super) struct MapEntry {
    pub(super) key: String,
    /// The place of the key.
    pub(super) place: SourcePlace,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The value of a key. `None` if there is no such key, or if this is not a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    /// Whether a map has a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn map(&self, what: impl fmt::Display) -> Result<&[MapEntry], Error> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.wrong(what, "a mapping")),
        }
    }

    /// The entries of a map. An empty value has none.
    pub(super) fn map_or_null(&self, what: impl fmt::Display) -> Result<&[MapEntry], Error> {
        if self.is_null() { Ok(&[]) } else { self.map(what) }
    }

    pub(super) fn list(&self, what: impl fmt::Display) -> Result<&[Self], Error> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.wrong(what, "a list")),
        }
    }

    pub(super) fn text(&self, what: impl fmt::Display) -> Result<&str, Error> {
        match &self.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong(what, "a string")),
        }
    }

    /// A string or a list of strings. An empty value has none.
    pub(super) fn texts(&self, what: impl fmt::Display) -> Result<Vec<(&str, &SourcePlace)>, Error> {
        match &self.value {
            Value::Null => Ok(Vec::new()),
            Value::Text(text) => Ok(vec![(text, &self.place)]),
            Value::List(items) => {
                items.iter().map(|item| Ok((item.text(format!("an item of {what}"))?, &item.place))).collect()
            }
            Value::Map(_) => Err(self.wrong(what, "a list of strings")),
        }
    }

    /// The fields of a map, to be taken one by one.
    pub(super) fn fields(&self, what: impl fmt::Display) -> Result<Fields<'_>, Error> {
        let what = what.to_string();
        let entries = self.map(&what)?.iter().collect();
        Ok(Fields { place: &self.place, what, entries })
    }

    fn wrong(&self, what: impl fmt::Display, wanted: &str) -> Error {
        let found = match self.value {
            Value::Null => "empty",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        };
        self.place.refuse(format!("{what} must be {wanted}, not {found}"))
    }
}

/// The fields of a map that were not taken yet.
pub(super) struct Fields<'n> {
    place: &'n SourcePlace,
    /// What has these fields, for messages.
    what: String,
    entries: Vec<&'n MapEntry>,
}

impl<'n> Fields<'n> {
    pub(super) fn take(&mut self, key: &str) -> Option<&'n Node> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(&self.entries.remove(at).node)
    }

    pub(super) fn require(&mut self, key: &str) -> Result<&'n Node, Error> {
        self.take(key).ok_or_else(|| self.place.refuse(format!("{} has no `{key}`", self.what)))
    }

    /// The fields that were not taken yet.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// The remaining fields, after all known ones were taken.
    pub(super) fn left(self) -> Vec<&'n MapEntry> {
        self.entries
    }
}
