//! The merges that are open in the checkouts, as other commands see them.

use std::collections::BTreeSet;

use super::current::read_state;
use crate::config::Repo;
use crate::error::Error;
use crate::git::{Before, Checkout, CheckoutError};
use crate::lock::Lock;
use crate::plan;
use crate::repo::RepoName;
use crate::report::{Failure, Trouble};
use crate::session::Session;

/// A checkout in which something is open that the lock does not have.
pub(crate) struct OpenMerge<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) checkout: Checkout,
}

/// What is open in a checkout, and how it goes on, in words.
pub(crate) fn open_words(name: &RepoName, checkout: &Checkout) -> String {
    let state = read_state(checkout).ok().flatten();
    let what = state.and_then(|state| state.open).map(|open| format!("`{}`: ", open.what));
    let what = what.unwrap_or_default();
    format!("{what}run `oca resolve {name} --continue` or `oca resolve {name} --abort`")
}

/// The checkouts of the requested profiles in which something is open, and that the lock does not have as they are
/// declared. As long as they are open, the lock cannot be brought up to date.
pub(crate) fn unlocked_open_merges<'a>(
    session: &'a Session<'_>,
    lock: Option<&Lock>,
) -> Result<Vec<OpenMerge<'a>>, Error> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for profile in session.profiles()? {
        for repo in profile.all_repos().filter(|repo| !session.config.skips(&repo.name)) {
            let is_locked = lock.is_some_and(|lock| lock.repo(&plan::pin(repo)).is_some());
            let path = session.checkout(profile, &repo.name)?;
            let checkout = Checkout::new(path.clone());
            if !is_locked && checkout.is_resolving() && seen.insert(path) {
                found.push(OpenMerge { repo, checkout });
            }
        }
    }
    Ok(found)
}

/// Fails if something is open that the lock does not have. `discard` has the repositories whose open merges are
/// discarded; if it is empty, all are. `None` discards none.
pub(crate) fn refuse_open_merges(
    session: &Session<'_>,
    lock: Option<&Lock>,
    discard: Option<&BTreeSet<RepoName>>,
) -> Result<(), Error> {
    let mut failures = Vec::new();
    for OpenMerge { repo, checkout } in unlocked_open_merges(session, lock)? {
        if discard.is_some_and(|names| names.is_empty() || names.contains(&repo.name)) {
            discard_open(&checkout)?;
            session.printer.note(&format!("{}: what was open is discarded", repo.name));
        } else {
            let trouble = Trouble::Kept(CheckoutError::Resolving { path: checkout.path().to_owned() });
            let url = repo.url.without_secret().to_string();
            failures.push(Failure::new(repo.name.clone(), url, trouble));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}

/// Puts back what was in the checkout, whatever a person did there since then.
fn discard_open(checkout: &Checkout) -> Result<(), Error> {
    let Some(state) = read_state(checkout)? else { return Ok(()) };
    let open = state.open.as_ref().map(|open| &open.merge);
    checkout.put_back(&state.before, open.or(state.taken.as_ref().map(|taken| &taken.merge)))?;
    if state.before != Before::Nothing {
        checkout.forget_resolve()?;
    }
    Ok(())
}
