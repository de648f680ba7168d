//! A file of the superproject that git could not merge. The index has its versions: that of the common ancestor, ours
//! and theirs.
//!
//! Usually the file has conflict markers. If a merge driver fails, git leaves our version in the file, without a word of
//! theirs.

use std::path::Path;

use git2::Index;

use super::change::JOURNAL;
use super::{Superproject, objects};
use crate::fs::write_if_changed;
use crate::git::Error;

/// The versions of a file with a conflict, as bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FileVersions {
    /// `None` if both sides added the file, or if this version is too large.
    pub(crate) base: Option<Vec<u8>>,
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
}

impl Superproject {
    /// The versions of a file that is in conflict. `None` if it is merged, or if a side deleted it. A version with more than
    /// `largest` bytes cannot be meant, so it counts as missing.
    pub(crate) fn unmerged(&self, file: &Path, largest: usize) -> Result<Option<FileVersions>, Error> {
        let Some(path) = self.path_below(file) else { return Ok(None) };
        let index = self.repository.index()?;
        let version = |side| match index.get_path(&path, side) {
            Some(entry) => self.blob(entry.id, largest),
            None => Ok(None),
        };
        let (Some(ours), Some(theirs)) = (version(2)?, version(3)?) else { return Ok(None) };
        Ok(Some(FileVersions { base: version(1)?, ours, theirs }))
    }

    /// Stages a file whose conflict is resolved, as `git add` would. Returns whether it was in conflict.
    pub(crate) fn stage_merged(&self, file: &Path) -> Result<bool, Error> {
        let Some(path) = self.path_below(file) else { return Ok(false) };
        let mut index = self.repository.index()?;
        let is_open = |index: &Index| (1..=3).any(|side| index.get_path(&path, side).is_some());
        if !is_open(&index) {
            return Ok(false);
        }
        self.refuse_locked()?;
        // libgit2's lock file stays if oca is killed. The journal says that it is oca's.
        write_if_changed(&self.repository.path().join(JOURNAL), b"")?;
        for side in 1..=3 {
            let _no_such_version = index.remove(&path, side);
        }
        objects::stage(&self.repository, &mut index, &path)?;
        index.write()?;
        self.end_journal()?;
        Ok(true)
    }
}
