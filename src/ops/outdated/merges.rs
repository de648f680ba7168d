//! The merges of the pins: compared with their remotes, and what their forges say about them.

use std::collections::BTreeMap;

use super::super::remotes::{OfPin, Remotes};
use crate::config::Mode;
use crate::forge::{Address, Forges, Limit};
use crate::git::merging::{self, Landing, Wanted};
use crate::git::{Git, Snapshot};
use crate::lock::{LockedRepo, Pin};
use crate::plan;
use crate::repo::{MergeSource, RemoteUrl, counted, typed};
use crate::report::{Failure, FollowedMerge, MergeState, Trouble};
use crate::session::Session;

/// A pin that follows a branch or tag.
pub(crate) struct Followed<'a> {
    pub(crate) selected: plan::Selected<'a>,
    pub(crate) url: RemoteUrl,
    /// The url of each merge for requests; `None` is the repository's own.
    pub(super) merges: Vec<Option<RemoteUrl>>,
}

impl Followed<'_> {
    /// All merges, compared with their remotes. `branch` is the head of the branch.
    pub(super) fn merges(&self, git: &Git, branch: &Snapshot<'_, '_>) -> Result<Vec<FollowedMerge>, Trouble> {
        let LockedRepo { pin, merges, commit, .. } = self.selected.locked;
        let pending = &pin.pending.merges;
        let failed = |source: &MergeSource, error: merging::Error| {
            let what = source.of(&pin.name);
            Trouble::Merge { what, error: Box::new(error) }
        };
        let requests: Vec<_> = std::iter::zip(pending, merges)
            .map(|(pending, locked)| Wanted {
                head: locked.commit,
                request: pending.source.as_request(),
                newest: None,
            })
            .collect();
        let landings = match requests.first() {
            Some(_) if branch.commit() != *commit => {
                merging::landings(branch, *commit, &requests).map_err(|error| match error {
                    merging::Error::Git(error) => Trouble::Remote(error),
                    error => failed(&pending[0].source, error),
                })?
            }
            _ => vec![None; requests.len()],
        };
        let mut followed = Vec::new();
        for (place, landing) in landings.into_iter().enumerate() {
            let (source, locked) = (&pending[place].source, &merges[place]);
            let state = match landing {
                Some(Landing { is_reverted: true, .. }) => Some(MergeState::Reverted),
                Some(Landing { time, .. }) => Some(MergeState::Merged { on: time }),
                None if locked.is_absorbed => Some(MergeState::Merged { on: None }),
                None => self.moved(git, branch, place).map_err(|error| failed(source, error))?,
            };
            let hold = self.selected.repo.merges.get(place).is_some_and(|merge| merge.hold);
            let (repo, source, locked) = (pin.name.clone(), source.clone(), locked.commit);
            followed.push(FollowedMerge { repo, source, locked, state, request: None, hold });
        }
        Ok(followed)
    }

    /// Whether a merge has a new commit. `None` if it has none.
    fn moved(
        &self,
        git: &Git,
        branch: &Snapshot<'_, '_>,
        place: usize,
    ) -> Result<Option<MergeState>, merging::Error> {
        let LockedRepo { pin, merges, .. } = self.selected.locked;
        let (source, locked) = (&pin.pending.merges[place].source, merges[place].commit);
        let remote = match &self.merges[place] {
            Some(url) => git.remote(url)?,
            None => branch.remote().clone(),
        };
        let found = match remote.resolve_merge(&source.reference) {
            Ok(found) => found,
            Err(merging::Error::MissingRef { .. }) => return Ok(Some(MergeState::Gone)),
            Err(merging::Error::Git(error)) if error.is_gone() => return Ok(Some(MergeState::Gone)),
            Err(error) => return Err(error),
        };
        let head = found.commit;
        if head == locked {
            return Ok(None);
        }
        let new = remote.at(head, &found.reference, &|_| ());
        Ok(Some(match merging::distance(&new, locked)? {
            Some(commits) => MergeState::Moved { head, commits },
            None => MergeState::Rewritten { head },
        }))
    }
}

impl OfPin for Followed<'_> {
    fn pin(&self) -> &Pin {
        &self.selected.locked.pin
    }
}

/// Asks the forges about the requests. Without an answer, their state is unknown. Returns how many requests no forge was
/// asked about, because they are too many.
pub(super) fn ask_forges(
    remotes: &Remotes<'_>,
    answers: &mut [(&Followed<'_>, Vec<FollowedMerge>)],
) -> BTreeMap<Limit, usize> {
    let mut addresses = Vec::new();
    let mut asked = Vec::new();
    for (followed, merges) in answers {
        let locked = &followed.selected.locked.merges;
        for ((merge, locked), url) in merges.iter_mut().zip(locked).zip(&followed.merges) {
            let url = url.as_ref().unwrap_or(&followed.url);
            if let Some(address) = Address::of(remotes.git, url, &locked.reference) {
                addresses.push(address);
                asked.push(merge);
            }
        }
    }
    let answers = match remotes.pools() {
        Ok(pools) if !addresses.is_empty() => Forges::new(pools).ask(&addresses),
        _ => return BTreeMap::new(),
    };
    for (merge, told) in asked.into_iter().zip(answers.told) {
        merge.request = Some(told);
    }
    answers.unasked
}

/// Says why the state of some requests is unknown.
pub(crate) fn tell_unasked(session: &Session<'_>, unasked: &BTreeMap<Limit, usize>) {
    for (limit, count) in unasked {
        let requests = counted(*count, "request", "requests");
        let why = match limit {
            Limit::WithoutToken => "without a token, oca",
            Limit::WithToken => "oca",
        };
        session.printer.note(&format!(
            "the state of {requests} is unknown: {why} asks a forge about {} requests only",
            limit.most()
        ));
    }
}

/// Says what to do about merges. `failures` are those of an upgrade.
pub(crate) fn tell_of_merges(session: &Session<'_>, merges: &[FollowedMerge], failures: &[Failure]) {
    let of = |is_wanted: &dyn Fn(&FollowedMerge) -> bool| {
        let found = merges.iter().filter(|merge| is_wanted(merge));
        found.map(|merge| format!(" {}", typed(&merge.source.of(&merge.repo)))).collect::<String>()
    };
    let landed = of(&|merge| matches!(merge.state, Some(MergeState::Merged { .. })));
    if !landed.is_empty() {
        session.printer.next(&format!("`oca remove{landed}` drops what was merged upstream"));
    }
    let moved = of(&|merge| {
        matches!(merge.state, Some(MergeState::Moved { .. } | MergeState::Rewritten { .. }))
            && failures.iter().all(|failure| failure.name != merge.repo)
    });
    if !moved.is_empty() {
        session.printer.next(&format!("`oca upgrade{moved}` takes the new commits"));
    }
    if session.config.mode == Mode::Submodule {
        return;
    }
    for Failure { name, .. } in
        failures.iter().filter(|failure| matches!(failure.trouble, Trouble::Conflict(_)))
    {
        session.printer.next(&format!("`oca resolve {name}` resolves what conflicts"));
    }
}
