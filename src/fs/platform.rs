//! All that is particular to a platform. Where one has no such thing, there is nothing to do.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use super::{Context, Error};

/// How a file is opened to be read: a pipe that takes its place makes nobody wait.
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

/// The new file belongs to whom the old one belonged, where we may give it away: an odoo.conf that root rewrites
/// must stay readable for Odoo.
#[cfg(unix)]
pub(super) fn keep_owner(old: &Path, new: &Path) {
    use std::os::unix::fs::MetadataExt;
    if let Ok(old) = std::fs::metadata(old) {
        let _not_allowed = std::os::unix::fs::chown(new, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn keep_owner(_old: &Path, _new: &Path) {}

/// What the mode of a file that takes the place of another should be, or of a new one.
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

/// How many files this process may open, and how many of them are open; none where there is no limit.
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

/// The umask can only be read by setting it, which other threads would notice; Linux tells it in `/proc`.
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

/// A rename is only lasting once its directory is; where that cannot be asked for, the file system decides.
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

/// Sets the time of a file to now.
#[cfg(unix)]
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    set_path_time(path, std::time::SystemTime::now())
}

#[cfg(not(unix))]
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    File::options().append(true).open(path)?.set_modified(std::time::SystemTime::now())
}

/// Opens a directory, to lock it or to make what was done in it lasting. A pipe in its place makes nobody wait.
#[cfg(unix)]
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().read(true).custom_flags(libc::O_DIRECTORY).open(path)
}

#[cfg(not(unix))]
pub(crate) fn open_directory(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Sets the time of what is at a path, without opening it; of a symlink itself.
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

/// Whether a directory can be moved into another one, and so may perhaps change places with it. Neither is touched: a rename
/// to `.` never happens, and a system says first that it would lead to another mount.
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

/// Whether a directory can be moved into another one: moved and moved back.
#[cfg(not(unix))]
pub(crate) fn is_same_mount(directory: &Path, other: &Path) -> bool {
    let inside = other.join(directory.file_name().unwrap_or_default());
    std::fs::rename(directory, &inside).and_then(|()| std::fs::rename(&inside, directory)).is_ok()
}
