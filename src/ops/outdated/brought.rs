//! What an upgrade of the outdated pins would bring.

use std::collections::BTreeSet;

use super::super::foreseen::{Foreseen, foresee};
use super::super::remotes::{Job, OfPin, Remotes};
use super::merges::Followed;
use crate::error::Error;
use crate::lock::{Lock, Pin};
use crate::plan::{self, Movable};
use crate::repo::CommitId;
use crate::report::{Behind, Done, Failure, FollowedMerge, MergeState, Outdated, Trouble};
use crate::session::Session;

/// An outdated pin, and the head of its branch or tag.
pub(crate) struct OutdatedPin<'f, 'a> {
    pub(crate) followed: &'f Followed<'a>,
    pub(crate) head: CommitId,
}

impl OfPin for OutdatedPin<'_, '_> {
    fn pin(&self) -> &Pin {
        self.followed.pin()
    }
}

/// The lock after `oca upgrade`. `None` if nothing would move, or if the upgrade would fail; then this warns.
pub(crate) fn would_bring(
    session: &Session<'_>,
    lock: &Lock,
    pins: &[OutdatedPin<'_, '_>],
    merges: &[FollowedMerge],
) -> Option<Foreseen> {
    let moves = |pin: &&OutdatedPin<'_, '_>| stays(pin).is_none();
    let repos = pins.iter().filter(moves).map(|pin| Movable::from(pin.pin().name.clone()));
    let has_moved = |merge: &&FollowedMerge| {
        !merge.hold && matches!(merge.state, Some(MergeState::Moved { .. } | MergeState::Rewritten { .. }))
    };
    let merges = merges
        .iter()
        .filter(has_moved)
        .map(|merge| Movable { repo: merge.repo.clone(), merge: Some(merge.source.clone()) });
    let names: BTreeSet<Movable> = repos.chain(merges).collect();
    if names.is_empty() {
        return None;
    }
    match foresee(session, lock, names) {
        Ok(foreseen) => Some(foreseen),
        Err(error) => {
            for message in error.messages() {
                let why = [vec![message.error], message.causes].concat().join(": ");
                session.printer.warning(&format!("an upgrade would fail: {why}"));
            }
            None
        }
    }
}

/// Why `oca upgrade` would not move a pin, as far as `repos.toml` says it. Odoo itself is held by default.
fn stays(pin: &OutdatedPin<'_, '_>) -> Option<&'static str> {
    pin.followed.selected.repo.hold.then_some("held")
}

/// Each outdated pin: how far it is behind, and why it would stay. With the pins that would stay and of which that could
/// not be found out.
pub(crate) fn told(
    remotes: &Remotes<'_>,
    pins: &[OutdatedPin<'_, '_>],
    foreseen: Option<&Foreseen>,
) -> Result<(Vec<Outdated>, Vec<Failure>), Error> {
    let answers = remotes.ask(pins, |pin, watch| {
        let Followed { selected, url, .. } = pin.followed;
        let meter = |bytes| watch.received(bytes);
        let remote = remotes.git.remote(url).map_err(Trouble::Remote)?;
        let head = remote.at(pin.head, &selected.repo.reference, &meter);
        let old = selected.locked;
        let log = head.log(old.commit, old.root()).map_err(Trouble::Remote)?;
        Ok((Done::UpToDate, Behind { commits: log.commits, time: log.time }))
    })?;
    let (mut told, mut unread) = (Vec::new(), Vec::new());
    for (pin, answer) in answers.in_order() {
        let name = &pin.pin().name;
        let held = foreseen.and_then(|foreseen| foreseen.held.iter().find(|held| held.pin == *pin.pin()));
        let mut failures = foreseen.iter().flat_map(|foreseen| &foreseen.failures);
        let failed = failures.find(|failed| failed.name == *name);
        let stays = stays(pin).map(str::to_owned);
        let stays = stays.or_else(|| held.map(|held| held.why.to_string()));
        let stays =
            stays.or_else(|| failed.map(|failed| format!("an upgrade would fail: {}", failed.trouble.why())));
        let plan::Selected { repo, locked, .. } = &pin.followed.selected;
        let (name, reference, locked) = (name.clone(), repo.reference.clone(), locked.commit);
        let (behind, trouble) = answer.map_or_else(|trouble| (None, Some(trouble)), |log| (Some(log), None));
        let trouble = trouble.filter(|_| stays.is_some());
        unread.extend(trouble.map(|trouble| Failure::new(name.clone(), pin.url(), trouble)));
        told.push(Outdated { name, reference, locked, head: pin.head, hold: repo.hold, behind, stays });
    }
    Ok((told, unread))
}
