//! Refuses pipes and devices in the places of files that libgit2 reads, and lists of object directories that lead back to
//! themselves. libgit2 would wait for ever, or nearly so. Call these functions before libgit2 opens anything.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use git2::Config;
use walkdir::WalkDir;

use super::Error;
use super::config_text::sections;
use super::git_file::git_file;
use crate::fs::{read_text, refuse_no_file};

/// Call this before a repository is opened. The path may be a work tree, a bare repository, or a directory without one.
///
/// Looks at everything in the git directory, at the object directories that it borrows from, and at the files that its
/// configuration includes; each once in a run.
pub(super) fn refuse(repository: &Path) -> Result<(), Error> {
    let inside = repository.join(".git");
    let git =
        git_file(repository).unwrap_or_else(|| if inside.is_dir() { inside } else { repository.to_owned() });
    let own: [Option<PathBuf>; 3] =
        [Config::find_system().ok(), Config::find_xdg().ok(), Config::find_global().ok()];
    for file in own.into_iter().flatten() {
        once(&file, || {
            refuse_no_file(&file)?;
            refuse_included(&file, DEEPEST)
        })?;
    }
    // A path without a repository may be any directory of the user.
    if git.join("HEAD").symlink_metadata().is_err() {
        return Ok(());
    }
    refuse_in_git_directory(&git)?;
    match read_text(&git.join("commondir")) {
        Ok(common) => refuse_in_git_directory(&git.join(common.trim())),
        Err(_) => Ok(()),
    }
}

/// The same for a git directory alone, without the configuration of the user.
pub(super) fn refuse_in_git_directory(git: &Path) -> Result<(), Error> {
    once(git, || {
        refuse_within(git)?;
        for config in ["config", "config.worktree"] {
            refuse_included(&git.join(config), DEEPEST)?;
        }
        refuse_borrowed(&git.join("objects"))
    })
}

/// Looks at a path, unless it was looked at before in this run without a finding.
fn once(path: &Path, look: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    static SEEN: Mutex<Option<HashSet<PathBuf>>> = Mutex::new(None);
    let seen = || SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen().as_ref().is_some_and(|seen| seen.contains(path)) {
        return Ok(());
    }
    look()?;
    seen().get_or_insert_default().insert(path.to_owned());
    Ok(())
}

/// How many files may include each other, and how many object directories may borrow from each other; as in git.
const DEEPEST: usize = 10;

/// Refuses what is neither a file nor a directory, anywhere in a directory and where its symlinks lead.
fn refuse_within(directory: &Path) -> Result<(), Error> {
    for entry in WalkDir::new(directory).follow_links(true).into_iter().filter_map(Result::ok) {
        if !entry.file_type().is_dir() {
            refuse_no_file(entry.path())?;
        }
    }
    Ok(())
}

/// Refuses pipes among the object directories that `objects/info/alternates` lists, and lists that lead back to a
/// directory or have many entries: libgit2 reads a directory again each time that a list names it.
fn refuse_borrowed(objects: &Path) -> Result<(), Error> {
    let mut borrowed = Borrowed { chain: Vec::new(), entries: 0 };
    borrowed.follow(objects)
}

/// The lists of borrowed object directories that were read so far.
struct Borrowed {
    /// The directory whose list is read now, after those that led to it.
    chain: Vec<PathBuf>,
    entries: usize,
}

impl Borrowed {
    /// Far more than anybody uses.
    const MOST: usize = 100;

    fn follow(&mut self, objects: &Path) -> Result<(), Error> {
        let file = objects.join("info/alternates");
        let (Ok(list), Ok(real)) = (read_text(&file), objects.canonicalize()) else { return Ok(()) };
        self.chain.push(real);
        let mut listed = HashSet::new();
        for (number, line) in list.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refused = |why| Error::Borrowed { file: file.clone(), line: number + 1, why };
            self.entries += 1;
            if self.entries > Self::MOST {
                return Err(refused("with the lists it leads to, it has too many entries"));
            }
            let borrowed = objects.join(line);
            // libgit2 ignores a directory that does not exist.
            let Ok(real) = borrowed.canonicalize() else { continue };
            if self.chain.last() == Some(&real) {
                return Err(refused("the directory borrows from itself"));
            }
            if self.chain.contains(&real) {
                return Err(refused("the directories borrow from each other in a circle"));
            }
            if !listed.insert(real) {
                return Err(refused("the directory is listed twice"));
            }
            refuse_within_objects(&borrowed)?;
            if self.chain.len() <= DEEPEST {
                self.follow(&borrowed)?;
            }
        }
        self.chain.pop();
        Ok(())
    }
}

/// The same as [`refuse_within`] for an object directory. The path may be any directory, so only what git has in an
/// object directory is looked at.
fn refuse_within_objects(objects: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(objects).into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name();
        if name == "info" || name == "pack" || name.len() == 2 {
            refuse_within(&entry.path())?;
        }
    }
    Ok(())
}

/// Refuses pipes in the place of files that a configuration names: included ones, and those with patterns.
fn refuse_included(config: &Path, depth: usize) -> Result<(), Error> {
    let Ok(text) = read_text(config) else { return Ok(()) };
    let Ok(sections) = sections(&text) else { return Ok(()) };
    for section in &sections {
        let is_include = ["include", "includeif"].contains(&&*section.name);
        for variable in &section.variables {
            let is_file = if is_include {
                variable.key == "path"
            } else {
                ["excludesfile", "attributesfile"].contains(&&*variable.key)
            };
            if !is_file {
                continue;
            }
            let value = &variable.value;
            let file = below_home(value).unwrap_or_else(|| config.with_file_name(value));
            refuse_no_file(&file)?;
            if is_include && depth > 0 {
                refuse_included(&file, depth - 1)?;
            }
        }
    }
    Ok(())
}

fn below_home(path: &str) -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(path.strip_prefix("~/")?))
}

/// Call this before libgit2 computes the status of a work tree, or writes there: it reads `.gitignore` and
/// `.gitattributes`. The paths `except` are below the work tree. The caller removes what is there first.
pub(super) fn refuse_in_work_tree(root: &Path, except: &[PathBuf]) -> Result<(), Error> {
    let is_git = |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name() == ".git";
    let entries = WalkDir::new(root).into_iter().filter_entry(|entry| !is_git(entry));
    for entry in entries.filter_map(Result::ok) {
        let is_read = [".gitignore", ".gitattributes"].iter().any(|name| entry.file_name() == *name);
        let is_excepted =
            || entry.path().strip_prefix(root).is_ok_and(|path| except.iter().any(|one| one == path));
        if is_read && !is_excepted() {
            refuse_no_file(entry.path())?;
        }
    }
    Ok(())
}
