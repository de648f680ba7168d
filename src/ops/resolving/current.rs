//! The states in the checkouts: whether they are of what is declared and locked now, and what they have made.

use std::path::PathBuf;

use super::state::State;
use super::wire::{Unread, VERSION};
use crate::error::{Error, MergeError};
use crate::git::Checkout;
use crate::lock::{Lock, LockedMerge, LockedRepo, Pin};
use crate::ops::merging::{Answer, Made, Unmade};
use crate::ops::update::Answers;
use crate::patch::{self, Fingerprint};
use crate::plan;
use crate::repo::{CommitId, RepoName};
use crate::session::Session;

pub(super) fn read_state(checkout: &Checkout) -> Result<Option<State>, Error> {
    let Some(text) = checkout.resolve_state()? else { return Ok(None) };
    let file: PathBuf = checkout.resolve_file();
    match State::parse(&text) {
        Ok(state) => Ok(Some(state)),
        Err(Unread::Newer { version }) => {
            Err(MergeError::NewerState { file, version, known: VERSION }.into())
        }
        Err(Unread::Damaged) => Err(MergeError::BadState { file }.into()),
    }
}

pub(super) fn answers(pin: Pin, state: State) -> Answers {
    let State { base, answers, patches, .. } = state;
    Answers { pin, base, answers: answers.into_iter().map(Answer::from).collect(), patches }
}

/// The commit of a repository in the lock.
pub(super) fn head_in(lock: Option<&Lock>, pin: &Pin) -> Option<CommitId> {
    Some(lock?.base_of(pin)?.head())
}

/// Whether a state is one of what is declared and locked now.
pub(super) fn is_current(state: &State, pin: &Pin, lock: Option<&Lock>) -> bool {
    let made = state.patches.iter().map(|patch| &patch.path);
    let open = state.open.iter().filter_map(|open| match &open.of {
        Unmade::Patch { path, .. } => Some(path),
        Unmade::Merge { .. } => None,
    });
    // After a kill, the lock can have the result already.
    state.declared == words(pin)
        && made.chain(open).all(|path| pin.pending.patches.contains(path))
        && (state.locked == head_in(lock, pin) || is_locked(state, pin, lock))
}

/// Whether the lock has everything that was made already.
pub(super) fn is_locked(state: &State, pin: &Pin, lock: Option<&Lock>) -> bool {
    let locked = lock.and_then(|lock| lock.repo(pin));
    state.open.is_none() && locked.is_some_and(|locked| has_answers(locked, state))
}

/// Whether an entry has exactly these merges.
fn has_answers(locked: &LockedRepo, state: &State) -> bool {
    let is_same = |(locked, made): (&LockedMerge, &Made)| {
        let step = locked.step.as_ref().map(|step| (step.way, step.fingerprint));
        let made_step = made.step.as_ref().map(|(way, patch)| (*way, Fingerprint::of(&patch::render(patch))));
        (&locked.reference, locked.commit, step) == (&made.reference, made.commit, made_step)
    };
    locked.commit == state.base
        && locked.merges.len() == state.answers.len()
        && locked.merges.iter().zip(&state.answers).all(is_same)
}

/// The merges that were made in the other checkouts and could not be locked yet.
pub(super) fn other_answers(session: &Session<'_>, name: &RepoName) -> Result<Vec<Answers>, Error> {
    let profile = session.profile()?;
    let lock = session.lock_as_it_stands()?;
    let mut all = Vec::new();
    for repo in profile.all_repos().filter(|repo| repo.name != *name) {
        let checkout = Checkout::new(session.checkout(profile, &repo.name)?);
        let Ok(Some(state)) = read_state(&checkout) else { continue };
        let pin = plan::pin(repo);
        let is_made = state.open.is_none() && state.answers.len() == pin.pending.merges.len();
        // The files of patches are written when their own repository is done.
        if is_made && state.patches.is_empty() && is_current(&state, &pin, lock.as_ref()) {
            all.push(answers(pin, state));
        }
    }
    Ok(all)
}

/// What decides about the merges of a pin. The patches come after them: those that nobody resolved can change meanwhile.
pub(super) fn words(pin: &Pin) -> Vec<String> {
    let mut words = vec![pin.reference.to_string(), pin.url.to_string()];
    words.extend(pin.pending.merges.iter().map(ToString::to_string));
    words
}
