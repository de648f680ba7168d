//! The hand-written `oca.lock.json` of projects before this tool: `repos` or `repositories`, a list or a mapping, each
//! with `name`, `url`, `ref` or `branch`, `commit` and `modules`. The version of oca's own lock is an integer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::around::Around;
use super::node::{Fields, MapEntry, Node, Value};
use super::{Declaration, Error, Repo, SourcePlace, Text, json, note, reference, url};
use crate::repo::{CommitId, Reference, Series, counted};

/// Keys that describe the file and have no effect.
const ABOUT: [&str; 10] = [
    "$schema",
    "generated_at",
    "generated",
    "updated",
    "updated_at",
    "description",
    "notes",
    "comment",
    "name",
    "version",
];
/// The keys of the repositories.
pub(super) const REPOS: [&str; 2] = ["repos", "repositories"];
const SERIES: [&str; 3] = ["odoo_version", "odoo", "series"];

pub(super) fn read(text: &Text, around: &Around<'_>) -> Result<Declaration, Error> {
    let mut notes = Vec::new();
    let document = json::document(text, &mut notes)?;
    refuse_own(&document)?;
    let mut fields = document.fields("the file")?;
    let series = SERIES.iter().find_map(|key| fields.take(key));
    let series =
        series.and_then(|node| node.text("the series").ok()).and_then(|text| Series::parse(text).ok());
    // Its paths are relative to the project, even if the file is elsewhere.
    let target =
        fields.take("target_dir").map(|node| node.text("`target_dir`")).transpose()?.unwrap_or("oca");
    let mut declaration = Declaration {
        base: around.project().to_owned(),
        series,
        has_pins: true,
        notes,
        ..Declaration::default()
    };
    let key = REPOS.into_iter().find(|key| document.has(key)).unwrap_or(REPOS[0]);
    let mut unknown: BTreeMap<String, usize> = BTreeMap::new();
    for LockEntry { name, place, node } in entries(fields.require(key)?, key)? {
        let shown = name.clone().unwrap_or_else(|| place.spot.key());
        let repo = repo(name, place, node, Path::new(target), &mut declaration, &mut unknown);
        if let Some(repo) = declaration.accept(&shown, repo)? {
            declaration.repos.push(repo);
        }
    }
    for (field, count) in unknown {
        let item = format!("`{field}` of {}", counted(count, "repository", "repositories"));
        declaration.notes.push(text.key(key).note(note::KEY, &field, item));
    }
    for MapEntry { key, place, .. } in fields.left() {
        if !ABOUT.contains(&key.as_str()) {
            declaration.notes.push(place.note(note::KEY, key, format!("`{key}`")));
        }
    }
    Ok(declaration)
}

/// Refuses a lock that oca itself wrote.
fn refuse_own(document: &Node) -> Result<(), Error> {
    let Some(version) = document.get("version").filter(|_| document.has("profiles")) else { return Ok(()) };
    match &version.value {
        Value::Text(text) if text.parse::<u64>().is_ok() => {
            let hint = "put the `repos.toml` of this lock beside it, and run `oca lock`";
            Err(version.place.refuse_with_hint("this is a lock that oca wrote", hint))
        }
        _ => Ok(()),
    }
}

/// A repository in the file. In a mapping, the key is the name.
struct LockEntry<'n> {
    name: Option<String>,
    place: &'n SourcePlace,
    node: &'n Node,
}

fn entries<'n>(repos: &'n Node, key: &str) -> Result<Vec<LockEntry<'n>>, Error> {
    if let Value::Map(entries) = &repos.value {
        let entry = |entry: &'n MapEntry| LockEntry {
            name: Some(entry.key.clone()),
            place: &entry.place,
            node: &entry.node,
        };
        return Ok(entries.iter().map(entry).collect());
    }
    let items = repos.list(format!("`{key}`"))?.iter();
    Ok(items.map(|node| LockEntry { name: None, place: &node.place, node }).collect())
}

fn repo(
    name: Option<String>,
    place: &SourcePlace,
    node: &Node,
    target: &Path,
    declaration: &mut Declaration,
    unknown: &mut BTreeMap<String, usize>,
) -> Result<Repo, Error> {
    let what = name.as_ref().map_or_else(|| "an item of `repos`".to_owned(), |name| format!("`{name}`"));
    let mut fields = node.fields(what)?;
    let name = match (name, fields.take("name")) {
        (Some(name), _) => name,
        (None, Some(name)) => name.text("`name`")?.to_owned(),
        (None, None) => fields.require("name")?.text("`name`")?.to_owned(),
    };
    let address = fields.require("url")?;
    // The name can include the owner, as in `OCA/web`.
    let directory: PathBuf = target.join(name.rsplit('/').next().unwrap_or(&name));
    let address = url(address.text(format!("`url` of `{name}`"))?, &address.place)?;
    let mut repo = Repo::new(place.clone(), directory, address);
    let words = ["ref", "branch"].map(|key| fields.take(key).filter(|node| !node.is_null()));
    if let Some(word) = words.into_iter().flatten().next() {
        let text = word.text(format!("the branch of `{name}`"))?;
        repo.reference = Some(reference(text, &word.place)?);
    }
    commit(&name, &mut fields, &mut repo, declaration)?;
    if let Some(modules) = fields.take("modules") {
        let modules = if let Value::Map(entries) = &modules.value {
            entries.iter().map(|entry| entry.key.clone()).collect()
        } else {
            let texts = modules.texts(format!("`modules` of `{name}`"))?;
            texts.into_iter().map(|(name, _)| name.to_owned()).collect()
        };
        // In these files an empty list means that nobody selected modules. A repository that nobody needs has no entry.
        repo.modules = Some(modules).filter(|modules: &Vec<String>| !modules.is_empty());
    }
    for key in fields.keys() {
        *unknown.entry(key.to_owned()).or_default() += 1;
    }
    Ok(repo)
}

fn commit(
    name: &str,
    fields: &mut Fields<'_>,
    repo: &mut Repo,
    declaration: &mut Declaration,
) -> Result<(), Error> {
    let Some(commit) = fields.take("commit") else { return Ok(()) };
    let word = if commit.is_null() { "" } else { commit.text(format!("`commit` of `{name}`"))? };
    match CommitId::parse(word) {
        // If the reference is a commit already, it needs no pin.
        Ok(_) if matches!(repo.reference, Some(Reference::Rev(_))) => {}
        Ok(id) => repo.commit = Some(id),
        Err(_) => {
            let why = if word.is_empty() {
                "there is no commit".to_owned()
            } else {
                format!("`{word}` is not a commit")
            };
            let item = format!("{why}: oca pins `{name}` to the current head of its branch");
            declaration.notes.push(commit.place.note(note::NO_PIN, name, item));
        }
    }
    Ok(())
}
