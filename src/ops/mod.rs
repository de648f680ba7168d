//! Steps that several commands share. What they did, they report through the [`Printer`](crate::output::Printer), in the
//! same words for every command.

mod ahead;
mod attributes;
mod bill;
mod careful;
mod changelogs;
mod checked;
mod checkouts;
mod compared;
mod content;
pub(crate) mod deep;
mod exported;
mod foreseen;
mod given;
mod hooks;
mod ignored;
mod in_front;
mod lacking;
mod merging;
mod module_checksums;
mod names;
mod new_own;
mod newer_enterprise;
mod old_core;
pub(crate) mod outdated;
mod own;
pub(crate) mod page;
mod placing;
mod plain_core;
mod remotes;
mod requirements;
mod resolving;
mod rewrite;
pub(crate) mod search;
pub(crate) mod submodules;
mod survivor;
mod target;
mod to_update;
mod unknown;
mod update;
mod updated;
mod user_patches;
mod vanished;
mod working;

pub(crate) use ahead::Ahead;
pub(crate) use attributes::{unfollowed, warn_of_pointers, warn_of_unfollowed};
pub(crate) use bill::bill;
pub(crate) use careful::Care;
pub(crate) use changelogs::{ask_changelogs, kept_changelogs, tell_unread_changelogs};
pub(crate) use checked::checked;
pub(crate) use checkouts::{
    WantedCheckout, clear_leftovers, keep_out, keep_out_of_directories, prepare_directories, tell_of_tracked,
    undeclared, wanted,
};
pub(crate) use content::Contents;
pub(crate) use exported::RepoExport;
pub(crate) use hooks::tell_of_hooks;
pub(crate) use ignored::warn_of_ignored;
pub(crate) use in_front::warn_of_in_front;
pub(crate) use lacking::{lacking, lacking_for, lacking_in_all, warn_of_lacking};
pub(crate) use merging::MergeJob;
pub(crate) use module_checksums::{ChecksumRequest, ModuleFiles, module_checksums};
pub(crate) use names::{NamedMerge, movable, movables, named_patch, named_repos, repo_name, unknown_repo};
pub(crate) use new_own::{NewOwn, OwnModule};
pub(crate) use old_core::record_core;
pub(crate) use own::{refuse_missing_in_image, refuse_missing_own, warn_of_missing_known};
pub(crate) use placing::{bring_locked, place_locked};
pub(crate) use plain_core::{plain_core, tell_of_plain_core};
pub(crate) use remotes::{OfPin, Remotes, Watch, outcome_of};
pub(crate) use requirements::{
    constraints, hint_of_markers, merging, of_odoo, requiring, warn_of_conflicts_with_odoo,
};
pub(crate) use resolving::{OpenMerge, OpenMerges, Resolving, is_open, open_words, unlocked_open_merges};
pub(crate) use rewrite::{Rewrite, Rewritten, tell};
pub(crate) use survivor::find_survivors;
pub(crate) use target::{CheckoutTarget, confirm_trees, other_module};
pub(crate) use to_update::{ToUpdate, to_update};
pub(crate) use unknown::{refuse_unknown, without_init};
pub(crate) use update::{merge_job, read, update, upgrade};
pub(crate) use updated::Updated;
pub(crate) use user_patches::{own_patch_file, refuse_missing_patches, user_patch};
pub(crate) use vanished::tell_of_vanished;
pub(crate) use working::Working;
