//! Reading: who put a file there is not known, so each is looked at before it is read, and never read without end.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::platform::limit_of_files;
use super::{Context, Error, reading};

/// What is larger is no file that oca has a use for.
const LARGEST: u64 = 256 << 20;
/// How long the other end of a pipe has to write and to close.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a regular file. A pipe would make its reader wait for ever, and a device may have no end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // To open a device can already do something.
    refuse_other(&std::fs::metadata(path)?)?;
    let file = reading().open(path)?;
    refuse_other(&file.metadata()?)?;
    Ok(file)
}

/// The content of a regular file.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(LARGEST)).unwrap_or_default());
    read_bounded(file, LARGEST, &mut bytes)?;
    Ok(bytes)
}

/// Refuses a limit of open files that one run would reach: libgit2 takes what it cannot open for missing.
pub(crate) fn expect_room_for_files(directory: &Path) -> Result<(), Error> {
    const ENOUGH: u64 = 128;
    let Some((limit, open)) = limit_of_files() else { return Ok(()) };
    if limit.saturating_sub(open) >= ENOUGH {
        return Ok(());
    }
    let why = format!("the limit is {limit}, and {open} are open: raise it with `ulimit -n`");
    Err(io::Error::other(why)).at("open 128 files more, as in", directory)
}

/// The text of a regular file.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

/// Refuses what is there and is no regular file, for those who will open it.
pub(crate) fn refuse_no_file(path: &Path) -> Result<(), Error> {
    std::fs::metadata(path).map_or(Ok(()), |found| refuse_other(&found)).at("read", path)
}

/// The content of a regular file, or `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    there(read(path)).at("read", path)
}

/// The same for a file that the user names for this run, which may be a pipe such as `<(command)` gives. A pipe gives
/// what it holds once, so that is kept for those who ask again.
pub(crate) fn read_given(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    static READ: Mutex<Option<HashMap<PathBuf, Vec<u8>>>> = Mutex::new(None);
    if !is_stream(path) {
        return read_if_there(path);
    }
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let read = read.get_or_insert_default();
    if let Some(bytes) = read.get(path) {
        return Ok(Some(bytes.clone()));
    }
    let bytes = there(read_stream(path, PATIENCE)).at("read", path)?;
    read.extend(bytes.iter().map(|bytes| (path.to_owned(), bytes.clone())));
    Ok(bytes)
}

/// Whether what is written there flows away, as in `/dev/stdout`: it is a pipe, a socket or a device.
pub(crate) fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// A reader that nobody writes to waits for ever, on a thread that ends with the process.
fn read_stream(path: &Path, patience: Duration) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    std::thread::Builder::new().name("pipe".to_owned()).spawn(move || {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| read_bounded(file, LARGEST, &mut bytes));
        let _nobody_waits = sender.send(read.map(|()| bytes));
    })?;
    let silence = || format!("the other end of the pipe did not close it within {} s", patience.as_secs());
    receiver.recv_timeout(patience).unwrap_or_else(|_| Err(io::Error::new(ErrorKind::TimedOut, silence())))
}

fn read_bounded(file: impl Read, largest: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    file.take(largest + 1).read_to_end(bytes)?;
    if bytes.len() as u64 > largest {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it is larger than {} MiB", largest >> 20),
        ));
    }
    Ok(())
}

fn there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Says what it is instead of a file.
pub(super) fn refuse_other(metadata: &Metadata) -> io::Result<()> {
    match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => Ok(()),
        (_, true) => Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory, not a file")),
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "it is a pipe or a device, not a file")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::path::Path;

    use super::{LARGEST, read, read_bounded};

    #[test]
    fn nothing_but_a_file_is_read_and_no_file_without_end() {
        let directory = tempfile::tempdir().expect("a directory");
        let large = directory.path().join("large");
        std::fs::File::create(&large).and_then(|file| file.set_len(LARGEST + 1)).expect("a sparse file");
        let kind = |path: &Path| read(path).err().map(|error| error.kind());
        assert_eq!(kind(&large), Some(ErrorKind::FileTooLarge));
        assert_eq!(kind(directory.path()), Some(ErrorKind::IsADirectory));
        assert_eq!(kind(&directory.path().join("absent")), Some(ErrorKind::NotFound));
        let mut bytes = Vec::new();
        assert!(read_bounded(&[0; 4][..], 4, &mut bytes).is_ok());
        assert!(read_bounded(&[0; 5][..], 4, &mut bytes).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_read_only_where_it_is_named_on_purpose_and_not_for_ever() {
        use std::time::Duration;
        let directory = tempfile::tempdir().expect("a directory");
        let [silent, pipe] = ["silent", "pipe"].map(|name| directory.path().join(name));
        for pipe in [&silent, &pipe] {
            assert!(std::process::Command::new("mkfifo").arg(pipe).status().expect("mkfifo").success());
        }
        for other in [&*silent, Path::new("/dev/zero")] {
            assert_eq!(read(other).expect_err("no file").kind(), ErrorKind::InvalidInput);
        }
        let silence = super::read_stream(&silent, Duration::from_millis(1)).expect_err("nobody writes");
        assert_eq!(silence.kind(), ErrorKind::TimedOut);
        let writer = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::write(pipe, "token")
        });
        // The second time nobody writes.
        for _ in 0..2 {
            assert_eq!(super::read_given(&pipe).expect("read").as_deref(), Some(&b"token"[..]));
        }
        assert!(writer.join().expect("a writer").is_ok());
    }
}
