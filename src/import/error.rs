//! Errors of importing a file of another tool.

use std::path::PathBuf;

use super::SourcePlace;
use crate::repo::{Series, quoted_list};
use crate::{fs, git};

/// The hint that lists all formats of `oca init --from`.
const FORMATS: &str = "name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, \
    `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, \
    or an older `oca.lock.json`";

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` declares {}", path.display(), if *has_odoo { "no repository besides Odoo Enterprise" } else { "nothing" })]
    Empty { path: PathBuf, has_odoo: bool },
    #[error("there is no `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`{}` does not say which Odoo series it is for", path.display())]
    NoSeries { path: PathBuf },
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("{place}: {why}")]
    Refused { place: SourcePlace, why: String, hint: Option<String> },
    #[error(
        "`{}` does not say which Odoo series it is for: {} are equally common",
        path.display(),
        quoted_list(series)
    )]
    SeveralSeries { path: PathBuf, series: Vec<Series> },
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
            Self::NoSeries { .. } => Some("add the series to the command, such as `--odoo 18.0`".to_owned()),
            Self::SeveralSeries { series, .. } => series.last().map(|series| {
                format!(
                    "add the series of the repositories that have no branch of their own to the command, such as `--odoo {series}`"
                )
            }),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::Refused { hint, .. } => hint.clone(),
            Self::Several { .. } => Some("name one of these files with `--from`".to_owned()),
            Self::Syntax { .. } | Self::File(_) => None,
            Self::Git(error) => error.hint(git::HintContext::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::import::Text;

    #[test]
    fn every_message_says_what_is_wrong_and_what_to_do() {
        let path = || PathBuf::from("repos.yaml");
        let place = || Text::new(Path::new("repos.yaml"), "").line(3);
        let series = |text| Series::parse(text).expect("a series");
        let io = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let errors = [
            Error::Empty { path: path(), has_odoo: false },
            Error::Empty { path: path(), has_odoo: true },
            Error::Missing { path: path() },
            Error::NoSeries { path: path() },
            Error::NotUtf8 { file: path(), line: 2 },
            place().refuse("`web` has no `remotes`"),
            place().refuse_with_hint(
                "`o` in `merges` of `web` is not `REMOTE REF`",
                "write it as `- origin 18.0`",
            ),
            Error::Several {
                directory: PathBuf::from("project"),
                found: vec!["`.gitmodules`".to_owned(), "`spec.yaml`".to_owned()],
            },
            Text::new(Path::new("repos.yaml"), "").syntax("YAML", 2, "did not find expected key"),
            Error::SeveralSeries { path: path(), series: ["16.0", "17.0"].map(series).to_vec() },
            Error::TooLarge { file: path(), most: 4 },
            Error::Unknown { path: path() },
            Error::File(fs::Error { action: "read", path: path(), source: io() }),
            Error::Git(git::Error::Offline),
        ];
        let shown = errors.iter().map(|error| {
            let hint = error.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            format!("error: {error}\n{hint}")
        });
        insta::assert_snapshot!(shown.collect::<String>(), @"
        error: `repos.yaml` declares nothing
        hint: run `oca init` without `--from`, then `oca add NAME` for each repository
        error: `repos.yaml` declares no repository besides Odoo Enterprise
        hint: run `oca init` without `--from`, then `oca add NAME` for each repository
        error: there is no `repos.yaml`
        hint: name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, or an older `oca.lock.json`
        error: `repos.yaml` does not say which Odoo series it is for
        hint: add the series to the command, such as `--odoo 18.0`
        error: `repos.yaml` is not UTF-8 at line 2
        hint: save the file as UTF-8
        error: `repos.yaml` at line 3: `web` has no `remotes`
        error: `repos.yaml` at line 3: `o` in `merges` of `web` is not `REMOTE REF`
        hint: write it as `- origin 18.0`
        error: `project` contains files of several tools: `.gitmodules`, `spec.yaml`
        hint: name one of these files with `--from`
        error: `repos.yaml` at line 2: this is not valid YAML: did not find expected key
        error: `repos.yaml` does not say which Odoo series it is for: `16.0`, `17.0` are equally common
        hint: add the series of the repositories that have no branch of their own to the command, such as `--odoo 17.0`
        error: `repos.yaml` is larger than 4 MiB, which is too large for a list of repositories
        hint: name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, or an older `oca.lock.json`
        error: `repos.yaml` is not in a format that oca can import
        hint: name one of these: `.gitmodules`, `repos.yaml` or `addons.yaml` of git-aggregator or doodba, `spec.yaml` of ak, `pending-merges.d`, `mrchef.toml`, a `.repos` file of vcs2l, `oca_dependencies.txt`, or an older `oca.lock.json`
        error: cannot read `repos.yaml`
        error: cannot read the git repository that contains the file
        hint: run the command without `--offline` and without `OCA_OFFLINE`
        ");
    }
}
