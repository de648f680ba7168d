//! `oca resolve`: a person finishes the merges that conflict, one after the other, in the checkout.
//!
//! The state is in the git directory of the checkout: the base, the merges that are made, and what was there before. It
//! is written before a merge is opened, so a killed run loses no resolution.

mod state;

use std::path::PathBuf;

use state::{OpenState, State};

use super::ahead::Ahead;
use super::checkouts::prepare_directories;
use super::merging::{Answer, AnswerStep, Opened, Opening};
use super::names::movable;
use super::placing::place_locked;
use super::remotes::Remotes;
use super::update::{AllAnswers, Answers, Known, found, task, update_resolved};
use crate::config::{Mode, Profile, Repo};
use crate::error::{Error, MergeError};
use crate::git::{Before, Checkout, CheckoutContent, CheckoutError, MergeToOpen, Resolution, Snapshot};
use crate::lock::{Lock, Pin, StepTexts};
use crate::plan::{self, Action, Declared, Movable, Moves};
use crate::repo::{CommitId, RepoName};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// The merges of one repository, and its checkout.
pub(crate) struct Resolving<'a> {
    session: &'a Session<'a>,
    movable: Movable,
    repo: &'a Repo,
    declared: Declared,
    checkout: Checkout,
}

/// How the merges go on.
struct Advance<'a> {
    base: CommitId,
    /// The result so far.
    snapshot: Snapshot<'a, 'static>,
    ends: Vec<CommitId>,
    opening: Opening,
}

impl<'a> Resolving<'a> {
    /// The repository that a word names: `web`, or `web#2950` if only this merge moves.
    pub(crate) fn new(session: &'a Session<'a>, word: &str) -> Result<Self, Error> {
        let movable = movable(session, word)?;
        let name = &movable.repo;
        if session.config.mode == Mode::Submodule {
            return Err(MergeError::NoClone { repo: name.clone() }.into());
        }
        if session.config.skips(name) {
            return Err(MergeError::Skipped { repo: name.clone() }.into());
        }
        let profile = session.profile()?;
        session.refuse_links(profile)?;
        let (repo, declared) = declared(session, profile, name)?;
        let checkout = Checkout::new(session.checkout(profile, name)?);
        Ok(Self { session, movable, repo, declared, checkout })
    }

    fn name(&self) -> &RepoName {
        &self.declared.pin.name
    }

    /// Opens the first merge that conflicts.
    pub(crate) fn start(&self) -> Result<(), Error> {
        if let Some(state) = self.state()? {
            let Some(open) = &state.open else { return self.advance(state, false) };
            return match self.checkout.resolution(&open.merge)? {
                Resolution::Closed => self.advance(State { open: None, ..state }, false),
                _ => {
                    Err(MergeError::ResolveOpen { repo: self.name().clone(), what: open.what.clone() }.into())
                }
            };
        }
        let lock = self.session.lock_as_it_stands()?;
        let moves = match &self.movable.merge {
            Some(_) => vec![self.movable.to_string()],
            // What is declared conflicts, or only what a failed upgrade saw.
            None => vec![String::new(), self.movable.to_string()],
        };
        for moves in moves {
            let Some(found) = self.open(&moves, lock.as_ref(), &AllAnswers::default())? else { continue };
            if found.opening.open.is_none() {
                continue;
            }
            self.refuse_local_work()?;
            let state = State {
                declared: words(&self.declared.pin),
                locked: self.locked(lock.as_ref()),
                moves,
                base: found.base,
                answers: Vec::new(),
                open: None,
                before: self.before()?,
            };
            return self.show(state, found, false);
        }
        self.session.printer.note(&format!("{}: no merge conflicts", self.name()));
        self.session.printer.next(&format!("`oca lock --upgrade {}` moves it", self.movable));
        Ok(())
    }

