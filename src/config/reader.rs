//! Reads TOML tables field by field, and keeps the line of every value for messages.
//!
//! Does not know any key. Callers ask for each key that a table can have, and `finish` refuses the others. A wrong
//! value is reported and skipped, so that one run shows every problem of a file.

use std::collections::HashSet;

use toml::de::{DeArray, DeTable, DeValue};

use super::document::{At, Document, Refusal};
use super::error::{Fault, near_or_all, table_name};
use crate::repo::redact;

/// A table while it is read.
#[must_use = "call `finish`, which refuses unknown keys"]
pub(super) struct Table<'d, 'i> {
    document: &'d Document<'d>,
    entries: &'d DeTable<'i>,
    name: String,
    line: usize,
    asked: Vec<&'static str>,
}

impl<'d, 'i> Table<'d, 'i> {
    pub(super) fn top(document: &'d Document<'d>, entries: &'d DeTable<'i>) -> Self {
        Self { document, entries, name: String::new(), line: 1, asked: Vec::new() }
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn refuse(&self, line: usize, fault: Fault) {
        self.document.refuse(line, &self.name, fault);
    }

    /// The line of a key, if the table has it.
    pub(super) fn line_of(&self, key: &str) -> Option<usize> {
        let (key, _) = self.entries.get_key_value(key)?;
        Some(self.document.line(key.span().start))
    }

    /// A string, converted by `parse`.
    pub(super) fn text<T, E: Into<Refusal>>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let (value, line) = self.take(key)?;
        let DeValue::String(text) = value else {
            let hint = digits(value).map(|digits| format!("write `{key} = \"{digits}\"`"));
            self.wrong_type(key, line, "a string", kind(value), hint);
            return None;
        };
        self.parsed(key, line, text, parse)
    }

