//! Additions to Odoo itself, which `[core]` declares.

use super::Addition;
use crate::error::{EditError, Error};
use crate::ops::plain_core;
use crate::plan;
use crate::repo::{CorePart, RepoName};

impl Addition<'_> {
    /// Whether the profile has it in `[core]`.
    pub(super) fn has_in_core(&self, name: &RepoName) -> bool {
        self.profile.core.iter().any(|repo| repo.name == *name)
    }

    /// Fails for a repository of Odoo itself if the profile has Odoo in `[core]`.
    pub(super) fn refuse_second_core(&self, name: &RepoName) -> Result<(), Error> {
        let Some(part) = CorePart::of_repository(name.as_str()).filter(|_| !self.profile.core.is_empty())
        else {
            return Ok(());
        };
        let declared = self.profile.core.iter().find(|repo| repo.name == part.name());
        let name = name.clone();
        Err(match declared {
            Some(repo) => EditError::SecondCore { name, part, url: repo.url.to_string() },
            None => EditError::PartOfCore { name, part },
        }
        .into())
    }

    /// Says that `[core]` is the place for a new repository of Odoo itself.
    pub(super) fn tell_of_core(&self, name: &RepoName) {
        if CorePart::of_repository(name.as_str()).is_some() {
            self.say(&plain_core(name.as_str()));
        }
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
