//! Where the two locks come from.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::config;
use crate::error::{DiffError, Error};
use crate::flags::Global;
use crate::fs::Context;
use crate::git::{AtRevision, Superproject};
use crate::lock::{self, Lock};

/// One of the two locks, as the user names it.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Side {
    /// A revision of git, or else a file.
    Named(String),
    Stdin,
    /// The lock of the project.
    Working,
}

/// The old lock and the new one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Sides([Side; 2]);

impl Sides {
    /// As `git diff` reads them: without words, HEAD and the file; `A..B` is the same as `A B`, and HEAD stands for an
    /// end that is left out.
    pub(super) fn of(old: Option<&str>, new: Option<&str>) -> Result<Self, DiffError> {
        let side = |word: &str| match word {
            "-" => Side::Stdin,
            "" => Side::Named("HEAD".to_owned()),
            word => Side::Named(word.to_owned()),
        };
        let sides = match (old, new) {
            (None, _) => [side("HEAD"), Side::Working],
            (Some(old), Some(new)) => [side(old), side(new)],
            (Some(range), None) => match range.split_once("..") {
                Some((old, new)) if is_range(range, new) => [side(old), side(new)],
                _ => [side(range), Side::Working],
            },
        };
        if sides == [Side::Stdin, Side::Stdin] { Err(DiffError::StdinTwice) } else { Ok(Self(sides)) }
    }
}

/// Whether a word with `..` is a range, not a path such as `../oca.lock.json`.
fn is_range(word: &str, end: &str) -> bool {
    !word.starts_with("..") && !end.starts_with(['/', '.']) && !Path::new(word).exists()
}

/// Reads both locks. Without a `repos.toml`, the project is the current directory.
pub(super) fn read(sides: &Sides, global: &Global) -> Result<[Lock; 2], Error> {
    let config = global.config.clone().or_else(|| config::find(Path::new(".")));
    let config = config.unwrap_or_else(|| PathBuf::from(config::FILE_NAME));
    let project = Project { file: config.with_file_name(lock::FILE_NAME) };
    let [old, new] = &sides.0;
    Ok([project.lock(old)?, project.lock(new)?])
}

struct Project {
    /// Its lock.
    file: PathBuf,
}

impl Project {
    fn lock(&self, side: &Side) -> Result<Lock, Error> {
        match side {
            Side::Working => {
                let file = || self.file.clone();
                Ok(Lock::load(&self.file)?.ok_or_else(|| Error::NoLock { file: file() })?)
            }
            Side::Stdin => {
                let file = Path::new("stdin");
                let mut bytes = Vec::new();
                std::io::stdin().take(lock::LARGEST + 1).read_to_end(&mut bytes).at("read", file)?;
                Ok(Lock::parse_whole(&bytes, file)?)
            }
            Side::Named(word) => self.named(word),
        }
    }

    fn named(&self, word: &str) -> Result<Lock, Error> {
        let file = std::path::absolute(&self.file).at("find", &self.file)?;
        let largest = usize::try_from(lock::LARGEST).unwrap_or(usize::MAX);
        let directory = file.parent().unwrap_or(&file);
        let superproject = Superproject::around(directory)?;
        let found = match &superproject {
            Some(superproject) => superproject.file_at(word, &file, largest)?,
            None => AtRevision::NoRevision,
        };
        match found {
            AtRevision::File(bytes) => {
                Ok(Lock::parse_whole(&bytes, Path::new(&format!("{word}:{}", lock::FILE_NAME)))?)
            }
            AtRevision::NoRevision => match Lock::load(Path::new(word))? {
                Some(lock) => Ok(lock),
                None if superproject.is_none() => {
                    Err(DiffError::NoGit { word: word.to_owned(), directory: directory.to_owned() }.into())
                }
                None => Err(DiffError::NotThere { word: word.to_owned() }.into()),
            },
            AtRevision::NoFile => Err(DiffError::NoLockThere { revision: word.to_owned() }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_git_reads_them() {
        let named = |word: &str| Side::Named(word.to_owned());
        let sides = |old: Option<&str>, new: Option<&str>| Sides::of(old, new).expect("sides").0;
        assert_eq!(sides(None, None), [named("HEAD"), Side::Working]);
        assert_eq!(sides(Some("main"), None), [named("main"), Side::Working]);
        assert_eq!(sides(Some("main"), Some("-")), [named("main"), Side::Stdin]);
        assert_eq!(sides(Some("main..next"), None), [named("main"), named("next")]);
        assert_eq!(sides(Some("main.."), None), [named("main"), named("HEAD")]);
        assert_eq!(sides(Some("../oca.lock.json"), None), [named("../oca.lock.json"), Side::Working]);
        assert_eq!(sides(Some("old/../oca.lock.json"), None), [named("old/../oca.lock.json"), Side::Working]);
        assert!(Sides::of(Some("-"), Some("-")).is_err());
    }
}
