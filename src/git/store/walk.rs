//! Walks in the commits of a repository, along their parents.

use std::collections::HashSet;

use git2::{Odb, Oid, Repository};

use crate::git::ids::oid;
use crate::repo::CommitId;

/// Whether `to` is one of these commits or an ancestor of one. Where a parent is missing, the history ends. libgit2's
/// `graph_descendant_of` fails there.
pub(in crate::git) fn leads_to(
    repository: &Repository,
    from: impl IntoIterator<Item = Oid>,
    to: Oid,
) -> bool {
    let mut left: Vec<Oid> = from.into_iter().collect();
    let mut seen: HashSet<Oid> = left.iter().copied().collect();
    while let Some(id) = left.pop() {
        if id == to {
            return true;
        }
        if let Ok(commit) = repository.find_commit(id) {
            left.extend(commit.parent_ids().filter(|&parent| seen.insert(parent)));
        }
    }
    false
}

/// The commits of a history, down to its ends. A commit that is missing has no parents here.
pub(in crate::git) fn commits_down_to(odb: &Odb<'_>, from: CommitId, ends: &[CommitId]) -> HashSet<Oid> {
    let ends: HashSet<Oid> = ends.iter().map(|end| oid(end.as_bytes())).collect();
    let mut seen = HashSet::new();
    let mut left = vec![oid(from.as_bytes())];
    while let Some(commit) = left.pop() {
        if seen.insert(commit) && !ends.contains(&commit) {
            left.extend(parents(odb, commit));
        }
    }
    seen
}

/// The parents of a commit. Empty if the commit is missing. They are read from the object itself, because libgit2 shows
/// no parents for a commit that `shallow` lists.
pub(in crate::git) fn parents(odb: &Odb<'_>, commit: Oid) -> Vec<Oid> {
    let Ok(object) = odb.read(commit) else { return Vec::new() };
    let text = String::from_utf8_lossy(object.data());
    let header = text.lines().take_while(|line| !line.is_empty());
    header.filter_map(|line| Oid::from_str(line.strip_prefix("parent ")?).ok()).collect()
}
