//! Writing files: a file is replaced as a whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::platform::{keep_owner, permissions_for, sync_directory};
use super::read::{PATIENCE, within};
use super::temporary::{sweep, temporary_in};
use super::{Context, Error, is_stream, read_if_there};

/// Whether a write changed the file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Written {
    Changed,
    Unchanged,
}

/// Replaces a file as a whole, if the bytes differ. Readers see the old content or the new content, never a part.
///
/// If the path is a symlink, its target is replaced and the link stays. The mode of an existing file is kept.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<Written, Error> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| pointed_at(path));
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sweep(directory);
    if read_if_there(&target)?.is_some_and(|old| old == bytes) {
        return Ok(Written::Unchanged);
    }
    replace(&target, directory, bytes).at("write", path)?;
    Ok(Written::Changed)
}

/// The same for output that the user asked for. It may go to a pipe or a device.
pub(crate) fn write_out(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if is_stream(path) {
        return write_stream(path, bytes).at("write", path);
    }
    write_if_changed(path, bytes).map(drop)
}

/// Makes a new file that this process reads and writes, and nobody may write later. It is an error if it exists.
pub(crate) fn create_read_only(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create_new(true).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o444);
    options.open(path)
}

fn write_stream(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (path, bytes) = (path.to_owned(), bytes.to_owned());
    within(PATIENCE, "nobody read the pipe", move || {
        File::options().write(true).open(path).and_then(|mut file| file.write_all(&bytes))
    })
}

/// The target of a symlink, even if the target does not exist. Any other path is returned as it is.
fn pointed_at(path: &Path) -> PathBuf {
    match std::fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path.to_owned(),
    }
}

fn replace(target: &Path, directory: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    let permissions = permissions_for(target);
    if let Some(permissions) = &permissions {
        builder.permissions(permissions.clone());
    }
    let mut file = temporary_in(directory, &mut builder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if !directory.exists() => {
            io::Error::new(error.kind(), format!("there is no directory `{}`", directory.display()))
        }
        _ => error,
    })?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    keep_owner(target, file.path());
    file.as_file().sync_all()?;
    super::stop("replacing");
    match file.persist(target) {
        // A file that is mounted into a container cannot be replaced, only written in place.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => std::fs::write(target, bytes),
        other => other.map(|_| sync_directory(directory)).map_err(io::Error::from),
    }
}
