//! Exports in layers: what a profile shares with those that it extends, so that their images share it too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::entries::{entries, offers};
use crate::config::{Config, Profile};
use crate::lock::{Lock, Pin};
use crate::repo::RepoName;

/// The layers of a profile below its own.
#[derive(Debug)]
pub(crate) struct Layers<'a> {
    /// Profiles that it extends and whose whole export is part of its own, in the order in which they are copied.
    pub(crate) below: Vec<&'a Profile>,
    /// The others that it extends.
    pub(crate) apart: Vec<(&'a Profile, Apart)>,
}

/// Why the export of a profile is not part of that of one that extends it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Apart {
    Layout,
    /// Other languages, or other parts are dropped.
    Export,
    /// At another pin, or not there.
    Repository(RepoName),
    /// Not selected, or taken from another repository.
    Module(String),
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str("its `layout` in `[image]` is another"),
            Self::Export => f.write_str("its `[export]` is another"),
            Self::Repository(name) => write!(f, "it does not have `{name}` at the same pin"),
            Self::Module(path) => write!(f, "it does not have `{path}`"),
        }
    }
}

/// What of the profiles that a profile extends can be a layer below it.
pub(crate) fn layers<'a>(config: &'a Config, profile: &'a Profile, lock: &'a Lock) -> Layers<'a> {
    let own = Below::of([profile], lock);
    let extended = config.profiles.iter().filter(|other| profile.extends.contains(&other.name));
    let mut layers = Layers { below: Vec::new(), apart: Vec::new() };
    for other in extended {
        match apart(other, profile, &Below::of([other], lock), &own) {
            None => layers.below.push(other),
            Some(why) => layers.apart.push((other, why)),
        }
    }
    let place = |other: &&Profile| profile.extends.iter().position(|name| *name == other.name);
    layers.below.sort_by_key(place);
    layers
}

fn apart(other: &Profile, profile: &Profile, theirs: &Below<'_>, own: &Below<'_>) -> Option<Apart> {
    if other.image.layout != profile.image.layout {
        return Some(Apart::Layout);
    }
    if other.export != profile.export {
        return Some(Apart::Export);
    }
    theirs.modules.iter().find_map(|(pin, modules)| {
        let Some(own) = own.modules.get(pin) else { return Some(Apart::Repository(pin.name.clone())) };
        modules.difference(own).next().map(|path| Apart::Module(format!("{}/{path}", pin.name)))
    })
}

/// What exports hold: the paths of modules, by repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Below<'a> {
    modules: BTreeMap<&'a Pin, BTreeSet<String>>,
}

impl<'a> Below<'a> {
    /// What the exports of some profiles hold together.
    pub(crate) fn of(profiles: impl IntoIterator<Item = &'a Profile>, lock: &'a Lock) -> Self {
        let mut all = Self::default();
        for profile in profiles {
            for entry in entries(&offers(profile, lock), profile.image.layout) {
                let modules = all.modules.entry(&entry.locked.pin).or_default();
                modules.extend(entry.modules.iter().map(|module| module.path()));
            }
        }
        all
    }

    /// Whether they hold a module, by its path in a repository; `None` stands for the licences.
    pub(crate) fn has(&self, pin: &Pin, module: Option<&str>) -> bool {
        let modules = self.modules.get(pin);
        modules.is_some_and(|modules| module.is_none_or(|path| modules.contains(path)))
    }
}