    /// Takes the resolution of the open merge, and goes on.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        let state = self.current()?;
        let Some(open) = &state.open else { return self.advance(state, true) };
        let (repo, what) = (self.name().clone(), open.what.clone());
        let tree = match self.checkout.resolution(&open.merge)? {
            Resolution::Tree(tree) => tree,
            Resolution::Unmerged(files) => return Err(MergeError::Unmerged { repo, files }.into()),
            Resolution::Marked(files) => return Err(MergeError::Marked { repo, files }.into()),
            Resolution::NotStaged(files) => return Err(MergeError::NotStaged { repo, files }.into()),
            Resolution::Closed => return Err(MergeError::ResolveClosed { repo, what }.into()),
            Resolution::Elsewhere => return Err(MergeError::ResolveElsewhere { repo, what }.into()),
        };
        let checkout = self.checkout.path().to_owned();
        let step = AnswerStep::Tree { tree, header: open.header.clone(), checkout };
        let answer = Answer { reference: open.reference.clone(), commit: open.commit, step };
        let mut state = State { open: None, ..state.clone() };
        state.answers.push(answer);
        self.advance(state, true)
    }

    /// Puts back what was in the checkout.
    pub(crate) fn abort(&self) -> Result<(), Error> {
        let Some(state) = self.state()? else {
            return Err(MergeError::NoResolve { repo: self.name().clone() }.into());
        };
        let open = state.open.as_ref().map(|open| &open.merge);
        if state.before == Before::Nothing {
            let files = self.checkout.strangers(open)?;
            if !files.is_empty() {
                return Err(MergeError::Strangers { repo: self.name().clone(), files }.into());
            }
        }
        let own = self.checkout.put_back(&state.before, open)?;
        if state.before != Before::Nothing {
            self.checkout.forget_resolve()?;
        }
        let printer = self.session.printer;
        printer.note(&format!("{}: the checkout is as it was", self.name()));
        if let Some(own) = own.filter(|_| state.before != Before::Nothing) {
            printer.note(&format!("{}: your commit {} is still in `git reflog`", self.name(), own.short()));
        }
        Ok(())
    }

    fn state(&self) -> Result<Option<State>, Error> {
        read_state(&self.checkout)
    }

    /// The state, if it is one of what is declared and locked now.
    fn current(&self) -> Result<State, Error> {
        let repo = || self.name().clone();
        let Some(state) = self.state()? else { return Err(MergeError::NoResolve { repo: repo() }.into()) };
        let lock = self.session.lock_as_it_stands()?;
        let is_current = state.declared == words(&self.declared.pin)
            // After a kill, the lock can have the result already.
            && (state.open.is_none() || state.locked == self.locked(lock.as_ref()));
        if is_current { Ok(state) } else { Err(MergeError::ResolveOutdated { repo: repo() }.into()) }
    }

    /// The commit of the repository in the lock.
    fn locked(&self, lock: Option<&Lock>) -> Option<CommitId> {
        Some(lock?.base_of(&self.declared.pin)?.head())
    }

    fn before(&self) -> Result<Before, Error> {
        Ok(self.checkout.before()?)
    }

    fn refuse_local_work(&self) -> Result<(), Error> {
        if let Some(branch) = self.checkout.in_work() {
            let path = self.checkout.path().to_owned();
            return Err(self.failed(Trouble::Kept(CheckoutError::InWork { path, branch })));
        }
        let head = self.checkout.head()?;
        let obstacle = match self.checkout.obstacle(&head) {
            Some(obstacle) => Some(obstacle),
            None if self.before()? == Before::Nothing => None,
            None => {
                let origin = self.session.origin(&self.repo.url, &self.repo.reference)?;
                let remote = self.session.git()?.remote(&self.session.remote_url(&self.repo.url)?)?;
                self.checkout.in_the_way(Some(&remote), &origin)?
            }
        };
        obstacle.map_or(Ok(()), |obstacle| Err(self.failed(Trouble::Kept(obstacle))))
    }

    fn failed(&self, trouble: Trouble) -> Error {
        let Pin { name, url, .. } = &self.declared.pin;
        Error::Repos { failures: vec![Failure::new(name.clone(), url.to_string(), trouble)] }
    }

    /// Makes the merges that are not made yet, up to the first that conflicts. `force` discards what is in the checkout.
    fn advance(&self, state: State, force: bool) -> Result<(), Error> {
        let lock = self.session.lock_as_it_stands()?;
        let State { base, answers, moves, .. } = state.clone();
        let all = AllAnswers(vec![Answers { pin: self.declared.pin.clone(), base, answers }]);
        let Some(found) = self.open(&moves, lock.as_ref(), &all)? else {
            return Err(MergeError::NoResolve { repo: self.name().clone() }.into());
        };
        self.show(state, found, force)
    }

    fn open(
        &self,
        moves: &str,
        lock: Option<&Lock>,
        answers: &AllAnswers,
    ) -> Result<Option<Advance<'a>>, Error> {
        let session = self.session;
        let moves = match moves {
            "" => Moves::Missing,
            word => Moves::Named([movable(session, word)?].into()),
        };
        let steps = lock.map(|lock| StepTexts::gather(&session.lock_file(), lock)).unwrap_or_default();
        let present = session.present()?;
        let known = Known { lock, steps: &steps, present: &present, answers };
        let task = task(session, &self.declared, &known, &moves)?;
        if matches!(task.action, Action::Keep(_)) || task.merges.is_none() {
            return Ok(None);
        }
        let remotes = Remotes::of(session)?;
        let git = remotes.git;
        let depth = session.config.depth(self.repo);
        let tasks = [task];
        let found = remotes.ask(&tasks, |task, watch| {
            let Some(job) = &task.merges else { return Ok((Done::UpToDate, None)) };
            let remote = git.remote(&task.url).map_err(Trouble::Remote)?;
            let (base, tip) = found(task, &remote, watch)?;
            let meter = |bytes| watch.received(bytes);
            let mut snapshot = remote.at(base, &self.declared.pin.reference, &meter);
            let opening = job.open(git, &mut snapshot, tip, watch)?;
            watch.step("fetching");
            let ends = snapshot.files(depth).map_err(Trouble::Remote)?;
            let snapshot = snapshot.unmetered();
            Ok((Done::UpToDate, Some(Advance { base, snapshot, ends, opening })))
        })?;
        let (mut found, _) = found.all_with_outcomes()?;
        Ok(found.pop().flatten())
    }

    /// Shows the next merge that conflicts, or locks the result.
    fn show(&self, state: State, found: Advance<'_>, force: bool) -> Result<(), Error> {
        let Advance { snapshot, ends, opening, .. } = found;
        let Opening { answers, open } = opening;
        let state = State { answers, open: None, ..state };
        if force {
            // The resolution is kept from now on, whatever happens to the checkout.
            self.checkout.write_resolve_state(&state.render())?;
        }
        let Some(opened) = open else { return self.finish(state) };
        prepare_directories(self.session)?;
        self.place(&snapshot, &ends, force)?;
        self.checkout.write_resolve_state(&state.render())?;
        let Opened { conflict, reference, commit, unmerged, objects } = opened;
        let merge = MergeToOpen { what: &conflict.what, unmerged: &unmerged, objects: &*objects };
        let merge = self.checkout.open_merge(&merge)?;
        let header = unmerged.header;
        let open = OpenState { merge, what: conflict.what.clone(), reference, commit, header };
        let state = State { open: Some(open), ..state };
        self.checkout.write_resolve_state(&state.render())?;
        let printer = self.session.printer;
        printer.note(&format!(
            "{}: {conflict}; it is open in `{}`",
            self.name(),
            self.checkout.path().display()
        ));
        conflict.conflicts.iter().for_each(|conflict| printer.note(&format!("  {conflict}")));
        let name = self.name();
        printer.next(&format!(
            "resolve the files, `git add` them, and run `oca resolve {name} --continue`; `oca resolve {name} --abort` gives up"
        ));
        Ok(())
    }

    /// Puts a result into the checkout.
    fn place(&self, snapshot: &Snapshot<'_, '_>, ends: &[CommitId], force: bool) -> Result<(), Error> {
        let (session, repo) = (self.session, self.repo);
        let origin = session.origin(&repo.url, &repo.reference)?;
        let (tree, depth) = (snapshot.tree_id()?, session.config.depth(repo));
        let content = CheckoutContent { snapshot, tree, ends, depth, origin: &origin };
        let placed = self.checkout.place(&content, force);
        placed.map_err(|error: CheckoutError| self.failed(Trouble::not_placed(error)))
    }

    /// Locks the result, and checks it out.
    fn finish(&self, state: State) -> Result<(), Error> {
        let session = self.session;
        let mut all = other_answers(session, self.name())?;
        all.push(Answers { pin: self.declared.pin.clone(), base: state.base, answers: state.answers });
        let old = session.lock_as_it_stands()?;
        let all = (StepTexts::default(), &AllAnswers(all));
        let updated = update_resolved(session, old, all, &Moves::Missing, &Ahead::default())?;
        updated.save(session)?;
        updated.tell(session);
        if let Some(done) = place_locked(session, &updated.lock, self.name())? {
            session.printer.note(&format!("{}: {done}", self.name()));
        }
        self.checkout.forget_resolve()?;
        session.printer.next("commit `oca.lock.json` and `oca.lock.d`");
        updated.finish()
    }
}

