//! Everything that differs between platforms. If a platform does not have a feature, the function does nothing.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use super::{Context, Error};

/// Options to open a file for reading. If a pipe replaces the file meanwhile, opening it does not wait.
#[cfg(unix)]
pub(super) fn reading() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}

#[cfg(not(unix))]
pub(super) fn reading() -> OpenOptions {
    let mut options = File::options();
    options.read(true);
    options
}

/// Reads bytes at an offset. Many threads may read one file so.
#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => (bytes, offset) = (&mut bytes[count..], offset + count as u64),
        }
    }
    Ok(())
}

/// Gives the new file the owner of the old one, if this is allowed: if root rewrites an odoo.conf, Odoo must still be
/// able to read it.
#[cfg(unix)]
pub(super) fn keep_owner(old: &Path, new: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(old) = std::fs::metadata(old) {
        let _not_allowed = std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn keep_owner(_old: &Path, _new: &Path) {}

/// The permissions for a file that replaces `target`: those of `target`, or those of a new file.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
pub(super) fn permissions_for(target: &Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let kept = std::fs::metadata(target).map(|metadata| metadata.permissions());
    Some(kept.unwrap_or_else(|_| Permissions::from_mode(0o666 & !umask())))
}

#[cfg(not(unix))]
pub(super) fn permissions_for(_target: &Path) -> Option<Permissions> {
    None
}

/// Gives a temporary directory, which only the user can read, the permissions of one that `mkdir` makes.
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

/// The limit of open files of this process, and how many are open. `None` if there is no limit.
#[cfg(unix)]
pub(super) fn limit_of_files() -> Option<(u64, u64)> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::Nofile).current?;
    let open = std::fs::read_dir("/dev/fd").map_or(0, Iterator::count);
    Some((limit, u64::try_from(open).unwrap_or(u64::MAX)))
}

#[cfg(not(unix))]
pub(super) fn limit_of_files() -> Option<(u64, u64)> {
    None
}

/// The umask. The system call that reads it also sets it, which would affect other threads. So it is read from `/proc`.
#[cfg(unix)]
pub(super) fn umask() -> u32 {
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(read_umask)
}

#[cfg(unix)]
fn read_umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|digits| u32::from_str_radix(digits.trim(), 8).ok()).unwrap_or(0o022)
}

/// Flushes a directory to the disk, so that a rename in it survives a crash. If this fails, the file system decides.
#[cfg(unix)]
pub(super) fn sync_directory(directory: &Path) {
    if let Ok(handle) = open_directory(directory) {
        let _lasting = handle.sync_all();
    }
}

#[cfg(not(unix))]
pub(super) fn sync_directory(_directory: &Path) {}

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

/// Whether the owner can execute a file. `None` if the platform has no such bit.
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

/// The bits of a mode. `None` if the platform has no modes.
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

/// Opens a regular file. `None` if it is anything else. Does not follow a link and does not wait for a pipe.
#[cfg(unix)]
pub(crate) fn open_plain(path: &Path) -> io::Result<Option<File>> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match openat(CWD, path, flags, Mode::empty()) {
        Ok(file) => only_plain(file.into()),
        // A link, a socket, or a device without a driver.
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

/// Turns a path of bytes, as in git, into a path of this system.
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

/// Windows does not open directories like files.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn set_directory_time(_path: &Path, _time: std::time::SystemTime) -> io::Result<()> {
    Ok(())
}

/// Sets the time of a file to now.
#[cfg(unix)]
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    set_path_time(path, std::time::SystemTime::now())
}

#[cfg(not(unix))]
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    File::options().append(true).open(path)?.set_modified(std::time::SystemTime::now())
}

/// Opens a directory, to lock it or to flush it to the disk. If it is a pipe, opening it does not wait.
#[cfg(unix)]
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(libc::O_DIRECTORY).open(path)
}

#[cfg(not(unix))]
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Sets the modification time of a path without opening it. Of a symlink, it sets the time of the link itself.
#[cfg(unix)]
fn set_path_time(path: &Path, time: std::time::SystemTime) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, utimensat};
    Ok(utimensat(CWD, path, &times(time), AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(unix)]
pub(super) fn times(time: std::time::SystemTime) -> rustix::fs::Timestamps {
    use rustix::fs::{Timespec, Timestamps};
    let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()),
        Err(before) => i64::try_from(before.duration().as_secs()).map(|seconds| -seconds),
    };
    let time = Timespec { tv_sec: seconds.unwrap_or_default(), tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

/// Swaps two directories in one step. If the file system does not support this, it is an error.
#[cfg(target_os = "linux")]
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether a directory can be moved into another one, so that a swap may work. Neither is changed: a rename to `.`
/// always fails, and if the other is on another mount, the system reports that first.
#[cfg(unix)]
pub(crate) fn is_same_mount(directory: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| Some(std::fs::metadata(path).ok()?.dev());
    let leads_away = || {
        let error = std::fs::rename(directory, other.join("."));
        error.is_err_and(|error| error.kind() == io::ErrorKind::CrossesDevices)
    };
    device(directory) == device(other) && !leads_away()
}

/// Whether a directory can be moved into another one. It is moved and moved back.
#[cfg(not(unix))]
pub(crate) fn is_same_mount(directory: &Path, other: &Path) -> bool {
    let inside = other.join(directory.file_name().unwrap_or_default());
    std::fs::rename(directory, &inside).and_then(|()| std::fs::rename(&inside, directory)).is_ok()
}
