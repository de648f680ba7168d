//! A repository of an export: what is exported of it and where. `oca export` writes it, and `oca verify` compares it.

use std::path::PathBuf;

use crate::export::{CoreScope, ExportRequest, Placement, Scope};
use crate::lock::LockedRepo;
use crate::plan::{AddonsEntry, Offer, module_paths, module_trees};
use crate::repo::{AddonsDirectory, CorePart, Layout, Packaging, Rules, Series};

/// A repository of an export.
pub(crate) struct RepoExport<'a> {
    pub(crate) locked: &'a LockedRepo,
    /// Its addons directories in the profile.
    pub(crate) addons: &'a [AddonsDirectory],
    pub(crate) request: ExportRequest<'a>,
    pub(crate) placement: Placement<'a>,
}

impl<'a> RepoExport<'a> {
    /// The selected modules of a repository. `entries` are those of the offer.
    pub(crate) fn of_modules(
        offer: &Offer<'a>,
        entries: &[AddonsEntry<'a>],
        packaging: &'a Packaging,
        odoo: Series,
    ) -> Self {
        let scope = Scope::Modules { paths: module_paths(entries), trees: module_trees(entries) };
        let request = ExportRequest { tree: offer.locked.tree, scope, rules: &packaging.rules, odoo };
        let placement = Placement { layout: packaging.layout, directory: offer.locked.pin.name.as_str() };
        Self { locked: offer.locked, addons: offer.addons, request, placement }
    }

    /// A repository of Odoo itself. `None` if it is a repository of modules.
    pub(crate) fn of_core(
        locked: &'a LockedRepo,
        addons: &'a [AddonsDirectory],
        rules: &'a Rules,
        odoo: Series,
    ) -> Option<Self> {
        let part = locked.core?;
        let scope = Scope::Core(CoreScope::new(part, addons, odoo));
        let request = ExportRequest { tree: locked.tree, scope, rules, odoo };
        Some(Self { locked, addons, request, placement: placement_of_core(part) })
    }

    /// The paths of the modules below the repository. Empty for Odoo itself, whose modules are found in its tree.
    pub(crate) fn modules(&self) -> &[String] {
        match &self.request.scope {
            Scope::Modules { paths, .. } => paths,
            Scope::Core(_) => &[],
        }
    }

    /// Whether the export has files of it.
    pub(crate) fn has_files(&self) -> bool {
        match &self.request.scope {
            Scope::Modules { paths, .. } => !paths.is_empty(),
            Scope::Core(_) => true,
        }
    }

    /// The module that a path of the repository belongs to.
    pub(crate) fn module_of(&self, path: &[u8]) -> Option<&str> {
        let is_in = |module: &&String| path.starts_with(format!("{module}/").as_bytes());
        self.modules().iter().find(is_in).map(String::as_str)
    }

    /// The directories of its modules and of its other files, in the export.
    pub(crate) fn directories(&self) -> Vec<PathBuf> {
        let modules = self.modules().iter().map(|path| self.placement.place(Some(path), path.as_bytes()));
        modules.chain([self.placement.place(None, b"")]).collect()
    }
}

fn placement_of_core(part: CorePart) -> Placement<'static> {
    Placement { layout: Layout::Repos, directory: part.directory() }
}
