//! Edits `repos.toml` and keeps everything else: comments, order, layout and line ends.
//!
//! Input and output are texts. [`Config`](super::Config) decides whether the new text is a valid configuration.

mod merges;
#[cfg(test)]
mod merges_tests;
mod positions;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(crate) use merges::MergeList;
use text::{Stuck, Text};

use super::{Error, ModuleRequest};
use crate::repo::{CorePart, RepoName};

/// `repos.toml` while it is edited.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    file: PathBuf,
    text: Text,
}

impl Draft {
    /// `text` must be a valid configuration. `file` is used in messages only.
    pub(crate) fn new(file: &Path, text: &str) -> Self {
        Self { file: file.to_owned(), text: Text(text.to_owned()) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text.0
    }

    /// Whether the profile's own `repos` contains the repository.
    pub(crate) fn names(&self, profile: &str, repo: &RepoName) -> bool {
        self.text.words(&["profiles", profile], "repos").iter().any(|name| name == repo.as_str())
    }

    /// The nearest profile that `profile` extends, directly or indirectly, whose own `repos` contains the repository.
    pub(crate) fn inherited_from(&self, profile: &str, repo: &RepoName) -> Option<String> {
        self.ancestors(profile).into_iter().skip(1).find(|ancestor| self.names(ancestor, repo))
    }

    /// Appends a repository to the `repos` of a profile.
    pub(crate) fn add_repo(&mut self, profile: &str, repo: &RepoName) -> Result<(), Error> {
        self.change(|text| text.push(&["profiles", profile], "repos", repo.as_str()))
    }

    pub(crate) fn set_url(&mut self, repo: &RepoName, url: &str) -> Result<(), Error> {
        self.change(|text| text.set(&["repos", repo.as_str()], "url", url))
    }

    pub(crate) fn set_branch(&mut self, repo: &RepoName, branch: &str) -> Result<(), Error> {
        self.change(|text| text.set(&["repos", repo.as_str()], "branch", branch))
    }

    /// Appends a module to the `modules` of a profile.
    pub(crate) fn select(&mut self, profile: &str, module: &str) -> Result<(), Error> {
        self.change(|text| text.push(&["profiles", profile], "modules", module))
    }

    /// Appends a module to the `modules` of a repository.
    pub(crate) fn select_of(&mut self, repo: &RepoName, module: &str) -> Result<(), Error> {
        self.change(|text| text.push(&["repos", repo.as_str()], "modules", module))
    }

    /// Removes a module from the `modules` of a profile. Returns whether it was there.
    pub(crate) fn unselect(&mut self, profile: &str, module: &str) -> Result<bool, Error> {
        self.unask(&["profiles", profile], module)
    }

    /// Removes a module from the `modules` of a repository: in the `override` of this profile if it has such a list, or
    /// else for all profiles. Returns whether it was there.
    pub(crate) fn unselect_of(
        &mut self,
        profile: &str,
        repo: &RepoName,
        module: &str,
    ) -> Result<bool, Error> {
        let name = repo.as_str();
        let own = ["profiles", profile, "override", name];
        if self.text.has(&own, "modules") {
            self.unask(&own, module)
        } else {
            self.unask(&["repos", name], module)
        }
    }

    /// The nearest profile that `profile` extends, directly or indirectly, whose own `modules` has the module.
    pub(crate) fn module_inherited_from(&self, profile: &str, module: &str) -> Option<String> {
        let has = |ancestor: &String| self.request(&["profiles", ancestor], module).is_some();
        self.ancestors(profile).into_iter().skip(1).find(has)
    }

    fn unask(&mut self, table: &[&str], module: &str) -> Result<bool, Error> {
        let Some(request) = self.request(table, module) else { return Ok(false) };
        self.change(|text| text.take(table, "modules", &request))?;
        Ok(true)
    }

    /// The entry of a list `modules` that asks for a module, perhaps with a version.
    fn request(&self, table: &[&str], module: &str) -> Option<String> {
        let is_it = |word: &String| ModuleRequest::parse(word).is_ok_and(|request| request.name == module);
        self.text.words(table, "modules").into_iter().find(is_it)
    }

    /// Removes a repository from the `repos` of the profiles in `from`, and removes all tables that are unused after
    /// that. `all` contains the names of all profiles.
    pub(crate) fn remove_repo(&mut self, repo: &RepoName, from: &[&str], all: &[&str]) -> Result<(), Error> {
        for profile in from {
            self.change(|text| text.take(&["profiles", profile], "repos", repo.as_str()))?;
        }
        let has = |profile: &&&str| self.ancestors(profile).iter().any(|ancestor| self.names(ancestor, repo));
        let keepers: Vec<&&str> = all.iter().filter(has).collect();
        let used: BTreeSet<String> = keepers.iter().flat_map(|profile| self.ancestors(profile)).collect();
        for profile in all.iter().filter(|profile| !used.contains(**profile)) {
            self.change(|text| text.drop(&["profiles", profile, "override", repo.as_str()]))?;
        }
        if keepers.is_empty() {
            self.change(|text| text.drop(&["repos", repo.as_str()]))?;
        }
        Ok(())
    }

    /// A profile and all profiles that it extends, the nearest first.
    fn ancestors(&self, profile: &str) -> Vec<String> {
        let mut all = vec![profile.to_owned()];
        let mut place = 0;
        while let Some(next) = all.get(place) {
            for parent in self.text.words(&["profiles", next], "extends") {
                if !all.contains(&parent) {
                    all.push(parent);
                }
            }
            place += 1;
        }
        all
    }

    fn change(&mut self, change: impl FnOnce(&mut Text) -> Result<(), Stuck>) -> Result<(), Error> {
        change(&mut self.text).map_err(|Stuck(table)| Error::Uneditable { file: self.file.clone(), table })
    }
}

/// The table with the settings of a repository: for all profiles, or those of one.
fn table_of<'a>(repo: &'a RepoName, part: Option<CorePart>, profile: Option<&'a str>) -> Vec<&'a str> {
    let mut table = profile.map(|profile| vec!["profiles", profile]).unwrap_or_default();
    match part {
        None => table.extend([if profile.is_some() { "override" } else { "repos" }, repo.as_str()]),
        Some(CorePart::Odoo) => table.push("core"),
        Some(part) => table.extend(["core", part.word()]),
    }
    table
}
