//! Remotes that are paths. libgit2's local transport copies the whole history and refuses a depth. So the objects of a
//! pin are copied here from one repository to the other.

use std::collections::HashSet;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::ids::{bytes, oid};
use super::packs::Sources;
use super::store::{Store, commit_in, parents};
use super::{Error, pipes};
use crate::fs::refuse_no_file;
use crate::repo::CommitId;

/// Opens a repository. As in git, `/srv/web` also means `/srv/web.git`.
pub(super) fn open(path: &Path) -> Result<Repository, Error> {
    let mut with_suffix = path.as_os_str().to_owned();
    with_suffix.push(".git");
    let found = match open_exactly(path) {
        Err(Error::NotFound { what }) => match open_exactly(Path::new(&with_suffix)) {
            Err(Error::NotFound { .. }) => Err(Error::NotFound { what }),
            other => other,
        },
        other => other,
    };
    found.map_err(|error| error.at_path(path))
}

fn open_exactly(path: &Path) -> Result<Repository, Error> {
    pipes::refuse(path)?;
    Repository::open(path).map_err(|error| match error.code() {
        ErrorCode::NotFound => Error::NotFound { what: format!("no git repository at `{}`", path.display()) },
        _ => error.into(),
    })
}

/// The commit of a ref, given by its full name. `None` if the repository does not have the ref.
pub(super) fn resolve(path: &Path, name: &str) -> Result<Option<CommitId>, Error> {
    let repository = open(path)?;
    let find = || {
        refuse_no_file(&repository.commondir().join(name))?;
        match repository.find_reference(name) {
            Ok(reference) => Ok(Some(CommitId::from_bytes(bytes(reference.peel_to_commit()?.id())))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    };
    find().map_err(|error: Error| error.at_path(path))
}

/// The full name of the ref that `HEAD` names. `None` if it names no ref.
pub(super) fn head(path: &Path) -> Result<Option<String>, Error> {
    let repository = open(path)?;
    let head = repository.find_reference("HEAD").map_err(|error| Error::from(error).at_path(path))?;
    Ok(head.symbolic_target().ok().flatten().map(str::to_owned))
}

/// Whether `to` is `from` or an ancestor of it. If a commit is missing, the answer is no.
pub(super) fn leads_to(path: &Path, from: CommitId, to: CommitId) -> Result<bool, Error> {
    let (from, to) = (oid(from.as_bytes()), oid(to.as_bytes()));
    let repository = open(path)?;
    Ok(from == to || repository.graph_descendant_of(from, to).unwrap_or(false))
}

/// Copies a commit and its trees into the store, without its files. Returns the commits whose parents are left out.
pub(super) fn fetch_trees(path: &Path, commit: CommitId, store: &Store) -> Result<Vec<CommitId>, Error> {
    fetch(path, commit, 1, &[ObjectType::Tree], store)
}

/// Copies a commit and its files into the store, with `depth` generations of history (0: all).
/// Returns the commits whose parents are left out.
pub(super) fn fetch_files(
    path: &Path,
    commit: CommitId,
    depth: u32,
    store: &Store,
) -> Result<Vec<CommitId>, Error> {
    fetch(path, commit, depth, &[ObjectType::Tree, ObjectType::Blob], store)
}

/// Copies only these files of a commit.
pub(super) fn fetch_blobs(
    path: &Path,
    commit: CommitId,
    blobs: &[[u8; 20]],
    store: &Store,
) -> Result<(), Error> {
    let repository = open(path)?;
    copy(&repository, blobs, store).map_err(|error| match at_remote(error, &repository, path) {
        Error::DamagedRemote { .. } | Error::PartialRemote { .. } if !has_commit(&repository, commit) => {
            Error::Vanished { commit }
        }
        other => other,
    })
}

fn fetch(
    path: &Path,
    commit: CommitId,
    depth: u32,
    kinds: &[ObjectType],
    store: &Store,
) -> Result<Vec<CommitId>, Error> {
    let repository = open(path)?;
    match commit_in(&repository, commit) {
        Ok(_) => {}
        Err(error @ Error::IsTag { .. }) => return Err(error),
        Err(_) => return Err(Error::Vanished { commit }),
    }
    let tip = oid(commit.as_bytes());
    let copied = || {
        let history = history(&repository, tip, depth)?;
        let below = below(&repository, &history.commits, kinds)?;
        let missing = store.missing(history.commits.iter().chain(&below).map(|&id| bytes(id)))?;
        copy(&repository, &missing, store)?;
        Ok(history.ends)
    };
    copied().map_err(|error| at_remote(error, &repository, path))
}

fn has_commit(repository: &Repository, commit: CommitId) -> bool {
    repository.find_commit(oid(commit.as_bytes())).is_ok()
}

fn copy(repository: &Repository, ids: &[[u8; 20]], store: &Store) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    let odb = repository.odb()?;
    let mut sink = store.pack_sink()?;
    Sources::open(&repository.commondir().join("objects"), &odb).write_pack(ids, &mut sink)?;
    sink.finish()
}

/// An error while objects are read means that the remote repository is damaged, or is a partial clone. The store is not
/// the reason.
fn at_remote(error: Error, repository: &Repository, path: &Path) -> Error {
    let error = match (error, promisor(repository)) {
        (Error::Damaged { .. } | Error::Protocol { .. }, Some(from)) => {
            Error::PartialRemote { path: path.to_owned(), from, is_bare: repository.is_bare() }
        }
        (Error::Damaged { why } | Error::Protocol { why }, None) => {
            Error::DamagedRemote { path: path.to_owned(), why }
        }
        (other, _) => other,
    };
    error.at_path(path)
}

/// The remote from which git fetches the missing objects of a partial clone.
fn promisor(repository: &Repository) -> Option<String> {
    let (config, remotes) = (repository.config().ok()?, repository.remotes().ok()?);
    let is_promisor = |name: &&str| {
        config.get_bool(&format!("remote.{name}.promisor")).is_ok_and(|is_promisor| is_promisor)
    };
    remotes.iter().filter_map(|name| name.ok().flatten()).find(is_promisor).map(str::to_owned)
}

struct History {
    commits: Vec<Oid>,
    ends: Vec<CommitId>,
}

/// The history of a tip, breadth first, with `depth` generations (0: all).
///
/// If the repository itself is shallow, libgit2 shows no parents for its last commits. The objects still name them.
fn history(repository: &Repository, tip: Oid, depth: u32) -> Result<History, git2::Error> {
    let odb = repository.odb()?;
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
            if left > 0 {
                next.extend(commit.parent_ids().filter(|&parent| seen.insert(parent)));
            }
            if parents(&odb, id).iter().any(|parent| left == 0 || !seen.contains(parent)) {
                history.ends.push(CommitId::from_bytes(bytes(id)));
            }
        }
        generation = next;
    }
    Ok(history)
}

