//! Compares files with the ids that they should have.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Error;
use super::choose::{File, FileKind};
use super::object::blob_id;
use crate::fs::Context;

/// A file that is not as it should be.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Alteration {
    pub(crate) path: PathBuf,
    pub(crate) state: FileState,
}

/// See [`Alteration`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum FileState {
    Altered,
    /// It should be executable and is not, or the other way round.
    Mode,
    Missing,
    Extra,
}

/// What is wrong with a file, if anything is.
pub(crate) fn compare(root: &Path, path: &Path, file: &File) -> Result<Option<Alteration>, Error> {
    let full = root.join(path);
    let state = match fs::symlink_metadata(&full) {
        Ok(metadata) => state(&full, &metadata, file)?,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Some(FileState::Missing)
        }
        Err(error) => return Ok(Err(error).at("read", &full)?),
    };
    Ok(state.map(|state| Alteration { path: path.to_owned(), state }))
}

fn state(full: &Path, metadata: &Metadata, file: &File) -> Result<Option<FileState>, Error> {
    let content = if metadata.is_symlink() {
        fs::read_link(full).at("read", full)?.into_os_string().into_encoded_bytes()
    } else if metadata.is_file() {
        crate::fs::read(full).at("read", full)?
    } else {
        return Ok(Some(FileState::Altered));
    };
    let is_same_kind = metadata.is_symlink() == (file.kind == FileKind::Symlink);
    if !is_same_kind || blob_id(&content) != file.id {
        return Ok(Some(FileState::Altered));
    }
    let is_executable = file.kind == FileKind::Executable;
    let is_mode =
        metadata.is_symlink() || crate::fs::is_executable(metadata).unwrap_or(is_executable) == is_executable;
    Ok((!is_mode).then_some(FileState::Mode))
}

/// The files below a directory that are none of the expected. `pass_over` is asked of each path below it first; git
/// knows no empty directories, so they do not count.
pub(crate) fn extra(
    root: &Path,
    expected: &HashSet<&Path>,
    pass_over: &dyn Fn(&Path) -> bool,
) -> Result<Vec<Alteration>, Error> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        let directory = root.join(&below);
        for entry in fs::read_dir(&directory).at("read", &directory)? {
            let entry = entry.at("read", &directory)?;
            let path = below.join(entry.file_name());
            if expected.contains(&*path) || pass_over(&path) {
                continue;
            }
            if entry.file_type().at("read", &entry.path())?.is_dir() {
                open.push(path);
            } else {
                found.push(Alteration { path, state: FileState::Extra });
            }
        }
    }
    Ok(found)
}

/// The content of a file of an export that a rule asks for; one that cannot be read says nothing, and is reported
/// as missing.
pub(crate) fn read(path: &Path) -> Option<Vec<u8>> {
    crate::fs::read(path).ok()
}
