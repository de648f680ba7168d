//! A merge that a person has to finish: everything that an ordinary git merge of it needs.

use super::conflict::Conflict;
use super::step::{self, Side};
use super::three_way::Trees;
use super::{Error, Merge, Merging, Outcome, Sides, fetch_of};
use crate::git::Snapshot;
use crate::patch::{Change, Header, Patch, between, describe, result};
use crate::repo::{BlobId, Objects, TreeId};

/// A merge with conflicts. All its objects are among those of [`Merging::into_objects`], or of the result so far.
#[derive(Clone, Debug)]
pub(crate) struct Unmerged {
    /// The tree from which theirs starts.
    pub(crate) ancestor: TreeId,
    /// The tree of the request. If only some modules are wanted, nothing else of it is changed.
    pub(crate) theirs: TreeId,
    /// The result so far with everything that merges without a conflict.
    pub(crate) rest: TreeId,
    /// In the order of their paths.
    pub(crate) conflicts: Vec<Conflict>,
    /// The header of the step.
    pub(crate) header: Header,
}

impl Merging<'_> {
    /// Prepares a merge that conflicts. Fetches all files of the two sides.
    pub(crate) fn open(&mut self, merge: &Merge<'_>) -> Result<Unmerged, Error> {
        self.open_since(&self.base.beside(merge.ancestor), merge)
    }

    fn open_since(&mut self, ancestor: &Snapshot<'_, '_>, merge: &Merge<'_>) -> Result<Unmerged, Error> {
        merge.head.files(1)?;
        ancestor.files(1)?;
        let Sides { old, theirs, changes, header } = self.sides(ancestor, merge)?;
        self.bench.refresh()?;
        let theirs = if merge.modules.is_empty() {
            theirs
        } else {
            let files = describe(&self.bench, changes.clone())?;
            step::of_files(&mut self.bench, old, header.clone(), files)?.tree
        };
        let fetch = fetch_of(self.base, ancestor, merge.head);
        self.unmerged(old, theirs, &changes, header, &fetch)
    }

    /// Prepares a recorded step that conflicts with the result so far. `before` is its tree of [`Merging::recall`], and
    /// `base` is the base for which it was recorded.
    pub(crate) fn open_replay(
        &mut self,
        base: &Snapshot<'_, '_>,
        before: TreeId,
        patch: &Patch,
    ) -> Result<Unmerged, Error> {
        base.files(1)?;
        self.bench.refresh()?;
        let after = result(&self.bench, before, patch.files())?.root;
        let changes = between(&self.bench, before, after)?;
        let ours = self.base;
        let fetch = |_: Side, blobs: &[BlobId]| Ok(ours.blobs(blobs)?);
        self.unmerged(before, after, &changes, patch.header().clone(), &fetch)
    }

    /// Prepares a merge again that a person resolved in a recorded step, for the commit `since` of its request. So the
    /// resolution is on one of the sides. `before` and `base` are as for [`open_replay`](Self::open_replay). `None` if
    /// that step cannot be merged with what was changed in the request since then.
    pub(crate) fn open_again(
        &mut self,
        base: &Snapshot<'_, '_>,
        (before, patch): (TreeId, &Patch),
        since: &Snapshot<'_, '_>,
        merge: &Merge<'_>,
    ) -> Result<Option<Unmerged>, Error> {
        base.files(1)?;
        self.bench.refresh()?;
        let start = self.tree;
        let opened = self.open_upon(before, patch, since, merge);
        // The objects stay on the bench.
        self.tree = start;
        opened
    }

    fn open_upon(
        &mut self,
        before: TreeId,
        patch: &Patch,
        since: &Snapshot<'_, '_>,
        merge: &Merge<'_>,
    ) -> Result<Option<Unmerged>, Error> {
        let start = self.tree;
        // The step fits, so only the request is in conflict, with the result that has the step.
        if let Outcome::Step(replayed) = self.replay(before, patch)? {
            self.accept(&replayed)?;
            return self.open_since(since, merge).map(Some);
        }
        // The step does not fit any more. What the request changed is merged into it.
        self.tree = result(&self.bench, before, patch.files())?.root;
        let Outcome::Step(new) = self.merge_since(since, merge)? else { return Ok(None) };
        self.accept(&new)?;
        let (after, header) = (self.tree, new.patch.header().clone());
        self.tree = start;
        let changes = between(&self.bench, before, after)?;
        let ours = self.base;
        let fetch = |_: Side, blobs: &[BlobId]| Ok(ours.blobs(blobs)?);
        self.unmerged(before, after, &changes, header, &fetch).map(Some)
    }

    fn unmerged(
        &mut self,
        ancestor: TreeId,
        theirs: TreeId,
        changes: &[Change],
        header: Header,
        fetch: step::Fetch<'_>,
    ) -> Result<Unmerged, Error> {
        let trees = Trees { ancestor, ours: self.tree };
        let modules = [self.tree, ancestor, theirs];
        let (conflicts, rest) = step::rest(&mut self.bench, trees, changes, &modules, header.clone(), fetch)?;
        self.bench.add_blobs(rest.blobs.clone());
        Ok(Unmerged { ancestor, theirs, rest: rest.tree, conflicts, header })
    }

    /// The objects of all merges so far.
    pub(crate) fn into_objects(self) -> Box<dyn Objects + Send> {
        Box::new(self.bench)
    }
}
