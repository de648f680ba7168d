//! The state of `oca resolve`, in the git directory of the checkout.

use serde::Deserialize;

use super::wire::Wire;
use crate::git::{Before, OpenMerge};
use crate::ops::merging::{Made, Refreshed, Unmade};
use crate::patch::Header;
use crate::repo::{CommitId, TreeId};

/// The newest version. It names what a person finished.
pub(super) const VERSION: u32 = 3;
/// A state with patches in which nothing is finished. Older versions of oca read it and the next one.
const WITHOUT_FINISHED: u32 = 2;
const WITHOUT_PATCHES: u32 = 1;

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

impl State {
    /// Reads what [`render`](Self::render) wrote.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Unread> {
        let Versioned { version } = serde_json::from_slice(text).map_err(|_| Unread::Damaged)?;
        if version > VERSION {
            return Err(Unread::Newer { version });
        }
        let wire: Option<Wire> = serde_json::from_slice(text).ok().filter(|_| version >= WITHOUT_PATCHES);
        wire.and_then(Wire::read).ok_or(Unread::Damaged)
    }

    pub(super) fn render(&self) -> String {
        let is_open = self.open.as_ref().is_some_and(|open| matches!(open.of, Unmade::Patch { .. }));
        let has_patches = is_open || !self.patches.is_empty();
        let version = match (self.finished.is_empty(), has_patches) {
            (false, _) => VERSION,
            (true, true) => WITHOUT_FINISHED,
            (true, false) => WITHOUT_PATCHES,
        };
        let wire = Wire::of(version, self);
        let mut text = serde_json::to_string_pretty(&wire).expect("a value without maps");
        text.push('\n');
        text
    }
}

/// Why a state cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unread {
    /// A newer oca wrote it.
    Newer {
        version: u32,
    },
    Damaged,
}

/// All versions have it.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}
