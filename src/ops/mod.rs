//! What several commands do: each is a step of a command, and none has arguments or a report of its own.

mod ahead;
mod checkouts;
mod remotes;
mod rewrite;
pub(crate) mod search;
pub(crate) mod submodules;
mod target;
mod update;

pub(crate) use ahead::Ahead;
pub(crate) use checkouts::{Wanted, clear_leftovers, keep_out, prepare_directories, undeclared, wanted};
pub(crate) use remotes::{Job, Remotes, Watch, outcome_of};
pub(crate) use rewrite::{Rewrite, tell};
pub(crate) use target::{Target, confirm_tree};
pub(crate) use update::{read, update};
