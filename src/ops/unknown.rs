//! Names of modules on the command line.

use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{self, Inventory, Standing};

/// Fails for names that no module has, that are not Odoo's own, and that no module depends on.
pub(crate) fn refuse_unknown(inventory: &Inventory<'_>, lock: &Lock, names: &[String]) -> Result<(), Error> {
    let needed = inventory.names();
    let is_unknown = |name: &&String| {
        matches!(inventory.standing(name), Standing::Missing(_)) && !needed.contains(name.as_str())
    };
    let Some(name) = names.iter().find(is_unknown) else { return Ok(()) };
    let profile = &inventory.profile.name;
    let elsewhere = plan::elsewhere(lock, profile, name).next();
    let elsewhere = elsewhere.map(|(profile, repo)| (profile.to_owned(), repo.clone()));
    let near = inventory.near(name);
    Err(Error::UnknownModule { name: name.clone(), profile: profile.clone(), elsewhere, near })
}
