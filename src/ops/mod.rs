//! Steps that several commands share. What they did, they report through the [`Printer`](crate::output::Printer), in the
//! same words for every command.

mod ahead;
mod checkouts;
mod given;
mod lacking;
mod lfs;
mod names;
mod remotes;
mod rewrite;
pub(crate) mod search;
pub(crate) mod submodules;
mod target;
mod unknown;
mod update;

pub(crate) use ahead::Ahead;
pub(crate) use checkouts::{
    WantedCheckout, clear_leftovers, keep_out, keep_out_of_directories, prepare_directories, undeclared,
    wanted,
};
pub(crate) use lacking::{known, lacking, lacking_for, lacking_in_all, warn_of_lacking};
pub(crate) use lfs::{pointers, warn_of_pointers};
pub(crate) use names::{named_repos, repo_name, unknown_repo};
pub(crate) use remotes::{OfPin, Remotes, Watch, outcome_of};
pub(crate) use rewrite::{Rewrite, tell};
pub(crate) use target::{CheckoutTarget, confirm_trees, other_module};
pub(crate) use unknown::{refuse_unknown, without_init};
pub(crate) use update::{read, update};
