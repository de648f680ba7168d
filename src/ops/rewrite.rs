//! Changes `repos.toml` and the lock together, or neither of them, for `oca add` and `oca remove`.

use std::path::PathBuf;

use crate::config::{Draft, Mode};
use crate::error::{Error, MergeError};
use crate::flags::Format;
use crate::fs::{DirectoryLock, read_if_there, write_if_changed};
use crate::json::ChangeReport;
use crate::lock::{Lock, LockedMerge};
use crate::output::Printer;
use crate::plan::Moves;
use crate::repo::{MergeSource, Reference, RepoName};
use crate::session::Session;

use super::ahead::Ahead;
use super::careful::Care;
use super::update::{update, update_with, upgrade};
use super::updated::Updated;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A change in progress. It holds the project's lock, so no other oca changes the project at the same time.
pub(crate) struct Rewrite<'a> {
    /// The project as it was locked last.
    pub(crate) session: Session<'a>,
    pub(crate) draft: Draft,
    old: Vec<u8>,
    updated: Option<Updated>,
    /// Whether pins may have moved, so that the lock is written even if the text has not changed.
    moves: bool,
    _claim: DirectoryLock,
}

impl<'a> Rewrite<'a> {
    pub(crate) fn begin(session: &Session<'a>) -> Result<Self, Error> {
        let claim = session.claim()?;
        let file = &session.config.file;
        let old = read_if_there(file)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&old);
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
        // Read it again: another oca may have changed it while this one waited for the lock.
        let session = session.with_text(text)?;
        Ok(Self { draft: Draft::new(file, text), session, old, updated: None, moves: false, _claim: claim })
    }

    /// Locks what the draft declares, without writing anything. It can be called again after more changes.
    pub(crate) fn lock(&mut self) -> Result<&Lock, Error> {
        let session = self.session.with_text(self.draft.text())?;
        let updated = match self.updated.take() {
            None => update(&session, session.lock()?, &Moves::Missing, &Ahead::default())?,
            Some(Updated { lock, old, steps, failures, held, .. }) => {
                let next = update_with(&session, Some(lock), steps, &Moves::Missing, &Ahead::default())?;
                let mut next = next.since(old);
                next.failures.extend(failures);
                next.held.extend(held);
                next
            }
        };
        self.session = session;
        Ok(&self.updated.insert(updated).lock)
    }

    /// Locks the draft after these moves, without writing anything. It must be the first lock.
    pub(crate) fn upgrade(&mut self, moves: &Moves, care: Care) -> Result<&Lock, Error> {
        self.moves = true;
        let updated = upgrade(&self.session, self.session.lock()?, moves, care)?;
        Ok(&self.updated.insert(updated).lock)
    }

    /// The lock of the last call of [`lock`](Self::lock).
    pub(crate) fn locked(&self) -> Option<&Lock> {
        self.updated.as_ref().map(|updated| &updated.lock)
    }

    /// A merge in the lock of the last call of [`lock`](Self::lock). There are several if profiles have several branches
    /// of the repository.
    fn merges_of<'s>(
        &'s self,
        name: &'s RepoName,
        source: &'s MergeSource,
    ) -> impl Iterator<Item = &'s LockedMerge> {
        let repos = self.locked().into_iter().flat_map(|lock| &lock.repos);
        let of_repo = repos.filter(|repo| repo.pin.name == *name);
        let merges = of_repo.flat_map(|repo| repo.pin.pending.merges.iter().zip(&repo.merges));
        merges.filter(|(merge, _)| merge.source == *source).map(|(_, locked)| locked)
    }

    /// The ref that led to the commit of a merge.
    pub(crate) fn reference_of(&self, name: &RepoName, source: &MergeSource) -> Option<Reference> {
        self.merges_of(name, source).next().map(|locked| locked.reference.clone())
    }

    /// The title of the merged commit. `None` if the merge changes nothing.
    pub(crate) fn title_of(&self, name: &RepoName, source: &MergeSource) -> Option<String> {
        let step = self.merges_of(name, source).find_map(|locked| locked.step.as_ref())?;
        Some(self.updated.as_ref()?.steps.patch(step)?.header().title.clone())
    }

    /// The error of a change that a conflict prevents. `by_hand` says how the user makes it, so that a person can resolve
    /// the conflict.
    pub(crate) fn by_hand(&self, repo: RepoName, by_hand: String, conflict: Error) -> Error {
        let config = &self.session.config;
        let (file, in_submodules) = (config.file.clone(), config.mode == Mode::Submodule);
        MergeError::NotRewritten { file, by_hand, repo, in_submodules, cause: Box::new(conflict) }.into()
    }

    /// The change without writing it.
    pub(crate) fn discard(self) -> Option<Rewritten<'a>> {
        let Self { session, updated, .. } = self;
        updated.map(|updated| Rewritten { session, updated })
    }

    /// Writes the draft alone, because what it declares cannot be locked.
    pub(crate) fn finish_without_lock(self) -> Result<(), Error> {
        let (file, text) = self.written();
        write_if_changed(&file, &text)?;
        Ok(())
    }

    /// The file of the draft, and its new content.
    fn written(&self) -> (PathBuf, Vec<u8>) {
        let mark = if self.old.starts_with(BYTE_ORDER_MARK.as_bytes()) { BYTE_ORDER_MARK } else { "" };
        (self.session.config.file.clone(), [mark.as_bytes(), self.draft.text().as_bytes()].concat())
    }

    /// Writes the draft, and the lock of the last call of [`lock`](Self::lock). If the text has not changed and
    /// nothing was to move, nothing is written.
    ///
    /// `repos.toml` is written first. A kill between the two writes then leaves a lock with a missing or an extra pin, as
    /// after an edit by hand, and `oca lock` repairs it. In the other order, a removed repository would be locked again
    /// at a different commit.
    pub(crate) fn finish(self) -> Result<Option<Rewritten<'a>>, Error> {
        let (file, new) = self.written();
        let Self { session, old, updated, moves, _claim, .. } = self;
        let Some(updated) = updated.filter(|_| moves || new != old) else { return Ok(None) };
        write_if_changed(&file, &new)?;
        if let Err(error) = updated.save(&session) {
            return Err(match write_if_changed(&file, &old) {
                Ok(_) => error,
                Err(_) => Error::HalfRewritten { file, cause: Box::new(error) },
            });
        }
        Ok(Some(Rewritten { session, updated }))
    }
}

/// A completed change.
pub(crate) struct Rewritten<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) updated: Updated,
}

/// Reports the changes of the lock. JSON is printed even if nothing changed.
pub(crate) fn tell(rewritten: Option<&Rewritten<'_>>, format: Format, printer: &Printer) {
    match (format, rewritten) {
        (Format::Json, Some(Rewritten { updated, .. })) => {
            printer.json(&ChangeReport::of(&updated.changes, &updated.held, &[]));
        }
        (Format::Json, None) => printer.json(&ChangeReport::of(&[], &[], &[])),
        (Format::Human, Some(rewritten)) => rewritten.updated.tell(&rewritten.session),
        (Format::Human, None) => {}
    }
}
