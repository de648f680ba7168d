//! Writes the files of an export: modes and times that depend on nothing but the commit.

use std::collections::HashSet;
use std::fs::{DirBuilder, OpenOptions};
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
            FileKind::Symlink => symlink(&content, &target, batch.time)?,
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
        match make_directory(&path) {
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

#[cfg(unix)]
fn make_directory(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().mode(0o755).create(path)?;
    if fs::umask() & 0o755 == 0 { Ok(()) } else { set_mode(path, 0o755) }
}

#[cfg(unix)]
pub(crate) fn set_directory_time(path: &Path, time: SystemTime) -> Result<(), Error> {
    Ok(fs::set_path_time(path, time).at("write", path)?)
}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

/// Writes a new file; one that is there already is an error, as it would be somebody else's.
#[cfg(unix)]
pub(crate) fn write(path: &Path, content: &[u8], mode: u32, time: SystemTime) -> Result<(), Error> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(content)?;
        if fs::umask() & mode != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        }
        file.set_modified(time)
    };
    Ok(write().at("write", path)?)
}

#[cfg(unix)]
fn symlink(target: &[u8], path: &Path, time: SystemTime) -> Result<(), Error> {
    use std::os::unix::ffi::OsStrExt;
    let make = || {
        std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(target), path)?;
        fs::set_path_time(path, time)
    };
    Ok(make().at("write", path)?)
}

/// Makes a link to a checkout.
#[cfg(unix)]
pub(crate) fn link(target: &Path, path: &Path, time: SystemTime) -> Result<(), Error> {
    symlink(target.as_os_str().as_encoded_bytes(), path, time)
}

/// A path of bytes, as git has them, on this system.
#[cfg(unix)]
pub(crate) fn native(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}
