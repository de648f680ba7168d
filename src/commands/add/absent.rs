//! New repositories that do not exist: what the user may have meant.

use super::Addition;
use crate::catalogue;
use crate::config;
use crate::error::{EditError, Error};
use crate::git;
use crate::ops::search::Search;
use crate::repo::RepoName;
use crate::report::{Failure, Trouble};

impl Addition<'_> {
    /// If a new repository does not exist, says whether its name is that of a module, or which OCA repository has a
    /// similar name.
    pub(super) fn explained(&self, error: Error) -> Error {
        let Error::Repos { failures } = &error else { return error };
        let odoo = self.profile.odoo;
        let is_named = |failure: &&Failure| self.named.contains(&failure.name);
        for failure in failures.iter().filter(is_named).filter(|failure| is_absent(failure)) {
            let module = failure.name.as_str();
            // The names of repositories have no `_`, and those of modules have no `-`.
            if module.contains('-') || catalogue::names().any(|name| name == failure.name) {
                continue;
            }
            let found = Search::of_project(&self.rewrite.session, odoo).and_then(|search| search.run(false));
            if let Some(repo) = found.ok().and_then(|found| found.repos_with(module).into_iter().next()) {
                return EditError::ModuleAsRepo { module: module.to_owned(), repo }.into();
            }
        }
        with_near_names(error, &self.named)
    }
}

/// Suggests the OCA repository with a similar name for new repositories that do not exist.
fn with_near_names(error: Error, named: &[RepoName]) -> Error {
    let Error::Repos { mut failures } = error else { return error };
    let oca: Vec<RepoName> = catalogue::names().collect();
    let oca: Vec<&str> = oca.iter().map(RepoName::as_str).collect();
    let is_named = |failure: &&mut Failure| named.contains(&failure.name);
    for failure in failures.iter_mut().filter(is_named).filter(|failure| is_absent(failure)) {
        let near = config::near(failure.name.as_str(), &oca).filter(|near| *near != failure.name.as_str());
        failure.near = near.map(str::to_owned);
    }
    Error::Repos { failures }
}

/// Whether the repository does not exist, or is hidden from strangers as if it did not.
fn is_absent(failure: &Failure) -> bool {
    match &failure.trouble {
        Trouble::Remote(git::Error::MissingReference { .. }) => false,
        Trouble::Remote(error) => error.is_absence(),
        _ => false,
    }
}
