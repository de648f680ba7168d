//! What an export has of a repository of Odoo itself: everything that Odoo needs to start, and all modules.
//!
//! That is the files at the top of the repository, the Python package of Odoo, and the addons directories. Directories
//! that only its developers need are left out, such as `doc`, `setup` and all whose names begin with a dot.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Error;
use crate::repo::{
    AddonsDirectory, AtPath, CorePart, EntryKind, MANIFESTS, Objects, RepoPath, Rules, Series, TreeEntry,
    TreeId, at_path,
};

/// The directories of a repository of Odoo itself that are exported.
#[derive(Debug)]
pub(crate) struct CoreScope {
    odoo: Series,
    /// The Python package of Odoo. `None` for Enterprise and the themes.
    package: Option<&'static str>,
    /// The directories that hold modules, with `/`; the repository itself is empty.
    containers: BTreeSet<String>,
}

impl CoreScope {
    pub(crate) fn new(part: CorePart, addons: &[AddonsDirectory], odoo: Series) -> Self {
        let package = (part == CorePart::Odoo).then(|| odoo.package());
        let declared = addons.iter().map(|directory| if *directory == "." { "" } else { directory });
        let mut containers: BTreeSet<String> = declared.map(str::to_owned).collect();
        containers.extend(package.map(|package| format!("{package}/addons")));
        Self { odoo, package, containers }
    }

    /// Whether everything at a path is exported, up to what the rules leave out of modules.
    pub(super) fn is_whole(&self, path: &[u8]) -> bool {
        let is_below = |directory: &str| match path.strip_prefix(directory.as_bytes()) {
            // A name that begins with a dot, such as `.github`, is not a module.
            Some(_) if directory.is_empty() => !path.starts_with(b"."),
            Some(rest) => rest.is_empty() || rest.starts_with(b"/"),
            None => false,
        };
        self.package.is_some_and(is_below) || self.containers.iter().any(|directory| is_below(directory))
    }

    /// Whether something of an entry is exported, by its path in the repository.
    pub(super) fn takes(&self, path: &RepoPath, entry: &TreeEntry, rules: &Rules) -> bool {
        let name = entry.name.as_bytes();
        let (bytes, is_top) = (path.as_bytes(), path.parts().count() == 1);
        let leads_to = |directory: &String| {
            directory.as_bytes().strip_prefix(bytes).is_some_and(|rest| rest.starts_with(b"/"))
        };
        match entry.kind() {
            EntryKind::Directory => self.is_whole(bytes) || self.containers.iter().any(leads_to),
            // A submodule at the top is a repository of its own: if it is used, `repos.toml` declares it.
            EntryKind::Other if is_top && entry.is_gitlink() => false,
            _ if is_top => !name.starts_with(b".") && rules.keep(&[name], false, self.odoo),
            _ => self.is_whole(bytes),
        }
    }

    /// The path of a directory, if it is a module. `inside` are its entries.
    pub(super) fn module<'p>(&self, path: &'p RepoPath, inside: &[TreeEntry]) -> Option<&'p str> {
        let path = std::str::from_utf8(path.as_bytes()).ok()?;
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        (self.containers.iter().any(|directory| *directory == above) && is_module(inside)).then_some(path)
    }

    /// The rules for a module. Odoo does not start without `base`, so only its languages may be left out.
    pub(crate) fn rules(&self, module: &str, rules: &Rules) -> Rules {
        let is_base = self.package.is_some_and(|package| module == format!("{package}/addons/base"));
        if is_base { Rules { languages: rules.languages.clone(), ..Rules::default() } } else { rules.clone() }
    }

    /// The entries of all modules.
    pub(super) fn modules(
        &self,
        objects: &dyn Objects,
        root: TreeId,
    ) -> Result<Vec<Arc<[TreeEntry]>>, Error> {
        let mut modules = Vec::new();
        for directory in &self.containers {
            let AtPath::Directory(tree) = at_path(objects, root, directory)? else { continue };
            for entry in objects.tree(tree)?.iter().filter(|entry| entry.kind() == EntryKind::Directory) {
                let inside = objects.tree(entry.tree())?;
                if is_module(&inside) {
                    modules.push(inside);
                }
            }
        }
        Ok(modules)
    }
}

/// Whether a directory with these entries is a module, installable or not.
fn is_module(entries: &[TreeEntry]) -> bool {
    let has = |name: &str| {
        let mut found = entries.iter().filter(|entry| entry.name.as_bytes() == name.as_bytes());
        found.any(|entry| matches!(entry.kind(), EntryKind::File | EntryKind::Symlink))
    };
    has("__init__.py") && MANIFESTS.iter().any(|name| has(name))
}
