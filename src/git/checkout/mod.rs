//! A checkout: an ordinary shallow git repository at one commit, with an `origin`. It depends on nothing else.
//!
//! It is built aside and renamed, so a half-built checkout never stands in its place. While oca moves a checkout to
//! another commit, a journal is there: after a crash, it tells oca's half-written files from the user's work. A marker
//! in the git directory is written last and says which commit is complete. With it, a sync that has nothing to do reads
//! three small files for each checkout and opens no repository.

mod aside;
mod fill;
mod head;
mod local_commits;
mod local_work;
mod marker;
mod modes;
#[cfg(unix)]
mod new_files;
mod objects;
mod place;
mod put_back;
mod record;
mod recover;
mod resolve;
mod strays;
mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git2::Repository;

pub(crate) use aside::ASIDE_PREFIX;
pub(super) use aside::{aside, delete};
pub(crate) use head::Head;
pub(crate) use local_commits::LocalCommit;
pub(crate) use local_work::LocalWork;
pub(crate) use marker::Placed;
pub(super) use marker::is_marked;
pub(super) use modes::check_out_head;
pub(crate) use place::{Built, Discard};
pub(crate) use resolve::{Before, MergeToOpen, OpenMerge, Resolution};
pub(crate) use work::{BranchStart, Upstream, WorkBranch};

use super::git_file::git_file;
use super::ids::{bytes, commits_with, oid};
use super::tree::GitTree;
use super::{Error, Remote, Snapshot, pipes};
use crate::repo::{CommitId, RemoteUrl, TreeId, redact};

const JOURNAL: &str = "oca-move";
/// The `origin` of a checkout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Origin {
    /// Expanded, absolute, without secrets.
    pub(crate) url: String,
    /// The branch that `git fetch` follows. `None` means all branches.
    pub(crate) branch: Option<String>,
}

/// The content that a checkout should have.
pub(crate) struct CheckoutContent<'a> {
    pub(crate) snapshot: &'a Snapshot<'a, 'a>,
    /// The tree of the commit.
    pub(crate) tree: TreeId,
    /// Commits whose parents are left out.
    pub(crate) ends: &'a [CommitId],
    /// Generations of commits; 0 is the whole history.
    pub(crate) depth: u32,
    pub(crate) origin: &'a Origin,
}

impl CheckoutContent<'_> {
    /// Makes sure that the store has all of it. The store may have been replaced by an empty one.
    fn bring(&self) -> Result<(), Error> {
        self.snapshot.files(self.depth).map(drop)
    }

    pub(crate) fn commit(&self) -> CommitId {
        self.snapshot.head()
    }

    fn placed(&self) -> Placed {
        let Self { tree, depth, origin, .. } = *self;
        Placed { commit: self.commit(), tree, depth, url: origin.url.clone() }
    }
}

/// A directory that is, or will be, a checkout.
pub(crate) struct Checkout {
    path: PathBuf,
}

/// Why a checkout was left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckoutError {
    #[error("{0}")]
    LocalWork(LocalWork),
    /// Commits of the user alone, in a checkout of oca. So `oca patch` can keep them.
    #[error("{0}")]
    LocalCommits(LocalWork),
    #[error("`{}` is not a git repository, and not empty", path.display())]
    NotGit { path: PathBuf },
    #[error("`{}` is a git repository without a commit", path.display())]
    Unborn { path: PathBuf },
    #[error("`{}` is a symlink", path.display())]
    Link { path: PathBuf },
    #[error("`oca resolve` has something to resolve in `{}`", path.display())]
    Resolving { path: PathBuf },
    #[error("`{}` is in work on branch `{branch}`", path.display())]
    InWork { path: PathBuf, branch: String },
    #[error("`{}` is a clone of `{}`", path.display(), redact(url))]
    ForeignOrigin { path: PathBuf, url: String },
    #[error("`{}` contains a git directory, but this submodule also has commits of yours in `{}`", path.display(), git.display())]
    Occupied { path: PathBuf, git: PathBuf },
    #[error("the git directory of `{}` is `{}`", path.display(), git.display())]
    Elsewhere { path: PathBuf, git: PathBuf },
    #[error("the surrounding repository tracks `{file}` there")]
    Tracked { path: String, file: String },
    #[error(transparent)]
    Git(#[from] Error),
}

