//! Which repositories have a module.

use serde::Serialize;

use crate::repo::{RepoName, Series};
use crate::report::Whereabouts;

/// `oca find`: which repositories have modules.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FindReport<'a> {
    /// The series of Odoo, such as `18.0`.
    pub(crate) odoo: Series,
    /// One for each module of the command line.
    pub(crate) modules: Vec<FoundModule<'a>>,
    /// The repositories that could not be asked.
    pub(crate) unasked: &'a [RepoName],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FoundModule<'a> {
    pub(crate) name: &'a str,
    /// Whether it is one of Odoo's own modules.
    pub(crate) core: bool,
    /// Whether the profile already has it.
    pub(crate) locked: bool,
    pub(crate) repos: &'a [RepoName],
    /// If no repository has it: the modules whose names contain this name.
    pub(crate) containing: Vec<ContainingModule<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ContainingModule<'a> {
    pub(crate) name: &'a str,
    pub(crate) repos: &'a [RepoName],
}

impl<'a> FindReport<'a> {
    pub(crate) fn of(odoo: Series, modules: &'a [Whereabouts], unasked: &'a [RepoName]) -> Self {
        Self { odoo, modules: modules.iter().map(FoundModule::of).collect(), unasked }
    }
}

impl<'a> FoundModule<'a> {
    fn of(there: &'a Whereabouts) -> Self {
        let Whereabouts { module, is_core, is_known, repos, containing } = there;
        let containing = containing.iter().map(|(name, repos)| ContainingModule { name, repos }).collect();
        Self { name: module, core: *is_core, locked: *is_known, repos, containing }
    }
}
