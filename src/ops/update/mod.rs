//! Updates the lock: keeps the entries that are still valid, resolves and reads the rest.

mod perform;
mod task;

use std::collections::BTreeMap;

pub(crate) use perform::read;
pub(crate) use task::merge_job;
pub(in crate::ops) use task::{AllAnswers, Answers, Known, base_and_tip, task};

use super::ahead::Ahead;
use super::careful::{Care, hold_back};
use super::given::keep_imported;
use super::names::unknown_movable;
use super::newer_enterprise::warn_of_newer_enterprise;
use super::updated::Updated;
use crate::error::{Error, PinError};
use crate::lock::{Lock, LockedRepo, Pin, REQUIREMENTS, StepTexts, changes};
use crate::plan::{self, Action, Declared, Moves};
use crate::repo::TreeId;
use crate::session::Session;
use perform::{Performed, perform};
use task::Task;

/// Resolves and reads what `moves` asks for, and keeps everything else. Writes nothing.
pub(crate) fn update(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_with(session, old, StepTexts::default(), moves, ahead)
}

/// The same, as careful as the user wants it.
pub(crate) fn upgrade(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    care: Care,
) -> Result<Updated, Error> {
    let made = (StepTexts::default(), &AllAnswers::default());
    update_carefully(session, old, made, moves, &Ahead::default(), care)
}

/// The same. `texts` are those of steps of the old lock that are not written yet.
pub(super) fn update_with(
    session: &Session<'_>,
    old: Option<Lock>,
    texts: StepTexts,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_resolved(session, old, (texts, &AllAnswers::default()), moves, ahead)
}

/// The same, with merges that are made already.
pub(super) fn update_resolved(
    session: &Session<'_>,
    old: Option<Lock>,
    made: (StepTexts, &AllAnswers),
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_carefully(session, old, made, moves, ahead, Care::default())
}

fn update_carefully(
    session: &Session<'_>,
    old: Option<Lock>,
    (texts, answers): (StepTexts, &AllAnswers),
    moves: &Moves,
    ahead: &Ahead,
    care: Care,
) -> Result<Updated, Error> {
    let declared = plan::declared(&session.config);
    if let Some(name) = plan::undeclared(&declared, moves).into_iter().next() {
        return Err(unknown_movable(session, name));
    }
    if let Some(refused) = plan::refused(&declared, moves).into_iter().next() {
        return Err(PinError::Refused { file: session.config.file.clone(), refused }.into());
    }
    let mut old_steps =
        old.as_ref().map(|old| StepTexts::gather(&session.lock_file(), old)).unwrap_or_default();
    old_steps.extend(texts);
    let old = old.map(|old| keep_imported(session, &declared, old));
    let old = old.map(|old| without_lost_steps(without_forgeries(session, &declared, old), &old_steps));
    let mut present = session.present()?;
    answers.put_into(&mut present);
    let known = Known { lock: old.as_ref(), steps: &old_steps, present: &present, answers };
    let tasks = declared.iter().map(|declared| task(session, declared, &known, moves));
    let tasks: Vec<Task<'_>> = tasks.collect::<Result<_, Error>>()?;
    let (kept, work): (Vec<Task<'_>>, Vec<Task<'_>>) =
        tasks.into_iter().partition(|task| matches!(task.action, Action::Keep(_)));
    let mut repos: Vec<LockedRepo> = kept.iter().filter_map(Task::kept).collect();
    let local = &present.local_depends;
    let assemble = |mut repos: Vec<LockedRepo>| {
        repos.sort_by(|a, b| a.pin.cmp(&b.pin));
        let mut lock = Lock { repos, ..Lock::default() };
        lock.profiles = plan::profiles(&session.config, &lock, old.as_ref(), local)
            .map_err(|unmet| Error::Unmet { unmet })?;
        Ok(lock)
    };
    let performed =
        if work.is_empty() { Performed::default() } else { perform(session, &work, moves, ahead, care)? };
    repos.extend(
        performed.kept.iter().chain(performed.resolved.iter().map(|(_, resolved)| &resolved.repo)).cloned(),
    );
    let candidates = performed.candidates();
    let (lock, mut held) = match &old {
        Some(old) => hold_back(session, care, old, repos, candidates, &assemble)?,
        None => (assemble(repos)?, Vec::new()),
    };
    performed.tell(session, care, &held)?;
    held.extend(performed.held());
    let Performed { resolved, failures, .. } = performed;
    let mut steps = old_steps.clone();
    resolved.into_iter().for_each(|(_, read)| steps.extend(read.steps));
    warn_of_unreadable(session, &lock);
    for profile in &session.config.profiles {
        for directory in plan::unseen(profile, old.as_ref(), local) {
            let name = &profile.name;
            session
                .printer
                .note(&format!("profile `{name}`: `{directory}` does not exist, so the selection may lack what its modules need"));
        }
    }
    warn_of_newer_enterprise(session, old.as_ref(), &lock);
    let changes = changes(&old.clone().unwrap_or_default(), &lock);
    Ok(Updated { lock, changes, old, steps, failures, held, settled: false })
}

/// Marks entries with a step whose text is missing or was changed; they are made again.
fn without_lost_steps(mut lock: Lock, steps: &StepTexts) -> Lock {
    lock.distrust(|locked| locked.steps().any(|step| steps.patch(step).is_none()));
    lock
}

/// Marks entries whose tree is not the tree of their commit, as far as the cache knows; they are read again.
fn without_forgeries(session: &Session<'_>, declared: &[Declared], mut lock: Lock) -> Lock {
    let found: BTreeMap<Pin, TreeId> = match session.git() {
        Ok(git) => declared
            .iter()
            .filter_map(|declared| {
                let commit = lock.repo(&declared.pin).filter(|locked| locked.is_whole())?.head();
                Some((
                    declared.pin.clone(),
                    git.known_tree(&session.remote_url(&declared.url).ok()?, commit)?,
                ))
            })
            .collect(),
        // Without a cache, no tree is known.
        Err(_) => BTreeMap::new(),
    };
    lock.distrust(|locked| {
        let is_forged = found.get(&locked.pin).is_some_and(|found| *found != locked.tree);
        if is_forged {
            let (name, commit) = (&locked.pin.name, locked.head().short());
            session.printer.warning(&format!(
                "`{name}`: the tree in the lock is not the tree of commit `{commit}`; the entry is read again"
            ));
        }
        is_forged
    });
    lock
}

fn warn_of_unreadable(session: &Session<'_>, lock: &Lock) {
    for repo in &lock.repos {
        if let Some(why) = repo.facts.unread_requirements() {
            session
                .printer
                .warning(&format!("`{}/{REQUIREMENTS}`: {why}; the file is ignored", repo.pin.name));
        }
        for manifest in repo.facts.unreadable_manifests() {
            let (name, path, line, why) = (&repo.pin.name, &manifest.path, manifest.line, &manifest.why);
            session.printer.warning(&match line {
                0 => format!("`{name}/{path}`: {why}"),
                line => format!("`{name}/{path}` at line {line}: {why}; the module is ignored"),
            });
        }
    }
}
