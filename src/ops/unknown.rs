//! Names of modules on the command line.

use crate::addons::discover;
use crate::addons::folder::Folder;
use crate::config::Profile;
use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{self, Inventory, Standing};
use crate::session::Session;

/// Fails for names that no module has, that are not Odoo's own, and that no module depends on.
pub(crate) fn refuse_unknown(
    session: &Session<'_>,
    inventory: &Inventory<'_>,
    lock: &Lock,
    names: &[String],
) -> Result<(), Error> {
    let needed = inventory.names();
    let is_unknown = |name: &&String| {
        matches!(inventory.standing(name), Standing::Missing(_)) && !needed.contains(name.as_str())
    };
    let Some(name) = names.iter().find(is_unknown) else { return Ok(()) };
    let is_it = |path: &String| path.rsplit('/').next() == Some(name);
    if let Some(path) = without_init(session, inventory.profile)?.into_iter().find(is_it) {
        let (name, profile) = (name.clone(), inventory.profile.name.clone());
        return Err(Error::WithoutInit { name, profile, path });
    }
    let profile = &inventory.profile.name;
    let elsewhere = plan::elsewhere(lock, profile, name).next();
    let elsewhere = elsewhere.map(|(profile, repo)| (profile.to_owned(), repo.clone()));
    let near = inventory.near(name);
    Err(Error::UnknownModule { name: name.clone(), profile: profile.clone(), elsewhere, near })
}

/// The directories among the user's own modules that have a manifest but no `__init__.py`.
pub(crate) fn without_init(session: &Session<'_>, profile: &Profile) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for local in &profile.locals {
        let Some(path) = session.own_directory(profile, local)? else { continue };
        let names = discover::without_init(&Folder::new(path)).unwrap_or_default();
        found.extend(names.into_iter().map(|name| match local.path.as_str().trim_end_matches('/') {
            "." => name,
            directory => format!("{directory}/{name}"),
        }));
    }
    Ok(found)
}
