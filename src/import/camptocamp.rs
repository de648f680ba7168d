//! Camptocamp's `pending-merges.d`: a git-aggregator file for each submodule with pending pull requests. Before it,
//! there was one file for all: `pending-merges.yaml`. All submodules are in `.gitmodules` of a directory above.

use std::collections::HashMap;
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
        // The file is often in the directory `odoo` of the project. What is above the top of a repository belongs to
        // another project.
        None => match Text::load_if_there(&modules[1])?.filter(|_| !above.join(".git").exists()) {
            Some(text) => gitmodules::read_file(&text, around)?,
            None => Declaration { base: above.clone(), ..Declaration::default() },
        },
    };
    declaration.series = around.in_variable();
    let mut checkouts = Checkouts::new(pending, &declaration)?;
    let files = if pending.is_dir() { files(pending)? } else { vec![pending.to_owned()] };
    for file in files {
        let Some(document) = yaml::document(&Text::load(&file)?, &mut declaration.notes)? else { continue };
        for MapEntry { key, place, node } in document.map("the file")? {
            let body = node
                .fields(format!("`{key}`"))
                .and_then(|fields| aggregator::body(key, place, fields, around));
            if let Some(body) = declaration.accept(key, body)? {
                checkouts.put(body, key, &mut declaration);
            }
        }
    }
    Ok(declaration)
}

/// The repositories of a project by their directories.
struct Checkouts {
    /// The base of the declaration.
    base: PathBuf,
    /// The directories that a key can be relative to: `pending-merges.d`, the directory that contains it, or the project.
    starts: [PathBuf; 3],
    /// The first repository in each directory.
    positions: HashMap<PathBuf, usize>,
}

impl Checkouts {
    fn new(pending: &Path, declaration: &Declaration) -> Result<Self, Error> {
        let absolute = |path: &Path| std::path::absolute(path).at("find", path);
        let pending = absolute(pending)?;
        let base = normal(&absolute(&declaration.base)?);
        let starts = [pending.clone(), directory_of(&pending), base.clone()];
        let mut positions = HashMap::new();
        for (at, repo) in declaration.repos.iter().enumerate() {
            positions.entry(normal(&base.join(&repo.path))).or_insert(at);
        }
        Ok(Self { base, starts, positions })
    }

    /// Adds an entry, or joins it with its submodule.
    fn put(&mut self, body: aggregator::Body, key: &str, declaration: &mut Declaration) {
        let aggregator::Body { mut repo, notes, .. } = body;
        let places = self.starts.each_ref().map(|start| normal(&start.join(key)));
        let known = places.iter().filter_map(|place| self.positions.get(place)).min();
        if let Some(known) = known.map(|at| &mut declaration.repos[*at]) {
            let is_pending =
                !repo.merges.is_empty() || notes.iter().any(|note| note.level() == note::Level::Lost);
            let Some(commit) = known.commit else {
                declaration.notes.extend(notes);
                repo.path.clone_from(&known.path);
                *known = repo;
                return;
            };
            // The gitlink is the merged commit, in the fork that `.gitmodules` names. No branch is known to contain it.
            if is_pending {
                let path = known.path.display();
                let item = format!(
                    "`{path}` has pending merges: oca keeps the commit of its gitlink as `rev`, which contains the merges"
                );
                declaration.notes.push(repo.place.note(note::MERGED, &known.path.to_string_lossy(), item));
                known.merges = repo.merges;
                known.merge_base = Some((repo.url, repo.reference));
                known.reference = Some(Reference::Rev(commit));
            }
            return;
        }
        declaration.notes.extend(notes);
        // Only a key of `pending-merges.d` itself begins with `../`.
        let path = &places[usize::from(!key.starts_with("../"))];
        path.strip_prefix(&self.base).unwrap_or(path).clone_into(&mut repo.path);
        self.positions.insert(path.clone(), declaration.repos.len());
        declaration.repos.push(repo);
    }
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(directory).at("read", directory)?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>();
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let mut files: Vec<PathBuf> = paths.at("read", directory)?.into_iter().filter(is_yaml).collect();
    files.sort();
    Ok(files)
}
