//! Why a commit that the user gave as `NAME@COMMIT` cannot become a pin.

use std::path::{Path, PathBuf};

use crate::plan::RefusedPin;
use crate::repo::{CommitId, RepoName, Series, typed};

#[derive(Debug, thiserror::Error)]
pub(crate) enum PinError {
    #[error("`{word}` is not `NAME@COMMIT`: {why}")]
    Invalid { word: String, why: String },
    #[error("the modules of `{name}` at commit `{}` are for Odoo {found}, but profile `{profile}` is for {wanted}", commit.short())]
    OtherSeries { name: RepoName, commit: CommitId, found: Series, wanted: Series, profile: String },
    #[error("{}", in_words(file, refused))]
    Refused { file: PathBuf, refused: RefusedPin },
    /// The number of known commits that begin with the digits is not one.
    #[error("{}", match count { 0 => format!("no known commit of `{name}` begins with `{digits}`"), count => format!("{count} commits of `{name}` begin with `{digits}`") })]
    Short { name: RepoName, digits: String, count: usize },
    #[error("`{word}` gives a second commit for `{name}`")]
    Twice { word: String, name: RepoName },
    #[error("`{word}` names a commit, but an upgrade moves a pin to the head of its branch")]
    Upgraded { word: String },
    #[error("commit `{commit}` of `{name}` is only in your checkout `{}`", path.display())]
    Unpushed { name: RepoName, commit: CommitId, path: PathBuf },
    #[error("`{word}` is not `NAME@COMMIT`: there is no `@`")]
    WithoutCommit { word: String },
}

impl PinError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Invalid { .. } => {
                "write a name and the first digits of a commit, at least 7: `web@0123abc`".to_owned()
            }
            Self::OtherSeries { name, commit, .. } => {
                format!("if you want this, run `oca lock {name}@{commit} --force`")
            }
            Self::Refused { file, refused: RefusedPin::Declared { name, .. } } => {
                format!("change `rev` of `{name}` in `{}`, then run `oca lock`", file.display())
            }
            Self::Refused { refused: RefusedPin::Ambiguous { name, .. }, .. } => {
                format!("write the commit as `rev` into `override.{name}` of a profile")
            }
            Self::Short { .. } => "write all 40 digits of the commit".to_owned(),
            Self::Twice { .. } => "keep one of the two".to_owned(),
            Self::Upgraded { word } => format!("run `oca lock {word}`"),
            Self::Unpushed { name, path, .. } => {
                let path = typed(&path.display().to_string());
                format!("push it to the remote of `{name}` first, from `{path}`")
            }
            Self::WithoutCommit { word } => {
                format!("to move it to the head of its branch, run `oca lock --upgrade {word}`")
            }
        }
    }
}

fn in_words(file: &Path, refused: &RefusedPin) -> String {
    match refused {
        RefusedPin::Declared { name, declared, asked } => {
            let file = file.display();
            format!("`{name}` cannot be pinned to `{asked}`: `{file}` declares commit `{declared}`")
        }
        RefusedPin::Ambiguous { name, references } => {
            let references: Vec<String> = references.iter().map(ToString::to_string).collect();
            format!("`{name}` has several pins: {}", references.join(", "))
        }
    }
}
