//! Recovery after a crash during a move: tells oca's own half-written files from the user's edits.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{DiffOptions, Oid, Repository};

use super::marker::{MERGE_HEAD, OPENING};
use super::modes::{check_out_head, remove_view};
use super::strays;
use super::{Checkout, JOURNAL, Placed, marker, pipes};
use crate::fs::{Context, read_if_there};
use crate::git::Error;
use crate::git::ids::bytes;
use crate::repo::{CommitId, TreeId};

impl Checkout {
    /// Cleans up after a killed move: oca's files are checked out from HEAD again, the user's edits stay.
    ///
    /// The caller holds the project's lock, so no other oca is running here.
    pub(crate) fn recover(&self) -> Result<(), Error> {
        if self.link().is_some() {
            return Ok(());
        }
        let git = self.git_directory();
        let journal = git.join(JOURNAL);
        if !journal.exists() {
            return Ok(());
        }
        // A merge that is open is complete.
        if let Some((from, to)) = read_journal(&git)?.filter(|_| !is_open(&git)) {
            let repository = self.open()?;
            let mut ours = half_written(&repository, &self.path, from, to)?;
            // HEAD is restored. Nothing may be written through a symlink that HEAD does not have.
            let head = repository.head()?.peel_to_commit()?.id();
            let strays = strays::find(&repository, &self.path, head, head)?;
            let (half_written, foreign): (Vec<_>, Vec<_>) =
                strays.into_iter().partition(|stray| ours.contains(stray));
            pipes::refuse_in_work_tree(&self.path, &half_written)?;
            // libgit2's lock files stay when the process is killed.
            for lock in ["index.lock", "HEAD.lock", "config.lock"] {
                let _absent = fs::remove_file(git.join(lock));
            }
            remove_view(&git)?;
            strays::remove(&self.path, &half_written)?;
            ours.retain(|path| {
                !foreign.iter().any(|stray| path.starts_with(stray) || stray.starts_with(path))
            });
            restore(&repository, &self.path, &ours)?;
            let head = repository.head()?.peel_to_commit()?;
            if head.id() == to
                && let Some(placed) = self.marker()?
            {
                let (commit, tree) =
                    (CommitId::from_bytes(bytes(to)), TreeId::from_bytes(bytes(head.tree_id())));
                marker::write(&git, &Placed { commit, tree, ..placed })?;
            }
        }
        fs::remove_file(&journal).at("remove", &journal)?;
        Ok(())
    }
}

/// The paths that differ between the two commits and that are not edited by the user: the file is missing, or it has
/// the old content, the new content, or the beginning of the new content.
fn half_written(repository: &Repository, root: &Path, from: Oid, to: Oid) -> Result<Vec<PathBuf>, Error> {
    let old = repository.find_commit(from)?.tree()?;
    let new = repository.find_commit(to)?.tree()?;
    let mut options = DiffOptions::new();
    let diff = repository.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))?;
    let mut ours = Vec::new();
    for delta in diff.deltas() {
        let Some(path) = delta.new_file().path().or_else(|| delta.old_file().path()) else { continue };
        let there = content(&root.join(path));
        let blob = |id: Oid| repository.find_blob(id).ok();
        let is_old = blob(delta.old_file().id()).map(|blob| Some(blob.content().to_vec()) == there);
        let is_new = blob(delta.new_file().id())
            .zip(there.as_ref())
            .map(|(blob, there)| blob.content().starts_with(there));
        if there.is_none() || is_old == Some(true) || is_new == Some(true) {
            ours.push(path.to_owned());
        }
    }
    Ok(ours)
}

/// What git would store for a path: the bytes of a file, or the target of a symlink.
pub(super) fn content(path: &Path) -> Option<Vec<u8>> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if metadata.is_symlink() {
        return fs::read_link(path).ok().map(|target| target.into_os_string().into_encoded_bytes());
    }
    crate::fs::read(path).ok()
}

/// Checks these files of HEAD out again.
pub(super) fn restore(repository: &Repository, root: &Path, paths: &[PathBuf]) -> Result<(), Error> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut checkout = CheckoutBuilder::new();
    checkout.force().remove_untracked(true).disable_filters(true).disable_pathspec_match(true);
    for path in paths {
        checkout.path(path);
    }
    check_out_head(repository, root, &mut checkout)
}

/// Whether oca was killed after it had opened a merge.
fn is_open(git: &Path) -> bool {
    is_opening(git) && git.join(MERGE_HEAD).exists()
}

/// Whether oca was killed while it opened a merge, or right after.
pub(super) fn is_opening(git: &Path) -> bool {
    let text = read_if_there(&git.join(JOURNAL)).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&text).lines().any(|line| line == OPENING)
}

/// The two commit ids in a journal: the old one and the new one.
fn read_journal(git: &Path) -> Result<Option<(Oid, Oid)>, Error> {
    let Some(text) = read_if_there(&git.join(JOURNAL))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    let mut ids = text.lines().filter_map(|line| Oid::from_str(line).ok());
    Ok(ids.next().zip(ids.next()))
}
