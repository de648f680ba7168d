//! Gives entries back that would go too far, or break something.

use std::collections::BTreeSet;

use super::Care;
use super::clean::{Problem, problems};
use crate::diff::{ModuleChange, VersionStep, diffs};
use crate::error::Error;
use crate::lock::{Lock, LockedRepo, Pin};
use crate::report::{Held, WhyHeld};
use crate::session::Session;

/// An entry that moved and can be given back.
pub(crate) struct Candidate {
    pub(crate) old: LockedRepo,
    pub(crate) new: LockedRepo,
}

/// Makes a lock of entries. Fails if the modules that the profiles request are not there.
type Assemble<'a> = &'a dyn Fn(Vec<LockedRepo>) -> Result<Lock, Error>;

/// The lock of these entries, without those that must not move, and why they stay. Each round gives at least one entry
/// back, so it ends.
pub(crate) fn hold_back(
    session: &Session<'_>,
    care: Care,
    old: &Lock,
    mut entries: Vec<LockedRepo>,
    mut candidates: Vec<Candidate>,
    assemble: Assemble<'_>,
) -> Result<(Lock, Vec<Held>), Error> {
    let mut held = Vec::new();
    let known = if care.only_clean { problems(session, old)? } else { Vec::new() };
    loop {
        let assembled = assemble(entries.clone());
        if candidates.is_empty() || !care.holds() {
            return Ok((assembled?, held));
        }
        let round = Round { session, care, old, entries: &entries, candidates: &candidates, assemble };
        let found = match &assembled {
            Ok(new) => round.found(new, &known)?,
            Err(error) => round.unmet(error),
        };
        if found.is_empty() {
            return Ok((assembled?, held));
        }
        for (pin, why) in found {
            let Some(place) = candidates.iter().position(|candidate| candidate.new.pin == pin) else {
                continue;
            };
            let Candidate { old, .. } = candidates.remove(place);
            entries.retain(|entry| entry.pin != pin);
            held.push(Held { name: pin.name, commit: old.commit, why });
            entries.push(old);
        }
    }
}

struct Round<'a> {
    session: &'a Session<'a>,
    care: Care,
    old: &'a Lock,
    entries: &'a [LockedRepo],
    candidates: &'a [Candidate],
    assemble: Assemble<'a>,
}

impl Round<'_> {
    /// The entries to give back.
    fn found(&self, new: &Lock, known: &[Problem]) -> Result<Vec<(Pin, WhyHeld)>, Error> {
        let far = self.care.max_bump.map(|most| self.too_far(new, most)).unwrap_or_default();
        if !far.is_empty() || !self.care.only_clean {
            return Ok(far);
        }
        let fresh: Vec<Problem> =
            problems(self.session, new)?.into_iter().filter(|problem| !problem.is_in(known)).collect();
        match fresh.first() {
            Some(problem) => self.blame(problem),
            None => Ok(Vec::new()),
        }
    }

    /// The repositories with a selected module that goes further than `most`, or that is gone.
    fn too_far(&self, new: &Lock, most: VersionStep) -> Vec<(Pin, WhyHeld)> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let all = diffs(self.old, new, None);
        for module in all.iter().flat_map(|diff| &diff.modules) {
            let name = module.name().to_string();
            let (pin, why) = match module {
                ModuleChange::Removed(home) if most < VersionStep::Major => {
                    (&home.repo.pin, WhyHeld::Gone { module: name })
                }
                ModuleChange::Changed(changed) => {
                    let Some(step) = changed.version.filter(|step| *step > most) else { continue };
                    let versions = changed.versions().map(|version| version.unwrap_or_default().to_owned());
                    let (from, to) = (versions.from, versions.to);
                    (&changed.homes.to.repo.pin, WhyHeld::Step { module: name, from, to, step: step.word() })
                }
                _ => continue,
            };
            if self.candidates.iter().any(|candidate| candidate.new.pin == *pin) && seen.insert(pin.clone()) {
                found.push((pin.clone(), why));
            }
        }
        found
    }

    /// The repositories whose old entries have a requested module that is not there any more.
    fn unmet(&self, error: &Error) -> Vec<(Pin, WhyHeld)> {
        let Error::Unmet { unmet } = error else { return Vec::new() };
        let missing = |candidate: &Candidate| {
            let mut modules = candidate.old.facts.modules.iter().map(|module| module.name.as_str());
            let lost = modules.find(|name| {
                unmet.iter().any(|unmet| unmet.module.split_whitespace().next() == Some(name))
            })?;
            Some((candidate.new.pin.clone(), WhyHeld::Gone { module: lost.to_owned() }))
        };
        self.candidates.iter().filter_map(missing).collect()
    }

    /// The entry without whose move the problem is not there. If no single one is to blame, all of them.
    fn blame(&self, problem: &Problem) -> Result<Vec<(Pin, WhyHeld)>, Error> {
        let (own, others): (Vec<_>, Vec<_>) = self
            .candidates
            .iter()
            .partition(|candidate| problem.repo.as_deref() == Some(candidate.new.pin.name.as_str()));
        for candidate in own.into_iter().chain(others) {
            let without = self.entries.iter().map(|entry| {
                if entry.pin == candidate.new.pin { candidate.old.clone() } else { entry.clone() }
            });
            if let Ok(lock) = (self.assemble)(without.collect())
                && !problem.is_in(&problems(self.session, &lock)?)
            {
                return Ok(vec![(candidate.new.pin.clone(), problem.why.clone())]);
            }
        }
        Ok(self.candidates.iter().map(|candidate| (candidate.new.pin.clone(), problem.why.clone())).collect())
    }
}
