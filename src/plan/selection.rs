//! Which modules of its repositories a profile selects: what it asks for, and what that needs.

use std::collections::{BTreeMap, BTreeSet};

use super::pin;
use crate::addons::core::Core;
use crate::addons::graph::{Closure, Graph};
use crate::addons::manifest::semver_of;
use crate::config::{self, Config, ModuleRequest, Profile, Repo};
use crate::lock::{Lock, LockedModule, LockedProfile, LockedRepo, Pin};
use crate::report::{Difference, Unmet, WhyUnmet};

/// What Odoo takes for the version of a module that tells none.
const DEFAULT_VERSION: &str = "1.0";

/// What the modules in the user's own directories depend on now, by profile, then by directory as `repos.toml`
/// writes it. A directory that is not there is left out.
pub(crate) type LocalDepends = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Whether a profile does with a part of its repositories' modules.
pub(crate) fn selects(profile: &Profile) -> bool {
    profile.modules.is_some() || profile.repos.iter().any(|repo| repo.modules.is_some())
}

/// One repository of a profile, as declared and as locked, and what is selected of it.
#[derive(Clone, Debug)]
pub(crate) struct Selected<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) locked: &'a LockedRepo,
    /// In path order.
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// The repositories of a profile in path order, also those of which nothing is selected.
///
/// Path, list, requirements and export go by this. What the lock lacks is left out: a stale lock is refused before.
pub(crate) fn selected<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Selected<'a>> {
    let names = lock.profiles.get(&profile.name).and_then(|locked| locked.modules.as_ref());
    let mut left: Option<BTreeSet<&str>> = names.map(|names| names.iter().map(String::as_str).collect());
    // The first directory that holds a name gives it.
    let mut is_selected = |module: &&LockedModule| match &mut left {
        Some(left) => left.remove(module.name.as_str()),
        None => true,
    };
    let repos = repos(profile, lock);
    repos
        .map(|(repo, locked)| {
            let modules = in_path_order(repo, locked).filter(&mut is_selected).collect();
            Selected { repo, locked, modules }
        })
        .collect()
}

/// The addons directories of a repository that hold a selected module, in path order.
///
/// Odoo refuses an entry without a module, so an entry is on the path exactly when it has something to offer.
pub(crate) fn path_entries<'a>(selected: &Selected<'a>) -> impl Iterator<Item = &'a str> {
    let directories = selected.repo.addons.iter().map(String::as_str);
    directories.filter(|directory| selected.modules.iter().any(|module| module.directory == *directory))
}

fn repos<'a>(profile: &'a Profile, lock: &'a Lock) -> impl Iterator<Item = (&'a Repo, &'a LockedRepo)> {
    profile.repos.iter().filter_map(|repo| Some((repo, lock.repo(&pin(repo))?)))
}

fn in_path_order<'a>(repo: &'a Repo, locked: &'a LockedRepo) -> impl Iterator<Item = &'a LockedModule> {
    repo.addons.iter().flat_map(|directory| {
        locked.facts.modules.iter().filter(move |module| module.directory == *directory)
    })
}

/// The profiles as a lock with these repositories should record them.
///
/// Of an own directory that is not there, `old` stands for what its modules need; one that was never seen needs nothing.
pub(crate) fn profiles(
    config: &Config,
    lock: &Lock,
    old: Option<&Lock>,
    present: &LocalDepends,
) -> Result<BTreeMap<String, LockedProfile>, Vec<Unmet>> {
    let mut all = BTreeMap::new();
    let mut unmet = Found::default();
    for profile in &config.profiles {
        let mut record = LockedProfile {
            odoo: profile.odoo,
            repos: profile.repos.iter().map(pin).collect(),
            modules: None,
            local_depends: BTreeMap::new(),
        };
        if selects(profile) {
            let offer = Offer::new(profile, lock);
            unmet.add(profile, offer.unmet());
            let old = old.and_then(|old| old.profiles.get(&profile.name));
            record.local_depends = local_depends(profile, old, present);
            record.modules = Some(offer.selection(&record.local_depends));
        }
        all.insert(profile.name.clone(), record);
    }
    if unmet.0.is_empty() { Ok(all) } else { Err(unmet.into_list()) }
}

