//! The `.repos` files of vcs2l, and of vcstool, its predecessor.

use std::path::PathBuf;

use super::node::{MapEntry, Node};
use super::{Declaration, Error, Repo, SourcePlace, Text, note, reference, url, yaml};

pub(super) fn read(text: &Text) -> Result<Declaration, Error> {
    let mut declaration = Declaration { base: text.directory(), ..Declaration::default() };
    let Some(document) = yaml::document(text, &mut declaration.notes)? else { return Ok(declaration) };
    let mut fields = document.fields("the file")?;
    for MapEntry { key, place, node } in fields.require("repositories")?.map_or_null("`repositories`")? {
        let repo = repo(key, place, node, &mut declaration);
        if let Some(Some(repo)) = declaration.accept(key, repo)? {
            declaration.repos.push(repo);
        }
    }
    for MapEntry { key, place, .. } in fields.left() {
        let topic = if key == "extends" { note::EXTENDS } else { note::KEY };
        declaration.notes.push(place.note(topic, key, format!("`{key}`")));
    }
    Ok(declaration)
}

/// Reads an entry. `None` if it is not a git repository.
fn repo(
    key: &str,
    place: &SourcePlace,
    node: &Node,
    declaration: &mut Declaration,
) -> Result<Option<Repo>, Error> {
    let mut fields = node.fields(format!("`{key}`"))?;
    let kind = fields.require("type")?.text(format!("`type` of `{key}`"))?;
    if kind != "git" {
        let item = format!("`{key}` is left out: it is a `{kind}` repository, not a git repository");
        declaration.notes.push(place.note(note::NOT_GIT, key, item));
        return Ok(None);
    }
    let address = fields.require("url")?;
    let address = url(address.text(format!("`url` of `{key}`"))?, &address.place)?;
    let mut repo = Repo::new(place.clone(), PathBuf::from(key), address);
    match fields.take("version").filter(|node| !node.is_null()) {
        Some(version) => {
            let word = version.text(format!("`version` of `{key}`"))?;
            repo.reference = Some(reference(word, &version.place)?);
        }
        None => repo.follows_head = true,
    }
    for MapEntry { key: field, place, .. } in fields.left() {
        declaration.notes.push(place.note(note::KEY, key, format!("`{field}` of `{key}`")));
    }
    Ok(Some(repo))
}
