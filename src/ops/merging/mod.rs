//! Makes the steps of a repository: resolves what is merged into it, and merges it onto the base.
//!
//! What did not change is used again. A merge that the base has meanwhile contributes nothing. The rest is merged anew;
//! only if that conflicts, if a person resolved it, or if its commit is gone, its recorded step is merged onto the new
//! base. So nobody has to resolve a conflict twice.

mod check;
mod gather;
mod maker;
mod open;
mod patch;
mod replay;
mod start;

use std::sync::Arc;

use maker::{Resolved, StepMaker};
pub(super) use open::{Answer, AnswerStep, Made, Opened, Opening, Refreshed, Unmade};

use super::remotes::Watch;
use crate::git::merging;
use crate::git::{Git, Snapshot, StepCommit};
use crate::lock::{LockedMerge, LockedPatch, LockedRepo, LockedStep, StepTexts, StepWay};
use crate::patch::{Fingerprint, render};
use crate::plan::{Declared, Move};
use crate::repo::{CommitId, PendingMerge, RemoteUrl};
use crate::report::{MergeNote, Trouble};

/// What is merged into a repository, and how.
pub(crate) struct MergeJob<'a> {
    pub(super) declared: &'a Declared,
    /// The url of each merge for requests; `None` is the repository's own.
    pub(super) urls: Vec<Option<RemoteUrl>>,
    pub(super) moves: Vec<Move>,
    /// The patches of the user, in the order of the pin.
    pub(super) patches: Vec<UserFile>,
    /// The entry of the old lock, with the texts of its steps. Its base is of the same remote.
    pub(super) old: Option<(&'a LockedRepo, &'a StepTexts)>,
    /// Without an old entry: the one that has the same patches on another branch or url, with the texts of its steps.
    pub(super) elsewhere: Option<(&'a LockedRepo, &'a StepTexts)>,
    /// If the old entry was merged of two sides: their entries for the same base. Each step was made in one of them.
    pub(super) sides: Vec<&'a LockedRepo>,
    /// The first merges, if `oca resolve` made them already.
    pub(super) answers: &'a [Answer],
}

/// A patch of the user.
pub(crate) struct UserFile {
    /// SHA-256 of the text with `\n` line ends.
    pub(super) digest: [u8; 32],
    pub(super) text: Vec<u8>,
}

/// What the merges of a repository give.
pub(super) struct MergedSteps {
    pub(super) merges: Vec<LockedMerge>,
    pub(super) patches: Vec<LockedPatch>,
    pub(super) texts: StepTexts,
    pub(super) notes: Vec<MergeNote>,
}

impl<'a> MergeJob<'a> {
    /// Makes all steps on top of `snapshot`, which is the base and gets them. `tip` is the head of its branch, if the
    /// remote was asked.
    pub(super) fn run(
        &self,
        git: &Git,
        snapshot: &mut Snapshot<'_, '_>,
        tip: Option<CommitId>,
        watch: &Watch<'_>,
    ) -> Result<MergedSteps, Trouble> {
        watch.step("merging");
        let base = snapshot.clone();
        let mut maker = StepMaker::new(self, git, &base, tip)?;
        let mut merges = Vec::new();
        for position in 0..self.declared.pin.pending.merges.len() {
            merges.push(maker.merge(position, watch)?);
        }
        let mut patches = Vec::new();
        for position in 0..self.declared.pin.pending.patches.len() {
            patches.push(maker.patch(position)?);
        }
        let StepMaker { steps, notes, .. } = maker;
        let mut made = steps.into_iter();
        let mut texts = StepTexts::default();
        let mut lock = |way: Option<StepWay>| -> Result<Option<LockedStep>, Trouble> {
            let Some((way, (patch, tree))) = way.zip(way.and_then(|_| made.next())) else { return Ok(None) };
            let text = render(&patch);
            let fingerprint = Fingerprint::of(&text);
            texts.add(fingerprint.exact, Arc::from(text));
            let commit = snapshot.add_step(patch, tree).map_err(Trouble::Remote)?;
            Ok(Some(LockedStep { way, tree, commit, fingerprint }))
        };
        let merges = merges
            .into_iter()
            .map(|Resolved { reference, commit, way, is_absorbed }| {
                Ok(LockedMerge { reference, commit, step: lock(way)?, is_absorbed })
            })
            .collect::<Result<_, Trouble>>()?;
        let patches = std::iter::zip(&self.patches, patches)
            .map(|(file, way)| Ok(LockedPatch { content: file.digest, step: lock(way)? }))
            .collect::<Result<_, Trouble>>()?;
        Ok(MergedSteps { merges, patches, texts, notes })
    }

    /// The content of the entry, with the steps of the lock.
    pub(crate) fn as_locked<'g, 'm>(
        &self,
        base: Snapshot<'g, 'm>,
        locked: &LockedRepo,
    ) -> Result<Snapshot<'g, 'm>, Trouble> {
        let step = |step: &LockedStep| {
            let patch = self.old.and_then(|(_, texts)| texts.patch(step))?;
            Some(StepCommit { patch, tree: step.tree, commit: step.commit })
        };
        match locked.steps().map(step).collect() {
            Some(steps) => Ok(base.with_steps(steps)),
            None => Err(self.failed("", merging::Error::Forgotten)),
        }
    }

    fn failed(&self, what: &str, error: merging::Error) -> Trouble {
        match error {
            // The base or an object of it.
            merging::Error::Git(error) if what.is_empty() => Trouble::Remote(error),
            error => {
                let what = if what.is_empty() { self.declared.pin.name.to_string() } else { what.to_owned() };
                Trouble::Merge { what, error: Box::new(error) }
            }
        }
    }

    /// A merge as it is typed.
    fn what(&self, pending: &PendingMerge) -> String {
        pending.source.of(&self.declared.pin.name)
    }

    fn pending(&self, position: usize) -> &PendingMerge {
        &self.declared.pin.pending.merges[position]
    }

    fn old(&self) -> Option<&LockedRepo> {
        self.old.map(|(old, _)| old)
    }

    /// The entry of which a patch has a step, with the texts of its steps.
    fn of_patches(&self) -> Option<(&'a LockedRepo, &'a StepTexts)> {
        self.old.or(self.elsewhere)
    }

    /// The merge of the old lock for the same source, and whether all of its declaration is the same.
    fn old_merge(&self, pending: &PendingMerge) -> Option<(usize, &LockedMerge, bool)> {
        let old = self.old()?;
        let of_old = old.pin.pending.merges.iter().zip(&old.merges).enumerate();
        let mut same = of_old.filter(|(_, (known, _))| known.source == pending.source);
        let (position, (known, locked)) = same.next()?;
        Some((position, locked, known == pending))
    }
}
