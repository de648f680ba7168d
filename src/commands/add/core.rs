//! Additions to Odoo itself, which `[core]` declares.

use super::Addition;
use crate::error::{EditError, Error};
use crate::plan;
use crate::repo::RepoName;

impl Addition<'_> {
    /// Whether the profile has it in `[core]`.
    pub(super) fn has_in_core(&self, name: &RepoName) -> bool {
        self.profile.core.iter().any(|repo| repo.name == *name)
    }

    /// Modules of Odoo itself are there without being selected. Fails if it has no such module.
    pub(super) fn refuse_not_of_odoo(&self, name: &RepoName, module: &str) -> Result<(), Error> {
        let lock = self.rewrite.session.lock()?.unwrap_or_default();
        if plan::odoo(&self.profile, &lock).contains(module) {
            self.say(&format!("`{module}` is Odoo's own"));
            return Ok(());
        }
        Err(EditError::Lacks { name: name.clone(), module: module.to_owned() }.into())
    }
}
