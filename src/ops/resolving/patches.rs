//! The files of the patches that were made to fit: written when the result is locked, and put back by an abort.

use crate::config::MergeList;
use crate::error::{Error, MergeError};
use crate::fs::{read_if_there, write_if_changed};
use crate::lock::{LockedPatch, LockedRepo, Pin, digest_of_patch};
use crate::ops::merging::Refreshed;
use crate::ops::updated::Updated;
use crate::ops::user_patches::{own_patch_file, user_patch};
use crate::plan;
use crate::repo::{RepoName, quoted_list};
use crate::session::Session;

/// Writes the patches that fit now. A file that the user edited since then stays.
pub(super) fn write(session: &Session<'_>, repo: &RepoName, patches: &[Refreshed]) -> Result<(), Error> {
    for Refreshed { path, old, new } in patches {
        let file = own_patch_file(session, path)?;
        if user_patch(session, repo, path)? == *old {
            write_if_changed(&file, new)?;
            session.printer.note(&format!("{repo}: wrote `{path}` anew"));
        }
    }
    Ok(())
}

/// Puts back the files that were written, if the lock does not have them.
pub(super) fn put_back(session: &Session<'_>, repo: &RepoName, patches: &[Refreshed]) -> Result<(), Error> {
    let Ok(lock) = session.lock_as_it_stands() else {
        // Nobody can say whether it has them.
        let paths: Vec<&str> = patches.iter().map(|patch| patch.path.as_str()).collect();
        if !paths.is_empty() {
            let paths = quoted_list(&paths);
            session.printer.note(&format!("{repo}: the lock cannot be read; {paths} stays as it is"));
        }
        return Ok(());
    };
    let lock = lock.unwrap_or_default();
    for Refreshed { path, old, new } in patches {
        if lock.repos.iter().any(|locked| content(locked, path) == Some(digest_of_patch(new))) {
            continue;
        }
        if read_if_there(&session.root().join(path))?.is_some_and(|text| text == *new) {
            write_if_changed(&own_patch_file(session, path)?, old)?;
            session.printer.note(&format!("{repo}: put back `{path}`"));
        }
    }
    Ok(())
}

/// Fails if another entry uses one of the patches, and it does not apply there as it is now. Other failures, such as those
/// of the network, are reported as what they are.
pub(super) fn refuse_unfit(
    session: &Session<'_>,
    pin: &Pin,
    patches: &[Refreshed],
    updated: &Updated,
) -> Result<(), Error> {
    let fits = |pin: &Pin, Refreshed { path, new, .. }: &Refreshed| {
        let locked = updated.lock.repo(pin);
        locked.is_some_and(|locked| content(locked, path) == Some(digest_of_patch(new)))
    };
    if !patches.iter().all(|patch| fits(pin, patch)) {
        return Ok(());
    }
    for other in plan::declared(&session.config).iter().filter(|other| other.pin != *pin) {
        let uses = |patch: &&Refreshed| other.pin.pending.patches.contains(&patch.path);
        for patch @ Refreshed { path, old, .. } in patches.iter().filter(uses) {
            if user_patch(session, &pin.name, path)? == *old && !fits(&other.pin, patch) {
                let name = &other.pin.name;
                let profile = other.profiles.first().cloned().unwrap_or_default();
                let list = MergeList::shared(name, session.config.core_part(name)).of_profile(&profile);
                let mut failures = updated.failures.iter().filter(|failure| failure.name == *name);
                let Some(failure) = failures.find(|failure| failure.needs_person()) else { continue };
                return Err(MergeError::SharedPatch {
                    repo: pin.name.clone(),
                    path: path.clone(),
                    header: list.header(),
                    profile,
                    why: failure.trouble.to_string(),
                }
                .into());
            }
        }
    }
    Ok(())
}

/// The digest of a patch in an entry of the lock.
fn content(locked: &LockedRepo, path: &str) -> Option<[u8; 32]> {
    let place = locked.pin.pending.patches.iter().position(|known| known == path)?;
    locked.patches.get(place).map(|LockedPatch { content, .. }| *content)
}
