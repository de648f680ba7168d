//! A resolved profile: tables, `extends` and `override` are applied, and every default is filled in.

use super::expand::{Template, Unusable};
use super::merge::Merge;
use super::push::Push;
use super::values::ModuleRequest;
use crate::repo::{
    AddonsDirectory, Age, CorePart, Edition, Layout, Packaging, Platform, Reference, RemoteUrl, RepoName,
    Rules, Series,
};
use crate::requirements::Override;

/// A set of repositories and its settings.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    /// The profiles that it extends directly.
    pub(crate) extends: Vec<String>,
    pub(crate) odoo: Series,
    pub(crate) edition: Edition,
    /// The directory of its checkouts, relative to the file.
    pub(crate) path: Template,
    /// The value in `repos.toml`. `Config::addons_path` returns the value for this machine.
    pub(crate) addons_path: Surround,
    pub(crate) image: Image,
    pub(crate) locals: Vec<Local>,
    pub(crate) requirements: Requirements,
    pub(crate) check: Check,
    pub(crate) export: Export,
    /// The repositories of Odoo itself, in the order of the addons path. Empty without `[core]`.
    pub(crate) core: Vec<Repo>,
    /// The repositories of modules, in the order of the addons path.
    pub(crate) repos: Vec<Repo>,
    /// The selected modules. `None` if neither this profile nor a profile that it extends selects modules.
    pub(crate) modules: Option<Vec<ModuleRequest>>,
    pub(crate) line: usize,
}

impl Profile {
    #[cfg(test)]
    pub(crate) fn repo(&self, name: &RepoName) -> Option<&Repo> {
        self.repos.iter().find(|repo| repo.name == *name)
    }

    /// All its repositories, in the order of the addons path.
    pub(crate) fn all_repos(&self) -> impl Iterator<Item = &Repo> {
        self.core.iter().chain(&self.repos)
    }

    /// The directory of its checkouts: relative to the file, below it, and tidied.
    pub(crate) fn checkouts(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, Unusable> {
        self.path.expand_below(lookup)
    }
}

/// A repository with the settings of one profile.
#[derive(Clone, Debug)]
pub(crate) struct Repo {
    pub(crate) name: RepoName,
    /// What it is of Odoo itself, and where its checkout is. `None` if it has modules only.
    pub(crate) core: Option<CoreCheckout>,
    /// The `url` of the file, or a url below `base-url`. Its variables are not expanded.
    pub(crate) url: RemoteUrl,
    pub(crate) reference: Reference,
    /// The selected modules; the modules that they need come with them. `None` means all modules.
    pub(crate) modules: Option<Vec<ModuleRequest>>,
    /// The directories that contain modules, tidied. `.` is the root.
    pub(crate) addons: Vec<AddonsDirectory>,
    pub(crate) hold: bool,
    /// How old a commit of its branch must be before the pin moves to it.
    pub(crate) cooldown: Age,
    pub(crate) merges: Vec<Merge>,
    /// Relative to the file and below it, tidied.
    pub(crate) patches: Vec<String>,
    /// Where the commits of its merges go, for submodules.
    pub(crate) push: Option<Push>,
    /// 0 means the whole history. `Config::depth` returns the value for this machine.
    pub(crate) depth: u32,
    /// The line where the `repos` of a profile first name it.
    pub(crate) line: usize,
}

/// A repository of Odoo itself.
#[derive(Clone, Debug)]
pub(crate) struct CoreCheckout {
    pub(crate) part: CorePart,
    /// Its checkout, relative to the file and below it.
    pub(crate) path: Template,
}

/// How the checkouts are kept.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Mode {
    #[default]
    Clone,
    Submodule,
}

/// Entries of the addons path before and after all others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Surround {
    pub(crate) before: Vec<Template>,
    pub(crate) after: Vec<Template>,
}

/// The export in the container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Image {
    pub(crate) root: Template,
    /// The directory that contains Odoo itself. `None` if the image has Odoo elsewhere.
    pub(crate) core: Option<Template>,
    /// The line of `core`.
    pub(crate) core_line: usize,
    pub(crate) before: Vec<Template>,
    pub(crate) after: Vec<Template>,
    pub(crate) layout: Layout,
}

/// A directory of the user's own modules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Local {
    /// The directory on this machine, relative to the file.
    pub(crate) path: Template,
    /// The directory in the container. `None` if the image does not contain it.
    pub(crate) image: Option<Template>,
    pub(crate) position: Position,
    /// The line of its table.
    pub(crate) line: usize,
}

impl Local {
    /// The path as commands show it.
    pub(crate) fn name(&self) -> &str {
        self.path.as_str().trim_start_matches("./").trim_end_matches('/')
    }

    /// Whether it is `addons`, which the presets declare for modules that a user may write later.
    pub(crate) fn is_of_presets(&self) -> bool {
        self.name() == "addons"
    }
}

/// Whether a local directory comes before or after the repositories.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) enum Position {
    #[default]
    Before,
    After,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Requirements {
    /// The version of Python for which markers are evaluated, such as `3.12`.
    pub(crate) python: Option<String>,
    /// Without it, the machine is unknown to markers.
    pub(crate) platform: Option<Platform>,
    /// Paths of files, relative to `repos.toml`.
    pub(crate) constraints: Vec<Template>,
    pub(crate) ignore: Vec<String>,
    /// Lines in place of all others of their distributions.
    pub(crate) overrides: Vec<Override>,
    /// Whether the lines of Odoo itself count: `requirements` of `[core]`.
    pub(crate) core: bool,
}

impl Profile {
    /// The settings of the export, as the lock records them.
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
    /// Names of modules, and codes of findings.
    pub(crate) ignore: Vec<String>,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Export {
    /// `None` keeps all languages.
    pub(crate) languages: Option<Vec<String>>,
    pub(crate) drop: Vec<Drop>,
}

/// A part of a module that an export leaves out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Drop {
    Tests,
    Readme,
    Description,
}
