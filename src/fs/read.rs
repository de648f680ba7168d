//! Reading files. Anyone may have put a file there, so its type is checked first, and at most 256 MiB are read.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use super::platform::limit_of_files;
use super::{Context, Error, reading};

/// In bytes. oca needs no larger file.
const LARGEST: u64 = 256 << 20;
/// How long to wait until the writer of a pipe closes it.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a regular file. Other types are an error: reading a pipe can wait for ever, and a device may have no end.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Even opening a device can have an effect.
    refuse_other(&std::fs::metadata(path)?)?;
    let file = reading().open(path)?;
    refuse_other(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file of at most 256 MiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(LARGEST)).unwrap_or_default());
    read_bounded(file, LARGEST, &mut bytes)?;
    Ok(bytes)
}

/// Fails if the process cannot open 128 more files: libgit2 treats a file that it cannot open as missing.
pub(crate) fn expect_room_for_files(directory: &Path) -> Result<(), Error> {
    const ENOUGH: u64 = 128;
    let Some((limit, open)) = limit_of_files() else { return Ok(()) };
    if limit.saturating_sub(open) >= ENOUGH {
        return Ok(());
    }
    let why = format!("the limit is {limit} and {open} are open; raise the limit with `ulimit -n`");
    Err(io::Error::other(why)).at("open 128 more files, for example in", directory)
}

/// Reads a regular file as UTF-8. Other bytes are an error.
pub(crate) fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|error| io::Error::new(ErrorKind::InvalidData, error.utf8_error()))
}

/// Fails if the path exists and is not a regular file. For callers that let a library open the file.
pub(crate) fn refuse_no_file(path: &Path) -> Result<(), Error> {
    std::fs::metadata(path).map_or(Ok(()), |found| refuse_other(&found)).at("read", path)
}

/// Reads a regular file. Returns `None` if it does not exist.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    there(read(path)).at("read", path)
}

/// The same for a file that the user names for this run. It may be a pipe, such as from `<(command)`. A pipe can be
/// read only once, so its content is kept for later calls.
pub(crate) fn read_given(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    type Content = Result<Option<Vec<u8>>, (io::ErrorKind, String)>;
    static READ: Mutex<Option<HashMap<PathBuf, Content>>> = Mutex::new(None);
    if !is_stream(path) {
        return read_if_there(path);
    }
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let read = read.get_or_insert_default();
    let content = read.entry(path.to_owned()).or_insert_with(|| {
        // A failure is kept too, so that a run waits for a pipe at most once.
        there(read_stream(path, PATIENCE)).map_err(|error| (error.kind(), error.to_string()))
    });
    content.clone().map_err(|(kind, why)| io::Error::new(kind, why)).at("read", path)
}

/// Whether the path is a pipe, a socket or a device, such as `/dev/stdout`. It cannot be replaced as a whole.
pub(crate) fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn read_stream(path: &Path, patience: Duration) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    within(patience, "the writer did not close the pipe", move || {
        let mut bytes = Vec::new();
        File::open(path).and_then(|file| read_bounded(file, LARGEST, &mut bytes))?;
        Ok(bytes)
    })
}

/// Uses a pipe on another thread. If there is nobody at its other end, that thread waits until the process ends.
pub(super) fn within<T: Send + 'static>(
    patience: Duration,
    silence: &str,
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("pipe".to_owned()).spawn(move || {
        let _nobody_waits = sender.send(act());
    })?;
    let silence = || format!("{silence} within {} s", patience.as_secs());
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
        // With a file in the place of a directory, there is nothing below it.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Fails if it is not a regular file, and says what it is.
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
    fn only_regular_files_of_limited_size_are_read() {
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
    fn a_pipe_is_read_only_if_the_user_names_it_and_only_for_a_limited_time() {
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
        // Nobody writes the second time.
        for _ in 0..2 {
            assert_eq!(super::read_given(&pipe).expect("read").as_deref(), Some(&b"token"[..]));
        }
        assert!(writer.join().expect("a writer").is_ok());
    }
}
