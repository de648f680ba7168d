//! What was done with each repository, and what kept it from being done.

use std::fmt;

use super::{MergeConflict, OtherTree};
use crate::export::Error as ExportError;
use crate::git::merging::Error as MergingError;
use crate::git::{CheckoutError, Error as GitError};
use crate::lock::Error as LockError;
use crate::repo::{
    Age, CommitId, CorePart, Reference, RepoName, Series, UnreadableTree, and_list, counted, typed,
};

/// The result for one repository.
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

/// A repository for which something failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) name: RepoName,
    /// The declared url without secrets. Empty if it is not known.
    pub(crate) url: String,
    pub(crate) trouble: Trouble,
    /// A similar name, if the remote does not know this name.
    pub(crate) near: Option<String>,
    /// What is left of its branch, if the pinned commit is gone and this is known.
    pub(crate) survivor: Option<Survivor>,
    /// Whether it needs a person in a project with submodules, where `oca resolve` and `oca patch` do not work.
    pub(crate) in_submodules: bool,
    /// Whether the command has `--force`, which discards local work.
    pub(crate) has_force: bool,
    /// Whether `oca resolve` has something open in its checkout.
    pub(crate) is_open: bool,
    /// The profiles that declare it, if a command needs `--profile` to find it.
    pub(crate) profiles: Vec<String>,
}

/// The newest commit of a branch that is not newer than a commit that is gone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Survivor {
    pub(crate) commit: CommitId,
    /// Its committer date, in seconds since 1970.
    pub(crate) time: i64,
}

impl Failure {
    pub(crate) fn new(name: RepoName, url: String, trouble: Trouble) -> Self {
        Self {
            name,
            url,
            trouble,
            near: None,
            survivor: None,
            in_submodules: false,
            has_force: true,
            is_open: false,
            profiles: Vec::new(),
        }
    }

    /// The beginning of a command for its repository.
    pub(crate) fn oca(&self) -> String {
        match self.profiles.first() {
            Some(profile) => format!("oca -p {}", typed(profile)),
            None => "oca".to_owned(),
        }
    }

    /// Whether a person has to resolve a merge, or to correct a patch.
    pub(crate) fn needs_person(&self) -> bool {
        matches!(self.trouble, Trouble::Conflict(_) | Trouble::Merge { .. })
    }

    /// Whether its pinned commit cannot be had any more.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.trouble, Trouble::Remote(GitError::Vanished { .. } | GitError::OutOfReach { .. }))
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
    /// The commit stayed the same. Its origin, its depth, the place of its git directory or changed files were corrected.
    Refreshed {
        commit: CommitId,
        /// Whether local work may have been discarded, because `--force` was given.
        by_force: bool,
    },
    /// Its work tree was moved to another path of the project; its commit stayed the same.
    Relocated {
        from: String,
        to: String,
    },
    Removed,
    Exported {
        modules: usize,
        files: usize,
    },
    /// The number of directories at its root that may be modules.
    Listed(usize),
    /// Nothing was done, for this reason, such as that the repository does not exist. This is not a failure.
    PassedOver(String),
    /// It was left alone, because the user works there on this branch.
    InWork(String),
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
    /// Its commit is not the Odoo that is declared.
    NotOdoo(NotOdoo),
    /// The tree of the locked commit is not the tree in the lock.
    OtherTree(OtherTree),
    /// All commits of its branch are younger than this.
    TooYoung { reference: Reference, cooldown: Age },
    /// A merge or a patch cannot be made: its name as it is typed, or the path of the patch.
    Merge { what: String, error: Box<MergingError> },
    /// A person has to resolve conflicts.
    Conflict(MergeConflict),
    /// The merge starts from a commit of the branch that is newer than the pin.
    NewerStart { what: String, start: CommitId, pin: CommitId, reference: Reference },
    /// The merge conflicts, because its modules are for another series.
    OtherSeries { what: String, found: Series, wanted: Series },
    /// The files of its steps are not as they were written.
    Steps(LockError),
    /// The commits of its merges could not be pushed.
    Push { base: CommitId, reference: Reference, error: Box<GitError> },
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
    /// What the repository is of Odoo itself.
    pub(crate) core: Option<CorePart>,
    /// The directories at the top of the commit.
    pub(crate) known: Vec<String>,
}

