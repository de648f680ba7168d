//! Why two locks cannot be compared.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    #[error("`{word}` is no file, and `{}` is in no git repository", directory.display())]
    NoGit { word: String, directory: PathBuf },
    #[error("revision `{revision}` has no `oca.lock.json`")]
    NoLockThere { revision: String },
    #[error("neither lock has a profile `{profile}`")]
    NoProfile { profile: String },
    #[error("`{word}` is neither a revision of git nor a file")]
    NotThere { word: String },
    #[error("stdin cannot be both locks")]
    StdinTwice,
}

impl DiffError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::NoGit { .. } => "name two files: `oca diff OLD.json NEW.json`".to_owned(),
            Self::NoLockThere { revision } if revision == "HEAD" => {
                "commit the lock, or name what to compare it with: `oca diff OLD`".to_owned()
            }
            Self::NoLockThere { .. } => {
                "name a revision that has it: `git log --oneline -- oca.lock.json` lists them".to_owned()
            }
            Self::NoProfile { .. } => "leave out `--profile` to compare all profiles".to_owned(),
            Self::NotThere { word } => {
                format!(
                    "correct it; in a clone without history, run `git fetch origin {word}` and compare with FETCH_HEAD"
                )
            }
            Self::StdinTwice => "write one of the two into a file".to_owned(),
        }
    }
}
