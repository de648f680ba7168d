//! Errors of commands that name a merge or a patch.

use std::path::PathBuf;

use super::Error;
use crate::repo::{RepoName, first_names, quoted_list};

#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("there is no merge `{word}`")]
    Unknown {
        word: String,
        /// The merges of the repository.
        known: Vec<String>,
    },
    #[error("there is no patch `{}`, which `repos.toml` declares", file.display())]
    NoPatch { file: PathBuf },
    #[error("`{word}` names nothing to merge into `{repo}`: {why}")]
    Invalid { word: String, repo: String, why: String },
    #[error("`{word}` names several merges")]
    Several { word: String, known: Vec<String> },
    #[error("`--module` selects modules of a repository, not of the merge `{word}`")]
    OfModule { word: String },
    /// A merge conflicts, so nothing was written.
    #[error("`{}` is not changed, because a merge conflicts", file.display())]
    NotAdded {
        file: PathBuf,
        /// The entry as it is written in the file, and the header of its table.
        entry: String,
        header: String,
        repo: RepoName,
        /// Whether the repository is not declared, either.
        is_new: bool,
        cause: Box<Error>,
    },
    #[error("profile `{profile}` has `{word}` from `[{header}]`")]
    Shared { word: String, profile: String, header: String },
    #[error(
        "a `.gitmodules` needs commits that a server has, but those of {} are merged by oca",
        first_names(names)
    )]
    OnNoServer { names: Vec<String> },
}

impl MergeError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::NotAdded { cause, .. } => cause.exit_code(),
            Self::Unknown { .. }
            | Self::NoPatch { .. }
            | Self::Invalid { .. }
            | Self::Several { .. }
            | Self::OfModule { .. }
            | Self::Shared { .. }
            | Self::OnNoServer { .. } => 2,
        }
    }

    /// What to type next.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                "declare it in `merges` of the repository in `repos.toml`".to_owned()
            }
            Self::Unknown { known, .. } => format!("the merges are {}", quoted_list(known)),
            Self::NoPatch { .. } => {
                "restore the file, or remove it from `patches` in `repos.toml`".to_owned()
            }
            Self::Invalid { repo, .. } => {
                format!("write it as `{repo}#2950`, `{repo}#BRANCH` or `'{repo}#URL BRANCH'`")
            }
            Self::Several { known, .. } => format!("name one of {}", quoted_list(known)),
            Self::OfModule { .. } => {
                "leave out `--module`, then write `modules` into the entry of `merges` in `repos.toml`"
                    .to_owned()
            }
            Self::NotAdded { entry, header, repo, is_new, .. } => {
                let first = if *is_new { format!("run `oca add {repo}`, ") } else { String::new() };
                format!("{first}write {entry} into `merges` of `[{header}]`, then run `oca resolve {repo}`")
            }
            Self::Shared { .. } => "leave out `--profile` to remove it for all profiles".to_owned(),
            Self::OnNoServer { .. } => {
                "use `oca export --repos-yaml`, or remove `merges` and `patches` of these repositories"
                    .to_owned()
            }
        }
    }
}
