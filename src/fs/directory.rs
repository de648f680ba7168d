//! Writes into an open directory instead of a path. If something replaces the directory meanwhile, no link is followed.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use super::{Context, Error};

/// An open directory. On platforms without such handles, it is a path that was a directory when it was opened.
pub(crate) struct Directory {
    path: PathBuf,
    handle: sys::Handle,
}

impl Directory {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let handle = sys::open(path).at("open", path)?;
        Ok(Self { path: path.to_owned(), handle })
    }

    /// Opens a child that is a directory. If there is none, it is made.
    pub(crate) fn enter(&self, name: &Path) -> Result<Self, Error> {
        let path = self.path.join(name);
        let handle = part(name).and_then(|name| sys::enter(&self.handle, name)).at("create", &path)?;
        Ok(Self { path, handle })
    }

    /// Writes a new file. A file that already exists is an error, because oca did not make it.
    pub(crate) fn write(
        &self,
        name: &Path,
        content: &[u8],
        mode: u32,
        time: SystemTime,
    ) -> Result<(), Error> {
        let write = |name: &Path| {
            let mut file = sys::create(&self.handle, name, mode)?;
            io::Write::write_all(&mut file, content)?;
            file.set_modified(time)
        };
        part(name).and_then(write).at("write", &self.path.join(name))
    }

    /// Makes a symlink. The target is bytes, as in git.
    pub(crate) fn link(&self, name: &Path, target: &[u8], time: SystemTime) -> Result<(), Error> {
        part(name)
            .and_then(|name| sys::link(&self.handle, name, target, time))
            .at("write", &self.path.join(name))
    }

    pub(crate) fn set_time(&self, time: SystemTime) -> Result<(), Error> {
        sys::set_time(&self.handle, time).at("write", &self.path)
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

    pub(super) type Handle = File;

    fn directory(at: impl std::os::fd::AsFd, path: &Path) -> io::Result<Handle> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(at, path, flags, Mode::empty())?.into())
    }

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        directory(CWD, path)
    }

    pub(super) fn enter(above: &Handle, name: &Path) -> io::Result<Handle> {
        match mkdirat(above, name, Mode::from_raw_mode(0o755)) {
            Err(rustix::io::Errno::EXIST) => directory(above, name),
            Err(error) => Err(error.into()),
            Ok(()) => {
                let made = directory(above, name)?;
                // `mkdir` alone is not enough: the umask removes bits, and a parent can pass on its set-group-id bit.
                made.set_permissions(Permissions::from_mode(0o755))?;
                Ok(made)
            }
        }
    }

    pub(super) fn create(above: &Handle, name: &Path, mode: u32) -> io::Result<File> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        #[cfg_attr(target_os = "linux", expect(clippy::useless_conversion, reason = "16 bits on macOS"))]
        let bits = mode.try_into().unwrap_or(0o644);
        let file = File::from(openat(above, name, flags, Mode::from_raw_mode(bits))?);
        if umask() & mode != 0 {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        Ok(file)
    }

    pub(super) fn link(above: &Handle, name: &Path, target: &[u8], time: SystemTime) -> io::Result<()> {
        symlinkat(native_path(target), above, name)?;
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

    pub(super) type Handle = PathBuf;

    pub(super) fn open(path: &Path) -> io::Result<Handle> {
        if path.symlink_metadata()?.is_dir() {
            Ok(path.to_owned())
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    pub(super) fn enter(above: &Handle, name: &Path) -> io::Result<Handle> {
        let path = above.join(name);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => open(&path),
        }
    }

    pub(super) fn create(above: &Handle, name: &Path, _mode: u32) -> io::Result<File> {
        File::options().write(true).create_new(true).open(above.join(name))
    }

    /// Windows allows symlinks only to few users, and must know whether the target is a file or a directory.
    pub(super) fn link(_above: &Handle, _name: &Path, _target: &[u8], _time: SystemTime) -> io::Result<()> {
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

    #[test]
    fn only_children_are_made() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let directory = Directory::open(root.path()).expect("a directory");
        for name in ["", ".", "..", "a/b", "/a", "a/", "../a"] {
            assert!(directory.enter(Path::new(name)).is_err(), "{name}");
            assert!(directory.write(Path::new(name), b"", 0o644, SystemTime::UNIX_EPOCH).is_err(), "{name}");
        }
        let inner = directory.enter(Path::new("a")).expect("a directory");
        inner.write(Path::new("x"), b"x", 0o644, SystemTime::UNIX_EPOCH).expect("a file");
        let again = directory.enter(Path::new("a")).expect("the same directory");
        assert!(again.write(Path::new("x"), b"y", 0o644, SystemTime::UNIX_EPOCH).is_err());
        assert_eq!(std::fs::read(root.path().join("a/x")).expect("a file"), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let elsewhere = tempfile::tempdir().expect("a temporary directory");
        let directory = Directory::open(root.path()).expect("a directory");
        let target = elsewhere.path().as_os_str().as_encoded_bytes();
        directory.link(Path::new("a"), target, SystemTime::UNIX_EPOCH).expect("a link");
        assert!(directory.enter(Path::new("a")).is_err());
        assert!(Directory::open(&root.path().join("a")).is_err());
        let file = elsewhere.path().join("file");
        directory
            .link(Path::new("b"), file.as_os_str().as_encoded_bytes(), SystemTime::UNIX_EPOCH)
            .expect("a link");
        assert!(directory.write(Path::new("b"), b"", 0o644, SystemTime::UNIX_EPOCH).is_err());
        assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a directory").count(), 0);
    }
}
