//! Writes into an open directory instead of a path. If something replaces the directory meanwhile, no link is followed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use super::{Context, Error};

/// How directories, files and symlinks are made.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// The same everywhere: the umask does not count, and all have this time.
    Exact(SystemTime),
    /// As git makes a checkout: the umask counts.
    AsGit,
}

impl Manner {
    fn time(self) -> Option<SystemTime> {
        match self {
            Self::Exact(time) => Some(time),
            Self::AsGit => None,
        }
    }
}

/// An open directory. On platforms without such handles, it is a path that was a directory when it was opened.
pub(crate) struct Directory {
    path: PathBuf,
    handle: sys::Handle,
    manner: Manner,
}

impl Directory {
    pub(crate) fn open(path: &Path, manner: Manner) -> Result<Self, Error> {
        let handle = sys::open(path).at("open", path)?;
        Ok(Self { path: path.to_owned(), handle, manner })
    }

    /// Opens a child that is a directory. If there is none, it is made.
    pub(crate) fn enter(&self, name: &Path) -> Result<Self, Error> {
        let Self { handle, manner, .. } = self;
        let path = self.path.join(name);
        let handle = part(name).and_then(|name| sys::enter(handle, name, *manner)).at("create", &path)?;
        Ok(Self { path, handle, manner: *manner })
    }

    /// Writes a new file and returns it. A file that already exists is an error, because oca did not make it.
    pub(crate) fn write(&self, name: &Path, content: &[u8], is_executable: bool) -> Result<File, Error> {
        let write = |name: &Path| {
            let mut file = sys::create(&self.handle, name, is_executable, self.manner)?;
            file.write_all(content)?;
            if let Some(time) = self.manner.time() {
                file.set_modified(time)?;
            }
            Ok(file)
        };
        part(name).and_then(write).or_else(|error| Err(error).at("write", &self.path.join(name)))
    }

    /// Makes a symlink. The target is bytes, as in git.
    pub(crate) fn link(&self, name: &Path, target: &[u8]) -> Result<(), Error> {
        part(name)
            .and_then(|name| sys::link(&self.handle, name, target, self.manner.time()))
            .at("write", &self.path.join(name))
    }

    /// Gives the directory the time of [`Manner::Exact`]. Call it after everything in it was made.
    fn leave(&self) -> Result<(), Error> {
        let Some(time) = self.manner.time() else { return Ok(()) };
        sys::set_time(&self.handle, time).at("write", &self.path)
    }
}

/// The chain of open directories from a root down to where files are written. Each is opened inside the one before.
pub(crate) struct OpenPath {
    root: Directory,
    below: Vec<(OsString, Directory)>,
}

impl OpenPath {
    pub(crate) fn new(root: Directory) -> Self {
        Self { root, below: Vec::new() }
    }

    /// Goes to the directory of a path below the root, and makes missing directories. Returns it with the file name. Paths
    /// come in their order: with [`Manner::Exact`], nothing may be added to a directory after it was left.
    pub(crate) fn place<'p>(&mut self, path: &'p Path) -> Result<(&Directory, &'p Path), Error> {
        let directory = self.to(path.parent().unwrap_or(Path::new("")))?;
        Ok((directory, Path::new(path.file_name().unwrap_or_default())))
    }

    fn to(&mut self, path: &Path) -> Result<&Directory, Error> {
        let same = self.below.iter().zip(path).take_while(|((name, _), part)| name == part).count();
        self.back_to(same)?;
        for part in path.iter().skip(same) {
            let next = self.here().enter(Path::new(part))?;
            self.below.push((part.to_owned(), next));
        }
        Ok(self.here())
    }

    /// Leaves all directories below the root.
    pub(crate) fn end(mut self) -> Result<(), Error> {
        self.back_to(0)
    }

    fn here(&self) -> &Directory {
        self.below.last().map_or(&self.root, |(_, directory)| directory)
    }

    fn back_to(&mut self, depth: usize) -> Result<(), Error> {
        self.below.drain(depth..).rev().try_for_each(|(_, directory)| directory.leave())
    }
}

/// Accepts only the name of a direct child.
fn part(name: &Path) -> io::Result<&Path> {
    let mut components = name.components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name.as_os_str() => Ok(name),
        _ => Err(io::Error::new(io::ErrorKind::InvalidFilename, "it is not a file name")),
    }
}

