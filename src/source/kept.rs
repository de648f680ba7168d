//! The facts of modules that were read before, in the cache directory: one small file for each tree of a module.
//!
//! A module with a given tree never changes, so its facts are right for ever. A file that cannot be read is read again
//! from the source.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::facts::Source;
use crate::fs;
use crate::repo::{TreeId, counted};

const DIRECTORY: &str = "source";
/// The version of the file format and of the rules by which files are read. A file of another version is ignored.
const VERSION: u32 = 1;

/// The facts in the cache.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    directory: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    tree: TreeId,
    files: BTreeMap<String, Source>,
}

#[derive(Serialize)]
struct FileRef<'f> {
    version: u32,
    tree: TreeId,
    files: &'f BTreeMap<String, Source>,
}

impl Kept {
    pub(crate) fn of(cache: &Path) -> Self {
        Self { directory: cache.join(DIRECTORY) }
    }

    /// The files of a module that were read before. Some may be missing.
    pub(crate) fn load(&self, tree: TreeId) -> BTreeMap<String, Source> {
        let bytes = fs::read_if_there(&self.file(tree)).ok().flatten().unwrap_or_default();
        let file: Option<File> = serde_json::from_slice(&bytes).ok();
        file.filter(|file| file.version == VERSION && file.tree == tree)
            .map(|file| file.files)
            .unwrap_or_default()
    }

    /// Keeps the files of a module for later runs. Errors are ignored: `oca` also uses a cache that cannot be written.
    pub(crate) fn save(&self, tree: TreeId, files: &BTreeMap<String, Source>) {
        let bytes = serde_json::to_vec(&FileRef { version: VERSION, tree, files });
        let bytes = bytes.expect("text and numbers always serialize");
        let file = self.file(tree);
        let is_made = file.parent().is_some_and(|directory| fs::create_directory(directory).is_ok());
        if is_made {
            let _not_writable = fs::put(&file, |file| file.write_all(&bytes));
        }
    }

    fn file(&self, tree: TreeId) -> PathBuf {
        let name = tree.to_string();
        self.directory.join(&name[..2]).join(format!("{name}.json"))
    }
}

/// Deletes the facts of all modules.
pub(crate) fn clean(cache: &Path) -> Result<(), fs::Error> {
    let directory = cache.join(DIRECTORY);
    if directory.is_dir() { fs::remove_directory(&directory) } else { Ok(()) }
}

/// What a prune removed, or would remove.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct PrunedSources {
    /// The number of trees of modules.
    pub(crate) count: usize,
    pub(crate) bytes: u64,
}

impl PrunedSources {
    /// What was done, or would be done by a `dry` run. `None` if it is nothing.
    pub(crate) fn words(&self, dry: bool) -> Option<String> {
        let removed = if dry { "would be removed" } else { "removed" };
        let modules = counted(self.count, "module", "modules");
        (self.count > 0).then(|| format!("sources of {modules}: {removed}"))
    }
}

/// Deletes the facts that were written at least this long ago.
pub(crate) fn prune(cache: &Path, older_than: Duration, dry_run: bool) -> Result<PrunedSources, fs::Error> {
    let files = walkdir::WalkDir::new(cache.join(DIRECTORY)).max_depth(2).into_iter().filter_map(Result::ok);
    let mut pruned = PrunedSources::default();
    for file in files {
        let Ok(metadata) = file.metadata() else { continue };
        let time = metadata.modified().unwrap_or_else(|_| SystemTime::now());
        if !metadata.is_file() || time.elapsed().unwrap_or_default() < older_than {
            continue;
        }
        if !dry_run {
            match fs::remove_file(file.path()) {
                // Another process has removed it.
                Err(_) if !file.path().exists() => continue,
                other => other?,
            }
        }
        pruned.count += 1;
        pruned.bytes += metadata.len();
    }
    Ok(pruned)
}
