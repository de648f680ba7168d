//! What is told of the log of a repository and of the news of its modules.

use std::collections::BTreeSet;

use crate::diff::{Changelogs, LockDiff, ModuleChange, News, RepoChange, RepoLog, Told, moved};
use crate::lock::{LockedRepo, Pin};
use crate::repo::{ModuleName, counted, day};
use crate::report::Behind;

/// The log of a repository, as much of it as is shown.
pub(super) struct ShownLog<'c, 'l> {
    log: RepoLog<'c, 'l>,
    /// The new pin of the repository.
    pin: &'l Pin,
    /// The modules that have lines of their own. Each entry that changed only one of them stands there.
    modules: BTreeSet<&'l ModuleName>,
    most: MostEntries,
}

/// How many entries are shown.
#[derive(Clone, Copy)]
pub(super) struct MostEntries {
    pub(super) of_repo: usize,
    pub(super) of_module: usize,
}

impl<'c, 'l> ShownLog<'c, 'l> {
    /// `None` if nothing is known.
    pub(super) fn of(
        changelogs: &'c Changelogs<'l>,
        diff: &LockDiff<'l>,
        change: &RepoChange<'l>,
        modules: &[&ModuleChange<'l>],
        most: MostEntries,
    ) -> Option<Self> {
        let log = changelogs.of_repo(diff, change)?;
        let pin = &moved(change)?.to.pin;
        // Another pin of the repository has a log of its own.
        let of_pin = modules.iter().filter(|module| module.home().repo.pin == *pin);
        let modules = of_pin.map(|module| module.name()).collect();
        // Odoo itself has a thousand commits in a month, and its log does not know the modules.
        let most = if is_core(change) { MostEntries { of_repo: 0, of_module: 0 } } else { most };
        Some(Self { log, pin, modules, most })
    }

    /// How many commits are new, and the day of the newest.
    pub(super) fn summary(&self) -> String {
        let log = &self.log.log;
        let new = behind(&Behind { commits: log.commits, time: log.time });
        match (log.commits, self.log.lost()) {
            (Some(0), lost) => format!("goes back by {}, to {}", commits(lost), day(log.time)),
            (_, 0) => new,
            (_, lost) => {
                let verb = if lost == 1 { "is" } else { "are" };
                format!("{new}; {} of the old history {verb} not in the new one", commits(lost))
            }
        }
    }

    /// The entries that stand at the repository.
    pub(super) fn of_repo(&self) -> impl Iterator<Item = &Told<'c, 'l>> {
        let own = self.log.told.iter().filter(|told| !told.is_aside() && self.own(told).is_none());
        own.take(self.most.of_repo)
    }

    /// The entries that stand at a module.
    pub(super) fn of_module(&self, module: &ModuleChange<'_>) -> impl Iterator<Item = &Told<'c, 'l>> {
        let name = Some(module.name()).filter(|_| module.home().repo.pin == *self.pin);
        self.of_name(name)
    }

    fn of_name(&self, name: Option<&ModuleName>) -> impl Iterator<Item = &Told<'c, 'l>> {
        let is_its = move |told: &&Told<'c, 'l>| name.is_some() && self.own(told) == name;
        self.log.told.iter().filter(is_its).take(self.most.of_module)
    }

    /// The module at which an entry stands.
    fn own(&self, told: &Told<'c, 'l>) -> Option<&'l ModuleName> {
        match told.modules.as_deref() {
            Some([module]) => Some(*module).filter(|module| self.modules.contains(module)),
            _ => None,
        }
    }

    /// What is not shown, each as a part of a sentence.
    pub(super) fn rest(&self) -> Vec<String> {
        if self.most.of_repo == 0 {
            return Vec::new();
        }
        let aside = self.log.told.iter().filter(|told| told.is_aside()).count();
        let of_modules: usize = self.modules.iter().map(|name| self.of_name(Some(name)).count()).sum();
        let more = self.log.told.len() - aside - self.of_repo().count() - of_modules;
        let mut rest = Vec::new();
        if more > 0 {
            rest.push(counted(more, "more request or commit", "more requests and commits"));
        }
        if aside > 0 {
            let verb = if aside == 1 { "changes" } else { "change" };
            rest.push(format!("{} that {verb} none of these modules", entries(aside)));
        }
        rest
    }
}

/// How far a pin is behind.
pub(super) fn behind(behind: &Behind) -> String {
    let newest = day(behind.time);
    match behind.commits {
        Some(count) => format!("{}, the newest of {newest}", commits(count)),
        None => format!("the remote does not have the old commit any more; the new one is of {newest}"),
    }
}

fn commits(count: usize) -> String {
    counted(count, "commit", "commits")
}

/// "1 request or commit", "3 requests and commits".
pub(super) fn entries(count: usize) -> String {
    counted(count, "request or commit", "requests and commits")
}

/// The modules that an entry changed; if they are more than four, the first three and the number of others. `quoted` writes
/// a name. `None` if there are none, or if they are not known.
pub(super) fn modules(told: &Told<'_, '_>, quoted: &dyn Fn(&str) -> String) -> Option<String> {
    let names: Vec<String> = told.modules.iter().flatten().map(|name| quoted(name.as_str())).collect();
    match names.as_slice() {
        [] => None,
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            Some(format!("{first}, {second}, {third} and {} others", rest.len()))
        }
        names => Some(names.join(", ")),
    }
}

/// The new fragments of a module, as "2950 (feature)". `quoted` writes a number.
pub(super) fn fragments(news: &News, quoted: &dyn Fn(&str) -> String) -> Option<String> {
    let all =
        news.fragments.iter().map(|fragment| format!("{} ({})", quoted(&fragment.number), fragment.kind));
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| format!("news: {}", all.join(", ")))
}

/// The first new lines of the `HISTORY` of a module, without blank lines and lines below headings, and how many there are
/// more.
pub(super) fn history(news: &News, most: usize) -> (Vec<&str>, usize) {
    // In reStructuredText, a line of equal signs stands below a heading.
    let is_ruled = |line: &str| line.chars().all(|c| c.is_ascii_punctuation() && line.starts_with(c));
    let lines: Vec<&str> = news.history.iter().map(String::as_str).filter(|line| !is_ruled(line)).collect();
    let shown = lines.len().min(most);
    (lines[..shown].to_vec(), lines.len() - shown)
}

fn is_core(change: &RepoChange<'_>) -> bool {
    let is_core = |repo: &LockedRepo| repo.core.is_some();
    match change {
        RepoChange::Added(repo) | RepoChange::Removed(repo) => is_core(repo),
        RepoChange::Changed(repos) => is_core(repos.to),
    }
}