#[cfg(unix)]
mod sys {
    use std::fs::{File, Permissions};
    use std::io;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::time::SystemTime;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, futimens, mkdirat, openat, symlinkat, utimensat};

    use super::super::{native_path, times, umask};
    use super::Manner;

    pub(super) type Handle = File;

    fn directory(at: impl std::os::fd::AsFd, path: &Path) -> io::Result<Handle> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(at, path, flags, Mode::empty())?.into())
    }

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        directory(CWD, path)
    }

    pub(super) fn enter(above: &Handle, name: &Path, manner: Manner) -> io::Result<Handle> {
        let bits = if let Manner::AsGit = manner { 0o777 } else { 0o755 };
        match mkdirat(above, name, Mode::from_raw_mode(bits)) {
            Err(rustix::io::Errno::EXIST) => directory(above, name),
            Err(error) => Err(error.into()),
            Ok(()) => {
                let made = directory(above, name)?;
                // The umask and the rules of a parent remove bits, and a parent can pass on its set-group-id bit.
                if let Manner::Exact(_) = manner
                    && made.metadata()?.permissions().mode() & 0o7777 != 0o755
                {
                    made.set_permissions(Permissions::from_mode(0o755))?;
                }
                Ok(made)
            }
        }
    }

    pub(super) fn create(
        above: &Handle,
        name: &Path,
        is_executable: bool,
        manner: Manner,
    ) -> io::Result<File> {
        let mode = match (manner, is_executable) {
            (Manner::Exact(_), false) => 0o644,
            (Manner::Exact(_), true) => 0o755,
            (Manner::AsGit, false) => 0o666,
            (Manner::AsGit, true) => 0o777,
        };
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        #[cfg_attr(target_os = "linux", expect(clippy::useless_conversion, reason = "16 bits on macOS"))]
        let bits = mode.try_into().unwrap_or(0o644);
        let file = File::from(openat(above, name, flags, Mode::from_raw_mode(bits))?);
        if matches!(manner, Manner::Exact(_)) && umask() & mode != 0 {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        Ok(file)
    }

    pub(super) fn link(
        above: &Handle,
        name: &Path,
        target: &[u8],
        time: Option<SystemTime>,
    ) -> io::Result<()> {
        symlinkat(native_path(target), above, name)?;
        let Some(time) = time else { return Ok(()) };
        Ok(utimensat(above, name, &times(time), AtFlags::SYMLINK_NOFOLLOW)?)
    }

    pub(super) fn set_time(directory: &Handle, time: SystemTime) -> io::Result<()> {
        Ok(futimens(directory, &times(time))?)
    }
}

/// This process made the directory, so nobody puts a link there between the check and the write.
#[cfg(not(unix))]
mod sys {
    use std::fs::File;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    use super::Manner;

    pub(super) type Handle = PathBuf;

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        if path.symlink_metadata()?.is_dir() {
            Ok(path.to_owned())
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(super) fn enter(above: &Handle, name: &Path, _manner: Manner) -> io::Result<Handle> {
        let path = above.join(name);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => open(&path),
        }
    }

    pub(super) fn create(
        above: &Handle,
        name: &Path,
        _is_executable: bool,
        _manner: Manner,
    ) -> io::Result<File> {
        File::options().write(true).create_new(true).open(above.join(name))
    }

    /// Windows allows symlinks only to few users, and must know whether the target is a file or a directory.
    pub(super) fn link(
        _above: &Handle,
        _name: &Path,
        _target: &[u8],
        _time: Option<SystemTime>,
    ) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Windows does not open directories like files.
    #[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
    pub(super) fn set_time(_directory: &Handle, _time: SystemTime) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXACT: Manner = Manner::Exact(SystemTime::UNIX_EPOCH);

    #[test]
    fn only_children_are_made() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let directory = Directory::open(root.path(), EXACT).expect("a directory");
        for name in ["", ".", "..", "a/b", "/a", "a/", "../a"] {
            assert!(directory.enter(Path::new(name)).is_err(), "{name}");
            assert!(directory.write(Path::new(name), b"", false).is_err(), "{name}");
        }
        let inner = directory.enter(Path::new("a")).expect("a directory");
        inner.write(Path::new("x"), b"x", false).expect("a file");
        let again = directory.enter(Path::new("a")).expect("the same directory");
        assert!(again.write(Path::new("x"), b"y", false).is_err());
        assert_eq!(std::fs::read(root.path().join("a/x")).expect("a file"), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_takes_no_bits_from_its_parent() {
        use std::fs::{Permissions, metadata, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().expect("a temporary directory");
        set_permissions(root.path(), Permissions::from_mode(0o2777)).expect("a mode");
        let directory = Directory::open(root.path(), EXACT).expect("a directory");
        let mode = |name| {
            directory.enter(Path::new(name)).expect("a directory");
            metadata(root.path().join(name)).expect("a directory").permissions().mode() & 0o7777
        };
        assert_eq!((mode("a"), mode("a")), (0o755, 0o755));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let elsewhere = tempfile::tempdir().expect("a temporary directory");
        let directory = Directory::open(root.path(), EXACT).expect("a directory");
        let target = elsewhere.path().as_os_str().as_encoded_bytes();
        directory.link(Path::new("a"), target).expect("a link");
        assert!(directory.enter(Path::new("a")).is_err());
        assert!(Directory::open(&root.path().join("a"), EXACT).is_err());
        let file = elsewhere.path().join("file");
        directory.link(Path::new("b"), file.as_os_str().as_encoded_bytes()).expect("a link");
        assert!(directory.write(Path::new("b"), b"", false).is_err());
        assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a directory").count(), 0);
    }
}
