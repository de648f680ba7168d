//! Files, with errors that carry their path. The only room that writes to the disk outside git's own directories.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

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

/// Whether a write changed the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    Changed,
    Unchanged,
}

/// Replaces a file as a whole, and only where the bytes differ: readers see the old content or the new, never a part.
///
/// A symlink stays one: what it points at is replaced. The mode of an existing file is kept.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<Written, Error> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| pointed_at(path));
    if read_if_there(&target)?.is_some_and(|old| old == bytes) {
        return Ok(Written::Unchanged);
    }
    replace(&target, bytes).at("write", path)?;
    Ok(Written::Changed)
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
    let permissions = match std::fs::metadata(target) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => default_permissions(),
    };
    builder.permissions(permissions.clone());
    // Its own error names the temporary file, which nobody knows.
    let mut file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(permissions)?;
    keep_owner(target, file.path());
    file.as_file().sync_all()?;
    match file.persist(target) {
        // A file that is mounted into a container can only be written in place.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => std::fs::write(target, bytes),
        other => other.map(|_| sync_directory(directory)).map_err(io::Error::from),
    }
}

/// The new file belongs to whom the old one belonged, where we may give it away: an odoo.conf that root rewrites
/// must stay readable for Odoo.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(old) = std::fs::metadata(old) {
        let _not_allowed = std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(unix)]
fn default_permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666 & !umask())
}

/// The umask can only be read by setting it, which other threads would notice; Linux tells it in `/proc`.
#[cfg(unix)]
pub(crate) fn umask() -> u32 {
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
    if let Ok(handle) = std::fs::File::open(directory) {
        let _lasting = handle.sync_all();
    }
}

/// Sets the time of a symlink itself.
#[cfg(unix)]
pub(crate) fn set_link_time(path: &Path, time: std::time::SystemTime) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => i64::try_from(before.duration().as_secs()).map(|seconds| -seconds),
    };
    let time = Timespec { tv_sec: seconds.unwrap_or_default(), tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
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
