//! The repositories of the page, and the own directories.

use super::bytes::Measured;
use crate::config::Profile;
use crate::lock::{Lock, LockedRepo, LockedStep, StepWay};
use crate::page::{Home, HomeKind, Step};
use crate::plan;
use crate::repo::Reference;

/// Odoo itself, the repositories in path order, and the own directories.
pub(super) fn homes(profile: &Profile, lock: &Lock, measured: &Measured) -> Vec<Home> {
    let placed = plan::placed(profile, lock).into_iter().map(|selected| {
        let locked = selected.locked;
        let found = measured.repos.get(&locked.pin);
        Home {
            name: locked.pin.name.to_string(),
            kind: if locked.core.is_some() { HomeKind::Odoo } else { HomeKind::Repository },
            url: locked.pin.url.without_secret().to_string(),
            reference: in_words(&locked.pin.reference),
            commit: locked.commit.to_string(),
            steps: steps(locked),
            others: found.map(|found| found.others).unwrap_or_default(),
            trouble: found.and_then(|found| found.trouble.clone()),
        }
    });
    let own = profile.locals.iter().map(|local| Home {
        name: local.path.as_str().to_owned(),
        kind: HomeKind::Own,
        ..Home::default()
    });
    placed.chain(own).collect()
}

fn in_words(reference: &Reference) -> String {
    match reference {
        Reference::Branch(name) => name.clone(),
        Reference::Tag(name) => format!("tag {name}"),
        Reference::Rev(_) => "this commit".to_owned(),
        Reference::Full(name) => name.clone(),
    }
}

fn steps(locked: &LockedRepo) -> Vec<Step> {
    let merges = locked.pin.pending.merges.iter().zip(&locked.merges).map(|(pending, locked)| Step {
        what: pending.to_string(),
        source: pending.source.to_string(),
        is_patch: false,
        commit: locked.commit.to_string(),
        remark: remark(locked.step.as_ref(), locked.is_absorbed),
    });
    let patches = locked.pin.pending.patches.iter().zip(&locked.patches).map(|(path, locked)| Step {
        what: path.clone(),
        source: String::new(),
        is_patch: true,
        commit: String::new(),
        remark: remark(locked.step.as_ref(), false),
    });
    merges.chain(patches).collect()
}

/// What is special about a step.
fn remark(step: Option<&LockedStep>, is_absorbed: bool) -> Option<&'static str> {
    match step {
        None if is_absorbed => Some("the branch has it already"),
        None => Some("it changes nothing more"),
        Some(LockedStep { way: StepWay::Made, .. }) => None,
        Some(LockedStep { way: StepWay::Replayed, .. }) => Some("taken from the lock before"),
        Some(LockedStep { way: StepWay::Resolved, .. }) => Some("its conflicts were resolved by hand"),
    }
}
