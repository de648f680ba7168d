//! Which modules of its repositories a profile selects: the requested modules and their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use super::odoo::odoo;
use super::pin;
use crate::addons::core::Core;
use crate::addons::graph::{Closure, Graph};
use crate::addons::version::semver_of;
use crate::config::{self, Config, ModuleRequest, Profile, Repo};
use crate::lock::{Digest, Lock, LockedModule, LockedProfile, LockedRepo, Pin};
use crate::repo::{AddonsDirectory, RepoName};
use crate::report::{Difference, Unmet, WhyUnmet};

/// What the modules in the user's own directories depend on now, by profile, then by directory as written in
/// `repos.toml`. Directories that do not exist are left out.
pub(crate) type LocalDepends = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Whether a profile selects only some modules of its repositories.
pub(crate) fn selects(profile: &Profile) -> bool {
    profile.modules.is_some() || profile.repos.iter().any(|repo| repo.modules.is_some())
}

/// One repository of a profile, as declared and as locked, with its selected modules.
#[derive(Clone, Debug)]
pub(crate) struct Selected<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) locked: &'a LockedRepo,
    /// In path order.
    pub(crate) modules: Vec<&'a LockedModule>,
}

/// The repositories of modules of a profile in path order, also those without a selected module.
///
/// Addons path, list, requirements and export use this. Repositories that the lock does not have are left out; a lock
/// that is out of date was refused before.
pub(crate) fn selected<'a>(profile: &'a Profile, lock: &'a Lock) -> Vec<Selected<'a>> {
    let mut choice = Choice::new(lock.profiles.get(&profile.name));
    repos(profile, lock)
        .map(|(repo, locked)| {
            let modules = in_path_order(&repo.addons, locked).filter(|module| choice.takes(module)).collect();
            Selected { repo, locked, modules }
        })
        .collect()
}

/// Decides which modules of a profile are selected. Call it in path order: the first module of a selected name counts.
pub(super) struct Choice<'a> {
    /// The selected names that are not found yet. `None` if all modules are selected.
    left: Option<BTreeSet<&'a str>>,
}

impl<'a> Choice<'a> {
    pub(super) fn new(profile: Option<&'a LockedProfile>) -> Self {
        let names = profile.and_then(|profile| profile.modules.as_ref());
        Self { left: names.map(|names| names.iter().map(String::as_str).collect()) }
    }

    pub(super) fn takes(&mut self, module: &LockedModule) -> bool {
        self.left.as_mut().is_none_or(|left| left.remove(module.name.as_str()))
    }
}

/// The repositories of a profile, as declared and as locked, in path order.
pub(super) fn repos<'a>(
    profile: &'a Profile,
    lock: &'a Lock,
) -> impl Iterator<Item = (&'a Repo, &'a LockedRepo)> {
    profile.repos.iter().filter_map(|repo| Some((repo, lock.repo(&pin(repo))?)))
}

/// The modules of a repository in the order of these addons directories. Modules in other directories are left out.
pub(super) fn in_path_order<'a>(
    addons: &'a [AddonsDirectory],
    locked: &'a LockedRepo,
) -> impl Iterator<Item = &'a LockedModule> {
    addons.iter().flat_map(|directory| {
        locked.facts.modules.iter().filter(move |module| module.directory == *directory)
    })
}

/// The profiles as a lock with these repositories should record them. The error lists the requests that cannot be met.
///
/// If one of the user's own directories does not exist, the dependencies recorded in `old` are used. If there are none, or
/// if they were edited, none are used.
pub(crate) fn profiles(
    config: &Config,
    lock: &Lock,
    old: Option<&Lock>,
    present: &LocalDepends,
) -> Result<BTreeMap<String, LockedProfile>, Vec<Unmet>> {
    let mut all = BTreeMap::new();
    let mut unmet = UnmetModules::default();
    for profile in &config.profiles {
        let mut record = LockedProfile {
            odoo: profile.odoo,
            repos: profile.all_repos().map(pin).collect(),
            addons: own_addons(profile, lock),
            packaging: profile.packaging(),
            modules: None,
            local_depends: BTreeMap::new(),
            digest: Digest::default(),
        };
        if selects(profile) {
            let selector = Selector::new(profile, lock);
            unmet.add(
                profile,
                selector.unmet().into_iter().map(|unmet| explained(unmet, lock, old)).collect(),
            );
            let old = whole(profile, old);
            record.local_depends = local_depends(profile, old, present);
            record.modules = Some(selector.selection(&record.local_depends));
        }
        all.insert(profile.name.clone(), record.sealed(&profile.name));
    }
    if unmet.0.is_empty() { Ok(all) } else { Err(unmet.into_list()) }
}

