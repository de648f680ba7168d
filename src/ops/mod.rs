//! Steps that several commands share. They print notes and warnings; the commands print the reports.

mod ahead;
mod checkouts;
mod lacking;
mod names;
mod remotes;
mod rewrite;
pub(crate) mod search;
pub(crate) mod submodules;
mod target;
mod update;

pub(crate) use ahead::Ahead;
pub(crate) use checkouts::{
    WantedCheckout, clear_leftovers, keep_out, prepare_directories, undeclared, wanted,
};
pub(crate) use lacking::{known, lacking, lacking_for, warn_of_lacking};
pub(crate) use names::{named_repos, repo_name, unknown_repo};
pub(crate) use remotes::{OfPin, Remotes, Watch, outcome_of};
pub(crate) use rewrite::{Rewrite, tell};
pub(crate) use target::{CheckoutTarget, confirm_tree};
pub(crate) use update::{read, update};
