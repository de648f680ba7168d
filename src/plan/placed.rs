//! The repositories of a profile with those of Odoo itself.

use super::pin;
use super::selection::{Selected, in_path_order, selected};
use crate::config::Profile;
use crate::lock::Lock;

/// The repositories of Odoo itself, with all their modules, in path order.
pub(crate) fn core<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Selected<'a>> {
    let locked = profile.core.iter().filter_map(|repo| Some((repo, lock.repo(&pin(repo))?)));
    let selected = locked.map(|(repo, locked)| {
        let modules = in_path_order(&repo.addons, locked).collect();
        Selected { repo, locked, modules }
    });
    selected.collect()
}

/// All repositories of a profile, those of Odoo itself first.
pub(crate) fn placed<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Selected<'a>> {
    core(profile, lock).into_iter().chain(selected(profile, lock)).collect()
}
