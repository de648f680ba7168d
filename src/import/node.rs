//! YAML, TOML and JSON as one tree, in which everything knows where it stands.
//!
//! A scalar is the text that was written: `18.0` is a branch here and no number.

use std::fmt;

use super::{Error, Place};

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map and what it leads to, in the order of the file.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands.
    pub(super) place: Place,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What a key of a map leads to; nothing where this is no map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else { return None };
        entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    pub(super) fn map(&self, what: impl fmt::Display) -> Result<&[Entry], Error> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.wrong(what, "a mapping")),
        }
    }

    /// A map, or nothing at all.
    pub(super) fn map_or_null(&self, what: impl fmt::Display) -> Result<&[Entry], Error> {
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
            _ => Err(self.wrong(what, "a text")),
        }
    }

    /// A text, or a list of them; nothing is none.
    pub(super) fn texts(&self, what: impl fmt::Display) -> Result<Vec<(&str, &Place)>, Error> {
        match &self.value {
            Value::Null => Ok(Vec::new()),
            Value::Text(text) => Ok(vec![(text, &self.place)]),
            Value::List(items) => {
                items.iter().map(|item| Ok((item.text(format!("an item of {what}"))?, &item.place))).collect()
            }
            Value::Map(_) => Err(self.wrong(what, "a list of texts")),
        }
    }

    /// Asks for the fields of a map one by one.
    pub(super) fn fields(&self, what: impl fmt::Display) -> Result<Fields<'_>, Error> {
        Ok(Fields { place: &self.place, entries: self.map(what)?.iter().collect() })
    }

    fn wrong(&self, what: impl fmt::Display, wanted: &str) -> Error {
        let found = match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        };
        self.place.refuse(format!("{what} is {found}, where {wanted} is wanted"))
    }
}

/// The fields of a map that nobody has asked for yet.
pub(super) struct Fields<'n> {
    pub(super) place: &'n Place,
    entries: Vec<&'n Entry>,
}

impl<'n> Fields<'n> {
    pub(super) fn take(&mut self, key: &str) -> Option<&'n Node> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(&self.entries.remove(at).node)
    }

    pub(super) fn require(&mut self, key: &str) -> Result<&'n Node, Error> {
        self.take(key).ok_or_else(|| self.place.refuse(format!("`{key}` is missing")))
    }

    /// What is left when all that is known was asked for.
    pub(super) fn left(self) -> Vec<&'n Entry> {
        self.entries
    }
}
