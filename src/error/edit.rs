//! Why `oca add` or `oca remove` cannot change `repos.toml` as requested.

use crate::config;
use crate::repo::{RepoName, quoted_list};

#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error("profile `{profile}` inherits `{name}` from profile `{from}`")]
    Inherited { profile: String, name: RepoName, from: String },
    #[error("`{name}` has no module `{module}` at the locked commit")]
    Lacks { name: RepoName, module: String },
    #[error("`--module` selects modules of one repository, but several are named")]
    ModuleOfSeveral,
    #[error("profile `{profile}` has no repository `{name}`")]
    NotInProfile { profile: String, name: RepoName, known: Vec<String> },
    #[error("{list} already has `{there}`")]
    OtherVersion { list: String, there: String, wanted: String },
    #[error("`{name}` has the url `{known}` in `repos.toml`")]
    OtherUrl { name: RepoName, known: String },
    #[error("`{name}` has `{module}` on its branch, but not at the locked commit")]
    PinLacks { name: RepoName, module: String },
    #[error("several repositories have `{module}`: {}", quoted_list(repos))]
    SeveralRepos { module: String, repos: Vec<RepoName> },
    #[error("`{wanted}` asks for a version, but profile `{profile}` uses all modules of `{name}`")]
    VersionOfWhole { wanted: String, profile: String, name: RepoName },
}

impl EditError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Lacks { .. } | Self::PinLacks { .. } => 1,
            Self::Inherited { .. }
            | Self::ModuleOfSeveral
            | Self::NotInProfile { .. }
            | Self::OtherUrl { .. }
            | Self::OtherVersion { .. }
            | Self::SeveralRepos { .. }
            | Self::VersionOfWhole { .. } => 2,
        }
    }

    pub(super) fn hint(&self) -> String {
        match self {
            Self::Inherited { name, from, .. } => {
                format!(
                    "run `oca remove {name} --profile {from}`, or leave out `--profile` to remove it everywhere"
                )
            }
            Self::Lacks { name, module } => {
                format!(
                    "if the module is new, run `oca lock --upgrade {name}`; otherwise run `oca find {module}`"
                )
            }
            Self::ModuleOfSeveral => "add the other repositories with a second command".to_owned(),
            Self::NotInProfile { name, known, .. } => {
                config::near_or_all(name.as_str(), known, "its repositories are")
            }
            Self::OtherUrl { name, .. } => {
                format!("to use another url, edit `url` of `[repos.{name}]`")
            }
            Self::OtherVersion { wanted, .. } => format!("replace it with `{wanted}` in `repos.toml`"),
            Self::PinLacks { name, .. } => format!("run `oca lock --upgrade {name}`"),
            Self::SeveralRepos { module, .. } => format!("choose one: `oca add NAME --module {module}`"),
            Self::VersionOfWhole { .. } => {
                "leave out the version, or set `modules` for the profile or the repository".to_owned()
            }
        }
    }
}
