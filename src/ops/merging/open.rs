//! Merges and patches that a person makes: opens the one that conflicts, and takes those that are made already.

use std::path::PathBuf;

use super::maker::{Input, Resolved, StepMaker};
use super::replay::OldStep;
use super::{MergeJob, UserFile};
use crate::git::merging::{self, Unmerged};
use crate::git::{Checkout, Git, Snapshot};
use crate::lock::{StepWay, digest_of_patch};
use crate::ops::Watch;
use crate::patch::{self, Header, Patch};
use crate::repo::{CommitId, MergeSource, Objects, Reference, TreeId};
use crate::report::{MergeConflict, Trouble};

/// A merge that is made already.
#[derive(Clone, Debug)]
pub(in crate::ops) struct Answer<S = AnswerStep> {
    /// Without secrets.
    pub(in crate::ops) source: MergeSource,
    pub(in crate::ops) reference: Reference,
    pub(in crate::ops) commit: CommitId,
    pub(in crate::ops) step: S,
}

/// A merge whose step is known. `None` if it changes nothing.
pub(in crate::ops) type Made = Answer<Option<(StepWay, Patch)>>;

impl From<Made> for Answer {
    fn from(Answer { source, reference, commit, step }: Made) -> Self {
        Self { source, reference, commit, step: AnswerStep::Made(step) }
    }
}

/// The step of a merge that is made already.
#[derive(Clone, Debug)]
pub(in crate::ops) enum AnswerStep {
    /// `None` if it changes nothing.
    Made(Option<(StepWay, Patch)>),
    /// It leads to this tree, which a person made in this checkout.
    Tree { tree: TreeId, header: Header, checkout: PathBuf },
}

/// How far the merges of a repository can be made without a person.
pub(in crate::ops) struct Opening {
    pub(in crate::ops) answers: Vec<Made>,
    /// The patches that merged by themselves, so that their files do not fit any more.
    pub(in crate::ops) patches: Vec<Refreshed>,
    /// The next merge, if it conflicts. `None` if all merges are made.
    pub(in crate::ops) open: Option<Opened>,
    /// Why the next patch cannot be applied, if nobody can resolve it.
    pub(in crate::ops) failed: Option<Trouble>,
}

/// A merge that a person has to finish.
pub(in crate::ops) struct Opened {
    pub(in crate::ops) conflict: MergeConflict,
    pub(in crate::ops) of: Unmade,
    pub(in crate::ops) unmerged: Unmerged,
    pub(in crate::ops) objects: Box<dyn Objects + Send>,
}

/// What a person has to make.
#[derive(Clone, Debug)]
pub(in crate::ops) enum Unmade {
    Merge {
        /// Without secrets.
        source: MergeSource,
        reference: Reference,
        commit: CommitId,
    },
    /// A patch of the user, by its path as declared, with what the file has now.
    Patch { path: String, text: Vec<u8> },
}

/// A patch of the user that fits again: a person made it, or it merged by itself. Its file is not written yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::ops) struct Refreshed {
    /// As declared.
    pub(in crate::ops) path: String,
    /// What the file had then.
    pub(in crate::ops) old: Vec<u8>,
    pub(in crate::ops) new: Vec<u8>,
}

impl MergeJob<'_> {
    /// Takes what was made to fit.
    pub(in crate::ops) fn refresh<'p>(&mut self, patches: impl Iterator<Item = &'p Refreshed>) {
        for Refreshed { path, old, new } in patches {
            let position = self.declared.pin.pending.patches.iter().position(|known| known == path);
            // If the user edited the file meanwhile, the edited one counts.
            if let Some(file) = position.map(|at| &mut self.patches[at]).filter(|file| file.text == *old) {
                *file = UserFile { digest: digest_of_patch(new), text: new.clone() };
            }
        }
    }

    /// Makes the merges and applies the patches on top of `snapshot` until one conflicts; `snapshot` gets their steps.
    pub(in crate::ops) fn open(
        &self,
        git: &Git,
        snapshot: &mut Snapshot<'_, '_>,
        tip: Option<CommitId>,
        watch: &Watch<'_>,
    ) -> Result<Opening, Trouble> {
        let base = snapshot.clone();
        let mut maker = StepMaker { opens: true, ..StepMaker::new(self, git, &base, tip)? };
        let mut made = Vec::new();
        let mut patches = Vec::new();
        let stopped = maker.first_stop(&mut made, &mut patches, watch)?;
        let StepMaker { steps, merging, opened, current, .. } = maker;
        let mut steps = steps.into_iter();
        let mut answers = Vec::new();
        for (position, Resolved { reference, commit, way, .. }) in made.into_iter().enumerate() {
            let source = self.pending(position).source.without_secret();
            let step = match way.zip(way.and_then(|_| steps.next())) {
                Some((way, (patch, tree))) => {
                    snapshot.add_step(patch.clone(), tree).map_err(Trouble::Remote)?;
                    Some((way, patch))
                }
                None => None,
            };
            answers.push(Answer { source, reference, commit, step });
        }
        // Those of the patches.
        for (patch, tree) in steps {
            snapshot.add_step(patch, tree).map_err(Trouble::Remote)?;
        }
        let (conflict, failed) = match stopped {
            None => (None, None),
            Some(Stop::Merge(conflict)) => (Some((conflict, None)), None),
            Some(Stop::Patch(position, conflict)) => (Some((conflict, Some(position))), None),
            Some(Stop::Unfit(trouble)) => (None, Some(trouble)),
        };
        let open = conflict.zip(opened).and_then(|((conflict, patch), unmerged)| {
            let of = if let Some(at) = patch {
                let path = self.declared.pin.pending.patches[at].clone();
                Unmade::Patch { path, text: self.patches[at].text.clone() }
            } else {
                let (reference, commit) = current?;
                let source = self.pending(answers.len()).source.without_secret();
                Unmade::Merge { source, reference, commit }
            };
            Some(Opened { conflict, of, unmerged, objects: merging.into_objects() })
        });
        Ok(Opening { answers, patches, open, failed })
    }
}

