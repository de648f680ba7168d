//! Camptocamp's `pending-merges.d`: a git-aggregator file for each submodule with pending pull requests. The other
//! submodules are in `.gitmodules` of the directory above, and are imported too.

use std::path::{Path, PathBuf};

use super::node::MapEntry;
use super::{Declaration, Error, Surroundings, Text, aggregator, directory_of, gitmodules, yaml};
use crate::fs::Context;
use crate::git;

pub(super) fn read(directory: &Path, around: &Surroundings<'_>) -> Result<Declaration, Error> {
    let root = directory_of(directory);
    let mut declaration = match Text::load_if_there(&directory.with_file_name(".gitmodules"))? {
        Some(text) => gitmodules::read(&text, git::Superproject::at(&root)?.as_ref())?,
        None => Declaration { base: root, ..Declaration::default() },
    };
    declaration.series = aggregator::series(around);
    for file in files(directory)? {
        let Some(document) = yaml::document(&Text::load(&file)?)? else { continue };
        for MapEntry { key, place, node } in document.map("the file")? {
            let body = aggregator::body(key, place, node.fields(format!("`{key}`"))?, around)?;
            declaration.notes.extend(body.notes);
            let mut repo = body.repo;
            let path = key.strip_prefix("../").or(key.strip_prefix("./")).unwrap_or(key);
            repo.path = PathBuf::from(path);
            match declaration.repos.iter_mut().find(|known| known.path == repo.path) {
                // The gitlink is a merged commit in a fork. No branch of the upstream contains it.
                Some(known) => {
                    if let Some(commit) = known.commit {
                        let text = format!("the gitlink `{commit}` is left out: oca computes `merges` again");
                        declaration.notes.push(known.place.note(text));
                    }
                    *known = repo;
                }
                None => declaration.repos.push(repo),
            }
        }
    }
    Ok(declaration)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = std::fs::read_dir(directory).at("read", directory)?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>();
    let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yml" || end == "yaml");
    let mut files: Vec<PathBuf> = paths.at("read", directory)?.into_iter().filter(is_yaml).collect();
    files.sort();
    Ok(files)
}
