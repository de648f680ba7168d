//! ak's `spec.yaml`, and the pins in `frozen.yaml` beside it: directory, then remote, then ref, then commit.

use std::path::{Path, PathBuf};

use super::aggregator::Body;
use super::node::{Fields, MapEntry, Node};
use super::{Declaration, Error, Repo, SourcePlace, Surroundings, Text, aggregator, reference, url, yaml};
use crate::repo::CommitId;

/// The directory where ak puts a repository whose key does not start with `./`.
const VENDOR: &str = "external-src";

pub(super) fn read(spec: &Path, around: &Surroundings<'_>) -> Result<Declaration, Error> {
    let text = Text::load(spec)?;
    let frozen = Text::load_if_there(&spec.with_file_name("frozen.yaml"))?;
    let frozen = frozen.as_ref().map(yaml::document).transpose()?.flatten();
    let mut declaration = Declaration {
        base: text.directory(),
        series: aggregator::series(around),
        has_pins: frozen.is_some(),
        ..Declaration::default()
    };
    let Some(document) = yaml::document(&text)? else { return Ok(declaration) };
    for MapEntry { key, place, node } in document.map("the file")? {
        let pins = frozen.as_ref().and_then(|frozen| frozen.get(key));
        repo(key, place, node, pins, around, &mut declaration)?;
    }
    if let Some(frozen) = &frozen {
        for MapEntry { key, place, .. } in frozen.map("the file")? {
            if document.get(key).is_none() {
                declaration
                    .notes
                    .push(place.note(format!("`{key}` is left out: `spec.yaml` has no such entry")));
            }
        }
    }
    Ok(declaration)
}

fn repo(
    key: &str,
    place: &SourcePlace,
    node: &Node,
    pins: Option<&Node>,
    around: &Surroundings<'_>,
    declaration: &mut Declaration,
) -> Result<(), Error> {
    let mut fields = node.fields(format!("`{key}`"))?;
    if fields.take("prebuild").is_some_and(|node| !node.is_null()) {
        let text = format!("`{key}` is left out: its modules are prebuilt");
        declaration.notes.push(place.note(text));
        return Ok(());
    }
    let modules = fields.take("modules").map(|node| node.texts("`modules`")).transpose()?.unwrap_or_default();
    let modules: Vec<String> = modules.into_iter().map(|(name, _)| name.to_owned()).collect();
    if let Some(useless) = fields.take("useless") {
        declaration.notes.push(useless.place.note(format!("`useless` of `{key}` is left out")));
    }
    let mut repo = match fields.take("src") {
        Some(src) => simple(src, place, fields, pins, declaration)?,
        None => aggregated(aggregator::body(key, place, fields, around)?, pins, declaration)?,
    };
    repo.path = path(key);
    // Without `modules`, ak has the whole repository on its addons path.
    repo.modules = Some(modules).filter(|modules| !modules.is_empty());
    declaration.repos.push(repo);
    Ok(())
}

/// An entry in git-aggregator's form, with the frozen commit of its base.
fn aggregated(
    Body { mut repo, notes, refs }: Body,
    pins: Option<&Node>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    declaration.notes.extend(notes);
    for (at, (remote, reference)) in refs.iter().enumerate() {
        let Some(pin) = frozen(pins, remote, reference) else { continue };
        if at == 0 && repo.reference.is_some() {
            repo.commit = Some(aggregator::commit(pin)?);
        } else {
            let text =
                format!("the commit of `{remote} {reference}` is left out: `oca lock` resolves it again");
            declaration.notes.push(pin.place.note(text));
        }
    }
    Ok(repo)
}

/// Reads `URL BRANCH` or `URL BRANCH COMMIT`.
fn simple(
    src: &Node,
    place: &SourcePlace,
    mut fields: Fields<'_>,
    pins: Option<&Node>,
    declaration: &mut Declaration,
) -> Result<Repo, Error> {
    let text = src.text("`src`")?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let (address, branch, commit) = match words[..] {
        [address, branch] => (address, branch, None),
        [address, branch, commit] => (address, branch, Some(commit)),
        _ => {
            let hint = "write it as `src: https://github.com/OCA/web 18.0`";
            return Err(src
                .place
                .refuse_with_hint("`src` must be `URL BRANCH` or `URL BRANCH COMMIT`", hint));
        }
    };
    let mut repo = Repo::new(place.clone(), PathBuf::new(), url(address, &src.place)?);
    repo.reference = Some(reference(branch, &src.place)?);
    if let Some(commit) = commit {
        repo.commit = Some(CommitId::parse(commit).map_err(|invalid| src.place.refuse(invalid.to_string()))?);
        // A person wrote this commit into the declaration, so an update must not move it.
        repo.hold = true;
        declaration.has_pins = true;
    } else if let Some(pin) = frozen(pins, "origin", branch) {
        repo.commit = Some(aggregator::commit(pin)?);
    }
    if let Some(depth) = fields.take("depth") {
        let number =
            depth.text("`depth`")?.parse().map_err(|_| depth.place.refuse("`depth` is not a number"))?;
        repo.depth = Some(number);
    }
    for MapEntry { key, place, node } in fields.left() {
        if key == "shell_command_after" {
            for (_, place) in node.texts("`shell_command_after`")? {
                declaration.notes.push(place.note("a command is left out: oca runs no commands"));
            }
        } else {
            declaration.notes.push(place.note(format!("`{key}` is left out: oca does not know this key")));
        }
    }
    Ok(repo)
}

fn frozen<'n>(pins: Option<&'n Node>, remote: &str, reference: &str) -> Option<&'n Node> {
    pins?.get(remote)?.get(reference)
}

fn path(key: &str) -> PathBuf {
    match key.strip_prefix("./") {
        Some(path) => PathBuf::from(path),
        None if key == "odoo" => PathBuf::from("src"),
        None => Path::new(VENDOR).join(key),
    }
}
