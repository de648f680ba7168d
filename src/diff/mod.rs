//! What changed between two locks: repositories, modules, and what they require.
//!
//! Two locks in, plain data out. It reads no files and asks no server: everything is compared by the facts in the locks.
//! The changelog is what `ops` found beside them. What the user sees of it is written by `output`.
//!
//! It also knows by which rule `click-odoo-update` compares modules: see [`Database`] and [`ChecksumRule`].

mod changelog;
pub(crate) mod deep;
mod elsewhere;
mod installed;
mod loaded;
mod modules;
mod news;
mod repos;
mod version;
mod view;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use changelog::{Changelogs, RepoLog, Told, moved};
pub(crate) use installed::{
    BadDatabase, Checksum, ChecksumRule, Database, Found, Hasher, LARGEST, Leads, Places, Unhashable,
};
pub(crate) use loaded::{Difference, Loaded, Reading, names_file};
pub(crate) use modules::{Changed, ModuleChange};
pub(crate) use news::{MOST_HISTORY, News, OpenNews};
pub(crate) use repos::{MergeDiff, RepoChange};
pub(crate) use version::VersionStep;
pub(crate) use view::Home;

use crate::lock::{Lock, Pin};
use crate::repo::{RepoName, Series};
use view::View;

/// What changed for the profiles that went from one series to another, or stayed on one.
#[derive(Debug)]
pub(crate) struct LockDiff<'l> {
    /// Their names, sorted.
    pub(crate) profiles: Vec<&'l str>,
    pub(crate) series: Step<Series>,
    /// The repositories of which the new lock has several pins. `NAME@COMMIT` does not say which of them it means.
    pub(crate) several: BTreeSet<&'l RepoName>,
    /// By name. A repository may be there twice, if it has two pins.
    pub(crate) repos: Vec<RepoChange<'l>>,
    /// By name.
    pub(crate) modules: Vec<ModuleChange<'l>>,
    /// The requirements of the modules and the lines of the repositories' `requirements.txt`.
    pub(crate) python: Names<'l>,
    /// The lines of Odoo's own `requirements.txt`. Empty if one of the locks does not have Odoo itself.
    pub(crate) odoo_python: Names<'l>,
    /// The programs that the modules need.
    pub(crate) bin: Names<'l>,
    /// The Debian packages that the modules need.
    pub(crate) deb: Names<'l>,
}

/// A value of the old lock and of the new one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step<T> {
    pub(crate) from: T,
    pub(crate) to: T,
}

impl<T: Copy> Step<T> {
    pub(crate) fn map<U>(self, map: impl Fn(T) -> U) -> Step<U> {
        Step { from: map(self.from), to: map(self.to) }
    }
}

impl<T: PartialEq> Step<T> {
    pub(crate) fn is_same(&self) -> bool {
        self.from == self.to
    }
}

/// Names that only the new lock has, and names that only the old lock has. Each sorted, each name once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Names<'l> {
    pub(crate) more: Vec<&'l str>,
    pub(crate) fewer: Vec<&'l str>,
}

impl<'l> Names<'l> {
    fn between(old: impl IntoIterator<Item = &'l str>, new: impl IntoIterator<Item = &'l str>) -> Self {
        let [old, new]: [BTreeSet<&str>; 2] = [old.into_iter().collect(), new.into_iter().collect()];
        Self { more: new.difference(&old).copied().collect(), fewer: old.difference(&new).copied().collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.more.is_empty() && self.fewer.is_empty()
    }
}

impl LockDiff<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { profiles: _, series, several: _, repos, modules, python, odoo_python, bin, deb } = self;
        let is_empty = repos.is_empty() && modules.is_empty();
        is_empty && series.is_same() && [python, odoo_python, bin, deb].into_iter().all(Names::is_empty)
    }
}

/// The modules that some profiles have before and now, if their files may differ.
pub(crate) fn shared<'l>(locks: &Step<&'l Lock>, profiles: &[&str]) -> Vec<Step<Home<'l>>> {
    modules::shared(&locks.map(|lock| View::of(lock, profiles)))
}

/// The modules that some profiles use, with their repositories.
pub(crate) fn homes<'l>(lock: &'l Lock, profiles: &[&str]) -> Vec<Home<'l>> {
    View::of(lock, profiles).homes().collect()
}

/// What changed from `old` to `new` in these profiles, or in all: one for each step of series, oldest first. A profile
/// that only one lock has is compared with nothing.
pub(crate) fn diffs<'l>(old: &'l Lock, new: &'l Lock, profile: Option<&str>) -> Vec<LockDiff<'l>> {
    let mut steps: BTreeMap<(Series, Series), BTreeSet<&str>> = BTreeMap::new();
    let names = old.profiles.keys().chain(new.profiles.keys());
    for name in names.filter(|name| profile.is_none_or(|wanted| wanted == name.as_str())) {
        let [from, to] = [old, new].map(|lock| lock.profiles.get(name).map(|profile| profile.odoo));
        if let (Some(from), Some(to)) = (from.or(to), to.or(from)) {
            steps.entry((from, to)).or_default().insert(name);
        }
    }
    let diff = |((from, to), profiles): ((Series, Series), BTreeSet<&'l str>)| {
        let profiles: Vec<&str> = profiles.into_iter().collect();
        between(old, new, profiles, Step { from, to })
    };
    steps.into_iter().map(diff).collect()
}

fn between<'l>(old: &'l Lock, new: &'l Lock, profiles: Vec<&'l str>, series: Step<Series>) -> LockDiff<'l> {
    let views = Step { from: old, to: new }.map(|lock| View::of(lock, &profiles));
    let names = |of: for<'v> fn(&'v View<'l>) -> Vec<&'l str>| Names::between(of(&views.from), of(&views.to));
    let is_twice = |pin: &&Pin| new.repos.iter().filter(|repo| repo.pin.name == pin.name).count() > 1;
    let several = new.repos.iter().map(|repo| &repo.pin).filter(is_twice).map(|pin| &pin.name).collect();
    LockDiff {
        series,
        several,
        repos: repos::diffs(&views.from, &views.to),
        modules: modules::diffs(&views, series),
        python: names(View::python),
        odoo_python: Names::between(views.from.odoo_python(&views.to), views.to.odoo_python(&views.from)),
        bin: names(View::bin),
        deb: names(View::deb),
        profiles,
    }
}
