//! Writes the files of an export: modes and times that depend on nothing but the commit.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Error;
use super::choose::{File, FileKind};
use crate::fs::{self, Context};
use crate::repo::Objects;

/// The time of everything that is written, to the second.
pub(crate) fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Files of one repository that share no directory with others, but for those above `top`.
pub(crate) struct Batch<'a> {
    /// A directory that is there.
    pub(crate) root: &'a Path,
    pub(crate) files: Vec<(PathBuf, &'a File)>,
    pub(crate) time: SystemTime,
}

/// Writes a batch, with the directories that it needs below its root.
pub(crate) fn batch(objects: &dyn Objects, batch: &Batch<'_>) -> Result<(), Error> {
    let mut made = Directories::default();
    for (path, file) in &batch.files {
        if let Some(parent) = path.parent() {
            made.make(batch.root, parent)?;
        }
        let target = batch.root.join(path);
        let content = objects.blob(file.id)?;
        match file.kind {
            FileKind::Symlink => fs::create_symlink(&content, &target, batch.time).at("write", &target)?,
            FileKind::Plain => write(&target, &content, 0o644, batch.time)?,
            FileKind::Executable => write(&target, &content, 0o755, batch.time)?,
        }
    }
    made.finish(batch.time)
}

/// Directories that were made, to be given their time once nothing more comes into them.
#[derive(Default)]
pub(crate) struct Directories {
    known: HashSet<PathBuf>,
    made: Vec<PathBuf>,
}

impl Directories {
    /// Makes a directory below one that is there, and those between; others may make the same ones.
    pub(crate) fn make(&mut self, root: &Path, below: &Path) -> Result<(), Error> {
        if below.as_os_str().is_empty() || self.known.contains(below) {
            return Ok(());
        }
        if let Some(parent) = below.parent() {
            self.make(root, parent)?;
        }
        let path = root.join(below);
        match fs::create_open_directory(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => {
                other.at("create", &path)?;
                self.made.push(path);
            }
        }
        self.known.insert(below.to_owned());
        Ok(())
    }

    pub(crate) fn finish(self, time: SystemTime) -> Result<(), Error> {
        self.made.iter().rev().try_for_each(|path| set_directory_time(path, time))
    }
}

pub(crate) fn set_directory_time(path: &Path, time: SystemTime) -> Result<(), Error> {
    Ok(fs::set_directory_time(path, time).at("write", path)?)
}

/// Writes a new file; one that is there already is an error, as it would be somebody else's.
pub(crate) fn write(path: &Path, content: &[u8], mode: u32, time: SystemTime) -> Result<(), Error> {
    let write = || {
        let mut file = fs::create_file(path, mode)?;
        file.write_all(content)?;
        file.set_modified(time)
    };
    Ok(write().at("write", path)?)
}

/// Makes a link to a checkout.
pub(crate) fn link(target: &Path, path: &Path, time: SystemTime) -> Result<(), Error> {
    Ok(fs::create_symlink(target.as_os_str().as_encoded_bytes(), path, time).at("write", path)?)
}