impl From<crate::fs::Error> for CheckoutError {
    fn from(error: crate::fs::Error) -> Self {
        Self::Git(error.into())
    }
}

impl From<git2::Error> for CheckoutError {
    fn from(error: git2::Error) -> Self {
        Self::Git(error.into())
    }
}

impl Checkout {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The reason why nothing can be checked out here without `force`, judged by `head` only.
    pub(crate) fn obstacle(&self, head: &Head) -> Option<CheckoutError> {
        let path = self.path.clone();
        match head {
            Head::NotGit => Some(match git_file(&self.path).filter(|git| git.exists()) {
                Some(git) => CheckoutError::Elsewhere { path, git },
                None => CheckoutError::NotGit { path },
            }),
            Head::Link(link) if *link == path.join(".git") => {
                Some(CheckoutError::Elsewhere { path, git: fs::read_link(link).unwrap_or_default() })
            }
            Head::Link(link) => Some(CheckoutError::Link { path: link.clone() }),
            Head::Other(None) => Some(CheckoutError::Unborn { path }),
            Head::Absent | Head::HalfClone | Head::Unfilled(_) | Head::Complete(_) | Head::Other(Some(_)) => {
                None
            }
        }
    }

    /// Whether oca was killed while it moved this checkout.
    pub(crate) fn is_being_moved(&self) -> bool {
        self.git_directory().join(JOURNAL).exists()
    }

    /// The url of its `origin`, as it is configured.
    pub(crate) fn origin(&self) -> Option<String> {
        self.open().ok()?.config().ok()?.get_string("remote.origin.url").ok()
    }

    /// The content of the marker. A malformed marker counts as missing.
    fn marker(&self) -> Result<Option<Placed>, Error> {
        marker::read(&self.git_directory())
    }

    /// Whether oca made this checkout.
    pub(crate) fn is_ours(&self) -> bool {
        self.link().is_none() && is_marked(&self.git_directory())
    }

    /// Whether oca made this checkout, and it is no submodule.
    fn is_own_clone(&self) -> bool {
        self.is_ours() && self.path.join(".git").is_dir()
    }

    /// Uncommitted changes, untracked files and local commits. Commits in the store of `remote` are not the user's.
    pub(crate) fn local_work(&self, remote: Option<&Remote<'_>>) -> Result<LocalWork, Error> {
        let find = || local_work::find(&self.open()?, &self.head()?, self.placed()?, remote);
        find().map_err(|error| error.in_checkout(&self.path))
    }

    /// The same, and commits in branches and stashes: everything that would be lost if the directory were deleted.
    pub(crate) fn whole_work(&self) -> Result<LocalWork, Error> {
        let references = || local_work::own_references(&self.open()?, self.placed()?);
        let references = references().map_err(|error| error.in_checkout(&self.path))?;
        Ok(LocalWork { references, ..self.local_work(None)? })
    }

    /// Whether git wrote all files that HEAD has. If oca did not make the checkout, this is not asked: then no object is
    /// missing because of oca.
    pub(crate) fn is_written(&self) -> bool {
        let is_any_unwritten = || local_work::is_any_unwritten(&self.open()?);
        !self.is_ours() || !is_any_unwritten().unwrap_or_default()
    }

    /// Lets the marker say that this is complete now, if it says so of another commit. It does not matter if it cannot be
    /// written: then the next run looks again.
    pub(crate) fn note_placed(&self, placed: &Placed) {
        if let Ok(Some(old)) = self.marker()
            && old != *placed
            && (Placed { commit: placed.commit, tree: placed.tree, ..old }) == *placed
        {
            let _looked_at_again = marker::write(&self.git_directory(), placed);
        }
    }

    /// The commit that oca checked out last.
    pub(crate) fn placed(&self) -> Result<Option<CommitId>, Error> {
        Ok(self.marker()?.map(|placed| placed.commit))
    }

    /// The reason why a repository here cannot be moved without `force`: it is a clone of another repository, or it has
    /// local work. Without a remote, the origin is not compared.
    pub(crate) fn in_the_way(
        &self,
        remote: Option<&Remote<'_>>,
        origin: &Origin,
    ) -> Result<Option<CheckoutError>, Error> {
        let foreign = remote.map(|remote| self.foreign_origin(remote, origin)).transpose();
        if let Some(url) = foreign.map_err(|error| error.in_checkout(&self.path))?.flatten() {
            return Ok(Some(CheckoutError::ForeignOrigin { path: self.path.clone(), url }));
        }
        let mut work = self.local_work(remote)?;
        if work.commit.is_none() {
            work.branch = self.own_branch(origin)?;
        }
        if work.is_none() {
            return Ok(None);
        }
        let commits = LocalWork { commit: work.commit, ..LocalWork::default() };
        let has_only_commits = work == commits && self.is_own_clone();
        Ok(Some(if has_only_commits {
            CheckoutError::LocalCommits(work)
        } else {
            CheckoutError::LocalWork(work)
        }))
    }

