//! The only room that sees `repos.toml` and the lock together, so that `lock`, `check` and `sync` cannot disagree.
//!
//! No side effects: it takes the configuration and the lock, and returns what to do. For submodules, it also takes the
//! state of the surrounding repository.

mod entries;
mod inventory;
mod layers;
mod movable;
mod odoo;
mod placed;
mod relations;
mod selection;
mod submodules;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use entries::{
    AddonsEntry, Offer, by_offer, entries, locked_offers, module_paths, module_trees, offers, path_entries,
};
pub(crate) use inventory::{Home, Inventory, Placed, Request, Standing, Unreadable};
pub(crate) use layers::{Below, Layers, layers};
pub(crate) use movable::{Movable, Move, Moves, merge_moves};
pub(crate) use odoo::odoo;
pub(crate) use placed::{core, placed};
pub(crate) use relations::{Reason, all_elsewhere, elsewhere};
pub(crate) use selection::{LocalDepends, Selected, profiles, selected, selects, unseen};
pub(crate) use submodules::{
    Comparison, Relocation, Removal, Submodule, SuperprojectState, compare_submodules,
};

use crate::config::{Config, Merge, Profile, Repo};
use crate::lock::{Lock, LockedPatch, LockedRepo, Pin};
use crate::repo::{
    AddonsDirectory, Age, CommitId, CorePart, Pending, PendingMerge, Reference, RemoteUrl, RepoName, Series,
};
use crate::report::Difference;

/// One entry that the lock should have. Together they are the union of all profiles, each pin once.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) pin: Pin,
    /// The url as written. It may contain a secret, so use it only for requests.
    pub(crate) url: RemoteUrl,
    /// What it is of Odoo itself.
    pub(crate) core: Option<CorePart>,
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) hold: bool,
    /// How old a commit must be before the pin moves to it: the longest time that a profile declares.
    pub(crate) cooldown: Age,
    /// The merges of the pin as written, in its order. Their urls may contain secrets.
    pub(crate) merges: Vec<Merge>,
    /// The oldest series of the profiles that declare it. It decides which manifests count.
    pub(crate) series: Series,
    pub(crate) profiles: Vec<String>,
}

/// What a machine has beside `repos.toml`.
#[derive(Debug, Default)]
pub(crate) struct Present {
    /// The dependencies of the user's own modules.
    pub(crate) local_depends: LocalDepends,
    /// The digests of the patches, by their paths as declared. A missing file is not among them.
    pub(crate) patches: BTreeMap<String, [u8; 32]>,
}

impl Present {
    /// The patches of an entry that are not what was locked.
    fn changed_patches<'l>(&self, locked: &'l LockedRepo) -> impl Iterator<Item = &'l String> {
        let patches = locked.pin.pending.patches.iter().zip(&locked.patches);
        let is_changed = |path: &String, locked: &LockedPatch| {
            self.patches.get(path).is_some_and(|found| *found != locked.content)
        };
        patches.filter(move |(path, locked)| is_changed(path, locked)).map(|(path, _)| path)
    }
}

/// The pin that a profile declares for a repository.
pub(crate) fn pin(repo: &Repo) -> Pin {
    let merge = |merge: &Merge| {
        let PendingMerge { source, modules, pick } = merge.pending.clone();
        PendingMerge { source: source.without_secret(), modules, pick }
    };
    let merges = repo.merges.iter().map(merge).collect();
    Pin {
        name: repo.name.clone(),
        reference: repo.reference.clone(),
        url: repo.url.without_secret(),
        pending: Pending { merges, patches: repo.patches.clone() },
    }
}

