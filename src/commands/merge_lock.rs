//! `oca merge-lock`: git's merge driver for `oca.lock.json`.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::fs::{read_given, write_if_changed};
use crate::git;
use crate::lock::{self, Lock, Merged};

/// The files that git passes as `%O %A %B`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lock of the common ancestor; an empty file if there was none
    base: PathBuf,
    /// Our lock; it is replaced by the merged lock
    ours: PathBuf,
    /// Their lock
    theirs: PathBuf,
}

/// Merges by repository, where git would merge by line. If both sides changed a repository, conflict markers remain for
/// `oca lock`, and the exit code 1 tells git about the conflict.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let base = if read_given(&args.base)?.is_none_or(|bytes| bytes.is_empty()) {
        Lock::default()
    } else {
        load(&args.base)?
    };
    let Merged { base, ours, theirs, conflicts, disputes } =
        lock::merge(&base, &load(&args.ours)?, &load(&args.theirs)?);
    if conflicts.is_empty() {
        write_if_changed(&args.ours, ours.render().as_bytes())?;
        return Ok(());
    }
    let [base, ours, theirs] = [base, ours, theirs].map(|lock| lock.render());
    let mut text = git::merge_text(&base, &ours, &theirs)?;
    if lock::conflict_marker(text.as_bytes()).is_none() {
        // Line by line, the two can be merged. The result would be the entry of neither side.
        text = format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n");
    }
    write_if_changed(&args.ours, text.as_bytes())?;
    let names = conflicts.iter().map(ToString::to_string).collect();
    let disputes = disputes.into_iter().map(Into::into).collect();
    Err(Error::ChangedByBoth { file: lock::FILE_NAME.into(), names, disputes })
}

/// Edited entries are accepted and keep their digests, so that they are still seen as edited.
fn load(file: &Path) -> Result<Lock, Error> {
    Lock::load_as_it_stands(file)?.ok_or_else(|| Error::NoLock { file: file.to_owned() })
}
