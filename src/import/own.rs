//! The user's own modules beside the repositories of an import.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::around::is_series;
use crate::addons::discover::manifest_of;
use crate::addons::folder::Folder;
use crate::addons::manifest::{self, MAX_BYTES};
use crate::addons::version::series_of;
use crate::repo::{Content, FileTree, Series};

/// How deep below the project modules are searched.
const DEEPEST: usize = 5;
/// How many entries of directories are looked at.
const MOST: usize = 50_000;

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
            let module = Folder::new(&path);
            if let Some(manifest) = manifest_of(&module, "") {
                own.series.extend(series(&module, &manifest));
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
    modules(directory).next().is_some()
}

/// The names of the modules in a directory, in no order.
pub(super) fn modules(directory: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().take(MOST);
    let modules = entries.filter(|entry| manifest_of(&Folder::new(entry.path()), "").is_some());
    modules.filter_map(|module| module.file_name().into_string().ok())
}

/// The series of the version in a manifest.
fn series(module: &Folder, path: &str) -> Option<Series> {
    let Content::Bytes(text) = module.read(path, MAX_BYTES).ok()?? else { return None };
    let version = manifest::parse(&text).ok()?.manifest.version?;
    series_of(&version).filter(|series| is_series(*series))
}
