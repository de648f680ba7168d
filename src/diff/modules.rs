//! Which modules came, went, moved to another repository or changed.

use std::collections::BTreeMap;

use super::elsewhere::Elsewhere;
use super::version::VersionStep;
use super::view::{Home, View};
use super::{Names, Step};
use crate::repo::{AutoInstall, Manifest, ModuleName, Series};

/// A module that differs.
#[derive(Debug)]
pub(crate) enum ModuleChange<'l> {
    Added(Home<'l>),
    /// No lock has it any more, or no profile uses it any more.
    Removed(Home<'l>),
    Changed(Changed<'l>),
    /// The new lock does not have it, but Odoo itself has it now, and its source is not in the new lock.
    IntoOdoo(Home<'l>),
    /// The same with the locks exchanged.
    OutOfOdoo(Home<'l>),
}

/// A module that both locks have, with a difference.
#[derive(Debug)]
pub(crate) struct Changed<'l> {
    pub(crate) homes: Step<Home<'l>>,
    /// `None` if its version is the same, and for a module of Odoo itself.
    pub(crate) version: Option<VersionStep>,
}

impl<'l> ModuleChange<'l> {
    /// In the new lock, if that has it.
    pub(crate) fn home(&self) -> &Home<'l> {
        let (Self::Added(home)
        | Self::Removed(home)
        | Self::Changed(Changed { homes: Step { to: home, .. }, .. })
        | Self::IntoOdoo(home)
        | Self::OutOfOdoo(home)) = self;
        home
    }

    pub(crate) fn name(&self) -> &'l ModuleName {
        &self.home().module.name
    }
}

impl<'l> Changed<'l> {
    /// Whether it is in another repository than before.
    pub(crate) fn is_relocated(&self) -> bool {
        self.homes.from.repo.pin.name != self.homes.to.repo.pin.name
    }

    /// Whether its files changed, but not its version. Not known of Odoo's own modules.
    pub(crate) fn is_without_version(&self) -> bool {
        let Step { from, to } = &self.homes;
        !has_core(&self.homes) && self.version.is_none() && from.module.tree != to.module.tree
    }

    pub(crate) fn versions(&self) -> Step<Option<&'l str>> {
        self.homes.map(|home| home.version())
    }

    pub(crate) fn licenses(&self) -> Step<Option<&'l str>> {
        self.homes.map(|home| home.license())
    }

    pub(crate) fn maturity(&self) -> Step<Option<&'l str>> {
        self.homes.map(|home| home.maturity())
    }

    pub(crate) fn auto_install(&self) -> Step<&'l AutoInstall> {
        self.of_both(|manifest| &manifest.auto_install)
    }

    /// The modules on which it depends.
    pub(crate) fn depends(&self) -> Names<'l> {
        self.names(|manifest| &manifest.depends)
    }

    pub(crate) fn python(&self) -> Names<'l> {
        self.names(|manifest| &manifest.python)
    }

    pub(crate) fn bin(&self) -> Names<'l> {
        self.names(|manifest| &manifest.bin)
    }

    pub(crate) fn deb(&self) -> Names<'l> {
        self.names(|manifest| &manifest.deb)
    }

    fn names(&self, key: fn(&Manifest) -> &Vec<String>) -> Names<'l> {
        let Step { from, to } = self.of_both(key);
        Names::between(from.iter().map(String::as_str), to.iter().map(String::as_str))
    }

    fn of_both<T>(&self, value: impl Fn(&'l Manifest) -> T) -> Step<T> {
        let [from, to] = [&self.homes.from, &self.homes.to].map(|home| value(&home.module.manifest));
        Step { from, to }
    }
}

