//! mrchef: `mrchef.toml` declares repositories, and `mrchef.lock` beside it pins them.

use std::path::{Path, PathBuf};

use super::node::{MapEntry, Node};
use super::{Declaration, Error, Repo, SourcePlace, Text, aggregator, json, note, reference, toml, url};
use crate::repo::{Reference, redact};

pub(super) fn read(file: &Path) -> Result<Declaration, Error> {
    let text = Text::load(file)?;
    let lock = Text::load_if_there(&file.with_file_name("mrchef.lock"))?;
    let mut notes = Vec::new();
    let lock = lock.as_ref().map(|lock| json::document(lock, &mut notes)).transpose()?;
    let has_pins = lock.is_some();
    let mut declaration = Declaration { base: text.directory(), has_pins, notes, ..Declaration::default() };
    let document = toml::document(&text)?;
    let mut fields = document.fields("the file")?;
    fields.take("version");
    let kitchen = fields.take("kitchen").map(|node| node.text("`kitchen`")).transpose()?.unwrap_or("kitchen");
    let meals = fields.take("meals").map(|node| node.map("`meals`")).transpose()?.unwrap_or_default();
    for MapEntry { key, place, node } in meals {
        let locked = lock.as_ref().and_then(|lock| lock.get("meals")?.get(key));
        let repo = meal(key, place, node, locked, &mut declaration);
        if let Some(repo) = declaration.accept(key, repo)? {
            declaration.repos.push(Repo { path: Path::new(kitchen).join(key), ..repo });
        }
    }
    for MapEntry { key, place, .. } in fields.left() {
        declaration.notes.push(place.note(note::KEY, key, format!("`{key}`")));
    }
    if let Some(Ok(locked)) =
        lock.as_ref().and_then(|lock| lock.get("meals")).map(|meals| meals.map("`meals`"))
    {
        for MapEntry { key, place, .. } in locked {
            if meals.iter().all(|meal| meal.key != *key) {
                let item = format!("`{key}` is left out: `mrchef.toml` has no such meal");
                declaration.notes.push(place.note(note::ORPHAN, key, item));
            }
        }
    }
    Ok(declaration)
}

fn meal(
    key: &str,
    place: &SourcePlace,
    node: &Node,
    locked: Option<&Node>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    let mut fields = node.fields(format!("`{key}`"))?;
    let address = fields.require("url")?;
    let mut repo = Repo::new(place.clone(), PathBuf::new(), url(address.text("`url`")?, &address.place)?);
    if let Some(branch) = fields.take("branch") {
        repo.reference = Some(reference(branch.text("`branch`")?, &branch.place)?);
    }
    if let Some(rev) = fields.take("rev") {
        // `rev` has precedence over the frozen commit, and no update moves it.
        repo.reference = Some(Reference::Rev(aggregator::commit(rev)?));
    } else if let Some(rev) = locked.and_then(|locked| locked.get("rev")) {
        repo.commit = Some(aggregator::commit(rev)?);
    }
    let spices = fields.take("spices").map(|node| node.texts("`spices`")).transpose()?.unwrap_or_default();
    for (spice, place) in spices {
        let item = format!("the spice `{}` of `{key}`", redact(spice));
        declaration.notes.push(place.note(note::SPICE, key, item));
    }
    for MapEntry { key: field, place, .. } in fields.left() {
        declaration.notes.push(place.note(note::KEY, key, format!("`{field}` of `{key}`")));
    }
    Ok(repo)
}
