//! The state of `oca resolve`, in the git directory of the checkout.

use crate::git::{Before, OpenMerge};
use crate::ops::merging::{Made, Refreshed, Unmade};
use crate::patch::Header;
use crate::repo::{CommitId, TreeId};

/// How far the merges of a repository are.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What was declared when the merge was opened: the reference, the url, the merges.
    pub(super) declared: Vec<String>,
    /// The commit of the repository in the lock then.
    pub(super) locked: Option<CommitId>,
    /// What moves, as it is typed. Empty if nothing moves.
    pub(super) moves: String,
    pub(super) base: CommitId,
    /// The merges that are made.
    pub(super) answers: Vec<Made>,
    /// The patches that were made to fit, in the order in which they were made.
    pub(super) patches: Vec<Refreshed>,
    /// The merges and patches that a person finished, as they are typed.
    pub(super) finished: Vec<String>,
    /// The next merge or patch, if it is open in the checkout.
    pub(super) open: Option<OpenState>,
    /// What the checkout still has of the last merge that a person made.
    pub(super) taken: Option<Taken>,
    pub(super) before: Before,
}

/// A resolution that is among the answers, as the person left it in the checkout.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) merge: OpenMerge,
    pub(super) tree: TreeId,
}

/// The merge or the patch that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenState {
    pub(super) merge: OpenMerge,
    /// As it is typed.
    pub(super) what: String,
    pub(super) of: Unmade,
    pub(super) header: Header,
}
