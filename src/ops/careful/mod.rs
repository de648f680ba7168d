//! A careful upgrade: what must be true of a commit before a pin moves to it.
//!
//! `cooldown` chooses the commit, when the remote is asked. `remarks` are what is noticed about a new commit, such as a
//! rewritten history. `holding` looks at the whole new lock, and gives entries back that go too far or break something.

mod clean;
mod cooldown;
mod holding;
mod remarks;

pub(super) use cooldown::{Chosen, choose};
pub(super) use holding::{Candidate, hold_back};
pub(super) use remarks::{Remark, doubt, rewritten};

use crate::diff::VersionStep;
use crate::repo::Age;

/// What an upgrade must avoid.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Care {
    /// The furthest step that a version of a selected module may make: one of patch, minor, major.
    pub(crate) max_bump: Option<VersionStep>,
    /// How old a commit must be. `None`: as `repos.toml` says.
    pub(crate) cooldown: Option<Age>,
    /// Whether a repository stays if its new commit brings a new error of `oca check`, or a new conflict.
    pub(crate) only_clean: bool,
    /// Whether a rewritten history is an error.
    pub(crate) no_rewrites: bool,
    /// Whether the new lock is only looked at: who looks tells what moved.
    pub(crate) is_foreseen: bool,
}

impl Care {
    /// Whether entries may be given back.
    fn holds(self) -> bool {
        self.max_bump.is_some() || self.only_clean
    }
}
