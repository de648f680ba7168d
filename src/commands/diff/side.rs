//! Where the two locks come from.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config;
use crate::diff::Step;
use crate::error::{DiffError, Error};
use crate::flags::Global;
use crate::fs::Context;
use crate::git::{AtRevision, Superproject};
use crate::lock::{self, Lock, StepTexts};

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
pub(super) struct Sides(Step<Side>);

impl Sides {
    /// As `git diff` reads them: without words, HEAD and the file; `A..B` is the same as `A B`, and HEAD stands for an
    /// end that is left out.
    pub(super) fn of(old: Option<&str>, new: Option<&str>) -> Result<Self, DiffError> {
        // Such as a variable that is not set: that must not compare HEAD with the file, and find nothing.
        if [old, new].contains(&Some("")) {
            return Err(DiffError::EmptyName);
        }
        let side = |word: &str| match word {
            "-" => Side::Stdin,
            "" => Side::Named("HEAD".to_owned()),
            word => Side::Named(word.to_owned()),
        };
        let (from, to) = match (old, new) {
            (None, _) => (side("HEAD"), Side::Working),
            (Some(old), Some(new)) => (side(old), side(new)),
            (Some(range), None) => match range.split_once("..") {
                Some((old, new)) if is_range(range, new) => (side(old), side(new)),
                _ => (side(range), Side::Working),
            },
        };
        if (&from, &to) == (&Side::Stdin, &Side::Stdin) {
            return Err(DiffError::StdinTwice { what: "locks" });
        }
        Ok(Self(Step { from, to }))
    }

    /// Whether one of the locks is read from stdin.
    pub(super) fn take_stdin(&self) -> bool {
        [&self.0.from, &self.0.to].contains(&&Side::Stdin)
    }
}

/// Whether a word with `..` is a range, not a path such as `../oca.lock.json`.
fn is_range(word: &str, end: &str) -> bool {
    !end.starts_with(['/', '.']) && !Path::new(word).exists()
}

/// A lock, and where it comes from.
#[derive(Debug)]
pub(super) struct ReadLock {
    pub(super) lock: Lock,
    /// Of its steps, if it is of a revision.
    pub(super) texts: StepTexts,
    pub(super) source: Source,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    Revision(String),
    /// A file that the user names, or stdin.
    Elsewhere,
    /// The lock of the project.
    Working,
}

impl ReadLock {
    fn new(lock: Lock, source: Source) -> Self {
        Self { lock, texts: StepTexts::default(), source }
    }
}

/// Reads both locks.
pub(super) fn read(sides: &Sides, global: &Global) -> Result<Step<ReadLock>, Error> {
    let project = Project::of(global);
    Ok(Step { from: project.read(&sides.0.from)?, to: project.read(&sides.0.to)? })
}

/// Reads the new lock.
pub(super) fn read_new(sides: &Sides, global: &Global) -> Result<ReadLock, Error> {
    Project::of(global).read(&sides.0.to)
}

struct Project {
    /// Its lock.
    file: PathBuf,
}

impl Project {
    /// Without a `repos.toml`, it is the current directory.
    fn of(global: &Global) -> Self {
        let config = global.config.clone().or_else(|| config::find(Path::new(".")));
        let config = config.unwrap_or_else(|| PathBuf::from(config::FILE_NAME));
        Self { file: config.with_file_name(lock::FILE_NAME) }
    }

    fn read(&self, side: &Side) -> Result<ReadLock, Error> {
        match side {
            Side::Working => {
                let lock = Lock::load(&self.file)?;
                let lock = lock.ok_or_else(|| Error::NoLock { file: self.file.clone() })?;
                Ok(ReadLock::new(lock, Source::Working))
            }
            Side::Stdin => {
                let file = Path::new("stdin");
                let mut bytes = Vec::new();
                std::io::stdin().take(lock::LARGEST + 1).read_to_end(&mut bytes).at("read", file)?;
                let lock = Lock::parse_whole(&bytes, file).map_err(named)?;
                Ok(ReadLock::new(lock, Source::Elsewhere))
            }
            Side::Named(word) => self.named(word),
        }
    }

    fn named(&self, word: &str) -> Result<ReadLock, Error> {
        let file = std::path::absolute(&self.file).at("find", &self.file)?;
        let largest = usize::try_from(lock::LARGEST).unwrap_or(usize::MAX);
        let directory = file.parent().unwrap_or(&file);
        let Some(git) = Superproject::around(directory)? else {
            let no_git = || DiffError::NoGit { word: word.to_owned(), directory: directory.to_owned() };
            return file_or(word, no_git);
        };
        match git.file_at(word, &file, largest)? {
            AtRevision::File(bytes) => {
                let file = format!("{word}:{}", lock::FILE_NAME);
                let lock = Lock::parse_whole(&bytes, Path::new(&file)).map_err(named)?;
                let steps = directory.join(lock::STEPS);
                let text =
                    |path: &str| git.file_at(word, &steps.join(path), largest).map(AtRevision::content);
                let texts = StepTexts::read(&lock, text)?;
                Ok(ReadLock { texts, ..ReadLock::new(lock, Source::Revision(word.to_owned())) })
            }
            AtRevision::NoRevision => {
                file_or(word, || DiffError::NotThere { word: word.to_owned(), is_shallow: git.is_shallow() })
            }
            AtRevision::NoFile => Err(DiffError::NoLockThere { revision: word.to_owned() }.into()),
        }
    }
}

/// The lock in a file that the user names, or this error if there is no such file.
fn file_or(word: &str, missing: impl FnOnce() -> DiffError) -> Result<ReadLock, Error> {
    let lock = Lock::load(Path::new(word)).map_err(named)?;
    Ok(ReadLock::new(lock.ok_or_else(missing)?, Source::Elsewhere))
}

/// `oca lock` does not help if the user named the lock.
fn named(error: lock::Error) -> Error {
    Error::NamedLock { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_git_reads_them() {
        let named = |word: &str| Side::Named(word.to_owned());
        let sides = |old: Option<&str>, new: Option<&str>| {
            let Step { from, to } = Sides::of(old, new).expect("sides").0;
            [from, to]
        };
        assert_eq!(sides(None, None), [named("HEAD"), Side::Working]);
        assert_eq!(sides(Some("main"), None), [named("main"), Side::Working]);
        assert_eq!(sides(Some("main"), Some("-")), [named("main"), Side::Stdin]);
        assert_eq!(sides(Some("main..next"), None), [named("main"), named("next")]);
        assert_eq!(sides(Some("main.."), None), [named("main"), named("HEAD")]);
        assert_eq!(sides(Some("../oca.lock.json"), None), [named("../oca.lock.json"), Side::Working]);
        assert_eq!(sides(Some("old/../oca.lock.json"), None), [named("old/../oca.lock.json"), Side::Working]);
        assert_eq!(sides(Some("..next"), None), [named("HEAD"), named("next")]);
        assert_eq!(sides(Some(".."), None), [named(".."), Side::Working]);
        for (old, new) in [("-", Some("-")), ("", None), ("", Some("main")), ("main", Some(""))] {
            assert!(Sides::of(Some(old), new).is_err(), "{old} {new:?}");
        }
    }
}
