//! The files of the steps, beside the lock: where they are, reading them, and writing them together with the lock.
//!
//! A step is found by the digest of its text, so a text keeps its value when its file gets another number. New texts are
//! written to [`NEXT`] first. The lock is replaced then, and only after that the texts move to their places. So a killed
//! run leaves either the old lock with its texts, or the new one with texts that are read from [`NEXT`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::schema::{Lock, LockedRepo, LockedStep, Pin};
use super::{Error, render};
use crate::fs;
use crate::patch::{self, Difference, Patch};
use crate::repo::{MergeRef, RepoName};

/// The directory of the steps, beside the lock.
pub(crate) const DIRECTORY: &str = "oca.lock.d";
/// The directory in it for texts that move to their places after the lock was written.
const NEXT: &str = ".next";
const ATTRIBUTES: &str = ".gitattributes";
/// Keeps git from converting line ends and from merging steps line by line.
const RULES: &str = "*.patch -text -merge whitespace=-trailing-space linguist-generated\n";
/// The largest step that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// The texts of steps, by their exact digests.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepTexts(HashMap<[u8; 32], Arc<[u8]>>);

impl StepTexts {
    /// Adds the text of a step.
    pub(crate) fn add(&mut self, exact: [u8; 32], text: Arc<[u8]>) {
        self.0.insert(exact, text);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The texts of a lock that are there and as they were written.
    pub(crate) fn gather(file: &Path, lock: &Lock) -> Self {
        let mut texts = Self::default();
        let directory = directory(file);
        for (path, step) in lock.step_files() {
            if let Ok(text) = read_step(&directory, &path, step) {
                texts.add(step.fingerprint.exact, text.into());
            }
        }
        texts
    }

    /// The texts of a lock that `read` finds, by their paths relative to [`DIRECTORY`], and that are as they were written.
    /// It may find several for a path.
    pub(crate) fn read<E, T: IntoIterator<Item = Vec<u8>>>(
        lock: &Lock,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Self, E> {
        let mut texts = Self::default();
        for (path, step) in lock.step_files() {
            let is_it = |text: &Vec<u8>| step.fingerprint.compare(text) == Difference::None;
            if let Some(text) = read(&path)?.into_iter().find(is_it) {
                texts.add(step.fingerprint.exact, text.into());
            }
        }
        Ok(texts)
    }

    fn of(&self, step: &LockedStep) -> Option<&[u8]> {
        self.0.get(&step.fingerprint.exact).map(|text| &**text)
    }

    /// The patch of a step. `None` if its text is not among these.
    pub(crate) fn patch(&self, step: &LockedStep) -> Option<Patch> {
        patch::parse(self.of(step)?).ok()
    }
}

/// The SHA-256 of a patch of the user, with `\n` line ends: git may convert them.
pub(crate) fn digest_of_patch(text: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                hash.update(line);
                hash.update(b"\n");
            }
            None => hash.update(line),
        }
    }
    hash.finalize().into()
}

fn directory(file: &Path) -> PathBuf {
    file.with_file_name(DIRECTORY)
}

impl Lock {
    /// All steps with their files, relative to [`DIRECTORY`] and with `/`, such as `web/01-2950.patch`.
    pub(crate) fn step_files(&self) -> Vec<(String, &LockedStep)> {
        let directories = self.step_directories();
        let with_directory = self.repos.iter().filter_map(|repo| Some((directories.get(&repo.pin)?, repo)));
        let files = with_directory.flat_map(|(directory, repo)| {
            let labels = labels(repo).into_iter().zip(1..);
            let names = labels.map(move |(label, number)| format!("{directory}/{number:02}-{label}.patch"));
            names.zip(repo.steps())
        });
        files.collect()
    }

    /// All files of the lock: its own, and those in [`DIRECTORY`].
    pub(crate) fn files(&self, file: &Path) -> Vec<PathBuf> {
        let directory = directory(file);
        let steps = self.step_files();
        let attributes = (!steps.is_empty()).then(|| directory.join(ATTRIBUTES));
        let steps = steps.into_iter().map(|(path, _)| directory.join(path));
        [file.to_owned()].into_iter().chain(attributes).chain(steps).collect()
    }

    /// The directory of each entry with steps: the name of the repository. If several entries have the same name, the
    /// reference is part of it.
    fn step_directories(&self) -> BTreeMap<&Pin, String> {
        let with_steps = || self.repos.iter().filter(|repo| repo.steps().next().is_some());
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut directories = BTreeMap::new();
        for repo in with_steps() {
            let is_same = |name: &RepoName| name.as_str().eq_ignore_ascii_case(repo.pin.name.as_str());
            let is_alone = with_steps().filter(|other| is_same(&other.pin.name)).count() == 1;
            let key = if is_alone { repo.pin.name.to_string() } else { plain(&render::short_key(&repo.pin)) };
            let mut name = key.clone();
            for number in 2.. {
                // Some file systems do not distinguish upper case from lower case.
                if taken.insert(name.to_ascii_lowercase()) {
                    break;
                }
                name = format!("{key}-{number}");
            }
            directories.insert(&repo.pin, name);
        }
        directories
    }

