//! The only room that sees `repos.toml` and the lock together, so that lock, check and sync cannot disagree.
//!
//! Pure: (config, lock) in, what is to be done out.

use std::collections::{BTreeMap, BTreeSet};

use crate::addons::discover::Module;
use crate::config::{Config, Layout, Position, Profile, Repo};
use crate::facts::LocalModules;
use crate::lock::{Lock, LockedModule, LockedProfile, LockedRepo, Pin};
use crate::repo::{CommitId, Reference, RemoteUrl, RepoName, Series};
use crate::report::{Difference, ListedModule};

/// One entry that the lock should have: the union of all profiles, each pin once.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) pin: Pin,
    /// As written, perhaps with a secret: for requests only.
    pub(crate) url: RemoteUrl,
    pub(crate) addons: Vec<String>,
    pub(crate) hold: bool,
    /// The oldest series that asks for it decides which manifests count.
    pub(crate) series: Series,
    pub(crate) profiles: Vec<String>,
}

/// The pin of a repository as a profile wants it.
pub(crate) fn pin(repo: &Repo) -> Pin {
    Pin { name: repo.name.clone(), reference: repo.reference.clone(), url: repo.url.without_secret() }
}

/// What all profiles together declare, sorted as the lock is.
pub(crate) fn declared(config: &Config) -> Vec<Declared> {
    let mut all: BTreeMap<Pin, Declared> = BTreeMap::new();
    for profile in &config.profiles {
        for repo in &profile.repos {
            let entry = all.entry(pin(repo)).or_insert_with_key(|pin| Declared {
                pin: pin.clone(),
                url: repo.url.clone(),
                addons: repo.addons.clone(),
                hold: false,
                series: profile.odoo,
                profiles: Vec::new(),
            });
            entry.hold |= repo.hold;
            entry.series = entry.series.min(profile.odoo);
            entry.profiles.push(profile.name.clone());
            let more = repo.addons.iter().filter(|directory| !entry.addons.contains(directory));
            let more: Vec<String> = more.cloned().collect();
            entry.addons.extend(more);
        }
    }
    all.into_values().collect()
}

/// The profiles as the lock records them.
pub(crate) fn profiles(config: &Config) -> BTreeMap<String, LockedProfile> {
    let locked = |profile: &Profile| LockedProfile {
        odoo: profile.odoo,
        repos: profile.repos.iter().map(pin).collect(),
    };
    config.profiles.iter().map(|profile| (profile.name.clone(), locked(profile))).collect()
}

/// Which pins `oca lock` moves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Moves {
    /// None that stands: only what is not pinned yet.
    Missing,
    /// All that are not held.
    All,
    /// These, held or not.
    Named(BTreeSet<RepoName>),
    /// These, to these commits.
    To(BTreeMap<RepoName, CommitId>),
}

/// What is to be done for one declared repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Action<'a> {
    /// The lock has it, whole.
    Keep(&'a LockedRepo),
    /// The commit stands; its facts are read anew, from other addons directories.
    Reread(CommitId),
    /// The remote is asked which commit the reference stands for; `old` keeps its facts if it is the same.
    Resolve { old: Option<&'a LockedRepo> },
    /// The user names the commit.
    Set(CommitId),
}

/// What `oca lock` does for a declared repository.
pub(crate) fn action<'a>(declared: &Declared, lock: Option<&'a Lock>, moves: &Moves) -> Action<'a> {
    let old = lock.and_then(|lock| lock.repo(&declared.pin));
    let name = &declared.pin.name;
    let asked = match moves {
        Moves::To(commits) => match commits.get(name) {
            Some(&commit) => return Action::Set(commit),
            None => false,
        },
        Moves::Missing => false,
        Moves::All => !declared.hold,
        Moves::Named(names) => names.contains(name),
    };
    match (old, &declared.pin.reference) {
        // A commit by its id cannot move.
        (Some(old), Reference::Rev(commit)) if old.commit != *commit => Action::Set(*commit),
        (Some(old), reference) if !asked || matches!(reference, Reference::Rev(_)) => {
            if old.addons == declared.addons { Action::Keep(old) } else { Action::Reread(old.commit) }
        }
        (old, _) => Action::Resolve { old: old.filter(|old| old.addons == declared.addons) },
    }
}

