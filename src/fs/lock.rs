//! Locks that the system lets go of where a process is killed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::read::refuse_other;
use super::{Context, Error};

/// A directory that no other process takes as long as this is held, or that several share; the system lets go of it
/// where a process is killed. Nothing is written into it.
pub(crate) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes it at once, or after a word to `wait`.
    pub(crate) fn take(directory: &Path, wait: impl FnOnce()) -> Result<Self, Error> {
        let file = lockable(directory).at("open", directory)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                wait();
                file.lock().at("lock", directory)?;
            }
            // Some network file systems know no locks: better without than not at all.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { file })
    }

    /// Shares it with others that share it, after whoever took it.
    pub(crate) fn share(directory: &Path) -> io::Result<Self> {
        let file = lockable(directory)?;
        let _without = file.lock_shared();
        Ok(Self { file })
    }

    /// Takes it where nobody takes or shares it.
    pub(crate) fn try_take(directory: &Path) -> io::Result<Option<Self>> {
        let file = lockable(directory)?;
        Ok(match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            Ok(()) | Err(TryLockError::Error(_)) => Some(Self { file }),
        })
    }

    /// Whether it is still what a path leads to.
    pub(crate) fn is_at(&self, directory: &Path) -> bool {
        is_at(&self.file, directory)
    }
}

/// The directory itself: by whatever path it was reached, it is the same.
#[cfg(unix)]
fn lockable(directory: &Path) -> io::Result<File> {
    super::open_directory(directory)
}

/// Where directories know no locks: a file that stands for it, not in it, for a locked file cannot be read there.
#[cfg(not(unix))]
fn lockable(directory: &Path) -> io::Result<File> {
    let name = super::short_digest(std::fs::canonicalize(directory)?.as_os_str().as_encoded_bytes());
    open_to_lock(&std::env::temp_dir().join(format!("oca-{name}.lock")))
}

/// Opens the file whose lock stands for something, and makes it where there is none.
pub(crate) fn open_to_lock(path: &Path) -> io::Result<File> {
    // A pipe would make its writer wait for ever.
    if let Ok(there) = std::fs::metadata(path) {
        refuse_other(&there)?;
    }
    File::options().create(true).truncate(false).write(true).open(path)
}

/// Whether an open file is still what a path leads to: it may have been moved away.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(file), Ok(path)) => place(file) == place(path),
        _ => false,
    }
}

/// Elsewhere nothing is moved that is open.
#[cfg(not(unix))]
pub(crate) fn is_at(_file: &File, _path: &Path) -> bool {
    true
}
