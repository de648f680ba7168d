//! The content of a locked repository: its commit, and the steps of the lock.

use std::path::PathBuf;

use crate::git::{Meter, Remote, Snapshot, StepCommit};
use crate::lock::{Lock, LockedRepo, StepTexts};
use crate::patch::Patch;
use crate::report::Trouble;
use crate::session::Session;

/// A lock with the texts of its steps.
pub(crate) struct Contents<'l> {
    lock: &'l Lock,
    /// The lock of the project. The files of the steps are beside it.
    file: PathBuf,
    /// Texts that need not be there.
    texts: StepTexts,
}

impl<'l> Contents<'l> {
    pub(crate) fn new(session: &Session<'_>, lock: &'l Lock) -> Self {
        Self { lock, file: session.lock_file(), texts: StepTexts::default() }
    }

    /// The same, with texts of another revision of the project.
    #[must_use]
    pub(crate) fn with_texts(self, texts: StepTexts) -> Self {
        Self { texts, ..self }
    }

    /// The content of an entry, from its remote. Nothing is fetched yet.
    pub(crate) fn of<'a, 'm>(
        &self,
        remote: Remote<'a>,
        locked: &LockedRepo,
        meter: Meter<'m>,
    ) -> Result<Snapshot<'a, 'm>, Trouble> {
        let known: Option<Vec<Patch>> = locked.steps().map(|step| self.texts.patch(step)).collect();
        let patches = match known {
            Some(patches) => patches,
            None => self.lock.patches(locked, &self.file).map_err(Trouble::Steps)?,
        };
        let steps = std::iter::zip(locked.steps(), patches);
        let steps = steps.map(|(step, patch)| StepCommit { patch, tree: step.tree, commit: step.commit });
        Ok(remote.at(locked.commit, &locked.pin.reference, meter).with_steps(steps.collect()))
    }
}
