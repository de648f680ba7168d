//! Gives entries back that would go too far, or break something.

use std::collections::BTreeSet;

use super::Care;
use super::clean::{Problem, problems};
use crate::diff::{ModuleChange, VersionStep, diffs};
use crate::error::Error;
use crate::lock::{Lock, LockedRepo, Pin};
use crate::report::{Held, WhyHeld, WhyUnmet};
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
    // What is wrong without any of the moves is not their fault.
    let known = if care.only_clean && !candidates.is_empty() {
        match assemble(without(&entries, &candidates.iter().collect::<Vec<_>>())) {
            Ok(unmoved) => problems(session, old, &unmoved)?,
            Err(_) => problems(session, old, old)?,
        }
    } else {
        Vec::new()
    };
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
            held.push(Held { pin, commit: old.commit, why });
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
        let fresh: Vec<Problem> = problems(self.session, self.old, new)?
            .into_iter()
            .filter(|problem| !problem.is_in(known))
            .collect();
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

    /// The repositories without whose moves the profiles have the modules that they request.
    fn unmet(&self, error: &Error) -> Vec<(Pin, WhyHeld)> {
        let Error::Unmet { unmet } = error else { return Vec::new() };
        let of = |candidate: &Candidate| {
            let has = |repo: &LockedRepo, name: &str| {
                repo.facts.modules.iter().any(|module| module.name.as_str() == name)
            };
            let why = unmet.iter().find_map(|unmet| match &unmet.why {
                WhyUnmet::Version { repo, .. } if *repo == candidate.new.pin.name => {
                    Some(WhyHeld::Refused { why: unmet.to_string() })
                }
                _ => {
                    let name = unmet.name();
                    (has(&candidate.old, name) && !has(&candidate.new, name))
                        .then(|| WhyHeld::Gone { module: name.to_owned() })
                }
            })?;
            Some((candidate.new.pin.clone(), why))
        };
        self.candidates.iter().filter_map(of).collect()
    }

    /// The entries without whose moves the problem is not there: one of them, if one is to blame, else as many as it
    /// takes. The repository that has the problem is looked at first.
    fn blame(&self, problem: &Problem) -> Result<Vec<(Pin, WhyHeld)>, Error> {
        let (own, others): (Vec<_>, Vec<_>) = self
            .candidates
            .iter()
            .partition(|candidate| problem.repo.as_deref() == Some(candidate.new.pin.name.as_str()));
        let order: Vec<&Candidate> = own.into_iter().chain(others).collect();
        let blamed = |candidates: &[&Candidate]| {
            candidates.iter().map(|candidate| (candidate.new.pin.clone(), problem.why.clone())).collect()
        };
        for candidate in &order {
            if self.is_solved_without(&[candidate], problem)? {
                return Ok(blamed(&[candidate]));
            }
        }
        for count in 2..order.len() {
            if self.is_solved_without(&order[..count], problem)? {
                return Ok(blamed(&order[..count]));
            }
        }
        Ok(blamed(&order))
    }

    /// Whether the problem is not there if these do not move.
    fn is_solved_without(&self, unmoved: &[&Candidate], problem: &Problem) -> Result<bool, Error> {
        match (self.assemble)(without(self.entries, unmoved)) {
            Ok(lock) => Ok(!problem.is_in(&problems(self.session, self.old, &lock)?)),
            Err(_) => Ok(false),
        }
    }
}

/// The entries, with the old ones of these candidates.
fn without(entries: &[LockedRepo], unmoved: &[&Candidate]) -> Vec<LockedRepo> {
    let entry = |entry: &LockedRepo| {
        let candidate = unmoved.iter().find(|candidate| candidate.new.pin == entry.pin);
        candidate.map_or(entry, |candidate| &candidate.old).clone()
    };
    entries.iter().map(entry).collect()
}
