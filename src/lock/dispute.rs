//! What two sides of a merge moved to different commits.

use std::fmt;

use super::schema::{LockedRepo, Pin};
use crate::repo::{CommitId, MergeSource, RepoName};

/// One of two branches that are merged, named as in git.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    Ours,
    Theirs,
}

/// A pin, or a merge of it, that the two sides moved to different commits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Dispute {
    pub(crate) pin: Pin,
    /// `None` for the pin itself.
    pub(crate) merge: Option<MergeSource>,
    pub(crate) ours: CommitId,
    pub(crate) theirs: CommitId,
}

/// A dispute that is decided.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) dispute: Dispute,
    pub(crate) side: Side,
    /// Whether the commit of this side contains the other one.
    pub(crate) is_newer: bool,
}

impl Dispute {
    /// What is typed for it: the name of the repository, or the merge.
    pub(crate) fn what(&self) -> String {
        self.merge.as_ref().map_or_else(|| self.pin.name.to_string(), |merge| merge.of(&self.pin.name))
    }
}

/// What two sides of a merge wrote for one repository, in one lock without conflict markers.
#[derive(Clone, Debug)]
pub(crate) struct Twice {
    pub(crate) name: RepoName,
    /// `None` if only what is declared differs, such as the merges.
    pub(crate) dispute: Option<Dispute>,
    /// The field that is repeated in one entry. `None` if there are two entries.
    pub(crate) why: Option<String>,
}

impl Twice {
    pub(super) fn of(ours: &LockedRepo, theirs: &LockedRepo, why: Option<String>) -> Self {
        let dispute = if ours.pin.has_base_of(&theirs.pin) {
            differences(ours, theirs).into_iter().next()
        } else {
            None
        };
        Self { name: ours.pin.name.clone(), dispute, why }
    }
}

/// To follow "was edited".
impl fmt::Display for Twice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, dispute, why } = self;
        let what = dispute.as_ref().map_or_else(|| name.to_string(), Dispute::what);
        let commits = dispute.as_ref().map(|Dispute { ours, theirs, .. }| [ours, theirs]);
        match (commits, why) {
            (Some([ours, theirs]), None) => {
                write!(f, "it has two entries for `{what}`, at `{ours}` and at `{theirs}`")
            }
            (Some([ours, theirs]), Some(why)) => {
                write!(f, "it has two commits for `{what}`, `{ours}` and `{theirs}`: {why}")
            }
            (None, None) => write!(f, "it has two entries for `{what}`, and what is declared for it differs"),
            (None, Some(why)) => write!(f, "it has what two sides of a merge declare for `{what}`: {why}"),
        }
    }
}

/// The commit of an entry, or of one of its merges.
pub(super) fn commit_of(repo: &LockedRepo, merge: Option<&MergeSource>) -> Option<CommitId> {
    let Some(source) = merge else { return Some(repo.commit) };
    let place = repo.pin.pending.merges.iter().position(|pending| pending.source == *source)?;
    Some(repo.merges.get(place)?.commit)
}

/// What is at different commits in two entries of one base: the pin, and the merges that both have.
pub(super) fn differences(ours: &LockedRepo, theirs: &LockedRepo) -> Vec<Dispute> {
    let merges = ours.pin.pending.merges.iter().map(|pending| Some(&pending.source));
    let difference = |merge: Option<&MergeSource>| {
        let (ours_at, theirs_at) = (commit_of(ours, merge)?, commit_of(theirs, merge)?);
        let dispute =
            || Dispute { pin: ours.pin.clone(), merge: merge.cloned(), ours: ours_at, theirs: theirs_at };
        (ours_at != theirs_at).then(dispute)
    };
    [None].into_iter().chain(merges).filter_map(difference).collect()
}
