//! `oca merge-lock`: the merge driver that git may call for `oca.lock.json`.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::fs::{read_given, write_if_changed};
use crate::git;
use crate::lock::{self, Lock, Merged};

/// As git's `%O %A %B` give them.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The lock that both sides began with; empty where there was none
    base: PathBuf,
    /// Our lock, which becomes the merged one
    ours: PathBuf,
    /// Their lock
    theirs: PathBuf,
}

/// Merges by repository, where git would merge by line. What both sides moved stays in conflict markers, for
/// `oca lock --ours` or `--theirs` to settle, and is exit code 1, which tells git of the conflict.
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
    Err(Error::Disputed { file: lock::FILE_NAME.into(), disputes })
}

/// An entry that was edited stays one: it is written with the digest that it has.
fn load(file: &Path) -> Result<Lock, Error> {
    Lock::load_as_it_stands(file)?.ok_or_else(|| Error::NoLock { file: file.to_owned() })
}
