//! The lock: what changed in it, whether it is fresh, and what is newer.

use serde::Serialize;

use super::diff::{DiffReport, SeriesDiff};
use super::failure::FailureEntry;
use crate::diff::{Changelogs, LockDiff};
use crate::error::Error;
use crate::forge::{RequestState, Review, Title, Told};
use crate::lock::{Change, Dispute, Settled, Side};
use crate::repo::{CommitId, MergeSource, RepoName};
use crate::report::{Difference, FollowedMerge, Held, MergeState, Outdated};

/// `oca lock`, `oca upgrade`, `oca add` and `oca remove`: what changed in the lock.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChangeReport<'a> {
    /// By name.
    pub(crate) changes: Vec<PinChange<'a>>,
    /// The repositories that an upgrade left as they are.
    pub(crate) held: Vec<HeldPin<'a>>,
    /// What both sides of a merge in git moved: which side's commit was taken.
    pub(crate) settled: Vec<SettledPin<'a>>,
}

/// A pin or a merge with two commits in a lock that git could not merge.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SettledPin<'a> {
    pub(crate) name: &'a RepoName,
    /// The merge, as it is declared; `null` if this is about the repository itself.
    pub(crate) merge: Option<&'a MergeSource>,
    /// The side whose commit was taken.
    pub(crate) side: MergeSide,
    pub(crate) ours: CommitId,
    pub(crate) theirs: CommitId,
    /// Whether it was taken because it contains the commit of the other side. Otherwise the user chose it.
    pub(crate) newer: bool,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MergeSide {
    Ours,
    Theirs,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HeldPin<'a> {
    pub(crate) name: &'a RepoName,
    pub(crate) commit: CommitId,
    /// One sentence.
    pub(crate) why: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PinChange<'a> {
    pub(crate) name: &'a RepoName,
    pub(crate) change: PinChangeKind,
    /// The merge, as it is declared; `null` if this is about the repository itself.
    pub(crate) merge: Option<&'a MergeSource>,
    /// The commit before; `null` if the pin is new or did not move.
    pub(crate) from: Option<CommitId>,
    /// The commit now; `null` if the pin is gone or did not move.
    pub(crate) to: Option<CommitId>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PinChangeKind {
    Added,
    Removed,
    Moved,
    /// A merge of it came, went or moved.
    Merge,
    /// The same commit, read again.
    Reread,
}

impl<'a> ChangeReport<'a> {
    pub(crate) fn of(changes: &'a [Change], held: &'a [Held], settled: &'a [Settled]) -> Self {
        let changes = changes.iter().map(PinChange::of).collect();
        let pin = |Held { pin, commit, why }: &'a Held| HeldPin {
            name: &pin.name,
            commit: *commit,
            why: why.to_string(),
        };
        let settled = settled.iter().map(SettledPin::of).collect();
        Self { changes, held: held.iter().map(pin).collect(), settled }
    }
}

impl<'a> SettledPin<'a> {
    fn of(Settled { dispute, side, is_newer }: &'a Settled) -> Self {
        let Dispute { pin, merge, ours, theirs } = dispute;
        let side = match side {
            Side::Ours => MergeSide::Ours,
            Side::Theirs => MergeSide::Theirs,
        };
        Self { name: &pin.name, merge: merge.as_ref(), side, ours: *ours, theirs: *theirs, newer: *is_newer }
    }
}

impl<'a> PinChange<'a> {
    fn of(change: &'a Change) -> Self {
        let (kind, from, to) = match *change {
            Change::Added { commit, .. } => (PinChangeKind::Added, None, Some(commit)),
            Change::Removed { commit, .. } => (PinChangeKind::Removed, Some(commit), None),
            Change::Moved { from, to, .. } => (PinChangeKind::Moved, Some(from), Some(to)),
            Change::Merge { from, to, .. } => (PinChangeKind::Merge, from, to),
            Change::Reread { .. } => (PinChangeKind::Reread, None, None),
        };
        let merge = if let Change::Merge { source, .. } = change { Some(source) } else { None };
        Self { name: &change.pin().name, change: kind, merge, from, to }
    }
}

/// `oca lock --check`: whether the lock is what is declared.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FreshnessReport {
    /// Whether there is no difference, and every repository was asked that should be asked.
    pub(crate) fresh: bool,
    /// Whether the gitlinks were compared: not without a git repository, and not if the lock is out of date. `null` with
    /// `mode = "clone"`.
    pub(crate) gitlinks: Option<GitlinksKind>,
    /// Each difference in words.
    pub(crate) differences: Vec<String>,
    /// Why repositories could not be asked.
    pub(crate) errors: Vec<FailureEntry>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GitlinksKind {
    Compared,
    NotCompared,
}

impl FreshnessReport {
    /// `failed` has the repositories that could not be asked.
    pub(crate) fn of(
        differences: &[Difference],
        gitlinks: Option<GitlinksKind>,
        failed: Option<&Error>,
    ) -> Self {
        let fresh = differences.is_empty() && failed.is_none();
        let errors = failed.map(FailureEntry::all).unwrap_or_default();
        let differences = differences.iter().map(ToString::to_string).collect();
        Self { fresh, gitlinks, differences, errors }
    }
}

