//! Refuses pipes and devices in the places of files that libgit2 reads. libgit2 would wait for them for ever, so call
//! these functions before libgit2 opens anything.

use std::path::{Path, PathBuf};

use git2::Config;

use super::Error;
use super::git_file::git_file;
use crate::fs::refuse_no_file;

/// The files in a git directory that libgit2 reads before everything else.
const FILES: [&str; 9] = [
    "HEAD",
    "config",
    "index",
    "packed-refs",
    "shallow",
    "info/exclude",
    "info/attributes",
    "info/grafts",
    "objects/info/alternates",
];

/// Call this before a repository is opened. The path may be a work tree, a bare repository, or a directory without one.
pub(super) fn refuse(repository: &Path) -> Result<(), Error> {
    let inside = repository.join(".git");
    let git =
        git_file(repository).unwrap_or_else(|| if inside.is_dir() { inside } else { repository.to_owned() });
    let own: [Option<PathBuf>; 3] =
        [Config::find_system().ok(), Config::find_xdg().ok(), Config::find_global().ok()];
    let files = FILES.iter().map(|file| git.join(file)).chain(own.into_iter().flatten());
    for file in files {
        refuse_no_file(&file)?;
    }
    Ok(())
}

/// Call this before libgit2 computes the status of a work tree: it reads `.gitignore` and `.gitattributes` there.
pub(super) fn refuse_in_work_tree(root: &Path) -> Result<(), Error> {
    let is_git = |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name() == ".git";
    let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| !is_git(entry));
    for entry in entries.filter_map(Result::ok) {
        if [".gitignore", ".gitattributes"].iter().any(|name| entry.file_name() == *name) {
            refuse_no_file(entry.path())?;
        }
    }
    Ok(())
}
