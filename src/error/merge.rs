//! Errors of commands that name a merge or a patch.

use std::path::PathBuf;

use crate::repo::quoted_list;

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
}

impl MergeError {
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
        }
    }
}
