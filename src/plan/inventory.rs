//! All modules on the addons path of a profile: what list, tree, why and check look at.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::selection::{Choice, in_path_order, repos};
use crate::addons::core::Core;
use crate::addons::discover::Module;
use crate::addons::manifest::Lines;
use crate::config::{ModuleRequest, Position, Profile, Repo, near};
use crate::facts::LocalModules;
use crate::lock::{Lock, LockedModule};
use crate::repo::{Edition, Manifest};

/// The modules of a profile in path order, with whatever else can stand for a name that one of them needs.
pub(crate) struct Inventory<'a> {
    pub(crate) profile: &'a Profile,
    /// All of them: selected or not, and those that another of the same name hides.
    pub(crate) modules: Vec<Placed<'a>>,
    pub(crate) unreadable: Vec<Unreadable<'a>>,
    /// The directories of modules that say `installable: False`, where these are not pinned.
    uninstallable: HashMap<&'a str, Home<'a>>,
    /// The first of each name, as Odoo takes it.
    first: HashMap<&'a str, usize>,
    core: Core,
    /// What is in directories around the checkouts that hold Odoo's own modules.
    odoo: HashSet<&'a str>,
}

/// A module, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: Home<'a>,
    pub(crate) manifest: &'a Manifest,
    /// Whether the profile takes it from there; what is around the checkouts is not oca's to take.
    pub(crate) selected: bool,
    /// Its manifest on this machine: the path below its home, and the lines in it.
    pub(crate) file: Option<(&'a str, &'a Lines)>,
}

/// Where modules come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home<'a> {
    /// An entry of `[addons-path]`.
    Around(&'a LocalModules),
    /// A directory of the user's own.
    Local(&'a LocalModules),
    /// An addons directory of a repository.
    Repo { repo: &'a Repo, directory: &'a str },
}

/// A module whose manifest is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unreadable<'a> {
    pub(crate) name: &'a str,
    pub(crate) home: Home<'a>,
    /// The manifest's path: below the directory, or below the repository.
    pub(crate) path: &'a str,
    pub(crate) line: usize,
    pub(crate) why: &'a str,
}

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing<'i, 'a> {
    Module(&'i Placed<'a>),
    /// A module of Odoo itself.
    Core(Edition),
    /// A module that is there with a manifest that is none.
    Unreadable,
    /// A module that is there, and says that it cannot be installed.
    Uninstallable(Home<'a>),
    /// Nothing; it may be a module of an edition that is not in use.
    Missing(Option<Edition>),
}

/// Why a module is wanted for itself, and not because another needs it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Request {
    /// `modules` of the profile.
    Profile,
    /// `modules` of its repository.
    Repo,
    /// Its repository is wanted whole.
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

    /// Whether two modules with homes alike are alike to the user: both pinned, both own, or neither.
    pub(crate) fn is_like(self, other: Home<'_>) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// The addons directory that it is, which is the same one for all modules in it.
    pub(crate) fn key(self) -> (&'a str, &'a str) {
        match self {
            Home::Around(local) | Home::Local(local) => (&local.name, ""),
            Home::Repo { repo, directory } => (repo.name.as_str(), directory),
        }
    }
}

impl<'a> Inventory<'a> {
    /// `locals` and `around` are the user's own directories and those around the checkouts, each in path order. The
    /// lock is that of the profile, fresh.
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
            uninstallable: HashMap::new(),
            first: HashMap::new(),
            core: Core::new(profile.odoo, profile.edition),
            odoo: around.iter().filter(|local| is_odoo(local)).flat_map(|local| names_in(local)).collect(),
        };
        inventory.add_all(around, Position::Before, Home::Around);
        inventory.add_all(locals, Position::Before, Home::Local);
        inventory.add_repos(lock);
        inventory.add_all(locals, Position::After, Home::Local);
        inventory.add_all(around, Position::After, Home::Around);
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
                let Module { name, manifest, manifest_path, lines, .. } = module;
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

    /// The module that Odoo takes for a name, selected or not.
    pub(crate) fn first(&self, name: &str) -> Option<&Placed<'a>> {
        self.first.get(name).map(|&place| &self.modules[place])
    }

    /// Whether no other module of the same name comes before it on the path.
    pub(crate) fn is_first(&self, module: &Placed<'a>) -> bool {
        self.first(module.name).is_some_and(|first| std::ptr::eq(first, module))
    }

    /// What the profile gives to Odoo: its selected modules and the user's own, the first of each name.
    pub(crate) fn given(&self) -> impl Iterator<Item = &Placed<'a>> {
        self.modules.iter().filter(|module| module.selected && self.is_first(module))
    }

    /// What a name that a module depends on stands for. A module counts before Odoo's own of the same name, unless
    /// it is in a directory that holds Odoo's own.
    pub(crate) fn standing(&self, name: &str) -> Standing<'_, 'a> {
        let edition = self.core.edition_of(name);
        match self.first(name) {
            Some(Placed { home: Home::Around(_), .. }) if edition.is_some() || self.odoo.contains(name) => {
                Standing::Core(edition.unwrap_or_default())
            }
            Some(module) => Standing::Module(module),
            None if self.core.contains(name) => Standing::Core(edition.unwrap_or_default()),
            None if self.unreadable.iter().any(|bad| bad.name == name) => Standing::Unreadable,
            None => match self.uninstallable.get(name) {
                Some(home) => Standing::Uninstallable(*home),
                None => Standing::Missing(edition),
            },
        }
    }

    /// The edition that has a module of this name as its own, by the lists or by a copy of Odoo that is here.
    pub(crate) fn core_edition(&self, name: &str) -> Option<Edition> {
        let is_core = self.core.contains(name) || self.odoo.contains(name);
        is_core.then(|| self.core.edition_of(name).unwrap_or_default())
    }

    /// The name nearest to one that stands for nothing: of a module, or of one of Odoo's own.
    pub(crate) fn near(&self, name: &str) -> Option<String> {
        let modules = self.first.keys().copied();
        let mut known: Vec<&str> = self.core.names().collect();
        known.extend(modules);
        known.sort_unstable();
        near(name, &known).map(str::to_owned)
    }

    /// Why a module is wanted for itself; `None` where it is there for others, or not selected at all.
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

    /// All names that can be asked about, sorted: modules, and what they need.
    pub(crate) fn names(&self) -> BTreeSet<&'a str> {
        let names = |module: &Placed<'a>| {
            std::iter::once(module.name).chain(module.manifest.depends.iter().map(String::as_str))
        };
        self.modules.iter().flat_map(names).collect()
    }
}

/// Whether a directory around the checkouts is one of Odoo's own: it has a module that no Odoo is without.
fn is_odoo(local: &LocalModules) -> bool {
    names_in(local).any(|name| name == "base" || name == "web")
}

fn names_in(local: &LocalModules) -> impl Iterator<Item = &str> {
    local.survey.modules.iter().map(|module| module.name.as_str())
}
