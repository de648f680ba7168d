//! The lock of the project: reads it, and compares it with `repos.toml`.

use std::collections::BTreeMap;

use super::Session;
use crate::config::Profile;
use crate::error::Error;
use crate::fs;
use crate::git::{FileVersions, Superproject};
use crate::lock::{self, Lock};
use crate::plan::{self, Present};
use crate::repo::is_text_of;
use crate::report::Difference;

impl Session<'_> {
    /// The lock, even if it is out of date; `None` if there is none. Fails if an entry was edited.
    pub(crate) fn lock(&self) -> Result<Option<Lock>, Error> {
        let lock = self.of_git(Lock::load(&self.lock_file()))?;
        self.refuse_unmerged()?;
        Ok(lock)
    }

    /// The lock, including edited entries, for commands that read them again.
    pub(crate) fn lock_as_it_stands(&self) -> Result<Option<Lock>, Error> {
        let lock = self.of_git(Lock::load_as_it_stands(&self.lock_file()))?;
        self.refuse_unmerged()?;
        Ok(lock)
    }

    /// The same result; the error says if the lock is in conflict for git.
    pub(crate) fn of_git<T>(&self, lock: Result<T, lock::Error>) -> Result<T, lock::Error> {
        lock.map_err(|error| if self.unmerged_lock().is_some() { error.in_conflict() } else { error })
    }

    /// The versions of a lock that git could not merge. If the surrounding repository cannot be read, nothing is known.
    pub(crate) fn unmerged_lock(&self) -> Option<FileVersions> {
        let superproject = Superproject::around(&self.root).ok().flatten()?;
        let largest = usize::try_from(lock::LARGEST).unwrap_or(usize::MAX);
        superproject.unmerged(&self.root.join(lock::FILE_NAME), largest).ok().flatten()
    }

    /// Fails if the lock is only our side of a merge: if a merge driver fails, git leaves no conflict markers.
    pub(crate) fn refuse_unmerged(&self) -> Result<(), Error> {
        let Some(FileVersions { base, ours, theirs }) = self.unmerged_lock() else { return Ok(()) };
        let file = self.lock_file();
        // Any other text is what somebody made of the two sides.
        let is_ours =
            lock::read_file(&file)?.is_some_and(|text| is_text_of(&String::from_utf8_lossy(&ours), &text));
        if is_ours && !lock::has_both_sides(base.as_deref(), &ours, &theirs, &file) {
            return Err(lock::Error::Unmerged { file }.into());
        }
        Ok(())
    }

    /// Stages the lock if it was in conflict, because nobody can see in the file that it is resolved.
    pub(crate) fn stage_merged_lock(&self) -> Result<bool, Error> {
        let Some(superproject) = Superproject::around(&self.root)? else { return Ok(false) };
        Ok(superproject.stage_merged(&self.root.join(lock::FILE_NAME))?)
    }

    /// The differences between `repos.toml` and a lock.
    pub(crate) fn differences(&self, lock: Option<&Lock>) -> Result<Vec<Difference>, Error> {
        Ok(plan::differences(&self.config, lock, &self.present()?))
    }

    /// What this machine has beside `repos.toml`.
    pub(crate) fn present(&self) -> Result<Present, Error> {
        let repos = self.config.profiles.iter().flat_map(Profile::all_repos);
        let mut patches = BTreeMap::new();
        for path in repos.flat_map(|repo| &repo.patches) {
            if let Some(text) = fs::read_if_there(&self.root.join(path))? {
                patches.insert(path.clone(), lock::digest_of_patch(&text));
            }
        }
        Ok(Present { local_depends: self.local_depends()?, patches })
    }

    /// The lock. Fails if it is missing or out of date.
    pub(crate) fn fresh_lock(&self) -> Result<Lock, Error> {
        let file = self.lock_file();
        let Some(lock) = self.lock_as_it_stands()? else { return Err(Error::NoLock { file }) };
        let differences = self.differences(Some(&lock))?;
        if differences.is_empty() {
            return Ok(lock);
        }
        Err(Error::Stale { file, differences, locked: false })
    }
}
