//! What an upgrade would bring. Nothing is written.

use std::collections::BTreeSet;

use super::careful::Care;
use super::update::upgrade;
use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{Movable, Moves};
use crate::report::{Failure, Held};
use crate::session::Session;

/// The lock after an upgrade.
pub(crate) struct Foreseen {
    pub(crate) lock: Lock,
    /// The repositories that the upgrade would leave as they are.
    pub(crate) held: Vec<Held>,
    /// The repositories that the upgrade could not move. The lock has their old entries.
    pub(crate) failures: Vec<Failure>,
}

/// The lock as an upgrade of these would make it. A repository that cannot be read does not stop the others.
pub(crate) fn foresee(
    session: &Session<'_>,
    old: &Lock,
    mut names: BTreeSet<Movable>,
) -> Result<Foreseen, Error> {
    let care = Care { is_foreseen: true, ..Care::default() };
    let mut failures = Vec::new();
    loop {
        // What an earlier round asked for is known by now.
        match upgrade(session, Some(old.clone()), &Moves::Named(names.clone()), care) {
            Err(Error::Repos { failures: failed }) => {
                let is_failed = |movable: &Movable| failed.iter().any(|failure| failure.name == movable.repo);
                if !names.iter().any(is_failed) {
                    return Err(Error::Repos { failures: failed });
                }
                names.retain(|movable| !is_failed(movable));
                failures.extend(failed);
            }
            Err(error) => return Err(error),
            Ok(updated) => {
                let held = updated.held.clone();
                let (lock, failed) = updated.into_parts();
                failures.extend(failed);
                return Ok(Foreseen { lock, held, failures });
            }
        }
    }
}
