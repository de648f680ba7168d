//! What a change means for the modules that use what changed.

use std::collections::BTreeMap;

use crate::diff::deep::{Act, Change, Deep, Finding, Place, Subject};
use crate::output::Table;
use crate::repo::counted;

/// How many places of a use are named.
const MOST_PLACES: usize = 3;

/// The headings.
const BREAKS: &str = "used, but changed or gone";
const MAY_BREAK: &str = "perhaps used, but changed or gone";
const SCRIPTS: &str = "migration scripts that will run";
const UNREAD: &str = "not read, so nothing is known of them";

/// How texts that others wrote are shown.
pub(super) struct Style {
    /// A name.
    pub(super) name: fn(&str) -> String,
    /// A place, or a reason.
    pub(super) text: fn(&str) -> String,
}

/// Parts of the report, each with its heading.
pub(super) fn parts(deep: &Deep, style: &Style) -> Vec<(String, Vec<String>)> {
    let quoted = style.name;
    let versions: BTreeMap<&str, &str> = deep
        .modules
        .iter()
        .filter_map(|module| Some((module.name.as_str(), module.version.as_deref()?)))
        .collect();
    let sentences = |findings: &[Finding]| -> Vec<String> {
        findings.iter().map(|finding| sentence(finding, &versions, style)).collect()
    };
    let scripts = deep.modules.iter().filter(|module| !module.scripts.is_empty()).map(|module| {
        let scripts: Vec<String> = module.scripts.iter().map(|path| quoted(path)).collect();
        format!("{}: {}", quoted(&module.name), scripts.join(", "))
    });
    let unread = deep.unread.iter().map(|file| {
        let line = if file.line > 0 { format!(" at line {}", file.line) } else { String::new() };
        let side = if file.is_old { ", as it was" } else { "" };
        format!("{} of {}{line}{side}: {}", quoted(&file.path), quoted(&file.module), (style.text)(&file.why))
    });
    let may_break = if deep.knows_odoo {
        MAY_BREAK.to_owned()
    } else {
        format!("{MAY_BREAK} (Odoo itself is not in the lock, so what it declares is not known)")
    };
    let parts = [
        (BREAKS.to_owned(), sentences(&deep.findings.facts)),
        (may_break, sentences(&deep.findings.possible)),
        (SCRIPTS.to_owned(), scripts.collect()),
        (UNREAD.to_owned(), unread.collect()),
    ];
    parts.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// The rows for people.
pub(crate) fn human_deep(deep: &Deep) -> Table {
    let mut table = Table::default();
    let style = Style { name: |name| format!("`{name}`"), text: str::to_owned };
    for (heading, lines) in parts(deep, &style) {
        table.row([format!("{heading}:")]);
        lines.into_iter().for_each(|line| table.row([format!("  {line}")]));
    }
    table
}

/// How much was found: "2 uses of what changed or is gone, 1 possible use, 3 migration scripts".
pub(crate) fn summary_deep(deep: &Deep) -> String {
    let scripts = deep.modules.iter().map(|module| module.scripts.len()).sum();
    let mut words = vec![
        counted(deep.findings.facts.len(), "use", "uses") + " of what changed or is gone",
        counted(deep.findings.possible.len(), "possible use", "possible uses"),
        counted(scripts, "migration script", "migration scripts"),
    ];
    if !deep.unread.is_empty() {
        words.push(counted(deep.unread.len(), "file", "files") + " not read");
    }
    words.join(", ")
}

/// One use: "`acme` uses `x` of `sale.order` (models/sale.py:41), which `sale_x` 18.0.2.0.0 removed".
fn sentence(finding: &Finding, versions: &BTreeMap<&str, &str>, style: &Style) -> String {
    let quoted = style.name;
    let act = finding.places.first().map_or(Act::Uses, |place| place.act);
    let by = versions.get(finding.by.as_str()).map(|version| format!(" {}", quoted_version(version)));
    let by = format!("{}{}", quoted(&finding.by), by.unwrap_or_default());
    let (what, happened) = match &finding.subject {
        Subject::Model(model) => (format!("the model {}", quoted(model)), "removed".to_owned()),
        Subject::Method { model, name } => {
            (format!("{} of {}", quoted(name), quoted(model)), "removed".to_owned())
        }
        Subject::Record(id) if act == Act::Inherits => {
            (format!("the view {}", quoted(id)), "removed".to_owned())
        }
        Subject::Record(id) => (quoted(id), "removed".to_owned()),
        Subject::Field { model, name, change: Change::Required } => {
            (format!("{} without {}", quoted(model), quoted(name)), "requires now".to_owned())
        }
        Subject::Field { model, name, change } => {
            let happened = match change {
                Change::Removed { beside } if beside.is_empty() => "removed".to_owned(),
                Change::Removed { beside } => {
                    let names: Vec<String> = beside.iter().map(|name| quoted(name)).collect();
                    format!("removed; new fields of the same type: {}", names.join(", "))
                }
                Change::Retyped { from, to } => format!("changed from {} to {}", quoted(from), quoted(to)),
                Change::NotStored => "does not store any more".to_owned(),
                Change::Required => "requires now".to_owned(),
            };
            (format!("{} of {}", quoted(name), quoted(model)), happened)
        }
    };
    let user = quoted(&finding.user);
    format!("{user} {} {what} ({}), which {by} {happened}", verb(act), (style.text)(&places(&finding.places)))
}

/// A version has only these characters, as a rule. Another one is quoted by whoever writes it.
fn quoted_version(version: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    version.chars().map(|c| if is_plain(c) { c } else { '?' }).collect()
}

fn verb(act: Act) -> &'static str {
    match act {
        Act::Inherits => "inherits",
        Act::CallsSuper => "calls `super()` for",
        Act::Uses => "uses",
        Act::Shows => "shows",
        Act::Sets => "sets",
        Act::Creates => "creates",
        Act::Refers => "refers to",
    }
}

/// "models/sale.py:41, views/sale.xml:3 and 2 more"
fn places(places: &[Place]) -> String {
    let mut shown: Vec<String> =
        places.iter().take(MOST_PLACES).map(|place| format!("{}:{}", place.path, place.line)).collect();
    let more = places.len().saturating_sub(MOST_PLACES);
    if more > 0
        && let Some(last) = shown.last_mut()
    {
        *last = format!("{last} and {more} more");
    }
    shown.join(", ")
}
