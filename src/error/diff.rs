//! Why two locks cannot be compared.

use std::path::PathBuf;

use crate::diff::BadDatabase;
use crate::repo::Series;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DiffError {
    #[error("`{}` does not say what a database has installed: {error}", file.display())]
    BadInstalled { file: PathBuf, error: BadDatabase },
    #[error(
        "`--deep` and `--format update` exclude each other: `update` prints the names of modules and nothing else"
    )]
    DeepUpdate,
    #[error("the name of a lock to compare is empty")]
    EmptyName,
    #[error("`--log` does not work with `--format update`")]
    LogOfUpdate,
    #[error("`{word}` is not a file, and `{}` is not in a git repository", directory.display())]
    NoGit { word: String, directory: PathBuf },
    #[error("`--installed` is for `--format update`")]
    InstalledAlone,
    #[error("revision `{revision}` has no `oca.lock.json`")]
    NoLockThere { revision: String },
    #[error("neither lock has a profile `{profile}`")]
    NoProfile { profile: String },
    #[error("there is no `{}`", file.display())]
    NoInstalled { file: PathBuf },
    #[error("the new lock has no profile `{profile}`")]
    NotInNewLock { profile: String },
    #[error("`{word}` is neither a revision of git nor a file")]
    NotThere { word: String, is_shallow: bool },
    #[error("the database has Odoo {found}, but profile `{profile}` has {wanted}")]
    OtherSeries { profile: String, found: Series, wanted: Series },
    #[error("the report is not written to `{}`, because oca reads this file", file.display())]
    OverInput { file: PathBuf },
    #[error("stdin cannot be both {what}")]
    StdinTwice { what: &'static str },
}

impl DiffError {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::BadInstalled { error: BadDatabase::Empty, .. } => {
                "check that the command before it prints something: run it alone".to_owned()
            }
            Self::BadInstalled { .. } | Self::NoInstalled { .. } => {
                "print it with the line for psql in docs/updating.md".to_owned()
            }
            Self::DeepUpdate => {
                "run `oca diff --deep` and `oca diff --format update` one after the other".to_owned()
            }
            Self::EmptyName => {
                "name a revision of git or a file; if the name is in a variable, check that it is set"
                    .to_owned()
            }
            Self::OverInput { .. } => "name another file with `-o`".to_owned(),
            Self::LogOfUpdate => "leave out `--log`".to_owned(),
            Self::NoGit { .. } => "name two files: `oca diff OLD.json NEW.json`".to_owned(),
            Self::NoLockThere { revision: word } | Self::NotThere { word, .. } if word == "HEAD" => {
                "commit the lock, or name what to compare it with: `oca diff OLD`".to_owned()
            }
            Self::NoLockThere { .. } => {
                "name a revision that has it: `git log --oneline -- oca.lock.json` lists them".to_owned()
            }
            Self::InstalledAlone => "add `--format update`".to_owned(),
            Self::NotInNewLock { .. } => "name one that it has with `--profile`".to_owned(),
            Self::OtherSeries { found, .. } => format!(
                "an update does not migrate a database to another series: name a profile of {found} with `--profile`"
            ),
            Self::NoProfile { .. } => "leave out `--profile` to compare all profiles".to_owned(),
            Self::NotThere { word, is_shallow } => not_there(word, *is_shallow),
            Self::StdinTwice { .. } => "write one of the two into a file".to_owned(),
        }
    }
}

/// The hint after a word that is neither a revision nor a file. A job of CI often has a clone without history, or with one
/// branch only.
fn not_there(word: &str, is_shallow: bool) -> String {
    let is_path = word.starts_with(['.', '/']) || word.ends_with(".json");
    let is_of_history = word.contains(['~', '^', '@', ':']);
    match word.strip_prefix("origin/").unwrap_or(word) {
        _ if word.contains("...") => "write two dots, not three: `OLD..NEW`".to_owned(),
        _ if is_path => "check the path".to_owned(),
        _ if is_of_history && is_shallow => {
            "this clone does not have all commits: run `git fetch --unshallow`, or `git fetch --deepen=100` for some"
                .to_owned()
        }
        _ if is_of_history => "correct it: `git log --oneline` lists the commits".to_owned(),
        branch => format!(
            "correct it; in a clone without history, run `git fetch origin {branch}` and compare with FETCH_HEAD"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::not_there;

    #[test]
    fn the_hint_names_a_command_that_works() {
        assert!(not_there("HEAD~1", true).contains("git fetch --unshallow`"));
        for (word, expected) in [
            ("./old.json", "check the path"),
            ("main...next", "two dots"),
            ("lock.json", "check the path"),
            ("HEAD~1", "`git log --oneline`"),
            ("main@{yesterday}", "`git log --oneline`"),
            ("main", "git fetch origin main`"),
            ("origin/main", "git fetch origin main`"),
            ("feature/x", "git fetch origin feature/x`"),
        ] {
            assert!(not_there(word, false).contains(expected), "{word}");
        }
    }
}
