//! What modules need, and which modules need them: the two directions of `oca tree` and `oca why`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::inventory::{Home, Inventory, Placed, Request, Standing};
use crate::addons::graph::{Graph, Step, walk};
use crate::lock::{Lock, Pin};
use crate::repo::RepoName;

/// Why a module is selected, or is not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    Asked(Request),
    /// A selected module needs it.
    Needed,
    NotSelected,
    /// It is in a directory of `[addons-path]`.
    Around,
    /// It is not a module that oca can select. Its [`Standing`] says what it is.
    NoModule,
}

/// All modules of the profiles except this one.
pub(crate) fn all_elsewhere<'a>(lock: &'a Lock, profile: &str) -> HashSet<&'a str> {
    let others = lock.profiles.iter().filter(|(other, _)| *other != profile);
    let pins: HashSet<&Pin> = others.flat_map(|(_, locked)| &locked.repos).collect();
    let repos = pins.into_iter().filter_map(|pin| lock.repo(pin));
    repos.flat_map(|repo| repo.facts.modules.iter().map(|module| &*module.name)).collect()
}

/// Other profiles that have a module, each with the repository that has it.
pub(crate) fn elsewhere<'a>(
    lock: &'a Lock,
    profile: &str,
    name: &str,
) -> impl Iterator<Item = (&'a str, &'a RepoName)> {
    let others = lock.profiles.iter().filter(move |(other, _)| *other != profile);
    let pins = others.flat_map(|(other, locked)| locked.repos.iter().map(move |pin| (other, pin)));
    let has = move |pin| {
        lock.repo(pin).is_some_and(|repo| repo.facts.modules.iter().any(|module| module.name == name))
    };
    pins.filter(move |(_, pin)| has(pin)).map(|(other, pin)| (other.as_str(), &pin.name))
}

impl Inventory<'_> {
    /// What these modules need, down to Odoo's own modules and those that oca does not manage.
    pub(crate) fn tree<'b>(&'b self, roots: &'b [String]) -> Vec<Step<'b>> {
        let graph: Graph<'b> =
            Graph::new(self.modules.iter().map(|module| (module.name, &module.manifest.depends[..])));
        walk(roots.iter().map(String::as_str), |name| match self.standing(name) {
            Standing::Module(module) if !matches!(module.home, Home::Around(_)) => graph.needs(name),
            _ => Vec::new(),
        })
    }

    /// The modules that need a module, up to the requested ones. If the module is not selected, these are all modules
    /// that would need it.
    pub(crate) fn dependants<'b>(&'b self, root: &'b str) -> Vec<Step<'b>> {
        let is_selected = |module: &Placed<'_>| module.selected || matches!(module.home, Home::Around(_));
        let all = matches!(self.standing(root), Standing::Module(module) if !is_selected(module));
        let mut dependants: HashMap<&str, BTreeSet<&'b str>> = HashMap::new();
        let modules = self.modules.iter().filter(|module| self.is_first(module));
        let modules = modules.filter(|module| !matches!(module.home, Home::Around(_)));
        for module in modules.filter(|module| all || module.selected) {
            for needed in &module.manifest.depends {
                dependants.entry(needed).or_default().insert(module.name);
            }
        }
        walk([root], |name| {
            let is_answer = name != root && matches!(self.reason(name), Reason::Asked(_));
            let above = dependants.get(name).filter(|_| !is_answer);
            above.into_iter().flatten().copied().collect()
        })
    }

    /// The modules that the user asks for by name, the user's own, and the modules that these need.
    pub(crate) fn wanted(&self) -> HashSet<&str> {
        let is_named = |module: &&Placed<'_>| {
            matches!(self.request(module), Some(Request::Profile | Request::Repo | Request::Local))
        };
        self.with_needs(self.given().filter(is_named).collect())
    }

    /// These modules, and the modules that they need, directly or not.
    pub(crate) fn with_needs<'b>(&'b self, modules: Vec<&'b Placed<'b>>) -> HashSet<&'b str> {
        let (mut wanted, mut open) = (HashSet::new(), modules);
        while let Some(module) = open.pop() {
            if wanted.insert(module.name) {
                open.extend(module.manifest.depends.iter().filter_map(|name| self.first(name)));
            }
        }
        wanted
    }

    /// The modules that cannot be installed because they need one of the missing names, directly or not; each with such
    /// a name.
    pub(crate) fn blocked_by(&self, is_missing: impl Fn(&str) -> bool) -> BTreeMap<&str, &str> {
        let dependants = self.given_dependants();
        let mut blocked: BTreeMap<&str, &str> = BTreeMap::new();
        for (&missing, needers) in dependants.iter().filter(|(name, _)| is_missing(name)) {
            let mut open = needers.clone();
            while let Some(name) = open.pop() {
                if let Entry::Vacant(vacant) = blocked.entry(name) {
                    vacant.insert(missing);
                    open.extend(dependants.get(name).into_iter().flatten());
                }
            }
        }
        blocked
    }

    /// The same for everything that does not exist or cannot be installed.
    pub(crate) fn blocked(&self) -> BTreeMap<&str, &str> {
        self.blocked_by(|name| {
            matches!(self.standing(name), Standing::Missing(_) | Standing::Uninstallable(_))
        })
    }

    /// For each name, the modules that Odoo gets from the profile and that depend on it.
    fn given_dependants(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut dependants: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for module in self.given() {
            for needed in &module.manifest.depends {
                dependants.entry(needed).or_default().push(module.name);
            }
        }
        dependants
    }

    /// Why Odoo gets a module of this name from the profile.
    pub(crate) fn reason(&self, name: &str) -> Reason {
        match self.standing(name) {
            Standing::Module(module) if matches!(module.home, Home::Around(_)) => Reason::Around,
            Standing::Module(module) if !module.selected => Reason::NotSelected,
            Standing::Module(module) => self.request(module).map_or(Reason::Needed, Reason::Asked),
            _ => Reason::NoModule,
        }
    }
}
