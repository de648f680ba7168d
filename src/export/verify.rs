//! Compares what is in a directory with what should be there.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Error;
use super::choose::{File, FileKind};
use crate::fs::{Context, is_executable, mode, open_plain};
use crate::repo::{BlobId, blob_id, blob_id_of};

/// Larger than any file of a repository: what is larger is not read to see that it is another.
const LARGEST: u64 = 4 << 30;
/// Larger than any `__init__.py` or manifest.
const LARGEST_TEXT: u64 = 16 << 20;

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
    /// It should be executable and is not, or the other way round, or it gives others rights that nothing here gives.
    Mode,
    Missing,
    Extra,
}

/// Which rights are a change. What a umask makes of a checkout is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rights {
    /// Of a checkout: set-user-id, set-group-id and sticky files.
    Checkout,
    /// Of an export, whose modes oca chooses: these, also of directories, and what everybody may write.
    Export,
}

/// All that is below a directory: looked at, not opened. No link is followed.
pub(crate) struct Scan {
    root: PathBuf,
    rights: Rights,
    found: BTreeMap<PathBuf, Metadata>,
}

impl Scan {
    /// `pass_over` is asked of each path below the directory that is not expected, nor leads to something expected.
    pub(crate) fn new(
        root: &Path,
        rights: Rights,
        expected: &HashSet<&Path>,
        pass_over: &dyn Fn(&Path, &Metadata) -> bool,
    ) -> Result<Self, Error> {
        let above: HashSet<&Path> = expected.iter().flat_map(|path| path.ancestors().skip(1)).collect();
        let mut found = BTreeMap::new();
        let mut open = vec![PathBuf::new()];
        while let Some(below) = open.pop() {
            let directory = root.join(&below);
            for entry in fs::read_dir(&directory).at("read", &directory)? {
                let entry = entry.at("read", &directory)?;
                let path = below.join(entry.file_name());
                let metadata = entry.metadata().at("read", &entry.path())?;
                if !expected.contains(&*path) && !above.contains(&*path) && pass_over(&path, &metadata) {
                    continue;
                }
                if metadata.is_dir() {
                    open.push(path.clone());
                }
                found.insert(path, metadata);
            }
        }
        Ok(Self { root: root.to_owned(), rights, found })
    }

    /// What is wrong with a file, if anything is.
    pub(crate) fn compare(&self, path: &Path, file: &File) -> Result<Option<Alteration>, Error> {
        let state = match self.found.get(path) {
            Some(metadata) => self.state(path, metadata, file)?,
            None => Some(FileState::Missing),
        };
        Ok(state.map(|state| Alteration { path: path.to_owned(), state }))
    }

    fn state(&self, path: &Path, metadata: &Metadata, file: &File) -> Result<Option<FileState>, Error> {
        let full = self.root.join(path);
        let is_link = file.kind == FileKind::Symlink;
        let id = if is_link && metadata.is_symlink() {
            let target = fs::read_link(&full).at("read", &full)?;
            Some(blob_id(target.as_os_str().as_encoded_bytes()))
        } else if !is_link && metadata.is_file() {
            content_id(&full)?
        } else {
            None
        };
        if id != Some(file.id) {
            return Ok(Some(FileState::Altered));
        }
        let wanted = file.kind == FileKind::Executable;
        let is_mode = is_link || is_executable(metadata).unwrap_or(wanted) == wanted;
        Ok((!is_mode || self.has_odd_rights(metadata)).then_some(FileState::Mode))
    }

    /// What is no part of a scan, and has rights that nobody should have; the directory itself is the empty path.
    pub(crate) fn with_odd_rights(&self, path: &Path) -> Option<Alteration> {
        let metadata = fs::symlink_metadata(self.root.join(path)).ok()?;
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.has_odd_rights(&metadata).then(|| Alteration { path: path.to_owned(), state: FileState::Mode })
    }

    fn has_odd_rights(&self, metadata: &Metadata) -> bool {
        let odd = match self.rights {
            Rights::Checkout if metadata.is_dir() => 0,
            Rights::Checkout => 0o7000,
            Rights::Export => 0o7002,
        };
        !metadata.is_symlink() && mode(metadata).is_some_and(|mode| mode & odd != 0)
    }

    /// What is none of the expected, and directories with odd rights. Git knows no empty directories, so they do not
    /// count.
    pub(crate) fn rest(&self, expected: &HashSet<&Path>) -> Vec<Alteration> {
        let state = |path: &Path, metadata: &Metadata| {
            if metadata.is_dir() {
                self.has_odd_rights(metadata).then_some(FileState::Mode)
            } else {
                (!expected.contains(path)).then_some(FileState::Extra)
            }
        };
        let one = |(path, metadata): (&PathBuf, &Metadata)| {
            Some(Alteration { path: path.clone(), state: state(path, metadata)? })
        };
        self.found.iter().filter_map(one).collect()
    }
}

/// The id that the content of a file gives; none where it is no file any more, or grows.
fn content_id(path: &Path) -> Result<Option<BlobId>, Error> {
    let id = || {
        let Some(file) = open_plain(path)? else { return Ok(None) };
        let length = file.metadata()?.len();
        if length > LARGEST { Ok(None) } else { blob_id_of(file, length) }
    };
    match id() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => Ok(other.at("read", path)?),
    }
}

/// The content of a file of an export that a rule asks for, where it is what it should be; any other says nothing, and
/// is reported as altered or missing.
pub(crate) fn read(path: &Path, id: BlobId) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    open_plain(path).ok()??.take(LARGEST_TEXT).read_to_end(&mut content).ok()?;
    (blob_id(&content) == id).then_some(content)
}

impl fmt::Display for FileState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Mode => "other mode",
            Self::Missing => "missing",
            Self::Extra => "extra",
        })
    }
}