/// Why a commit is not the Odoo that is declared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NotOdoo {
    /// It does not have the program that starts Odoo.
    Server {
        commit: CommitId,
        server: &'static str,
    },
    /// It does not say of which series it is.
    Release {
        commit: CommitId,
        path: &'static str,
        /// The line of `version_info`, if the file assigns it.
        line: Option<usize>,
    },
    /// Its addons directories do not have the modules that they must have.
    Modules {
        commit: CommitId,
        part: CorePart,
        wanted: &'static str,
        addons: Vec<String>,
    },
    Series {
        commit: CommitId,
        path: &'static str,
        found: Series,
        wanted: Series,
    },
}

/// To follow the name of the repository.
impl fmt::Display for NotOdoo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { commit, server } => {
                write!(f, "is not Odoo: commit `{commit}` has no `{server}`")
            }
            Self::Release { commit, path, line } => {
                write!(f, "does not say of which series it is, in `{path}` of commit `{commit}`")?;
                match line {
                    Some(line) => write!(f, ": line {line} is not as `version_info = (18, 0, …)`"),
                    None => f.write_str(": it has no line `version_info = (18, 0, …)`"),
                }
            }
            Self::Modules { commit, wanted, addons, .. } => {
                write!(f, "has no {wanted} in {} at commit `{commit}`", and_list(addons))
            }
            Self::Series { commit, path, found, wanted } => {
                write!(f, "is Odoo {found}, not {wanted}, as `{path}` of commit `{commit}` says")
            }
        }
    }
}

/// The step that failed for a checkout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Inspect,
    CheckOut,
    Remove,
}

impl Trouble {
    /// Whether a merge of the repository failed. Then its old entry stays, and other repositories go on.
    pub(crate) fn is_of_merge(&self) -> bool {
        matches!(
            self,
            Self::Merge { .. } | Self::Conflict(_) | Self::NewerStart { .. } | Self::OtherSeries { .. }
        )
    }

    /// The reason why a checkout could not be made or moved: local work, or a failure.
    pub(crate) fn not_placed(error: CheckoutError) -> Self {
        match error {
            CheckoutError::Git(error) => Self::Checkout { step: Step::CheckOut, error },
            kept => Self::Kept(kept),
        }
    }

    /// The checkout could not be read.
    pub(crate) fn not_inspected(error: GitError) -> Self {
        Self::Checkout { step: Step::Inspect, error }
    }

    /// The checkout could not be removed.
    pub(crate) fn not_removed(error: GitError) -> Self {
        Self::Checkout { step: Step::Remove, error }
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
            Self::Refreshed { commit, .. } => format!("would refresh at {}", commit.short()),
            Self::Relocated { from, to } => format!("would move from `{from}` to `{to}`"),
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
            Self::Refreshed { commit, .. } => write!(f, "refreshed at {}", commit.short()),
            Self::Relocated { from, to } => write!(f, "moved from `{from}` to `{to}`"),
            Self::Removed => f.write_str("removed"),
            Self::Exported { modules, files } => {
                write!(f, "{}, {}", counted(*modules, "module", "modules"), counted(*files, "file", "files"))
            }
            Self::Listed(directories) => f.write_str(&counted(*directories, "directory", "directories")),
            Self::PassedOver(why) => write!(f, "skipped: {why}"),
            Self::InWork(branch) => write!(f, "in work on branch `{branch}`"),
        }
    }
}

/// To follow the name of the repository.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self {
            Self::Kept(_) | Self::Conflict(_) => "not changed",
            Self::Export(_) => "refused",
            _ => "failed",
        };
        write!(f, "{verb}: {}", self.why())
    }
}

impl Trouble {
    /// The cause.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Kept(error) => error.to_string(),
            Self::Export(error) => error.to_string(),
            Self::NoAddons(missing) => format!("there is no directory `{}`", missing.directory),
            Self::NotOdoo(not) => format!("it {not}"),
            Self::TooYoung { cooldown, .. } => format!("all commits are younger than {cooldown}"),
            Self::OtherTree(other) => other.to_string(),
            Self::Merge { what, error } => format!("cannot merge `{what}`: {error}"),
            Self::Conflict(conflict) => conflict.to_string(),
            Self::NewerStart { what, .. } => format!("`{what}` starts after the pin"),
            Self::OtherSeries { what, found, .. } => format!("`{what}` is for {found}"),
            Self::Steps(error) => error.to_string(),
            Self::Remote(error) | Self::Checkout { error, .. } => error.to_string(),
            Self::Push { error, .. } => error.to_string(),
        }
    }
}
