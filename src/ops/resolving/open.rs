//! The merges that are open in the checkouts, as other commands see them.

use std::collections::BTreeSet;

use super::abort::Abort;
use super::current::read_state;
use crate::config::Repo;
use crate::error::Error;
use crate::git::{Checkout, CheckoutError};
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

/// Whether something is open in a checkout of a repository that failed, in any of the requested profiles, or in the one
/// that its hint names.
pub(crate) fn is_open(session: &Session<'_>, failure: &Failure) -> bool {
    let profiles = match failure.profiles.first() {
        Some(profile) => session.config.profile(Some(profile)).into_iter().collect(),
        None => session.profiles().unwrap_or_default(),
    };
    let mut paths = profiles.into_iter().filter_map(|profile| session.checkout(profile, &failure.name).ok());
    paths.any(|path| Checkout::new(path).is_resolving())
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

/// The checkouts in which something is open that the lock does not have, and that is to be discarded.
pub(crate) struct OpenMerges<'a>(Vec<OpenMerge<'a>>);

impl<'a> OpenMerges<'a> {
    /// Fails if something is open that is not to be discarded. `discard` has the repositories whose open merges are; if
    /// it is empty, all are. With `None`, none are.
    pub(crate) fn to_discard(
        session: &'a Session<'_>,
        lock: Option<&Lock>,
        discard: Option<&BTreeSet<RepoName>>,
    ) -> Result<Self, Error> {
        let is_discarded = |open: &OpenMerge<'_>| {
            discard.is_some_and(|names| names.is_empty() || names.contains(&open.repo.name))
        };
        let (discarded, kept): (Vec<_>, Vec<_>) =
            unlocked_open_merges(session, lock)?.into_iter().partition(is_discarded);
        let failure = |OpenMerge { repo, checkout }: OpenMerge<'_>| {
            let trouble = Trouble::Kept(CheckoutError::Resolving { path: checkout.path().to_owned() });
            Failure::new(repo.name.clone(), repo.url.without_secret().to_string(), trouble)
        };
        let failures: Vec<Failure> = kept.into_iter().map(failure).collect();
        if failures.is_empty() { Ok(Self(discarded)) } else { Err(Error::Repos { failures }) }
    }

    /// Puts back what was in the checkouts, whatever a person did in the files since then. Either all of them can be put
    /// back, or none is touched.
    pub(crate) fn discard(&self, session: &Session<'_>) -> Result<(), Error> {
        let aborts = self.0.iter().map(|open| Abort::new(session, &open.repo.name, &open.checkout, true));
        let aborts = aborts.filter_map(Result::transpose).collect::<Result<Vec<_>, Error>>()?;
        aborts.iter().try_for_each(|abort| abort.run("what was open is discarded"))
    }
}
