//! What happened, as plain data. Commands fill it in, `output` prints it.

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

/// The result for one repository.
#[derive(Debug)]
pub(crate) struct RepoOutcome {
    pub(crate) name: RepoName,
    /// The declared url without secrets.
    pub(crate) url: String,
    pub(crate) outcome: Outcome,
}

/// A repository for which something failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) name: RepoName,
    /// The declared url without secrets. Empty if it is not known.
    pub(crate) url: String,
    pub(crate) trouble: Trouble,
    /// A similar name, if the remote does not know this name.
    pub(crate) near: Option<String>,
}

impl Failure {
    pub(crate) fn new(name: RepoName, url: String, trouble: Trouble) -> Self {
        Self { name, url, trouble, near: None }
    }
}

/// The outcomes that are failures.
pub(crate) fn failures(outcomes: Vec<RepoOutcome>) -> Vec<Failure> {
    let failure = |RepoOutcome { name, url, outcome }| Some(Failure::new(name, url, outcome.err()?));
    outcomes.into_iter().filter_map(failure).collect()
}

/// What was done with a repository (or would be done, in a dry run), or why not.
pub(crate) type Outcome = Result<Done, Trouble>;

/// What was done with a repository, or would be done in a dry run.
#[derive(Debug)]
pub(crate) enum Done {
    /// Its pin was set or moved.
    Locked {
        from: Option<CommitId>,
        to: CommitId,
    },
    UpToDate,
    /// The pin is behind the remote.
    Outdated,
    Created(CommitId),
    Moved {
        from: Option<CommitId>,
        to: CommitId,
    },
    /// The commit stayed the same. Its origin, its depth or changed files were corrected.
    Refreshed(CommitId),
    Removed,
    Exported {
        modules: usize,
        files: usize,
    },
    /// The number of directories at its root that may be modules.
    Listed(usize),
    /// Nothing was done, for this reason, such as that the repository does not exist. This is not a failure.
    PassedOver(String),
}

/// Why something could not be done with a repository.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The checkout was left as it is, because it has local work.
    Kept(CheckoutError),
    /// The remote failed, or does not have what was requested.
    Remote(GitError),
    /// Its commit does not have one of the declared addons directories.
    NoAddons(MissingDirectory),
    /// The tree of the locked commit is not the tree in the lock.
    OtherTree(OtherTree),
    /// Its content cannot be exported.
    Export(ExportError),
    /// The checkout on the disk could not be read or changed.
    Checkout { step: Step, error: GitError },
}

/// A declared directory that is not in the commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MissingDirectory {
    pub(crate) directory: String,
    pub(crate) commit: CommitId,
    /// The directories at the top of the commit.
    pub(crate) known: Vec<String>,
}

/// The step that failed for a checkout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Inspect,
    CheckOut,
    Remove,
}

impl Trouble {
    /// The reason why a checkout could not be made or moved: local work, or a failure.
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

/// Where a module can be found.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    pub(crate) module: String,
    /// It is one of Odoo's own modules.
    pub(crate) is_core: bool,
    /// The profile has its repository already.
    pub(crate) is_known: bool,
    pub(crate) repos: Vec<RepoName>,
}

/// A pin compared with the head of its branch or tag.
#[derive(Debug)]
pub(crate) struct Outdated {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    pub(crate) locked: CommitId,
    pub(crate) head: CommitId,
    pub(crate) hold: bool,
}
