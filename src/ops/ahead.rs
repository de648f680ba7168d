//! What `oca sync` does for one repository while others are still being locked: its checkout is built, aside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::checkouts::prepare_directories;
use super::target::Target;
use crate::config::Mode;
use crate::error::Error;
use crate::fs::remove_directory_of;
use crate::git::{Built, Checkout, Content, Head, Origin, Snapshot};
use crate::lock::{LockedRepo, Pin};
use crate::plan;
use crate::repo::CommitId;
use crate::session::Session;

/// What will be wanted of each pin right after it is locked. By default, nothing.
#[derive(Default)]
pub(crate) struct Ahead {
    wanted: BTreeMap<Pin, Wanted>,
    built: Mutex<BTreeMap<PathBuf, Built>>,
    /// Directories of checkouts that were not there before.
    made: BTreeSet<PathBuf>,
}

struct Wanted {
    depth: u32,
    /// Checkouts that are not there yet; those that are there wait until the lock is written.
    new: Vec<(Checkout, Origin)>,
}

impl Ahead {
    /// What this sync will check out, whatever the commits turn out to be.
    ///
    /// A submodule is not built ahead: its git directory may wait elsewhere.
    pub(crate) fn of_sync(session: &Session<'_>) -> Result<Self, Error> {
        let mut ahead = Self::default();
        let builds = session.config.mode == Mode::Clone;
        for profile in session.profiles()? {
            for repo in profile.repos.iter().filter(|repo| !session.config.skips(&repo.name)) {
                let wanted = ahead.wanted.entry(plan::pin(repo));
                let depth = session.config.depth(repo);
                let wanted = wanted.or_insert_with(|| Wanted { depth, new: Vec::new() });
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

    /// Whether the directories of the checkouts were prepared, and perhaps hold what was built.
    pub(crate) fn is_prepared(&self) -> bool {
        self.wanted.values().any(|wanted| !wanted.new.is_empty())
    }

    /// To which depth the files of a pin will be wanted, if they will: one request brings them with what a lock needs.
    pub(crate) fn depth(&self, pin: &Pin) -> Option<u32> {
        self.wanted.get(pin).map(|wanted| wanted.depth)
    }

    /// Builds the new checkouts of a pin, all of whose files are in the remote's store.
    ///
    /// One that fails is built again in its turn, where the failure is told.
    pub(crate) fn build(&self, locked: &LockedRepo, snapshot: &Snapshot<'_, '_>, ends: &[CommitId]) {
        let Some(Wanted { depth, new }) = self.wanted.get(&locked.pin) else { return };
        for (checkout, origin) in new {
            let content = Content { snapshot, tree: locked.tree, ends, depth: *depth, origin };
            if let Ok(built) = checkout.build(&content) {
                let mut all = self.built.lock().unwrap_or_else(PoisonError::into_inner);
                all.insert(checkout.path().to_owned(), built);
            }
        }
    }

    /// Takes back what was done for a lock that failed.
    pub(crate) fn discard(self) {
        let Self { built, made, .. } = self;
        drop(built);
        for directory in made {
            // What cannot be removed is in nobody's way.
            let _left = remove_directory_of(&directory, ".gitignore");
        }
    }

    /// The checkout that was built for a directory, if it is the one that is wanted there.
    pub(crate) fn take(&self, target: &Target<'_>) -> Option<Built> {
        let mut all = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let built = all.remove(target.checkout.path())?;
        (target.head == Head::Absent && *built.placed() == target.wanted()).then_some(built)
    }
}