/// A repository as a profile declares it.
fn declared<'a>(
    session: &'a Session<'_>,
    profile: &'a Profile,
    name: &RepoName,
) -> Result<(&'a Repo, Declared), Error> {
    let repo = profile.repos.iter().find(|repo| repo.name == *name);
    let repo = repo.ok_or_else(|| super::unknown_repo(session, name.clone()))?;
    let pin = plan::pin(repo);
    let all = plan::declared(&session.config);
    let declared = all.into_iter().find(|declared| declared.pin == pin);
    Ok((repo, declared.ok_or_else(|| super::unknown_repo(session, name.clone()))?))
}

fn read_state(checkout: &Checkout) -> Result<Option<State>, Error> {
    let Some(text) = checkout.resolve_state()? else { return Ok(None) };
    let bad = || -> Error {
        let file: PathBuf = checkout.resolve_file();
        MergeError::BadState { file }.into()
    };
    State::parse(&text).map(Some).ok_or_else(bad)
}

/// The merges that were made in the other checkouts and could not be locked yet.
fn other_answers(session: &Session<'_>, name: &RepoName) -> Result<Vec<Answers>, Error> {
    let profile = session.profile()?;
    let mut all = Vec::new();
    for repo in profile.repos.iter().filter(|repo| repo.name != *name) {
        let checkout = Checkout::new(session.checkout(profile, &repo.name)?);
        let Ok(Some(state)) = read_state(&checkout) else { continue };
        let pin = plan::pin(repo);
        if state.declared == words(&pin) && state.answers.len() == pin.pending.merges.len() {
            all.push(Answers { pin, base: state.base, answers: state.answers });
        }
    }
    Ok(all)
}

/// What decides about the merges of a pin.
fn words(pin: &Pin) -> Vec<String> {
    let mut words = vec![pin.reference.to_string(), pin.url.to_string()];
    words.extend(pin.pending.words());
    words
}
