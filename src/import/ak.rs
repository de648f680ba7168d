//! ak's `spec.yaml`, and the pins in `frozen.yaml` beside it: directory, then remote, then ref, then commit.
//!
//! ak of 2019 wrote another `frozen.yaml`: a file of git-aggregator with the paths of the checkouts as keys and the
//! commits as refs.

use std::path::{Path, PathBuf};

use super::aggregator::Body;
use super::around::Around;
use super::node::{Fields, MapEntry, Node};
use super::{Declaration, Error, Note, Repo, SourcePlace, Text, aggregator, note, reference, url, yaml};
use crate::repo::CommitId;

/// The directory where ak puts a repository whose key does not start with `./`.
const VENDOR: &str = "external-src";

pub(super) fn read(spec: &Path, around: &Around<'_>) -> Result<Declaration, Error> {
    let text = Text::load(spec)?;
    let mut notes = Vec::new();
    let frozen = Frozen::beside(spec, &mut notes)?;
    let document = yaml::document(&text, &mut notes)?;
    let mut declaration = Declaration {
        base: text.directory(),
        series: around.in_variable(),
        has_pins: frozen.0.is_some(),
        notes,
        ..Declaration::default()
    };
    let Some(document) = document else { return Ok(declaration) };
    for MapEntry { key, place, node } in document.map("the file")? {
        let repo = repo(key, place, node, frozen.pins(key), around, &mut declaration);
        if let Some(Some(repo)) = declaration.accept(key, repo)? {
            declaration.repos.push(repo);
        }
    }
    declaration.notes.extend(frozen.orphans(&document)?);
    Ok(declaration)
}

/// The content of `frozen.yaml`. `None` if there is no such file, or if it is empty.
struct Frozen(Option<Node>);

impl Frozen {
    fn beside(spec: &Path, notes: &mut Vec<Note>) -> Result<Self, Error> {
        for name in ["frozen.yaml", "frozen.yml"] {
            if let Some(text) = Text::load_if_there(&spec.with_file_name(name))? {
                return Ok(Self(yaml::document(&text, notes)?));
            }
        }
        Ok(Self(None))
    }

    fn pins(&self, key: &str) -> Option<&Node> {
        let frozen = self.0.as_ref()?;
        names(key).iter().find_map(|name| frozen.get(name))
    }

    /// Notes about the entries of repositories that the declaration does not have.
    fn orphans(&self, spec: &Node) -> Result<Vec<Note>, Error> {
        let Some(frozen) = &self.0 else { return Ok(Vec::new()) };
        let declared: Vec<String> =
            spec.map("the file")?.iter().flat_map(|entry| names(&entry.key)).collect();
        let orphans = frozen.map("the file")?.iter().filter(|entry| !declared.contains(&entry.key));
        let note = |MapEntry { key, place, .. }: &MapEntry| {
            let item = format!("`{key}` is left out: `spec.yaml` has no such entry");
            place.note(note::ORPHAN, key, item)
        };
        Ok(orphans.map(note).collect())
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
    pins: Option<&Node>,
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
        None => aggregated(key, aggregator::body(key, place, fields, around)?, pins, declaration)?,
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

/// An entry in git-aggregator's form, with the frozen commit of its base.
fn aggregated(
    key: &str,
    Body { mut repo, notes, refs }: Body,
    pins: Option<&Node>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    declaration.notes.extend(notes);
    for (at, (remote, reference)) in refs.iter().enumerate() {
        let Some((commit, place)) = frozen(pins, at, remote, reference)? else { continue };
        if at == 0 && repo.reference.as_ref().is_none_or(|reference| reference.as_branch().is_some()) {
            repo.commit = Some(commit);
        } else {
            let item = format!("the commit of `{remote} {reference}` of `{key}`");
            declaration.notes.push(place.note(note::MERGE_PIN, key, item));
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
    pins: Option<&Node>,
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
    let mut repo = Repo::new(place.clone(), PathBuf::new(), url(address, &src.place)?);
    repo.reference = Some(reference(branch, &src.place)?);
    if let Some(commit) = commit {
        repo.commit = Some(CommitId::parse(commit).map_err(|invalid| src.place.refuse(invalid.to_string()))?);
        // A person wrote this commit into the declaration, so an update must not move it.
        repo.hold = true;
        declaration.has_pins = true;
    } else if let Some((commit, _)) = frozen(pins, 0, "origin", branch)? {
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

/// The frozen commit of the merge at this position, and its place.
fn frozen<'n>(
    pins: Option<&'n Node>,
    at: usize,
    remote: &str,
    reference: &str,
) -> Result<Option<(CommitId, &'n SourcePlace)>, Error> {
    let Some(pins) = pins else { return Ok(None) };
    let Some(merges) = pins.get("merges") else {
        let pin = pins.get(remote).and_then(|pins| pins.get(reference));
        return pin.map(|pin| Ok((aggregator::commit(pin)?, &pin.place))).transpose();
    };
    let Some(merge) = merges.list("`merges`")?.get(at) else { return Ok(None) };
    let word = merge.text("an item of `merges`")?.split_whitespace().next_back().unwrap_or_default();
    Ok(CommitId::parse(word).ok().map(|commit| (commit, &merge.place)))
}

fn path(key: &str) -> PathBuf {
    match key.strip_prefix("./") {
        Some(path) => PathBuf::from(path),
        None if key == "odoo" => PathBuf::from("src"),
        None => Path::new(VENDOR).join(key),
    }
}
