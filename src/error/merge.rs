//! Errors of commands that name a merge or a patch.

use std::path::PathBuf;

use super::Error;
use crate::repo::{RepoName, counted, first_names, quoted_list, typed};

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
            Self::Unproven { .. } => 1,
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
            Self::Unproven { steps } => {
                let accept: String = steps.iter().map(|step| format!(" --accept {}", typed(step))).collect();
                format!("look at the steps, then accept them with `oca lock --check --upstream{accept}`")
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::{every_variant, name};

    #[test]
    fn every_error_says_what_to_type() {
        let errors = every_variant!(MergeError:
            Unknown { word: "web#1".to_owned(), known: vec!["web#2950".to_owned()] },
            Unproven { steps: vec!["web#2950".to_owned()] },
            NoPatch { file: "patches/x.patch".into() },
            Invalid { word: "a b c".to_owned(), repo: "web".to_owned(), why: "it is too long".to_owned() },
            Several { word: "web#fix".to_owned(), known: vec!["web#a fix".to_owned(), "web#b fix".to_owned()] },
            OfModule { word: "web#2950".to_owned() },
            NotAdded {
                file: "repos.toml".into(),
                entry: "`\"#2950\"`".to_owned(),
                header: "repos.web".to_owned(),
                repo: name("web"),
                is_new: true,
                cause: Box::new(Error::Silent)
            },
            Shared { word: "web#1".to_owned(), profile: "lean".to_owned(), header: "repos.web".to_owned() },
            OnNoServer { names: vec!["web".to_owned(), "dms".to_owned()] };
            MergeError::Unknown { word: "web#1".to_owned(), known: Vec::new() },
            MergeError::Unproven { steps: vec!["web#2950".to_owned(), "patches/x.patch".to_owned()] }
        );
        let shown: Vec<String> =
            errors.iter().map(|error| format!("{error}\n  hint: {}", error.hint())).collect();
        insta::assert_snapshot!(shown.join("\n"), @r##"
        there is no merge `web#1`
          hint: the merges are `web#2950`
        1 step is not proven by its merge
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950'`
        there is no patch `patches/x.patch`, which `repos.toml` declares
          hint: restore the file, or remove it from `patches` in `repos.toml`
        `a b c` names nothing to merge into `web`: it is too long
          hint: write it as `web#2950`, `web#BRANCH` or `'web#URL BRANCH'`
        `web#fix` names several merges
          hint: name one of `web#a fix`, `web#b fix`
        `--module` selects modules of a repository, not of the merge `web#2950`
          hint: leave out `--module`, then write `modules` into the entry of `merges` in `repos.toml`
        `repos.toml` is not changed, because a merge conflicts
          hint: run `oca add web`, write `"#2950"` into `merges` of `[repos.web]`, then run `oca resolve web`
        profile `lean` has `web#1` from `[repos.web]`
          hint: leave out `--profile` to remove it for all profiles
        a `.gitmodules` needs commits that a server has, but those of `web`, `dms` are merged by oca
          hint: use `oca export --repos-yaml`, or remove `merges` and `patches` of these repositories
        there is no merge `web#1`
          hint: declare it in `merges` of the repository in `repos.toml`
        2 steps are not proven by their merges
          hint: look at the steps, then accept them with `oca lock --check --upstream --accept 'web#2950' --accept patches/x.patch`
        "##);
    }
}
