//! Temporary files that a killed process leaves, and a later one clears away.
//!
//! Whoever writes one holds its lock, which the system lets go of where the process ends. So a file with such a name
//! whose lock can be taken is nobody's. Every write into a directory looks for them there first.

use std::fs::TryLockError;
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::{is_at, open};

const PREFIX: &str = ".oca-";
const SUFFIX: &str = ".tmp";
/// Random letters and digits between the two.
const RANDOM: usize = 6;

/// A new file in a directory, deleted where it is not given a name of its own.
pub(super) fn temporary_in(
    directory: &Path,
    builder: &mut tempfile::Builder<'_, '_>,
) -> io::Result<NamedTempFile> {
    loop {
        let builder = builder.prefix(PREFIX).suffix(SUFFIX).rand_bytes(RANDOM);
        // Its own error names the temporary file, which nobody knows.
        let file = builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))?;
        // Where the file system knows no locks, it stays without one. One that somebody else has locked is being cleared
        // away, or was before.
        let is_cleared = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !is_cleared && is_at(file.as_file(), file.path()) {
            return Ok(file);
        }
    }
}

/// Deletes what killed processes left in a directory. What cannot be deleted stays.
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

/// Puts a file in place as a whole, and does not wait for the disk.
pub(crate) fn put(path: &Path, fill: impl FnOnce(&mut std::fs::File) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    put_by_way_of(directory, path, 0o666, fill)
}

/// The same for a file that nobody may write, with a temporary file in another directory of the same file system: the
/// next write may go into a directory that is not this file's, and clears away what is left in the other.
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
    fn what_nobody_holds_is_cleared_away_and_all_else_stays() {
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
