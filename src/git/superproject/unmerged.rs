//! A file of the superproject that git could not merge. The index has its versions: that of the common ancestor, ours
//! and theirs. If it was staged or committed since then, the commits that were merged have them.
//!
//! Usually the file has conflict markers. If a merge driver fails, git leaves our version in the file, without a word of
//! theirs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{Commit, Oid};

use super::change::JOURNAL;
use super::revision::MOST_COMMITS;
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

/// The commits of two sides that git merges, or that a commit merged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MergedCommits {
    /// `None` if the two have no common ancestor.
    base: Option<Oid>,
    ours: Oid,
    theirs: Oid,
}

impl Superproject {
    /// The commits that git merges right now: in a merge, a rebase, a cherry-pick or a revert. `None` if there are none.
    pub(crate) fn merging(&self) -> Option<MergedCommits> {
        let ours = self.commit("HEAD")?.id();
        if let Some(theirs) = self.commit("MERGE_HEAD") {
            return Some(self.merged_commits(ours, theirs.id()));
        }
        let of_change =
            |(before, after): (Oid, Oid)| MergedCommits { base: Some(before), ours, theirs: after };
        let picked = ["CHERRY_PICK_HEAD", "REBASE_HEAD"].into_iter().find_map(|name| self.commit(name));
        if let Some(picked) = picked {
            return Some(of_change((picked.parent_id(0).ok()?, picked.id())));
        }
        let reverted = self.commit("REVERT_HEAD")?;
        Some(of_change((reverted.id(), reverted.parent_id(0).ok()?)))
    }

    /// The commits that were merged by the commit which brought the content that a file has in `HEAD`. `None` if this
    /// commit is not a merge.
    pub(crate) fn merged(&self, file: &Path) -> Option<MergedCommits> {
        let path = self.path_below(file)?;
        let content = |commit: &Commit<'_>| Some(commit.tree().ok()?.get_path(&path).ok()?.id());
        let mut commit = self.commit("HEAD")?;
        let wanted = content(&commit)?;
        for _ in 0..MOST_COMMITS {
            let parent = commit.parent(0).ok()?;
            if content(&parent) != Some(wanted) {
                return Some(self.merged_commits(parent.id(), commit.parent_id(1).ok()?));
            }
            commit = parent;
        }
        None
    }

    fn commit(&self, name: &str) -> Option<Commit<'_>> {
        self.repository.revparse_single(name).ok()?.peel_to_commit().ok()
    }

    fn merged_commits(&self, ours: Oid, theirs: Oid) -> MergedCommits {
        MergedCommits { base: self.repository.merge_base(ours, theirs).ok(), ours, theirs }
    }

    /// The versions of a file in commits that are merged. `None` if a side does not have it, or if both have the same.
    pub(crate) fn versions_in(
        &self,
        MergedCommits { base, ours, theirs }: MergedCommits,
        file: &Path,
        largest: usize,
    ) -> Option<FileVersions> {
        let version = |commit: Oid| self.file_at(&commit.to_string(), file, largest).ok()?.content();
        let (ours, theirs) = (version(ours)?, version(theirs)?);
        (ours != theirs).then(|| FileVersions { base: base.and_then(version), ours, theirs })
    }

    /// All contents that a file has in the index and on both sides.
    pub(crate) fn contents(&self, sides: Option<MergedCommits>, file: &Path, largest: usize) -> Vec<Vec<u8>> {
        let staged = |side| {
            let entry = self.repository.index().ok()?.get_path(&self.path_below(file)?, side)?;
            self.blob(entry.id, largest).ok()?
        };
        let commits = sides.into_iter().flat_map(|sides| [sides.ours, sides.theirs]);
        let committed = |commit: Oid| self.file_at(&commit.to_string(), file, largest).ok()?.content();
        (0..=3).filter_map(staged).chain(commits.filter_map(committed)).collect()
    }

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

    /// Whether the index has a file, also in conflict.
    pub(crate) fn has_indexed(&self, file: &Path) -> Result<bool, Error> {
        let Some(path) = self.path_below(file) else { return Ok(false) };
        let index = self.repository.index()?;
        Ok((0..=3).any(|side| index.get_path(&path, side).is_some()))
    }

    /// Stages files, as `git add` would, and what the index has below a directory: also what was deleted there. Then
    /// nothing of it is in conflict.
    pub(crate) fn stage_merged(&self, files: &[PathBuf], directory: &Path) -> Result<(), Error> {
        let Some(below) = self.path_below(directory) else { return Ok(()) };
        self.refuse_locked()?;
        let mut index = self.repository.index()?;
        // libgit2's lock file stays if oca is killed. The journal says that it is oca's.
        write_if_changed(&self.repository.path().join(JOURNAL), b"")?;
        let known = index.iter().filter_map(|entry| Some(PathBuf::from(String::from_utf8(entry.path).ok()?)));
        let known: Vec<PathBuf> = known.filter(|known| known.starts_with(&below)).collect();
        let files = files.iter().filter_map(|file| self.path_below(file));
        let all: BTreeSet<PathBuf> = known.into_iter().chain(files).collect();
        for path in all {
            for side in 1..=3 {
                let _no_such_version = index.remove(&path, side);
            }
            if self.directory.join(&path).is_file() {
                objects::stage(&self.repository, &mut index, &path)?;
            } else {
                index.remove_path(&path)?;
            }
        }
        index.write()?;
        self.end_journal()
    }
}
