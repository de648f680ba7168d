//! What was done with repositories, and what their checkouts and exports hold.

use serde::Serialize;

use crate::export::{Alteration, FileState};
use crate::repo::{CommitId, RepoName};
use crate::report::{Done, NAMED, Outcome, RepoOutcome, RepoStatus, State, Trouble, Verified};

/// `oca sync` and `oca export`: what was done or, with `--dry-run`, what would be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutcomeReport<'a> {
    pub(crate) repos: Vec<OutcomeOfRepo<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutcomeOfRepo<'a> {
    pub(crate) name: &'a RepoName,
    pub(crate) outcome: OutcomeKind,
    /// The commit that the repository has now, if that is new.
    pub(crate) commit: Option<CommitId>,
    /// The outcome in words.
    pub(crate) message: String,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OutcomeKind {
    Locked,
    UpToDate,
    Outdated,
    Created,
    Moved,
    Refreshed,
    Relocated,
    Removed,
    Exported,
    Listed,
    NotThere,
    /// The user works on a branch there, so it was left alone.
    InWork,
    /// Its files cannot be exported.
    Refused,
    /// It was left alone because of local work.
    Kept,
    Failed,
}

impl<'a> OutcomeReport<'a> {
    /// `dry` means that nothing was done.
    pub(crate) fn of(outcomes: &'a [RepoOutcome], dry: bool) -> Self {
        Self { repos: outcomes.iter().map(|repo| OutcomeOfRepo::of(repo, dry)).collect() }
    }
}

impl<'a> OutcomeOfRepo<'a> {
    fn of(repo: &'a RepoOutcome, dry: bool) -> Self {
        let (outcome, commit) = kind(&repo.outcome);
        Self { name: &repo.name, outcome, commit, message: repo.words(dry) }
    }
}

fn kind(outcome: &Outcome) -> (OutcomeKind, Option<CommitId>) {
    match outcome {
        Ok(Done::Locked { to, .. }) => (OutcomeKind::Locked, Some(*to)),
        Ok(Done::UpToDate) => (OutcomeKind::UpToDate, None),
        Ok(Done::Outdated) => (OutcomeKind::Outdated, None),
        Ok(Done::Created(commit)) => (OutcomeKind::Created, Some(*commit)),
        Ok(Done::Moved { to, .. }) => (OutcomeKind::Moved, Some(*to)),
        Ok(Done::Refreshed { commit, .. }) => (OutcomeKind::Refreshed, Some(*commit)),
        Ok(Done::Relocated { .. }) => (OutcomeKind::Relocated, None),
        Ok(Done::Removed) => (OutcomeKind::Removed, None),
        Ok(Done::Exported { .. }) => (OutcomeKind::Exported, None),
        Ok(Done::Listed(_)) => (OutcomeKind::Listed, None),
        Ok(Done::PassedOver(_)) => (OutcomeKind::NotThere, None),
        Ok(Done::InWork(_)) => (OutcomeKind::InWork, None),
        Err(Trouble::Export(_)) => (OutcomeKind::Refused, None),
        Err(Trouble::Kept(_)) => (OutcomeKind::Kept, None),
        Err(_) => (OutcomeKind::Failed, None),
    }
}

/// `oca status`: the checkouts against the lock.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StatusReport<'a> {
    pub(crate) repos: Vec<CheckoutStatus<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckoutStatus<'a> {
    pub(crate) name: &'a str,
    pub(crate) state: CheckoutState,
    /// The commit in the lock.
    pub(crate) locked: Option<CommitId>,
    /// The commit that is checked out.
    pub(crate) actual: Option<CommitId>,
    /// More about the state in words, such as the changed files.
    pub(crate) detail: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckoutState {
    Clean,
    Missing,
    OtherCommit,
    Dirty,
    LocalCommits,
    NotGit,
    Undeclared,
    Skipped,
    /// A merge or a patch of `oca resolve` is open.
    Resolving,
    /// The user works on a branch there.
    InWork,
    /// It could not be read; `detail` says why.
    Unreadable,
}

impl<'a> StatusReport<'a> {
    pub(crate) fn of(repos: &'a [RepoStatus]) -> Self {
        Self { repos: repos.iter().map(CheckoutStatus::of).collect() }
    }
}

impl<'a> CheckoutStatus<'a> {
    fn of(repo: &'a RepoStatus) -> Self {
        let RepoStatus { name, state, locked, actual, detail } = repo;
        let state = match state {
            State::Clean => CheckoutState::Clean,
            State::Missing => CheckoutState::Missing,
            State::OtherCommit => CheckoutState::OtherCommit,
            State::Dirty => CheckoutState::Dirty,
            State::LocalCommits => CheckoutState::LocalCommits,
            State::NotGit => CheckoutState::NotGit,
            State::Undeclared => CheckoutState::Undeclared,
            State::Skipped => CheckoutState::Skipped,
            State::Resolving => CheckoutState::Resolving,
            State::InWork => CheckoutState::InWork,
            State::Unreadable => CheckoutState::Unreadable,
        };
        Self { name, state, locked: *locked, actual: *actual, detail: detail.as_deref() }
    }
}

/// `oca verify`: the files of the checkouts, or of an export, against the lock.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifyReport<'a> {
    /// Whether all files are as locked.
    pub(crate) verified: bool,
    pub(crate) repos: Vec<VerifiedRepo<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifiedRepo<'a> {
    /// `null` for files that belong to no repository.
    pub(crate) name: Option<&'a RepoName>,
    /// Whether all files of the repository are as locked.
    pub(crate) verified: bool,
    /// The number of files that were compared.
    pub(crate) files: usize,
    /// Why the files could not be compared, or what else is wrong, in words.
    pub(crate) trouble: Option<&'a str>,
    /// The first files that are not as locked, by path.
    pub(crate) alterations: Vec<AlteredFile>,
    /// The number of further files that are not as locked.
    pub(crate) more: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AlteredFile {
    /// Below the checkout or the export; what is not UTF-8 in it is replaced.
    pub(crate) path: String,
    pub(crate) state: AlterationKind,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AlterationKind {
    Altered,
    /// Its permissions differ.
    OtherMode,
    Missing,
    Extra,
}

impl<'a> VerifyReport<'a> {
    pub(crate) fn of(repos: &'a [Verified]) -> Self {
        Self {
            verified: repos.iter().all(Verified::is_fine),
            repos: repos.iter().map(VerifiedRepo::of).collect(),
        }
    }
}

impl<'a> VerifiedRepo<'a> {
    fn of(repo: &'a Verified) -> Self {
        Self {
            name: repo.name.as_ref(),
            verified: repo.is_fine(),
            files: repo.files,
            trouble: repo.trouble.as_deref(),
            alterations: repo.alterations.iter().take(NAMED).map(AlteredFile::of).collect(),
            more: repo.alterations.len().saturating_sub(NAMED),
        }
    }
}

impl AlteredFile {
    fn of(file: &Alteration) -> Self {
        let state = match file.state {
            FileState::Altered => AlterationKind::Altered,
            FileState::Mode => AlterationKind::OtherMode,
            FileState::Missing => AlterationKind::Missing,
            FileState::Extra => AlterationKind::Extra,
        };
        Self { path: file.path.to_string_lossy().into_owned(), state }
    }
}
