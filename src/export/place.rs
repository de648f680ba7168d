//! The destination of an export: what must not be replaced, and how the export gets there.
//!
//! An export is written next to its destination and then swapped with the old directory. If that is impossible (the
//! destination is a mount point, or in a lower layer of an overlay), it is moved in piece by piece. Meanwhile a file
//! marks it as unfinished.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::manifest::{ASIDE_PREFIX, FILE_NAME, Kind, Manifest, UNFINISHED, VOLUME};
use super::{Error, strangers, write};
use crate::fs::{Context, exchange, is_same_mount, lock_if_possible, open_directory, set_mode, stop};
use crate::repo::is_dot_git;

/// A directory that no export may replace. The directories above it are guarded too.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) path: PathBuf,
    /// Completes the message "it is …".
    pub(crate) what: &'static str,
    /// Whether everything inside it is guarded too.
    pub(crate) inside: bool,
}

/// The destination of an export that is being made.
#[derive(Debug)]
pub(crate) struct Site {
    dest: PathBuf,
    aside: TempDir,
    way: Way,
    /// A lock: no other run deletes the temporary directory or refills the same destination.
    _claim: File,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// It is written next to its destination.
    Beside,
    /// It is written inside its destination, which is a mount point or in a directory where oca cannot write.
    Within,
}

impl Site {
    /// Checks whether the destination may be replaced by an export of this kind, and makes a temporary directory for the
    /// export.
    pub(crate) fn open(dest: &Path, kind: Kind, force: bool, guarded: &[Guarded]) -> Result<Self, Error> {
        let dest = real(dest)?;
        refuse_guarded(&dest, guarded)?;
        let exists = inspect(&dest, kind, force)?;
        if let Some(parent) = dest.parent() {
            fs::create_dir_all(parent).at("create", parent)?;
        }
        let (aside, way, claim) = aside(&dest, exists)?;
        Ok(Self { dest, aside, way, _claim: claim })
    }

    /// The destination, without symlinks.
    pub(crate) fn dest(&self) -> &Path {
        &self.dest
    }

    /// The temporary directory in which to write the export.
    pub(crate) fn aside(&self) -> &Path {
        self.aside.path()
    }

    /// Moves the export to its destination. It must be complete, with its manifest.
    pub(crate) fn finish(self, time: SystemTime) -> Result<(), Error> {
        let Self { dest, aside, way, _claim } = self;
        set_mode(aside.path(), 0o755).at("write", aside.path())?;
        write::set_directory_time(aside.path(), time)?;
        if way == Way::Within {
            return refill(&dest, aside.path(), time);
        }
        stop("replacing an export");
        if let Err(error) = exchange(aside.path(), &dest) {
            match error.kind() {
                ErrorKind::NotFound => {
                    fs::rename(aside.path(), &dest).at("create", &dest)?;
                    let _moved = aside.keep();
                    return Ok(());
                }
                _ if is_fixed(&error) => return move_in(&dest, aside, time),
                // The system or the file system cannot swap directories.
                _ => {
                    let old = with_suffix(aside.path(), "-old");
                    match fs::rename(&dest, &old) {
                        Err(error) if is_fixed(&error) => return move_in(&dest, aside, time),
                        other => other.at("replace", &dest)?,
                    }
                    fs::rename(aside.path(), &dest).at("create", &dest)?;
                    let _moved = aside.keep();
                    // If it cannot be deleted now, the next export deletes it.
                    let _left = fs::remove_dir_all(&old);
                    return Ok(());
                }
            }
        }
        // The old export is now in the temporary directory, which is deleted.
        Ok(())
    }
}

/// Whether a directory cannot be renamed because it is a mount point or in a lower layer of an overlay.
fn is_fixed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::CrossesDevices | ErrorKind::ResourceBusy)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The path without symlinks. It need not exist: nothing is made before the path is accepted.
fn real(dest: &Path) -> Result<PathBuf, Error> {
    let mut real = PathBuf::new();
    for component in std::path::absolute(dest).at("find", dest)?.components() {
        match component {
            Component::ParentDir => drop(real.pop()),
            Component::Normal(name) => {
                real.push(name);
                if real.symlink_metadata().is_ok() {
                    real = fs::canonicalize(&real).at("find", &real)?;
                }
            }
            other => real.push(other),
        }
    }
    Ok(real)
}

fn refuse_guarded(dest: &Path, guarded: &[Guarded]) -> Result<(), Error> {
    let refuse = |what| Err(Error::Guarded { dest: dest.to_owned(), what });
    if dest.parent().is_none() {
        return refuse("the root of the file system");
    }
    if dest.components().any(|part| is_dot_git(part.as_os_str().as_encoded_bytes())) {
        return refuse("inside a git repository");
    }
    for Guarded { path, what, inside } in guarded {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        if path.starts_with(dest) || (*inside && dest.starts_with(&path)) {
            return refuse(what);
        }
    }
    Ok(())
}