fn local_depends(
    profile: &Profile,
    old: Option<&LockedProfile>,
    present: &LocalDepends,
) -> BTreeMap<String, Vec<String>> {
    let now = present.get(&profile.name);
    let needs = |directory: &str| {
        let recorded = || old.and_then(|old| old.local_depends.get(directory));
        now.and_then(|now| now.get(directory)).or_else(recorded).cloned().unwrap_or_default()
    };
    local_directories(profile).map(|directory| (directory.to_owned(), needs(directory))).collect()
}

fn local_directories(profile: &Profile) -> impl Iterator<Item = &str> {
    profile.locals.iter().map(|local| local.path.as_str())
}

/// In what the recorded selections are not what follows from `repos.toml`, the lock's facts and the own directories
/// that are here. Profiles with other pins than the lock's, or a pin that `is_stale`, are told of as that.
pub(super) fn differences(
    config: &Config,
    lock: &Lock,
    present: &LocalDepends,
    is_stale: &dyn Fn(&Pin) -> bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut unmet = Found::default();
    for profile in &config.profiles {
        let Some(locked) = lock.profiles.get(&profile.name) else { continue };
        if profile.repos.iter().map(pin).ne(locked.repos.iter().cloned()) || locked.repos.iter().any(is_stale)
        {
            continue;
        }
        let name = || profile.name.clone();
        let declared = selects(profile);
        let (true, Some(recorded)) = (declared, &locked.modules) else {
            if declared || locked.modules.is_some() || !locked.local_depends.is_empty() {
                found.push(Difference::Selects { profile: name(), declared });
            }
            continue;
        };
        let offer = Offer::new(profile, lock);
        let refused = offer.unmet();
        if refused.is_empty() {
            let (more, fewer) = changes(&offer.selection(&locked.local_depends), recorded);
            if !more.is_empty() || !fewer.is_empty() {
                found.push(Difference::Modules { profile: name(), more, fewer });
            }
        }
        unmet.add(profile, refused);
        let directories: BTreeSet<&str> = local_directories(profile).collect();
        if locked.local_depends.keys().map(String::as_str).ne(directories) {
            found.push(Difference::Locals { profile: name() });
            continue;
        }
        let now = present.get(&profile.name).into_iter().flatten();
        for (directory, depends) in now {
            let recorded = locked.local_depends.get(directory).map_or(&[][..], Vec::as_slice);
            let (more, fewer) = changes(depends, recorded);
            if !more.is_empty() || !fewer.is_empty() {
                let directory = directory.clone();
                found.push(Difference::LocalDepends { profile: name(), directory, more, fewer });
            }
        }
    }
    found.extend(unmet.into_list().into_iter().map(Difference::Unmet));
    found
}

/// What `now` has and `recorded` has not, and the other way round.
fn changes(now: &[String], recorded: &[String]) -> (Vec<String>, Vec<String>) {
    let without = |some: &[String], others: &[String]| {
        let others: BTreeSet<&String> = others.iter().collect();
        some.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    (without(now, recorded), without(recorded, now))
}

/// The modules that the repositories of a profile have to offer.
struct Offer<'a> {
    profile: &'a Profile,
    lock: &'a Lock,
    /// In path order.
    modules: Vec<(&'a Repo, &'a LockedModule)>,
    core: Core,
}

impl<'a> Offer<'a> {
    fn new(profile: &'a Profile, lock: &'a Lock) -> Self {
        let modules = repos(profile, lock)
            .flat_map(|(repo, locked)| in_path_order(repo, locked).map(move |module| (repo, module)));
        let core = Core::new(profile.odoo, profile.edition);
        Self { profile, lock, modules: modules.collect(), core }
    }

    /// The names of the modules that are selected, sorted.
    fn selection(&self, local_depends: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let local = local_depends.values().flatten().map(String::as_str);
        let closure = self.closure(self.asked().into_iter().chain(local));
        closure.modules.into_iter().map(str::to_owned).collect()
    }

