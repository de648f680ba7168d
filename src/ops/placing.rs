//! Puts the locked commit of one repository into its checkout.

use super::checkouts::wanted;
use super::content::Contents;
use super::target::confirm_trees;
use crate::error::Error;
use crate::git::CheckoutContent;
use crate::lock::Lock;
use crate::repo::RepoName;
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// Checks out the locked commit. Without `force`, local work is left alone, and the error names it. `None` if the profile of the command does not have the
/// repository.
pub(crate) fn place_locked(
    session: &Session<'_>,
    lock: &Lock,
    name: &RepoName,
    force: bool,
) -> Result<Option<Done>, Error> {
    let contents = Contents::new(session, lock);
    let mut targets = wanted(session, lock)?;
    targets.retain(|target| target.locked.pin.name == *name);
    let mut done = None;
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
        let placed = target.checkout.place(&content, force);
        placed.map_err(|error| failed(Trouble::not_placed(error)))?;
        done = Some(Done::Moved { from: None, to: locked.head() });
    }
    Ok(done)
}