    /// The url of the origin, if oca did not make the clone and the origin is another repository, such as a fork.
    fn foreign_origin(&self, remote: &Remote<'_>, origin: &Origin) -> Result<Option<String>, Error> {
        if self.is_ours() {
            return Ok(None);
        }
        let config = self.open()?.config()?;
        let Ok(url) = config.get_string("remote.origin.url") else { return Ok(None) };
        Ok((!remote.is_same_url(&url, &origin.url)?).then_some(url))
    }

    /// The trees and blobs of this repository itself. Paths are relative to the tree `root`.
    pub(crate) fn tree(&self, root: TreeId) -> Result<GitTree<'_>, Error> {
        Ok(GitTree::new(self.open()?, root, Box::new(|_| self.open())))
    }

    /// The tree of a commit in this repository.
    pub(crate) fn tree_of(&self, commit: CommitId) -> Result<TreeId, Error> {
        let tree = self.open()?.find_commit(oid(commit.as_bytes()))?.tree_id();
        Ok(TreeId::from_bytes(bytes(tree)))
    }

    /// The commits in this repository whose ids begin with these hexadecimal digits.
    pub(crate) fn commits_with(&self, digits: &str) -> Result<Vec<CommitId>, Error> {
        Ok(commits_with(&self.open()?, digits)?)
    }

    /// Pushes a commit to a branch with git itself, so that its credentials and settings count. Hooks do not run.
    pub(crate) fn push(&self, url: &RemoteUrl, commit: CommitId, branch: &str) -> Result<(), Error> {
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.path)
            .args(["-c", "core.hooksPath=/dev/null", "push", "--quiet", "--no-verify", "--"])
            .arg(url.as_str())
            .arg(format!("{commit}:refs/heads/{branch}"))
            .stdin(Stdio::null())
            .output();
        let output =
            output.map_err(|error| Error::Program { program: "git".to_owned(), why: error.to_string() })?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Remote { message: redact(String::from_utf8_lossy(&output.stderr).trim()) })
    }

    /// Deletes the directory.
    pub(crate) fn remove(&self) -> Result<(), Error> {
        delete(&self.path)
    }

    fn open(&self) -> Result<Repository, Error> {
        open_work_tree(&self.path)
    }
}

/// Opens the repository of a work tree. `core.worktree` of its configuration is ignored, because oca writes and deletes
/// files in the work tree.
pub(super) fn open_work_tree(path: &Path) -> Result<Repository, Error> {
    pipes::refuse(path)?;
    let repository = Repository::open(path)?;
    if !repository.is_bare() {
        repository.set_workdir(path, false)?;
    }
    Ok(repository)
}

/// The commits in a git directory without a work tree that oca did not check out and no remote-tracking branch
/// contains.
pub(super) fn own_commits(git: &Path) -> Result<LocalWork, Error> {
    pipes::refuse(git)?;
    let repository = Repository::open_bare(git)?;
    let placed = marker::read(git)?.map(|placed| placed.commit);
    let references = local_work::own_references(&repository, placed)?;
    let commit = local_work::own_commit(&repository, placed, None)?;
    Ok(LocalWork { commit, references, ..LocalWork::default() })
}

/// The trees of a root in a checkout. Refuses files that cannot be checked out, before any file is written.
fn check(work_tree: &Path, root: TreeId) -> Result<GitTree<'static>, Error> {
    let work_tree = work_tree.to_owned();
    let open = move || Ok(Repository::open(&work_tree)?);
    let trees = GitTree::new(open()?, root, Box::new(move |_| open()));
    trees.check()?;
    trees.check_targets()?;
    Ok(trees)
}

fn head_commit(repository: &Repository) -> Option<CommitId> {
    let commit = repository.head().ok()?.peel_to_commit().ok()?;
    Some(CommitId::from_bytes(bytes(commit.id())))
}
