//! The user's local work in a checkout.

use std::fmt;

use git2::{IndexEntry, Odb, Oid, Repository, RepositoryState, Status, StatusEntry, StatusOptions};

use super::Head;
use super::objects::shallow_ends;
use crate::fs::native_path;
use crate::git::ids::{bytes, is_in, oid};
use crate::git::store::leads_to;
use crate::git::written::is_by_git;
use crate::git::{Error, Remote, pipes};
use crate::repo::{BlobId, CommitId, Mode, quoted_list, shown};

/// Work that no command discards without `--force`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct LocalWork {
    /// Paths of changed, staged, deleted and untracked files; an untracked directory is one path.
    pub(crate) changed: Vec<String>,
    /// Paths of files that git could not write, because their content is not in the checkout. They are missing, but not
    /// the user's work. Boxed, because it is a part of many errors, which clippy wants to be small.
    pub(crate) unwritten: Box<[String]>,
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
        let Self { changed, unwritten: _, commit, branch, references, under_way } = self;
        changed.is_empty() && commit.is_none() && branch.is_none() && references.is_empty() && !under_way
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
        if let Some(path) = self.unwritten.first() {
            parts.push(format!("missing files that git could not write, such as `{path}`"));
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
    head: &Head,
    placed: Option<CommitId>,
    remote: Option<&Remote<'_>>,
) -> Result<LocalWork, Error> {
    if let Some(root) = repository.workdir() {
        pipes::refuse_in_work_tree(root, &[])?;
    }
    let (changed, unwritten) = match head {
        Head::Unfilled(_) => Default::default(),
        _ => changes(repository)?,
    };
    Ok(LocalWork {
        changed,
        unwritten: unwritten.into(),
        commit: own_commit(repository, placed, remote)?,
        branch: None,
        references: Vec::new(),
        under_way: repository.state() != RepositoryState::Clean,
    })
}

/// Whether a file of the index is missing, and its content too: git could not write it. It only says so in passing, and
/// goes on.
pub(super) fn is_any_unwritten(repository: &Repository) -> Result<bool, Error> {
    const GITLINK: u32 = 0o160_000;
    let Some(root) = repository.workdir() else { return Ok(false) };
    let (odb, index) = (repository.odb()?, repository.index()?);
    let is_there = |entry: &IndexEntry| root.join(native_path(&entry.path)).symlink_metadata().is_ok();
    let mut entries = index.iter().filter(|entry| entry.mode != GITLINK && !is_in(&odb, entry.id));
    Ok(entries.any(|entry| !is_there(&entry)))
}

/// The paths that the user changed, and those of files that git could not write.
fn changes(repository: &Repository) -> Result<(Vec<String>, Vec<String>), Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).exclude_submodules(true).include_ignored(false);
    let odb = repository.odb()?;
    let (mut changed, mut unwritten) = (Vec::new(), Vec::new());
    for entry in repository.statuses(Some(&mut options))?.iter() {
        let path = || shown(entry.path_bytes());
        match change(repository, &odb, &entry, entry.status()) {
            Change::None => {}
            Change::Unwritten => unwritten.push(path()),
            Change::Changed => changed.push(path()),
        }
    }
    Ok((changed, unwritten))
}

/// How a file differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    None,
    /// git could not write it.
    Unwritten,
    /// A person changed it.
    Changed,
}

/// What a file is, as far as a part of its status says so.
pub(super) fn change(
    repository: &Repository,
    odb: &Odb<'_>,
    entry: &StatusEntry<'_>,
    status: Status,
) -> Change {
    let staged = entry.index_to_workdir().map(|delta| delta.old_file().id());
    match status {
        Status::CURRENT => Change::None,
        Status::INDEX_MODIFIED if is_as_committed(repository, entry.path_bytes()) => Change::None,
        Status::WT_MODIFIED if is_as_staged(repository, entry) => Change::None,
        Status::WT_DELETED if staged.is_some_and(|id| !is_in(odb, id)) => Change::Unwritten,
        _ => Change::Changed,
    }
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

/// The commit at HEAD, unless the store has it or it is in the known history of the remote.
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
    Ok((!KnownHistory::new(repository, placed)?.has(oid(head.as_bytes()))).then_some(head))
}

/// Branches and stashes whose commit is not in the known history of the remote.
pub(super) fn own_references(
    repository: &Repository,
    placed: Option<CommitId>,
) -> Result<Vec<String>, Error> {
    let (mut own, known) = (Vec::new(), KnownHistory::new(repository, placed)?);
    for pattern in ["refs/heads/*", "refs/stash"] {
        for reference in repository.references_glob(pattern)? {
            let reference = reference?;
            let Ok(tip) = reference.peel_to_commit() else { continue };
            if !known.has(tip.id()) {
                own.push(String::from_utf8_lossy(reference.shorthand_bytes()).into_owned());
            }
        }
    }
    Ok(own)
}

/// The history of the remote, as far as the repository has it: that of the commit that oca checked out, of the
/// remote-tracking branches, and of the commits at which the history was cut. The last ones always came from a server. They
/// include each commit that oca checked out with a depth of 1.
struct KnownHistory<'r> {
    repository: &'r Repository,
    tips: Vec<Oid>,
}

impl<'r> KnownHistory<'r> {
    fn new(repository: &'r Repository, placed: Option<CommitId>) -> Result<Self, Error> {
        let mut tips: Vec<Oid> = placed.iter().map(|placed| oid(placed.as_bytes())).collect();
        for reference in repository.references_glob("refs/remotes/*")? {
            tips.extend(reference?.peel_to_commit().map(|tip| tip.id()));
        }
        let ends = shallow_ends(repository.path())?;
        tips.extend(ends.iter().map(|end| oid(end.as_bytes())));
        Ok(Self { repository, tips })
    }

    fn has(&self, commit: Oid) -> bool {
        leads_to(self.repository, self.tips.iter().copied(), commit)
    }
}
