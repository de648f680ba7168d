//! `oca.lock.json`: the pinned commits, with all facts that the offline commands need.
//!
//! Turns bytes into a [`Lock`] and back. The layout is a promise: the same lock gives the same bytes on every platform,
//! a module is one line, and if a repository moves, only its own lines change. This room does not know where the values
//! come from.
//!
//! An edited entry is not an error when a lock is parsed: [`Lock::edited`] lists these entries, and the command
//! decides.

mod diff;
mod digest;
mod dispute;
pub(crate) mod foreign;
mod merge;
mod read;
mod render;
mod repeated;
mod schema;
mod steps;
#[cfg(test)]
mod two_forms_tests;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use diff::{Change, Untrue, changes, merge_changes, untrue};
pub(crate) use dispute::{Dispute, Settled, Side, Twice};
pub(crate) use merge::{Merged, Sides, has_both_sides, merge};
pub(crate) use read::conflict_marker;
pub(crate) use schema::{
    Digest, Facts, Lock, LockedMerge, LockedModule, LockedPatch, LockedProfile, LockedRepo, LockedStep, Pin,
    REQUIREMENTS, Seal, StepWay, UnreadableManifest,
};
pub(crate) use steps::{DIRECTORY as STEPS, StepFault, StepTexts, digest_of_patch};

use crate::fs::{self, Written};
use crate::repo::{Layout, Packaging, RepoName, is_text_of, one_line};
use read::Dangling;

/// The name of the lock, beside `repos.toml`.
pub(crate) const FILE_NAME: &str = "oca.lock.json";

/// The name of the profile in the lock of an export of Odoo itself.
pub(crate) const CORE_PROFILE: &str = "core";

/// The format that this program writes. A reader of another format is refused by this number.
const VERSION: u64 = 1;

/// The largest lock that is read, in bytes. A lock of all OCA repositories has three million bytes.
pub(crate) const LARGEST: u64 = 64 << 20;

/// Why a lock cannot be used. A missing lock is not an error here: the command decides.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` contains git's conflict markers at line {line}", file.display())]
    Conflicted { file: PathBuf, line: usize },
    /// git left our version in the file.
    #[error("`{}` is not merged: git left only our side in it", file.display())]
    Unmerged { file: PathBuf },
    /// Somebody deleted the markers of a conflict. git still has both sides.
    #[error("`{}` is not merged, and what is in it is not a lock: {why}", file.display())]
    Garbled { file: PathBuf, why: String },
    #[error("`{}` {}", file.display(), unsealed(entries, profiles))]
    Edited { file: PathBuf, entries: Vec<(RepoName, Seal)>, profiles: Vec<(String, Seal)> },
    /// It has what both sides of a merge wrote, without markers.
    #[error("`{}` was edited: {twice}", file.display())]
    Twice { file: PathBuf, twice: Box<Twice> },
    #[error("`{}` was edited: profile `{profile}` names `{key}`, but there is no such entry", file.display())]
    Dangling { file: PathBuf, profile: String, key: String },
    #[error("`{}` has format version {found}; this oca reads version {VERSION}", file.display())]
    TooNew { file: PathBuf, found: u64 },
    #[error("`{}` is a lock of another tool: its version is `{found}`", file.display())]
    Foreign { file: PathBuf, found: String },
    #[error("`{}` is cut off at line {line}", file.display())]
    Truncated { file: PathBuf, line: usize },
    #[error("`{}` is not a lock that oca wrote: {why}", file.display())]
    Malformed { file: PathBuf, why: String },
    #[error("`{}` is too large for a lock: it has {} MiB", file.display(), bytes >> 20)]
    TooLarge { file: PathBuf, bytes: u64 },
    /// oca could not read again what it would write.
    #[error("`{}` was not written, because oca could not read it again: {why}", file.display())]
    Unwritable { file: PathBuf, why: String },
    /// A step, or the directory of the steps.
    #[error("`{}` {fault}", file.display())]
    Step { file: PathBuf, fault: StepFault },
    #[error(transparent)]
    File(#[from] fs::Error),
}

