//! Exports in layers: what a profile shares with the profiles that it extends, so that their images share it too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::entries::{entries, offers};
use crate::config::{Config, Profile};
use crate::lock::{Lock, Pin};
use crate::repo::RepoName;

/// The layers of a profile below its own.
#[derive(Debug)]
pub(crate) struct Layers<'a> {
    /// The extended profiles whose whole export is part of this profile's export, in the order in which they are
    /// copied.
    pub(crate) below: Vec<&'a Profile>,
    /// The other extended profiles, and why they are not layers.
    pub(crate) apart: Vec<(&'a Profile, Apart)>,
}

/// Why the export of a profile is not part of the export of a profile that extends it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Apart {
    Layout,
    /// It has other languages, or drops other parts.
    Export,
    /// The repository is missing, or at another pin.
    Repository(RepoName),
    /// The module is not selected, or comes from another repository.
    Module(String),
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layout => f.write_str("its `layout` in `[image]` is different"),
            Self::Export => f.write_str("its `[export]` is different"),
            Self::Repository(name) => write!(f, "it does not have `{name}` at the same pin"),
            Self::Module(path) => write!(f, "it does not have `{path}`"),
        }
    }
}

/// Which of the profiles that a profile extends can be layers below it.
pub(crate) fn layers<'a>(config: &'a Config, profile: &'a Profile, lock: &'a Lock) -> Layers<'a> {
    let own = Below::of([profile], lock);
    let mut layers = Layers { below: Vec::new(), apart: Vec::new() };
    for other in config.extended(profile) {
        match apart(other, profile, &Below::of([other], lock), &own) {
            None => layers.below.push(other),
            Some(why) => layers.apart.push((other, why)),
        }
    }
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

/// The content of exports: the paths of modules, by repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Below<'a> {
    modules: BTreeMap<&'a Pin, BTreeSet<String>>,
}

impl<'a> Below<'a> {
    /// The content of the exports of several profiles together.
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

    /// Whether they contain a module, by its path in a repository. `None` stands for the licences.
    pub(crate) fn has(&self, pin: &Pin, module: Option<&str>) -> bool {
        let modules = self.modules.get(pin);
        modules.is_some_and(|modules| module.is_none_or(|path| modules.contains(path)))
    }
}