/// Whether the directory exists. If it is neither empty nor an export of this kind, it is refused without `force`.
fn inspect(dest: &Path, kind: Kind, force: bool) -> Result<bool, Error> {
    match fs::read_dir(dest) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(Error::NotADirectory { dest: dest.to_owned() });
        }
        Err(error) => return Ok(Err(error).at("read", dest)?),
    }
    let is_content =
        |name: &std::ffi::OsString| name != VOLUME && !name.to_string_lossy().starts_with(ASIDE_PREFIX);
    let names: Vec<_> = names(dest)?.into_iter().filter(is_content).collect();
    if names.is_empty() || force || names.iter().any(|name| name == UNFINISHED) {
        return Ok(true);
    }
    if !names.iter().any(|name| name == FILE_NAME) {
        return Err(Error::Foreign { dest: dest.to_owned() });
    }
    let Some(manifest) = Manifest::load(dest)? else { return Ok(true) };
    if manifest.kind != kind {
        return Err(Error::OtherKind { dest: dest.to_owned(), found: manifest.kind });
    }
    match strangers::find(dest, &manifest)? {
        Some(path) => Err(Error::Stranger { dest: dest.to_owned(), path }),
        None => Ok(true),
    }
}

/// Makes a temporary directory on the file system of the destination. Returns it with a lock.
fn aside(dest: &Path, exists: bool) -> Result<(TempDir, Way, File), Error> {
    if let (Some(parent), Some(name)) = (dest.parent(), dest.file_name()) {
        let prefix = format!("{ASIDE_PREFIX}{}-", name.to_string_lossy());
        match beside(parent, &prefix) {
            Ok((aside, claim)) if !exists || is_same_mount(aside.path(), dest) => {
                return Ok((aside, Way::Beside, claim));
            }
            Err(error) if !exists => return Ok(Err(error).at("write in", parent)?),
            _ => {}
        }
    }
    let claim = open_directory(dest).at("open", dest)?;
    let _or_without = lock_if_possible(&claim);
    let aside = tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(dest).at("write in", dest)?;
    Ok((aside, Way::Within, claim))
}

/// Makes a temporary directory next to the destination. Deletes what killed exports left there.
fn beside(parent: &Path, prefix: &str) -> io::Result<(TempDir, File)> {
    // Held until the new directory has its own lock.
    let gate = open_directory(parent)?;
    let _or_without = lock_if_possible(&gate);
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(prefix)
            && open_directory(&entry.path()).is_ok_and(|claim| claim.try_lock().is_ok())
        {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let aside = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
    let claim = open_directory(aside.path())?;
    let _or_without = lock_if_possible(&claim);
    Ok((aside, claim))
}

fn move_in(dest: &Path, aside: TempDir, time: SystemTime) -> Result<(), Error> {
    let inside = dest.join(aside.path().file_name().unwrap_or_default());
    fs::rename(aside.path(), &inside).at("write in", dest)?;
    let _moved = aside.keep();
    refill(dest, &inside, time)
}

/// Replaces the content of a directory with the content of a directory inside it.
///
/// The mark is made first and deleted last. While it exists, the directory does not count as an export.
fn refill(dest: &Path, from: &Path, time: SystemTime) -> Result<(), Error> {
    let mark = dest.join(UNFINISHED);
    fs::write(&mark, "").at("write", &mark)?;
    stop("refilling an export");
    let manifest = dest.join(FILE_NAME);
    match fs::remove_file(&manifest) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Ok(Err(error).at("remove", &manifest)?),
        _ => {}
    }
    for name in names(dest)? {
        let path = dest.join(&name);
        if path != mark && path != from && name != VOLUME {
            remove(&path).at("remove", &path)?;
        }
    }
    for name in names(from)?.into_iter().filter(|name| name != FILE_NAME) {
        let target = dest.join(&name);
        fs::rename(from.join(&name), &target).at("write", &target)?;
    }
    fs::rename(from.join(FILE_NAME), &manifest).at("write", &manifest)?;
    fs::remove_dir(from).at("remove", from)?;
    fs::remove_file(&mark).at("remove", &mark)?;
    // The top of a volume may belong to another user.
    let _not_ours = set_mode(dest, 0o755);
    let _not_ours = write::set_directory_time(dest, time);
    Ok(())
}

/// The names in a directory. All are read before anything is changed, because a listing is undefined during changes.
fn names(directory: &Path) -> Result<Vec<std::ffi::OsString>, Error> {
    let entries = fs::read_dir(directory).at("read", directory)?;
    let names: io::Result<_> = entries.map(|entry| Ok(entry?.file_name())).collect();
    Ok(names.at("read", directory)?)
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}
