//! A checkout and the content that `oca sync` puts there.

use super::remotes::OfPin;
use crate::git::{Checkout, CheckoutError, GitTree, Head, Module, Origin, Placed};
use crate::lock::{LockedRepo, Pin};
use crate::repo::{AtPath, Objects, RemoteUrl, TreeId, at_path, bare_url};
use crate::report::{Done, OtherTree, Outcome, Step, Trouble};

/// Fails if the tree in the lock is not the tree of the commit.
fn confirm_tree(locked: &LockedRepo, found: TreeId) -> Result<(), Trouble> {
    let (commit, tree) = (locked.head(), locked.tree);
    if found == tree {
        return Ok(());
    }
    Err(Trouble::OtherTree(OtherTree { commit, module: None, locked: tree, found: Some(found) }))
}

/// The first module for which the lock has another tree than its commit. `objects` are those of the locked tree.
///
/// Trees that are missing or cannot be read are passed over: whoever needs them reports them.
pub(crate) fn other_module(locked: &LockedRepo, objects: &dyn Objects) -> Option<OtherTree> {
    if locked.core.is_some() {
        return None;
    }
    locked.facts.modules.iter().find_map(|module| {
        let found = match at_path(objects, locked.tree, &module.path()).ok()? {
            AtPath::Directory(tree) => Some(tree),
            // It cannot be compared: a symlink may lead anywhere in the repository.
            AtPath::Link => return None,
            AtPath::Nothing => None,
        };
        let (commit, path) = (locked.head(), module.path());
        let other = OtherTree { commit, module: Some(path), locked: module.tree, found };
        (found != Some(module.tree)).then_some(other)
    })
}

/// Fails if the lock has another tree for the commit or for a module than the commit.
pub(crate) fn confirm_trees(locked: &LockedRepo, tree: &GitTree<'_>) -> Result<(), Trouble> {
    confirm_tree(locked, tree.id())?;
    other_module(locked, tree).map_or(Ok(()), |other| Err(Trouble::OtherTree(other)))
}

/// A directory and its intended content.
pub(crate) struct CheckoutTarget<'a> {
    pub(crate) locked: &'a LockedRepo,
    pub(crate) checkout: Checkout,
    pub(crate) origin: Origin,
    /// The url for requests, with the secrets that it was written with.
    pub(crate) url: RemoteUrl,
    pub(crate) depth: u32,
    pub(crate) head: Head,
    /// The intended git directory, if it is outside the checkout.
    pub(crate) module: Option<Module>,
    /// The paths from and to which its work tree was moved or, in a dry run, would be moved.
    pub(crate) relocated: Option<(String, String)>,
}

impl CheckoutTarget<'_> {
    /// Looks only at HEAD and the marker; `oca status` looks at the files.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_placed(&self.head) && self.module.as_ref().is_none_or(Module::is_connected)
    }

    /// Whether the intended content is here, wherever the git directory is.
    pub(crate) fn is_placed(&self, head: &Head) -> bool {
        match head {
            Head::Complete(placed) => *placed == self.wanted(),
            Head::Other(Some(commit)) => *commit == self.locked.head() && self.is_placed_by_git(),
            _ => false,
        }
    }

    /// Whether git itself checked out the intended commit here: oca's marker is missing, but nothing has to be changed.
    fn is_placed_by_git(&self) -> bool {
        if self.checkout.is_being_moved() || !self.checkout.is_written() {
            return false;
        }
        let Some(origin) = self.checkout.origin() else { return false };
        match &self.module {
            Some(module) if module.leads_here() && origin == self.origin.url => true,
            // Local work stays as it is. Without any, the checkout is made as oca makes it.
            _ => bare_url(&origin) == bare_url(&self.origin.url) && self.has_work(),
        }
    }

    pub(crate) fn wanted(&self) -> Placed {
        let (commit, tree) = (self.locked.head(), self.locked.tree);
        Placed { commit, tree, depth: self.depth, url: self.origin.url.clone() }
    }

    /// Fails if the commit is checked out here and the tree in the lock is not its tree.
    pub(crate) fn confirm(&self, head: &Head) -> Result<(), Trouble> {
        let commit = self.locked.head();
        let found = match head {
            Head::Complete(placed) if placed.commit == commit => placed.tree,
            Head::Other(Some(head)) if *head == commit => {
                self.checkout.tree_of(commit).map_err(Trouble::not_inspected)?
            }
            _ => return Ok(()),
        };
        confirm_tree(self.locked, found)?;
        if let Head::Other(_) = head {
            let objects = self.checkout.tree(found).map_err(Trouble::not_inspected)?;
            confirm_trees(self.locked, &objects)?;
        }
        Ok(())
    }

    /// The outcome for a checkout that is ready. Unless this is a dry run, the marker says so too, and the next run
    /// needs no look at what git checked out.
    pub(crate) fn ready(&self, is_dry: bool) -> Outcome {
        self.confirm(&self.head)?;
        if !is_dry && let Head::Other(_) = self.head {
            self.checkout.note_placed(&self.wanted());
        }
        Ok(self.relocation().unwrap_or(Done::UpToDate))
    }

    fn relocation(&self) -> Option<Done> {
        let (from, to) = self.relocated.clone()?;
        Some(Done::Relocated { from, to })
    }

    /// Whether there is local work that `--force` discards; true if this cannot be found out.
    pub(crate) fn has_work(&self) -> bool {
        self.checkout.is_resolving() || !self.checkout.local_work(None).is_ok_and(|work| work.is_none())
    }

    /// Restores the work tree of a dormant submodule, and returns what is here then.
    pub(crate) fn wake(&self, force: bool) -> Result<Head, Trouble> {
        let failed = |error| Trouble::Checkout { step: Step::CheckOut, error };
        let Some(module) = &self.module else { return Ok(self.head.clone()) };
        // A git directory without a commit would block the one with commits.
        if force && self.head == Head::Other(None) && module.leads_here() {
            module.remove().map_err(failed)?;
        }
        if !module.is_dormant() {
            return Ok(self.head.clone());
        }
        module.wake().map_err(failed)?;
        self.checkout.head().map_err(failed)
    }

    /// The reason not to check out here, judged only by what is here.
    pub(crate) fn obstacle(&self, head: &Head) -> Option<CheckoutError> {
        self.checkout.obstacle(head).or_else(|| self.module.as_ref()?.obstacle())
    }

    /// What was done to it, or would be. `by_force` says that `--force` was given.
    pub(crate) fn done(&self, by_force: bool) -> Done {
        let to = self.locked.head();
        match &self.head {
            Head::Absent if let Some(relocation) = self.relocation() => relocation,
            Head::Absent | Head::HalfClone | Head::NotGit | Head::Link(_) | Head::Other(None) => {
                Done::Created(to)
            }
            Head::Complete(placed) if placed.commit == to => Done::Refreshed { commit: to, by_force },
            Head::Complete(placed) => Done::Moved { from: Some(placed.commit), to },
            Head::Unfilled(from) | Head::Other(Some(from)) if *from == to => {
                Done::Refreshed { commit: to, by_force }
            }
            Head::Unfilled(from) | Head::Other(Some(from)) => Done::Moved { from: Some(*from), to },
        }
    }
}

impl OfPin for CheckoutTarget<'_> {
    fn pin(&self) -> &Pin {
        &self.locked.pin
    }
}
