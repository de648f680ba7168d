//! All modules on the addons path of a profile: the data of `oca list`, `tree`, `why` and `check`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::odoo::odoo;
use super::selection::{Choice, in_path_order, repos};
use crate::addons::core::Core;
use crate::addons::discover::DiscoveredModule;
use crate::addons::manifest::Lines;
use crate::config::{ModuleRequest, Position, Profile, Repo, near};
use crate::facts::LocalModules;
use crate::lock::{Lock, LockedModule};
use crate::repo::{Edition, Manifest};

/// The modules of a profile in path order, and everything else that can provide a name that one of them needs.
pub(crate) struct Inventory<'a> {
    pub(crate) profile: &'a Profile,
    /// All modules: also those that are not selected, or hidden by another of the same name.
    pub(crate) modules: Vec<Placed<'a>>,
    pub(crate) unreadable: Vec<Unreadable<'a>>,
    /// Their names.
    unreadable_names: HashSet<&'a str>,
    /// Where the modules with `installable: False` are. Only those in directories of this machine are known.
    uninstallable: HashMap<&'a str, Home<'a>>,
    /// For each name, the index of the first module, which is the one that Odoo loads.
    first: HashMap<&'a str, usize>,
    core: Core<'a>,
    /// The names in those directories of `[addons-path]` that contain Odoo's own modules.
    odoo: HashSet<&'a str>,
}

/// A module and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: Home<'a>,
    pub(crate) manifest: &'a Manifest,
    /// Whether the profile selects it. Modules in `[addons-path]` are never selected.
    pub(crate) selected: bool,
    /// Its manifest on this machine: the path below its home, and the lines of its keys.
    pub(crate) file: Option<(&'a str, &'a Lines)>,
}

/// Where a module comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home<'a> {
    /// An entry of `[addons-path]`.
    Around(&'a LocalModules),
    /// One of the user's own directories.
    Local(&'a LocalModules),
    /// An addons directory of a repository.
    Repo { repo: &'a Repo, directory: &'a str },
}

/// A module whose manifest cannot be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreadable<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: Home<'a>,
    /// The path of the manifest, below the directory or the repository.
    pub(crate) path: &'a str,
    pub(crate) line: usize,
    pub(crate) why: &'a str,
}

/// What provides a module name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing<'i, 'a> {
    Module(&'i Placed<'a>),
    /// A module of Odoo itself.
    Core(Edition),
    /// A module whose manifest cannot be read.
    Unreadable,
    /// A module with `installable: False`.
    Uninstallable(Home<'a>),
    /// Nothing. It may be a module of an edition that is not in use.
    Missing(Option<Edition>),
    /// Nothing, but it may be a module of Odoo itself, whose modules are not known.
    Unknown,
}

/// Why a module is requested, if not because another module needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// `modules` of the profile.
    Profile,
    /// `modules` of its repository.
    Repo,
    /// Its whole repository is selected.
    WholeRepo,
    /// It is the user's own.
    Local,
}

impl<'a> Home<'a> {
    /// The repository, or the directory as `repos.toml` writes it.
    pub(crate) fn name(self) -> &'a str {
        match self {
            Home::Around(local) | Home::Local(local) => &local.name,
            Home::Repo { repo, .. } => repo.name.as_str(),
        }
    }

    /// Whether two homes are of the same kind: both pinned, both the user's own, or both around the checkouts.
    pub(crate) fn is_like(self, other: Home<'_>) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// A key of the addons directory: equal for all modules in it.
    pub(crate) fn key(self) -> (&'a str, &'a str) {
        match self {
            Home::Around(local) | Home::Local(local) => (&local.name, ""),
            Home::Repo { repo, directory } => (repo.name.as_str(), directory),
        }
    }
}

impl<'a> Inventory<'a> {
    /// `locals` are the user's own directories and `around` those of `[addons-path]`, each in path order. The lock must
    /// be up to date.
    pub(crate) fn new(
        profile: &'a Profile,
        lock: &'a Lock,
        locals: &'a [Arc<LocalModules>],
        around: &'a [Arc<LocalModules>],
    ) -> Self {
        let mut inventory = Self {
            profile,
            modules: Vec::new(),
            unreadable: Vec::new(),
            unreadable_names: HashSet::new(),
            uninstallable: HashMap::new(),
            first: HashMap::new(),
            core: odoo(profile, lock),
            odoo: around.iter().filter(|local| is_odoo(local)).flat_map(|local| names_in(local)).collect(),
        };
        inventory.add_all(around, Position::Before, Home::Around);
        inventory.add_all(locals, Position::Before, Home::Local);
        inventory.add_repos(lock);
        inventory.add_all(locals, Position::After, Home::Local);
        inventory.add_all(around, Position::After, Home::Around);
        inventory.unreadable_names = inventory.unreadable.iter().map(|bad| bad.name).collect();
        for (place, module) in inventory.modules.iter().enumerate() {
            inventory.first.entry(module.name).or_insert(place);
        }
        inventory
    }