/// Says if a repository had the module before its pin moved.
fn explained(unmet: Unmet, lock: &Lock, old: Option<&Lock>) -> Unmet {
    let has =
        |locked: &&LockedRepo| locked.facts.modules.iter().any(|module| module.name == unmet.module.as_str());
    let had = old.and_then(|old| old.repos.iter().find(has)).map(|locked| &locked.pin);
    match (&unmet.why, had.and_then(|pin| lock.repo(pin))) {
        (WhyUnmet::Nowhere { elsewhere: None, .. }, Some(now)) => {
            Unmet { why: WhyUnmet::Gone { repo: now.pin.name.clone() }, ..unmet }
        }
        _ => unmet,
    }
}

/// The profile in an older lock, unless it was edited there.
fn whole<'l>(profile: &Profile, old: Option<&'l Lock>) -> Option<&'l LockedProfile> {
    old?.profiles.get(&profile.name).filter(|old| old.is_whole(&profile.name))
}

/// The addons directories of those repositories for which they differ from the entry, which has the directories of all
/// profiles.
pub(super) fn own_addons(profile: &Profile, lock: &Lock) -> BTreeMap<Pin, Vec<AddonsDirectory>> {
    let known = profile.all_repos().filter_map(|repo| Some((repo, lock.repo(&pin(repo))?)));
    let own = known.filter(|(repo, locked)| repo.addons != locked.addons);
    own.map(|(repo, locked)| (locked.pin.clone(), repo.addons.clone())).collect()
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

/// The user's own directories of a selecting profile that do not exist and are not recorded in `old`.
pub(crate) fn unseen<'a>(profile: &'a Profile, old: Option<&Lock>, present: &LocalDepends) -> Vec<&'a str> {
    let old = whole(profile, old);
    let is_recorded = |directory: &str| old.is_some_and(|old| old.local_depends.contains_key(directory));
    let Some(now) = present.get(&profile.name) else { return Vec::new() };
    let unseen = |directory: &&str| !now.contains_key(*directory) && !is_recorded(directory);
    local_directories(profile).filter(unseen).collect()
}

fn local_directories(profile: &Profile) -> impl Iterator<Item = &str> {
    profile.locals.iter().map(|local| local.path.as_str())
}

/// The differences between the recorded selections and those computed from `repos.toml`, the facts of the lock, and the
/// user's own directories on this machine. Profiles with other pins than the lock, or with a pin that `is_stale`, are
/// left out: they have another difference already.
pub(super) fn differences(
    config: &Config,
    lock: &Lock,
    present: &LocalDepends,
    is_stale: &dyn Fn(&Pin) -> bool,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut unmet = UnmetModules::default();
    for profile in &config.profiles {
        let Some(locked) = lock.profiles.get(&profile.name) else { continue };
        if profile.all_repos().map(pin).ne(locked.repos.iter().cloned()) || locked.repos.iter().any(is_stale)
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
        let selector = Selector::new(profile, lock);
        let refused = selector.unmet();
        if refused.is_empty() {
            let (more, fewer) = changes(&selector.selection(&locked.local_depends), recorded);
            if !more.is_empty() || !fewer.is_empty() {
                found.push(Difference::Modules { profile: name(), more, fewer });
            }
        }
        unmet.add(profile, refused);
        found.extend(local_differences(profile, locked, present.get(&profile.name)));
    }
    found.extend(unmet.into_list().into_iter().map(Difference::Unmet));
    found
}

fn local_differences(
    profile: &Profile,
    locked: &LockedProfile,
    present: Option<&BTreeMap<String, Vec<String>>>,
) -> Vec<Difference> {
    let name = || profile.name.clone();
    let directories: BTreeSet<&str> = local_directories(profile).collect();
    if locked.local_depends.keys().map(String::as_str).ne(directories) {
        return vec![Difference::Locals { profile: name() }];
    }
    let now = present.into_iter().flatten().map(|(directory, now)| {
        let (more, fewer) = changes(now, &locked.local_depends[directory]);
        (directory.clone(), more, fewer)
    });
    let changed = now.filter(|(_, more, fewer)| !more.is_empty() || !fewer.is_empty());
    let told = changed.map(|(directory, more, fewer)| {
        let profile = name();
        Difference::LocalDepends { profile, directory, more, fewer }
    });
    told.collect()
}

/// What only `now` has, and what only `recorded` has.
fn changes(now: &[String], recorded: &[String]) -> (Vec<String>, Vec<String>) {
    let without = |some: &[String], others: &[String]| {
        let others: BTreeSet<&String> = others.iter().collect();
        some.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    (without(now, recorded), without(recorded, now))
}

/// Selects from the modules in the repositories of a profile.
struct Selector<'a> {
    profile: &'a Profile,
    lock: &'a Lock,
    /// In path order.
    modules: Vec<(&'a Repo, &'a LockedModule)>,
    core: Core<'a>,
}