/// The trees of some commits and, if `kinds` has blobs, their files. Each id is listed once.
fn below(repository: &Repository, commits: &[Oid], kinds: &[ObjectType]) -> Result<Vec<Oid>, git2::Error> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let mut left = Vec::new();
    for &commit in commits {
        let root = repository.find_commit(commit)?.tree_id();
        if seen.insert(root) {
            left.push(root);
        }
        while let Some(id) = left.pop() {
            all.push(id);
            for entry in &repository.find_tree(id)? {
                let Some(kind) = entry.kind().filter(|kind| kinds.contains(kind)) else { continue };
                if !seen.insert(entry.id()) {
                    continue;
                }
                if kind == ObjectType::Tree {
                    left.push(entry.id());
                } else {
                    all.push(entry.id());
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::open;
    use crate::git::address::Address;
    use crate::repo::RemoteUrl;

    proptest! {
        /// A url with a missing scheme or with an extra `/` is a path.
        #[test]
        fn no_error_about_a_path_shows_a_password(
            start in "(file:)?/{0,3}|\\.\\./|file://localhost/|[a-z]{1,4}/",
            user in "[a-z]{1,5}",
            password in "[!-~]{0,6}XsecretX[!-~]{0,6}",
            rest in "(host)?([/:][!-~]{0,8})?",
        ) {
            let word = format!("{start}{user}:{password}@{rest}");
            let shown = match RemoteUrl::parse(&word).map(|url| Address::parse(&url)) {
                Ok(Ok(Address::Path(path))) => open(&path).err().map(|error| error.to_string()),
                Ok(Ok(_)) => None,
                Ok(Err(why)) => Some(why),
                Err(invalid) => Some(invalid.to_string()),
            };
            prop_assert!(!shown.clone().unwrap_or_default().contains("secret"), "{:?}", shown);
        }
    }
}
