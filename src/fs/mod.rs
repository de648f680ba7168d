//! Files, with errors that name their path. Only this room opens files, and only this room writes to the disk outside
//! git's directories.

mod directory;
mod lock;
mod platform;
mod read;
mod temporary;
mod write;

use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

pub(crate) use directory::{Directory, Manner, OpenPath};
pub(crate) use lock::{DirectoryLock, is_at, lock_if_possible, open_to_lock, try_lock_if_possible};
pub(crate) use platform::{
    exchange, is_executable, is_same_mount, mode, native_path, open_directory, open_plain, open_to_others,
    read_exact_at, set_directory_time, set_mode, touch,
};
pub(crate) use read::{
    expect_room_for_files, is_stream, open, read, read_given, read_if_there, read_text, refuse_no_file,
};
pub(crate) use temporary::{put, put_read_only, sweep};
pub(crate) use write::{Written, create_read_only, write_if_changed, write_out};

use platform::reading;
#[cfg(unix)]
use platform::{times, umask};

use crate::repo::hexadecimal;

/// An io error, what was tried, and the path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub(crate) struct Error {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

/// Adds the path to the error of an io result.
pub(crate) trait Context<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error { action, path: path.to_owned(), source })
    }
}

/// A named place in the code where a test can stop the process. Release builds have none.
///
/// `OCA_TEST_STOP` is `abort:PLACE`, `panic:PLACE` or `wait:PLACE:PIPE`. With `wait`, the process waits until somebody
/// opens the named pipe for writing and closes it again, the first time that it comes to the place.
pub(crate) fn stop(here: &str) {
    static WAITED: std::sync::Once = std::sync::Once::new();
    let asked = if cfg!(debug_assertions) { std::env::var("OCA_TEST_STOP").ok() } else { None };
    let Some((action, place)) = asked.as_deref().and_then(|stop| stop.split_once(':')) else { return };
    match (action, place.split_once(':')) {
        ("abort", _) if place == here => std::process::abort(),
        ("panic", _) if place == here => panic!("a test asked for it"),
        ("wait", Some((place, pipe))) if place == here => WAITED.call_once(|| {
            let _waited = std::fs::read(pipe);
        }),
        _ => {}
    }
}

/// A short file name for a longer text: 16 hexadecimal digits of its SHA-256, the same on every platform.
pub(crate) fn short_digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes)[..8])
}

/// The SHA-256 of a file, in hexadecimal digits. `None` if it is no regular file.
pub(crate) fn sha256_of(path: &Path) -> io::Result<Option<String>> {
    let Some(mut file) = open_plain(path)? else { return Ok(None) };
    let mut hash = Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => break,
            length => hash.update(&part[..length]),
        }
    }
    Ok(Some(hexadecimal(&hash.finalize())))
}

/// A path with `/` as separator, as git writes it on every platform.
pub(crate) fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Removes `.` and `..` from a path without looking at the disk: a printed path must not depend on existing files.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Makes a directory and its missing parents.
pub(crate) fn create_directory(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).at("create", path)
}

/// Deletes a directory that contains only this file. Any other directory is left as it is.
pub(crate) fn remove_directory_of(path: &Path, file: &str) -> io::Result<()> {
    let names = std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name()));
    if names.collect::<io::Result<Vec<_>>>()?.iter().all(|name| name == file) {
        std::fs::remove_file(path.join(file))?;
        std::fs::remove_dir(path)?;
    }
    Ok(())
}

/// Deletes a directory and everything in it. Symlinks are not followed.
pub(crate) fn remove_directory(path: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(path).at("remove", path)
}

/// Gives a file another name on the same file system.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to).at("write", to)
}

/// Deletes a directory, if it is empty.
pub(crate) fn remove_empty_directory(path: &Path) -> io::Result<()> {
    std::fs::remove_dir(path)
}

/// Deletes a file.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    std::fs::remove_file(path).at("remove", path)
}
