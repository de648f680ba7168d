//! The user's own modules beside the repositories of an import.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::around::of_version;
use crate::addons::folder::Folder;
use crate::repo::{Content, FileTree, Series};

/// How deep below the project modules are searched.
const DEEPEST: usize = 5;
/// How many entries of directories are looked at.
const MOST: usize = 50_000;
/// The files that make a directory a module.
const MANIFESTS: [&str; 2] = ["__manifest__.py", "__openerp__.py"];
/// In bytes: more than any manifest needs.
const LARGEST_MANIFEST: usize = 1 << 20;

/// Directories with modules of the user.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Absolute paths, sorted.
    pub(super) directories: BTreeSet<PathBuf>,
    /// The series of the versions of their modules.
    pub(super) series: Vec<Series>,
}

/// Searches a project. `others` are the directories of repositories, as absolute paths.
///
/// Symlinks, hidden directories and other repositories are skipped.
pub(super) fn find(project: &Path, others: &BTreeSet<PathBuf>) -> Own {
    let mut own = Own::default();
    let mut left = MOST;
    let mut open = vec![(project.to_owned(), 0)];
    while let Some((directory, depth)) = open.pop() {
        for child in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            left = left.saturating_sub(1);
            if left == 0 {
                return own;
            }
            let is_directory = child.file_type().is_ok_and(|kind| kind.is_dir());
            let is_plain = child.file_name().to_str().is_some_and(|name| {
                !name.starts_with(['.', '_']) && !["node_modules", "setup"].contains(&name)
            });
            let path = child.path();
            if !is_directory || !is_plain || others.contains(&path) || path.join(".git").exists() {
                continue;
            }
            if let Some(manifest) = manifest(&path) {
                own.series.extend(series(&path, manifest));
                own.directories.insert(directory.clone());
            } else if depth < DEEPEST {
                open.push((path, depth + 1));
            }
        }
    }
    own
}

/// Whether a directory has a module in it.
pub(super) fn has_modules(directory: &Path) -> bool {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.take(MOST).any(|entry| manifest(&entry.path()).is_some())
}

/// The name of the manifest, if a directory is a module.
fn manifest(directory: &Path) -> Option<&'static str> {
    MANIFESTS.into_iter().find(|name| directory.join(name).is_file())
}

/// The series of the version in a manifest.
fn series(module: &Path, manifest: &str) -> Option<Series> {
    let content = Folder::new(module).read(manifest, LARGEST_MANIFEST).ok()??;
    let Content::Bytes(bytes) = content else { return None };
    let text = String::from_utf8_lossy(&bytes);
    let after = ["\"version\"", "'version'"].iter().find_map(|key| text.split_once(key))?.1;
    let value = after.trim_start().strip_prefix(':')?.trim_start().strip_prefix(['"', '\''])?;
    let version = value.split(['"', '\'']).next()?;
    // The series stands only in a version of five parts.
    of_version(version).filter(|_| version.split('.').count() >= 5)
}
