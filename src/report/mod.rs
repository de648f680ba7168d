//! What happened, as plain data and in words: commands fill it in, `output` prints it.

mod checkout;
mod difference;
mod finding;
mod merge;
mod outcome;
mod rule;
mod submodule;
#[cfg(test)]
mod tests;

pub(crate) use checkout::{NAMED, OtherTree, RepoStatus, State, Verified};
pub(crate) use difference::{Difference, Unmet, WhyUnmet};
pub(crate) use finding::{Count, Finding, Needer, Problem, Spot, StillNeeded, WhyMissing};
pub(crate) use merge::{ConflictWith, MergeConflict, MergeNote, MergeNoteKind, StepDifference};
pub(crate) use outcome::{Done, Failure, MissingDirectory, Outcome, RepoOutcome, Step, Trouble, failures};
pub(crate) use rule::{RULES, Severity};
pub(crate) use submodule::SubmoduleDifference;

use crate::repo::{CommitId, Reference, RepoName};

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
}