    fn closure<'b>(&self, roots: impl Iterator<Item = &'b str>) -> Closure<'b>
    where
        'a: 'b,
    {
        let graph: Graph<'b> =
            Graph::new(self.modules.iter().map(|(_, module)| (module.name.as_str(), &module.depends[..])));
        graph.closure(roots, |name| self.core.contains(name))
    }

    /// The modules that are wanted for themselves.
    fn asked(&self) -> Vec<&'a str> {
        if let Some(requests) = &self.profile.modules {
            return requests.iter().map(|request| request.name.as_str()).collect();
        }
        let listed = self.profile.repos.iter().filter_map(|repo| repo.modules.as_ref()).flatten();
        let whole = self.modules.iter().filter(|(repo, _)| repo.modules.is_none());
        let whole = whole.map(|(_, module)| module.name.as_str());
        listed.map(|request| request.name.as_str()).chain(whole).collect()
    }

    /// The requests that are not met: of the profile or, where it has none, of its repositories.
    fn unmet(&self) -> Vec<Unmet> {
        if let Some(requests) = &self.profile.modules {
            return requests.iter().filter_map(|request| self.refused(request, None)).collect();
        }
        let of_repo = |repo: &'a Repo| {
            let requests = repo.modules.iter().flatten();
            requests.filter_map(|request| self.refused(request, Some(repo)))
        };
        self.profile.repos.iter().flat_map(of_repo).collect()
    }

    fn refused(&self, request: &ModuleRequest, of: Option<&Repo>) -> Option<Unmet> {
        let mut offered =
            self.modules.iter().filter(|(repo, _)| of.is_none_or(|wanted| wanted.name == repo.name));
        let name = request.name.as_str();
        let why = match offered.clone().find(|(_, module)| module.name == name) {
            Some((repo, module)) => {
                let version = module.version.as_deref().unwrap_or(DEFAULT_VERSION);
                let requirement = request.requirement.as_ref()?;
                let found = semver_of(version, self.profile.odoo);
                if found.is_some_and(|found| requirement.matches(&found)) {
                    return None;
                }
                WhyUnmet::Version { repo: repo.name.clone(), version: version.to_owned() }
            }
            None if self.core.contains(name) => WhyUnmet::Core,
            None => WhyUnmet::Nowhere {
                elsewhere: self.elsewhere(name),
                near: {
                    let known: Vec<&str> = offered.by_ref().map(|(_, module)| module.name.as_str()).collect();
                    config::near(name, &known).map(str::to_owned)
                },
                may_be_local: !self.profile.locals.is_empty(),
            },
        };
        let module = match why {
            WhyUnmet::Version { .. } => request.to_string(),
            WhyUnmet::Core | WhyUnmet::Nowhere { .. } => name.to_owned(),
        };
        let profiles = vec![self.profile.name.clone()];
        Some(Unmet { module, repo: of.map(|repo| repo.name.clone()), why, profiles })
    }

    /// Another repository that has a module.
    fn elsewhere(&self, name: &str) -> Option<crate::repo::RepoName> {
        let has = |repo: &&LockedRepo| repo.facts.modules.iter().any(|module| module.name == name);
        self.lock.repos.iter().find(has).map(|repo| repo.pin.name.clone())
    }
}

/// Unmet requests, each told once with all profiles that make it.
#[derive(Default)]
struct Found(Vec<Unmet>);

impl Found {
    fn add(&mut self, profile: &Profile, unmet: Vec<Unmet>) {
        for unmet in unmet {
            let is_same = |other: &&mut Unmet| {
                (&other.module, &other.repo, &other.why) == (&unmet.module, &unmet.repo, &unmet.why)
            };
            match self.0.iter_mut().find(is_same) {
                Some(other) => other.profiles.push(profile.name.clone()),
                None => self.0.push(unmet),
            }
        }
    }

    fn into_list(mut self) -> Vec<Unmet> {
        self.0.sort_by(|a, b| (&a.module, &a.repo, &a.profiles).cmp(&(&b.module, &b.repo, &b.profiles)));
        self.0
    }
}
