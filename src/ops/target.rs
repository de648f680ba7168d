//! A checkout as `oca sync` wants it.

use super::remotes::Job;
use crate::git::{Checkout, CheckoutError, Head, Module, Origin, Placed};
use crate::lock::LockedRepo;
use crate::repo::{RemoteUrl, RepoName, TreeId};
use crate::report::{Done, OtherTree, Outcome, Step, Trouble};

/// Refuses a lock whose tree is not that of its commit.
pub(crate) fn confirm_tree(locked: &LockedRepo, found: TreeId) -> Result<(), Trouble> {
    let (commit, tree) = (locked.commit, locked.tree);
    if found == tree { Ok(()) } else { Err(Trouble::OtherTree(OtherTree { commit, locked: tree, found })) }
}

/// A directory and what it should hold.
pub(crate) struct Target<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) checkout: Checkout,
    pub(crate) origin: Origin,
    /// Where requests go, with what secrets were written.
    pub(crate) url: RemoteUrl,
    pub(crate) depth: u32,
    pub(crate) head: Head,
    /// Where its git directory is to be, if not in the checkout.
    pub(crate) module: Option<Module>,
}

impl Target<'_> {
    /// By HEAD and the marker alone: files are `oca status`'s business.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_placed(&self.head) && self.module.as_ref().is_none_or(Module::is_connected)
    }

    /// Whether what is wanted stands here, wherever its git directory is.
    pub(crate) fn is_placed(&self, head: &Head) -> bool {
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

    pub(crate) fn wanted(&self) -> Placed {
        let LockedRepo { commit, tree, .. } = *self.locked;
        Placed { commit, tree, depth: self.depth, url: self.origin.url.clone() }
    }

    /// Refuses a lock whose tree is not that of its commit, where that stands here.
    pub(crate) fn confirm(&self, head: &Head) -> Result<(), Trouble> {
        let commit = self.locked.commit;
        let found = match head {
            Head::Complete(placed) if placed.commit == commit => placed.tree,
            Head::Other(Some(head)) if *head == commit => {
                let failed = |error| Trouble::Checkout { step: Step::Inspect, error };
                self.checkout.tree_of(commit).map_err(failed)?
            }
            _ => return Ok(()),
        };
        confirm_tree(self.locked, found)
    }

    /// What is said of a checkout that is ready.
    pub(crate) fn ready(&self) -> Outcome {
        self.confirm(&self.head).map(|()| Done::UpToDate)
    }

    /// What `--force` discards; where it cannot be told, there may be some.
    pub(crate) fn has_work(&self) -> bool {
        !self.checkout.local_work(None).is_ok_and(|work| work.is_none())
    }

    /// What stands here once a git directory that waits for its work tree has got it.
    pub(crate) fn wake(&self, force: bool) -> Result<Head, Trouble> {
        let failed = |error| Trouble::Checkout { step: Step::CheckOut, error };
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
    pub(crate) fn obstacle(&self, head: &Head) -> Option<CheckoutError> {
        self.checkout.obstacle(head).or_else(|| self.module.as_ref()?.obstacle())
    }

    pub(crate) fn done(&self) -> Done {
        let to = self.locked.commit;
        match &self.head {
            Head::Absent | Head::HalfClone | Head::NotGit | Head::Link(_) | Head::Other(None) => {
                Done::Created(to)
            }
            Head::Complete(placed) if placed.commit == to => Done::Refreshed(to),
            Head::Complete(placed) => Done::Moved { from: Some(placed.commit), to },
            Head::Other(Some(from)) if *from == to => Done::Refreshed(to),
            Head::Other(Some(from)) => Done::Moved { from: Some(*from), to },
        }
    }
}

impl Job for Target<'_> {
    fn name(&self) -> &RepoName {
        &self.locked.pin.name
    }

    fn url(&self) -> String {
        self.locked.pin.url.to_string()
    }
}
