//! The components of an inventory: repositories with their modules, own modules, and Odoo itself.

use super::steps::{Step, steps};
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::{Lock, LockedModule, LockedRepo};
use crate::plan::Selected;
use crate::repo::{Manifest, Reference, RepoName, Rules, in_short};
use crate::sbom::{Change, Component, Kind, License, Location, of_own};
use crate::session::Session;

/// The id of a module of a repository.
pub(super) fn module_id(repo: &RepoName, path: &str) -> String {
    format!("module:{repo}/{path}")
}

/// The id of a repository of modules.
pub(super) fn repository_id(name: &RepoName) -> String {
    format!("repo:{name}")
}

/// The id of a repository of Odoo itself.
pub(super) fn core_id(name: &RepoName) -> String {
    format!("odoo:{name}")
}

/// The id of a directory of own modules, by its name in `repos.toml`.
pub(super) fn own_id(directory: &str) -> String {
    format!("own:{directory}")
}

/// The id of a module in such a directory.
pub(super) fn own_module_id(directory: &str, path: &str) -> String {
    format!("own-module:{directory}/{path}")
}

/// A repository with these modules.
pub(super) fn repository<'l>(
    session: &Session<'_>,
    lock: &Lock,
    locked: &LockedRepo,
    modules: impl Iterator<Item = &'l LockedModule>,
    rules: &Rules,
) -> Result<Component, Error> {
    let steps = steps(session, lock, locked)?;
    let mut repository = of_repository(Kind::Repository, repository_id(&locked.pin.name), locked, &steps);
    repository.parts = modules.map(|module| of_module(locked, module, &steps, rules)).collect();
    repository.is_partial = repository.parts.len() < locked.facts.modules.len();
    Ok(repository)
}

/// A repository of Odoo itself. Its modules are not listed: the lock knows only their names.
pub(super) fn core(session: &Session<'_>, lock: &Lock, odoo: &Selected<'_>) -> Result<Component, Error> {
    let steps = steps(session, lock, odoo.locked)?;
    Ok(of_repository(Kind::Odoo, core_id(&odoo.locked.pin.name), odoo.locked, &steps))
}

/// A directory of own modules. They have no commit.
pub(super) fn own(local: &LocalModules) -> Component {
    let modules = local.survey.modules.iter().map(|module| {
        let path = module.directory.join(&module.name);
        let mut own = Component::new(Kind::Module, own_module_id(&local.name, &path), &module.name);
        own.purl = Some(of_own(&module.name));
        own.path = Some(path);
        with_manifest(own, &module.manifest)
    });
    Component {
        parts: modules.collect(),
        ..Component::new(Kind::Directory, own_id(&local.name), &local.name)
    }
}

fn of_repository(kind: Kind, id: String, locked: &LockedRepo, steps: &[Step]) -> Component {
    let location = Location::new(&locked.pin.name, &locked.pin.url, locked.commit);
    let mut repository = Component::new(kind, id, locked.pin.name.as_str());
    repository.version = Some(locked.commit.to_string());
    repository.purl = Some(location.purl(None));
    repository.location = Some(location);
    repository.changes = steps.iter().map(Step::of_repository).collect();
    match &locked.pin.reference {
        Reference::Branch(name) => repository.add_property("oca:branch", name),
        Reference::Tag(name) => repository.add_property("oca:tag", name),
        Reference::Rev(_) | Reference::Full(_) => {}
    }
    repository
}

fn of_module(locked: &LockedRepo, module: &LockedModule, steps: &[Step], rules: &Rules) -> Component {
    let path = module.path();
    let changes: Vec<Change> = steps.iter().filter_map(|step| step.of_module(&path)).collect();
    // A module that a merge brings is not in the commit of the repository.
    let location = match changes.iter().rfind(|change| change.is_origin) {
        Some(origin) => origin.location.clone(),
        None => Some(Location::new(&locked.pin.name, &locked.pin.url, locked.commit)),
    };
    let purl = location.as_ref().map(|location| location.purl(Some(&path)));
    let id = module_id(&locked.pin.name, &path);
    let mut found = with_manifest(Component::new(Kind::Module, id, &module.name), &module.manifest);
    found.purl = Some(purl.unwrap_or_else(|| of_own(&module.name)));
    (found.location, found.path, found.changes) = (location, Some(path), changes);
    if *rules == Rules::default() {
        found.tree = Some(module.tree);
    } else {
        // The export may not have all of its files, so this is not the id of the component.
        found.add_property("oca:source-swhid", &format!("swh:1:dir:{}", module.tree));
    }
    found
}

fn with_manifest(mut module: Component, manifest: &Manifest) -> Component {
    module.version = manifest.version.as_deref().map(in_short);
    module.license = manifest.license.as_deref().and_then(License::of);
    if let Some(status) = &manifest.development_status {
        module.add_property("oca:development-status", status);
    }
    module
}
