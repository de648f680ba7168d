//! The entries of the addons path. They are also the parts of an export, so the two cannot disagree.

use std::collections::BTreeSet;

use super::selection::{Choice, Selected, in_path_order, selected};
use crate::config::Profile;
use crate::lock::{Lock, LockedModule, LockedProfile, LockedRepo};
use crate::repo::{AddonsDirectory, Layout, TreeId};

/// The selected modules of a repository, in the addons directories of the profile.
#[derive(Clone, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) addons: &'a [AddonsDirectory],
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// The offers of the repositories of a profile, in path order.
pub(crate) fn offers<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Offer<'a>> {
    selected(profile, lock).iter().map(offer).collect()
}

fn offer<'a>(selected: &Selected<'a>) -> Offer<'a> {
    let Selected { repo, locked, modules } = selected;
    Offer { locked, addons: &repo.addons, modules: modules.clone() }
}

/// The same, computed from the lock alone.
pub(crate) fn locked_offers<'a>(profile: &'a LockedProfile, lock: &'a Lock) -> Vec<Offer<'a>> {
    let mut choice = Choice::new(Some(profile));
    let repos = profile.repos.iter().filter_map(|pin| lock.repo(pin)).filter(|repo| repo.core.is_none());
    repos
        .map(|locked| {
            let addons = profile.addons.get(&locked.pin).unwrap_or(&locked.addons);
            let modules = in_path_order(addons, locked).filter(|module| choice.takes(module)).collect();
            Offer { locked, addons, modules }
        })
        .collect()
}

/// An addons directory with its modules: one entry of the path, and one part of an export.
#[derive(Clone, Debug)]
pub(crate) struct AddonsEntry<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) directory: &'a AddonsDirectory,
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// The entries of the path, in its order.
///
/// Odoo refuses an entry without a module. So a directory is on the path, and in an export, exactly if it has a
/// selected module. In the flat layout, the first module of each name counts.
pub(crate) fn entries<'a>(offers: &[Offer<'a>], layout: Layout) -> Vec<AddonsEntry<'a>> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for offer in offers {
        for directory in offer.addons {
            let there = offer.modules.iter().filter(|module| module.directory == *directory);
            let taken = there.filter(|module| layout == Layout::Repos || seen.insert(module.name.as_str()));
            let modules: Vec<&LockedModule> = taken.copied().collect();
            if !modules.is_empty() {
                entries.push(AddonsEntry { locked: offer.locked, directory, modules });
            }
        }
    }
    entries
}

/// The addons directories of a repository that contain a selected module, in path order.
pub(crate) fn path_entries<'a>(selected: &Selected<'a>) -> impl Iterator<Item = &'a AddonsDirectory> {
    entries(&[offer(selected)], Layout::Repos).into_iter().map(|entry| entry.directory)
}

/// The entries of an export, one list for each repository.
pub(crate) fn by_offer<'a>(offers: &[Offer<'a>], layout: Layout) -> Vec<Vec<AddonsEntry<'a>>> {
    let entries = self::entries(offers, layout);
    let of = |offer: &Offer<'a>| {
        let own = entries.iter().filter(|entry| entry.locked.pin == offer.locked.pin);
        own.cloned().collect()
    };
    offers.iter().map(of).collect()
}

/// The trees of the modules in some entries, in the order of [`module_paths`].
pub(crate) fn module_trees(entries: &[AddonsEntry<'_>]) -> Vec<TreeId> {
    entries.iter().flat_map(|entry| &entry.modules).map(|module| module.tree).collect()
}

/// The paths of the modules in some entries of one repository, relative to the repository.
pub(crate) fn module_paths(entries: &[AddonsEntry<'_>]) -> Vec<String> {
    entries.iter().flat_map(|entry| &entry.modules).map(|module| module.path()).collect()
}
