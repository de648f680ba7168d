//! The part of a lock that some profiles use.

use std::collections::{BTreeMap, HashSet};

use crate::lock::{Lock, LockedModule, LockedRepo, Pin};
use crate::plan;
use crate::repo::{CorePart, Manifest};

/// The repositories of some profiles, with the modules that at least one of these profiles uses.
pub(super) struct View<'l> {
    pub(super) repos: Vec<Used<'l>>,
}

/// A repository, and the modules that are used of it.
pub(super) struct Used<'l> {
    pub(super) repo: &'l LockedRepo,
    pub(super) modules: Vec<&'l LockedModule>,
}

impl<'l> Used<'l> {
    fn add(&mut self, modules: Vec<&'l LockedModule>) {
        if self.modules.is_empty() {
            self.modules = modules;
            return;
        }
        let known: HashSet<*const LockedModule> =
            self.modules.iter().map(|module| std::ptr::from_ref(*module)).collect();
        self.modules
            .extend(modules.into_iter().filter(|module| !known.contains(&std::ptr::from_ref(*module))));
    }
}

/// A module in its repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Home<'l> {
    pub(crate) repo: &'l LockedRepo,
    pub(crate) module: &'l LockedModule,
}

impl<'l> Home<'l> {
    /// Whether it is a module of Odoo itself. The lock has neither the version nor the licence nor the maturity nor the
    /// tree of such a module.
    pub(crate) fn is_core(&self) -> bool {
        self.repo.core.is_some()
    }

    /// `None` for a module of Odoo itself.
    pub(crate) fn version(&self) -> Option<&'l str> {
        self.unless_core(Manifest::version)
    }

    /// `None` for a module of Odoo itself.
    pub(crate) fn license(&self) -> Option<&'l str> {
        self.unless_core(Manifest::license)
    }

    /// `None` for a module of Odoo itself.
    pub(crate) fn maturity(&self) -> Option<&'l str> {
        self.unless_core(Manifest::maturity)
    }

    fn unless_core(&self, value: fn(&'l Manifest) -> &'l str) -> Option<&'l str> {
        (!self.is_core()).then(|| value(&self.module.manifest))
    }
}

impl<'l> View<'l> {
    pub(super) fn of(lock: &'l Lock, profiles: &[&str]) -> Self {
        let mut repos: BTreeMap<&Pin, Used<'l>> = BTreeMap::new();
        for profile in profiles.iter().filter_map(|name| lock.profiles.get(*name)) {
            let core =
                profile.repos.iter().filter_map(|pin| lock.repo(pin)).filter(|repo| repo.core.is_some());
            let core = core.map(|repo| (repo, repo.facts.modules.iter().collect()));
            let offers = plan::locked_offers(profile, lock).into_iter();
            for (repo, modules) in offers.map(|offer| (offer.locked, offer.modules)).chain(core) {
                let used = repos.entry(&repo.pin).or_insert_with(|| Used { repo, modules: Vec::new() });
                used.add(modules);
            }
        }
        Self { repos: repos.into_values().collect() }
    }

    /// The modules with their repositories.
    pub(super) fn homes(&self) -> impl Iterator<Item = Home<'l>> {
        let of_repo = |used: &Used<'l>| {
            let repo = used.repo;
            used.modules.clone().into_iter().map(move |module| Home { repo, module })
        };
        self.repos.iter().flat_map(of_repo)
    }

    /// Whether it has this part of Odoo itself.
    pub(super) fn has(&self, part: CorePart) -> bool {
        self.repos.iter().any(|used| used.repo.core == Some(part))
    }

    /// What the modules need of Python, and the lines of each `requirements.txt`. Odoo's own are left out: it needs them
    /// whatever the modules are.
    pub(super) fn python(&self) -> Vec<&'l str> {
        let repos = self.repos.iter().map(|used| used.repo).filter(|repo| repo.core.is_none());
        repos.flat_map(requirements).chain(self.needs(|manifest| &manifest.python)).collect()
    }

    /// The lines of Odoo's own `requirements.txt`. Empty if `other` does not have Odoo itself, because nothing can be
    /// compared then.
    pub(super) fn odoo_python(&self, other: &View<'_>) -> Vec<&'l str> {
        let is_in_both = |repo: &&LockedRepo| repo.core.is_some_and(|part| other.has(part));
        self.repos.iter().map(|used| used.repo).filter(is_in_both).flat_map(requirements).collect()
    }

    pub(super) fn bin(&self) -> Vec<&'l str> {
        self.needs(|manifest| &manifest.bin).collect()
    }

    pub(super) fn deb(&self) -> Vec<&'l str> {
        self.needs(|manifest| &manifest.deb).collect()
    }

    fn needs(&self, key: fn(&Manifest) -> &Vec<String>) -> impl Iterator<Item = &'l str> {
        let homes = self.homes().filter(|home| !home.is_core());
        homes.flat_map(move |home| key(&home.module.manifest)).map(String::as_str)
    }
}

/// The lines of the `requirements.txt` of a repository, without comments.
fn requirements(repo: &LockedRepo) -> impl Iterator<Item = &str> {
    let lines = repo.facts.requirements.iter().map(|line| line.trim());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}
