//! Proves the steps of a lock: makes each merge anew, on what the lock has before it, and compares the trees.

use std::collections::BTreeSet;

use super::MergeJob;
use super::maker::{Input, StepMaker};
use super::patch::header_of;
use super::start::Start;
use crate::git::merging::{self, Outcome};
use crate::git::{Git, Snapshot};
use crate::lock::{LockedRepo, LockedStep, StepWay};
use crate::ops::Watch;
use crate::patch::parse_user;
use crate::report::{MergeNote, MergeNoteKind, StepDifference, Trouble};

/// What a proof found.
#[derive(Debug, Default)]
pub(crate) struct Proof {
    pub(crate) differences: Vec<StepDifference>,
    /// What is normal after a request moved, such as that its branch was rewritten.
    pub(crate) notes: Vec<MergeNote>,
}

impl MergeJob<'_> {
    /// Proves the steps of `locked`, which is the old entry of the job. `accepted` are the steps by hand that the user
    /// accepts.
    pub(crate) fn prove(
        &self,
        git: &Git,
        base: &Snapshot<'_, '_>,
        locked: &LockedRepo,
        accepted: &BTreeSet<String>,
        watch: &Watch<'_>,
    ) -> Result<Proof, Trouble> {
        watch.step("merging");
        // A picked request may start from a commit that is newer than the pin.
        let reference = &self.declared.pin.reference;
        let tip = match reference.full_name() {
            Some(_) => Some(base.remote().resolve(reference).map_err(Trouble::Remote)?),
            None => None,
        };
        let mut maker = StepMaker::new(self, git, base, tip)?;
        let mut proof = Proof::default();
        for position in 0..locked.merges.len() {
            let what = self.what(self.pending(position));
            let step = locked.merges[position].step.as_ref();
            let found = maker.remade(position, locked, &mut proof)?;
            proof.compare(&what, step, &found, accepted);
            maker.go_on(position, step)?;
        }
        for (position, path) in locked.pin.pending.patches.iter().enumerate() {
            let step = locked.patches[position].step.as_ref();
            let found = maker.reapplied(position, path)?;
            proof.compare(path, step, &found, accepted);
            maker.go_on(locked.merges.len() + position, step)?;
        }
        Ok(proof)
    }
}

/// What a merge gives on what the lock has before it.
enum Remade {
    Nothing,
    Step(Box<merging::Step>),
    Conflicts,
    /// It cannot be made any more.
    Gone,
}

impl StepMaker<'_> {
    fn remade(&mut self, position: usize, locked: &LockedRepo, proof: &mut Proof) -> Result<Remade, Trouble> {
        let job = self.job;
        let (pending, locked) = (job.pending(position), &locked.merges[position]);
        let what = job.what(pending);
        let failed = |error| job.failed(&what, error);
        let is_its_ref = |name: String| pending.source.reference.full_names().contains(&name);
        if locked.reference.full_name().is_some_and(|name| !is_its_ref(name)) {
            return Ok(Remade::Conflicts);
        }
        let remote = self.remote_of(position)?;
        let head = remote.clone().at(locked.commit, &locked.reference, self.base.meter());
        let leads_here = match remote.resolve_merge(&pending.source.reference) {
            Ok(found) if found.commit == locked.commit => true,
            Ok(found) => {
                let newer = remote.at(found.commit, &found.reference, self.base.meter());
                merging::distance(&newer, locked.commit).map_err(failed)?.is_some()
            }
            Err(merging::Error::MissingRef { .. }) => false,
            Err(merging::Error::Git(error)) if error.is_gone() => false,
            Err(error) => return Err(failed(error)),
        };
        if !leads_here {
            proof.notes.push(MergeNote { what: what.clone(), kind: MergeNoteKind::Astray });
        }
        let ancestor = match self.start(pending, &head) {
            Ok(Start::From(ancestor)) => ancestor,
            Ok(Start::Absorbed | Start::Reverted) => return Ok(Remade::Nothing),
            Err(Trouble::Merge { error, .. }) if matches!(&*error, merging::Error::Git(error) if error.is_gone()) =>
            {
                return Ok(Remade::Gone);
            }
            Err(trouble) => return Err(trouble),
        };
        Ok(match self.outcome(Input { pending, head: &head, ancestor })? {
            Outcome::Step(step) if step.is_empty() => Remade::Nothing,
            Outcome::Step(step) => Remade::Step(step),
            Outcome::Conflicts(_) => Remade::Conflicts,
        })
    }

    fn reapplied(&mut self, position: usize, path: &str) -> Result<Remade, Trouble> {
        let job = self.job;
        let failed = |error: merging::Error| job.failed(path, error);
        let user = parse_user(&job.patches[position].text).map_err(|error| failed(error.into()))?;
        Ok(match self.merging.apply_user(&user, header_of(&user, path)) {
            Ok(step) if step.is_empty() => Remade::Nothing,
            Ok(step) => Remade::Step(Box::new(step)),
            Err(merging::Error::Git(error)) => return Err(failed(error.into())),
            Err(_) => Remade::Conflicts,
        })
    }

    /// Goes on from the step of the lock.
    fn go_on(&mut self, position: usize, step: Option<&LockedStep>) -> Result<(), Trouble> {
        let Some(step) = step else { return Ok(()) };
        match self.old_step(position, step) {
            Some(old) => self.reuse(&old).map(drop),
            None => Err(self.job.failed("", merging::Error::Forgotten)),
        }
    }
}

impl Proof {
    fn compare(
        &mut self,
        what: &str,
        locked: Option<&LockedStep>,
        found: &Remade,
        accepted: &BTreeSet<String>,
    ) {
        let what = what.to_owned();
        let way = match (locked, found) {
            (Some(locked), Remade::Step(step)) if locked.tree == step.tree => return,
            (None, Remade::Nothing) => return,
            (Some(locked), _) => locked.way,
            // A person resolved its conflicts so that nothing of it is left.
            (None, Remade::Conflicts) => StepWay::Resolved,
            (None, Remade::Step(_) | Remade::Gone) => StepWay::Made,
        };
        match found {
            _ if way != StepWay::Made => {
                if !accepted.contains(&what) {
                    self.differences.push(StepDifference::ByHand { what, way: way.word() });
                }
            }
            Remade::Gone if accepted.contains(&what) => {}
            Remade::Gone => self.differences.push(StepDifference::Unproven { what }),
            Remade::Nothing | Remade::Step(_) | Remade::Conflicts => {
                self.differences.push(StepDifference::Untrue { what });
            }
        }
    }
}
