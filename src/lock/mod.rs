//! `oca.lock.json`: what was resolved, with all facts that the later commands need.
//!
//! Turns bytes into a [`Lock`] and back. The layout is a promise: the same lock is the same bytes on every
//! platform, a module is one line, and a moved repository changes its own lines only. Does not know where
//! the values come from.

mod diff;
pub(crate) mod foreign;
mod merge;
mod read;
mod render;
mod schema;

use std::path::{Path, PathBuf};

pub(crate) use diff::{Change, changes};
pub(crate) use merge::{Dispute, Merged, Side, Sides, merge};
pub(crate) use schema::{
    Facts, Lock, LockedModule, LockedProfile, LockedRepo, Pin, REQUIREMENTS, UnreadableManifest,
};

use crate::fs::{self, Written};

/// The name of the lock, beside `repos.toml`.
pub(crate) const FILE_NAME: &str = "oca.lock.json";

/// The format that this program writes. A reader of another format is refused by this number.
const VERSION: u64 = 1;

/// Why a lock cannot be used. A missing lock is no error here: the commands decide what it means.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` holds git's conflict markers, at line {line}", file.display())]
    Conflicted { file: PathBuf, line: usize },
    #[error("`{}` has format version {found}; this oca reads version {VERSION}", file.display())]
    TooNew { file: PathBuf, found: u64 },
    #[error("`{}` is a lock of another tool: its version is `{found}`", file.display())]
    Foreign { file: PathBuf, found: String },
    #[error("`{}` is cut off at line {line}", file.display())]
    Truncated { file: PathBuf, line: usize },
    #[error("`{}` is not a lock that oca wrote: {why}", file.display())]
    Malformed { file: PathBuf, why: String },
    #[error(transparent)]
    File(#[from] fs::Error),
}

impl Error {
    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Conflicted { .. } => "run `oca lock`, which keeps every pin on which both sides agree",
            Self::TooNew { .. } => "update oca, or delete the file and run `oca lock`",
            Self::Foreign { .. } => "move the file away and run `oca lock`",
            Self::Truncated { .. } | Self::Malformed { .. } => {
                "restore the file from git, or delete it and run `oca lock`"
            }
            Self::File(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl Lock {
    /// Reads the lock, or `None` where there is no such file.
    pub(crate) fn load(file: &Path) -> Result<Option<Self>, Error> {
        fs::read_if_there(file)?.map(|bytes| Self::parse(&bytes, file)).transpose()
    }

    /// Reads a lock from its bytes; `file` is for the error only.
    pub(crate) fn parse(bytes: &[u8], file: &Path) -> Result<Self, Error> {
        read::lock(bytes, file)
    }

    /// Whether these bytes are what oca would write; git may have given them the line ends of Windows.
    pub(crate) fn is_laid_out_as(&self, bytes: &[u8]) -> bool {
        let rendered = self.render();
        let lines = || String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        rendered.as_bytes() == bytes || rendered == lines()
    }

    /// What the lock says of one profile.
    pub(crate) fn of_profile(&self, name: &str) -> Self {
        let mut profiles = self.profiles.clone();
        profiles.retain(|other, _| other == name);
        let is_of = |repo: &&LockedRepo| profiles.values().any(|profile| profile.repos.contains(&repo.pin));
        Self { repos: self.repos.iter().filter(is_of).cloned().collect(), profiles }
    }

    /// Writes the lock, if its bytes differ from what is there.
    pub(crate) fn save(&self, file: &Path) -> Result<Written, Error> {
        Ok(fs::write_if_changed(file, self.render().as_bytes())?)
    }
}
