//! Camptocamp's `pending-merges.d`: a git-aggregator file for each submodule with pending pull requests. Before it,
//! there was one file for all: `pending-merges.yaml`. All submodules are in `.gitmodules` of a directory above.

use std::path::{Path, PathBuf};

use super::around::Around;
use super::node::MapEntry;
use super::{Declaration, Error, Text, aggregator, directory_of, gitmodules, note, yaml};
use crate::fs::{Context, normal};
use crate::repo::Reference;

/// Reads a directory `pending-merges.d` or a file `pending-merges.yaml`.
pub(super) fn read(pending: &Path, around: &Around<'_>) -> Result<Declaration, Error> {
    let above = directory_of(pending);
    let modules = [above.clone(), directory_of(&std::path::absolute(&above).at("find", &above)?)]
        .map(|directory| directory.join(".gitmodules"));
    let mut declaration = match Text::load_if_there(&modules[0])? {
        Some(text) => gitmodules::read_file(&text, around)?,
        // The file is often in the directory `odoo` of the project.
        None => match Text::load_if_there(&modules[1])?.filter(|_| is_in_repository(&above)) {
            Some(text) => gitmodules::read_file(&text, around)?,
            None => Declaration { base: above.clone(), ..Declaration::default() },
        },
    };
    declaration.series = around.in_variable();
    let files = if pending.is_dir() { files(pending)? } else { vec![pending.to_owned()] };
    for file in files {
        let Some(document) = yaml::document(&Text::load(&file)?, &mut declaration.notes)? else { continue };
        for MapEntry { key, place, node } in document.map("the file")? {
            let body = node
                .fields(format!("`{key}`"))
                .and_then(|fields| aggregator::body(key, place, fields, around));
            if let Some(body) = declaration.accept(key, body)? {
                put(body, key, pending, &mut declaration)?;
            }
        }
    }
    Ok(declaration)
}

/// Whether a directory is in a repository, but not its top.
fn is_in_repository(directory: &Path) -> bool {
    !directory.join(".git").exists()
}

/// Adds an entry, or joins it with its submodule.
fn put(
    aggregator::Body { mut repo, notes, .. }: aggregator::Body,
    key: &str,
    pending: &Path,
    declaration: &mut Declaration,
) -> Result<(), Error> {
    let known = position(key, pending, declaration)?;
    if let Some(known) = known.map(|at| &mut declaration.repos[at]) {
        let is_pending =
            !repo.merges.is_empty() || notes.iter().any(|note| note.level() == note::Level::Lost);
        if let Some(commit) = known.commit {
            // The gitlink is the merged commit, in the fork that `.gitmodules` names. No branch is known to contain it.
            if is_pending {
                let path = known.path.display();
                let item = format!(
                    "`{path}` has pending merges: oca keeps the commit of its gitlink as `rev`, because it cannot merge yet"
                );
                declaration.notes.push(repo.place.note(note::MERGED, &known.path.to_string_lossy(), item));
                known.merges = repo.merges;
                known.merge_base = Some((repo.url, repo.reference));
                known.reference = Some(Reference::Rev(commit));
            }
            return Ok(());
        }
        declaration.notes.extend(notes);
        repo.path.clone_from(&known.path);
        *known = repo;
        return Ok(());
    }
    declaration.notes.extend(notes);
    let (base, places) = places(key, pending, declaration)?;
    // Only a key of `pending-merges.d` itself begins with `../`.
    let path = &places[usize::from(!key.starts_with("../"))];
    path.strip_prefix(&base).unwrap_or(path).clone_into(&mut repo.path);
    declaration.repos.push(repo);
    Ok(())
}

/// The position of the submodule that a key names.
fn position(key: &str, pending: &Path, declaration: &Declaration) -> Result<Option<usize>, Error> {
    let (base, places) = places(key, pending, declaration)?;
    Ok(declaration.repos.iter().position(|repo| places.contains(&normal(&base.join(&repo.path)))))
}

/// The base of the declaration, and the paths that a key can mean: relative to `pending-merges.d`, to the directory that
/// contains it, or to the project.
fn places(key: &str, pending: &Path, declaration: &Declaration) -> Result<(PathBuf, [PathBuf; 3]), Error> {
    let absolute = |path: &Path| std::path::absolute(path).at("find", path);
    let pending = absolute(pending)?;
    let base = normal(&absolute(&declaration.base)?);
    let starts = [&pending, &directory_of(&pending), &base];
    let places = starts.map(|start| normal(&start.join(key)));
    Ok((base, places))
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(directory).at("read", directory)?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>();
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let mut files: Vec<PathBuf> = paths.at("read", directory)?.into_iter().filter(is_yaml).collect();
    files.sort();
    Ok(files)
}
