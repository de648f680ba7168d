//! What the servers have that the lock does not have.

use crate::error::Error;
use crate::lock::Lock;
use crate::ops::{Remotes, outdated, tell_unread_changelogs};
use crate::page::{Outdated, OutdatedMerge, OutdatedPin};
use crate::repo::{counted, day};
use crate::report;
use crate::session::Session;

/// Asks the servers as `oca outdated` does.
pub(super) fn ask(session: &Session<'_>, lock: &Lock) -> Result<Outdated, Error> {
    let pins = outdated::followed(session, lock, &[])?;
    let remotes = Remotes::of(session)?.without_lines();
    let answer = outdated::ask(&remotes, &pins)?;
    if !answer.failures.is_empty() {
        return Err(Error::Repos { failures: answer.failures });
    }
    let (told, unread) = outdated::told(&remotes, &answer.outdated, None)?;
    outdated::tell_unasked(session, &answer.unasked);
    tell_unread_changelogs(session, &unread);
    let merges = answer.merges.iter().filter(|merge| merge.state.is_some() || merge.request.is_some());
    Ok(Outdated {
        asked: pins.iter().map(|followed| followed.selected.locked.pin.name.to_string()).collect(),
        pins: told.iter().map(pin).collect(),
        merges: merges
            .map(|merge| OutdatedMerge {
                repo: merge.repo.to_string(),
                source: merge.source.to_string(),
                words: merge.words(),
            })
            .collect(),
    })
}

fn pin(pin: &report::Outdated) -> OutdatedPin {
    let behind = match pin.behind {
        Some(report::Behind { commits: Some(commits), time }) => {
            format!("{}, the newest of {}", counted(commits, "commit", "commits"), day(time))
        }
        Some(report::Behind { commits: None, time }) => {
            format!("the pin is gone; the newest commit is of {}", day(time))
        }
        None => "newer commits".to_owned(),
    };
    OutdatedPin { name: pin.name.to_string(), head: pin.head.to_string(), behind, is_held: pin.hold }
}
