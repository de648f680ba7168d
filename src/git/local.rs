//! Remotes that are paths. libgit2's own local transport copies the whole history and refuses a depth, so what a
//! pin needs is packed here from one repository into the other.

use std::collections::HashSet;
use std::path::Path;

use git2::{ErrorCode, Oid, Repository};

use super::Error;
use super::store::{Store, bytes, oid};
use crate::repo::CommitId;

pub(super) fn open(path: &Path) -> Result<Repository, Error> {
    Repository::open(path).map_err(|error| match error.code() {
        ErrorCode::NotFound => Error::NotFound { what: format!("no git repository at `{}`", path.display()) },
        _ => error.into(),
    })
}

/// The commit of a ref, by its full name.
pub(super) fn resolve(path: &Path, name: &str) -> Result<Option<CommitId>, Error> {
    match open(path)?.find_reference(name) {
        Ok(reference) => Ok(Some(CommitId::from_bytes(bytes(reference.peel_to_commit()?.id())))),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a commit is another one or an ancestor of it. A commit that is not there is none.
pub(super) fn leads_to(path: &Path, from: CommitId, to: CommitId) -> Result<bool, Error> {
    let (from, to) = (oid(from.as_bytes()), oid(to.as_bytes()));
    let repository = open(path)?;
    Ok(from == to || repository.graph_descendant_of(from, to).unwrap_or(false))
}

/// Copies a commit with everything below it, so many generations deep (0: all), into the store.
/// Returns the commits whose parents are left out.
pub(super) fn fetch(
    path: &Path,
    commit: CommitId,
    depth: u32,
    store: &Store,
) -> Result<Vec<CommitId>, Error> {
    let repository = open(path)?;
    if repository.find_commit(oid(commit.as_bytes())).is_err() {
        return Err(Error::Vanished { commit });
    }
    let history = history(&repository, oid(commit.as_bytes()), depth)?;
    let aside = store.aside()?;
    let mut pack = repository.packbuilder()?;
    for &commit in &history.commits {
        pack.insert_commit(commit)?;
    }
    pack.write(aside.path(), 0)?;
    store.take_packs(aside.path())?;
    Ok(history.ends)
}

struct History {
    commits: Vec<Oid>,
    ends: Vec<CommitId>,
}

/// The generations of commits from a tip, breadth first.
fn history(repository: &Repository, tip: Oid, depth: u32) -> Result<History, git2::Error> {
    let mut history = History { commits: Vec::new(), ends: Vec::new() };
    let mut seen = HashSet::from([tip]);
    let mut generation = vec![tip];
    let mut left = if depth == 0 { u32::MAX } else { depth };
    while !generation.is_empty() {
        left -= 1;
        let mut next = Vec::new();
        for id in generation {
            let commit = repository.find_commit(id)?;
            history.commits.push(id);
            if left == 0 {
                if commit.parent_count() > 0 {
                    history.ends.push(CommitId::from_bytes(bytes(id)));
                }
            } else {
                next.extend(commit.parent_ids().filter(|&parent| seen.insert(parent)));
            }
        }
        generation = next;
    }
    Ok(history)
}
