//! Modules that an upgrade takes away.

use std::collections::{BTreeMap, BTreeSet};

use super::Updated;
use crate::config::Profile;
use crate::diff;
use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{self, Inventory, Standing};
use crate::repo::{and_list, first_names};
use crate::session::Session;

/// Tells which modules the profiles used and have no more, though their repositories are still declared, and which modules
/// need them. A database can have such a module.
pub(crate) fn tell_of_vanished(session: &Session<'_>, updated: &Updated) -> Result<(), Error> {
    let Some(old) = updated.old.as_ref().filter(|old| old.edited().next().is_none()) else { return Ok(()) };
    // The modules that need it, by repository and module.
    let mut vanished: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for profile in &session.config.profiles {
        let gone = gone(profile, old, &updated.lock);
        if gone.is_empty() {
            continue;
        }
        let (locals, around) = (session.set_directories(profile)?, session.surrounding_modules(profile)?);
        let inventory = Inventory::new(profile, &updated.lock, &locals, &around);
        for (repo, module) in gone {
            if !matches!(inventory.standing(&module), Standing::Missing(_) | Standing::Unknown) {
                continue;
            }
            let needs = inventory.given().filter(|other| other.manifest.depends.contains(&module));
            let needers: Vec<String> = needs.map(|other| other.name.to_owned()).collect();
            vanished.entry(repo).or_default().entry(module).or_default().extend(needers);
        }
    }
    for (repo, modules) in vanished {
        let (alone, needed): (Vec<_>, Vec<_>) =
            modules.into_iter().partition(|(_, needers)| needers.is_empty());
        for (module, needers) in needed {
            let need = if needers.len() == 1 { "needs" } else { "need" };
            let needers = and_list(&needers.into_iter().collect::<Vec<_>>());
            session.printer.note(&format!("`{repo}` no longer has `{module}`, but {needers} {need} it"));
        }
        if !alone.is_empty() {
            let names: Vec<String> = alone.into_iter().map(|(module, _)| module).collect();
            session.printer.note(&format!("`{repo}` no longer has {}", first_names(&names)));
        }
    }
    Ok(())
}

/// The modules that a profile used of its repositories, and that none of these has now: repository and module.
fn gone(profile: &Profile, old: &Lock, new: &Lock) -> Vec<(String, String)> {
    let locked: Vec<_> = profile.all_repos().filter_map(|repo| new.repo(&plan::pin(repo))).collect();
    let repos: BTreeSet<&str> = locked.iter().map(|repo| repo.pin.name.as_str()).collect();
    let modules: BTreeSet<&str> =
        locked.iter().flat_map(|repo| &repo.facts.modules).map(|module| module.name.as_str()).collect();
    let homes = diff::homes(old, &[&profile.name]).into_iter().filter(|home| !home.is_core());
    let pairs = homes.map(|home| (home.repo.pin.name.as_str(), home.module.name.as_str()));
    let gone = pairs.filter(|(repo, module)| repos.contains(repo) && !modules.contains(module));
    gone.map(|(repo, module)| (repo.to_owned(), module.to_owned())).collect()
}
