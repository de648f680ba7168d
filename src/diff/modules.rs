//! Which modules came, went, moved to another repository or changed.

use std::collections::BTreeMap;

use super::version::VersionStep;
use super::view::{Home, View};
use super::{Names, Step};
use crate::repo::{AutoInstall, Manifest, ModuleName, Series};

/// A module that differs.
#[derive(Debug)]
pub(crate) struct ModuleDiff<'l> {
    pub(crate) name: &'l ModuleName,
    pub(crate) change: ModuleChange<'l>,
}

#[derive(Debug)]
pub(crate) enum ModuleChange<'l> {
    Added(Home<'l>),
    /// No lock has it any more, or no profile uses it any more.
    Removed(Home<'l>),
    Changed(Changed<'l>),
}

/// A module that both locks have, with a difference.
#[derive(Debug)]
pub(crate) struct Changed<'l> {
    pub(crate) homes: Step<Home<'l>>,
    /// `None` if its version is the same, and for a module of Odoo itself.
    pub(crate) version: Option<VersionStep>,
}

impl<'l> Changed<'l> {
    /// The repositories, if it is in another one than before.
    pub(crate) fn is_relocated(&self) -> bool {
        self.homes.from.repo.pin.name != self.homes.to.repo.pin.name
    }

    /// Whether its files changed, but not its version. Not known of Odoo's own modules.
    pub(crate) fn is_without_version(&self) -> bool {
        let Step { from, to } = &self.homes;
        let is_core = from.repo.core.is_some() || to.repo.core.is_some();
        !is_core && self.version.is_none() && from.module.tree != to.module.tree
    }

    pub(crate) fn versions(&self) -> Step<&'l str> {
        self.of_both(Manifest::version)
    }

    pub(crate) fn licenses(&self) -> Step<&'l str> {
        self.of_both(Manifest::license)
    }

    pub(crate) fn maturity(&self) -> Step<&'l str> {
        self.of_both(Manifest::maturity)
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

/// If several repositories have a module, those with the same name are compared with each other.
pub(super) fn diffs<'l>(old: &View<'l>, new: &View<'l>, series: Step<Series>) -> Vec<ModuleDiff<'l>> {
    let mut all: BTreeMap<&ModuleName, [Vec<Home<'l>>; 2]> = BTreeMap::new();
    for (side, view) in [old, new].into_iter().enumerate() {
        for home in view.homes() {
            all.entry(&home.module.name).or_default()[side].push(home);
        }
    }
    let of_name = |(name, [old, new]): (&'l ModuleName, [Vec<Home<'l>>; 2])| {
        changes(old, new, series).into_iter().map(move |change| ModuleDiff { name, change })
    };
    all.into_iter().flat_map(of_name).collect()
}

fn changes<'l>(
    mut left: Vec<Home<'l>>,
    mut open: Vec<Home<'l>>,
    series: Step<Series>,
) -> Vec<ModuleChange<'l>> {
    let mut changes = Vec::new();
    let mut pair = |from: Home<'l>, to: Home<'l>| {
        if let Some(changed) = changed(Step { from, to }, series) {
            changes.push(ModuleChange::Changed(changed));
        }
    };
    open.retain(|new| {
        let of_repo = left.iter().position(|old| old.repo.pin.name == new.repo.pin.name);
        of_repo.map(|place| pair(left.remove(place), *new)).is_none()
    });
    // The rest is in other repositories than before.
    let count = left.len().min(open.len());
    std::iter::zip(left.drain(..count), open.drain(..count)).for_each(|(from, to)| pair(from, to));
    changes.extend(left.into_iter().map(ModuleChange::Removed));
    changes.extend(open.into_iter().map(ModuleChange::Added));
    changes
}

/// `None` if nothing differs.
fn changed<'l>(homes: Step<Home<'l>>, series: Step<Series>) -> Option<Changed<'l>> {
    let Step { from, to } = homes;
    let is_core = from.repo.core.is_some() || to.repo.core.is_some();
    let versions = Step { from: from.module.manifest.version(), to: to.module.manifest.version() };
    let version = if is_core { None } else { VersionStep::between(versions, series) };
    let changed = Changed { homes, version };
    // The lock has neither versions nor trees of Odoo's own modules.
    let is_same = if is_core {
        let names = [changed.depends(), changed.python(), changed.bin(), changed.deb()];
        !changed.is_relocated() && changed.auto_install().is_same() && names.iter().all(Names::is_empty)
    } else {
        !changed.is_relocated()
            && from.module.tree == to.module.tree
            && from.module.manifest == to.module.manifest
    };
    (!is_same).then_some(changed)
}
