//! Odoo itself where one of the two locks does not have it.

use std::collections::HashSet;

use super::Step;
use super::view::{Home, View};
use crate::addons::core::Core;
use crate::repo::{CorePart, Edition, Series};

/// The modules of Odoo itself that are not in a lock, because the lock does not have their source. Odoo is somewhere else
/// then, such as in a base image, so nothing of it is new or gone.
pub(super) struct Elsewhere<'l> {
    /// The parts that are not in the lock.
    parts: Vec<CorePart>,
    /// What the other lock has of these parts, if it is of the same series.
    names: HashSet<&'l str>,
    /// Odoo's own list, if the server is not in the lock.
    list: Option<Core<'l>>,
}

impl<'l> Elsewhere<'l> {
    /// Of each side.
    pub(super) fn of(views: &Step<View<'l>>, series: Step<Series>) -> Step<Self> {
        let of = |view: &View<'l>, other: &View<'l>, of_view: Series| {
            let is_absent = |part: &CorePart| !view.has(*part);
            let parts: Vec<CorePart> = CorePart::ALL.into_iter().filter(is_absent).collect();
            let homes = other.homes().filter(|_| series.is_same());
            let homes = homes.filter(|home| home.repo.core.is_some_and(|part| parts.contains(&part)));
            let names = homes.map(|home| home.module.name.as_str()).collect();
            let list = parts.contains(&CorePart::Odoo).then(|| Core::new(of_view, Edition::Community));
            Self { parts, names, list }
        };
        Step { from: of(&views.from, &views.to, series.from), to: of(&views.to, &views.from, series.to) }
    }

    /// Whether a module of the other lock is of a part that this lock does not have.
    pub(super) fn hides(&self, home: &Home<'_>) -> bool {
        home.repo.core.is_some_and(|part| self.parts.contains(&part))
    }

    /// Whether Odoo itself has a module of this name, as far as it is known.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.list.as_ref().is_some_and(|list| list.contains(name))
    }
}
