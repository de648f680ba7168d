//! Odoo's own modules, for a profile.

use super::pin;
use crate::addons::core::Core;
use crate::config::Profile;
use crate::lock::Lock;
use crate::repo::CorePart;

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
