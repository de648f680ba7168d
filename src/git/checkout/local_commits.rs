//! The commits of the user on top of the commit that oca checked out.

use git2::{Oid, Repository};

use super::{Checkout, head_commit};
use crate::git::Error;
use crate::git::ids::{bytes, oid};
use crate::repo::{CommitId, TreeId};

/// More commits than anybody makes into one patch.
const MOST: usize = 1000;

/// A commit of the user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LocalCommit {
    pub(crate) commit: CommitId,
    pub(crate) name: String,
    pub(crate) email: String,
    /// Seconds since 1970.
    pub(crate) date: i64,
    pub(crate) message: String,
    /// The trees before and after it.
    pub(crate) before: TreeId,
    pub(crate) after: TreeId,
}

impl Checkout {
    /// The commits from `since`, which oca checked out, to HEAD, the oldest first. If one of them is a merge, they are
    /// one: HEAD with all changes. `None` if HEAD is not based on `since`.
    pub(crate) fn local_commits(&self, since: CommitId) -> Result<Option<Vec<LocalCommit>>, Error> {
        let find = || local_commits(&self.open()?, oid(since.as_bytes()));
        find().map_err(|error| error.in_checkout(&self.path))
    }

    /// Whether a commit of the user replaces this one, as `git commit --amend` does it: it has the same parents and the
    /// same author and date.
    pub(crate) fn is_amended(&self, commit: CommitId) -> Result<bool, Error> {
        let find = || is_amended(&self.open()?, oid(commit.as_bytes()));
        find().map_err(|error| error.in_checkout(&self.path))
    }
}

fn is_amended(repository: &Repository, commit: Oid) -> Result<bool, Error> {
    let old = repository.find_commit(commit)?;
    let author = old.author();
    let mut at = head_commit(repository).map(|head| oid(head.as_bytes()));
    for _ in 0..MOST {
        let Some(new) = at.and_then(|at| repository.find_commit(at).ok()).filter(|new| new.id() != commit)
        else {
            return Ok(false);
        };
        let is_by_author = new.author().name_bytes() == author.name_bytes()
            && new.author().email_bytes() == author.email_bytes()
            && new.author().when() == author.when();
        if is_by_author && new.parent_ids().eq(old.parent_ids()) {
            return Ok(true);
        }
        at = new.parent_ids().next();
    }
    Ok(false)
}

fn local_commits(repository: &Repository, since: Oid) -> Result<Option<Vec<LocalCommit>>, Error> {
    let Some(head) = head_commit(repository) else { return Ok(None) };
    let tree_of = |commit: Oid| -> Result<TreeId, Error> {
        Ok(TreeId::from_bytes(bytes(repository.find_commit(commit)?.tree_id())))
    };
    let (mut found, mut at, mut has_merge) = (Vec::new(), oid(head.as_bytes()), false);
    while at != since {
        let commit = repository.find_commit(at)?;
        // A parent that is not there is before the history of the checkout.
        let Some(parent) =
            commit.parent_ids().next().filter(|parent| repository.find_commit(*parent).is_ok())
        else {
            return Ok(None);
        };
        if found.len() == MOST {
            return Ok(None);
        }
        has_merge |= commit.parent_count() > 1;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let author = commit.author();
        found.push(LocalCommit {
            commit: CommitId::from_bytes(bytes(at)),
            name: text(author.name_bytes()),
            email: text(author.email_bytes()),
            date: author.when().seconds(),
            message: text(commit.message_raw_bytes()),
            before: tree_of(parent)?,
            after: tree_of(at)?,
        });
        at = parent;
    }
    if has_merge {
        found.truncate(1);
        found.iter_mut().try_for_each(|commit| {
            commit.before = tree_of(since)?;
            Ok::<_, Error>(())
        })?;
    }
    found.reverse();
    Ok(Some(found))
}
