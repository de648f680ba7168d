//! Where Odoo finds the modules of a lock, and what of the installed ones can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Stored;
use crate::addons::core::Core;
use crate::addons::version::series_of;
use crate::config::Position;
use crate::diff::{Database, Home};
use crate::lock::{Lock, LockedModule, LockedProfile};
use crate::ops::{NewOwn, OwnModule};
use crate::plan::{Offer, locked_offers};
use crate::repo::{CorePart, Edition, ModuleName, Series};

/// Where Odoo finds a module.
#[derive(Clone, Copy)]
pub(super) enum Place<'l, 'o> {
    Locked(Home<'l>),
    Own(OwnModule<'o>),
}

impl<'l> Place<'l, '_> {
    pub(super) fn home(&self) -> Option<Home<'l>> {
        if let Self::Locked(home) = self { Some(*home) } else { None }
    }

    pub(super) fn is_locked(&self) -> bool {
        matches!(self, Self::Locked(_))
    }
}

/// The repository, or the own directory.
impl fmt::Display for Place<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(home) => home.repo.pin.name.fmt(f),
            Self::Own(own) => own.directory().display().fmt(f),
        }
    }
}

/// The installable modules of a profile. If several have the same name, the first one on the path counts.
pub(super) fn places<'l, 'o>(
    lock: &'l Lock,
    profile: &'l LockedProfile,
    own: Option<&'o NewOwn>,
    checkouts: bool,
) -> BTreeMap<&'l str, Place<'l, 'o>>
where
    'o: 'l,
{
    let core = profile.repos.iter().filter_map(|pin| lock.repo(pin)).filter(|repo| repo.core.is_some());
    let core = core.flat_map(|repo| repo.facts.modules.iter().map(move |module| Home { repo, module }));
    let offers = locked_offers(profile, lock).into_iter().flat_map(|offer| on_path(&offer, checkouts));
    let locals = |position: Position| {
        let modules = own.into_iter().flat_map(NewOwn::modules);
        modules.filter(move |own| own.position() == position).map(Place::Own)
    };
    let all = core.map(Place::Locked).chain(locals(Position::Before));
    let all = all.chain(offers.map(Place::Locked)).chain(locals(Position::After));
    let mut places = BTreeMap::new();
    for place in all {
        let (name, version) = match &place {
            Place::Locked(home) => (home.module.name.as_str(), home.module.manifest.version()),
            Place::Own(own) => (own.name().as_str(), own.version()),
        };
        if !is_refused(version, profile.odoo) {
            places.entry(name).or_insert(place);
        }
    }
    places
}

/// Whether Odoo takes a module as not installable, because its version is of another series.
fn is_refused(version: &str, odoo: Series) -> bool {
    odoo.refuses_others() && series_of(version).is_some_and(|series| series != odoo)
}

/// The modules of a repository that Odoo finds: those that are exported; in a checkout, all in the same directories.
fn on_path<'l>(offer: &Offer<'l>, checkouts: bool) -> Vec<Home<'l>> {
    let home = |module| Home { repo: offer.locked, module };
    if !checkouts {
        return offer.modules.iter().map(|module| home(*module)).collect();
    }
    let is_there = |module: &&LockedModule| offer.modules.iter().any(|on| on.directory == module.directory);
    offer.locked.facts.modules.iter().filter(is_there).map(home).collect()
}

/// What is installed.
pub(super) struct Sorted<'d, 'l, 'o> {
    /// What can be compared.
    pub(super) stored: Stored<'d, 'l, 'o>,
    /// What is updated whatever its files are, because no checksum is stored.
    pub(super) unknown: BTreeSet<&'d ModuleName>,
    /// Odoo's own modules, if their source is not in the lock.
    pub(super) of_odoo: Vec<String>,
    /// The others, which `click-odoo-update` does not find.
    pub(super) absent: Vec<String>,
}

impl<'d, 'l, 'o> Sorted<'d, 'l, 'o> {
    pub(super) fn of(
        database: &'d Database,
        places: &BTreeMap<&'l str, Place<'l, 'o>>,
        (lock, profile): (&Lock, &LockedProfile),
    ) -> Self {
        let mut sorted = Self {
            stored: BTreeMap::new(),
            unknown: BTreeSet::new(),
            of_odoo: Vec::new(),
            absent: Vec::new(),
        };
        let core = Core::new(profile.odoo, Edition::Enterprise);
        let parts: Vec<CorePart> = profile.repos.iter().filter_map(|pin| lock.repo(pin)?.core).collect();
        // Whether the lock has the source with all modules of an edition.
        let is_locked = |edition| match edition {
            Edition::Community => parts.contains(&CorePart::Odoo),
            Edition::Enterprise => parts.contains(&CorePart::Enterprise),
        };
        for name in database.modules() {
            let edition = core.edition_of(name.as_str());
            // `--ignore-core-addons` goes by the names of Community and Enterprise alone, wherever a module is.
            if edition.is_some() && !database.updates_core() {
                continue;
            }
            let is_elsewhere = edition.is_some_and(|edition| !is_locked(edition));
            match (places.get(name.as_str()), database.checksum(name)) {
                (Some(place), Some(checksum)) => drop(sorted.stored.insert(name, (*place, checksum))),
                (Some(_), None) => drop(sorted.unknown.insert(name)),
                (None, None) if is_elsewhere => drop(sorted.unknown.insert(name)),
                (None, Some(_)) if is_elsewhere => sorted.of_odoo.push(name.to_string()),
                (None, _) => sorted.absent.push(name.to_string()),
            }
        }
        sorted
    }
}
