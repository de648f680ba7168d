//! The hand-written `oca.lock.json` of projects before this tool: `repos`, each with `name`, `url`, `ref`, `commit` and
//! `modules`. Its version is "1.0" or "2.0". The version of oca's own lock is an integer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::{MapEntry, Node};
use super::{Declaration, Error, Repo, Surroundings, Text, json, reference, url};
use crate::repo::{CommitId, Reference, Series};

/// Keys that describe the file and have no effect.
const ABOUT: [&str; 4] = ["$schema", "generated_at", "description", "notes"];

pub(super) fn read(text: &Text, around: &Surroundings<'_>) -> Result<Declaration, Error> {
    let document = json::document(text)?;
    let mut fields = document.fields("the file")?;
    if let Some(version) = fields.take("version") {
        check(version, &document)?;
    }
    let series = fields.take("odoo_version").map(|node| {
        let series = Series::parse(node.text("`odoo_version`")?);
        series.map_err(|invalid| node.place.refuse(invalid.to_string()))
    });
    // Its paths are relative to the project, even if the file is elsewhere.
    let target =
        fields.take("target_dir").map(|node| node.text("`target_dir`")).transpose()?.unwrap_or("oca");
    let mut declaration = Declaration {
        base: around.project.to_owned(),
        series: series.transpose()?,
        has_pins: true,
        ..Declaration::default()
    };
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    for node in fields.require("repos")?.list("`repos`")? {
        let repo = repo(node, Path::new(target), &mut declaration, &mut unknown)?;
        declaration.repos.push(repo);
    }
    for (key, count) in unknown {
        let of = if count == 1 { "a repository".to_owned() } else { format!("{count} repositories") };
        declaration.notes.push(text.key("repos").note(format!("`{key}` of {of} is left out")));
    }
    for MapEntry { key, place, .. } in fields.left() {
        if !ABOUT.contains(&key.as_str()) {
            declaration.notes.push(place.note("left out, because oca does not know this key"));
        }
    }
    Ok(declaration)
}

fn check(version: &Node, document: &Node) -> Result<(), Error> {
    match version.text("`version`")? {
        "1.0" | "2.0" => Ok(()),
        "1" if document.get("profiles").is_some() => {
            let hint = "put the `repos.toml` of this lock beside it, and run `oca lock`";
            Err(version.place.refuse_with_hint("this is a lock that oca wrote", hint))
        }
        other => Err(version.place.refuse(format!("version `{other}` is neither `1.0` nor `2.0`"))),
    }
}

fn repo<'n>(
    node: &'n Node,
    target: &Path,
    declaration: &mut Declaration,
    unknown: &mut BTreeMap<&'n str, usize>,
) -> Result<Repo, Error> {
    let mut fields = node.fields("an item of `repos`")?;
    let name = fields.require("name")?.text("`name`")?;
    let address = fields.require("url")?;
    // The name can include the owner, as in `OCA/web`.
    let directory: PathBuf = target.join(name.rsplit('/').next().unwrap_or(name));
    let mut repo = Repo::new(node.place.clone(), directory, url(address.text("`url`")?, &address.place)?);
    if let Some(word) = fields.take("ref").filter(|node| !node.is_null()) {
        repo.reference = Some(reference(word.text("`ref`")?, &word.place)?);
    }
    if let Some(commit) = fields.take("commit") {
        let word = if commit.is_null() { "" } else { commit.text("`commit`")? };
        match CommitId::parse(word) {
            // If the reference is a commit already, it needs no pin.
            Ok(_) if matches!(repo.reference, Some(Reference::Rev(_))) => {}
            Ok(id) => repo.commit = Some(id),
            Err(_) => {
                let text =
                    format!("`{word}` is not a commit: oca pins `{name}` to the current head of its branch");
                declaration.notes.push(commit.place.note(text));
            }
        }
    }
    if let Some(modules) = fields.take("modules") {
        let modules = modules.texts("`modules`")?.into_iter().map(|(name, _)| name.to_owned()).collect();
        // In these files an empty list means that nobody selected modules. A repository that nobody needs has no entry.
        repo.modules = Some(modules).filter(|modules: &Vec<String>| !modules.is_empty());
    }
    for entry in fields.left() {
        *unknown.entry(&entry.key).or_default() += 1;
    }
    Ok(repo)
}
