//! The repositories of Odoo itself in a profile, and the modules that they have.

use super::pin;
use super::selection::{Selected, in_path_order, selected};
use crate::addons::core::Core;
use crate::config::Profile;
use crate::lock::Lock;
use crate::repo::CorePart;

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

/// Odoo's own modules: those in the lock, or those of the series if `[core]` does not declare Odoo.
pub(crate) fn odoo<'a>(profile: &Profile, lock: &'a Lock) -> Core<'a> {
    let core = Core::new(profile.odoo, profile.edition);
    let names = |part| -> Option<Vec<&'a str>> {
        let repo =
            profile.core.iter().find(|repo| repo.core.as_ref().is_some_and(|core| core.part == part))?;
        let locked = lock.repo(&pin(repo))?;
        Some(locked.facts.modules.iter().map(|module| module.name.as_str()).collect())
    };
    let Some(community) = names(CorePart::Odoo) else { return core };
    let themes = names(CorePart::Themes).unwrap_or_default();
    core.with_source(community.into_iter().chain(themes), names(CorePart::Enterprise))
}
