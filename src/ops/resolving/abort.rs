//! Gives up what is open in a checkout.

use super::current::{is_current, is_locked, read_state};
use super::state::{OpenState, State};
use super::{Resolving, patches};
use crate::error::{Error, MergeError};
use crate::git::{Before, Checkout, LocalWork, OpenMerge};
use crate::ops::user_patches::own_patch_file;
use crate::output::Printer;
use crate::repo::{CommitId, RepoName, quoted_list};
use crate::session::Session;

impl Resolving<'_> {
    /// Gives up what is open. What a person finished before it is kept; without that, puts back what was in the checkout.
    pub(crate) fn abort(&self) -> Result<(), Error> {
        let (name, printer) = (self.name(), self.session.printer);
        let state = read_state(&self.checkout)?;
        let state = state.ok_or_else(|| MergeError::NoResolve { repo: name.clone() })?;
        let lock = self.session.lock_as_it_stands().ok().flatten();
        if let Some(open) = state.open.clone().filter(|_| !state.finished.is_empty())
            && is_current(&state, &self.declared.pin, lock.as_ref())
        {
            return self.give_up(&state, &open);
        }
        let is_locked = is_locked(&state, &self.declared.pin, lock.as_ref());
        Abort::of(self.session, name, &self.checkout, state, false)?.run("the checkout is as it was")?;
        if is_locked {
            printer.note(&format!("{name}: the lock has what you resolved"));
            printer.next(&format!("`oca sync {name}` checks it out"));
        }
        Ok(())
    }

    /// Closes what is open, so that it can be opened again.
    fn give_up(&self, state: &State, open: &OpenState) -> Result<(), Error> {
        let (name, printer) = (self.name(), self.session.printer);
        let placed = match self.before()? {
            Before::Commit { placed, .. } => placed,
            Before::Nothing => None,
        };
        let before = Before::Commit { commit: open.merge.head, branch: None, placed };
        refuse_lost_work(name, self.checkout.lost_work(&before, Some(&open.merge))?)?;
        let own = self.checkout.put_back(&before, Some(&open.merge))?;
        self.checkout.write_resolve_state(&State { open: None, ..state.clone() }.render())?;
        let finished = quoted_list(&state.finished);
        printer.note(&format!("{name}: `{}` is given up; your resolution of {finished} is kept", open.what));
        tell_of_own(printer, name, own);
        printer.next(&format!(
            "`oca resolve {name}` opens it again; `oca resolve {name} --abort` gives up the rest, too"
        ));
        Ok(())
    }
}

/// What is open in a checkout. It can be given up.
pub(super) struct Abort<'a> {
    session: &'a Session<'a>,
    name: &'a RepoName,
    checkout: &'a Checkout,
    state: State,
}

impl<'a> Abort<'a> {
    /// `None` if nothing is open. See [`of`](Self::of).
    pub(super) fn new(
        session: &'a Session<'_>,
        name: &'a RepoName,
        checkout: &'a Checkout,
        force: bool,
    ) -> Result<Option<Self>, Error> {
        read_state(checkout)?.map(|state| Self::of(session, name, checkout, state, force)).transpose()
    }

    /// Without `force`, no change of a person is lost that is not of the merge. If the whole checkout would be deleted, it
    /// must have no commits of a person, and without `force` no files that git ignores.
    fn of(
        session: &'a Session<'_>,
        name: &'a RepoName,
        checkout: &'a Checkout,
        state: State,
        force: bool,
    ) -> Result<Self, Error> {
        let abort = Self { session, name, checkout, state };
        // Before anything changes: a path may lead out of the project by now.
        for patch in &abort.state.patches {
            own_patch_file(session, &patch.path)?;
        }
        if !force {
            refuse_lost_work(name, checkout.lost_work(&abort.state.before, abort.open())?)?;
        }
        if abort.deletes_all() {
            let LocalWork { commit, references, .. } = checkout.whole_work()?;
            let work = LocalWork { commit, references, ..LocalWork::default() };
            if !work.is_none() {
                return Err(MergeError::OwnCommits { repo: name.clone(), work: work.to_string() }.into());
            }
            let files = if force { Vec::new() } else { checkout.ignored_files(abort.open())? };
            if !files.is_empty() {
                return Err(MergeError::Ignored { repo: name.clone(), files }.into());
            }
        }
        Ok(abort)
    }

    /// Puts back what was in the checkout, and the files of the patches, and says so.
    pub(super) fn run(&self, done: &str) -> Result<(), Error> {
        let printer = self.session.printer;
        patches::put_back(self.session, self.name, &self.state.patches)?;
        let own = self.checkout.put_back(&self.state.before, self.open())?;
        printer.note(&format!("{}: {done}", self.name));
        if self.deletes_all() {
            return Ok(());
        }
        self.checkout.forget_resolve()?;
        tell_of_own(printer, self.name, own);
        Ok(())
    }

    /// Whether there was no checkout before.
    fn deletes_all(&self) -> bool {
        self.state.before == Before::Nothing
    }

    fn open(&self) -> Option<&OpenMerge> {
        let open = self.state.open.as_ref().map(|open| &open.merge);
        open.or(self.state.taken.as_ref().map(|taken| &taken.merge))
    }
}

fn refuse_lost_work(name: &RepoName, files: Vec<String>) -> Result<(), MergeError> {
    if files.is_empty() { Ok(()) } else { Err(MergeError::Strangers { repo: name.clone(), files }) }
}

/// Names the commit of a person that HEAD had.
fn tell_of_own(printer: &Printer, name: &RepoName, own: Option<CommitId>) {
    if let Some(own) = own {
        printer.note(&format!("{name}: your commit {} is still in `git reflog`", own.short()));
    }
}
