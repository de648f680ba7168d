//! The content of a locked repository: its commit, and the steps of the lock.

use std::path::PathBuf;

use crate::git::{Meter, Remote, Snapshot, StepCommit};
use crate::lock::{Lock, LockedRepo};
use crate::report::Trouble;
use crate::session::Session;

/// A lock and its file: the files of the steps are beside it.
pub(crate) struct Contents<'l> {
    lock: &'l Lock,
    file: PathBuf,
}

impl<'l> Contents<'l> {
    pub(crate) fn new(session: &Session<'_>, lock: &'l Lock) -> Self {
        Self { lock, file: session.lock_file() }
    }

    /// The content of an entry, from its remote. Nothing is fetched yet.
    pub(crate) fn of<'a, 'm>(
        &self,
        remote: Remote<'a>,
        locked: &LockedRepo,
        meter: Meter<'m>,
    ) -> Result<Snapshot<'a, 'm>, Trouble> {
        let patches = self.lock.patches(locked, &self.file).map_err(Trouble::Steps)?;
        let steps = std::iter::zip(locked.steps(), patches);
        let steps = steps.map(|(step, patch)| StepCommit { patch, tree: step.tree, commit: step.commit });
        Ok(remote.at(locked.commit, &locked.pin.reference, meter).with_steps(steps.collect()))
    }
}