    /// A string that must be one of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.text(key, |text| one_of(text, words))
    }

    /// A list of strings, each converted by `parse`.
    pub(super) fn list<T, E: Into<Refusal>>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        Some(self.list_with_lines(key, parse)?.into_iter().map(|item| item.value).collect())
    }

    pub(super) fn list_with_lines<T, E: Into<Refusal>>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<At<T>>> {
        const WANTED: &str = "a list of strings";
        let array = self.array(key, WANTED)?;
        let mut seen: HashSet<&str> = HashSet::new();
        let mut items = Vec::new();
        for item in array {
            let line = self.document.line(item.span().start);
            let DeValue::String(text) = item.get_ref() else {
                let found = format!("{} in it", kind(item.get_ref()));
                self.wrong_type(key, line, WANTED, &found, None);
                continue;
            };
            if !seen.insert(text) {
                self.refuse(line, Fault::Duplicate { key: key.to_owned(), word: redact(text) });
                continue;
            }
            items.extend(self.parsed(key, line, text, &parse).map(|value| At { value, line }));
        }
        Some(items)
    }

    /// A list of strings and tables, each converted by `text` or by `table`.
    pub(super) fn items<T>(
        &mut self,
        key: &'static str,
        text: impl Fn(&str) -> Result<T, Refusal>,
        table: impl Fn(Table<'d, 'i>) -> Option<T>,
    ) -> Option<Vec<At<T>>> {
        const WANTED: &str = "a list of strings and tables";
        let array = self.array(key, WANTED)?;
        let mut items = Vec::new();
        for item in array {
            let line = self.document.line(item.span().start);
            let value = match item.get_ref() {
                DeValue::String(word) => self.parsed(key, line, word, &text),
                value @ DeValue::Table(_) => self.inner(key, value, line).and_then(&table),
                other => {
                    self.wrong_type(key, line, WANTED, &format!("{} in it", kind(other)), None);
                    None
                }
            };
            items.extend(value.map(|value| At { value, line }));
        }
        Some(items)
    }

    /// Refuses the value of a key, which may be missing.
    pub(super) fn refuse_value(&self, key: &str, why: &str, hint: &str) {
        let line = self.line_of(key).unwrap_or(self.line);
        let (why, hint) = (why.to_owned(), Some(hint.to_owned()));
        self.refuse(line, Fault::BadValue { key: key.to_owned(), why, hint });
    }

    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        self.entries.get(key).and_then(|value| value.get_ref().as_array()).is_some_and(|list| list.is_empty())
    }

    pub(super) fn number(&mut self, key: &'static str) -> Option<u32> {
        let (value, line) = self.take(key)?;
        let DeValue::Integer(integer) = value else {
            self.wrong_type(key, line, "a number", kind(value), None);
            return None;
        };
        let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            let why = format!("`{integer}` is not between 0 and {}", u32::MAX);
            self.refuse(line, Fault::BadValue { key: key.to_owned(), why, hint: None });
        }
        number
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let (value, line) = self.take(key)?;
        let DeValue::Boolean(flag) = value else {
            self.wrong_type(key, line, "`true` or `false`", kind(value), None);
            return None;
        };
        Some(*flag)
    }

    pub(super) fn table(&mut self, key: &'static str) -> Option<Table<'d, 'i>> {
        let (value, line) = self.take(key)?;
        self.inner(key, value, line)
    }

    /// A string or a table, each converted by its function.
    pub(super) fn text_or_table<T>(
        &mut self,
        key: &'static str,
        text: impl FnOnce(&str) -> Result<T, Refusal>,
        table: impl FnOnce(Table<'d, 'i>) -> T,
    ) -> Option<T> {
        let (value, line) = self.take(key)?;
        match value {
            DeValue::String(word) => self.parsed(key, line, word, text),
            DeValue::Table(_) => self.inner(key, value, line).map(table),
            other => {
                self.wrong_type(key, line, "a string or a table", kind(other), None);
                None
            }
        }
    }

    /// A list of tables, `[[key]]`.
    pub(super) fn tables(&mut self, key: &'static str) -> Option<Vec<Table<'d, 'i>>> {
        let (value, line) = self.take(key)?;
        let DeValue::Array(array) = value else {
            self.wrong_type(
                key,
                line,
                "a list of tables",
                kind(value),
                Some(format!("write `[[{}]]`", table_name(&self.name, key))),
            );
            return None;
        };
        let line = |span: std::ops::Range<usize>| self.document.line(span.start);
        Some(array.iter().filter_map(|item| self.inner(key, item.get_ref(), line(item.span()))).collect())
    }

    /// The sub-tables of a table whose keys are names, in the order of the file.
    pub(super) fn named(&mut self, key: &'static str) -> Vec<(&'d str, Table<'d, 'i>)> {
        let Some(outer) = self.table(key) else { return Vec::new() };
        let mut entries: Vec<_> = outer.entries.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .filter_map(|(name, value)| {
                let line = self.document.line(name.span().start);
                Some((&**name.get_ref(), outer.inner(name.get_ref(), value.get_ref(), line)?))
            })
            .collect()
    }

    /// Refuses every key that no caller has asked for.
    pub(super) fn finish(self) {
        for (key, _) in self.entries {
            if !self.asked.contains(&&**key.get_ref()) {
                let fault = Fault::UnknownField { key: key.get_ref().to_string(), known: self.asked.clone() };
                self.refuse(self.document.line(key.span().start), fault);
            }
        }
    }

    /// A list that can have strings. `wanted` says what it consists of.
    fn array(&mut self, key: &'static str, wanted: &'static str) -> Option<&'d DeArray<'i>> {
        let (value, line) = self.take(key)?;
        let DeValue::Array(array) = value else {
            let hint = value.as_str().map(|text| format!("write `{key} = [\"{}\"]`", redact(text)));
            self.wrong_type(key, line, wanted, kind(value), hint);
            return None;
        };
        Some(array)
    }

    fn take(&mut self, key: &'static str) -> Option<(&'d DeValue<'i>, usize)> {
        self.asked.push(key);
        let (key, value) = self.entries.get_key_value(key)?;
        Some((value.get_ref(), self.document.line(key.span().start)))
    }

    fn inner(&self, key: &str, value: &'d DeValue<'i>, line: usize) -> Option<Table<'d, 'i>> {
        let DeValue::Table(entries) = value else {
            self.wrong_type(key, line, "a table", kind(value), None);
            return None;
        };
        let name = table_name(&self.name, key);
        Some(Table { document: self.document, entries, name, line, asked: Vec::new() })
    }

    fn parsed<T, E: Into<Refusal>>(
        &self,
        key: &str,
        line: usize,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let refused = |error: E| {
            let Refusal { why, hint } = error.into();
            self.refuse(line, Fault::BadValue { key: key.to_owned(), why, hint });
        };
        parse(text).map_err(refused).ok()
    }

    fn wrong_type(&self, key: &str, line: usize, wanted: &'static str, found: &str, hint: Option<String>) {
        self.refuse(line, Fault::WrongType { key: key.to_owned(), wanted, found: found.to_owned(), hint });
    }
}

/// The value of one of a few words. The error has the closest word as its hint.
pub(super) fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Refusal> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    Err(Refusal::new(format!("`{text}` is not one of the allowed values")).hint(near_or_all(
        text,
        &known,
        "the allowed values are",
    )))
}

/// A number as the user wrote it. `18.0` without quotes is the most common mistake.
fn digits<'v>(value: &'v DeValue<'_>) -> Option<&'v str> {
    match value {
        DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str()),
        DeValue::Float(float) => Some(float.as_str()),
        _ => None,
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
