//! What happened, as plain data and in words: commands fill it in, `output` prints it.

mod checkout;
mod difference;
mod finding;
mod held;
mod in_front;
mod merge;
mod outcome;
mod rule;
mod severity;
mod submodule;
#[cfg(test)]
mod tests;

pub(crate) use checkout::{NAMED, OtherTree, RepoStatus, State, Verified};
pub(crate) use difference::{Difference, Unmet, WhyUnmet};
pub(crate) use finding::{Finding, Needer, Problem, Spot, StillNeeded, WhyMissing};
pub(crate) use held::{Held, Rewritten, WhyHeld, Younger};
pub(crate) use in_front::InFront;
pub(crate) use merge::{ConflictWith, MergeConflict, MergeNote, MergeNoteKind, StepDifference};
pub(crate) use outcome::{
    Done, Failure, MissingDirectory, NotOdoo, Outcome, RepoOutcome, Step, Survivor, Trouble, failures,
};
pub(crate) use rule::{RULES, Severity};
pub(crate) use severity::Count;
pub(crate) use submodule::SubmoduleDifference;

use std::fmt;

use crate::forge::{RequestState, Told};
use crate::repo::{CommitId, MergeSource, Reference, RepoName, counted, day};

/// Where a module can be found.
#[derive(Debug)]
pub(crate) struct Whereabouts {
    pub(crate) module: String,
    /// It is one of Odoo's own modules.
    pub(crate) is_core: bool,
    /// The profile has its repository already.
    pub(crate) is_known: bool,
    pub(crate) repos: Vec<RepoName>,
    /// If no repository has it: the modules whose names contain this name, each with its repositories.
    pub(crate) containing: Vec<(String, Vec<RepoName>)>,
}

/// A pin compared with the head of its branch or tag.
#[derive(Debug)]
pub(crate) struct Outdated {
    pub(crate) name: RepoName,
    pub(crate) reference: Reference,
    pub(crate) locked: CommitId,
    pub(crate) head: CommitId,
    pub(crate) hold: bool,
    /// `None` if it could not be found out.
    pub(crate) behind: Option<Behind>,
    /// Why an upgrade would not move it. `None` if it would.
    pub(crate) stays: Option<String>,
}

/// How far a pin is behind its branch or tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Behind {
    /// How many commits the head has and the pin does not have. `None` if the remote does not have the pin any more.
    pub(crate) commits: Option<usize>,
    /// The committer date of the head, in seconds since 1970.
    pub(crate) time: i64,
}

/// A merge, compared with its remote and its forge.
#[derive(Debug)]
pub(crate) struct FollowedMerge {
    pub(crate) repo: RepoName,
    pub(crate) source: MergeSource,
    pub(crate) locked: CommitId,
    /// `None` if it is as it was locked.
    pub(crate) state: Option<MergeState>,
    /// What the forge said. `None` if it is no request on a forge.
    pub(crate) request: Option<Told>,
    pub(crate) hold: bool,
}

impl FollowedMerge {
    /// How it changed, and what the forge says, if that is more.
    pub(crate) fn words(&self) -> String {
        let is_news = |told: &&Told| {
            let says_more = !matches!(told.state, RequestState::Merged | RequestState::Unknown);
            says_more || !matches!(self.state, Some(MergeState::Merged { .. }))
        };
        let told = self.request.as_ref().filter(is_news).map(Told::to_string);
        let words: Vec<String> = self.state.map(|state| state.to_string()).into_iter().chain(told).collect();
        words.join("; ")
    }
}

/// How a merge changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MergeState {
    /// It has this number of new commits.
    Moved { head: CommitId, commits: usize },
    /// Its new head does not contain the locked commit.
    Rewritten { head: CommitId },
    /// The branch of the repository has it; since this time in seconds since 1970, if it is known.
    Merged { on: Option<i64> },
    /// The branch had it, and a later commit reverts it.
    Reverted,
    /// Its remote does not have it any more.
    Gone,
}

/// To follow the merge.
impl fmt::Display for MergeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { commits, .. } => {
                write!(f, "moved by {}", counted(*commits, "commit", "commits"))
            }
            Self::Rewritten { .. } => f.write_str("rewritten"),
            Self::Merged { on } => {
                let on: String = on.iter().map(|time| format!(" on {}", day(*time))).collect();
                write!(f, "merged upstream{on}")
            }
            Self::Reverted => f.write_str("merged upstream, then reverted"),
            Self::Gone => f.write_str("gone"),
        }
    }
}
