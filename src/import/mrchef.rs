//! mrchef: `mrchef.toml` declares repositories, and `mrchef.lock` beside it pins them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::node::{MapEntry, Node};
use super::{
    Declaration, Error, Repo, RepoMerge, SourcePlace, Text, aggregator, json, merge_of, note, reference,
    toml, url,
};
use crate::config::Merge;
use crate::repo::{CommitId, Reference, RemoteUrl, Shows, WebPage, bare_url, redact};

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
    let locked = lock.as_ref().and_then(|lock| lock.get("meals")?.map("`meals`").ok()).unwrap_or_default();
    let pins: HashMap<&str, &Node> = locked.iter().map(|entry| (entry.key.as_str(), &entry.node)).collect();
    let spices = lock.as_ref().and_then(|lock| lock.get("spices")?.map("`spices`").ok()).unwrap_or_default();
    let spices: HashMap<&str, &Node> = spices.iter().map(|entry| (entry.key.as_str(), &entry.node)).collect();
    for MapEntry { key, place, node } in meals {
        let locked = Locked { meal: pins.get(key.as_str()).copied(), spices: &spices };
        let repo = meal(key, place, node, &locked, &mut declaration);
        if let Some(repo) = declaration.accept(key, repo)? {
            declaration.repos.push(Repo { path: Path::new(kitchen).join(key), ..repo });
        }
    }
    for MapEntry { key, place, .. } in fields.left() {
        declaration.notes.push(place.note(note::KEY, key, format!("`{key}`")));
    }
    let declared: HashSet<&str> = meals.iter().map(|meal| meal.key.as_str()).collect();
    for MapEntry { key, place, .. } in locked.iter().filter(|entry| !declared.contains(entry.key.as_str())) {
        let item = format!("`{key}` is left out: `mrchef.toml` has no such meal");
        declaration.notes.push(place.note(note::ORPHAN, key, item));
    }
    Ok(declaration)
}

/// What the lock has about a meal.
struct Locked<'n> {
    meal: Option<&'n Node>,
    /// The texts of all spices, by their urls.
    spices: &'n HashMap<&'n str, &'n Node>,
}

fn meal(
    key: &str,
    place: &SourcePlace,
    node: &Node,
    locked: &Locked<'_>,
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
    } else if let Some(rev) = locked.meal.and_then(|locked| locked.get("rev")) {
        repo.commit = Some(aggregator::commit(rev)?);
    }
    let spices = fields.take("spices").map(|node| node.texts("`spices`")).transpose()?.unwrap_or_default();
    for (spice, place) in spices {
        if let Some(merge) = request(spice, &repo.url, place)? {
            let commit = locked.spices.get(spice).and_then(|text| head(text));
            repo.merges.push(RepoMerge { merge, place: place.clone(), commit, remarks: Vec::new() });
        } else {
            let item = format!("the spice `{}` of `{key}`", redact(spice));
            declaration.notes.push(place.note(note::SPICE, key, item));
        }
    }
    for MapEntry { key: field, place, .. } in fields.left() {
        declaration.notes.push(place.note(note::KEY, key, format!("`{field}` of `{key}`")));
    }
    Ok(repo)
}

/// The merge that a spice stands for, if it is the patch of a request. A patch has the changes of the request alone.
fn request(spice: &str, own: &RemoteUrl, place: &SourcePlace) -> Result<Option<Merge>, Error> {
    let Some(WebPage { repository, shows: Shows::Request(number) }) = WebPage::parse(spice) else {
        return Ok(None);
    };
    let url = url(&format!("{}.git", bare_url(&repository)), place)?;
    let mut merge = merge_of(own, &url, &WebPage::ref_of_request(spice, number), place)?;
    merge.pending.pick = true;
    Ok(Some(merge))
}

/// The commit of the last mail in the text of a patch.
fn head(text: &Node) -> Option<CommitId> {
    let text = text.text("a spice").ok()?;
    let begin = |line: &str| CommitId::parse(line.strip_prefix("From ")?.split(' ').next()?).ok();
    text.lines().rev().find_map(begin)
}
