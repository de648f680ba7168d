//! Writes the files of an export. Their modes and times depend only on the commit.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Error;
use super::choose::{File, FileKind};
use crate::fs::{self, Context, Directory, Manner, OpenPath};
use crate::repo::{Objects, is_lfs_pointer};

/// Turns a Unix timestamp in seconds into the time of everything that is written. A time that the system cannot
/// represent becomes 1970.
pub(crate) fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Files of one repository. No other batch has files in the same directories, except in the parents of `root`.
pub(crate) struct Batch<'a> {
    /// An existing directory.
    pub(crate) root: &'a Path,
    pub(crate) files: Vec<(PathBuf, &'a File)>,
    pub(crate) time: SystemTime,
}

/// Writes a batch, and makes the directories that it needs below its root. Returns the files that are pointers of Git
/// LFS. The buffer is for the content of the files, and can be used again.
pub(crate) fn batch(
    objects: &dyn Objects,
    batch: &Batch<'_>,
    buffer: &mut Vec<u8>,
) -> Result<Vec<String>, Error> {
    let mut pointers = Vec::new();
    let mut open_path = OpenPath::new(Directory::open(batch.root, Manner::Exact(batch.time))?);
    for (path, file) in &batch.files {
        let content = objects.blob_in(file.id, buffer)?;
        if file.kind != FileKind::Symlink && is_lfs_pointer(content) {
            pointers.push(file.path.to_string());
        }
        let (directory, name) = open_path.place(path)?;
        match file.kind {
            FileKind::Symlink => directory.link(name, content)?,
            FileKind::Plain => drop(directory.write(name, content, false)?),
            FileKind::Executable => drop(directory.write(name, content, true)?),
        }
    }
    open_path.end()?;
    Ok(pointers)
}

/// Directories that several batches use. Their time is set after everything in them is written.
pub(crate) struct Directories {
    made: BTreeSet<PathBuf>,
    time: SystemTime,
}

impl Directories {
    pub(crate) fn new(time: SystemTime) -> Self {
        Self { made: BTreeSet::new(), time }
    }

    /// Makes a directory below an existing one, with its parents. It may already exist.
    pub(crate) fn make(&mut self, root: &Path, below: &Path) -> Result<Directory, Error> {
        let mut directory = Directory::open(root, Manner::Exact(self.time))?;
        let mut path = root.to_owned();
        for part in below {
            directory = directory.enter(Path::new(part))?;
            path.push(part);
            self.made.insert(path.clone());
        }
        Ok(directory)
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        self.made.iter().rev().try_for_each(|path| set_directory_time(path, self.time))
    }
}

pub(crate) fn set_directory_time(path: &Path, time: SystemTime) -> Result<(), Error> {
    Ok(fs::set_directory_time(path, time).at("write", path)?)
}

/// Writes a new file into an existing directory.
pub(crate) fn write(directory: &Path, name: &str, content: &str, time: SystemTime) -> Result<(), Error> {
    let directory = Directory::open(directory, Manner::Exact(time))?;
    Ok(directory.write(Path::new(name), content.as_bytes(), false).map(drop)?)
}
