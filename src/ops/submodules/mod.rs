//! The submodules of the surrounding repository: what they are against the lock, and how they come to be what it says.

mod dissolve;
mod settle;
mod survey;

use std::collections::BTreeSet;

pub(crate) use dissolve::dissolve;
pub(crate) use settle::How;
pub(crate) use survey::Survey;

use crate::config::{Profile, Repo};
use crate::error::Error;
use crate::git::{SubmodulePath, Superproject};
use crate::session::Session;

pub(crate) const STAGED: &str = "`git diff --cached --submodule` shows what is staged";

/// Refuses what would only fail after the lock was updated.
pub(crate) fn refuse_unfit(session: &Session<'_>) -> Result<(), Error> {
    let superproject = Superproject::around(session.root())?.ok_or_else(|| no_superproject(session))?;
    superproject.modules()?;
    superproject.gitlinks()?;
    Ok(superproject.refuse_locked()?)
}

fn no_superproject(session: &Session<'_>) -> Error {
    Error::NoSuperproject { directory: session.root().to_owned() }
}

/// The checkouts of some profiles by their paths, as `.gitmodules` writes them: each once, in path order. `top` is the
/// project as seen from the top of the surrounding repository.
fn checkouts<'p>(
    profiles: impl IntoIterator<Item = &'p Profile>,
    top: &str,
) -> Result<Vec<(SubmodulePath, &'p Repo)>, Error> {
    let mut seen = BTreeSet::new();
    let mut checkouts = Vec::new();
    for profile in profiles {
        let directory = directory(profile, top)?;
        for repo in &profile.repos {
            let path = SubmodulePath::declared(&joined(&directory, repo.name.as_str()))?;
            if seen.insert(path.clone()) {
                checkouts.push((path, repo));
            }
        }
    }
    Ok(checkouts)
}

/// The directory of a profile's checkouts, in the same way.
fn directory(profile: &Profile, top: &str) -> Result<String, Error> {
    Ok(joined(top, &Session::checkouts_below(profile)?))
}

fn joined(directory: &str, below: &str) -> String {
    if directory.is_empty() { below.to_owned() } else { format!("{directory}/{below}") }
}
