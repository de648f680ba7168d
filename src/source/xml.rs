//! Records and references of an XML data file.
//!
//! A document type is refused, and with it all entities of its own: neither what an entity names outside of the file nor
//! an entity inside of another one is read.

use roxmltree::{Document, Node, ParsingOptions};

use super::facts::{Creation, FileFacts, How, Record, Reference, Source, Unread, Use};
use super::lines::Lines;
use super::view;

/// The elements at the top of a data file.
const TOPS: [&str; 4] = ["data", "odoo", "openerp", "tryton"];
/// How many elements may be inside of each other. Views have about 30.
const DEEPEST: usize = 250;
/// The most elements and texts of a file.
const MOST_NODES: u32 = 1_000_000;

/// The elements that are records of a model of their own.
const SHORT: [(&str, &str); 5] = [
    ("act_window", "ir.actions.act_window"),
    ("menuitem", "ir.ui.menu"),
    ("report", "ir.actions.report"),
    ("template", "ir.ui.view"),
    ("url", "ir.actions.act_url"),
];

pub(super) fn read(text: &str) -> Source {
    if let Some(line) = too_deep(text) {
        return Err(Unread { line, why: "its elements are nested too deeply".to_owned() });
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| unread(&error))?;
    let mut reader = Reader { lines: Lines::of(text), facts: FileFacts::default() };
    let root = document.root_element();
    if TOPS.contains(&root.tag_name().name()) {
        root.descendants().filter(Node::is_element).for_each(|node| reader.element(node));
    }
    Ok(reader.facts)
}

fn unread(error: &roxmltree::Error) -> Unread {
    let why = match error {
        roxmltree::Error::DtdDetected => {
            "it has a document type, which could define entities: remove `<!DOCTYPE …>`".to_owned()
        }
        roxmltree::Error::NodesLimitReached => "it has more than a million elements".to_owned(),
        other => format!("it is not valid XML: {other}"),
    };
    Unread { line: error.pos().row, why }
}

/// The line in which too many elements are open. `None` if there is none. Comments and CDATA count no elements.
fn too_deep(text: &str) -> Option<u32> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        let rest = &text[start..];
        let end_of = |start: &str, end: &str| {
            let found = rest.starts_with(start).then(|| rest.find(end).map(|found| found + end.len()));
            found.map(|end| end.unwrap_or(rest.len()))
        };
        let skipped =
            end_of("<!--", "-->").or_else(|| end_of("<![CDATA[", "]]>")).or_else(|| end_of("<?", "?>"));
        if let Some(length) = skipped {
            at = start + length;
            continue;
        }
        let length = tag_length(rest);
        let tag = &rest[..length];
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with("/>") && !tag.starts_with("<!") {
            depth += 1;
        }
        if depth > DEEPEST {
            let line = text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
            return Some(u32::try_from(line).unwrap_or(u32::MAX));
        }
        at = start + length;
    }
    None
}

/// The length of a tag with its attributes, in which `>` may occur.
fn tag_length(rest: &str) -> usize {
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            (None, b'>') => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

struct Reader {
    lines: Lines,
    facts: FileFacts,
}

impl Reader {
    fn element(&mut self, node: Node<'_, '_>) {
        let line = self.lines.line(node);
        let name = node.tag_name().name();
        let is_top = node.parent().is_some_and(|parent| TOPS.contains(&parent.tag_name().name()));
        if is_top {
            self.record(node, name, line);
        }
        for attribute in node.attributes() {
            let value = attribute.value();
            match attribute.name() {
                // `<template inherit_id>`, `<field name="inherit_id" ref>`
                "inherit_id" if name == "template" => self.refer(value, true, line),
                "ref" => self.refer(value, node.attribute("name") == Some("inherit_id"), line),
                "parent" | "action" if name == "menuitem" => self.refer(value, false, line),
                "groups" | "t-groups" => self.facts.references.extend(Reference::of_groups(value, line)),
                "t-call" | "t-call-assets" if value.contains('.') && !value.contains('{') => {
                    self.refer(value, false, line);
                }
                "id" | "name" | "string" | "class" => {}
                _ => self.embedded(value, line),
            }
        }
        if node.has_children() && node.attribute("type") != Some("html") {
            let texts = node.children().filter(Node::is_text).filter_map(|text| text.text());
            texts.for_each(|text| self.embedded(text, line));
        }
    }

    /// An element at the top, which is a record.
    fn record(&mut self, node: Node<'_, '_>, name: &str, line: u32) {
        let short = SHORT.iter().find(|(short, _)| *short == name).map(|(_, model)| *model);
        let Some(model) = short.or_else(|| node.attribute("model").filter(|_| name == "record")) else {
            return;
        };
        if let Some(id) =
            node.attribute("id").or_else(|| node.attribute("t-name").filter(|_| short.is_some()))
        {
            self.facts.records.push(Record { id: id.to_owned(), model: model.to_owned(), line });
        }
        if name == "act_window" {
            let models =
                node.attribute("res_model").map(|model| Use::new(model, Vec::new(), How::Sets, line));
            self.facts.uses.extend(models);
        }
        if name != "record" {
            return;
        }
        self.facts.uses.push(Use::new(model, Vec::new(), How::Sets, line));
        let fields: Vec<_> = node.children().filter(|child| child.has_tag_name("field")).collect();
        let names = fields.iter().filter_map(|field| Some((field.attribute("name")?, *field)));
        for (name, field) in names.clone() {
            let line = self.lines.line(field);
            self.facts.uses.push(Use::new(model, vec![name.to_owned()], How::Sets, line));
        }
        // With the id of another module, the record is there already.
        if node.attribute("id").is_none_or(|id| !id.contains('.')) {
            let fields = names.map(|(name, _)| name.to_owned()).collect();
            let id = node.attribute("id").map(str::to_owned);
            self.facts.creations.push(Creation { model: model.to_owned(), fields, id, line });
        }
        let action = fields.iter().find(|field| field.attribute("name") == Some("res_model"));
        if let Some(shown) = action.filter(|_| model == "ir.actions.act_window").and_then(Node::text) {
            self.facts.uses.push(Use::new(shown.trim(), Vec::new(), How::Sets, line));
        }
        if model == "ir.ui.view" {
            view::read(&fields, &self.lines, &mut self.facts);
        }
    }

    fn refer(&mut self, id: &str, is_parent: bool, line: u32) {
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if is_id {
            self.facts.references.push(Reference { id: id.to_owned(), is_parent, line });
        }
    }

    /// References inside of a text: `ref('x.y')` and `%(x.y)d`.
    fn embedded(&mut self, text: &str, line: u32) {
        for (start, ends) in [("ref('", "'"), ("ref(\"", "\""), ("%(", ")")] {
            let mut rest = text;
            while let Some((before, after)) = rest.split_once(start) {
                rest = after;
                let Some((id, after)) = after.split_once(ends) else { break };
                let is_call = start != "%(" && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                let is_format = start == "%(" && after.starts_with(['d', 's', 'i']) && !id.contains(' ');
                if is_call || (is_format && id.contains('.')) {
                    self.refer(id, false, line);
                }
            }
        }
    }
}
