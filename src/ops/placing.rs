//! Puts the locked commit of one repository into its checkout, or only beside the commits that the checkout has.

use super::checkouts::wanted;
use super::content::Contents;
use super::target::confirm_trees;
use crate::error::Error;
use crate::git::{Checkout, CheckoutContent, Discard, Origin};
use crate::lock::Lock;
use crate::repo::RepoName;
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// Checks out the locked commit. What is not to be discarded is left alone, and the error names it. `None` if the profile
/// of the command does not have the repository.
pub(crate) fn place_locked(
    session: &Session<'_>,
    lock: &Lock,
    name: &RepoName,
    discard: Discard,
) -> Result<Option<Done>, Error> {
    let mut done = None;
    let place = |checkout: &Checkout, content: &CheckoutContent<'_>| {
        checkout.place(content, discard).map_err(Trouble::not_placed)?;
        done = Some(Done::Moved { from: None, to: content.commit() });
        Ok(())
    };
    with_locked(session, lock, name, place)?;
    Ok(done)
}

/// Adds the locked commit to a checkout, with its history. HEAD, the index and the files stay as they are.
pub(crate) fn bring_locked(session: &Session<'_>, lock: &Lock, name: &RepoName) -> Result<(), Error> {
    with_locked(session, lock, name, |checkout, content| {
        // A branch of the origin does not lead to the commits of steps.
        let origin = Origin { branch: None, ..content.origin.clone() };
        let content = CheckoutContent { origin: &origin, ..*content };
        checkout.bring_history(&content).map_err(Trouble::not_inspected)
    })
}

/// Does something with the checkouts of a repository and their locked content, whose files are in the store.
fn with_locked(
    session: &Session<'_>,
    lock: &Lock,
    name: &RepoName,
    mut act: impl FnMut(&Checkout, &CheckoutContent<'_>) -> Result<(), Trouble>,
) -> Result<(), Error> {
    let contents = Contents::new(session, lock);
    let mut targets = wanted(session, lock)?;
    targets.retain(|target| target.locked.pin.name == *name);
    for target in targets {
        let (repo, locked) = (target.repo, target.locked);
        let failed = |trouble: Trouble| {
            let failure = Failure::new(name.clone(), locked.pin.url.to_string(), trouble);
            Error::Repos { failures: vec![failure] }
        };
        let remote = session.git()?.remote(&session.remote_url(&repo.url)?)?;
        let snapshot = contents.of(remote, locked, &|_| ()).map_err(failed)?;
        let depth = session.config.depth(repo);
        let ends = snapshot.files(depth).map_err(|error| failed(Trouble::Remote(error)))?;
        let trees = snapshot.tree().map_err(|error| failed(Trouble::Remote(error)))?;
        confirm_trees(locked, &trees).map_err(failed)?;
        let origin = session.origin(&repo.url, &repo.reference)?;
        let tree = locked.tree;
        let content = CheckoutContent { snapshot: &snapshot, tree, ends: &ends, depth, origin: &origin };
        act(&target.checkout, &content).map_err(failed)?;
    }
    Ok(())
}
