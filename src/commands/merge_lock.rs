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

/// Merges by repository, where git would merge by line. If both sides moved a pin, conflict markers remain for
/// `oca lock`, and the exit code 1 tells git about the conflict.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let base = if read_given(&args.base)?.is_none_or(|bytes| bytes.is_empty()) {
        Lock::default()
    } else {
        load(&args.base)?
    };
    let Merged { base, ours, theirs, disputes } =
        lock::merge(&base, &load(&args.ours)?, &load(&args.theirs)?);
    let text = if disputes.is_empty() {
        ours.render()
    } else {
        git::merge_text(&base.render(), &ours.render(), &theirs.render())?
    };
    write_if_changed(&args.ours, text.as_bytes())?;
    if disputes.is_empty() {
        return Ok(());
    }
    let disputes = disputes.into_iter().map(Into::into).collect();
    Err(Error::MovedByBoth { file: lock::FILE_NAME.into(), disputes })
}

/// Edited entries are accepted and keep their digests, so that they are still seen as edited.
fn load(file: &Path) -> Result<Lock, Error> {
    Lock::load_as_it_stands(file)?.ok_or_else(|| Error::NoLock { file: file.to_owned() })
}
