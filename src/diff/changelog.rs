//! What people wrote about a change: the requests that were merged between two commits, and the news of modules.

use std::collections::{BTreeMap, BTreeSet};

use super::news::News;
use super::{Home, LockDiff, ModuleChange, RepoChange, Step};
use crate::git::{Log, LogEntry, Lost};
use crate::lock::{LockedRepo, Pin};
use crate::repo::{CommitId, ModuleName, WebPage};

/// The logs of repositories that moved, and the news of their modules, as far as they are known.
#[derive(Debug, Default)]
pub(crate) struct Changelogs<'l> {
    /// By the old commit and the new pin.
    logs: BTreeMap<(CommitId, &'l Pin), Log>,
    /// By the new pin and the module.
    news: BTreeMap<(&'l Pin, &'l ModuleName), News>,
}

/// The log of a repository, with the modules of a diff that each entry changed.
#[derive(Debug)]
pub(crate) struct RepoLog<'c, 'l> {
    pub(crate) log: &'c Log,
    /// The newest first.
    pub(crate) told: Vec<Told<'c, 'l>>,
}

/// An entry of a log, and what it changed.
#[derive(Debug)]
pub(crate) struct Told<'c, 'l> {
    pub(crate) entry: &'c LogEntry,
    /// The page of the request or of the commit.
    pub(crate) page: Option<String>,
    /// Those of the modules of the diff that it changed. `None` if that is not known.
    pub(crate) modules: Option<Vec<&'l ModuleName>>,
}

impl<'l> Changelogs<'l> {
    pub(crate) fn add_log(&mut self, repos: &Step<&'l LockedRepo>, log: Log) {
        self.logs.insert((repos.from.commit, &repos.to.pin), log);
    }

    pub(crate) fn add_news(&mut self, repo: &'l LockedRepo, module: &'l ModuleName, news: News) {
        if !news.is_empty() {
            self.news.insert((&repo.pin, module), news);
        }
    }

    /// The log of a repository of this diff, if it is known.
    pub(crate) fn of_repo<'c>(
        &'c self,
        diff: &LockDiff<'l>,
        change: &RepoChange<'l>,
    ) -> Option<RepoLog<'c, 'l>> {
        let repos = moved(change)?;
        let log = self.logs.get(&(repos.from.commit, &repos.to.pin))?;
        let modules: BTreeSet<&ModuleName> = at_the_top(diff, repos).collect();
        let directories = repos.from.addons.iter().chain(&repos.to.addons).filter(|at| !at.is_root());
        let below: Vec<&str> = directories.filter_map(|directory| directory.split('/').next()).collect();
        let told = log.entries.iter().map(|entry| Told {
            entry,
            page: match entry.request {
                Some(number) => WebPage::of_merged(&repos.to.pin.url, number),
                None => WebPage::of_commit(&repos.to.pin.url, entry.commit),
            },
            modules: entry.touched.as_ref().and_then(|touched| {
                let named = |module: &&ModuleName| touched.contains(module.as_str());
                let named: Vec<&ModuleName> = modules.iter().copied().filter(named).collect();
                // Only the top of the repository is known, so not which modules below another directory.
                let is_known = !named.is_empty() || !below.iter().any(|top| touched.contains(*top));
                is_known.then_some(named)
            }),
        });
        Some(RepoLog { log, told: told.collect() })
    }

    /// The news of a module, if there are any.
    pub(crate) fn of_module(&self, module: &ModuleChange<'l>) -> Option<&News> {
        self.news.get(&(&module.home().repo.pin, module.name()))
    }
}

impl RepoLog<'_, '_> {
    /// How many commits the old one has and the new one does not have.
    pub(crate) fn lost(&self) -> usize {
        if let Lost::Commits(commits) = &self.log.lost { commits.len() } else { 0 }
    }
}

impl Told<'_, '_> {
    /// Its number on the forge, or its commit: `#2950`.
    pub(crate) fn name(&self) -> String {
        self.entry.request.map_or_else(|| self.entry.commit.short(), |number| format!("#{number}"))
    }

    /// Whether it changed no module of the diff, as far as that is known.
    pub(crate) fn is_aside(&self) -> bool {
        self.modules.as_ref().is_some_and(Vec::is_empty)
    }
}

/// The repositories whose commit is another one.
pub(crate) fn moved<'c, 'l>(change: &'c RepoChange<'l>) -> Option<&'c Step<&'l LockedRepo>> {
    let RepoChange::Changed(repos) = change else { return None };
    let Step::<CommitId> { from, to } = repos.commits();
    (from != to).then_some(repos)
}

/// The modules at the top of a repository that came, went or changed with it.
fn at_the_top<'d, 'l>(
    diff: &'d LockDiff<'l>,
    repos: &'d Step<&'l LockedRepo>,
) -> impl Iterator<Item = &'l ModuleName> {
    let is_of_repo = |home: &Home<'l>| {
        let pin = &home.repo.pin;
        home.module.directory.is_root() && (*pin == repos.to.pin || *pin == repos.from.pin)
    };
    let is_of_it = move |module: &&ModuleChange<'l>| match module {
        // It may have gone to another repository.
        ModuleChange::Changed(changed) => is_of_repo(&changed.homes.from) || is_of_repo(&changed.homes.to),
        module => is_of_repo(module.home()),
    };
    diff.modules.iter().filter(is_of_it).map(ModuleChange::name)
}
