//! The only room that sees `repos.toml` and the lock together, so that `lock`, `check` and `sync` cannot disagree.
//!
//! No side effects: it takes the configuration and the lock, and returns what to do. For submodules, it also takes the
//! state of the surrounding repository.

mod entries;
mod inventory;
mod layers;
mod relations;
mod selection;
mod submodules;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use entries::{
    AddonsEntry, Offer, by_offer, entries, locked_offers, module_paths, module_trees, offers, path_entries,
};
pub(crate) use inventory::{Home, Inventory, Placed, Request, Standing, Unreadable};
pub(crate) use layers::{Below, Layers, layers};
pub(crate) use relations::{Reason, all_elsewhere, elsewhere};
pub(crate) use selection::{LocalDepends, Selected, profiles, selected, selects, unseen};
pub(crate) use submodules::{
    Comparison, Relocation, Removal, Submodule, SuperprojectState, compare_submodules,
};

use crate::config::{Config, Profile, Repo};
use crate::lock::{Lock, LockedRepo, Pin};
use crate::repo::{AddonsDirectory, CommitId, Reference, RemoteUrl, RepoName, Series};
use crate::report::Difference;

/// One entry that the lock should have. Together they are the union of all profiles, each pin once.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) pin: Pin,
    /// The url as written. It may contain a secret, so use it only for requests.
    pub(crate) url: RemoteUrl,
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) hold: bool,
    /// The oldest series of the profiles that declare it. It decides which manifests count.
    pub(crate) series: Series,
    pub(crate) profiles: Vec<String>,
}

/// The pin that a profile declares for a repository.
pub(crate) fn pin(repo: &Repo) -> Pin {
    Pin { name: repo.name.clone(), reference: repo.reference.clone(), url: repo.url.without_secret() }
}

/// What all profiles together declare, sorted like the lock.
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
    /// Only what is not pinned yet; no existing pin moves.
    Missing,
    /// All pins without `hold = true`.
    All,
    /// These pins, even with `hold = true`.
    Named(BTreeSet<RepoName>),
    /// These pins, to these commits. If not `any_series`, a commit whose modules are for another series is refused.
    To { commits: BTreeMap<RepoName, CommitId>, any_series: bool },
}

/// What to do for one declared repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Action<'a> {
    /// The lock has an entry, and it is up to date.
    Keep(&'a LockedRepo),
    /// The commit stays. Its facts are read again: from other addons directories, for another series, or because
    /// somebody edited them.
    Reread(CommitId),
    /// Ask the remote for the commit of the reference. If it is the commit of `old`, the facts of `old` are kept.
    Resolve { old: Option<&'a LockedRepo> },
    /// Pin this commit, which the user gave.
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
    // Facts are valid if nobody edited them, and for the directories and the series for which they were read.
    let series = lock.and_then(|lock| deciding_series(lock, &declared.pin));
    let holds =
        |old: &LockedRepo| old.is_whole() && old.addons == declared.addons && series == Some(declared.series);
    let name = &declared.pin.name;
    let asked = match moves {
        Moves::To { commits, .. } => match commits.get(name) {
            Some(&commit) => return Action::Set(commit),
            None => false,
        },
        Moves::Missing => false,
        Moves::All => !declared.hold,
        Moves::Named(names) => names.contains(name),
    };
    match (old, &declared.pin.reference) {
        // A `rev` cannot move.
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

/// Names that the user wants to move, but that no profile declares.
pub(crate) fn undeclared(declared: &[Declared], moves: &Moves) -> Vec<RepoName> {
    let known = |name: &&RepoName| !declared.iter().any(|declared| declared.pin.name == **name);
    match moves {
        Moves::Missing | Moves::All => Vec::new(),
        Moves::Named(names) => names.iter().filter(known).cloned().collect(),
        Moves::To { commits, .. } => commits.keys().filter(known).cloned().collect(),
    }
}

/// Why a commit that the user gave cannot become a pin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RefusedPin {
    /// `repos.toml` declares another `rev`.
    Declared { name: RepoName, declared: CommitId, asked: CommitId },
    /// The profiles have several pins for the repository.
    Ambiguous { name: RepoName, references: Vec<Reference> },
}

/// The commits that the user gave and that cannot become pins. [`undeclared`] has those that no profile declares.
pub(crate) fn refused(declared: &[Declared], moves: &Moves) -> Vec<RefusedPin> {
    let Moves::To { commits, .. } = moves else { return Vec::new() };
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

/// All differences between the lock and `repos.toml`, by name. If the list is empty, the lock is up to date.
///
/// `present` has the dependencies of the user's own modules on this machine.
pub(crate) fn differences(config: &Config, lock: Option<&Lock>, present: &LocalDepends) -> Vec<Difference> {
    let Some(lock) = lock else { return vec![Difference::NoLock] };
    let declared = declared(config);
    let edited: Vec<&LockedRepo> = lock.edited().collect();
    let mut found: Vec<Difference> = edited.iter().map(|repo| edited_difference(repo)).collect();
    found.extend(
        lock.edited_profiles().map(|(name, seal)| Difference::EditedProfile { profile: name.clone(), seal }),
    );
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
    if wanted.addons != locked.addons && !locked.is_pin_only() {
        let words = |all: &[AddonsDirectory]| all.iter().map(ToString::to_string).collect();
        let (declared, locked) = (words(&wanted.addons), words(&locked.addons));
        found.push(Difference::Addons { name: name(), declared, locked });
    }
    found
}

/// The difference for a declared repository without an entry. If the lock has an undeclared entry of the same name, the
/// difference is its reference or its url.
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

/// The differences of profiles. `fresh` are the entries that match `repos.toml`.
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
        // A changed reference is reported once, not again for each profile.
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