/// What all profiles together declare, sorted like the lock.
pub(crate) fn declared(config: &Config) -> Vec<Declared> {
    let mut all: BTreeMap<Pin, Declared> = BTreeMap::new();
    for profile in &config.profiles {
        for repo in profile.all_repos() {
            let entry = all.entry(pin(repo)).or_insert_with_key(|pin| Declared {
                pin: pin.clone(),
                url: repo.url.clone(),
                core: repo.core.as_ref().map(|core| core.part),
                addons: repo.addons.clone(),
                hold: false,
                cooldown: Age::default(),
                merges: repo.merges.clone(),
                series: profile.odoo,
                profiles: Vec::new(),
            });
            entry.hold |= repo.hold;
            entry.cooldown = entry.cooldown.max(repo.cooldown);
            for (merge, other) in entry.merges.iter_mut().zip(&repo.merges) {
                merge.hold |= other.hold;
            }
            entry.series = entry.series.min(profile.odoo);
            entry.profiles.push(profile.name.clone());
            let more = repo.addons.iter().filter(|directory| !entry.addons.contains(directory));
            let more: Vec<AddonsDirectory> = more.cloned().collect();
            entry.addons.extend(more);
        }
    }
    all.into_values().collect()
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
pub(crate) fn action<'a>(
    declared: &Declared,
    lock: Option<&'a Lock>,
    moves: &Moves,
    present: &Present,
) -> Action<'a> {
    let old = lock.and_then(|lock| lock.base_of(&declared.pin));
    // Facts are valid if nobody edited them, and for the directories, the series and the merges for which they were
    // read.
    let series = lock.and_then(|lock| deciding_series(lock, &declared.pin));
    let holds = |old: &LockedRepo| {
        old.is_whole()
            && old.pin == declared.pin
            && old.core == declared.core
            && old.addons == declared.addons
            && series == Some(declared.series)
            && present.changed_patches(old).next().is_none()
            && merge_moves(declared, moves).iter().all(|moved| *moved == Move::Keep)
    };
    let asked = match moves.of_repo(&declared.pin.name, declared.hold) {
        Move::Set(commit) => return Action::Set(commit),
        Move::Ask => true,
        Move::Keep => false,
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

/// What the user wants to move, but that no profile declares.
pub(crate) fn undeclared(declared: &[Declared], moves: &Moves) -> Vec<Movable> {
    let is_of = |declared: &Declared, movable: &Movable| {
        let mut merges = declared.pin.pending.merges.iter();
        declared.pin.name == movable.repo
            && movable.merge.as_ref().is_none_or(|merge| merges.any(|known| known.source == *merge))
    };
    let unknown = |movable: &&Movable| !declared.iter().any(|declared| is_of(declared, movable));
    moves.named().into_iter().filter(unknown).cloned().collect()
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
    let refuse = |(movable, &asked): (&Movable, &CommitId)| {
        let name = &movable.repo;
        if movable.merge.is_some() {
            return None;
        }
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
/// `present` is what this machine has beside `repos.toml`.
pub(crate) fn differences(config: &Config, lock: Option<&Lock>, present: &Present) -> Vec<Difference> {
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
            Some(locked) => found.extend(content_differences(wanted, locked, present)),
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
        !is_edited && locked.is_some_and(|locked| content_differences(wanted, locked, present).is_empty())
    };
    let fresh: BTreeSet<&Pin> =
        declared.iter().filter(|wanted| is_fresh(wanted)).map(|wanted| &wanted.pin).collect();
    found.extend(profile_differences(config, lock, &explained, &fresh));
    found.extend(selection::differences(config, lock, &present.local_depends, &|pin| !fresh.contains(pin)));
    found
}

fn edited_difference(repo: &LockedRepo) -> Difference {
    let Pin { name, reference, .. } = repo.pin.clone();
    Difference::Edited { name, reference, seal: repo.seal() }
}

fn content_differences(wanted: &Declared, locked: &LockedRepo, present: &Present) -> Vec<Difference> {
    let name = || wanted.pin.name.clone();
    let mut found = Vec::new();
    if let Reference::Rev(declared) = wanted.pin.reference
        && declared != locked.commit
    {
        found.push(Difference::Commit { name: name(), declared, locked: locked.commit });
    }
    if locked.is_pin_only() || locked.is_unreadable() {
        // Nothing more is known of it.
        return found;
    }
    if wanted.core != locked.core {
        found.push(Difference::Core { name: name(), is_declared: wanted.core.is_some() });
    } else if wanted.addons != locked.addons {
        let words = |all: &[AddonsDirectory]| all.iter().map(ToString::to_string).collect();
        let (declared, locked) = (words(&wanted.addons), words(&locked.addons));
        found.push(Difference::Addons { name: name(), declared, locked });
    }
    let changed = present.changed_patches(locked).cloned();
    found.extend(changed.map(|path| Difference::PatchFile { name: name(), path }));
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
    let same_base = lock.repos.iter().map(|locked| &locked.pin).find(|pin| pin.has_base_of(&wanted.pin));
    if let Some(old) = same_base {
        explained.insert(old);
        let (declared, locked) = (wanted.pin.pending.words(), old.pending.words());
        return Difference::Pending { name, declared, locked };
    }
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
        let wanted: Vec<Pin> = wanted.all_repos().map(pin).collect();
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
