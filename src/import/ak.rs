//! ak's `spec.yaml`, and the pins in `frozen.yaml` beside it: directory, then remote, then ref, then commit.
//!
//! ak of 2019 wrote another `frozen.yaml`: a file of git-aggregator with the paths of the checkouts as keys and the
//! commits as refs.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::aggregator::Body;
use super::around::Around;
use super::node::{Fields, MapEntry, Node, Value};
use super::{Declaration, Error, Note, Repo, SourcePlace, Text};
use super::{aggregator, expanding_url, note, reference, yaml};
use crate::repo::CommitId;

/// The directory where ak puts a repository whose key does not start with `./`.
const VENDOR: &str = "external-src";

pub(super) fn read(spec: &Path, around: &Around<'_>) -> Result<Declaration, Error> {
    let text = Text::load(spec)?;
    let mut notes = Vec::new();
    let frozen = frozen_beside(spec, &mut notes)?;
    let document = yaml::document(&text, &mut notes)?;
    let mut declaration = Declaration {
        base: text.directory(),
        series: around.in_variable(),
        has_pins: frozen.is_some(),
        notes,
        ..Declaration::default()
    };
    let Some(document) = document else { return Ok(declaration) };
    let frozen = Frozen::new(frozen.as_ref())?;
    for MapEntry { key, place, node } in document.map("the file")? {
        let repo = repo(key, place, node, &frozen.pins(key), around, &mut declaration);
        if let Some(Some(repo)) = declaration.accept(key, repo)? {
            declaration.repos.push(repo);
        }
    }
    declaration.notes.extend(frozen.orphans(&document)?);
    Ok(declaration)
}

/// The content of `frozen.yaml`. `None` if there is no such file, or if it is empty.
fn frozen_beside(spec: &Path, notes: &mut Vec<Note>) -> Result<Option<Node>, Error> {
    for name in ["frozen.yaml", "frozen.yml"] {
        if let Some(text) = Text::load_if_there(&spec.with_file_name(name))? {
            return yaml::document(&text, notes);
        }
    }
    Ok(None)
}

/// The entries of `frozen.yaml`.
struct Frozen<'n> {
    entries: &'n [MapEntry],
    by_key: HashMap<&'n str, &'n Node>,
}

impl<'n> Frozen<'n> {
    fn new(document: Option<&'n Node>) -> Result<Self, Error> {
        let entries = document.map(|document| document.map("the file")).transpose()?.unwrap_or_default();
        let by_key = entries.iter().map(|entry| (entry.key.as_str(), &entry.node)).collect();
        Ok(Self { entries, by_key })
    }

    /// The pins of an entry of `spec.yaml`.
    fn pins(&self, key: &str) -> Pins<'n> {
        let entry = names(key).iter().find_map(|name| self.by_key.get(name.as_str()).copied());
        entry.map(Pins::new).unwrap_or_default()
    }

    /// Notes about the entries of repositories that the declaration does not have.
    fn orphans(&self, spec: &Node) -> Result<Vec<Note>, Error> {
        let declared: HashSet<String> =
            spec.map("the file")?.iter().flat_map(|entry| names(&entry.key)).collect();
        let orphans = self.entries.iter().filter(|entry| !declared.contains(&entry.key));
        let note = |MapEntry { key, place, .. }: &MapEntry| {
            let item = format!("`{key}` is left out: `spec.yaml` has no such entry");
            place.note(note::ORPHAN, key, item)
        };
        Ok(orphans.map(note).collect())
    }
}

/// The frozen commits of one entry.
#[derive(Default)]
struct Pins<'n> {
    /// The list of merges in the older form.
    merges: Option<&'n Node>,
    /// By remote and ref.
    commits: HashMap<(&'n str, &'n str), &'n Node>,
}

impl<'n> Pins<'n> {
    fn new(entry: &'n Node) -> Self {
        let map = |node: &'n Node| match &node.value {
            Value::Map(entries) => entries.iter(),
            _ => [].iter(),
        };
        let commits = map(entry).flat_map(|MapEntry { key: remote, node, .. }| {
            map(node).map(|commit| ((remote.as_str(), commit.key.as_str()), &commit.node))
        });
        Self { merges: entry.get("merges"), commits: commits.collect() }
    }

    /// The frozen commit of the merge at this position, and its place.
    fn commit(
        &self,
        at: usize,
        remote: &str,
        reference: &str,
    ) -> Result<Option<(CommitId, &'n SourcePlace)>, Error> {
        let Some(merges) = self.merges else {
            let pin = self.commits.get(&(remote, reference));
            return pin.map(|pin| Ok((aggregator::commit(pin)?, &pin.place))).transpose();
        };
        let Some(merge) = merges.list("`merges`")?.get(at) else { return Ok(None) };
        let word = merge.text("an item of `merges`")?.split_whitespace().next_back().unwrap_or_default();
        Ok(CommitId::parse(word).ok().map(|commit| (commit, &merge.place)))
    }
}

