//! What happened, as plain data: commands fill it in, `output` words it.

mod finding;
mod submodule;

pub(crate) use finding::{Count, Finding, Needer, Problem, RULES, Severity, Spot, WhyMissing};
pub(crate) use submodule::SubmoduleDifference;

use crate::export::{Alteration, Error as ExportError};
use crate::git::{CheckoutError, Error as GitError};
use crate::lock::{Seal, Untrue};
use crate::repo::{CommitId, Reference, RepoName, TreeId, UnreadableTree};

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

/// A commit with another tree than the lock says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OtherTree {
    pub(crate) commit: CommitId,
    pub(crate) locked: TreeId,
    pub(crate) found: TreeId,
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

/// One way in which a lock is not what `repos.toml` declares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    /// There is no lock at all.
    NoLock,
    /// Declared, and not in the lock with this reference and url.
    Unpinned {
        name: RepoName,
        profiles: Vec<String>,
    },
    /// In the lock, and declared by no profile.
    Undeclared {
        name: RepoName,
        reference: Reference,
    },
    Reference {
        name: RepoName,
        declared: Reference,
        locked: Reference,
    },
    Url {
        name: RepoName,
        declared: String,
        locked: String,
    },
    Addons {
        name: RepoName,
        declared: Vec<String>,
        locked: Vec<String>,
    },
    ProfileMissing {
        profile: String,
    },
    ProfileUndeclared {
        profile: String,
    },
    Series {
        profile: String,
        declared: String,
        locked: String,
    },
    /// The layout of the profile's export, or what is left out of it.
    Export {
        profile: String,
    },
    /// The directories in which the profile looks for modules.
    ProfileAddons {
        profile: String,
    },
    /// The profile's repositories, or their order.
    Repos {
        profile: String,
    },
    /// The profile selects modules and the lock records no selection of it, or the other way round.
    Selects {
        profile: String,
        declared: bool,
    },
    /// What the profile selects follows no longer from what is declared and from the lock's facts.
    Modules {
        profile: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// The user's own directories of a profile that selects.
    Locals {
        profile: String,
    },
    /// What the modules in one of them depend on.
    LocalDepends {
        profile: String,
        directory: String,
        more: Vec<String>,
        fewer: Vec<String>,
    },
    /// A module is asked for that the lock cannot give.
    Unmet(Unmet),
    /// A `rev` is declared and the commit is another.
    Commit {
        name: RepoName,
        declared: CommitId,
        locked: CommitId,
    },
    /// The remote's branch or tag does not lead to the pin: it was rewritten, or the pin is somebody's fork.
    Unreachable {
        name: RepoName,
        reference: Reference,
        commit: CommitId,
    },
    /// An entry of the lock is not as it was written.
    Edited {
        name: RepoName,
        reference: Reference,
        seal: Seal,
    },
    /// The lock says of a commit what is not so.
    Untrue {
        name: RepoName,
        commit: CommitId,
        untrue: Untrue,
    },
    /// The file is not what oca would write: sorted or spaced by hand.
    Layout,
    /// The lock is what is declared, and a submodule is not what the lock says.
    Submodule(SubmoduleDifference),
}

/// A module that `modules` asks for, and that is not there or not in that version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unmet {
    /// Its name and, where that is at fault, the requirement on its version.
    pub(crate) module: String,
    /// The repository whose `modules` it is; else it is the profile's own.
    pub(crate) repo: Option<RepoName>,
    pub(crate) why: WhyUnmet,
    /// All that ask for it.
    pub(crate) profiles: Vec<String>,
}

/// See [`Unmet`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum WhyUnmet {
    /// Odoo itself brings it.
    Core,
    Nowhere {
        /// A repository of the lock that has it and was not meant.
        elsewhere: Option<RepoName>,
        /// A name that is much like it.
        near: Option<String>,
        /// Whether the profile has directories of the user's own, where it may be.
        may_be_local: bool,
    },
    Version {
        repo: RepoName,
        version: String,
    },
}

/// The state of one checkout against the lock.
#[derive(Debug)]
pub(crate) struct RepoStatus {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) locked: Option<CommitId>,
    pub(crate) actual: Option<CommitId>,
    /// What is to be said besides: the changed files.
    pub(crate) detail: Option<String>,
}

/// See [`RepoStatus`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Clean,
    Missing,
    OtherCommit,
    Dirty,
    LocalCommits,
    NotGit,
    Undeclared,
    Skipped,
    /// It could not be looked at; the detail says why.
    Unreadable,
}

/// The content of a checkout, or of a repository in an export, against the lock.
#[derive(Debug)]
pub(crate) struct Verified {
    /// `None` for files that belong to no repository.
    pub(crate) name: Option<RepoName>,
    /// How many files were compared.
    pub(crate) files: usize,
    /// By path.
    pub(crate) alterations: Vec<Alteration>,
    /// What is wrong besides, or kept the files from being compared.
    pub(crate) trouble: Option<String>,
}

impl Verified {
    /// With nothing looked at yet.
    pub(crate) fn new(name: &RepoName) -> Self {
        Self { name: Some(name.clone()), files: 0, alterations: Vec::new(), trouble: None }
    }

    pub(crate) fn is_fine(&self) -> bool {
        self.alterations.is_empty() && self.trouble.is_none()
    }
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
