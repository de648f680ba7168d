//! mrchef: `mrchef.toml` declares repositories, and `mrchef.lock` beside it pins them.

use std::path::{Path, PathBuf};

use super::node::{MapEntry, Node};
use super::{Declaration, Error, Repo, SourcePlace, Text, aggregator, json, reference, toml, url};
use crate::repo::{Reference, redact};

pub(super) fn read(file: &Path) -> Result<Declaration, Error> {
    let text = Text::load(file)?;
    let lock = Text::load_if_there(&file.with_file_name("mrchef.lock"))?;
    let lock = lock.as_ref().map(json::document).transpose()?;
    let mut declaration =
        Declaration { base: text.directory(), has_pins: lock.is_some(), ..Declaration::default() };
    let document = toml::document(&text)?;
    let mut fields = document.fields("the file")?;
    fields.take("version");
    let kitchen = fields.take("kitchen").map(|node| node.text("`kitchen`")).transpose()?.unwrap_or("kitchen");
    let meals = fields.take("meals").map(|node| node.map("`meals`")).transpose()?.unwrap_or_default();
    for MapEntry { key, place, node } in meals {
        let locked = lock.as_ref().and_then(|lock| lock.get("meals")?.get(key));
        let repo = meal(key, place, node, locked, &mut declaration)?;
        declaration.repos.push(Repo { path: Path::new(kitchen).join(key), ..repo });
    }
    for MapEntry { key, place, .. } in fields.left() {
        declaration.notes.push(place.note(format!("`{key}` is left out: oca does not know this key")));
    }
    if let Some(Ok(locked)) =
        lock.as_ref().and_then(|lock| lock.get("meals")).map(|meals| meals.map("`meals`"))
    {
        for MapEntry { key, place, .. } in locked {
            if meals.iter().all(|meal| meal.key != *key) {
                declaration.notes.push(place.note("left out, because `mrchef.toml` has no such meal"));
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
        let text = format!(
            "the spice `{}` of `{key}` is left out: save it as a file, and name the file in `patches`",
            redact(spice)
        );
        declaration.notes.push(place.note(text));
    }
    for MapEntry { key, place, .. } in fields.left() {
        declaration.notes.push(place.note(format!("`{key}` is left out: oca does not know this key")));
    }
    Ok(repo)
}
