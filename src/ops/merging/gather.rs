//! Asks the repository's own remote for all merges at once.

use super::MergeJob;
use super::start::commit_without_asking;
use crate::git::merging::{Expected, gather};
use crate::git::{Error, Remote, Snapshot};
use crate::plan::Move;
use crate::repo::{CommitId, MergeRef, Reference};

impl MergeJob<'_> {
    /// Asks for the base and for all merges of the same remote in one request. The answers are kept for this run.
    pub(in crate::ops) fn ask(&self, remote: &Remote<'_>, base: &Reference) -> Result<(), Error> {
        let mut names: Vec<String> = base.full_name().into_iter().collect();
        for (position, merge) in self.declared.pin.pending.merges.iter().enumerate() {
            if self.urls[position].is_none() && self.known_commit(position).is_none() {
                names.extend(merge.source.reference.full_names());
            }
        }
        if names.is_empty() { Ok(()) } else { remote.resolve_all(&names).map(drop) }
    }

    /// Brings what the merges of the same remote read, in few requests.
    pub(super) fn gather(&self, base: &Snapshot<'_, '_>, tip: Option<CommitId>) {
        let merges = &self.declared.pin.pending.merges;
        let of_old = self.old().filter(|old| old.commit == base.commit() && old.is_whole());
        let (mut all, mut is_as_before) = (Vec::new(), true);
        for (position, pending) in
            merges.iter().enumerate().filter(|(position, _)| self.urls[*position].is_none())
        {
            let Some((reference, head)) = self.commit(position, base.remote()) else { continue };
            let old = of_old.and_then(|old| {
                let is_same = old.pin.pending.merges.get(position) == Some(pending);
                old.merges.get(position).filter(|old| is_same && old.commit == head)
            });
            // A step that did not change is used again.
            is_as_before &= old.is_some();
            if !is_as_before {
                let is_request = pending.source.as_request().is_some();
                all.push(Expected { head, reference, is_request, modules: pending.modules.as_deref() });
            }
        }
        gather(base, tip, &all);
    }

    /// The commit to merge. `None` if the remote does not say it.
    fn commit(&self, position: usize, remote: &Remote<'_>) -> Option<(Reference, CommitId)> {
        let known = || {
            let head = remote.resolve_merge(&self.pending(position).source.reference).ok()?;
            let commit = if let Move::Set(commit) = self.moves[position] { commit } else { head.commit };
            Some((head.reference, commit))
        };
        self.known_commit(position).or_else(known)
    }

    /// The commit to merge, if no request is needed to know it.
    fn known_commit(&self, position: usize) -> Option<(Reference, CommitId)> {
        let pending = self.pending(position);
        if let MergeRef::Commit(commit) = pending.source.reference {
            return Some((Reference::Rev(commit), commit));
        }
        let old = self.old_merge(pending).map(|(_, old, _)| old);
        commit_without_asking(pending, self.moves[position], old)
    }
}
