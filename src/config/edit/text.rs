//! Edits the text of a TOML file. `toml_edit` gives the positions; all other bytes stay the same.
//!
//! Printing the parsed document would change line ends and the order of dotted keys.

use std::ops::Range;

use toml_edit::{Array, Document, InlineTable, Item, Table, TomlError, Value};

use super::positions::{content_end, find, leaves, section_ends};
use crate::config::error::table_name;
use crate::config::values::quoted;

/// A TOML text while it is edited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Text(pub(super) String);

/// A table whose layout cannot be edited, with its name as in a header.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Stuck(pub(super) String);

/// A range of the text and its replacement.
pub(super) type TextChange = (Range<usize>, String);

impl Text {
    pub(super) fn document(&self) -> Result<Document<&str>, TomlError> {
        Document::parse(self.0.as_str())
    }

    /// The strings of a list. Empty if the list does not exist.
    pub(super) fn words(&self, table: &[&str], key: &str) -> Vec<String> {
        let Ok(document) = self.document() else { return Vec::new() };
        let list = find(&document, table).and_then(|table| table.get(key)).and_then(Item::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn has(&self, table: &[&str], key: &str) -> bool {
        self.document()
            .is_ok_and(|document| find(&document, table).is_some_and(|table| table.get(key).is_some()))
    }

    /// Appends a string to a list. Creates the list and its table if they do not exist.
    pub(super) fn push(&mut self, table: &[&str], key: &str, word: &str) -> Result<(), Stuck> {
        self.push_value(table, key, &quoted(word))
    }

    /// The same with a value as it is written in TOML.
    pub(super) fn push_value(&mut self, table: &[&str], key: &str, value: &str) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(table))?;
        let list = find(&document, table).and_then(|table| table.get(key));
        let changes = match list {
            Some(list) => list.as_array().and_then(|list| self.appended(list, value)),
            None => self.with_key(&document, table, &KeyLines::of_list(key, value)),
        };
        let changes = changes.ok_or_else(|| stuck(table))?;
        self.apply(changes);
        Ok(())
    }

