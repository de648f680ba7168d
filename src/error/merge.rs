//! Errors of commands that name a merge or a patch.

use std::path::PathBuf;

use crate::repo::{RepoName, counted, quoted_list, typed};

#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("there is no merge `{word}`")]
    Unknown {
        word: String,
        /// The merges of the repository.
        known: Vec<String>,
    },
    /// `lock --check --upstream` made the merges anew.
    #[error("{} not proven by {}", counted(steps.len(), "step is", "steps are"), if steps.len() == 1 { "its merge" } else { "their merges" })]
    Unproven { steps: Vec<String> },
    /// The checkouts are made, and nothing is staged.
    #[error("the merges of {} are not pushed yet, so nothing is staged", quoted_list(&repos.iter().map(ToString::to_string).collect::<Vec<_>>()))]
    Unpushed { repos: Vec<RepoName> },
    #[error("there is no patch `{}`, which `repos.toml` declares", file.display())]
    NoPatch { file: PathBuf },
}

impl MergeError {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Unproven { .. } | Self::Unpushed { .. } => 1,
            Self::Unknown { .. } | Self::NoPatch { .. } => 2,
        }
    }

    /// What to type next.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => {
                "declare it in `merges` of the repository in `repos.toml`".to_owned()
            }
            Self::Unknown { known, .. } => format!("the merges are {}", quoted_list(known)),
            Self::Unproven { steps } => {
                let accept: String = steps.iter().map(|step| format!(" --accept {}", typed(step))).collect();
                format!("look at the steps, then accept them with `oca lock --check --upstream{accept}`")
            }
            Self::Unpushed { .. } => "run `oca sync --push`".to_owned(),
            Self::NoPatch { .. } => {
                "restore the file, or remove it from `patches` in `repos.toml`".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::{every_variant, name};

    #[test]
    fn every_error_says_what_to_type() {
        let errors = every_variant!(MergeError:
            Unknown { word: "web#1".to_owned(), known: vec!["web#2950".to_owned()] },
            Unproven { steps: vec!["web#2950".to_owned()] },
            Unpushed { repos: vec![name("web"), name("dms")] },
            NoPatch { file: "patches/x.patch".into() };
            MergeError::Unknown { word: "web#1".to_owned(), known: Vec::new() },
            MergeError::Unproven { steps: vec!["web#2950".to_owned(), "patches/x.patch".to_owned()] }
        );
        let shown: Vec<String> =
            errors.iter().map(|error| format!("{error}\n  hint: {}", error.hint())).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        there is no merge `web#1`
          hint: the merges are `web#2950`
        1 step is not proven by its merge
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950'`
        the merges of `web`, `dms` are not pushed yet, so nothing is staged
          hint: run `oca sync --push`
        there is no patch `patches/x.patch`, which `repos.toml` declares
          hint: restore the file, or remove it from `patches` in `repos.toml`
        there is no merge `web#1`
          hint: declare it in `merges` of the repository in `repos.toml`
        2 steps are not proven by their merges
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950' --accept patches/x.patch`
        ");
    }
}
