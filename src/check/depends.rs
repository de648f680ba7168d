//! Checks of dependencies: missing modules, cycles, and auto-install modules that are not selected.

use std::collections::{BTreeMap, HashSet};

use super::{Subject, about, spot};
use crate::addons::graph::Graph;
use crate::plan::{Home, Inventory, Placed, Standing, all_elsewhere, elsewhere, selects};
use crate::repo::{AutoInstall, Edition};
use crate::report::{Finding, Needer, Problem, WhyMissing};

/// Modules that need the same name, each with the index of the name in its `depends`.
type Needers<'i, 'a> = Vec<(&'i Placed<'a>, usize)>;

/// One finding for each missing dependency.
pub(crate) fn missing(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let inventory = subject.inventory;
    let mut by_name: BTreeMap<&str, Needers<'_, '_>> = BTreeMap::new();
    for module in inventory.given() {
        for (place, name) in module.manifest.depends.iter().enumerate() {
            by_name.entry(name).or_default().push((module, place));
        }
    }
    let others = all_elsewhere(subject.lock, &inventory.profile.name);
    by_name.iter().filter_map(|(name, needers)| missing_name(subject, name, needers, &others)).collect()
}

/// `others` are the modules of all other profiles.
fn missing_name(
    subject: &Subject<'_, '_>,
    name: &str,
    needers: &Needers<'_, '_>,
    others: &HashSet<&str>,
) -> Option<Finding> {
    let inventory = subject.inventory;
    // The user can correct their own modules, so these come first.
    let own = needers.iter().find(|(module, _)| matches!(module.home, Home::Local(_)));
    let (first, place) = *own.or(needers.first())?;
    let why = match inventory.standing(name) {
        Standing::Module(_) | Standing::Core(_) | Standing::Unreadable | Standing::Unknown => return None,
        Standing::Uninstallable(home) => WhyMissing::Uninstallable { home: home.name().to_owned() },
        Standing::Missing(Some(Edition::Enterprise)) => WhyMissing::Enterprise,
        Standing::Missing(_) => nowhere(subject, name, own.is_some(), others),
    };
    let needer = |(module, _): &(&Placed<'_>, usize)| Needer {
        module: module.name.to_owned(),
        repo: module.home.name().to_owned(),
        is_wanted: subject.wanted.contains(module.name),
    };
    let mut needed_by: Vec<Needer> = needers.iter().map(needer).collect();
    needed_by.sort();
    needed_by.dedup();
    let problem = if is_possible(name) {
        Problem::Missing { needed_by, why }
    } else {
        Problem::Impossible { needed_by }
    };
    Some(Finding {
        problem,
        module: Some(name.to_owned()),
        repo: None,
        spot: spot(inventory, first, |lines| lines.depends.get(place).copied()),
        profiles: vec![inventory.profile.name.clone()],
    })
}

/// Where to get a missing module. A similar name is suggested only if one of the user's own modules needs it, because
/// only there the user can have misspelt it.
fn nowhere(
    subject: &Subject<'_, '_>,
    name: &str,
    is_needed_by_own: bool,
    others: &HashSet<&str>,
) -> WhyMissing {
    let (lock, profile) = (subject.lock, subject.inventory.profile);
    let has = |repo: &str| profile.repos.iter().any(|own| own.name.as_str() == repo);
    let of_series = |other: &str| lock.profiles.get(other).is_some_and(|locked| locked.odoo == profile.odoo);
    let mut elsewhere =
        others.contains(name).then(|| elsewhere(lock, &profile.name, name)).into_iter().flatten();
    if let Some((other, repo)) = elsewhere.find(|(other, repo)| of_series(other) && !has(repo.as_str())) {
        return WhyMissing::Elsewhere { repo: repo.to_string(), profile: other.to_owned() };
    }
    match (subject.known)(name) {
        Some(repo) if has(&repo) => return WhyMissing::Newer { repo },
        Some(repo) => return WhyMissing::Known { repo },
        None => {}
    }
    let near = is_needed_by_own.then(|| subject.inventory.near(name)).flatten();
    WhyMissing::Nowhere { near }
}

/// Whether a module can have that name: its directory must be a Python package.
fn is_possible(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// Modules that depend on each other in a circle: Odoo installs none of them.
pub(super) fn cycles(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let inventory = subject.inventory;
    let given = inventory.given().map(|module| (module.name, module.manifest.depends.as_slice()));
    let finding = |cycle: Vec<&str>| {
        let modules = cycle.iter().filter_map(|name| inventory.first(name));
        let own = modules.clone().find(|module| matches!(module.home, Home::Local(_)));
        let module = own.or_else(|| modules.clone().next())?;
        let next = cycle.iter().position(|name| *name == module.name)? + 1;
        let needed = cycle[next % cycle.len()];
        let place = module.manifest.depends.iter().position(|name| name == needed)?;
        let is_wanted = cycle.iter().any(|name| subject.wanted.contains(name));
        let modules = cycle.iter().map(|name| (*name).to_owned()).collect();
        let problem = Problem::Cycle { modules, is_wanted };
        Some(about(inventory, module, |lines| lines.depends.get(place).copied(), problem))
    };
    Graph::new(given).cycles().into_iter().filter_map(finding).collect()
}

/// Auto-install modules that are not selected although everything they wait for is selected or Odoo's own.
///
/// A module that waits only for Odoo's own modules is not reported: oca does not know whether these are installed.
pub(super) fn left_out(inventory: &Inventory<'_>) -> Vec<Finding> {
    if !selects(inventory.profile) {
        return Vec::new();
    }
    let is_left_out = |module: &&Placed<'_>| {
        matches!(module.home, Home::Repo { .. }) && !module.selected && inventory.is_first(module)
    };
    let finding = |module: &Placed<'_>| {
        let waits_for = match &module.manifest.auto_install {
            AutoInstall::Never => return None,
            AutoInstall::WhenDependsAre => &module.manifest.depends,
            AutoInstall::When(names) => names,
        };
        let is_selected =
            |name: &String| matches!(inventory.standing(name), Standing::Module(found) if found.selected);
        let is_there = |name: &String| {
            is_selected(name) || matches!(inventory.standing(name), Standing::Core(_) | Standing::Unknown)
        };
        let is_told = waits_for.iter().all(is_there) && waits_for.iter().any(is_selected);
        let problem = Problem::AutoInstall { where_are: waits_for.clone() };
        is_told.then(|| about(inventory, module, |_| None, problem))
    };
    inventory.modules.iter().filter(is_left_out).filter_map(finding).collect()
}
