//! Checks for names that several modules have, or that a module shares with one of Odoo's own.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{about, declaration};
use crate::plan::{Home, Inventory, Placed};
use crate::report::{Finding, Problem};

/// Modules that are on the path more than once. Odoo loads the first and says nothing.
pub(super) fn several_homes(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut by_name: BTreeMap<&str, Vec<&Placed<'_>>> = BTreeMap::new();
    for module in on_path(inventory) {
        let is_odoos =
            matches!(module.home, Home::Around(_)) && inventory.core_edition(module.name).is_some();
        let same = by_name.entry(module.name).or_default();
        // A directory may be on the path twice.
        if !is_odoos && same.iter().all(|other| !is_one_place(other.home, module.home)) {
            same.push(module);
        }
    }
    let is_told = |same: &&Vec<&Placed<'_>>| same.len() > 1 && same.iter().any(|module| module.selected);
    by_name.values().filter(is_told).map(|same| several(inventory, same)).collect()
}

/// The finding for modules of one name, which are in path order.
fn several(inventory: &Inventory<'_>, same: &[&Placed<'_>]) -> Finding {
    let first = same[0];
    let names = |modules: &[&Placed<'_>]| -> Vec<String> {
        let mut names: Vec<String> = modules.iter().map(|module| described(module.home)).collect();
        names.dedup();
        names
    };
    let alike: Vec<&Placed<'_>> =
        same.iter().filter(|module| module.home.is_like(first.home)).copied().collect();
    if alike.len() > 1 && !matches!(first.home, Home::Around(_)) {
        return about(inventory, alike[1], |_| None, Problem::Duplicate { homes: names(&alike) });
    }
    about(inventory, first, |_| None, Problem::Hidden { homes: names(same) })
}

/// The name of the repository, with the addons directory if that is not the root; or the name of the directory.
fn described(home: Home<'_>) -> String {
    match home.key() {
        (name, "" | ".") => name.to_owned(),
        (name, directory) => format!("{name}/{directory}"),
    }
}

fn is_one_place(one: Home<'_>, other: Home<'_>) -> bool {
    match (one, other) {
        (Home::Local(one) | Home::Around(one), Home::Local(other) | Home::Around(other)) => {
            one.directory == other.directory
        }
        _ => false,
    }
}

/// All modules in directories that are on the path. A directory of a repository is on the path if a module in it is
/// selected. Then Odoo sees its other modules in the checkout too.
fn on_path<'i, 'a>(inventory: &'i Inventory<'a>) -> impl Iterator<Item = &'i Placed<'a>> {
    let modules = || inventory.modules.iter();
    let on_path: HashSet<_> =
        modules().filter(|module| module.selected).map(|module| module.home.key()).collect();
    modules().filter(move |module| match module.home {
        Home::Around(_) | Home::Local(_) => true,
        Home::Repo { .. } => on_path.contains(&module.home.key()),
    })
}

/// Modules with the name of one of Odoo's own.
pub(super) fn odoos_names(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut seen = HashSet::new();
    let selected = inventory.modules.iter().filter(|module| module.selected && seen.insert(module.name));
    let finding = |module: &Placed<'_>| {
        let edition = inventory.core_edition(module.name)?;
        Some(about(inventory, module, |_| None, Problem::Core { edition }))
    };
    selected.filter_map(finding).collect()
}

/// Names that are the same on file systems that ignore case.
pub(super) fn case_clashes(inventory: &Inventory<'_>) -> Vec<Finding> {
    let mut by_fold: BTreeMap<String, BTreeMap<&str, &Placed<'_>>> = BTreeMap::new();
    for module in on_path(inventory).filter(|module| !matches!(module.home, Home::Around(_))) {
        let same = by_fold.entry(module.name.to_lowercase()).or_default();
        same.entry(module.name).or_insert(module);
    }
    let clash = |same: &BTreeMap<&str, &Placed<'_>>| {
        let names: BTreeSet<&str> = same.keys().copied().collect();
        let last = same.values().last().filter(|_| names.len() > 1)?;
        let names = names.into_iter().map(str::to_owned).collect();
        let finding = about(inventory, last, |_| None, Problem::Case { names });
        Some(Finding { spot: declaration(inventory, last.home), ..finding })
    };
    by_fold.values().filter_map(clash).collect()
}
