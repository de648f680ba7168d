//! The user's local work in a checkout.

use std::fmt;
use std::fs::DirEntry;

use git2::{Oid, Repository, RepositoryState, Status, StatusEntry, StatusOptions};

use crate::fs::native_path;
use crate::git::ids::{bytes, oid};
use crate::git::written::is_by_git;
use crate::git::{Error, Remote, pipes};
use crate::repo::{BlobId, CommitId, Mode, quoted_list, shown};

/// Work that no command discards without `--force`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LocalWork {
    /// Paths of changed, staged, deleted and untracked files; an untracked directory is one path.
    pub(crate) changed: Vec<String>,
    /// The commit at HEAD, if it does not come from the remote.
    pub(crate) commit: Option<CommitId>,
    /// The branch at HEAD, if it has commits that are pushed, but not on the branch that the checkout follows.
    pub(crate) branch: Option<String>,
    /// Branches and stashes with commits that do not come from the remote. They are only searched if they would be
    /// lost.
    pub(crate) references: Vec<String>,
    /// A merge, rebase or similar operation is not finished.
    pub(crate) under_way: bool,
}

impl LocalWork {
    pub(crate) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for LocalWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match self.changed.as_slice() {
            [] => {}
            [one] => parts.push(format!("uncommitted changes in `{one}`")),
            [first, rest @ ..] => {
                parts.push(format!("uncommitted changes in `{first}` and {} more", rest.len()));
            }
        }
        if let Some(commit) = &self.commit {
            parts.push(format!("local commits up to `{}`", commit.short()));
        }
        if let Some(branch) = &self.branch {
            parts.push(format!("commits on branch `{branch}`"));
        }
        if !self.references.is_empty() {
            parts.push(format!("local commits in {}", quoted_list(&self.references)));
        }
        if self.under_way {
            parts.push("an unfinished merge or rebase".to_owned());
        }
        f.write_str(&parts.join(" and "))
    }
}

pub(super) fn find(
    repository: &Repository,
    placed: Option<CommitId>,
    remote: Option<&Remote<'_>>,
) -> Result<LocalWork, Error> {
    if let Some(root) = repository.workdir() {
        pipes::refuse_in_work_tree(root, &[])?;
    }
    let changed = if is_unfilled(repository) { Vec::new() } else { changed(repository)? };
    Ok(LocalWork {
        changed,
        commit: own_commit(repository, placed, remote)?,
        branch: None,
        references: Vec::new(),
        under_way: repository.state() != RepositoryState::Clean,
    })
}

/// Whether git was stopped before it checked anything out: there is neither an index nor a file.
pub(super) fn is_unfilled(repository: &Repository) -> bool {
    let Some(mut beside) = repository.workdir().and_then(|root| root.read_dir().ok()) else { return false };
    let is_git = |entry: std::io::Result<DirEntry>| entry.is_ok_and(|entry| entry.file_name() == ".git");
    !repository.path().join("index").exists() && beside.all(is_git)
}

fn changed(repository: &Repository) -> Result<Vec<String>, Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).exclude_submodules(true).include_ignored(false);
    let statuses = repository.statuses(Some(&mut options))?;
    let changed = statuses.iter().filter(|entry| {
        let is_unchanged = match entry.status() {
            Status::CURRENT => true,
            Status::INDEX_MODIFIED => is_as_committed(repository, entry.path_bytes()),
            Status::WT_MODIFIED => is_as_staged(repository, entry),
            _ => false,
        };
        !is_unchanged
    });
    Ok(changed.map(|entry| shown(entry.path_bytes())).collect())
}

/// Whether git wrote a file that libgit2 takes for changed: it knows neither Git LFS nor other encodings.
fn is_as_staged(repository: &Repository, entry: &StatusEntry<'_>) -> bool {
    let Some(delta) = entry.index_to_workdir() else { return false };
    let staged = delta.old_file();
    staged.mode() == delta.new_file().mode()
        && is_by_git(repository, &native_path(entry.path_bytes()), BlobId::from_bytes(bytes(staged.id())))
}

/// Whether the entries of the index and of HEAD differ at most in an old form of the mode, such as `100664`. Git
/// normalises such a mode; libgit2 compares the numbers.
fn is_as_committed(repository: &Repository, path: &[u8]) -> bool {
    let path = native_path(path);
    let committed = || repository.head()?.peel_to_tree()?.get_path(&path);
    let staged = || repository.index().ok()?.get_path(&path, 0);
    let Some((committed, staged)) = committed().ok().zip(staged()) else { return false };
    let mode = u32::try_from(committed.filemode_raw()).unwrap_or_default();
    committed.id() == staged.id && Mode::usual(mode) == Mode::usual(staged.mode)
}

/// The commit at HEAD, unless oca checked it out, the store has it, or a remote-tracking branch contains it.
pub(super) fn own_commit(
    repository: &Repository,
    placed: Option<CommitId>,
    remote: Option<&Remote<'_>>,
) -> Result<Option<CommitId>, Error> {
    let Some(head) = super::head_commit(repository) else { return Ok(None) };
    if placed == Some(head) || remote.map(|remote| remote.store().has_commit(head)).transpose()? == Some(true)
    {
        return Ok(None);
    }
    Ok((!is_on_remote(repository, oid(head.as_bytes()))?).then_some(head))
}

/// Branches and stashes whose commit oca did not check out and no remote-tracking branch contains.
pub(super) fn own_references(
    repository: &Repository,
    placed: Option<CommitId>,
) -> Result<Vec<String>, Error> {
    let mut own = Vec::new();
    for pattern in ["refs/heads/*", "refs/stash"] {
        for reference in repository.references_glob(pattern)? {
            let reference = reference?;
            let Ok(tip) = reference.peel_to_commit() else { continue };
            let is_placed = placed.is_some_and(|placed| oid(placed.as_bytes()) == tip.id());
            if !is_placed && !is_on_remote(repository, tip.id())? {
                own.push(String::from_utf8_lossy(reference.shorthand_bytes()).into_owned());
            }
        }
    }
    Ok(own)
}

/// Whether a remote-tracking branch contains a commit.
fn is_on_remote(repository: &Repository, commit: Oid) -> Result<bool, Error> {
    for reference in repository.references_glob("refs/remotes/*")? {
        let Ok(tip) = reference?.peel_to_commit() else { continue };
        // In a shallow repository, a parent can be missing: then it is not known whether the branch contains the
        // commit.
        if tip.id() == commit || repository.graph_descendant_of(tip.id(), commit).unwrap_or(false) {
            return Ok(true);
        }
    }
    Ok(false)
}