/// Why a person has to go on.
enum Stop {
    Merge(MergeConflict),
    /// The patch at this position conflicts.
    Patch(usize, MergeConflict),
    /// A patch does not apply, and no step of the old lock can be merged instead.
    Unfit(Trouble),
}

impl<'a> StepMaker<'a> {
    /// Makes the merges and applies the patches until one needs a person.
    fn first_stop(
        &mut self,
        made: &mut Vec<Resolved>,
        patches: &mut Vec<Refreshed>,
        watch: &Watch<'_>,
    ) -> Result<Option<Stop>, Trouble> {
        for position in 0..self.job.declared.pin.pending.merges.len() {
            match self.merge(position, watch) {
                Ok(resolved) => made.push(resolved),
                Err(Trouble::Conflict(found)) => return Ok(Some(Stop::Merge(found))),
                Err(trouble) => return Err(trouble),
            }
        }
        for position in 0..self.job.declared.pin.pending.patches.len() {
            match self.patch(position) {
                Ok(Some(StepWay::Replayed)) => patches.extend(self.rewritten(position)?),
                Ok(_way) => {}
                Err(Trouble::Conflict(found)) => return Ok(Some(Stop::Patch(position, found))),
                // The merges before it are kept until the user has corrected it.
                Err(Trouble::Merge { what, error }) if matches!(*error, merging::Error::Patch(_)) => {
                    return Ok(Some(Stop::Unfit(Trouble::Merge { what, error })));
                }
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(None)
    }

    /// A patch with the changes of the last step.
    fn rewritten(&self, position: usize) -> Result<Option<Refreshed>, Trouble> {
        let Some((step, _)) = self.steps.last() else { return Ok(None) };
        let path = self.job.declared.pin.pending.patches[position].clone();
        let old = self.job.patches[position].text.clone();
        let new = patch::rewritten(&old, step).map_err(|error| self.job.failed(&path, error.into()))?;
        Ok(Some(Refreshed { path, old, new }))
    }

    /// A merge that is made already.
    pub(super) fn answer(&mut self, what: &str, answer: &Answer) -> Result<Resolved, Trouble> {
        let Answer { reference, commit, step, .. } = answer;
        let failed = |error| self.job.failed(what, error);
        let way = match step {
            AnswerStep::Made(None) => None,
            AnswerStep::Made(Some((way, patch))) => {
                let tree = self.merging.reuse(patch).map_err(failed)?;
                self.steps.push((patch.clone(), tree));
                Some(*way)
            }
            AnswerStep::Tree { tree, header, checkout } => {
                let objects = Checkout::new(checkout.clone());
                let objects = objects.tree(*tree).map_err(Trouble::not_inspected)?;
                let step = self.merging.step_to(*tree, header.clone(), &objects).map_err(failed)?;
                self.take(what, step, StepWay::Resolved)?
            }
        };
        let is_absorbed = self.is_all_in_base(way);
        Ok(Resolved { reference: reference.clone(), commit: *commit, way, is_absorbed })
    }

    /// Prepares a step of the old lock for a person.
    pub(super) fn open_replay(&mut self, step: &OldStep<'_>) -> Result<(), merging::Error> {
        let before = self.before(step).ok_or(merging::Error::Forgotten)?;
        let base = self.old_base();
        self.opened = Some(self.merging.open_replay(&base, before, &step.patch)?);
        Ok(())
    }

    /// The base of the old lock.
    fn old_base(&self) -> Snapshot<'a, 'a> {
        self.base.beside(self.job.old().map_or(self.base.commit(), |old| old.commit))
    }

    /// Prepares a merge that a person resolved before, with that resolution. `since` is the commit of the request then.
    /// `None` if the resolution cannot be used.
    pub(super) fn open_again(
        &mut self,
        what: &str,
        step: &OldStep<'_>,
        since: CommitId,
        input: Input<'_>,
    ) -> Result<Option<Unmerged>, Trouble> {
        let Some(before) = self.before(step) else { return Ok(None) };
        let base = self.old_base();
        let unmerged = if since == input.head.commit() {
            let unmerged = self.merging.open_replay(&base, before, &step.patch);
            Some(unmerged.map_err(|error| self.job.failed(what, error))?)
        } else {
            self.with_merge(input, |merging, merge| {
                let since = merge.head.beside(since);
                match merging.open_again(&base, (before, &step.patch), &since, merge) {
                    // The old commit is gone.
                    Err(merging::Error::Git(error)) if error.is_gone() => Ok(None),
                    opened => opened,
                }
            })?
        };
        // Without a conflict, there is nothing to open.
        Ok(unmerged.filter(|unmerged| !unmerged.conflicts.is_empty()))
    }

    /// Merges a step of the old lock, which a person made, and what the request changed since then. `None` if the two
    /// cannot be merged.
    pub(super) fn carry(
        &mut self,
        step: &OldStep<'_>,
        since: CommitId,
        input: Input<'_>,
    ) -> Result<Option<merging::Step>, Trouble> {
        let Some(before) = self.before(step) else { return Ok(None) };
        self.with_merge(input, |merging, merge| {
            let since = merge.head.beside(since);
            match merging.replay_and_merge((before, &step.patch), &since, merge) {
                // If the old commit is gone, the new one is merged as any other.
                Err(merging::Error::Git(error)) if error.is_gone() => Ok(None),
                carried => carried,
            }
        })
    }
}