    /// The patches of an entry, in the order of its steps. Each must be as it was written.
    pub(crate) fn patches(&self, repo: &LockedRepo, file: &Path) -> Result<Vec<Patch>, Error> {
        if repo.steps().next().is_none() {
            return Ok(Vec::new());
        }
        let directory = directory(file);
        let own: Vec<[u8; 32]> = repo.steps().map(|step| step.fingerprint.exact).collect();
        let files = self.step_files();
        let of = |exact: &[u8; 32]| files.iter().find(|(_, step)| step.fingerprint.exact == *exact);
        let patches = own.iter().filter_map(of).map(|(path, step)| {
            let text = read_step(&directory, path, step)?;
            let file = directory.join(path);
            patch::parse(&text).map_err(|error| Error::Step { file, fault: StepFault::NoStep(error) })
        });
        patches.collect()
    }

    /// What is wrong with the files of the steps: those that are missing or changed, and those of no step.
    pub(crate) fn step_faults(&self, file: &Path) -> Vec<Error> {
        let directory = directory(file);
        let files = self.step_files();
        let checked = files.iter().map(|(path, step)| {
            let text = read_step(&directory, path, step)?;
            let fault = |error| Error::Step { file: directory.join(path), fault: StepFault::NoStep(error) };
            patch::parse(&text).map(drop).map_err(fault)
        });
        let mut faults: Vec<Error> = checked.filter_map(Result::err).collect();
        let known: BTreeSet<&String> = files.iter().map(|(path, _)| path).collect();
        let strays = present(&directory).into_iter().filter(|path| !known.contains(path));
        faults.extend(strays.map(|path| Error::Step { file: directory.join(path), fault: StepFault::Stray }));
        faults
    }

    /// Writes the texts that are not in their places to [`NEXT`].
    pub(super) fn stage_steps(&self, file: &Path, texts: &StepTexts) -> Result<(), Error> {
        let directory = directory(file);
        refuse_link(&directory)?;
        let next = directory.join(NEXT);
        refuse_link(&next)?;
        refuse_link(&directory.join(ATTRIBUTES))?;
        let mut staged = Vec::new();
        let files = self.step_files();
        let has_steps = !files.is_empty();
        for (path, step) in files {
            let place = directory.join(&path);
            let above = place.parent().unwrap_or(&directory);
            refuse_link(above)?;
            for directory in [&directory, above] {
                if directory.exists() && !directory.is_dir() {
                    return Err(Error::Step { file: directory.to_owned(), fault: StepFault::NoDirectory });
                }
            }
            if read_at(&directory.join(&path), step).is_ok() {
                continue;
            }
            let Some(text) =
                texts.of(step).map(<[u8]>::to_vec).or_else(|| read_step(&directory, &path, step).ok())
            else {
                let fault = StepFault::Missing;
                return Err(Error::Step { file: directory.join(path), fault });
            };
            staged.push((next.join(path), text));
        }
        // If it cannot be written, the lock stays as it is.
        if has_steps {
            fs::create_directory(&directory)?;
            fs::write_if_changed(&directory.join(ATTRIBUTES), RULES.as_bytes())?;
        }
        // A text may be only there, if a run was killed. So nothing is removed before the texts are written.
        let old = present(&next);
        for (path, text) in &staged {
            fs::create_directory(path.parent().unwrap_or(&next))?;
            fs::write_if_changed(path, text)?;
        }
        let is_staged = |path: &PathBuf| staged.iter().any(|(staged, _)| staged == path);
        let mut left = old.into_iter().map(|path| next.join(path)).filter(|path| !is_staged(path));
        left.try_for_each(|path| Ok(fs::remove_file(&path)?))
    }

    /// Moves the staged texts to their places, and removes the files of no step. The lock was written before.
    pub(super) fn settle_steps(&self, file: &Path) -> Result<(), Error> {
        let directory = directory(file);
        let next = directory.join(NEXT);
        let files = self.step_files();
        for (path, _) in &files {
            let (from, to) = (next.join(path), directory.join(path));
            if from.is_file() {
                fs::create_directory(to.parent().unwrap_or(&directory))?;
                fs::rename(&from, &to)?;
            }
        }
        remove_if_there(&next)?;
        let known: BTreeSet<&String> = files.iter().map(|(path, _)| path).collect();
        for path in present(&directory).into_iter().filter(|path| !known.contains(path)) {
            let path = directory.join(path);
            fs::remove_file(&path)?;
            // Another file keeps the directory.
            let _kept = path.parent().map(fs::remove_empty_directory);
        }
        if files.is_empty() && directory.is_dir() {
            // A directory with a file of the user stays.
            let _kept = fs::remove_directory_of(&directory, ATTRIBUTES);
        }
        Ok(())
    }
}

