//! Builds new checkouts aside while other repositories are still being locked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::checkouts::prepare_directories;
use super::target::CheckoutTarget;
use crate::config::Mode;
use crate::error::Error;
use crate::fs::remove_directory_of;
use crate::git::{Built, Checkout, CheckoutContent, Head, Origin, Snapshot};
use crate::lock::{LockedRepo, Pin};
use crate::plan;
use crate::repo::CommitId;
use crate::session::Session;

/// The checkouts to build as soon as each pin is locked. The default is none.
#[derive(Default)]
pub(crate) struct Ahead {
    wanted: BTreeMap<Pin, NewCheckouts>,
    built: Mutex<BTreeMap<PathBuf, Built>>,
    /// Directories that were created for the checkouts.
    made: BTreeSet<PathBuf>,
}

struct NewCheckouts {
    depth: u32,
    /// Checkouts that do not exist yet. Existing ones are changed only after the lock is written.
    new: Vec<(Checkout, Origin)>,
}

impl Ahead {
    /// The new checkouts of this sync.
    ///
    /// Submodules are not built ahead: their git directories may already exist elsewhere.
    pub(crate) fn of_sync(session: &Session<'_>) -> Result<Self, Error> {
        let mut ahead = Self::default();
        let builds = session.config.mode == Mode::Clone;
        for profile in session.profiles()? {
            for repo in profile.all_repos().filter(|repo| !session.config.skips(&repo.name)) {
                let wanted = ahead.wanted.entry(plan::pin(repo));
                let depth = session.config.depth(repo);
                let wanted = wanted.or_insert_with(|| NewCheckouts { depth, new: Vec::new() });
                let checkout = Checkout::new(session.checkout(profile, &repo.name)?);
                let is_known = wanted.new.iter().any(|(known, _)| known.path() == checkout.path());
                if builds && !is_known && checkout.head().is_ok_and(|head| head == Head::Absent) {
                    wanted.new.push((checkout, session.origin(&repo.url, &repo.reference)?));
                }
            }
        }
        if ahead.is_prepared() {
            let new = ahead.wanted.values().flat_map(|wanted| &wanted.new);
            let parents = new.filter_map(|(checkout, _)| checkout.path().parent());
            ahead.made = parents.filter(|parent| !parent.exists()).map(Path::to_owned).collect();
            prepare_directories(session)?;
        }
        Ok(ahead)
    }

    /// Whether the directories of the checkouts were created.
    pub(crate) fn is_prepared(&self) -> bool {
        self.wanted.values().any(|wanted| !wanted.new.is_empty())
    }

    /// The depth of the checkout of a pin, if there is one: one request then brings its files and what the lock needs.
    pub(crate) fn depth(&self, pin: &Pin) -> Option<u32> {
        self.wanted.get(pin).map(|wanted| wanted.depth)
    }

    /// Builds the new checkouts of a pin.
    ///
    /// If this fails, the checkout is built again later, and the failure is reported then.
    pub(crate) fn build(&self, locked: &LockedRepo, snapshot: &Snapshot<'_, '_>, ends: &[CommitId]) {
        let Some(NewCheckouts { depth, new }) = self.wanted.get(&locked.pin) else { return };
        for (checkout, origin) in new {
            let content = CheckoutContent { snapshot, tree: locked.tree, ends, depth: *depth, origin };
            if let Ok(built) = checkout.build(&content) {
                let mut all = self.built.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(checkout.path().to_owned(), built);
            }
        }
    }

    /// Removes everything that was built, because locking failed.
    pub(crate) fn discard(self) {
        let Self { built, made, .. } = self;
        drop(built);
        for directory in made {
            // An empty directory that stays does no harm.
            let _left = remove_directory_of(&directory, ".gitignore");
        }
    }

    /// The built checkout of a directory, if it matches the target.
    pub(crate) fn take(&self, target: &CheckoutTarget<'_>) -> Option<Built> {
        let mut all = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let built = all.remove(target.checkout.path())?;
        (target.head == Head::Absent && *built.placed() == target.wanted()).then_some(built)
    }
}