/// The keys that an entry can have in `frozen.yaml`.
fn names(key: &str) -> [String; 3] {
    let path = path(key).to_string_lossy().into_owned();
    [key.to_owned(), format!("./{path}"), path]
}

/// Reads an entry. `None` if it has no repository.
fn repo(
    key: &str,
    place: &SourcePlace,
    node: &Node,
    pins: &Pins<'_>,
    around: &Around<'_>,
    declaration: &mut Declaration,
) -> Result<Option<Repo>, Error> {
    let mut fields = node.fields(format!("`{key}`"))?;
    if fields.take("prebuild").is_some_and(|node| !node.is_null()) {
        declaration.notes.push(place.note(note::PREBUILT, key, format!("`{key}`")));
        return Ok(None);
    }
    let modules = fields.take("modules").map(|node| node.texts(format!("`modules` of `{key}`")));
    let modules: Vec<String> =
        modules.transpose()?.unwrap_or_default().into_iter().map(|(name, _)| name.to_owned()).collect();
    // ak itself reads `useless` nowhere: it only says which modules nobody needs.
    fields.take("useless");
    let depth = depth(key, &mut fields, declaration);
    let mut repo = match fields.take("src") {
        Some(src) => simple(key, src, place, fields, pins, declaration)?,
        None => aggregated(aggregator::body(key, place, fields, around)?, pins, declaration)?,
    };
    repo.depth = repo.depth.or(depth);
    repo.path = path(key);
    repo.is_odoo = key == "odoo";
    // Without `modules`, ak has the whole repository on its addons path.
    repo.modules = Some(modules).filter(|modules| !modules.is_empty());
    Ok(Some(repo))
}

/// The number of commits. If it is not a number, it is left out.
fn depth(key: &str, fields: &mut Fields<'_>, declaration: &mut Declaration) -> Option<u32> {
    let node = fields.take("depth").filter(|depth| !depth.is_null())?;
    let depth = node.text("`depth`").ok().and_then(|depth| depth.parse().ok());
    if depth.is_none() {
        let item = format!("`depth` of `{key}` is left out: it is not a number");
        declaration.notes.push(node.place.note(note::DEPTH, key, item));
    }
    depth
}

/// An entry in git-aggregator's form, with the frozen commits of its refs.
fn aggregated(
    Body { mut repo, notes, refs }: Body,
    pins: &Pins<'_>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    declaration.notes.extend(notes);
    // If the base is a request, it is the first merge.
    let others = refs.len() - repo.merges.len();
    for (at, (remote, reference)) in refs.iter().enumerate() {
        let Some((commit, _)) = pins.commit(at, remote, reference)? else { continue };
        match at.checked_sub(others).and_then(|at| repo.merges.get_mut(at)) {
            Some(merge) => merge.commit = Some(commit),
            None if repo.reference.as_ref().is_none_or(|reference| reference.as_branch().is_some()) => {
                repo.commit = Some(commit);
            }
            None => {}
        }
    }
    Ok(repo)
}

/// Reads `URL BRANCH` or `URL BRANCH COMMIT`.
fn simple(
    key: &str,
    src: &Node,
    place: &SourcePlace,
    fields: Fields<'_>,
    pins: &Pins<'_>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    let text = src.text(format!("`src` of `{key}`"))?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let (address, branch, commit) = match words[..] {
        [address, branch] => (address, branch, None),
        [address, branch, commit] => (address, branch, Some(commit)),
        _ => {
            let why = format!("`src` of `{key}` must be `URL BRANCH` or `URL BRANCH COMMIT`");
            let hint = "write it as `src: https://github.com/OCA/web 18.0`";
            return Err(src.place.refuse_with_hint(why, hint));
        }
    };
    let mut repo = Repo::new(place.clone(), PathBuf::new(), expanding_url(address, &src.place)?);
    repo.reference = Some(reference(branch, &src.place)?);
    if let Some(commit) = commit {
        repo.commit = Some(CommitId::parse(commit).map_err(|invalid| src.place.refuse(invalid.to_string()))?);
        // A person wrote this commit into the declaration, so an update must not move it.
        repo.hold = true;
        declaration.has_pins = true;
    } else if let Some((commit, _)) = pins.commit(0, "origin", branch)? {
        repo.commit = Some(commit);
    }
    for MapEntry { key: field, place, node } in fields.left() {
        if field == "shell_command_after" {
            declaration.notes.extend(aggregator::commands(key, node)?);
        } else {
            declaration.notes.push(place.note(note::KEY, key, format!("`{field}` of `{key}`")));
        }
    }
    Ok(repo)
}

fn path(key: &str) -> PathBuf {
    match key.strip_prefix("./") {
        Some(path) => PathBuf::from(path),
        None if key == "odoo" => PathBuf::from("src"),
        None => Path::new(VENDOR).join(key),
    }
}
