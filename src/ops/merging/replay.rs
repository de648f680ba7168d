//! The steps of the old lock: used again where nothing changed, or merged onto the new base.

use super::maker::StepMaker;
use crate::git::merging::{self, Outcome};
use crate::lock::{LockedRepo, LockedStep, StepWay};
use crate::patch::Patch;
use crate::repo::TreeId;
use crate::report::{ConflictWith, MergeConflict, Trouble};

/// The way of a step that was merged again. `None` if it changes nothing any more.
pub(super) struct Replayed(pub(super) Option<StepWay>);

/// The entry in which a step was made.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Origin {
    /// The old entry, or the one of another branch.
    Old,
    /// The one of a side with this number.
    Side(usize),
}

/// A step of the old lock.
pub(super) struct OldStep<'a> {
    pub(super) origin: Origin,
    /// Among the steps of its origin.
    pub(super) place: usize,
    pub(super) locked: &'a LockedStep,
    pub(super) patch: Patch,
}

impl<'a> StepMaker<'a> {
    /// The step of the old lock at this position among its merges and patches.
    pub(super) fn old_step<'o>(&self, position: usize, locked: &'o LockedStep) -> Option<OldStep<'o>>
    where
        'a: 'o,
    {
        let (old, texts) = self.job.of_patches()?;
        let in_side = |(number, side): (usize, &&LockedRepo)| {
            Some((Origin::Side(number), side.steps().position(|step| step == locked)?))
        };
        let of_side = self.job.sides.iter().enumerate().find_map(in_side);
        let (origin, place) = of_side.unwrap_or_else(|| (Origin::Old, steps_before(old, position)));
        Some(OldStep { origin, place, locked, patch: texts.patch(locked)? })
    }

    /// The entry in which a step was made.
    pub(super) fn origin(&self, origin: Origin) -> Option<&'a LockedRepo> {
        match origin {
            Origin::Old => self.job.of_patches().map(|(old, _)| old),
            Origin::Side(number) => self.job.sides.get(number).copied(),
        }
    }

    /// Whether the result so far is what the old lock had before this position among its merges and patches.
    pub(super) fn is_where_old_was(&self, position: usize) -> bool {
        let Some(old) = self.job.old() else { return false };
        if old.commit != self.base.commit() || !old.is_whole() {
            return false;
        }
        let before = old.steps().take(steps_before(old, position)).last();
        match before {
            Some(step) => step.tree == self.merging.tree(),
            None => self.steps.is_empty(),
        }
    }

    pub(super) fn reuse(&mut self, step: &OldStep<'_>) -> Result<StepWay, Trouble> {
        let tree = self.merging.reuse(&step.patch).map_err(|error| self.job.failed("", error))?;
        self.steps.push((step.patch.clone(), tree));
        Ok(step.locked.way)
    }

    /// Merges a step of the old lock onto the result so far.
    pub(super) fn replay(&mut self, what: &str, step: &OldStep<'_>) -> Result<Option<StepWay>, Trouble> {
        match self.replayed(step).map_err(|error| self.job.failed(what, error))? {
            Outcome::Step(new) => {
                let way = step.locked.way;
                let way = if way == StepWay::Resolved { way } else { StepWay::Replayed };
                self.take(what, *new, way)
            }
            Outcome::Conflicts(conflicts) => {
                let with = if self.steps.is_empty() {
                    ConflictWith::Base
                } else {
                    ConflictWith::Earlier { what: None }
                };
                if self.opens {
                    self.open_replay(step).map_err(|error| self.job.failed(what, error))?;
                }
                let (repo, what) = (self.job.declared.pin.name.clone(), what.to_owned());
                Err(Trouble::Conflict(MergeConflict { repo, what, with, conflicts }))
            }
        }
    }

    /// The same. `None` if the step conflicts, or if a step before it is missing.
    pub(super) fn replay_if_it_fits(
        &mut self,
        what: &str,
        step: &OldStep<'_>,
    ) -> Result<Option<Replayed>, Trouble> {
        if self.before(step).is_none() {
            return Ok(None);
        }
        match self.replay(what, step) {
            Err(Trouble::Conflict(_)) => Ok(None),
            replayed => Ok(Some(Replayed(replayed?))),
        }
    }

    pub(super) fn replayed(&mut self, step: &OldStep<'_>) -> Result<Outcome, merging::Error> {
        match self.before(step) {
            Some(before) => self.merging.replay(before, &step.patch),
            None => Err(merging::Error::Forgotten),
        }
    }

    /// The tree before a step of the old lock. `None` if a step before it is missing or does not fit any more: the lock
    /// may have been edited or merged line by line.
    pub(super) fn before(&mut self, step: &OldStep<'_>) -> Option<TreeId> {
        if !self.before.contains_key(&step.origin) {
            let (origin, (_, texts)) = (self.origin(step.origin)?, self.job.of_patches()?);
            let patches: Vec<Patch> = origin.steps().map_while(|step| texts.patch(step)).collect();
            let base = self.base.beside(origin.commit);
            let before = self.merging.recall(&base, &patches.iter().collect::<Vec<_>>());
            self.before.insert(step.origin, before.unwrap_or_default());
        }
        self.before.get(&step.origin)?.get(step.place).copied()
    }
}

/// The number of steps before this position among the merges and patches of an entry.
fn steps_before(old: &LockedRepo, position: usize) -> usize {
    let of_merges = old.merges.iter().map(|merge| merge.step.is_some());
    let of_patches = old.patches.iter().map(|patch| patch.step.is_some());
    of_merges.chain(of_patches).take(position).filter(|has_step| *has_step).count()
}
