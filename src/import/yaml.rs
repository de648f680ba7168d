//! Converts YAML to [`Node`]s.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::node::{MapEntry, Node, Value};
use super::{Error, Note, SourcePlace, Text, note};

/// The maximum depth of nesting: far more than a list of repositories needs, and small enough for recursive functions.
const DEPTH: usize = 32;
/// The maximum size of the document with its aliases expanded. A few lines of aliases can expand to more than the
/// memory of a machine.
const UNFOLDED: usize = 1_000_000;
/// The size of a value, in addition to the bytes of its text.
const VALUE: usize = 100;

/// The documents of a file. If a key appears twice, the last value counts, as for the tools that read these files.
pub(super) fn documents(text: &Text, notes: &mut Vec<Note>) -> Result<Vec<Node>, Error> {
    let mut builder =
        Builder { text, open: Vec::new(), anchors: HashMap::new(), unfolded: 0, done: Vec::new(), notes };
    for event in Parser::new_from_str(&text.text) {
        let (event, span) =
            event.map_err(|error| text.syntax("YAML", error.marker().line(), error.info()))?;
        builder.take(event, span)?;
    }
    Ok(builder.done)
}

/// All documents of a file as one map. `None` if the file declares nothing.
pub(super) fn document(text: &Text, notes: &mut Vec<Note>) -> Result<Option<Node>, Error> {
    let documents = documents(text, notes)?.into_iter().filter(|node| !node.is_null());
    let mut documents = documents.peekable();
    let Some(first) = documents.next() else { return Ok(None) };
    if documents.peek().is_none() {
        return Ok(Some(first));
    }
    let place = first.place.clone();
    let mut all = Map::default();
    for entry in first.map("the file")? {
        all.add(entry.clone(), notes);
    }
    for document in documents {
        let item = "a second document starts here, and it counts, too";
        notes.push(document.place.note(note::ALONE, "---", item));
        for entry in document.map("a document")? {
            all.add(entry.clone(), notes);
        }
    }
    Ok(Some(Node { place, value: Value::Map(all.entries) }))
}

struct Builder<'t> {
    text: &'t Text,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    unfolded: usize,
    done: Vec<Node>,
    notes: &'t mut Vec<Note>,
}

/// A list or a map that is not closed yet.
struct Open {
    line: usize,
    anchor: usize,
    content: YamlContent,
}

enum YamlContent {
    List(Vec<Node>),
    Map(Map),
}

#[derive(Default)]
struct Map {
    entries: Vec<MapEntry>,
    /// The position of each key in `entries`.
    keys: HashMap<String, usize>,
    /// A key whose value has not been read yet, and its place.
    key: Option<(String, SourcePlace)>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if is_null { Value::Null } else { Value::Text(text.into_owned()) };
                self.put(value, anchor, line)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(self
                        .text
                        .line(line)
                        .refuse("an alias refers to a value that contains the alias"));
                };
                self.unfolded += size(node);
                if self.unfolded > UNFOLDED {
                    return Err(self.text.line(line).refuse("the aliases expand to too much data"));
                }
                let value = node.value.clone();
                self.put(value, 0, line)
            }
            Event::SequenceStart(anchor, _) => self.begin(line, anchor, YamlContent::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(line, anchor, YamlContent::Map(Map::default())),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, line: usize, anchor: usize, content: YamlContent) -> Result<(), Error> {
        if self.open.len() == DEPTH {
            return Err(self.text.line(line).refuse(format!("nested more than {DEPTH} levels deep")));
        }
        self.open.push(Open { line, anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(Open { line, anchor, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            YamlContent::List(items) => Value::List(items),
            YamlContent::Map(map) => Value::Map(merged(map.entries)?),
        };
        self.put(value, anchor, line)
    }

    fn put(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), Error> {
        let node = Node { place: self.text.line(line), value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.done.push(node),
            Some(YamlContent::List(items)) => items.push(node),
            Some(YamlContent::Map(map)) => map.put(node, self.notes)?,
        }
        Ok(())
    }
}

impl Map {
    /// Takes keys and values in turn.
    fn put(&mut self, node: Node, notes: &mut Vec<Note>) -> Result<(), Error> {
        let Some((key, place)) = self.key.take() else {
            let Value::Text(key) = node.value else {
                return Err(node.place.refuse("a key must be a plain string"));
            };
            self.key = Some((key, node.place));
            return Ok(());
        };
        self.add(MapEntry { key, place, node }, notes);
        Ok(())
    }

    /// Adds an entry. An entry with the same key is replaced and keeps its position.
    fn add(&mut self, entry: MapEntry, notes: &mut Vec<Note>) {
        let at = *self.keys.entry(entry.key.clone()).or_insert(self.entries.len());
        match self.entries.get_mut(at) {
            // Several `<<` are allowed, and all of them count.
            Some(_) if entry.key == "<<" => self.entries.push(entry),
            Some(first) => {
                let first_at = &first.place.spot;
                let item = format!("`{}` appears twice, first {first_at}: the last one counts", entry.key);
                notes.push(entry.place.note(note::TWICE, &entry.key, item));
                *first = entry;
            }
            None => self.entries.push(entry),
        }
    }
}

/// Appends the entries of `<<` after the entries of the map itself.
fn merged(entries: Vec<MapEntry>) -> Result<Vec<MapEntry>, Error> {
    let (shared, mut own): (Vec<MapEntry>, Vec<MapEntry>) =
        entries.into_iter().partition(|entry| entry.key == "<<");
    let mut keys: HashSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    for MapEntry { node, .. } in shared {
        let maps = match node.value {
            Value::List(maps) => maps,
            _ => vec![node],
        };
        for map in maps {
            let new = map.map("`<<`")?.iter().filter(|entry| keys.insert(entry.key.clone()));
            own.extend(new.cloned());
        }
    }
    Ok(own)
}

fn size(node: &Node) -> usize {
    VALUE
        + match &node.value {
            Value::Null => 0,
            Value::Text(text) => text.len(),
            Value::List(items) => items.iter().map(size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.key.len() + size(&entry.node)).sum(),
        }
}
