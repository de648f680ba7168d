//! `oca resolve`: a person finishes the merges and the patches that conflict, one after the other, in the checkout.
//!
//! The state is in the git directory of the checkout: the base, the merges that are made, and what was there before. It
//! is written before a merge is opened, so a killed run loses no resolution.

mod abort;
mod current;
mod elsewhere;
mod open;
mod patches;
mod state;
#[cfg(test)]
mod state_tests;
mod wire;

use current::{answers, head_in, is_current, other_answers, read_state, words};
pub(crate) use open::{OpenMerge, OpenMerges, is_open, open_words, unlocked_open_merges};
use state::{OpenState, State, Taken};

use super::ahead::Ahead;
use super::checkouts::prepare_directories;
use super::merging::{Answer, AnswerStep, Opened, Opening, Refreshed, Unmade};
use super::names::movable;
use super::placing::place_locked;
use super::remotes::Remotes;
use super::update::{AllAnswers, Known, base_and_tip, known_steps, task, update_resolved};
use super::user_patches::{own_patch_file, user_patch};
use crate::config::{Mode, Profile, Repo};
use crate::error::{Error, MergeError};
use crate::git::{
    Before, Checkout, CheckoutContent, CheckoutError, Discard, MergeToOpen, Resolution, Snapshot,
};
use crate::lock::{Lock, Pin, StepTexts};
use crate::patch;
use crate::plan::{self, Action, Declared, Movable, Moves};
use crate::repo::{CommitId, RepoName, TreeId};
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
        Self::of_profile(session, movable, session.profile()?)
    }

    /// The same, as a profile declares it.
    fn of_profile(session: &'a Session<'a>, movable: Movable, profile: &'a Profile) -> Result<Self, Error> {
        session.refuse_links(profile)?;
        let (repo, declared) = declared(session, profile, &movable.repo)?;
        let checkout = Checkout::new(session.checkout(profile, &movable.repo)?);
        Ok(Self { session, movable, repo, declared, checkout })
    }

    fn name(&self) -> &RepoName {
        &self.declared.pin.name
    }

    /// Opens the first merge that conflicts.
    pub(crate) fn start(&self) -> Result<(), Error> {
        if let Some(state) = self.current()? {
            let Some(open) = &state.open else { return self.advance(state) };
            return match self.checkout.resolution(&open.merge)? {
                Resolution::Closed => self.advance(State { open: None, ..state }),
                _ => {
                    Err(MergeError::ResolveOpen { repo: self.name().clone(), what: open.what.clone() }.into())
                }
            };
        }
        let lock = self.session.lock_as_it_stands()?;
        let mut failed = None;
        for moves in self.moves() {
            let Some(mut found) = self.open(&moves, lock.as_ref(), &AllAnswers::default())? else { continue };
            let Some(opened) = &found.opening.open else {
                failed = failed.or(found.opening.failed.take());
                continue;
            };
            if let Unmade::Patch { path, .. } = &opened.of {
                own_patch_file(self.session, path)?;
            }
            self.refuse_local_work()?;
            let state = State {
                declared: words(&self.declared.pin),
                locked: head_in(lock.as_ref(), &self.declared.pin),
                moves,
                base: found.base,
                answers: Vec::new(),
                patches: Vec::new(),
                finished: Vec::new(),
                open: None,
                taken: None,
                before: self.before()?,
            };
            return self.show(state, found, Discard::Nothing);
        }
        if let Some(trouble) = failed {
            return Err(self.failed(trouble));
        }
        self.tell_of_no_conflict(lock.as_ref());
        Ok(())
    }

    /// What moves, as it is typed, in the order in which it is looked at.
    fn moves(&self) -> Vec<String> {
        match &self.movable.merge {
            Some(_) => vec![self.movable.to_string()],
            // What is declared conflicts, or only what a failed upgrade saw.
            None => vec![String::new(), self.movable.to_string()],
        }
    }

    /// Takes the resolution of the open merge, and goes on.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        let state = self.current()?.ok_or_else(|| MergeError::NoResolve { repo: self.name().clone() })?;
        let Some(open) = &state.open else { return self.advance(state) };
        let (repo, what) = (self.name().clone(), open.what.clone());
        let tree = match self.checkout.resolution(&open.merge)? {
            Resolution::Tree(tree) => tree,
            Resolution::Unmerged(files) => return Err(MergeError::Unmerged { repo, files }.into()),
            Resolution::Marked(files) => return Err(MergeError::Marked { repo, files }.into()),
            Resolution::NotStaged(files) => return Err(MergeError::NotStaged { repo, files }.into()),
            Resolution::Closed => return Err(MergeError::ResolveClosed { repo, what }.into()),
            Resolution::Elsewhere => return Err(MergeError::ResolveElsewhere { repo, what }.into()),
        };
        let taken = Some(Taken { merge: open.merge.clone(), tree });
        let mut next = State { open: None, taken, ..state.clone() };
        next.finished.push(open.what.clone());
        let answer = match open.of.clone() {
            Unmade::Merge { source, reference, commit } => {
                let checkout = self.checkout.path().to_owned();
                let step = AnswerStep::Tree { tree, header: open.header.clone(), checkout };
                Some(Answer { source, reference, commit, step })
            }
            Unmade::Patch { path, text } => {
                next.patches.push(self.refreshed(path, text, (open.merge.head, tree))?);
                None
            }
        };
        self.advance_with(next, answer, Discard::Seen)
    }

    /// The patch that leads from a result to the tree that a person made. `old` is what its file had when it was opened.
    fn refreshed(
        &self,
        path: String,
        old: Vec<u8>,
        (head, after): (CommitId, TreeId),
    ) -> Result<Refreshed, Error> {
        if user_patch(self.session, self.name(), &path)? != old {
            return Err(MergeError::ChangedPatch { repo: self.name().clone(), path }.into());
        }
        let before = self.checkout.tree_of(head)?;
        if before == after {
            return Err(MergeError::NeedlessPatch { repo: self.name().clone(), path }.into());
        }
        let made = patch::refreshed(&self.checkout.tree(after)?, &old, before, after);
        let new = made.map_err(|error| {
            self.failed(Trouble::Merge { what: path.clone(), error: Box::new(error.into()) })
        })?;
        Ok(Refreshed { path, old, new })
    }

    /// The state, if there is one. It must be one of what is declared and locked now.
    fn current(&self) -> Result<Option<State>, Error> {
        let Some(state) = read_state(&self.checkout)? else { return Ok(None) };
        let lock = self.session.lock_as_it_stands()?;
        if is_current(&state, &self.declared.pin, lock.as_ref()) {
            Ok(Some(state))
        } else {
            Err(MergeError::ResolveOutdated { repo: self.name().clone() }.into())
        }
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

    /// Makes the merges that are not made yet, up to the first that conflicts. Only what oca has seen in the checkout is
    /// discarded.
    fn advance(&self, state: State) -> Result<(), Error> {
        let is_seen = match &state.taken {
            // oca was killed while it moved the checkout.
            Some(_) if self.checkout.is_being_moved() => true,
            Some(Taken { merge, tree }) => self.checkout.resolution(merge)? == Resolution::Tree(*tree),
            None => false,
        };
        self.advance_with(state, None, if is_seen { Discard::Seen } else { Discard::Nothing })
    }

    /// The same, with the merge that was resolved last.
    fn advance_with(&self, state: State, last: Option<Answer>, discard: Discard) -> Result<(), Error> {
        let lock = self.session.lock_as_it_stands()?;
        let mut known = answers(self.declared.pin.clone(), state.clone());
        known.answers.extend(last);
        let Some(found) = self.open(&state.moves, lock.as_ref(), &AllAnswers(vec![known]))? else {
            return Err(MergeError::NoResolve { repo: self.name().clone() }.into());
        };
        self.show(state, found, discard)
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
        let (sides, steps) = lock.map(|lock| known_steps(session, lock)).unwrap_or_default();
        let present = session.present()?;
        let known = Known { lock, steps: &steps, sides: &sides, present: &present, answers };
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
            let (base, tip) = base_and_tip(task, &remote, watch)?;
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
    fn show(&self, state: State, found: Advance<'_>, discard: Discard) -> Result<(), Error> {
        let Advance { snapshot, ends, opening, .. } = found;
        let Opening { answers, open, patches, .. } = opening;
        let mut state = State { answers, open: None, ..state };
        // They fit without a person. If the user edited a file meanwhile, the newer text counts.
        state.patches.retain(|known| patches.iter().all(|patch| patch.path != known.path));
        state.patches.extend(patches);
        if state.taken.is_some() {
            // The resolution is kept from now on, whatever happens to the checkout.
            self.checkout.write_resolve_state(&state.render())?;
        }
        let Some(opened) = open else { return self.finish(state, discard) };
        prepare_directories(self.session)?;
        self.place(&snapshot, &ends, discard)?;
        let state = State { taken: None, ..state };
        self.checkout.write_resolve_state(&state.render())?;
        let Opened { conflict, of, unmerged, objects } = opened;
        let to_open = MergeToOpen { what: &conflict.what, unmerged: &unmerged, objects: &*objects };
        let merge = self.checkout.prepare_merge(&to_open)?;
        let (what, header) = (conflict.what.clone(), unmerged.header.clone());
        let open = OpenState { merge: merge.clone(), what, of, header };
        let state = State { open: Some(open), ..state };
        // Before it is opened: from then on, the work of a person is in the checkout.
        self.checkout.write_resolve_state(&state.render())?;
        if let Err(error) = self.checkout.open_merge(&to_open, &merge) {
            if state.finished.is_empty() {
                self.checkout.put_back(&state.before, Some(&merge))?;
                self.checkout.forget_resolve()?;
            }
            return Err(self.failed(Trouble::not_placed(error)));
        }
        crate::fs::stop("a merge is open");
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
    fn place(&self, snapshot: &Snapshot<'_, '_>, ends: &[CommitId], discard: Discard) -> Result<(), Error> {
        let (session, repo) = (self.session, self.repo);
        let origin = session.origin(&repo.url, &repo.reference)?;
        let (tree, depth) = (snapshot.tree_id()?, session.config.depth(repo));
        let content = CheckoutContent { snapshot, tree, ends, depth, origin: &origin };
        let placed = self.checkout.place(&content, discard);
        placed.map_err(|error: CheckoutError| self.failed(Trouble::not_placed(error)))
    }

    /// Locks the result, and checks it out.
    fn finish(&self, state: State, discard: Discard) -> Result<(), Error> {
        let session = self.session;
        let mut all = other_answers(session, self.name())?;
        let patches = state.patches.clone();
        all.push(answers(self.declared.pin.clone(), state));
        let old = session.lock_as_it_stands()?;
        let all = (StepTexts::default(), &AllAnswers(all));
        let updated = update_resolved(session, old, all, &Moves::Missing, &Ahead::default())?;
        // Another profile can have another entry of the same name.
        let is_own = |failure: &Failure| {
            let of_profiles = &failure.profiles;
            let is_of_profile = of_profiles.iter().any(|name| self.declared.profiles.contains(name));
            failure.name == *self.name() && (is_of_profile || of_profiles.is_empty())
        };
        let has_failed = updated.failures.iter().any(is_own);
        if !has_failed {
            patches::refuse_unfit(session, &self.declared.pin, &patches, &updated)?;
            patches::write(session, self.name(), &patches)?;
            crate::fs::stop("patches written anew");
        }
        updated.save(session)?;
        updated.tell(session);
        if has_failed {
            // The lock still has the old entry, so the resolution is nowhere else.
            session.printer.next(&format!(
                "when the cause is gone, run `oca resolve {} --continue`; your resolution is kept",
                self.name()
            ));
            return updated.finish();
        }
        if let Some(done) = place_locked(session, &updated.lock, self.name(), discard)? {
            session.printer.note(&format!("{}: {done}", self.name()));
        }
        self.checkout.forget_resolve()?;
        let patches = if patches.is_empty() { "" } else { "the patches, " };
        session.printer.next(&format!("commit {patches}`oca.lock.json` and `oca.lock.d`"));
        updated.finish()
    }
}

/// A repository as a profile declares it.
fn declared<'a>(
    session: &'a Session<'_>,
    profile: &'a Profile,
    name: &RepoName,
) -> Result<(&'a Repo, Declared), Error> {
    let repo = profile.all_repos().find(|repo| repo.name == *name);
    let repo = repo.ok_or_else(|| super::unknown_repo(session, name.clone()))?;
    let pin = plan::pin(repo);
    let all = plan::declared(&session.config);
    let declared = all.into_iter().find(|declared| declared.pin == pin);
    Ok((repo, declared.ok_or_else(|| super::unknown_repo(session, name.clone()))?))
}
