//! Gives up what is open in a checkout.

use super::current::read_state;
use super::patches;
use super::state::State;
use crate::error::{Error, MergeError};
use crate::git::{Before, Checkout, LocalWork, OpenMerge};
use crate::output::Printer;
use crate::repo::{CommitId, RepoName};
use crate::session::Session;

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

    /// If the whole checkout would be deleted, it must have no commits and, without `force`, no files of a person.
    pub(super) fn of(
        session: &'a Session<'_>,
        name: &'a RepoName,
        checkout: &'a Checkout,
        state: State,
        force: bool,
    ) -> Result<Self, Error> {
        let abort = Self { session, name, checkout, state };
        if abort.deletes_all() {
            let files = if force { Vec::new() } else { checkout.strangers(abort.open())? };
            if !files.is_empty() {
                return Err(MergeError::Strangers { repo: name.clone(), files }.into());
            }
            let LocalWork { commit, references, .. } = checkout.whole_work()?;
            let work = LocalWork { commit, references, ..LocalWork::default() };
            if !work.is_none() {
                return Err(MergeError::OwnCommits { repo: name.clone(), work: work.to_string() }.into());
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

/// Names the commit of a person that HEAD had.
pub(super) fn tell_of_own(printer: &Printer, name: &RepoName, own: Option<CommitId>) {
    if let Some(own) = own {
        printer.note(&format!("{name}: your commit {} is still in `git reflog`", own.short()));
    }
}
