//! Compares the files in a directory with the expected files.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::Error;
use super::choose::{File, FileKind};
use crate::fs::{Context, is_executable, mode, open_plain};
use crate::repo::{BlobId, blob_id, blob_id_of};

/// In bytes, larger than any file of a repository. A larger file counts as altered and is not read.
const LARGEST: u64 = 4 << 30;
/// In bytes, larger than any `__init__.py` or manifest.
const LARGEST_TEXT: u64 = 16 << 20;

/// A difference between a file and what is expected.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Alteration {
    pub(crate) path: PathBuf,
    pub(crate) state: FileState,
}

/// See [`Alteration`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum FileState {
    Altered,
    /// Its executable bit is wrong, or it has permissions that oca never sets.
    Mode,
    Missing,
    Extra,
}

/// Which permissions count as a difference. Those that depend on the umask do not count in a checkout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Rights {
    /// In a checkout: set-user-id, set-group-id and sticky bits of files.
    Checkout,
    /// In an export, where oca chooses the modes: the same bits, also of directories, and write permission for
    /// everybody.
    Export,
}

/// The metadata of everything below a directory. No file is opened and no link is followed.
pub(crate) struct Scan {
    root: PathBuf,
    rights: Rights,
    found: BTreeMap<PathBuf, Metadata>,
}

impl Scan {
    /// Scans a directory. `pass_over` decides for each path that is not expected, and not a parent of an expected path,
    /// whether it is ignored.
    pub(crate) fn new(
        root: &Path,
        rights: Rights,
        expected: &HashSet<&Path>,
        pass_over: &dyn Fn(&Path, &Metadata) -> bool,
    ) -> Result<Self, Error> {
        let above = above(expected);
        Self::without(root, rights, &|path, metadata| {
            !expected.contains(path) && !above.contains(path) && pass_over(path, metadata)
        })
    }

    /// Scans everything outside of some directories. `pass_over` decides for each path that is not above one of them
    /// whether it is ignored.
    pub(crate) fn around(
        root: &Path,
        rights: Rights,
        directories: &HashSet<&Path>,
        pass_over: &dyn Fn(&Path, &Metadata) -> bool,
    ) -> Result<Self, Error> {
        let above = above(directories);
        Self::without(root, rights, &|path, metadata| {
            directories.contains(path) || (!above.contains(path) && pass_over(path, metadata))
        })
    }

    /// Scans everything that is not left out.
    fn without(
        root: &Path,
        rights: Rights,
        is_left: &dyn Fn(&Path, &Metadata) -> bool,
    ) -> Result<Self, Error> {
        let mut scan = Self { root: root.to_owned(), rights, found: BTreeMap::new() };
        scan.walk(vec![PathBuf::new()], is_left)?;
        Ok(scan)
    }

    /// Scans some directories, which need not exist.
    pub(crate) fn below(root: &Path, rights: Rights, directories: &[PathBuf]) -> Result<Self, Error> {
        let mut scan = Self { root: root.to_owned(), rights, found: BTreeMap::new() };
        let mut open = Vec::new();
        let is_inside =
            |path: &Path| path.ancestors().skip(1).any(|above| directories.iter().any(|it| it == above));
        for path in directories.iter().filter(|path| !is_inside(path)) {
            if let Some(metadata) = scan.metadata(path)? {
                open.extend(metadata.is_dir().then(|| path.clone()));
                scan.found.insert(path.clone(), metadata);
            }
        }
        scan.walk(open, &|_, _| false)?;
        Ok(scan)
    }

    /// The metadata at a path. `None` if nothing is there, or if a part of the path is not a directory.
    fn metadata(&self, path: &Path) -> Result<Option<Metadata>, Error> {
        let mut at = self.root.clone();
        let mut found = None;
        for part in path.components() {
            if found.as_ref().is_some_and(|metadata: &Metadata| !metadata.is_dir()) {
                return Ok(None);
            }
            at.push(part);
            found = match fs::symlink_metadata(&at) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                other => Some(other.at("read", &at)?),
            };
        }
        Ok(found)
    }

    /// Adds what is below these directories.
    fn walk(
        &mut self,
        mut open: Vec<PathBuf>,
        is_left: &dyn Fn(&Path, &Metadata) -> bool,
    ) -> Result<(), Error> {
        while let Some(below) = open.pop() {
            let directory = self.root.join(&below);
            for entry in fs::read_dir(&directory).at("read", &directory)? {
                let entry = entry.at("read", &directory)?;
                let path = below.join(entry.file_name());
                let metadata = entry.metadata().at("read", &entry.path())?;
                if is_left(&path, &metadata) {
                    continue;
                }
                if metadata.is_dir() {
                    open.push(path.clone());
                }
                self.found.insert(path, metadata);
            }
        }
        Ok(())
    }

    /// Compares one file with the expected file. `None` if they are equal.
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

    /// Checks the permissions of a path that is not part of the scan. The empty path is the directory itself.
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

    /// Files that are not expected, and directories with wrong permissions. Git has no empty directories, so extra
    /// directories do not count.
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

/// What is above these paths.
fn above<'p>(paths: &HashSet<&'p Path>) -> HashSet<&'p Path> {
    paths.iter().flat_map(|path| path.ancestors().skip(1)).collect()
}

/// The blob id of the content of a file. `None` if it is not a file any more, or grows while it is read.
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

/// The content of a file of an export that a rule needs, if it has the expected id. Otherwise `None`: the file is
/// reported as altered or missing.
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