/// `oca outdated`: the pins that are behind.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutdatedReport<'a> {
    pub(crate) repos: Vec<OutdatedPin<'a>>,
    /// The merges that are not as they were locked.
    pub(crate) merges: Vec<OutdatedMergePin<'a>>,
    /// The requests on forges.
    pub(crate) requests: Vec<RequestEntry<'a>>,
    /// What an upgrade would change, as `oca diff` tells it.
    pub(crate) changes: Vec<SeriesDiff<'a>>,
    /// Why repositories could not be asked. Nothing is known of these.
    pub(crate) errors: Vec<FailureEntry>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutdatedMergePin<'a> {
    pub(crate) repo: &'a RepoName,
    /// As it is declared.
    pub(crate) merge: &'a MergeSource,
    pub(crate) state: MergeStateKind,
    /// The commit in the lock.
    pub(crate) locked: CommitId,
    /// The commit to which it leads now; `null` if it did not move.
    pub(crate) head: Option<CommitId>,
    /// The number of new commits; `null` if that is not known.
    pub(crate) commits: Option<usize>,
    /// Whether `repos.toml` keeps `oca lock --upgrade` from moving it.
    pub(crate) hold: bool,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MergeStateKind {
    Moved,
    Rewritten,
    Merged,
    Reverted,
    Gone,
}

/// What a forge says about a request.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RequestEntry<'a> {
    pub(crate) repo: &'a RepoName,
    /// As it is declared.
    pub(crate) merge: &'a MergeSource,
    pub(crate) state: RequestStateKind,
    /// Of an open request; `null` if there is none, or if it is not known.
    pub(crate) review: Option<ReviewKind>,
    /// `null` if it is not known.
    pub(crate) title: Option<&'a str>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestStateKind {
    Open,
    Closed,
    Merged,
    Unknown,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ReviewKind {
    Approved,
    ChangesRequested,
    ReviewRequired,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OutdatedPin<'a> {
    pub(crate) name: &'a RepoName,
    /// The commit in the lock.
    pub(crate) locked: CommitId,
    /// The commit to which the branch or tag leads now.
    pub(crate) head: CommitId,
    /// Whether `repos.toml` keeps `oca lock --upgrade` from moving the pin.
    pub(crate) hold: bool,
    /// How many commits the head has and the pin does not have; `null` if that is not known.
    pub(crate) commits: Option<usize>,
    /// When the head was made, as a Unix timestamp in seconds; `null` if that is not known.
    pub(crate) time: Option<i64>,
    /// Why an upgrade would not move the pin; `null` if it would.
    pub(crate) stays: Option<&'a str>,
}

impl<'a> OutdatedReport<'a> {
    pub(crate) fn of(
        repos: &'a [Outdated],
        merges: &'a [FollowedMerge],
        diffs: &'a [LockDiff<'a>],
        changelogs: &'a Changelogs<'a>,
        failed: Option<&Error>,
    ) -> Self {
        Self {
            repos: repos.iter().map(OutdatedPin::of).collect(),
            merges: merges.iter().filter_map(OutdatedMergePin::of).collect(),
            requests: merges.iter().filter_map(RequestEntry::of).collect(),
            changes: DiffReport::of(diffs, changelogs, &[]).changes,
            errors: failed.map(FailureEntry::all).unwrap_or_default(),
        }
    }
}

impl<'a> OutdatedMergePin<'a> {
    /// `None` if it is as it was locked.
    fn of(merge: &'a FollowedMerge) -> Option<Self> {
        let FollowedMerge { repo, source, locked, state, hold, .. } = merge;
        let (state, head, commits) = match (*state)? {
            MergeState::Moved { head, commits } => (MergeStateKind::Moved, Some(head), Some(commits)),
            MergeState::Rewritten { head } => (MergeStateKind::Rewritten, Some(head), None),
            MergeState::Merged { .. } => (MergeStateKind::Merged, None, None),
            MergeState::Reverted => (MergeStateKind::Reverted, None, None),
            MergeState::Gone => (MergeStateKind::Gone, None, None),
        };
        Some(Self { repo, merge: source, state, locked: *locked, head, commits, hold: *hold })
    }
}

impl<'a> RequestEntry<'a> {
    /// `None` if it is no request on a forge.
    fn of(merge: &'a FollowedMerge) -> Option<Self> {
        let Told { state, title, review } = merge.request.as_ref()?;
        let state = match state {
            RequestState::Open => RequestStateKind::Open,
            RequestState::Closed => RequestStateKind::Closed,
            RequestState::Merged => RequestStateKind::Merged,
            RequestState::Unknown => RequestStateKind::Unknown,
        };
        let review = review.map(|review| match review {
            Review::Approved => ReviewKind::Approved,
            Review::ChangesRequested => ReviewKind::ChangesRequested,
            Review::Required => ReviewKind::ReviewRequired,
        });
        let title = title.as_ref().map(Title::as_str);
        Some(Self { repo: &merge.repo, merge: &merge.source, state, review, title })
    }
}

impl<'a> OutdatedPin<'a> {
    fn of(repo: &'a Outdated) -> Self {
        Self {
            name: &repo.name,
            locked: repo.locked,
            head: repo.head,
            hold: repo.hold,
            commits: repo.behind.and_then(|behind| behind.commits),
            time: repo.behind.map(|behind| behind.time),
            stays: repo.stays.as_deref(),
        }
    }
}
