//! Where a merge starts: its commit, and whether the base has it already.

use super::maker::StepMaker;
use crate::git::merging::{self, Landing, Relation, Wanted};
use crate::git::{Remote, Signature, Snapshot};
use crate::lock::LockedMerge;
use crate::plan::Move;
use crate::repo::{CommitId, MergeRef, PendingMerge, Reference};
use crate::report::{MergeNoteKind, Trouble};

/// Where a merge starts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Start {
    From(CommitId),
    /// The base has it already.
    Absorbed,
    /// The base has it, and a later commit reverts it.
    Reverted,
}

impl StepMaker<'_> {
    /// The commit to merge. If the remote does not have it any more, the one of the old lock stays.
    pub(super) fn commit_of(
        &mut self,
        remote: &Remote<'_>,
        pending: &PendingMerge,
        moved: Move,
        old: Option<&LockedMerge>,
    ) -> Result<(Reference, CommitId), Trouble> {
        let what = self.job.what(pending);
        if let Some(known) = commit_without_asking(pending, moved, old) {
            return Ok(known);
        }
        let moved = match (moved, old) {
            (Move::Keep, Some(old)) => Move::Set(old.commit),
            (moved, _) => moved,
        };
        match (remote.resolve_merge(&pending.source.reference), moved, old) {
            (Ok(head), Move::Set(commit), _) => Ok((head.reference, commit)),
            (Ok(head), ..) => Ok((head.reference, head.commit)),
            // The branch was deleted: what is locked stays.
            (Err(merging::Error::MissingRef { .. }), _, Some(old)) => {
                self.note(&what, MergeNoteKind::Gone);
                Ok((old.reference.clone(), old.commit))
            }
            (Err(merging::Error::Git(error)), _, Some(old)) if error.is_gone() => {
                self.note(&what, MergeNoteKind::Gone);
                Ok((old.reference.clone(), old.commit))
            }
            (Err(error), ..) => Err(self.job.failed(&what, error)),
        }
    }

    /// Where a merge starts.
    pub(super) fn start(
        &mut self,
        pending: &PendingMerge,
        head: &Snapshot<'_, '_>,
    ) -> Result<Start, Trouble> {
        let job = self.job;
        let what = job.what(pending);
        match merging::relation(self.base, self.tip, head).map_err(|error| job.failed(&what, error))? {
            Relation::Absorbed => {
                // For the date, and for a later revert. The commits of the request are not among these.
                let landing = self.landing(pending, head, head.commit(), None)?;
                Ok(self.absorbed(&what, landing))
            }
            Relation::From(base) => {
                let failed = |error: merging::Error| job.failed(&what, error);
                let newest = Signature::read(&head.text().map_err(|error| failed(error.into()))?);
                let landing = self.landing(pending, head, base, newest)?;
                Ok(landing.map_or(Start::From(base), |landing| self.absorbed(&what, Some(landing))))
            }
            Relation::Newer { start, .. } if pending.pick => Ok(Start::From(start)),
            Relation::Newer { start, .. } => {
                let reference = job.declared.pin.reference.clone();
                Err(Trouble::NewerStart { what, start, pin: self.base.commit(), reference })
            }
        }
    }

    fn absorbed(&mut self, what: &str, landing: Option<Landing>) -> Start {
        if landing.is_some_and(|landing| landing.is_reverted) {
            self.note(what, MergeNoteKind::Reverted);
            return Start::Reverted;
        }
        self.note(what, MergeNoteKind::Absorbed { on: landing.and_then(|landing| landing.time) });
        Start::Absorbed
    }

    /// Says that the branch has a new merge already, but the base does not.
    pub(super) fn note_landed(&mut self, pending: &PendingMerge, head: &Snapshot<'_, '_>) {
        let Some(tip) = self.tip.filter(|tip| *tip != self.base.commit()) else { return };
        let wanted = Wanted { head: head.commit(), request: pending.source.as_request(), newest: None };
        // It only helps, so a server that does not answer is not an error.
        let landings = merging::landings(&self.base.beside(tip), self.base.commit(), &[wanted]);
        let landing = landings.ok().and_then(|mut landings| landings.pop().flatten());
        if let Some(landing) = landing.filter(|landing| !landing.is_reverted) {
            self.note(&self.job.what(pending), MergeNoteKind::Landed { on: landing.time });
        }
    }

    /// The merge of a request by OCA's bot since this commit. Its commits may have been rebased or amended.
    fn landing(
        &self,
        pending: &PendingMerge,
        head: &Snapshot<'_, '_>,
        since: CommitId,
        newest: Option<Signature>,
    ) -> Result<Option<Landing>, Trouble> {
        let Some(number) = pending.source.as_request().filter(|_| since != self.base.commit()) else {
            return Ok(None);
        };
        let failed = |error| self.job.failed(&self.job.what(pending), error);
        let wanted = Wanted { head: head.commit(), request: Some(number), newest };
        Ok(merging::landings(self.base, since, &[wanted]).map_err(failed)?.pop().flatten())
    }
}

/// The commit to merge, if the remote need not be asked for it.
pub(super) fn commit_without_asking(
    pending: &PendingMerge,
    moved: Move,
    old: Option<&LockedMerge>,
) -> Option<(Reference, CommitId)> {
    // An import knows the commit only.
    let is_known = |old: &&LockedMerge| {
        old.reference.full_name().is_some() || matches!(pending.source.reference, MergeRef::Commit(_))
    };
    let old = old.filter(is_known)?;
    match moved {
        Move::Keep => Some((old.reference.clone(), old.commit)),
        Move::Set(commit) => Some((old.reference.clone(), commit)),
        Move::Ask => None,
    }
}
