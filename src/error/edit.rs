//! Why `oca add` or `oca remove` cannot change `repos.toml` as requested.

use std::fmt;

use crate::config;
use crate::repo::{CommitId, CorePart, Reference, RepoName, quoted_list};

#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("`{}` is declared in `[core]`, not in a profile", part.word())]
    InCore { part: CorePart },
    #[error("`{name}` is Odoo itself, and `[core]` declares `{}` already: {url}", part.word())]
    SecondCore { name: RepoName, part: CorePart, url: String },
    #[error("`{name}` is part of Odoo itself, which `[core]` declares")]
    PartOfCore { name: RepoName, part: CorePart },
    #[error("profile `{profile}` inherits `{name}` from profile `{from}`")]
    Inherited { profile: String, name: RepoName, from: String },
    #[error("profile `{profile}` has `{module}` from `modules` of profile `{from}`, which it extends")]
    InheritedModule { profile: String, module: String, from: String },
    #[error("`{name}` has no module `{module}` at the locked commit")]
    Lacks { name: RepoName, module: String },
    #[error("`{module}` is a module of `{repo}`, not a repository")]
    ModuleAsRepo { module: String, repo: RepoName },
    #[error("`--module` selects modules of one repository, but several are named")]
    ModuleOfSeveral,
    #[error("`{module}` is in no list `modules` of profile `{profile}`; {why}")]
    NotAsked { profile: String, module: String, why: NotAskedWhy },
    #[error("profile `{profile}` has no repository `{name}`")]
    NotInProfile { profile: String, name: RepoName, known: Vec<String> },
    #[error("{list} already has `{there}`")]
    OtherVersion { list: String, there: String, wanted: String },
    #[error("`{name}` has the url `{known}` in `repos.toml`")]
    OtherUrl { name: RepoName, header: String, known: String },
    #[error("this is the address of branch `{branch}` of `{name}`, but the profile wants {wanted}")]
    OtherBranch { name: RepoName, header: String, branch: String, wanted: Reference },
    #[error("this is the address of tag `{tag}` of `{name}`")]
    PastedTag { name: RepoName, tag: String },
    #[error("this is the address of a commit of `{name}`")]
    PastedCommit { name: RepoName, commit: CommitId },
    #[error("`{name}` has `{module}` on its branch, but not at the locked commit")]
    PinLacks { name: RepoName, module: String },
    #[error("several repositories have `{module}`: {}", quoted_list(repos))]
    SeveralRepos { module: String, repos: Vec<RepoName> },
    #[error("`{wanted}` asks for a version, but profile `{profile}` uses all modules of `{name}`")]
    VersionOfWhole { wanted: String, profile: String, name: RepoName },
}

/// Why a module is selected though nobody asks for it by name, or why it is not selected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum NotAskedWhy {
    Needed,
    Whole { home: String },
    NotThere,
}

impl fmt::Display for NotAskedWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Needed => f.write_str("it is selected because other modules need it"),
            Self::Whole { home } => write!(f, "the profile takes all modules of `{home}`"),
            Self::NotThere => f.write_str("it is not selected"),
        }
    }
}

impl EditError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Lacks { .. } | Self::PinLacks { .. } => 1,
            Self::InCore { .. }
            | Self::SecondCore { .. }
            | Self::PartOfCore { .. }
            | Self::Inherited { .. }
            | Self::InheritedModule { .. }
            | Self::ModuleAsRepo { .. }
            | Self::ModuleOfSeveral
            | Self::NotAsked { .. }
            | Self::OtherBranch { .. }
            | Self::PastedCommit { .. }
            | Self::PastedTag { .. }
            | Self::NotInProfile { .. }
            | Self::OtherUrl { .. }
            | Self::OtherVersion { .. }
            | Self::SeveralRepos { .. }
            | Self::VersionOfWhole { .. } => 2,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::InCore { part: CorePart::Odoo } => "delete `[core]` in `repos.toml`".to_owned(),
            Self::InCore { part } => format!("delete `{}` of `[core]` in `repos.toml`", part.word()),
            Self::SecondCore { part: CorePart::Odoo, .. } => {
                "to use another Odoo, edit `url` of `[core]`".to_owned()
            }
            Self::SecondCore { part, .. } => {
                format!("to use another url, edit `{}` of `[core]`", part.word())
            }
            Self::PartOfCore { part, .. } => {
                format!("write `{}` with its url, or `{{}}`, into `[core]`", part.word())
            }
            Self::Inherited { name, from, .. } => {
                format!(
                    "run `oca remove {name} --profile {from}`, or leave out `--profile` to remove it everywhere"
                )
            }
            Self::InheritedModule { module, from, .. } => {
                format!("run `oca remove --module {module} --profile {from}`")
            }
            Self::NotAsked { module, why, .. } => match why {
                NotAskedWhy::Needed => format!("run `oca why {module}`"),
                NotAskedWhy::Whole { .. } => {
                    "to select single modules, run `oca add --only --module NAME`".to_owned()
                }
                NotAskedWhy::NotThere => "run `oca list`".to_owned(),
            },
            Self::Lacks { name, module } => {
                format!(
                    "if the module is new, run `oca lock --upgrade {name}`; otherwise run `oca find {module}`"
                )
            }
            Self::ModuleAsRepo { module, .. } => format!("run `oca add --module {module}`"),
            Self::OtherBranch { name, header, branch, .. } => {
                format!("run `oca add {name}`, or write `branch = \"{branch}\"` into `[{header}]`")
            }
            Self::PastedTag { name, tag } => {
                format!("run `oca add {name}`, then write `tag = \"{tag}\"` into `[repos.{name}]`")
            }
            Self::PastedCommit { name, commit } => {
                format!("run `oca add {name}`, then `oca lock {name}@{commit}`")
            }
            Self::ModuleOfSeveral => "add the other repositories with a second command".to_owned(),
            Self::NotInProfile { name, known, .. } => {
                config::near_or_all(name.as_str(), known, "its repositories are")
            }
            Self::OtherUrl { header, .. } => format!("to use another url, edit `url` of `[{header}]`"),
            Self::OtherVersion { wanted, .. } => format!("replace it with `{wanted}` in `repos.toml`"),
            Self::PinLacks { name, .. } => format!("run `oca lock --upgrade {name}`"),
            Self::SeveralRepos { module, .. } => format!("choose one: `oca add NAME --module {module}`"),
            Self::VersionOfWhole { .. } => {
                "leave out the version, or set `modules` for the profile or the repository".to_owned()
            }
        }
    }
}
