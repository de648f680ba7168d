//! What one profile comes to, once tables, `extends` and `override` are applied and every default is filled in.

use super::expand::{Template, Unusable};
use super::values::{Merge, ModuleRequest};
use crate::repo::{
    AddonsDirectory, Edition, Layout, Packaging, Reference, RemoteUrl, RepoName, Rules, Series,
};

/// A set of repositories, and what is made of it.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// All that it extends, directly or not, in the order in which their repositories come.
    pub(crate) extends: Vec<String>,
    pub(crate) odoo: Series,
    pub(crate) edition: Edition,
    /// Where its checkouts land, relative to the file.
    pub(crate) path: Template,
    /// As `repos.toml` has it; `Config::addons_path` is what holds on this machine.
    pub(crate) addons_path: Surround,
    pub(crate) image: Image,
    pub(crate) locals: Vec<Local>,
    pub(crate) requirements: Requirements,
    pub(crate) check: Check,
    pub(crate) export: Export,
    /// In path order.
    pub(crate) repos: Vec<Repo>,
    /// The selection; `None` where neither this profile nor one that it extends selects.
    pub(crate) modules: Option<Vec<ModuleRequest>>,
    pub(crate) line: usize,
}

impl Profile {
    #[cfg(test)]
    pub(crate) fn repo(&self, name: &RepoName) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.name == *name)
    }

    /// The directory of its checkouts, relative to the file, below it, and tidied.
    pub(crate) fn checkouts(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Unusable> {
        self.path.expand_below(lookup)
    }
}

/// A repository as one profile wants it.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    pub(crate) name: RepoName,
    /// As written, or below the base url; its variables are not expanded.
    pub(crate) url: RemoteUrl,
    pub(crate) reference: Reference,
    /// Only these modules and what is needed; `None` is all of them.
    pub(crate) modules: Option<Vec<ModuleRequest>>,
    /// The directories that hold modules, tidied; `.` is the root.
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) hold: bool,
    pub(crate) merges: Vec<Merge>,
    /// Relative to the file and below it, tidied.
    pub(crate) patches: Vec<String>,
    /// 0 is the whole history. `Config::depth` is what holds on this machine.
    pub(crate) depth: u32,
    /// Where a profile's `repos` mentions it first.
    pub(crate) line: usize,
}

/// How the checkouts are kept.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Mode {
    #[default]
    Clone,
    Submodule,
}

/// Entries of the addons path around all others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Surround {
    pub(crate) before: Vec<Template>,
    pub(crate) after: Vec<Template>,
}

/// The export as it is in the container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Image {
    pub(crate) root: Template,
    pub(crate) before: Vec<Template>,
    pub(crate) after: Vec<Template>,
    pub(crate) layout: Layout,
}

/// A directory of the user's own modules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Local {
    /// Here, relative to the file.
    pub(crate) path: Template,
    /// There, in the container; `None` is nowhere.
    pub(crate) image: Option<Template>,
    pub(crate) position: Position,
}

/// Which side of the repositories a local directory is on.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) enum Position {
    #[default]
    Before,
    After,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Requirements {
    /// The Python whose markers count, such as `3.12`.
    pub(crate) python: Option<String>,
    /// Files, relative to this one.
    pub(crate) constraints: Vec<Template>,
    pub(crate) ignore: Vec<String>,
}

impl Profile {
    /// How it is exported, as the lock records it.
    pub(crate) fn packaging(&self) -> Packaging {
        let drops = |part| self.export.drop.contains(&part);
        let rules = Rules {
            languages: self.export.languages.clone(),
            tests: drops(Drop::Tests),
            readme: drops(Drop::Readme),
            description: drops(Drop::Description),
        };
        Packaging { layout: self.image.layout, rules }
    }
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Check {
    /// Names of modules and codes of findings.
    pub(crate) ignore: Vec<String>,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Export {
    /// `None` keeps all.
    pub(crate) languages: Option<Vec<String>>,
    pub(crate) drop: Vec<Drop>,
}

/// A part of modules that an export leaves out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Drop {
    Tests,
    Readme,
    Description,
}
