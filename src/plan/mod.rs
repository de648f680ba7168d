//! The only room that sees `repos.toml` and the lock together, so that lock, check and sync cannot disagree.
//!
//! Pure: (config, lock) in, what is to be done out. For submodules, what the surrounding repository has comes in too.

mod entries;
mod inventory;
mod layers;
mod relations;
mod selection;
mod submodules;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use entries::{
    Entry, Offer, by_offer, entries, locked_offers, module_paths, offers, path_entries,
};
pub(crate) use inventory::{Home, Inventory, Placed, Request, Standing, Unreadable};
pub(crate) use layers::{Below, Layers, layers};
pub(crate) use relations::{Reason, elsewhere};
pub(crate) use selection::{LocalDepends, Selected, profiles, selected, selects, unseen};
pub(crate) use submodules::{Comparison, Found, Removal, Submodule, compare_submodules};

use crate::config::{Config, Profile, Repo};
use crate::lock::{Lock, LockedRepo, Pin};
use crate::repo::{AddonsDirectory, CommitId, Reference, RemoteUrl, RepoName, Series};
use crate::report::Difference;

/// One entry that the lock should have: the union of all profiles, each pin once.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) pin: Pin,
    /// As written, perhaps with a secret: for requests only.
    pub(crate) url: RemoteUrl,
    pub(crate) addons: Vec<AddonsDirectory>,
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
            let more: Vec<AddonsDirectory> = more.cloned().collect();
            entry.addons.extend(more);
        }
    }
    all.into_values().collect()
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
    /// The commit stands; its facts are read anew, from other addons directories, for another series, or because
    /// somebody edited them.
    Reread(CommitId),
    /// The remote is asked which commit the reference stands for; `old` keeps its facts if it is the same.
    Resolve { old: Option<&'a LockedRepo> },
    /// The user names the commit.
    Set(CommitId),
}

/// The series for which the facts of a pin were read; see [`Declared::series`].
fn deciding_series(lock: &Lock, pin: &Pin) -> Option<Series> {
    let asking = lock.profiles.values().filter(|profile| profile.repos.contains(pin));
    asking.map(|profile| profile.odoo).min()
}

/// What `oca lock` does for a declared repository.
pub(crate) fn action<'a>(declared: &Declared, lock: Option<&'a Lock>, moves: &Moves) -> Action<'a> {
    let old = lock.and_then(|lock| lock.repo(&declared.pin));
    // Facts hold as they were read, and for the directories and the series that they were read for.
    let series = lock.and_then(|lock| deciding_series(lock, &declared.pin));
    let holds =
        |old: &LockedRepo| old.is_whole() && old.addons == declared.addons && series == Some(declared.series);
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
            if holds(old) {
                Action::Keep(old)
            } else {
                Action::Reread(old.commit)
            }
        }
        (old, _) => Action::Resolve { old: old.filter(|old| holds(old)) },
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

/// Why a commit that is given by hand cannot become a pin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RefusedPin {
    /// It would contradict the file.
    Declared { name: RepoName, declared: CommitId, asked: CommitId },
    /// The profiles pin the repository in more ways than one.
    Ambiguous { name: RepoName, references: Vec<Reference> },
}

/// Commits given by hand that cannot be pinned to; those that nobody declares are [`undeclared`].
pub(crate) fn refused(declared: &[Declared], moves: &Moves) -> Vec<RefusedPin> {
    let Moves::To(commits) = moves else { return Vec::new() };
    let refuse = |(name, &asked): (&RepoName, &CommitId)| {
        let pins = declared.iter().map(|declared| &declared.pin).filter(|pin| pin.name == *name);
        let references: Vec<Reference> = pins.map(|pin| pin.reference.clone()).collect();
        match references[..] {
            [Reference::Rev(declared)] if declared != asked => {
                Some(RefusedPin::Declared { name: name.clone(), declared, asked })
            }
            [] | [_] => None,
            _ => Some(RefusedPin::Ambiguous { name: name.clone(), references }),
        }
    };
    commits.iter().filter_map(refuse).collect()
}

/// Every way in which the lock is not what is declared, by name; none means it is fresh.
///
/// `present` is what the user's own modules that are here need now.
pub(crate) fn differences(config: &Config, lock: Option<&Lock>, present: &LocalDepends) -> Vec<Difference> {
    let Some(lock) = lock else { return vec![Difference::NoLock] };
    let declared = declared(config);
    let edited: Vec<&LockedRepo> = lock.edited().collect();
    let mut found: Vec<Difference> = edited.iter().map(|repo| edited_difference(repo)).collect();
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
    let is_fresh = |wanted: &Declared| {
        let locked = lock.repo(&wanted.pin);
        let is_edited = edited.iter().any(|repo| repo.pin == wanted.pin);
        !is_edited && locked.is_some_and(|locked| content_differences(wanted, locked).is_empty())
    };
    let fresh: BTreeSet<&Pin> =
        declared.iter().filter(|wanted| is_fresh(wanted)).map(|wanted| &wanted.pin).collect();
    found.extend(profile_differences(config, lock, &explained, &fresh));
    found.extend(selection::differences(config, lock, present, &|pin| !fresh.contains(pin)));
    found
}

fn edited_difference(repo: &LockedRepo) -> Difference {
    let Pin { name, reference, .. } = repo.pin.clone();
    Difference::Edited { name, reference, seal: repo.seal() }
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
        let words = |all: &[AddonsDirectory]| all.iter().map(ToString::to_string).collect();
        let (declared, locked) = (words(&wanted.addons), words(&locked.addons));
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

/// `fresh` are the entries that are what is declared.
fn profile_differences(
    config: &Config,
    lock: &Lock,
    explained: &BTreeSet<&Pin>,
    fresh: &BTreeSet<&Pin>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let declared: BTreeMap<&String, &Profile> =
        config.profiles.iter().map(|profile| (&profile.name, profile)).collect();
    for (&name, wanted) in &declared {
        let Some(locked) = lock.profiles.get(name) else {
            found.push(Difference::ProfileMissing { profile: name.clone() });
            continue;
        };
        if wanted.odoo != locked.odoo {
            let (declared, locked) = (wanted.odoo.to_string(), locked.odoo.to_string());
            found.push(Difference::Series { profile: name.clone(), declared, locked });
        }
        if wanted.packaging() != locked.packaging {
            found.push(Difference::Export { profile: name.clone() });
        }
        let own = selection::own_addons(wanted, lock);
        if fresh.iter().any(|pin| own.get(*pin) != locked.addons.get(*pin)) {
            found.push(Difference::ProfileAddons { profile: name.clone() });
        }
        // A repository whose reference changed is told of once, not again for each profile.
        let wanted: Vec<Pin> = wanted.repos.iter().map(pin).collect();
        let told = |pin: &Pin| explained.contains(pin) || lock.repo(pin).is_none();
        let same_pins = wanted.iter().zip(&locked.repos).all(|(a, b)| a == b || told(a) || told(b));
        let names = |pin: &'_ Pin| pin.name.clone();
        if wanted.iter().map(names).ne(locked.repos.iter().map(names)) || !same_pins {
            found.push(Difference::Repos { profile: name.clone() });
        }
    }
    let gone = lock.profiles.keys().filter(|name| !declared.contains_key(*name));
    found.extend(gone.map(|name| Difference::ProfileUndeclared { profile: name.clone() }));
    found
}