    fn add_all(
        &mut self,
        directories: &'a [Arc<LocalModules>],
        position: Position,
        home: impl Fn(&'a LocalModules) -> Home<'a>,
    ) {
        for local in directories.iter().filter(|local| local.position == position) {
            let home = home(local);
            let selected = matches!(home, Home::Local(_));
            self.modules.extend(local.survey.modules.iter().map(|module| {
                let DiscoveredModule { name, manifest, manifest_path, lines, .. } = module;
                Placed { name, home, manifest, selected, file: Some((manifest_path, lines)) }
            }));
            for bad in &local.survey.unreadable {
                let (name, path) = (bad.name.as_str(), bad.path.as_str());
                self.unreadable.push(Unreadable { name, home, path, line: bad.line, why: &bad.why });
            }
            self.uninstallable.extend(local.survey.uninstallable.iter().map(|name| (name.as_str(), home)));
        }
    }

    fn add_repos(&mut self, lock: &'a Lock) {
        let mut choice = Choice::new(lock.profiles.get(&self.profile.name));
        for (repo, locked) in repos(self.profile, lock) {
            self.modules.extend(in_path_order(&repo.addons, locked).map(|module| {
                let LockedModule { name, directory, manifest, .. } = module;
                let (home, selected) = (Home::Repo { repo, directory }, choice.takes(module));
                Placed { name, home, manifest, selected, file: None }
            }));
            self.unreadable.extend(locked.facts.unreadable_manifests().map(|bad| {
                let parts: Vec<&str> = bad.path.rsplit('/').collect();
                let name = parts.get(1).copied().unwrap_or_default();
                let home = Home::Repo { repo, directory: "" };
                Unreadable { name, home, path: &bad.path, line: bad.line, why: &bad.why }
            }));
        }
    }

    /// The module that Odoo loads for a name, selected or not.
    pub(crate) fn first(&self, name: &str) -> Option<&Placed<'a>> {
        self.first.get(name).map(|&place| &self.modules[place])
    }

    /// Whether it is the first module of its name on the path.
    pub(crate) fn is_first(&self, module: &Placed<'a>) -> bool {
        self.first(module.name).is_some_and(|first| std::ptr::eq(first, module))
    }

    /// The modules that Odoo gets from the profile: the selected ones and the user's own, the first of each name.
    pub(crate) fn given(&self) -> impl Iterator<Item = &Placed<'a>> {
        self.modules.iter().filter(|module| module.selected && self.is_first(module))
    }

    /// What provides a name that a module depends on. A module comes before Odoo's own module of the same name, unless
    /// it is in a directory of Odoo's own modules.
    pub(crate) fn standing(&self, name: &str) -> Standing<'_, 'a> {
        let edition = self.core.edition_of(name);
        match self.first(name) {
            Some(Placed { home: Home::Around(_), .. }) if edition.is_some() || self.odoo.contains(name) => {
                Standing::Core(edition.unwrap_or_default())
            }
            Some(module) => Standing::Module(module),
            None if self.core.contains(name) => Standing::Core(edition.unwrap_or_default()),
            None if self.unreadable_names.contains(name) => Standing::Unreadable,
            None => match self.uninstallable.get(name) {
                Some(home) => Standing::Uninstallable(*home),
                None if !self.knows_odoo() => Standing::Unknown,
                None => Standing::Missing(edition),
            },
        }
    }

    /// Whether the modules of Odoo are known: from the lists of oca, or from an Odoo in `[addons-path]`. If not, every
    /// dependency that nothing provides may be one.
    pub(crate) fn knows_odoo(&self) -> bool {
        self.core.is_known() || !self.odoo.is_empty()
    }

    /// The edition of Odoo that has a module of this name, from the lists of oca or from an Odoo in `[addons-path]`.
    pub(crate) fn core_edition(&self, name: &str) -> Option<Edition> {
        let is_core = self.core.contains(name) || self.odoo.contains(name);
        is_core.then(|| self.core.edition_of(name).unwrap_or_default())
    }

    /// The most similar name of a module or of one of Odoo's own modules, for a name that does not exist.
    pub(crate) fn near(&self, name: &str) -> Option<String> {
        let modules = self.first.keys().copied();
        let mut known: Vec<&str> = self.core.names().collect();
        known.extend(modules);
        known.sort_unstable();
        near(name, &known).map(str::to_owned)
    }

    /// Why a module is requested. `None` if it is selected only because others need it, or is not selected.
    pub(crate) fn request(&self, module: &Placed<'_>) -> Option<Request> {
        let asks = |requests: &[ModuleRequest]| requests.iter().any(|request| request.name == module.name);
        match (module.home, &self.profile.modules) {
            (Home::Around(_), _) => None,
            (Home::Local(_), _) => Some(Request::Local),
            (Home::Repo { .. }, Some(requests)) => asks(requests).then_some(Request::Profile),
            (Home::Repo { repo, .. }, None) => match &repo.modules {
                Some(requests) => asks(requests).then_some(Request::Repo),
                None => Some(Request::WholeRepo),
            },
        }
    }

    /// All names that the user can ask about, sorted: modules and their dependencies.
    pub(crate) fn names(&self) -> BTreeSet<&'a str> {
        let names = |module: &Placed<'a>| {
            std::iter::once(module.name).chain(module.manifest.depends.iter().map(String::as_str))
        };
        self.modules.iter().flat_map(names).collect()
    }
}

/// Whether a directory of `[addons-path]` is one of Odoo's own: it has a module that every Odoo has.
fn is_odoo(local: &LocalModules) -> bool {
    names_in(local).any(|name| name == "base" || name == "web")
}

fn names_in(local: &LocalModules) -> impl Iterator<Item = &str> {
    local.survey.modules.iter().map(|module| module.name.as_str())
}
