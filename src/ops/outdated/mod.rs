//! Compares the pins with the heads of their branches and tags, and the merges with their remotes.

mod brought;
mod merges;

use std::collections::{BTreeMap, HashSet};

pub(crate) use brought::{OutdatedPin, told, would_bring};
pub(crate) use merges::{Followed, tell_of_merges, tell_unasked};

use super::names::named_repos;
use super::remotes::Remotes;
use crate::config::Merge;
use crate::error::Error;
use crate::forge::Limit;
use crate::git::Remote;
use crate::lock::Lock;
use crate::plan;
use crate::repo::{CommitId, Reference};
use crate::report::{Done, Failure, FollowedMerge, Trouble};
use crate::session::Session;

/// What the remotes and the forges said.
pub(crate) struct Answer<'f, 'a> {
    pub(crate) outdated: Vec<OutdatedPin<'f, 'a>>,
    /// Of all pins.
    pub(crate) merges: Vec<FollowedMerge>,
    /// How many requests no forge was asked about, because they are too many.
    pub(crate) unasked: BTreeMap<Limit, usize>,
    pub(crate) failures: Vec<Failure>,
}

/// Asks the remotes for the heads of the pins and of their merges, and the forges about their requests.
pub(crate) fn ask<'f, 'a>(remotes: &Remotes<'_>, pins: &'f [Followed<'a>]) -> Result<Answer<'f, 'a>, Error> {
    let answers = remotes.ask(pins, |followed, _| {
        let Followed { selected, url, .. } = followed;
        let remote = remotes.git.remote(url).map_err(Trouble::Remote)?;
        let head = remote.resolve(&selected.repo.reference).map_err(Trouble::Remote)?;
        bring_ahead(followed, &remote, head);
        let merges = followed.merges(remotes.git, &remote.at(head, &selected.repo.reference, &|_| ()))?;
        let done = if head == selected.locked.commit { Done::UpToDate } else { Done::Outdated };
        Ok((done, (head, merges)))
    })?;
    let (answers, failures) = answers.sorted();
    let (mut outdated, mut merges) = (Vec::new(), Vec::new());
    for (followed, (head, of_pin)) in answers {
        if head != followed.selected.locked.commit {
            outdated.push(OutdatedPin { followed, head });
        }
        merges.push((followed, of_pin));
    }
    let unasked = merges::ask_forges(remotes, &mut merges);
    let merges = merges.into_iter().flat_map(|(_, merges)| merges).collect();
    Ok(Answer { outdated, merges, unasked, failures })
}

/// Brings what [`would_bring`] reads of a branch that moved. So no repository waits until the slowest server has said where
/// its branch is. If this fails, the upgrade tells.
fn bring_ahead(followed: &Followed<'_>, remote: &Remote<'_>, head: CommitId) {
    let plan::Selected { repo, locked, .. } = &followed.selected;
    let moves = head != locked.commit && !repo.hold && repo.cooldown.is_zero();
    // Merges are asked for together with the branch.
    if moves && repo.merges.is_empty() && repo.core.is_none() && remote.sends_parts() {
        let branch = remote.clone().at(head, &repo.reference, &|_| ());
        let _told_later = branch.since(Some(locked.commit)).tree_id();
    }
}

/// The pins that can be outdated, or whose merges can. `names` are those of repositories; without any, all count.
pub(crate) fn followed<'a>(
    session: &'a Session<'_>,
    lock: &'a Lock,
    names: &[String],
) -> Result<Vec<Followed<'a>>, Error> {
    let mut pins: Vec<Followed<'_>> = Vec::new();
    let mut seen = HashSet::new();
    let names = named_repos(session, session.profiles()?, names)?;
    for profile in session.profiles()? {
        for selected in plan::placed(profile, lock) {
            // A machine without access to Enterprise skips it.
            let is_left = selected.repo.core.is_some() && session.config.skips(&selected.repo.name);
            let is_named = names.contains(&selected.repo.name) || (names.is_empty() && !is_left);
            let is_rev = matches!(selected.repo.reference, Reference::Rev(_));
            let follows = !is_rev || !selected.repo.merges.is_empty();
            if is_named && follows && seen.insert(&selected.locked.pin) {
                let url = session.remote_url(&selected.repo.url)?;
                let of_merge = |merge: &Merge| {
                    merge.pending.source.url.as_ref().map(|url| session.remote_url(url)).transpose()
                };
                let merges = selected.repo.merges.iter().map(of_merge).collect::<Result<_, Error>>()?;
                pins.push(Followed { selected, url, merges });
            }
        }
    }
    Ok(pins)
}
