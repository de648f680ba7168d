//! A branch as it was some time ago.

use super::{History, Range, RemoteHistory, STEPS};
use crate::git::{Error, Snapshot};
use crate::repo::CommitId;

/// Which commit may be taken.
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
    /// first parents from this commit, its head. A pin
    /// does not go back on its branch: only commits after `pin` count. Asks for commits only.
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
            if range.commits.is_empty() {
                // The branch went back to a commit before the pin.
                return Ok(match look(&history, &history.newest(head, 1)?, head, time)? {
                    Look::Found(commit, time) => Aged::At(commit, time),
                    Look::End(_) => Aged::Pin,
                });
            }
            let Look::Found(commit, time) = look(&history, &range, head, time)? else { return Ok(Aged::Pin) };
            // A merge can have the pin as a later parent. Then the line before it is older than the pin.
            let is_rewritten = !range.boundary.contains(&pin);
            let has_pin = || range.part(&[commit], |_| false).boundary.contains(&pin);
            return Ok(if is_rewritten || has_pin() { Aged::At(commit, time) } else { Aged::Pin });
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
    let line = range.first_parents(head);
    let found = line.iter().find_map(|commit| {
        let time = messages.get(commit)?.time;
        (time <= until).then_some(Look::Found(*commit, time))
    });
    let end = || match line.last() {
        Some(last) => range.commits.get(last).and_then(|parents| parents.first().copied()),
        None => Some(head),
    };
    Ok(found.unwrap_or_else(|| Look::End(end())))
}
