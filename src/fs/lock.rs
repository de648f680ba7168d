//! Locks that the system releases if the process is killed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::read::refuse_other;
use super::{Context, Error};

/// A lock on a directory, exclusive or shared. The system releases it if the process is killed. Nothing is written into
/// the directory.
pub(crate) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the exclusive lock. If another process has it, calls `wait` first and then waits.
    pub(crate) fn take(directory: &Path, wait: impl FnOnce()) -> Result<Self, Error> {
        let file = lockable(directory).at("open", directory)?;
        if try_lock_if_possible(&file).is_none() {
            wait();
            file.lock().at("lock", directory)?;
        }
        Ok(Self { file })
    }

    /// Takes the shared lock. If another process has the exclusive lock, waits.
    pub(crate) fn share(directory: &Path) -> io::Result<Self> {
        let file = lockable(directory)?;
        let _without = file.lock_shared();
        Ok(Self { file })
    }

    /// Takes the exclusive lock. Returns `None` if another process has a lock.
    pub(crate) fn try_take(directory: &Path) -> io::Result<Option<Self>> {
        let file = lockable(directory)?;
        Ok(try_lock_if_possible(&file).map(|_is_held| Self { file }))
    }

    /// Whether the path still leads to the locked directory.
    pub(crate) fn is_at(&self, directory: &Path) -> bool {
        is_at(&self.file, directory)
    }
}

/// Opens the directory itself: it is the same for every path that leads to it.
#[cfg(unix)]
fn lockable(directory: &Path) -> io::Result<File> {
    super::open_directory(directory)
}

/// Windows cannot lock directories, so a file in the temporary directory is locked instead. It is not in the directory
/// itself, because Windows cannot read a locked file.
#[cfg(not(unix))]
fn lockable(directory: &Path) -> io::Result<File> {
    let name = super::short_digest(std::fs::canonicalize(directory)?.as_os_str().as_encoded_bytes());
    open_to_lock(&std::env::temp_dir().join(format!("oca-{name}.lock")))
}

/// Waits for the exclusive lock of a file. Returns whether it is held: some network file systems have no locks, and
/// working without a lock is better than failing.
pub(crate) fn lock_if_possible(file: &File) -> bool {
    file.lock().is_ok()
}

/// The same without waiting. `None` if another process has the lock.
pub(crate) fn try_lock_if_possible(file: &File) -> Option<bool> {
    match file.try_lock() {
        Ok(()) => Some(true),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(false),
    }
}

/// Opens a file to lock it. If it does not exist, it is made.
pub(crate) fn open_to_lock(path: &Path) -> io::Result<File> {
    // Opening a pipe to write waits for ever.
    if let Ok(there) = std::fs::metadata(path) {
        refuse_other(&there)?;
    }
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Whether the path still leads to the open file. The file may have been moved.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(file), Ok(path)) => place(file) == place(path),
        _ => false,
    }
}

/// Windows does not move open files.
#[cfg(not(unix))]
pub(crate) fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