impl Error {
    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Twice { twice, .. } if twice.dispute.is_some() => {
                let name = &twice.name;
                return Some(format!(
                    "run `oca lock`; it takes the newer commit if it contains the other one. To choose, run \
                     `oca lock --ours {name}` for the first of the two, or `oca lock --theirs {name}` for the last"
                ));
            }
            Self::Conflicted { .. } => "run `oca lock`; it keeps every commit on which both sides agree",
            Self::Twice { .. } | Self::Unmerged { .. } | Self::Garbled { .. } => {
                "run `oca lock`; it merges both sides"
            }
            Self::Edited { entries, .. } if entries.is_empty() => {
                "run `oca lock`; it computes these profiles again from `repos.toml`"
            }
            Self::Edited { entries, .. } if entries.iter().all(|(_, seal)| *seal == Seal::PinOnly) => {
                "run `oca lock`; it reads the modules of these commits"
            }
            Self::Edited { .. } => "run `oca lock`; it reads these entries again from their commits",
            Self::Dangling { .. } => "run `oca lock`",
            Self::TooNew { .. } => "update oca, or delete the file and run `oca lock`",
            Self::Foreign { .. } | Self::TooLarge { .. } => "move the file away and run `oca lock`",
            Self::Truncated { .. } | Self::Malformed { .. } => {
                "restore the file from git, or delete it and run `oca lock`"
            }
            Self::Unwritable { .. } => {
                concat!("please report it at ", env!("CARGO_PKG_REPOSITORY"), "/issues, with this line")
            }
            Self::Step { fault, .. } => return Some(fault.hint()),
            Self::File(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl Error {
    /// Whether the file of a step is missing.
    pub(crate) fn is_missing_step(&self) -> bool {
        matches!(self, Self::Step { fault: StepFault::Missing, .. })
    }

    /// Whether the file has what both sides of a merge wrote, so that `oca lock` can merge it.
    pub(crate) fn has_both_sides(&self) -> bool {
        matches!(
            self,
            Self::Conflicted { .. } | Self::Twice { .. } | Self::Unmerged { .. } | Self::Garbled { .. }
        )
    }

    /// The same error of a file that is in conflict for git.
    pub(crate) fn in_conflict(self) -> Self {
        match self {
            Self::Malformed { file, why } => Self::Garbled { file, why },
            Self::Truncated { file, line } => {
                Self::Garbled { file, why: format!("it is cut off at line {line}") }
            }
            other => other,
        }
    }

    /// The hint for a file, a revision or a text that the user named, so that `oca lock` would change nothing.
    pub(crate) fn hint_of_named(&self) -> Option<String> {
        let text = match self {
            Self::Conflicted { .. } | Self::Unmerged { .. } | Self::Garbled { .. } => {
                "name a lock without conflicts"
            }
            Self::Edited { .. } | Self::Twice { .. } | Self::Dangling { .. } => {
                "name the lock as oca wrote it, such as that of a commit"
            }
            Self::TooNew { .. } => "update oca, or name an older lock",
            Self::Foreign { .. }
            | Self::TooLarge { .. }
            | Self::Truncated { .. }
            | Self::Malformed { .. } => "name an `oca.lock.json` that oca wrote",
            Self::Unwritable { .. } | Self::Step { .. } | Self::File(_) => return self.hint(),
        };
        Some(text.to_owned())
    }
}

/// Describes entries and profiles whose digest is missing or wrong; completes the message "`file` …".
fn unsealed(entries: &[(RepoName, Seal)], profiles: &[(String, Seal)]) -> String {
    fn named<N: std::fmt::Display>(
        all: &[(N, Seal)],
        seal: &Seal,
        nouns: [&str; 2],
        verbs: [&str; 2],
    ) -> Option<String> {
        let names: Vec<String> =
            all.iter().filter(|(_, is)| is == seal).map(|(name, _)| one_line(&name.to_string())).collect();
        match &names[..] {
            [] => None,
            [name] => Some(format!("{} `{name}` {}", nouns[0], verbs[0])),
            [name, rest @ ..] => Some(format!("{} `{name}` and {} more {}", nouns[1], rest.len(), verbs[1])),
        }
    }
    let entry = |(name, seal): &(RepoName, Seal)| match seal {
        Seal::Unreadable(why) => Some(format!("the entry of `{name}` cannot be read: {why}")),
        Seal::Whole | Seal::Broken | Seal::Missing | Seal::PinOnly => None,
    };
    let profile = |(name, seal): &(String, Seal)| match seal {
        Seal::Unreadable(why) => Some(format!("profile `{}` cannot be read: {why}", one_line(name))),
        Seal::Whole | Seal::Broken | Seal::Missing | Seal::PinOnly => None,
    };
    let unreadable = entries.iter().filter_map(entry).chain(profiles.iter().filter_map(profile));
    let both = |seal: &Seal, verbs: [&str; 2]| {
        let entries = named(entries, seal, ["the entry of", "the entries of"], verbs);
        entries.into_iter().chain(named(profiles, seal, ["profile", "profiles"], verbs))
    };
    let broken = both(&Seal::Broken, ["does not match its digest", "do not match their digests"]);
    let edits: Vec<String> = unreadable.chain(broken).collect();
    let missing = both(&Seal::Missing, ["has no digest", "have no digests"]);
    let what = if edits.is_empty() { "is not complete" } else { "was edited" };
    let pins = both(&Seal::PinOnly, ["has only a commit", "have only commits"]);
    let faults: Vec<String> = edits.into_iter().chain(missing).chain(pins).collect();
    format!("{what}: {}", faults.join(", and "))
}

/// The bytes of a lock. `None` if there is no such file.
pub(crate) fn read_file(file: &Path) -> Result<Option<Vec<u8>>, Error> {
    // If the size cannot be read, reading the file fails below.
    let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    refuse_large(bytes, file)?;
    Ok(fs::read_if_there(file)?)
}

fn refuse_large(bytes: u64, file: &Path) -> Result<(), Error> {
    if bytes > LARGEST { Err(Error::TooLarge { file: file.to_owned(), bytes }) } else { Ok(()) }
}

impl Lock {
    /// Reads the lock. `None` if there is no such file. If an entry was edited, this is an error.
    pub(crate) fn load(file: &Path) -> Result<Option<Self>, Error> {
        read_file(file)?.map(|bytes| Self::parse_whole(&bytes, file)).transpose()
    }

    /// Reads a lock from its bytes. If an entry was edited, this is an error. `file` is used only in errors.
    pub(crate) fn parse_whole(bytes: &[u8], file: &Path) -> Result<Self, Error> {
        refuse_large(bytes.len() as u64, file)?;
        let read = read::lock(bytes, file)?;
        let entries = read.lock.edited().map(|repo| (repo.pin.name.clone(), repo.seal()));
        let entries: Vec<_> = entries.collect();
        let profiles: Vec<_> = read.lock.edited_profiles().map(|(name, seal)| (name.clone(), seal)).collect();
        match read.dangling {
            Some(Dangling { profile, key }) if entries.is_empty() => {
                Err(Error::Dangling { file: file.to_owned(), profile, key })
            }
            _ if !entries.is_empty() || !profiles.is_empty() => {
                Err(Error::Edited { file: file.to_owned(), entries, profiles })
            }
            _ => Ok(read.lock),
        }
    }

    /// Reads the lock with its edited entries. For commands that report these entries or read them again.
    pub(crate) fn load_as_it_stands(file: &Path) -> Result<Option<Self>, Error> {
        read_file(file)?.map(|bytes| Self::parse(&bytes, file)).transpose()
    }

    /// Reads a lock from its bytes, with its edited entries. `file` is used only in errors.
    pub(crate) fn parse(bytes: &[u8], file: &Path) -> Result<Self, Error> {
        refuse_large(bytes.len() as u64, file)?;
        Ok(read::lock(bytes, file)?.lock)
    }

    /// Whether these bytes are what oca would write, with any line ends.
    pub(crate) fn is_laid_out_as(&self, bytes: &[u8]) -> bool {
        is_text_of(&self.render(), bytes)
    }

    /// The part of the lock for one profile.
    pub(crate) fn of_profile(&self, name: &str) -> Self {
        let mut profiles = self.profiles.clone();
        profiles.retain(|other, _| other == name);
        let is_of = |repo: &&LockedRepo| profiles.values().any(|profile| profile.repos.contains(&repo.pin));
        Self { repos: self.repos.iter().filter(is_of).cloned().collect(), profiles }
    }

    /// The part of the lock for Odoo itself of a profile. Its only profile is [`CORE_PROFILE`], so the text is the same for
    /// all profiles with the same Odoo and the same rules, and does not change with the modules.
    pub(crate) fn of_core(&self, name: &str) -> Self {
        let is_core = |pin: &Pin| self.repo(pin).is_some_and(|repo| repo.core.is_some());
        let core = |profile: &LockedProfile| {
            let LockedProfile { odoo, mut repos, mut addons, packaging, .. } = profile.clone();
            repos.retain(is_core);
            addons.retain(|pin, _| is_core(pin));
            let packaging = Packaging { layout: Layout::default(), ..packaging };
            let (modules, local_depends, digest) = (None, BTreeMap::new(), Digest::default());
            LockedProfile { odoo, repos, addons, packaging, modules, local_depends, digest }
                .sealed(CORE_PROFILE)
        };
        let profiles = self.profiles.get(name).map(|profile| (CORE_PROFILE.to_owned(), core(profile)));
        Self { repos: self.repos.clone(), profiles: profiles.into_iter().collect() }.of_profile(CORE_PROFILE)
    }

    /// Writes the lock if its bytes differ from the file, and the files of its steps. A lock that could not be read again
    /// is not written; that is an error.
    pub(crate) fn save(&self, file: &Path, steps: &StepTexts) -> Result<Written, Error> {
        self.save_if(file, steps, LockedRepo::is_whole)
    }

    /// Writes a lock whose entries have only pins and commits. The next `oca lock` or `oca sync` completes it.
    pub(crate) fn save_pins(&self, file: &Path) -> Result<Written, Error> {
        self.save_if(file, &StepTexts::default(), LockedRepo::is_pin_only)
    }

    fn save_if(
        &self,
        file: &Path,
        steps: &StepTexts,
        may_be: impl Fn(&LockedRepo) -> bool,
    ) -> Result<Written, Error> {
        let text = self.render();
        let unwritable = |why| Error::Unwritable { file: file.to_owned(), why };
        let again = Self::parse(text.as_bytes(), file).map_err(|error| match error {
            Error::Malformed { why, .. } => unwritable(why),
            other => unwritable(other.to_string()),
        })?;
        if let Some(repo) = again.repos.iter().find(|repo| !may_be(repo)) {
            return Err(unwritable(format!("the entry of `{}` has no correct digest", repo.pin.name)));
        }
        if let Some((name, _)) = again.edited_profiles().next() {
            return Err(unwritable(format!("profile `{}` has no correct digest", one_line(name))));
        }
        if again != *self {
            return Err(unwritable("its content would change".to_owned()));
        }
        self.stage_steps(file, steps)?;
        fs::stop("steps staged");
        let written = fs::write_if_changed(file, text.as_bytes())?;
        fs::stop("steps not settled");
        self.settle_steps(file)?;
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_digest_and_a_wrong_digest_have_different_messages() {
        let both = |seals: &[(&str, &Seal)], profiles: &[(&str, &Seal)]| {
            let name = |name| RepoName::parse(name).expect("a name");
            let profiles: Vec<_> =
                profiles.iter().map(|&(word, seal)| (word.to_owned(), seal.clone())).collect();
            unsealed(
                &seals.iter().map(|&(word, seal)| (name(word), seal.clone())).collect::<Vec<_>>(),
                &profiles,
            )
        };
        let said = |seals: &[(&str, &Seal)]| both(seals, &[]);
        let (broken, missing) = (&Seal::Broken, &Seal::Missing);
        assert_eq!(said(&[("a", broken)]), "was edited: the entry of `a` does not match its digest");
        assert_eq!(said(&[("a", missing)]), "is not complete: the entry of `a` has no digest");
        assert_eq!(
            said(&[("a", missing), ("b", broken), ("c", missing)]),
            "was edited: the entry of `b` does not match its digest, and the entries of `a` and 1 more have no digests"
        );
        assert_eq!(
            both(&[("a", missing)], &[("x", broken), ("y", broken)]),
            "was edited: profiles `x` and 1 more do not match their digests, and the entry of `a` has no digest"
        );
        assert_eq!(
            said(&[("a", missing), ("b", &Seal::PinOnly), ("c", &Seal::PinOnly)]),
            "is not complete: the entry of `a` has no digest, and the entries of `b` and 1 more have only commits"
        );
        let unreadable = &Seal::Unreadable("unknown field `x` at line 7".to_owned());
        assert_eq!(
            said(&[("a", missing), ("b", unreadable)]),
            "was edited: the entry of `b` cannot be read: unknown field `x` at line 7, and the entry of `a` has no digest"
        );
    }
}
