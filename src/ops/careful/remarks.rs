//! What is noticed about the new commit of a pin.

use std::collections::BTreeSet;

use crate::git::{self, Lost, Snapshot};
use crate::lock::{LockedRepo, Pin};
use crate::report::{Rewritten, Younger};
use crate::session::Session;

/// See the module.
pub(crate) enum Remark {
    /// The branch or tag does not contain a commit that was given by hand.
    Astray,
    /// The remote could not be asked whether its branch or tag contains the commit.
    Unasked(git::Error),
    /// The remote could not be asked whether its history was rewritten.
    UnknownHistory(git::Error),
    /// The remote cannot be asked for commits without their files, and the user wants it to be asked.
    OnlyWhole,
    Rewritten(Rewritten),
    Younger(Younger),
}

impl Remark {
    /// Whether the history was rewritten, or may have been.
    pub(crate) fn is_about_rewriting(&self) -> bool {
        matches!(self, Self::Rewritten(_) | Self::UnknownHistory(_) | Self::OnlyWhole)
    }

    /// Prints it. `repo` is the new entry.
    pub(crate) fn tell(&self, session: &Session<'_>, repo: &LockedRepo) {
        let LockedRepo { pin: Pin { name, reference, .. }, commit, .. } = repo;
        let printer = session.printer;
        match self {
            Self::Astray => {
                printer.warning(&format!(
                    "`{name}`: commit `{commit}` is not on {reference}; `oca lock --check --upstream` will refuse it"
                ));
                printer.hint(&format!("to keep it, write `rev = \"{commit}\"` for `{name}` in `repos.toml`"));
            }
            Self::Unasked(error) => printer.note(&format!(
                "{name}: could not check that {reference} contains {}: {error}",
                commit.short()
            )),
            Self::UnknownHistory(error) => {
                printer.note(&format!("{name}: could not check that the history was not rewritten: {error}"));
            }
            Self::OnlyWhole => printer.note(&format!(
                "{name}: could not check that the history was not rewritten: the remote cannot send commits without their files"
            )),
            Self::Rewritten(rewritten) => {
                printer.warning(&rewritten.to_string());
                if rewritten.commits.is_some() {
                    printer.hint(&format!("to go back, run `oca lock {name}@{}`", rewritten.pin));
                }
            }
            Self::Younger(younger) => printer.note(&younger.to_string()),
        }
    }
}

/// The problem with a commit that was given by hand.
pub(crate) fn doubt(snapshot: &Snapshot<'_, '_>) -> Option<Remark> {
    match snapshot.is_led_to() {
        Ok(true) => None,
        Ok(false) => Some(Remark::Astray),
        Err(error) => Some(Remark::Unasked(error)),
    }
}

/// Whether the history of the old entry was rewritten. `snapshot` is the new commit, and `new` its entry, if it was read.
pub(crate) fn rewritten(
    snapshot: &Snapshot<'_, '_>,
    old: &LockedRepo,
    new: Option<&LockedRepo>,
) -> Option<Remark> {
    let commits = match snapshot.log(old.commit, old.root()) {
        Err(error) => return Some(Remark::UnknownHistory(error)),
        Ok(log) => match log.lost {
            Lost::Nothing => return None,
            Lost::Commits(commits) => Some(commits),
            Lost::Everything => None,
        },
    };
    let names = |repo: &LockedRepo| -> BTreeSet<String> {
        repo.facts.modules.iter().map(|module| module.name.to_string()).collect()
    };
    let modules = new.map(|new| names(old).difference(&names(new)).cloned().collect()).unwrap_or_default();
    let Pin { name, reference, .. } = old.pin.clone();
    Some(Remark::Rewritten(Rewritten { name, reference, pin: old.commit, commits, modules }))
}
