//! Symlinks, pipes and devices in a work tree in the place of a commit's files and directories.
//!
//! libgit2 would write through such a symlink, also to a directory outside the work tree, and wait for a pipe for ever.

use std::fs;
use std::path::{Path, PathBuf};

use git2::{ObjectType, Oid, Repository, Tree};
use walkdir::WalkDir;

use crate::fs::Context;
use crate::git::Error;

/// The paths below the work tree with such a file, although one of the commits has something else there.
///
/// The old commit is the one that is checked out. A symlink is fine if the old commit has it, or if the new one has it and
/// the old one has nothing there.
pub(super) fn find(
    repository: &Repository,
    work_tree: &Path,
    old: Oid,
    new: Oid,
) -> Result<Vec<PathBuf>, Error> {
    let [old, new] = [repository.find_commit(old)?.tree()?, repository.find_commit(new)?.tree()?];
    let is_git = |entry: &walkdir::DirEntry| entry.depth() == 1 && entry.file_name() == ".git";
    let mut found = Vec::new();
    for entry in WalkDir::new(work_tree).min_depth(1).into_iter().filter_entry(|entry| !is_git(entry)) {
        // libgit2 reports entries that cannot be read.
        let Ok(entry) = entry else { continue };
        let kind = entry.file_type();
        if kind.is_file() || kind.is_dir() {
            continue;
        }
        let Ok(path) = entry.path().strip_prefix(work_tree) else { continue };
        let target = if kind.is_symlink() { fs::read_link(entry.path()).ok() } else { None };
        let has = |tree: &Tree<'_>| tree.get_path(path).is_ok();
        let has_it = |tree: &Tree<'_>| is_symlink_to(repository, tree, path, target.as_deref());
        let is_fine = if has(&old) { has_it(&old) } else { !has(&new) || has_it(&new) };
        if !is_fine {
            found.push(path.to_owned());
        }
    }
    Ok(found)
}

/// Removes such files. The directories above them are real ones.
pub(super) fn remove(work_tree: &Path, paths: &[PathBuf]) -> Result<(), Error> {
    for path in paths {
        let path = work_tree.join(path);
        fs::remove_file(&path).at("remove", &path)?;
    }
    Ok(())
}

fn is_symlink_to(repository: &Repository, tree: &Tree<'_>, path: &Path, target: Option<&Path>) -> bool {
    const SYMLINK: i32 = 0o120_000;
    let Some((entry, target)) = tree.get_path(path).ok().zip(target) else { return false };
    let is_symlink = entry.kind() == Some(ObjectType::Blob) && entry.filemode_raw() & 0o170_000 == SYMLINK;
    is_symlink
        && repository
            .find_blob(entry.id())
            .is_ok_and(|blob| blob.content() == target.as_os_str().as_encoded_bytes())
}
