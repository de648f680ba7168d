//! What happened, as plain data: commands fill it in, `output` words it.

mod checkout;
mod difference;
mod finding;
mod submodule;

pub(crate) use checkout::{NAMED, OtherTree, RepoStatus, State, Verified};
pub(crate) use difference::{Difference, Unmet, WhyUnmet};
pub(crate) use finding::{Count, Finding, Needer, Problem, RULES, Spot, WhyMissing};
pub(crate) use submodule::SubmoduleDifference;

use crate::export::Error as ExportError;
use crate::git::{CheckoutError, Error as GitError};
use crate::repo::{CommitId, Reference, RepoName, UnreadableTree};

/// What became of one repository.
#[derive(Debug)]
pub(crate) struct RepoOutcome {
    pub(crate) name: RepoName,
    /// The declared url without secrets.
    pub(crate) url: String,
    pub(crate) outcome: Outcome,
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

/// Where a module is to be had.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    pub(crate) module: String,
    /// Odoo itself brings it.
    pub(crate) is_core: bool,
    /// The profile has its repository already.
    pub(crate) is_known: bool,
    pub(crate) repos: Vec<RepoName>,
}

/// A pin against the head of what it follows.
#[derive(Debug)]
pub(crate) struct Outdated {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    pub(crate) locked: CommitId,
    pub(crate) head: CommitId,
    pub(crate) hold: bool,
}