    /// Adds a key that the table does not have yet. Creates the table if it does not exist.
    pub(super) fn set(&mut self, table: &[&str], key: &str, word: &str) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(table))?;
        let key = KeyLines::of_string(key, &quoted(word));
        let changes = self.with_key(&document, table, &key).ok_or_else(|| stuck(table))?;
        self.apply(changes);
        Ok(())
    }

    /// Removes a string from a list.
    pub(super) fn take(&mut self, table: &[&str], key: &str, word: &str) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(table))?;
        let list = find(&document, table).and_then(|table| table.get(key)).and_then(Item::as_array);
        let place = list.and_then(|list| list.iter().position(|value| value.as_str() == Some(word)));
        let (Some(list), Some(place)) = (list, place) else { return Ok(()) };
        let spans: Option<Vec<Range<usize>>> = list.iter().map(Value::span).collect();
        let changes = spans.zip(list.span()).map(|(spans, list)| self.without(&spans, place, list.end - 1));
        self.apply(changes.ok_or_else(|| stuck(table))?);
        Ok(())
    }

    /// Removes a table, in whatever form it is written.
    pub(super) fn drop(&mut self, path: &[&str]) -> Result<(), Stuck> {
        let document = self.document().map_err(|_| stuck(path))?;
        let Some(item) = find(&document, path) else { return Ok(()) };
        let (name, outer) = path.split_last().ok_or_else(|| stuck(path))?;
        let changes = match item {
            Item::Table(table) if !table.is_dotted() => self.without_section(table),
            item => match find(&document, outer) {
                Some(Item::Value(Value::InlineTable(outer))) => self.without_entry(outer, name),
                Some(outer) => self.without_lines(outer, name, item),
                None => None,
            },
        };
        self.apply(changes.ok_or_else(|| stuck(path))?);
        Ok(())
    }

    pub(super) fn apply(&mut self, mut changes: Vec<TextChange>) {
        changes.sort_by_key(|(range, _)| range.start);
        for (range, text) in changes.into_iter().rev() {
            self.0.replace_range(range, &text);
        }
    }

    fn appended(&self, array: &Array, word: &str) -> Option<Vec<TextChange>> {
        let Range { start: open, end } = array.span()?;
        let close = end - 1;
        let Some(last) = array.iter().last() else {
            return Some(vec![self.first_of(open + 1..close, word)]);
        };
        let last = last.span()?;
        let tail = &self.0[last.end..close];
        let line_end = tail.find('\n').unwrap_or(tail.len());
        let comma = comma(tail);
        let indent = self.indent(last.start, open);
        if let Some(indent) = indent.filter(|_| comma.is_none_or(|comma| comma < line_end)) {
            // Insert after a comment on the line of the last value, and before a bracket on that line.
            let on_line = match tail.find('\n') {
                Some(end) => tail[..end].trim_end_matches('\r').len(),
                None => comma.map_or(0, |comma| comma + 1),
            };
            let at = last.end + on_line;
            let line =
                format!("{}{indent}{word}{}", self.newline(at), if comma.is_some() { "," } else { "" });
            let mut changes = vec![(at..at, line)];
            if comma.is_none() {
                // Both changes have the same position, and the comma must come first.
                changes.insert(0, (last.end..last.end, ",".to_owned()));
            }
            return Some(merged(changes));
        }
        let before_last = array.len().checked_sub(2).and_then(|place| array.get(place)?.span());
        let between = before_last.map(|before| &self.0[before.end..last.start]);
        let separator = between.filter(|between| between.trim() == ",").unwrap_or(", ");
        Some(vec![(last.end..last.end, format!("{separator}{word}"))])
    }

    /// Inserts the first string of a list. `inside` is the range between its brackets.
    fn first_of(&self, inside: Range<usize>, word: &str) -> TextChange {
        let text = &self.0[inside.clone()];
        let Some(newline) = text.rfind('\n') else {
            let before = &self.0[self.line_start(inside.start)..inside.start];
            // An inline table must stay on one line.
            if !text.is_empty() || before.contains('{') {
                return (inside.start..inside.start, word.to_owned());
            }
            let (indent, newline) = (blank_start(before), self.newline(inside.start));
            return (inside, format!("{newline}{indent}  {word},{newline}{indent}"));
        };
        let bracket = inside.start + newline + 1;
        let lines = text[..newline].lines().skip(1).filter(|line| !line.trim().is_empty());
        let indent = lines.map(blank_start).next();
        let indent = indent.map_or_else(|| format!("{}  ", &self.0[bracket..inside.end]), str::to_owned);
        (bracket..bracket, format!("{indent}{word},{}", self.newline(bracket - 1)))
    }

    /// Removes one of several values that commas separate. `close` is the position of the closing bracket.
    pub(super) fn without(&self, all: &[Range<usize>], place: usize, close: usize) -> Vec<TextChange> {
        let Range { start, end } = all[place];
        let previous = place.checked_sub(1).map(|place| all[place].end);
        let next = all.get(place + 1).map(|next| next.start);
        let after = &self.0[end..next.unwrap_or(close)];
        let comma_after = comma(after);
        let cut = |range: Range<usize>| (range, String::new());
        if let Some(line_end) = after.find('\n')
            && comma_after.is_none_or(|comma| comma < line_end)
            && self.indent(start, previous.unwrap_or(0)).is_some()
        {
            let mut changes = vec![cut(self.line_start(start)..end + line_end + 1)];
            if let (Some(previous), None, None) = (previous, next, comma_after) {
                // The previous value becomes the last one, and in this layout the last value has no comma.
                let comma = comma(&self.0[previous..start]).map(|comma| previous + comma);
                changes.extend(comma.map(|comma| cut(comma..comma + 1)));
            }
            return changes;
        }
        match (previous, next) {
            (_, Some(next)) if !after.contains('\n') => vec![cut(start..next)],
            // Only a comma separates this value from the previous one.
            (Some(previous), _) if self.0[previous..start].trim() == "," => vec![cut(previous..end)],
            _ => vec![cut(start..comma_after.map_or(end, |comma| end + comma + 1))],
        }
    }

    fn with_key(&self, document: &Document<&str>, path: &[&str], key: &KeyLines) -> Option<Vec<TextChange>> {
        match find(document, path) {
            Some(Item::Value(Value::InlineTable(table))) => with_entry(table, &key.inline),
            Some(Item::Table(table)) if table.is_dotted() => {
                let (first, _) = table.iter().next()?;
                let first = table.key(first)?.span()?.start;
                let prefix = &self.0[self.line_start(first)..first];
                let first = format!("{prefix}{}", key.lines.first()?);
                let lines: Vec<&str> =
                    std::iter::once(&first).chain(&key.lines[1..]).map(String::as_str).collect();
                Some(vec![self.lines_after(leaves(table).last()?.1.end, &lines)])
            }
            Some(Item::Table(table)) if !table.is_implicit() => {
                let lines: Vec<&str> = key.lines.iter().map(String::as_str).collect();
                Some(vec![self.lines_after(content_end(table)?, &lines)])
            }
            Some(Item::Table(_)) | None => {
                let (name, outer) = path.split_last()?;
                if let Some(Item::Value(Value::InlineTable(outer))) = find(document, outer) {
                    let name = table_name("", name);
                    return with_entry(outer, &format!("{name} = {{ {} }}", key.inline));
                }
                let header = path.iter().fold(String::new(), |outer, key| table_name(&outer, key));
                let header = format!("[{header}]");
                let lines: Vec<&str> =
                    std::iter::once(&header).chain(&key.lines).map(String::as_str).collect();
                Some(vec![self.section(document, path[0], &lines)])
            }
            Some(_) => None,
        }
    }

    /// Adds a section after the last one with the same first key, or at the end of the text.
    fn section(&self, document: &Document<&str>, top: &str, lines: &[&str]) -> TextChange {
        let mut ends = Vec::new();
        if let Some(item) = document.get(top) {
            section_ends(item, &mut ends);
        }
        let text = &self.0;
        match ends.into_iter().max() {
            Some(end) => self.lines_after(self.with_comments(end), &[&[""], lines].concat()),
            None if text.is_empty() || text.ends_with("\n\n") || text.ends_with("\n\r\n") => {
                self.lines_after(text.len(), lines)
            }
            None => self.lines_after(text.len(), &[&[""], lines].concat()),
        }
    }

    /// The end of the comments on the lines after a position. If a header follows them, they belong to it and do not
    /// count.
    fn with_comments(&self, place: usize) -> usize {
        let (mut here, mut end) = (place, place);
        for line in self.0[place..].split_inclusive('\n') {
            match line.trim_start().chars().next() {
                _ if here == place => {}
                Some('#') => end = here,
                Some(_) => return place,
                None => return end,
            }
            here += line.len();
        }
        end
    }

    /// Inserts lines after the line of a position. If the last line of the text has no line end, that stays so.
    fn lines_after(&self, place: usize, lines: &[&str]) -> TextChange {
        let newline = self.newline(place);
        if place == self.0.len() && (place == 0 || self.0.ends_with('\n')) {
            return (place..place, lines.iter().flat_map(|line| [line, newline]).collect());
        }
        let end = self.0[place..].find('\n').map(|end| place + end + 1);
        let at = end.unwrap_or(self.0.len());
        let line = |line| if end.is_some() { [line, newline] } else { [newline, line] };
        (at..at, lines.iter().copied().flat_map(line).collect())
    }

    /// Removes a table with its header, the comment directly above it, and the blank line before it.
    fn without_section(&self, table: &Table) -> Option<Vec<TextChange>> {
        let header = table.span().filter(|_| !table.is_implicit())?;
        let mut start = self.line_start(header.start);
        while let Some(above) =
            self.line_above(start).filter(|&above| self.0[above..start].trim_start().starts_with('#'))
        {
            start = above;
        }
        let mut end = content_end(table)?;
        end = self.0[end..].find('\n').map_or(self.0.len(), |newline| end + newline + 1);
        let blank = |text: &str| text.trim().is_empty();
        if self.0[end..].lines().next().is_none_or(blank) {
            while let Some(above) = self.line_above(start).filter(|&above| blank(&self.0[above..start])) {
                start = above;
            }
        }
        if start == 0 {
            end += self.0[end..]
                .split_inclusive('\n')
                .take_while(|line| blank(line))
                .map(str::len)
                .sum::<usize>();
        } else if !self.0.ends_with('\n') && end == self.0.len() {
            start -= if self.0[..start].ends_with("\r\n") { 2 } else { 1 };
        }
        Some(vec![(start..end, String::new())])
    }

    fn without_entry(&self, outer: &InlineTable, name: &str) -> Option<Vec<TextChange>> {
        let mut place = None;
        let mut spans = Vec::new();
        for (key, item) in outer {
            let start = outer.get_key_value(key)?.0.span()?.start;
            if item.as_inline_table().is_some_and(InlineTable::is_dotted) {
                return None;
            }
            place = place.or((key == name).then_some(spans.len()));
            spans.push(start..item.span()?.end);
        }
        Some(self.without(&spans, place?, outer.span()?.end - 1))
    }

    /// Removes the lines that set a key, or the lines that set parts of it as dotted keys.
    fn without_lines(&self, outer: &Item, name: &str, item: &Item) -> Option<Vec<TextChange>> {
        let outer = outer.as_table_like()?;
        let spans = match item.as_table().map(|table| leaves(table)) {
            Some(leaves) => leaves,
            None => vec![(outer.get_key_value(name)?.0.span()?, item.span()?)],
        };
        let lines = spans.into_iter().map(|(key, value)| {
            let end = self.0[value.end..].find('\n').map_or(self.0.len(), |newline| value.end + newline + 1);
            (self.line_start(key.start)..end, String::new())
        });
        Some(lines.collect())
    }

    pub(super) fn line_start(&self, place: usize) -> usize {
        self.0[..place].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The start of the line above the line that starts at `start`.
    pub(super) fn line_above(&self, start: usize) -> Option<usize> {
        Some(self.line_start(start.checked_sub(1)?))
    }

    /// The blanks between the start of the line and `place`. `None` if other text precedes `place`, or if the line
    /// starts before `earliest`.
    pub(super) fn indent(&self, place: usize, earliest: usize) -> Option<&str> {
        let start = self.line_start(place);
        let before = &self.0[start..place];
        (start > earliest && before.trim().is_empty()).then_some(before)
    }

    /// The line end that the text uses near a position.
    fn newline(&self, place: usize) -> &'static str {
        let next = self.0[place..].find('\n').map(|newline| place + newline);
        let newline = next.or_else(|| self.0[..place].rfind('\n'));
        if newline.is_some_and(|newline| self.0[..newline].ends_with('\r')) { "\r\n" } else { "\n" }
    }
}