/// A module in one of the two locks, or in both.
enum Paired<'l> {
    Old(Home<'l>),
    New(Home<'l>),
    Both(Step<Home<'l>>),
    /// A repository has it now, too. The old one still has it.
    Copy(Step<Home<'l>>),
}

/// By name.
pub(super) fn diffs<'l>(views: &Step<View<'l>>, series: Step<Series>) -> Vec<ModuleChange<'l>> {
    let elsewhere = Elsewhere::of(views, series);
    let change = |paired| {
        Some(match paired {
            Paired::Old(home) if elsewhere.to.hides(&home) => return None,
            Paired::New(home) if elsewhere.from.hides(&home) => return None,
            Paired::Old(home) if elsewhere.to.has(&home.module.name) => ModuleChange::IntoOdoo(home),
            Paired::New(home) if elsewhere.from.has(&home.module.name) => ModuleChange::OutOfOdoo(home),
            Paired::Old(home) => ModuleChange::Removed(home),
            Paired::New(home) | Paired::Copy(Step { to: home, .. }) => ModuleChange::Added(home),
            Paired::Both(homes) => ModuleChange::Changed(changed(homes, series)?),
        })
    };
    paired(views).into_iter().filter_map(change).collect()
}

/// The modules that both locks have, if their files may differ. By name.
pub(super) fn shared<'l>(views: &Step<View<'l>>) -> Vec<Step<Home<'l>>> {
    let may_differ = |Step { from, to }: &Step<Home<'l>>| {
        // The lock has no trees of Odoo's own modules.
        if from.is_core() && to.is_core() {
            from.repo.tree != to.repo.tree || from.module.path() != to.module.path()
        } else {
            from.module.tree != to.module.tree
        }
    };
    let both = |paired| match paired {
        Paired::Both(homes) | Paired::Copy(homes) => Some(homes),
        Paired::Old(_) | Paired::New(_) => None,
    };
    paired(views).into_iter().filter_map(both).filter(may_differ).collect()
}

/// If several repositories have a module, those with the same name are compared with each other.
fn paired<'l>(views: &Step<View<'l>>) -> Vec<Paired<'l>> {
    let mut all: BTreeMap<&ModuleName, [Vec<Home<'l>>; 2]> = BTreeMap::new();
    for (side, view) in [&views.from, &views.to].into_iter().enumerate() {
        for home in view.homes() {
            all.entry(&home.module.name).or_default()[side].push(home);
        }
    }
    all.into_values().flat_map(|[old, new]| pairs(old, new)).collect()
}

/// The pairs of one name.
fn pairs<'l>(mut left: Vec<Home<'l>>, mut open: Vec<Home<'l>>) -> Vec<Paired<'l>> {
    let mut pairs = Vec::new();
    let first = Step { from: left.first().copied(), to: open.first().copied() };
    open.retain(|new| {
        let of_repo = left.iter().position(|old| old.repo.pin.name == new.repo.pin.name);
        let pair = of_repo.map(|place| Paired::Both(Step { from: left.remove(place), to: *new }));
        let is_open = pair.is_none();
        pairs.extend(pair);
        is_open
    });
    // The rest is in other repositories than before.
    let count = left.len().min(open.len());
    let moved = std::iter::zip(left.drain(..count), open.drain(..count));
    pairs.extend(moved.map(|(from, to)| Paired::Both(Step { from, to })));
    // A module is not gone if another repository still has it. Odoo's own one was not in use beside another one.
    pairs.extend(left.into_iter().filter_map(|from| match first.to {
        Some(_) if from.is_core() => None,
        Some(to) => Some(Paired::Both(Step { from, to })),
        None => Some(Paired::Old(from)),
    }));
    pairs.extend(open.into_iter().map(|to| match first.from {
        Some(from) if !to.is_core() => Paired::Copy(Step { from, to }),
        _ => Paired::New(to),
    }));
    pairs
}

/// Whether the module is one of Odoo itself, before or now.
fn has_core(homes: &Step<Home<'_>>) -> bool {
    homes.from.is_core() || homes.to.is_core()
}

/// `None` if nothing differs.
fn changed(homes: Step<Home<'_>>, series: Step<Series>) -> Option<Changed<'_>> {
    let Step { from, to } = homes;
    let version = match homes.map(|home| home.version()) {
        Step { from: Some(from), to: Some(to) } => VersionStep::between(Step { from, to }, series),
        _ => None,
    };
    let changed = Changed { homes, version };
    let is_same = if has_core(&homes) {
        let names = [changed.depends(), changed.python(), changed.bin(), changed.deb()];
        !changed.is_relocated() && changed.auto_install().is_same() && names.iter().all(Names::is_empty)
    } else {
        !changed.is_relocated()
            && from.module.tree == to.module.tree
            && from.module.manifest == to.module.manifest
    };
    (!is_same).then_some(changed)
}