/// Names that are asked to be moved and that no profile declares.
pub(crate) fn undeclared(declared: &[Declared], moves: &Moves) -> Vec<RepoName> {
    let known = |name: &&RepoName| !declared.iter().any(|declared| declared.pin.name == **name);
    match moves {
        Moves::Missing | Moves::All => Vec::new(),
        Moves::Named(names) => names.iter().filter(known).cloned().collect(),
        Moves::To(commits) => commits.keys().filter(known).cloned().collect(),
    }
}

/// Every way in which the lock is not what is declared, by name; none means it is fresh.
pub(crate) fn differences(config: &Config, lock: Option<&Lock>) -> Vec<Difference> {
    let Some(lock) = lock else { return vec![Difference::NoLock] };
    let declared = declared(config);
    let mut found = Vec::new();
    let mut explained: BTreeSet<&Pin> = BTreeSet::new();
    for wanted in &declared {
        match lock.repo(&wanted.pin) {
            Some(locked) => found.extend(content_differences(wanted, locked)),
            None => found.push(unpinned(wanted, &declared, lock, &mut explained)),
        }
    }
    for locked in &lock.repos {
        let is_declared = declared.iter().any(|wanted| wanted.pin == locked.pin);
        if !is_declared && !explained.contains(&locked.pin) {
            let Pin { name, reference, .. } = locked.pin.clone();
            found.push(Difference::Undeclared { name, reference });
        }
    }
    found.extend(profile_differences(&profiles(config), lock, &explained));
    found
}

fn content_differences(wanted: &Declared, locked: &LockedRepo) -> Vec<Difference> {
    let name = || wanted.pin.name.clone();
    let mut found = Vec::new();
    if let Reference::Rev(declared) = wanted.pin.reference
        && declared != locked.commit
    {
        found.push(Difference::Commit { name: name(), declared, locked: locked.commit });
    }
    if wanted.addons != locked.addons {
        let (declared, locked) = (wanted.addons.clone(), locked.addons.clone());
        found.push(Difference::Addons { name: name(), declared, locked });
    }
    found
}

/// Says what changed where one locked entry of the same name is no longer declared: its reference or its url.
fn unpinned<'l>(
    wanted: &Declared,
    declared: &[Declared],
    lock: &'l Lock,
    explained: &mut BTreeSet<&'l Pin>,
) -> Difference {
    let name = wanted.pin.name.clone();
    let left = |pin: &Pin| declared.iter().all(|other| other.pin != *pin) && !explained.contains(pin);
    let old = lock.repos.iter().map(|locked| &locked.pin).find(|pin| pin.name == name && left(pin));
    let Some(old) = old else {
        return Difference::Unpinned { name, profiles: wanted.profiles.clone() };
    };
    explained.insert(old);
    if old.reference == wanted.pin.reference {
        let (declared, locked) = (wanted.pin.url.to_string(), old.url.to_string());
        Difference::Url { name, declared, locked }
    } else {
        let (declared, locked) = (wanted.pin.reference.clone(), old.reference.clone());
        Difference::Reference { name, declared, locked }
    }
}

fn profile_differences(
    declared: &BTreeMap<String, LockedProfile>,
    lock: &Lock,
    explained: &BTreeSet<&Pin>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (name, wanted) in declared {
        let Some(locked) = lock.profiles.get(name) else {
            found.push(Difference::ProfileMissing { profile: name.clone() });
            continue;
        };
        if wanted.odoo != locked.odoo {
            let (declared, locked) = (wanted.odoo.to_string(), locked.odoo.to_string());
            found.push(Difference::Series { profile: name.clone(), declared, locked });
        }
        // A repository whose reference changed is told of once, not again for each profile.
        let names = |profile: &LockedProfile| -> Vec<RepoName> {
            profile.repos.iter().map(|pin| pin.name.clone()).collect()
        };
        let told = |pin: &Pin| explained.contains(pin) || lock.repo(pin).is_none();
        let same_pins = wanted.repos.iter().zip(&locked.repos).all(|(a, b)| a == b || told(a) || told(b));
        if names(wanted) != names(locked) || !same_pins {
            found.push(Difference::Repos { profile: name.clone() });
        }
    }
    let gone = lock.profiles.keys().filter(|name| !declared.contains_key(*name));
    found.extend(gone.map(|name| Difference::ProfileUndeclared { profile: name.clone() }));
    found
}

/// One repository of a profile, as declared and as locked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selected<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) locked: &'a LockedRepo,
}