/// A new key with its value.
struct KeyLines {
    lines: Vec<String>,
    /// The same for an inline table, which must be on one line.
    inline: String,
}

impl KeyLines {
    fn of_string(key: &str, value: &str) -> Self {
        let inline = format!("{key} = {value}");
        Self { lines: vec![inline.clone()], inline }
    }

    /// A list with one value. Each value has its own line, so that a merge conflict is rare and a diff is short.
    fn of_list(key: &str, value: &str) -> Self {
        let lines = vec![format!("{key} = ["), format!("  {value},"), "]".to_owned()];
        Self { lines, inline: format!("{key} = [{value}]") }
    }
}

/// Appends an entry to an inline table.
fn with_entry(table: &InlineTable, entry: &str) -> Option<Vec<TextChange>> {
    // The end of a dotted table is not known here.
    let span = table.span().filter(|_| !table.is_dotted())?;
    Some(vec![match leaves(table).last() {
        Some((_, last)) => (last.end..last.end, format!(", {entry}")),
        None => (span.start + 1..span.end - 1, format!(" {entry} ")),
    }])
}

pub(super) fn stuck(path: &[&str]) -> Stuck {
    Stuck(path.iter().fold(String::new(), |outer, key| table_name(&outer, key)))
}

/// Merges insertions at the same position, in order.
fn merged(changes: Vec<TextChange>) -> Vec<TextChange> {
    let mut merged: Vec<TextChange> = Vec::new();
    for (range, text) in changes {
        match merged.last_mut() {
            Some((last, before)) if *last == range => before.push_str(&text),
            _ => merged.push((range, text)),
        }
    }
    merged
}

/// The position of the comma after a value. Commas in comments do not count.
fn comma(after: &str) -> Option<usize> {
    let mut comment = false;
    after.char_indices().find_map(|(place, c)| {
        comment = c == '#' || (comment && c != '\n');
        (c == ',' && !comment).then_some(place)
    })
}

fn blank_start(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}
