//! Files, with errors that carry their path. The only room that writes to the disk outside git's own directories.

mod directory;

use std::fs::{File, Permissions, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

pub(crate) use directory::Directory;

/// An io error and the path it happened at.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`", path.display())]
pub(crate) struct Error {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: io::Error,
}

/// Gives an io result the path that the error lacks.
pub(crate) trait Context<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error { action, path: path.to_owned(), source })
    }
}

/// The content of a file, or `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

/// A name for a file that stands for something longer: 16 hexadecimal digits, the same on every platform.
pub(crate) fn short_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Without `.` and `..`, by the words alone: a path that is printed should not depend on what is there.
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

/// Makes a directory and those above it.
pub(crate) fn create_directory(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).at("create", path)
}

/// Deletes a directory that holds nothing but this file; any other is left as it is.
pub(crate) fn remove_directory_of(path: &Path, file: &str) -> io::Result<()> {
    let names = std::fs::read_dir(path)?.map(|entry| Ok(entry?.file_name()));
    if names.collect::<io::Result<Vec<_>>>()?.iter().all(|name| name == file) {
        std::fs::remove_file(path.join(file))?;
        std::fs::remove_dir(path)?;
    }
    Ok(())
}

/// Deletes a directory and all that is in it; a symlink is deleted itself.
pub(crate) fn remove_directory(path: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(path).at("remove", path)
}

/// Deletes a file.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    std::fs::remove_file(path).at("remove", path)
}

/// A directory that no other process takes as long as this is held; the system lets go of it where a process is
/// killed. Nothing is written into it.
pub(crate) struct DirectoryLock {
    _file: File,
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
        Ok(Self { _file: file })
    }
}

/// The directory itself: by whatever path it was reached, it is the same.
#[cfg(unix)]
fn lockable(directory: &Path) -> io::Result<File> {
    File::open(directory)
}

/// Where directories know no locks: a file that stands for it, not in it, for a locked file cannot be read there.
#[cfg(not(unix))]
fn lockable(directory: &Path) -> io::Result<File> {
    let name = short_digest(std::fs::canonicalize(directory)?.as_os_str().as_encoded_bytes());
    let path = std::env::temp_dir().join(format!("oca-{name}.lock"));
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

/// Whether a write changed the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    Changed,
    Unchanged,
}

/// Replaces a file as a whole, and only where the bytes differ: readers see the old content or the new, never a part.
///
/// A symlink stays one: what it points at is replaced. The mode of an existing file is kept. A pipe or a device is
/// written to.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<Written, Error> {
    if is_stream(path) {
        File::options()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
            .at("write", path)?;
        return Ok(Written::Changed);
    }
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| pointed_at(path));
    if read_if_there(&target)?.is_some_and(|old| old == bytes) {
        return Ok(Written::Unchanged);
    }
    replace(&target, bytes).at("write", path)?;
    Ok(Written::Changed)
}

/// Whether what is written there flows away, as in `/dev/stdout`: it is a pipe, a socket or a device.
pub(crate) fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// What a symlink points at although nothing is there yet; any other path stands for itself.
fn pointed_at(path: &Path) -> PathBuf {
    match std::fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path.to_owned(),
    }
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".oca-").suffix(".tmp");
    let permissions = permissions_for(target);
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    // Its own error names the temporary file, which nobody knows.
    let mut file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    keep_owner(target, file.path());
    file.as_file().sync_all()?;
    match file.persist(target) {
        // A file that is mounted into a container can only be written in place.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => std::fs::write(target, bytes),
        other => other.map(|_| sync_directory(directory)).map_err(io::Error::from),
    }
}

// Where a platform has no such thing, there is nothing to do. All that is particular to one stands here.

/// The new file belongs to whom the old one belonged, where we may give it away: an odoo.conf that root rewrites
/// must stay readable for Odoo.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(old) = std::fs::metadata(old) {
        let _not_allowed = std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_old: &Path, _new: &Path) {}

/// What the mode of a file that takes the place of another should be, or of a new one.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn permissions_for(target: &Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let kept = std::fs::metadata(target).map(|metadata| metadata.permissions());
    Some(kept.unwrap_or_else(|_| Permissions::from_mode(0o666 & !umask())))
}

#[cfg(not(unix))]
fn permissions_for(_target: &Path) -> Option<Permissions> {
    None
}

/// Opens a temporary directory, which is the user's alone, as far as one that `mkdir` makes.
#[cfg(unix)]
pub(crate) fn open_to_others(directory: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, Permissions::from_mode(0o777 & !umask())).at("create", directory)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn open_to_others(_directory: &Path) -> Result<(), Error> {
    Ok(())
}

/// The umask can only be read by setting it, which other threads would notice; Linux tells it in `/proc`.
#[cfg(unix)]
fn umask() -> u32 {
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(read_umask)
}

#[cfg(unix)]
fn read_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok()).unwrap_or(0o022)
}

/// A rename is only lasting once its directory is; where that cannot be asked for, the file system decides.
#[cfg(unix)]
fn sync_directory(directory: &Path) {
    if let Ok(handle) = File::open(directory) {
        let _lasting = handle.sync_all();
    }
}

#[cfg(not(unix))]
fn sync_directory(_directory: &Path) {}

#[cfg(unix)]
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn set_mode(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Whether a file is a program for its owner; `None` where files have no such mark.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
pub(crate) fn is_executable(metadata: &std::fs::Metadata) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode() & 0o100 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_executable(_metadata: &std::fs::Metadata) -> Option<bool> {
    None
}

/// The bits of a mode; `None` where files have none.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
pub(crate) fn mode(metadata: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode())
}

#[cfg(not(unix))]
pub(crate) fn mode(_metadata: &std::fs::Metadata) -> Option<u32> {
    None
}

/// Opens a plain file; `None` where it is anything else. No link is followed, and no pipe is waited for.
#[cfg(unix)]
pub(crate) fn open_plain(path: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(file) => only_plain(file.into()),
        // A link, and a socket or a device that nothing drives.
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO | rustix::io::Errno::NODEV) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
pub(crate) fn open_plain(path: &Path) -> io::Result<Option<File>> {
    if path.symlink_metadata()?.is_file() { only_plain(File::open(path)?) } else { Ok(None) }
}

fn only_plain(file: File) -> io::Result<Option<File>> {
    let is_plain = file.metadata()?.is_file();
    Ok(is_plain.then_some(file))
}

/// A path of bytes, as git has them, on this system.
#[cfg(unix)]
pub(crate) fn native_path(path: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
pub(crate) fn native_path(path: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

#[cfg(unix)]
pub(crate) fn set_directory_time(path: &Path, time: std::time::SystemTime) -> io::Result<()> {
    set_path_time(path, time)
}

/// Elsewhere directories are not opened as files are.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn set_directory_time(_path: &Path, _time: std::time::SystemTime) -> io::Result<()> {
    Ok(())
}

/// Sets the time of what is at a path, without opening it; of a symlink itself.
#[cfg(unix)]
fn set_path_time(path: &Path, time: std::time::SystemTime) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, utimensat};
    Ok(utimensat(CWD, path, &times(time), AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(unix)]
fn times(time: std::time::SystemTime) -> rustix::fs::Timestamps {
    use rustix::fs::{Timespec, Timestamps};
    let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => i64::try_from(before.duration().as_secs()).map(|seconds| -seconds),
    };
    let time = Timespec { tv_sec: seconds.unwrap_or_default(), tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

/// Lets two directories change places in one step, where the file system can.
#[cfg(target_os = "linux")]
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