impl<'a> Selector<'a> {
    fn new(profile: &'a Profile, lock: &'a Lock) -> Self {
        let modules = repos(profile, lock)
            .flat_map(|(repo, locked)| in_path_order(&repo.addons, locked).map(move |module| (repo, module)));
        Self { profile, lock, modules: modules.collect(), core: odoo(profile, lock) }
    }

    /// The names of the selected modules, sorted.
    fn selection(&self, local_depends: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let local = local_depends.values().flatten().map(String::as_str);
        let closure = self.closure(self.asked().into_iter().chain(local));
        closure.modules.into_iter().map(str::to_owned).collect()
    }

    fn closure<'b>(&self, roots: impl Iterator<Item = &'b str>) -> Closure<'b>
    where
        'a: 'b,
    {
        let graph: Graph<'b> = Graph::new(
            self.modules.iter().map(|(_, module)| (module.name.as_str(), &module.manifest.depends[..])),
        );
        graph.closure(roots, |name| self.core.may_contain(name))
    }

    /// The requested modules, without dependencies.
    fn asked(&self) -> Vec<&'a str> {
        if let Some(requests) = &self.profile.modules {
            return requests.iter().map(|request| request.name.as_str()).collect();
        }
        let listed = self.profile.repos.iter().filter_map(|repo| repo.modules.as_ref()).flatten();
        let whole = self.modules.iter().filter(|(repo, _)| repo.modules.is_none());
        let whole = whole.map(|(_, module)| module.name.as_str());
        listed.map(|request| request.name.as_str()).chain(whole).collect()
    }

    /// The requests that cannot be met: those of the profile or, if it has none, of its repositories.
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
        let name = request.name.as_str();
        let is_asked = |repo: &Repo| of.is_none_or(|of| of.name == repo.name);
        let mut offered = self.modules.iter().filter(|(repo, _)| is_asked(repo));
        let why = match offered.find(|(_, module)| module.name == name) {
            Some((repo, module)) => {
                let requirement = request.requirement.as_ref()?;
                let version = module.manifest.version();
                let series = self.profile.odoo;
                let found = semver_of(version, series);
                if found.as_ref().is_some_and(|found| requirement.accepts(found, series)) {
                    return None;
                }
                let compared = version.strip_prefix(&format!("{series}."));
                let compared = compared.filter(|_| found.is_some() && !requirement.has_series());
                WhyUnmet::Version {
                    repo: repo.name.clone(),
                    version: version.to_owned(),
                    compared: compared.map(str::to_owned),
                }
            }
            None if self.core.contains(name) => WhyUnmet::Core,
            None => self.nowhere(name, of),
        };
        let module = match why {
            WhyUnmet::Version { .. } => request.to_string(),
            WhyUnmet::Core | WhyUnmet::Nowhere { .. } | WhyUnmet::Gone { .. } => name.to_owned(),
        };
        let profiles = vec![self.profile.name.clone()];
        Some(Unmet { module, repo: of.map(|repo| repo.name.clone()), why, profiles })
    }

    fn nowhere(&self, name: &str, of: Option<&Repo>) -> WhyUnmet {
        let mut modules = self.modules.iter();
        let elsewhere = match of {
            Some(_) => modules.find(|(_, module)| module.name == name).map(|(repo, _)| &repo.name),
            None => self.outside(name),
        };
        let known = self.modules.iter().filter(|(repo, _)| of.is_none_or(|of| of.name == repo.name));
        let known: Vec<&str> = known.map(|(_, module)| module.name.as_str()).collect();
        WhyUnmet::Nowhere {
            elsewhere: elsewhere.cloned(),
            near: config::near(name, &known).map(str::to_owned),
            may_be_local: !self.profile.locals.is_empty(),
        }
    }

    /// A repository that has a module and belongs only to other profiles.
    fn outside(&self, name: &str) -> Option<&'a RepoName> {
        let is_outside =
            |locked: &&LockedRepo| self.profile.repos.iter().all(|repo| repo.name != locked.pin.name);
        let has = |locked: &&LockedRepo| locked.facts.modules.iter().any(|module| module.name == name);
        self.lock.repos.iter().filter(is_outside).find(has).map(|locked| &locked.pin.name)
    }
}

/// Unmet requests, each once with all profiles that make it.
#[derive(Default)]
struct UnmetModules(Vec<Unmet>);

impl UnmetModules {
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
