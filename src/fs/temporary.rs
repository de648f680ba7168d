//! Temporary files. If a process is killed, a later run deletes the temporary files that it left.
//!
//! The process that writes such a file holds a lock on it, and the system releases the lock when the process ends. So a
//! file with such a name whose lock is free belongs to no process. Every write into a directory first deletes such
//! files.

use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::{is_at, open};

const PREFIX: &str = ".oca-";
const SUFFIX: &str = ".tmp";
/// The number of random letters and digits between the two.
const RANDOM: usize = 6;

/// Makes a temporary file in a directory. It is deleted unless it gets a final name.
pub(super) fn temporary_in(
    directory: &Path,
    builder: &mut tempfile::Builder<'_, '_>,
) -> io::Result<NamedTempFile> {
    loop {
        let builder = builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
        // The error of `tempfile` names the temporary file, which means nothing to the user.
        let file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
        // If the file system has no locks, the file has none. If another process has locked the file, that process
        // deletes it or has deleted it.
        let is_cleared = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !is_cleared && is_at(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
}

/// Deletes the temporary files that killed processes left in a directory. Files that cannot be deleted stay.
pub(crate) fn sweep(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if !is_temporary(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = open(&path)
            && file.try_lock().is_ok()
            && is_at(&file, &path)
        {
            let _left = std::fs::remove_file(&path);
        }
    }
}

fn is_temporary(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|name| name.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Replaces a file as a whole. Does not flush it to the disk.
pub(crate) fn put(path: &Path, fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    put_by_way_of(directory, path, 0o666, fill)
}

/// The same for a read-only file. The temporary file is in `directory`, which is on the same file system: the next
/// write may go into another directory than that of `path`, and it deletes only what was left in `directory`.
pub(crate) fn put_read_only(directory: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put_by_way_of(directory, path, 0o444, |aside| aside.write_all(bytes))
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
fn put_by_way_of(
    directory: &Path,
    path: &Path,
    mode: u32,
    fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>,
) -> io::Result<()> {
    sweep(directory);
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    let mut aside = temporary_in(directory, &mut builder)?;
    fill(aside.as_file_mut())?;
    aside.as_file_mut().flush()?;
    super::stop("putting");
    aside.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::{sweep, temporary_in};

    #[test]
    fn only_temporary_files_without_a_lock_are_deleted() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        for name in [".oca-a1B2c3.tmp", ".oca-mine.tmp", "oca-a1B2c3.tmp", ".oca-a1B2c3.tmp.txt"] {
            std::fs::write(at(name), "").expect("a file");
        }
        std::fs::create_dir(at(".oca-d1r3ct.tmp")).expect("a folder");
        let held = temporary_in(directory.path(), &mut tempfile::Builder::new()).expect("a file");
        sweep(directory.path());
        assert!(held.path().exists() && !at(".oca-a1B2c3.tmp").exists());
        let left = std::fs::read_dir(directory.path()).expect("a folder").count();
        assert_eq!(left, 5);
    }
}
