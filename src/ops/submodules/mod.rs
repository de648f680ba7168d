//! The submodules of the surrounding repository: compares them with the lock, and makes them match it.

mod dissolve;
mod settle;
mod survey;

use std::collections::BTreeSet;

pub(crate) use dissolve::{dissolve, remaining};
pub(crate) use settle::How;
pub(crate) use survey::{Survey, pushed_branch};

use crate::config::{Profile, Repo};
use crate::error::Error;
use crate::git::{SubmodulePath, Superproject};
use crate::session::Session;

pub(crate) const STAGED: &str = "`git diff --cached --submodule` shows what is staged";

/// Fails early for reasons that would otherwise appear only after the lock was updated.
pub(crate) fn refuse_unfit(session: &Session<'_>) -> Result<(), Error> {
    let superproject = Superproject::around(session.root())?.ok_or_else(|| no_superproject(session))?;
    superproject.modules()?;
    superproject.gitlinks()?;
    Ok(superproject.refuse_locked()?)
}

fn no_superproject(session: &Session<'_>) -> Error {
    Error::NoSuperproject { directory: session.root().to_owned() }
}

/// The checkouts of some profiles with their paths as in `.gitmodules`: each path once, in path order. `top` is the
/// path of the project below the top of the surrounding repository.
fn checkouts<'p>(
    profiles: impl IntoIterator<Item = &'p Profile>,
    top: &str,
) -> Result<Vec<(SubmodulePath, &'p Repo)>, Error> {
    let mut seen = BTreeSet::new();
    let mut checkouts = Vec::new();
    for profile in profiles {
        for repo in profile.all_repos() {
            let path = SubmodulePath::declared(&joined(top, &Session::checkout_below(profile, repo)?))?;
            if seen.insert(path.clone()) {
                checkouts.push((path, repo));
            }
        }
    }
    Ok(checkouts)
}

/// The directory of a profile's checkouts, as a path in `.gitmodules`.
fn directory(profile: &Profile, top: &str) -> Result<String, Error> {
    Ok(joined(top, &Session::checkouts_below(profile)?))
}

fn joined(directory: &str, below: &str) -> String {
    if directory.is_empty() { below.to_owned() } else { format!("{directory}/{below}") }
}
