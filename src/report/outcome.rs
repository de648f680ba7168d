//! What was done with each repository, and what kept it from being done.

use std::fmt;

use super::OtherTree;
use crate::export::Error as ExportError;
use crate::git::{CheckoutError, Error as GitError};
use crate::repo::{CommitId, RepoName, UnreadableTree, counted};

/// What became of one repository.
#[derive(Debug)]
pub(crate) struct RepoOutcome {
    pub(crate) name: RepoName,
    /// The declared url without secrets.
    pub(crate) url: String,
    pub(crate) outcome: Outcome,
}

impl RepoOutcome {
    /// What was done, or would be done by a `dry` run, in words that follow the name.
    pub(crate) fn words(&self, dry: bool) -> String {
        match &self.outcome {
            Ok(done) if dry => done.planned(),
            Ok(done) => done.to_string(),
            Err(Trouble::Kept(error)) if dry => format!("would not be changed: {error}"),
            Err(trouble) => trouble.to_string(),
        }
    }
}

/// A repository of which something was not done.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) name: RepoName,
    /// The declared url without secrets; empty where none is known.
    pub(crate) url: String,
    pub(crate) trouble: Trouble,
    /// The name that may have been meant, where the remote does not know this one.
    pub(crate) near: Option<String>,
}

impl Failure {
    pub(crate) fn new(name: RepoName, url: String, trouble: Trouble) -> Self {
        Self { name, url, trouble, near: None }
    }
}

/// Those of which something was not done.
pub(crate) fn failures(outcomes: Vec<RepoOutcome>) -> Vec<Failure> {
    let failure = |RepoOutcome { name, url, outcome }| Some(Failure::new(name, url, outcome.err()?));
    outcomes.into_iter().filter_map(failure).collect()
}

/// What was done with a repository, or would be by a dry run; or what kept it from being done.
pub(crate) type Outcome = Result<Done, Trouble>;

/// What was done with a repository, or would be.
#[derive(Debug)]
pub(crate) enum Done {
    /// Its pin was set, or moved.
    Locked {
        from: Option<CommitId>,
        to: CommitId,
    },
    UpToDate,
    /// The remote is ahead of its pin.
    Outdated,
    Created(CommitId),
    Moved {
        from: Option<CommitId>,
        to: CommitId,
    },
    /// Same commit, but its origin or depth, or files that were changed.
    Refreshed(CommitId),
    Removed,
    Exported {
        modules: usize,
        files: usize,
    },
    /// So many directories at its root may be modules.
    Listed(usize),
    /// Nothing, and nothing is wrong: it does not exist, say.
    PassedOver(String),
}

/// What kept a repository from being done.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Left as it is, because somebody's work is in it.
    Kept(CheckoutError),
    /// The remote did not give what was asked for.
    Remote(GitError),
    /// Its commit lacks a directory that should hold its modules.
    NoAddons(MissingDirectory),
    /// The commit that the lock names does not have the tree that the lock names.
    OtherTree(OtherTree),
    /// What is in it cannot be exported.
    Export(ExportError),
    /// The checkout on the disk could not be worked on.
    Checkout { step: Step, error: GitError },
}

/// A directory that is declared and not in the commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MissingDirectory {
    pub(crate) directory: String,
    pub(crate) commit: CommitId,
    /// The directories at the top of the commit.
    pub(crate) known: Vec<String>,
}

/// What was tried with a checkout when it failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Inspect,
    CheckOut,
    Remove,
}

impl Trouble {
    /// What kept a checkout from being placed: the user's work, or a failure.
    pub(crate) fn not_placed(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Git(error) => Self::Checkout { step: Step::CheckOut, error },
            kept => Self::Kept(kept),
        }
    }
}

impl From<UnreadableTree> for Trouble {
    fn from(error: UnreadableTree) -> Self {
        Self::Remote(error.into())
    }
}

impl Done {
    /// What a dry run says would be done with a repository, in words that follow its name.
    fn planned(&self) -> String {
        match self {
            Self::Created(commit) => format!("would check out at {}", commit.short()),
            Self::Moved { from: Some(from), to } => {
                format!("would move {} -> {}", from.short(), to.short())
            }
            Self::Moved { from: None, to } => format!("would move to {}", to.short()),
            Self::Refreshed(commit) => format!("would refresh at {}", commit.short()),
            Self::Removed => "would remove".to_owned(),
            other => other.to_string(),
        }
    }
}

/// To follow the name of the repository.
impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { from: None, to } => write!(f, "locked at {}", to.short()),
            Self::Locked { from: Some(from), to } => write!(f, "{} -> {}", from.short(), to.short()),
            Self::UpToDate => f.write_str("up to date"),
            Self::Outdated => f.write_str("outdated"),
            Self::Created(commit) => write!(f, "checked out at {}", commit.short()),
            Self::Moved { from: Some(from), to } => write!(f, "moved {} -> {}", from.short(), to.short()),
            Self::Moved { from: None, to } => write!(f, "moved to {}", to.short()),
            Self::Refreshed(commit) => write!(f, "refreshed at {}", commit.short()),
            Self::Removed => f.write_str("removed"),
            Self::Exported { modules, files } => {
                write!(f, "{}, {}", counted(*modules, "module", "modules"), counted(*files, "file", "files"))
            }
            Self::Listed(directories) => f.write_str(&counted(*directories, "directory", "directories")),
            Self::PassedOver(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// To follow the name of the repository.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(error) => write!(f, "not changed: {error}"),
            Self::Export(error) => write!(f, "refused: {error}"),
            Self::NoAddons(missing) => write!(f, "failed: there is no directory `{}`", missing.directory),
            Self::OtherTree(other) => write!(f, "failed: {other}"),
            Self::Remote(error) | Self::Checkout { error, .. } => write!(f, "failed: {error}"),
        }
    }
}
