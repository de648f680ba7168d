//! Why a file of another tool cannot be imported.

use std::path::PathBuf;

use super::Place;
use crate::{fs, git};

/// All that `oca init --from` understands.
const FORMATS: &str = "it reads `.gitmodules`, `repos.yaml` of git-aggregator or doodba, `spec.yaml` of ak, \
    `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, and an older `oca.lock.json`";

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` declares no repository of add-ons", path.display())]
    Empty { path: PathBuf },
    #[error("there is no `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`{}` does not say which series of Odoo it is for", path.display())]
    NoSeries { path: PathBuf },
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("{place}: {why}")]
    Refused { place: Place, why: String, hint: Option<String> },
    #[error("`{}` holds files of several tools: {}", directory.display(), found.join(", "))]
    Several { directory: PathBuf, found: Vec<String> },
    #[error("{place}: this is not valid {language}: {why}")]
    Syntax { place: Place, language: &'static str, why: String },
    #[error("`{}` is larger than {most} MiB: a list of repositories is never that large", file.display())]
    TooLarge { file: PathBuf, most: usize },
    #[error("`{}` is in none of the formats that oca imports", path.display())]
    Unknown { path: PathBuf },
    #[error(transparent)]
    File(#[from] fs::Error),
    #[error("the repository around it cannot be read")]
    Git(#[from] git::Error),
}

impl Error {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Empty { .. } => Some("begin with `oca init`, and name repositories in the file".to_owned()),
            Self::Missing { .. } | Self::TooLarge { .. } | Self::Unknown { .. } => Some(FORMATS.to_owned()),
            Self::NoSeries { .. } => Some("name it, as in `--odoo 18.0`".to_owned()),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::Refused { hint, .. } => hint.clone(),
            Self::Several { .. } => Some("name one of them with `--from`".to_owned()),
            Self::Syntax { .. } | Self::File(_) => None,
            Self::Git(error) => error.hint(git::Asked::default()),
        }
    }
}