/// The repositories of a profile in path order. What the lock lacks is left out: a stale lock is refused before.
pub(crate) fn selected<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Selected<'a>> {
    let found =
        profile.repos.iter().filter_map(|repo| Some(Selected { repo, locked: lock.repo(&pin(repo))? }));
    found.collect()
}

/// The modules of a repository that the profile selects.
pub(crate) fn modules_of<'a>(selected: &Selected<'a>) -> Vec<&'a LockedModule> {
    selected.locked.facts.modules.iter().collect()
}

/// The same, as the lock alone knows it.
pub(crate) fn locked_modules<'a>(
    _profile: &'a LockedProfile,
    locked: &'a LockedRepo,
) -> Vec<&'a LockedModule> {
    locked.facts.modules.iter().collect()
}

/// What a repository of a profile has to offer, in the directories that the profile looks into.
#[derive(Clone, Debug)]
pub(crate) struct Offer<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) addons: &'a [String],
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// What the repositories of a profile offer, in path order.
pub(crate) fn offers<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Offer<'a>> {
    selected(profile, lock).iter().map(offer).collect()
}

fn offer<'a>(selected: &Selected<'a>) -> Offer<'a> {
    Offer { locked: selected.locked, addons: &selected.repo.addons, modules: modules_of(selected) }
}

/// An addons directory with the modules in it: one entry of the path, and one part of an export.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) directory: &'a str,
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// The entries of the path, in its order.
///
/// Odoo refuses an entry without a module, so an entry is on the path exactly when it has something to offer, and
/// exactly then it is in an export. Where all modules come into one directory, the first of a name is taken.
pub(crate) fn entries<'a>(offers: &[Offer<'a>], layout: Layout) -> Vec<Entry<'a>> {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::new();
    for offer in offers {
        for directory in offer.addons {
            let there = offer.modules.iter().filter(|module| module.directory == *directory);
            let taken = there.filter(|module| layout == Layout::Repos || seen.insert(module.name.as_str()));
            let modules: Vec<&LockedModule> = taken.copied().collect();
            if !modules.is_empty() {
                entries.push(Entry { locked: offer.locked, directory, modules });
            }
        }
    }
    entries
}

/// The addons directories of a repository that are on the path, in path order.
pub(crate) fn path_entries<'a>(selected: &Selected<'a>) -> impl Iterator<Item = &'a str> {
    entries(&[offer(selected)], Layout::Repos).into_iter().map(|entry| entry.directory)
}

/// The modules of a profile in path order: the first directory that holds a name gives it, as in Odoo.
pub(crate) fn modules<'a>(
    profile: &'a Profile,
    lock: &'a Lock,
    locals: &'a [LocalModules],
) -> Vec<ListedModule<'a>> {
    let own = |position| {
        let there = locals.iter().filter(move |local| local.position == position);
        there.flat_map(|local| local.survey.modules.iter().map(|module| listed_local(&local.name, module)))
    };
    let locked = selected(profile, lock).into_iter().flat_map(|selected| {
        selected.repo.addons.iter().flat_map(move |directory| {
            let modules = selected.locked.facts.modules.iter();
            let there = modules.filter(move |module| module.directory == *directory);
            there.map(move |module| listed(selected.repo.name.as_str(), module))
        })
    });
    let mut seen = BTreeSet::new();
    let all = own(Position::Before).chain(locked).chain(own(Position::After));
    all.filter(|module| seen.insert(module.name)).collect()
}

fn listed<'a>(repo: &'a str, module: &'a LockedModule) -> ListedModule<'a> {
    ListedModule {
        name: &module.name,
        repo,
        version: module.version.as_deref(),
        depends: &module.depends,
        license: module.license.as_deref(),
        development_status: module.development_status.as_deref(),
        auto_install: &module.auto_install,
        python: &module.python,
        bin: &module.bin,
        deb: &module.deb,
    }
}

fn listed_local<'a>(repo: &'a str, module: &'a Module) -> ListedModule<'a> {
    let manifest = &module.manifest;
    ListedModule {
        name: &module.name,
        repo,
        version: manifest.version.as_deref(),
        depends: &manifest.depends,
        license: manifest.license.as_deref(),
        development_status: manifest.development_status.as_deref(),
        auto_install: &manifest.auto_install,
        python: &manifest.python,
        bin: &manifest.bin,
        deb: &manifest.deb,
    }
}
