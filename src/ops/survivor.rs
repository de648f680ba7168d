//! What is left of a branch whose pinned commit is gone: the newest commit that is not newer than the pin.

use crate::error::Error;
use crate::git::{self, Aged, Superproject};
use crate::lock::{FILE_NAME, Pin};
use crate::plan;
use crate::repo::{CommitId, RemoteUrl};
use crate::report::{Failure, Survivor, Trouble};
use crate::session::Session;

/// In bytes. A larger lock is not read in the history of the project.
const LARGEST: usize = 64 << 20;

/// Adds the survivor to each repository whose pinned commit is gone. What cannot be found out is left out: the error is
/// told in any case.
pub(crate) fn find_survivors(session: &Session<'_>, failures: &mut [Failure]) {
    for failure in failures {
        if let Trouble::Remote(git::Error::Vanished { commit } | git::Error::OutOfReach { commit, .. }) =
            failure.trouble
        {
            failure.survivor = survivor(session, failure, commit).ok().flatten();
        }
    }
}

fn survivor(session: &Session<'_>, failure: &Failure, gone: CommitId) -> Result<Option<Survivor>, Error> {
    let all = plan::declared(&session.config);
    let mut declared = all.iter().filter(|declared| declared.pin.name == failure.name);
    let (Some(declared), None) = (declared.next(), declared.next()) else { return Ok(None) };
    let Pin { reference, .. } = &declared.pin;
    if reference.as_branch().is_none() {
        return Ok(None);
    }
    let url = session.remote_url(&declared.url)?;
    let Some(time) = time_of(session, &url, gone)? else { return Ok(None) };
    let remote = session.git()?.remote(&url)?;
    if !remote.sends_parts() {
        return Ok(None);
    }
    let head = remote.resolve(reference)?;
    Ok(match remote.at(head, reference, &|_| ()).newest_until(time, None)? {
        Aged::At(commit, time) if commit != gone => Some(Survivor { commit, time }),
        Aged::At(..) | Aged::Pin | Aged::None => None,
    })
}

/// The date of a commit, in seconds since 1970: as the cache has it; else, when the project took it into its lock.
fn time_of(session: &Session<'_>, url: &RemoteUrl, commit: CommitId) -> Result<Option<i64>, Error> {
    if let Some(time) = session.git()?.known_time(url, commit) {
        return Ok(Some(time));
    }
    let Some(superproject) = Superproject::around(session.root())? else { return Ok(None) };
    let file = session.root().join(FILE_NAME);
    Ok(superproject.contains_since(&file, &commit.to_string(), LARGEST)?)
}
