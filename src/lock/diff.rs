//! What differs between two locks, repository by repository.

use super::schema::{Lock, LockedRepo, Pin};
use crate::repo::CommitId;

/// One repository that is not the same in both locks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Added {
        pin: Pin,
        commit: CommitId,
    },
    Removed {
        pin: Pin,
        commit: CommitId,
    },
    Moved {
        pin: Pin,
        from: CommitId,
        to: CommitId,
    },
    /// The same commit, read anew: other addons directories, or facts that were edited by hand.
    Reread {
        pin: Pin,
    },
}

impl Change {
    pub(crate) fn pin(&self) -> &Pin {
        let (Self::Added { pin, .. }
        | Self::Removed { pin, .. }
        | Self::Moved { pin, .. }
        | Self::Reread { pin }) = self;
        pin
    }
}

/// All changes from `old` to `new`, sorted by name.
pub(crate) fn changes(old: &Lock, new: &Lock) -> Vec<Change> {
    let gone = old.repos.iter().filter(|repo| new.repo(&repo.pin).is_none());
    let mut changes: Vec<Change> =
        gone.map(|repo| Change::Removed { pin: repo.pin.clone(), commit: repo.commit }).collect();
    changes.extend(new.repos.iter().filter_map(|repo| change(old.repo(&repo.pin), repo)));
    changes.sort_by(|a, b| a.pin().cmp(b.pin()));
    changes
}

fn change(old: Option<&LockedRepo>, new: &LockedRepo) -> Option<Change> {
    let pin = new.pin.clone();
    match old {
        None => Some(Change::Added { pin, commit: new.commit }),
        Some(old) if old.commit != new.commit => {
            Some(Change::Moved { pin, from: old.commit, to: new.commit })
        }
        Some(old) if old != new => Some(Change::Reread { pin }),
        Some(_) => None,
    }
}
