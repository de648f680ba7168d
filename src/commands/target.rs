//! A checkout as `oca sync` wants it.

use crate::git::{Checkout, CheckoutError, Head, Module, Origin, Placed};
use crate::lock::LockedRepo;
use crate::repo::{RemoteUrl, RepoName, TreeId};
use crate::report::{OtherTree, Outcome, RepoOutcome, Step};

/// Refuses a lock whose tree is not that of its commit.
pub(super) fn confirm_tree(locked: &LockedRepo, found: TreeId) -> Result<(), Outcome> {
    let (commit, tree) = (locked.commit, locked.tree);
    if found == tree { Ok(()) } else { Err(Outcome::OtherTree(OtherTree { commit, locked: tree, found })) }
}

/// A directory and what it should hold.
pub(super) struct Target<'a> {
    pub(super) locked: &'a LockedRepo,
    pub(super) checkout: Checkout,
    pub(super) origin: Origin,
    /// Where requests go, with what secrets were written.
    pub(super) url: RemoteUrl,
    pub(super) depth: u32,
    pub(super) head: Head,
    /// Where its git directory is to be, if not in the checkout.
    pub(super) module: Option<Module>,
}

impl Target<'_> {
    pub(super) fn name(&self) -> &RepoName {
        &self.locked.pin.name
    }

    /// By HEAD and the marker alone: files are `oca status`'s business.
    pub(super) fn is_ready(&self) -> bool {
        self.is_placed(&self.head) && self.module.as_ref().is_none_or(Module::is_connected)
    }

    /// Whether what is wanted stands here, wherever its git directory is.
    pub(super) fn is_placed(&self, head: &Head) -> bool {
        match head {
            Head::Complete(placed) => *placed == self.wanted(),
            // What git itself checks out as a submodule needs no marker of ours.
            Head::Other(Some(commit)) => {
                *commit == self.locked.commit
                    && self.module.as_ref().is_some_and(Module::leads_here)
                    && !self.checkout.is_being_moved()
                    && self.checkout.origin().as_ref() == Some(&self.origin.url)
            }
            _ => false,
        }
    }

    pub(super) fn wanted(&self) -> Placed {
        Placed { commit: self.locked.commit, depth: self.depth, url: self.origin.url.clone() }
    }

    /// What is said of a checkout that is ready: the commit is there, and so its tree can be compared.
    pub(super) fn confirmed(&self) -> Outcome {
        match self.checkout.tree_of(self.locked.commit) {
            Ok(tree) => confirm_tree(self.locked, tree).map_or_else(|wrong| wrong, |()| Outcome::UpToDate),
            Err(error) => Outcome::CheckoutFailed { step: Step::Inspect, error },
        }
    }

    /// What `--force` discards; where it cannot be told, there may be some.
    pub(super) fn has_work(&self) -> bool {
        !self.checkout.local_work(None).is_ok_and(|work| work.is_none())
    }

    /// What stands here once a git directory that waits for its work tree has got it.
    pub(super) fn wake(&self, force: bool) -> Result<Head, Outcome> {
        let failed = |error| Outcome::CheckoutFailed { step: Step::CheckOut, error };
        let Some(module) = &self.module else { return Ok(self.head.clone()) };
        // A git directory without a commit is in the way of one with it.
        if force && self.head == Head::Other(None) && module.leads_here() {
            module.remove().map_err(failed)?;
        }
        if !module.is_dormant() {
            return Ok(self.head.clone());
        }
        module.wake().map_err(failed)?;
        self.checkout.head().map_err(failed)
    }

    /// What keeps it from being placed and absorbed, by what stands here alone.
    pub(super) fn obstacle(&self, head: &Head) -> Option<CheckoutError> {
        self.checkout.obstacle(head).or_else(|| self.module.as_ref()?.obstacle())
    }

    pub(super) fn outcome(&self, outcome: Outcome) -> RepoOutcome {
        RepoOutcome { name: self.name().clone(), url: self.locked.pin.url.to_string(), outcome }
    }

    pub(super) fn done(&self) -> Outcome {
        let to = self.locked.commit;
        match &self.head {
            Head::Absent | Head::HalfClone | Head::NotGit | Head::Link(_) | Head::Other(None) => {
                Outcome::Created(to)
            }
            Head::Complete(placed) if placed.commit == to => Outcome::Refreshed(to),
            Head::Complete(placed) => Outcome::Moved { from: Some(placed.commit), to },
            Head::Other(Some(from)) if *from == to => Outcome::Refreshed(to),
            Head::Other(Some(from)) => Outcome::Moved { from: Some(*from), to },
        }
    }
}
