//! The `.repos` files of vcs2l, and of vcstool, its predecessor.

use std::path::PathBuf;

use super::node::MapEntry;
use super::{Declaration, Error, Repo, Text, reference, url, yaml};

pub(super) fn read(text: &Text) -> Result<Declaration, Error> {
    let mut declaration = Declaration { base: text.directory(), ..Declaration::default() };
    let Some(document) = yaml::document(text)? else { return Ok(declaration) };
    let mut fields = document.fields("the file")?;
    for MapEntry { key, place, node } in fields.require("repositories")?.map_or_null("`repositories`")? {
        let mut fields = node.fields(format!("`{key}`"))?;
        let kind = fields.require("type")?.text("`type`")?;
        if kind != "git" {
            declaration.notes.push(
                place.note(format!("`{key}` is left out: it is a `{kind}` repository, not a git repository")),
            );
            continue;
        }
        let address = fields.require("url")?;
        let mut repo =
            Repo::new(place.clone(), PathBuf::from(key), url(address.text("`url`")?, &address.place)?);
        if let Some(version) = fields.take("version").filter(|node| !node.is_null()) {
            repo.reference = Some(reference(version.text("`version`")?, &version.place)?);
        }
        for MapEntry { key, place, .. } in fields.left() {
            declaration.notes.push(place.note(format!("`{key}` is left out: oca does not know this key")));
        }
        declaration.repos.push(repo);
    }
    for MapEntry { key, place, .. } in fields.left() {
        let text = match key.as_str() {
            "extends" => "`extends` is left out: import the other file as well".to_owned(),
            _ => format!("`{key}` is left out: oca does not know this key"),
        };
        declaration.notes.push(place.note(text));
    }
    Ok(declaration)
}
