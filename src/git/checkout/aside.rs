//! Directories beside a checkout, in which it is built or deleted.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::fs::{Context, open_to_others};
use crate::git::Error;

/// The prefix of these directories.
pub(crate) const ASIDE_PREFIX: &str = ".oca-tmp-";

/// A new directory beside `path`. Missing parents are created.
pub(in crate::git) fn aside(path: &Path) -> Result<TempDir, Error> {
    let parent = parent(path);
    fs::create_dir_all(parent).at("create", parent)?;
    let aside = temporary(parent)?;
    open_to_others(aside.path())?;
    Ok(aside)
}

/// Deletes a directory. It is renamed first, so that a crash leaves no half-deleted directory under its name.
pub(in crate::git) fn delete(path: &Path) -> Result<(), Error> {
    let aside = temporary(parent(path))?;
    fs::rename(path, aside.path().join("gone")).at("remove", path)?;
    Ok(aside.close().at("remove", path)?)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn temporary(parent: &Path) -> Result<TempDir, Error> {
    Ok(tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(parent).at("write in", parent)?)
}
