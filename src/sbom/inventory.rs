//! The components of an export, of which both formats are made.

use std::collections::BTreeSet;

use super::{License, Location};
use crate::repo::{TreeId, in_short};

/// The property with the name of a module that a module needs and the inventory does not have.
pub(crate) const DEPENDS: &str = "oca:depends";
/// The property with a program that a module needs.
pub(crate) const PROGRAM: &str = "oca:program";
/// The property with a requirement that cannot be read, and the reason.
pub(crate) const UNREAD: &str = "oca:unread-requirement";

/// What an SBOM lists.
#[derive(Clone, Debug)]
pub(crate) struct Inventory {
    /// The export. Its parts are the repositories, and their parts are the modules.
    pub(crate) export: Component,
    /// What the modules need and the export does not hold: Odoo itself, Python distributions, packages of Debian.
    pub(crate) around: Vec<Component>,
}

impl Inventory {
    /// The ids of all components.
    pub(crate) fn ids(&self) -> BTreeSet<&str> {
        self.all().into_iter().map(|component| component.id.as_str()).collect()
    }

    /// Changes each component.
    pub(crate) fn each(&mut self, change: &mut dyn FnMut(&mut Component)) {
        self.export.each(change);
        self.around.iter_mut().for_each(|component| component.each(change));
    }

    /// All components, each before its parts.
    pub(super) fn all(&self) -> Vec<&Component> {
        std::iter::once(&self.export).chain(&self.around).flat_map(Component::with_parts).collect()
    }
}

/// What a component is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Kind {
    #[default]
    Export,
    /// A repository of modules.
    Repository,
    /// A repository of Odoo itself.
    Odoo,
    /// A directory of the user's own modules.
    Directory,
    Module,
    Python,
    Debian,
}

/// One component. Texts from outside are on one line and short.
#[derive(Clone, Debug, Default)]
pub(crate) struct Component {
    pub(crate) kind: Kind,
    /// Different for each component of an inventory.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) purl: Option<String>,
    /// Where its files are. `None` for what no server has.
    pub(crate) location: Option<Location>,
    /// Its path in the repository.
    pub(crate) path: Option<String>,
    pub(crate) license: Option<License>,
    /// The tree of its files, if the export has all of them.
    pub(crate) tree: Option<TreeId>,
    /// What was merged and patched into it, in this order.
    pub(crate) changes: Vec<Change>,
    /// Further facts, in this order. A name may occur several times.
    pub(crate) properties: Vec<(&'static str, String)>,
    /// The ids of the components that it needs.
    pub(crate) needs: BTreeSet<String>,
    pub(crate) parts: Vec<Component>,
    /// Whether it has more parts, which the export leaves out.
    pub(crate) is_partial: bool,
}

impl Component {
    pub(crate) fn new(kind: Kind, id: String, name: &str) -> Self {
        Self { kind, id, name: in_short(name), ..Self::default() }
    }

    pub(crate) fn add_property(&mut self, name: &'static str, value: &str) {
        self.properties.push((name, in_short(value)));
    }

    /// Whether all that it needs is in the inventory.
    pub(super) fn is_self_contained(&self) -> bool {
        self.properties.iter().all(|(name, _)| ![DEPENDS, PROGRAM, UNREAD].contains(name))
    }

    /// Itself, then its parts with their parts.
    fn with_parts(&self) -> Vec<&Self> {
        std::iter::once(self).chain(self.parts.iter().flat_map(Self::with_parts)).collect()
    }

    fn each(&mut self, change: &mut dyn FnMut(&mut Self)) {
        change(self);
        self.parts.iter_mut().for_each(|part| part.each(change));
    }

    /// The same without what was merged and patched into it, if it was there before.
    pub(super) fn ancestor(&self) -> Option<&Location> {
        let is_new = self.changes.iter().any(|change| change.is_origin);
        self.location.as_ref().filter(|_| !self.changes.is_empty() && !is_new)
    }
}

/// Something that was merged or patched into a component.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) kind: ChangeKind,
    /// The merge or the patch as it is declared, without secrets.
    pub(crate) words: String,
    /// The commit that was merged, and where it is.
    pub(crate) location: Option<Location>,
    /// The page of the request or the commit.
    pub(crate) page: Option<String>,
    /// The patch that was applied, relative to the lock.
    pub(crate) file: String,
    /// Whether the component did not exist before.
    pub(crate) is_origin: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ChangeKind {
    Merge,
    /// A patch of the user.
    Patch,
}