fn refuse_link(directory: &Path) -> Result<(), Error> {
    if directory.is_symlink() {
        return Err(Error::Step { file: directory.to_owned(), fault: StepFault::Link });
    }
    Ok(())
}

fn remove_if_there(directory: &Path) -> Result<(), Error> {
    if directory.is_dir() {
        fs::remove_directory(directory)?;
    }
    Ok(())
}

/// The files in [`DIRECTORY`] that have the name of a step, with `/`, sorted.
fn present(directory: &Path) -> Vec<String> {
    let names = |path: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    };
    let is_step = |name: &String| {
        let digits = name.split('-').next().unwrap_or_default();
        name.ends_with(".patch") && digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let directories = names(directory).into_iter().filter(|name| {
        let path = directory.join(name);
        name != NEXT && path.is_dir() && !path.is_symlink()
    });
    let mut found: Vec<String> = directories
        .flat_map(|name| {
            let files = names(&directory.join(&name)).into_iter().filter(is_step);
            files.map(move |file| format!("{name}/{file}")).collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    found
}

/// Reads the text of a step from its place, or from where a killed run left it.
fn read_step(directory: &Path, path: &str, step: &LockedStep) -> Result<Vec<u8>, Error> {
    refuse_link(directory)?;
    read_at(&directory.join(path), step)
        .or_else(|error| read_at(&directory.join(NEXT).join(path), step).map_err(|_| error))
}

fn read_at(file: &Path, step: &LockedStep) -> Result<Vec<u8>, Error> {
    let faulty = |fault| Err(Error::Step { file: file.to_owned(), fault });
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > LARGEST => return faulty(StepFault::Edited),
        _ => {}
    }
    let Some(text) = fs::read_if_there(file)? else { return faulty(StepFault::Missing) };
    match step.fingerprint.compare(&text) {
        Difference::None => Ok(text),
        Difference::Whitespace => faulty(StepFault::Whitespace),
        Difference::Edited => faulty(StepFault::Edited),
    }
}

/// A short name for each step of an entry.
fn labels(repo: &LockedRepo) -> Vec<String> {
    let merges = repo.pin.pending.merges.iter().zip(&repo.merges);
    let merges =
        merges.filter(|(_, locked)| locked.step.is_some()).map(|(merge, _)| match &merge.source.reference {
            MergeRef::Request(number) => number.to_string(),
            MergeRef::Commit(commit) => commit.short(),
            MergeRef::Name(name) | MergeRef::Full(name) => plain(name.trim_start_matches("refs/")),
        });
    let patches = repo.pin.pending.patches.iter().zip(&repo.patches);
    let patches = patches.filter(|(_, locked)| locked.step.is_some()).map(|(path, _)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        plain(name.strip_suffix(".patch").or_else(|| name.strip_suffix(".diff")).unwrap_or(name))
    });
    merges.chain(patches).collect()
}

/// A word as part of a file name on every platform: letters, digits, `.`, `_`, `@` and `-`, not more than 60.
fn plain(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
    let plain: String = word.chars().map(|c| if is_plain(c) { c } else { '-' }).take(60).collect();
    match plain.trim_matches(['.', '-']) {
        "" => "x".to_owned(),
        plain => plain.to_owned(),
    }
}

/// What is wrong with the file of a step.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum StepFault {
    #[error("is missing")]
    Missing,
    #[error("was edited")]
    Edited,
    /// Only blanks at line ends, empty lines or line ends differ.
    #[error("was changed by a pre-commit hook or by `core.autocrlf`: only blanks and line ends differ")]
    Whitespace,
    #[error("belongs to no step of the lock")]
    Stray,
    #[error("is a symlink")]
    Link,
    #[error("is not a directory")]
    NoDirectory,
    /// It has the right digest.
    #[error("is not a step that oca wrote: {0}")]
    NoStep(patch::Error),
}

impl StepFault {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Missing => {
                format!(
                    "restore it with `git checkout -- {DIRECTORY}`; if it was never committed, run `git add {DIRECTORY}` in the clone that has it, and commit it; in the build of an image, add `!{DIRECTORY}` to `.dockerignore`; `oca lock` makes it again"
                )
            }
            Self::Edited => {
                format!("restore it with `git checkout -- {DIRECTORY}`, or run `oca lock` to make it again")
            }
            Self::Whitespace => {
                format!(
                    "exclude `^oca\\.lock\\.d/` in `.pre-commit-config.yaml`, and run `oca lock` to make it again; `{DIRECTORY}/{ATTRIBUTES}` must be committed, too"
                )
            }
            Self::Stray => "run `oca lock`; it removes the file".to_owned(),
            Self::Link => "replace the symlink by a directory".to_owned(),
            Self::NoDirectory => "move the file away, then run `oca lock`".to_owned(),
            Self::NoStep(_) => "run `oca lock --check --upstream` to check the whole lock".to_owned(),
        }
    }
}
