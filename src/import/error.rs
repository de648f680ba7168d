//! Errors of importing a file of another tool.

use std::path::PathBuf;

use super::SourcePlace;
use crate::{fs, git};

/// The hint that lists all formats of `oca init --from`.
const FORMATS: &str = "name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, \
    `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, \
    or an older `oca.lock.json`";

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` declares {}", path.display(), if *has_odoo { "no repository besides Odoo itself" } else { "nothing" })]
    Empty { path: PathBuf, has_odoo: bool },
    #[error("there is no `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`{}` does not name its Odoo series", path.display())]
    NoSeries { path: PathBuf },
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("{place}: {why}")]
    Refused { place: SourcePlace, why: String, hint: Option<String> },
    #[error("`{}` contains files of several tools: {}", directory.display(), found.join(", "))]
    Several { directory: PathBuf, found: Vec<String> },
    #[error("{place}: this is not valid {language}: {why}")]
    Syntax { place: SourcePlace, language: &'static str, why: String },
    #[error("`{}` is larger than {most} MiB, which is too large for a list of repositories", file.display())]
    TooLarge { file: PathBuf, most: usize },
    #[error("`{}` is not in a format that oca can import", path.display())]
    Unknown { path: PathBuf },
    #[error(transparent)]
    File(#[from] fs::Error),
    #[error("cannot read the git repository that contains the file")]
    Git(#[from] git::Error),
}

impl Error {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Empty { .. } => {
                Some("run `oca init` without `--from`, then `oca add NAME` for each repository".to_owned())
            }
            Self::Missing { .. } | Self::TooLarge { .. } | Self::Unknown { .. } => Some(FORMATS.to_owned()),
            Self::NoSeries { .. } => Some("name the series, as in `--odoo 18.0`".to_owned()),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::Refused { hint, .. } => hint.clone(),
            Self::Several { .. } => Some("name one of these files with `--from`".to_owned()),
            Self::Syntax { .. } | Self::File(_) => None,
            Self::Git(error) => error.hint(git::HintContext::default()),
        }
    }
}
