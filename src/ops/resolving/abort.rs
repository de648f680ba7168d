//! Gives up what is open in a checkout.

use super::current::read_state;
use super::state::State;
use crate::error::{Error, MergeError};
use crate::git::{Before, Checkout, LocalWork, OpenMerge};
use crate::output::Printer;
use crate::repo::RepoName;

/// What is open in a checkout. It can be given up.
pub(super) struct Abort<'a> {
    name: &'a RepoName,
    checkout: &'a Checkout,
    state: State,
}

impl<'a> Abort<'a> {
    /// `None` if nothing is open. If the whole checkout would be deleted, it must have no commits and, without `force`,
    /// no files of a person.
    pub(super) fn new(
        name: &'a RepoName,
        checkout: &'a Checkout,
        force: bool,
    ) -> Result<Option<Self>, Error> {
        let Some(state) = read_state(checkout)? else { return Ok(None) };
        let abort = Self { name, checkout, state };
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
        Ok(Some(abort))
    }

    /// Puts back what was in the checkout, and says so. Names the commit of a person that HEAD had.
    pub(super) fn run(&self, printer: &Printer, done: &str) -> Result<(), Error> {
        let own = self.checkout.put_back(&self.state.before, self.open())?;
        printer.note(&format!("{}: {done}", self.name));
        if self.deletes_all() {
            return Ok(());
        }
        self.checkout.forget_resolve()?;
        if let Some(own) = own {
            printer.note(&format!("{}: your commit {} is still in `git reflog`", self.name, own.short()));
        }
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
