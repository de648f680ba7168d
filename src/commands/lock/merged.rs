//! `oca lock --upgrade --drop-merged`: upgrades, and removes the merges that were merged upstream.

use super::How;
use crate::config::MergeList;
use crate::error::Error;
use crate::lock::Lock;
use crate::ops::Rewrite;
use crate::plan::{Movable, Moves};
use crate::session::Session;

pub(super) fn upgrade(moves: &Moves, how: &How<'_>, session: &Session<'_>) -> Result<(), Error> {
    let mut rewrite = Rewrite::begin(session)?;
    let merged = merged(rewrite.upgrade(moves, how.care)?, moves);
    let mut done = Vec::new();
    for Movable { repo, merge } in &merged {
        let shared = MergeList::shared(repo, rewrite.session.config.core_part(repo));
        let profiles = rewrite.session.config.profiles.iter();
        let own = profiles.map(|profile| shared.of_profile(&profile.name));
        let lists: Vec<MergeList> = std::iter::once(shared.clone()).chain(own).collect();
        for (list, source) in lists.iter().flat_map(|list| merge.iter().map(move |source| (list, source))) {
            if rewrite.draft.remove_merge(list, source)? {
                done.push(format!(
                    "removed `{}` from `merges` of `[{}]`: it is merged upstream",
                    source.of(repo),
                    list.header()
                ));
            }
        }
    }
    if !done.is_empty() {
        rewrite.lock()?;
    }
    let rewritten = if how.dry_run { rewrite.discard() } else { rewrite.finish()? };
    done.iter().for_each(|line| session.printer.note(line));
    match rewritten {
        Some(rewritten) => super::conclude(rewritten.updated, &[], how, &rewritten.session),
        None => Ok(()),
    }
}

/// The merges, among those that were to move, that the base has in every entry of the lock.
fn merged(lock: &Lock, moves: &Moves) -> Vec<Movable> {
    let is_asked = |movable: &Movable| match moves {
        Moves::Named(names) => names.contains(movable) || names.contains(&movable.repo.clone().into()),
        Moves::All => true,
        Moves::Missing | Moves::To { .. } => false,
    };
    let mut merged: Vec<Movable> = Vec::new();
    let mut needed: Vec<Movable> = Vec::new();
    for repo in &lock.repos {
        for (merge, locked) in repo.pin.pending.merges.iter().zip(&repo.merges) {
            let movable = Movable { repo: repo.pin.name.clone(), merge: Some(merge.source.clone()) };
            let list = if locked.is_absorbed { &mut merged } else { &mut needed };
            if is_asked(&movable) && !list.contains(&movable) {
                list.push(movable);
            }
        }
    }
    merged.retain(|movable| !needed.contains(movable));
    merged
}
