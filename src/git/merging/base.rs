//! How a commit is related to the pin: the merge base, and whether the pin contains it.
//!
//! All answers come from a [`History`], which has only the commits between others. So nothing here reads a whole history
//! unless the remote sends one.

use std::collections::HashSet;

use super::Error;
use crate::git::history::{History, Range, STEPS};
use crate::repo::CommitId;

/// Candidates for the merge base are compared with the others in at most this number of requests.
const MOST_COMPARISONS: usize = 16;

/// How a commit is related to the pin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Related {
    /// The pin contains it.
    Absorbed,
    /// The merge base, and the commits that the pin lacks. If the remote lacks the pin, older commits can be among
    /// them, to which a second way leads.
    Diverged { base: CommitId, new: Range },
}

/// Relates the commit `head` to the pin. `upstream` is the remote of the pin. `other` is the remote of `head`, if that
/// is another one.
pub(super) fn relate(
    upstream: &dyn History,
    other: Option<&dyn History>,
    pin: CommitId,
    head: CommitId,
) -> Result<Related, Error> {
    relate_in_steps(upstream, other, pin, head, &STEPS)
}

pub(super) fn relate_in_steps(
    upstream: &dyn History,
    other: Option<&dyn History>,
    pin: CommitId,
    head: CommitId,
    steps: &[u32],
) -> Result<Related, Error> {
    if head == pin {
        return Ok(Related::Absorbed);
    }
    let new = match other {
        None => upstream.between(&[head], &[pin])?,
        Some(other) => match other.between_if_known(head, pin)? {
            Some(range) => range,
            None => in_steps(upstream, other, pin, head, steps)?,
        },
    };
    if new.boundary.contains(&head) {
        // An answer without commits says so. The other direction proves it.
        let proof = upstream.between(&[pin], &[head])?;
        let why = "it did not send the merged commit".to_owned();
        return if proof.boundary.contains(&head) {
            Ok(Related::Absorbed)
        } else {
            Err(crate::git::Error::Protocol { why }.into())
        };
    }
    if new.boundary.contains(&pin) {
        return Ok(Related::Diverged { base: pin, new });
    }
    let base = newest(upstream, new.ends_from(head), pin)?;
    if other.is_some() && !upstream.between(&[pin], &[base])?.boundary.contains(&base) {
        // Only the remote of the pin may say what the pin contains.
        return Err(Error::Unrelated { pin });
    }
    Ok(Related::Diverged { base, new })
}

/// The candidate that contains all others. It is found sooner if it is one of the first.
fn newest(upstream: &dyn History, mut candidates: Vec<CommitId>, pin: CommitId) -> Result<CommitId, Error> {
    let mut place = 0;
    for _ in 0..MOST_COMPARISONS {
        if candidates.len() <= 1 || place == candidates.len() {
            break;
        }
        let candidate = candidates[place];
        let others: Vec<CommitId> = candidates.iter().copied().filter(|other| *other != candidate).collect();
        let boundary = upstream.between(&others, &[candidate])?.boundary;
        if boundary.contains(&candidate) {
            candidates.remove(place);
        } else {
            // What was not sent is in the history of the candidate.
            candidates.retain(|other| *other == candidate || !boundary.contains(other));
            place = candidates.iter().position(|other| *other == candidate).map_or(0, |place| place + 1);
        }
    }
    match candidates[..] {
        [] => {
            // If the remote does not have the pin any more, it ignored it.
            upstream.newest(pin, 1)?;
            Err(Error::Unrelated { pin })
        }
        [base] => Ok(base),
        _ => Err(Error::SeveralBases { commits: candidates }),
    }
}

/// The commits of `head` that the pin lacks, from a remote that lacks the pin. It is asked for more and more history,
/// until all of it leads to commits that the pin contains.
fn in_steps(
    upstream: &dyn History,
    other: &dyn History,
    pin: CommitId,
    head: CommitId,
    steps: &[u32],
) -> Result<Range, Error> {
    for &depth in steps {
        let newest = other.newest(head, depth)?;
        let mut known: Vec<CommitId> = newest.commits.keys().copied().collect();
        known.sort();
        let of_pin = upstream.between(&[pin], &known)?;
        // What the pin contains: where its own commits end, and everything before that.
        let common = newest.part(&of_pin.boundary.iter().copied().collect::<Vec<_>>(), |_| false);
        let is_common =
            |commit: &CommitId| common.commits.contains_key(commit) || of_pin.boundary.contains(commit);
        let new = newest.part(&[head], is_common);
        if new.boundary.iter().all(is_common) {
            return Ok(new);
        }
    }
    Err(Error::Unrelated { pin })
}

/// The newest commit of the branch itself that `new` contains: from there the request starts. `None` if the pin is not
/// older than its start. `tip` is the head of the branch of the pin.
pub(super) fn newer_start(
    upstream: &dyn History,
    tip: CommitId,
    pin: CommitId,
    new: &Range,
) -> Result<Option<CommitId>, Error> {
    if tip == pin {
        return Ok(None);
    }
    let since = upstream.between(&[tip], &[pin])?;
    // Commits of other requests that were merged meanwhile are not the branch: a request may be made on top of them.
    let (mut next, mut seen) = (Some(tip), HashSet::new());
    while let Some(commit) = next.filter(|commit| seen.insert(*commit)) {
        let Some(parents) = since.commits.get(&commit) else { break };
        if new.commits.contains_key(&commit) {
            return Ok(Some(commit));
        }
        next = parents.first().copied();
    }
    Ok(None)
}
