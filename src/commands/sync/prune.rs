//! `oca sync --prune`: removes the checkouts that no profile declares.

use std::collections::BTreeSet;

use super::Args;
use crate::error::Error;
use crate::git::{Checkout, CheckoutError, LocalWork};
use crate::ops::undeclared;
use crate::repo::RepoName;
use crate::report::{Done, Outcome, RepoOutcome, Trouble};
use crate::session::Session;

/// Removes undeclared checkouts of oca that contain no local work. Submodules were already handled.
pub(super) fn prune(
    session: &Session<'_>,
    args: &Args,
    submodules: &BTreeSet<RepoName>,
) -> Result<Vec<RepoOutcome>, Error> {
    let mut outcomes = Vec::new();
    for (path, name) in undeclared(session)? {
        if submodules.contains(&name) {
            continue;
        }
        let checkout = Checkout::new(path);
        let outcome = prune_one(&checkout, args);
        // A dry run reports everything at its end.
        if let (Ok(done), false) = (&outcome, args.dry_run) {
            session.printer.note(&format!("{name}: {done}"));
        }
        outcomes.push(RepoOutcome { name, url: String::new(), outcome });
    }
    Ok(outcomes)
}

fn prune_one(checkout: &Checkout, args: &Args) -> Outcome {
    let work = if args.force {
        LocalWork::default()
    } else {
        checkout.whole_work().map_err(Trouble::not_inspected)?
    };
    if !work.is_none() {
        return Err(Trouble::Kept(CheckoutError::LocalWork(work)));
    }
    if let Some(branch) = checkout.in_work() {
        return Err(Trouble::Kept(CheckoutError::InWork { path: checkout.path().to_owned(), branch }));
    }
    if !args.dry_run {
        checkout.remove().map_err(Trouble::not_removed)?;
    }
    Ok(Done::Removed)
}
