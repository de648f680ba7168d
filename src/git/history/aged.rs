//! The newest commit of a branch that is old enough.

use std::collections::HashSet;

use super::{History, Range, RemoteHistory};
use crate::git::{Error, Snapshot};
use crate::repo::CommitId;

/// The generations of history that a remote is asked for, one after the other.
const STEPS: [u32; 4] = [64, 512, 4096, 32_768];

/// The newest commit of a branch that is old enough.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Aged {
    /// The head of the branch, or a commit before it, with its committer date in seconds since 1970.
    At(CommitId, i64),
    /// The pin is the newest one that may be taken: the commits after it are too young.
    Pin,
    /// All commits of the branch are too young.
    None,
}

impl Snapshot<'_, '_> {
    /// The newest commit of the branch itself that was committed at `time` or before. The branch itself is the line of
    /// first parents from this commit, its head. The line ends at `pin`: a pin never goes back. Asks for commits only.
    pub(crate) fn newest_until(&self, time: i64, pin: Option<CommitId>) -> Result<Aged, Error> {
        let head = self.commit();
        let references = vec![self.reference().clone()];
        let history = RemoteHistory::new(self.remote(), references, self.meter());
        if pin == Some(head) {
            return Ok(Aged::Pin);
        }
        if let Some(pin) = pin
            && let Some(range) = history.between_if_known(head, pin)?
        {
            match look(&history, &range, head, time)? {
                Look::Found(commit, time) => return Ok(Aged::At(commit, time)),
                // Another commit than the pin: the pin was not on the line, or its history was rewritten.
                Look::End(end) if end == Some(pin) => return Ok(Aged::Pin),
                Look::End(_) => {}
            }
        }
        for depth in STEPS {
            match look(&history, &history.newest(head, depth)?, head, time)? {
                Look::Found(commit, time) => return Ok(Aged::At(commit, time)),
                Look::End(None) => return Ok(Aged::None),
                Look::End(Some(_)) => {}
            }
        }
        Ok(Aged::None)
    }
}

enum Look {
    Found(CommitId, i64),
    /// None of these commits. The line goes on with this one.
    End(Option<CommitId>),
}

fn look(history: &RemoteHistory<'_, '_>, range: &Range, head: CommitId, until: i64) -> Result<Look, Error> {
    let messages = history.messages(range)?;
    let (mut next, mut seen) = (Some(head), HashSet::new());
    while let Some(commit) = next.filter(|commit| seen.insert(*commit)) {
        let Some(parents) = range.commits.get(&commit) else { return Ok(Look::End(Some(commit))) };
        if let Some(message) = messages.get(&commit)
            && message.time <= until
        {
            return Ok(Look::Found(commit, message.time));
        }
        next = parents.first().copied();
    }
    Ok(Look::End(None))
}
