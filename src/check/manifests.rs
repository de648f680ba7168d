//! Checks for manifests that Odoo refuses: they cannot be read, have a version of another series, or list files of a
//! model that Odoo does not have.

use std::collections::HashSet;

use super::{Subject, about, declaration, manifest_spot};
use crate::addons::version::semver_of;
use crate::plan::{Home, Inventory, Placed, Unreadable, selects};
use crate::report::{Finding, Problem};

/// Modules with unreadable manifests. If a profile selects modules, such a module of a repository cannot be selected,
/// so it is reported only if a module needs it.
pub(super) fn unreadable(inventory: &Inventory<'_>) -> Vec<Finding> {
    let needed: HashSet<&str> =
        inventory.given().flat_map(|module| &module.manifest.depends).map(String::as_str).collect();
    let matters = |bad: &&Unreadable<'_>| match bad.home {
        Home::Around(_) => false,
        Home::Local(_) => true,
        Home::Repo { .. } => !selects(inventory.profile) || needed.contains(bad.name),
    };
    let finding = |bad: &Unreadable<'_>| {
        let (path, why) = (bad.path.to_owned(), bad.why.to_owned());
        Finding {
            problem: Problem::Unreadable { path, line: bad.line.max(1), why },
            module: Some(bad.name.to_owned()),
            repo: Some(bad.home.name().to_owned()),
            spot: match bad.home {
                Home::Local(local) => manifest_spot(local, bad.path, Some(bad.line)),
                home => declaration(inventory, home),
            },
            profiles: vec![inventory.profile.name.clone()],
        }
    };
    inventory.unreadable.iter().filter(matters).map(finding).collect()
}

/// Versions that Odoo of this series refuses. Odoo 17.0 and newer do not install such a module.
pub(super) fn versions(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let inventory = subject.inventory;
    let series = inventory.profile.odoo;
    let refused = inventory.given().filter(|module| semver_of(module.manifest.version(), series).is_none());
    let finding = |module: &Placed<'_>| {
        let version = module.manifest.version().to_owned();
        let is_wanted = subject.wanted.contains(module.name);
        about(inventory, module, |lines| lines.version, Problem::Version { version, series, is_wanted })
    };
    refused.map(finding).collect()
}

/// Modules with access rights of a model that Odoo of this series does not have.
pub(super) fn model_access(inventory: &Inventory<'_>) -> Vec<Finding> {
    let series = inventory.profile.odoo;
    let has_it = |module: &&Placed<'_>| module.manifest.model_access && !series.has_model_access();
    let finding =
        |module| about(inventory, module, |lines| lines.model_access, Problem::ModelAccess { series });
    inventory.given().filter(has_it).map(finding).collect()
}
