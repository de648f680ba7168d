//! A lock with conflicts of a merge: which side's commits to take.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{DatedDispute, Error};
use crate::git::{FileVersions, Snapshot, merging};
use crate::lock::{self, Dispute, Lock, Settled, Side, Sides};
use crate::ops::named_repos;
use crate::plan::{self, Declared, Moves};
use crate::repo::{CommitId, Reference, RepoName, first_names, minute};
use crate::session::Session;

#[derive(clap::Args, Debug, Default)]
pub(super) struct Choice {
    /// After a merge with conflicts in the lock: if both sides moved a pin, use our commit; of these repositories, or of
    /// all
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with_all = ["check", "upgrade"])]
    ours: Option<Vec<String>>,
    /// The same with their commit
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with_all = ["check", "upgrade"])]
    theirs: Option<Vec<String>>,
}

impl Choice {
    /// The sides of the repositories that the user named. Fails if the flags contradict each other.
    pub(super) fn sides(&self, session: &Session<'_>) -> Result<BTreeMap<RepoName, Side>, Error> {
        if let (Some([]), Some([])) = (self.ours.as_deref(), self.theirs.as_deref()) {
            return Err(Error::BothSides);
        }
        let mut named = BTreeMap::new();
        for (names, side) in [(&self.ours, Side::Ours), (&self.theirs, Side::Theirs)] {
            let words = names.as_deref().unwrap_or_default();
            for name in named_repos(session, &session.config.profiles, words)? {
                if named.insert(name.clone(), side).is_some_and(|other| other != side) {
                    return Err(Error::NamedForBoth { name });
                }
            }
        }
        Ok(named)
    }

    pub(super) fn is_given(&self) -> bool {
        self.ours.is_some() || self.theirs.is_some()
    }

    /// Says that the flags decide nothing, because the lock has no conflicts.
    pub(super) fn tell_unused(&self, session: &Session<'_>) {
        let given = [("--ours", &self.ours), ("--theirs", &self.theirs)];
        for (flag, _) in given.iter().filter(|(_, names)| names.is_some()) {
            session.printer.note(&format!("the lock has no conflicts, so `{flag}` decides nothing"));
        }
    }

    /// The side of all repositories that are not named.
    fn of_the_rest(&self) -> Option<Side> {
        match (self.ours.as_deref(), self.theirs.as_deref()) {
            (Some([]), _) => Some(Side::Ours),
            (_, Some([])) => Some(Side::Theirs),
            _ => None,
        }
    }

    /// The pins of a lock with merge conflicts, and what was decided. If the user did not name the repository and one commit contains the
    /// other, it is taken: it has the changes of both sides.
    pub(super) fn settled(
        &self,
        named: BTreeMap<RepoName, Side>,
        session: &Session<'_>,
        moves: &Moves,
    ) -> Result<(Lock, Vec<Settled>), Error> {
        let file = session.lock_file();
        let both = both_sides(session, &file)?;
        let is_open = |dispute: &Dispute| match moves {
            Moves::To { commits, .. } => !commits.contains_key(&dispute.pin.name.clone().into()),
            _ => true,
        };
        let disputes: Vec<Dispute> = both.disputes().into_iter().filter(is_open).collect();
        let mut settled: Vec<Settled> = Vec::new();
        let declared = plan::declared(&session.config);
        let (mut open, mut uses, mut unasked) = (Vec::new(), Vec::new(), Vec::new());
        for dispute in disputes {
            let Dispute { pin, ours, theirs, .. } = &dispute;
            let name = &pin.name;
            let what = dispute.what();
            let mut newer = || {
                newer(session, &declared, &dispute).unwrap_or_else(|error| {
                    unasked.push((name.clone(), error));
                    None
                })
            };
            let of_base = || {
                let is_base = |other: &&Settled| other.dispute.merge.is_none() && other.dispute.pin == *pin;
                settled.iter().find(is_base).map(|settled| settled.side)
            };
            let (side, is_newer) = if let Some(side) = named.get(name) {
                (*side, false)
            } else if dispute.is_of_resolutions() {
                // A resolution was made on the commit of its side.
                let Some(side) = of_base().or(self.of_the_rest()) else {
                    open.push(dispute.into());
                    continue;
                };
                (side, false)
            } else if let Some(side) = newer() {
                (side, true)
            } else if let Some(side) = self.of_the_rest() {
                (side, false)
            } else {
                open.push(dated(session, &declared, dispute));
                continue;
            };
            let (word, commit) = if side == Side::Ours { ("our", ours) } else { ("their", theirs) };
            let why = if is_newer { ", which contains the other one" } else { "" };
            uses.push(if dispute.is_of_resolutions() {
                format!("{what}: uses {word} resolution")
            } else {
                format!("{what}: uses {word} commit {}{why}", commit.short())
            });
            settled.push(Settled { dispute, side, is_newer });
        }
        tell_unasked(session, &unasked);
        if !open.is_empty() {
            return Err(Error::Disputed { file, disputes: open, named, is_asked: unasked.is_empty() });
        }
        uses.iter().for_each(|line| session.printer.note(line));
        let lock = both.pins(|pin, merge| {
            let is_it = |dispute: &Dispute| dispute.pin == *pin && dispute.merge.as_ref() == merge;
            let found = settled.iter().find(|settled| is_it(&settled.dispute)).map(|settled| settled.side);
            named.get(&pin.name).copied().or(found)
        });
        Ok((lock, settled))
    }
}

/// Both sides of the lock: from its conflict markers, or from the index if git left no markers.
fn both_sides(session: &Session<'_>, file: &Path) -> Result<Sides, Error> {
    let bytes = lock::read_file(file)?.unwrap_or_default();
    let Some(FileVersions { base, ours, theirs }) = session.lock_versions() else {
        return Ok(Sides::parse(&bytes, file)?);
    };
    // If there are markers, somebody may have resolved a part of it already.
    let marked = lock::conflict_marker(&bytes).and_then(|_| Sides::parse(&bytes, file).ok());
    let both = if let Some(marked) = marked { marked } else { Sides::whole(&ours, &theirs, file)? };
    Ok(both.since(base.as_deref(), file))
}

/// Says which commits could not be compared: then the user is asked to choose where the answer may be known.
fn tell_unasked(session: &Session<'_>, unasked: &[(RepoName, String)]) {
    let Some((_, error)) = unasked.first() else { return };
    let names: Vec<String> = unasked.iter().map(|(name, _)| name.to_string()).collect();
    let names = first_names(&names);
    session.printer.warning(&format!("cannot find out which commit of {names} is newer: {error}"));
}

/// The side whose commit contains the commit of the other side. Asks the remote for the commits between the two.
///
/// The error says why this is not known.
fn newer(session: &Session<'_>, declared: &[Declared], dispute: &Dispute) -> Result<Option<Side>, String> {
    let contains = |newer: CommitId, older: CommitId| -> Result<bool, String> {
        let newer = at(session, declared, dispute, newer).map_err(|error| error.to_string())?;
        let distance = newer.map(|newer| merging::distance(&newer, older)).transpose();
        Ok(distance.map_err(|error| error.to_string())?.flatten().is_some())
    };
    if contains(dispute.theirs, dispute.ours)? {
        return Ok(Some(Side::Theirs));
    }
    Ok(contains(dispute.ours, dispute.theirs)?.then_some(Side::Ours))
}

fn dated(session: &Session<'_>, declared: &[Declared], dispute: Dispute) -> DatedDispute {
    let time = |commit| Some(minute(at(session, declared, &dispute, commit).ok()??.time().ok()?));
    let (ours, theirs) = (time(dispute.ours), time(dispute.theirs));
    DatedDispute { dispute, ours, theirs }
}

/// A commit on the remote of a pin or a merge. `None` if it is not declared any more.
fn at<'s>(
    session: &'s Session<'_>,
    declared: &[Declared],
    Dispute { pin, merge, .. }: &Dispute,
    commit: CommitId,
) -> Result<Option<Snapshot<'s, 'static>>, Error> {
    let Some(declared) = declared.iter().find(|declared| declared.pin.has_base_of(pin)) else {
        return Ok(None);
    };
    let (url, reference) = match merge {
        None => (&declared.url, pin.reference.clone()),
        Some(source) => {
            let mut merges = declared.merges.iter().map(|merge| &merge.pending.source);
            let Some(source) = merges.find(|declared| declared.without_secret() == source.without_secret())
            else {
                return Ok(None);
            };
            // The servers that send a commit by its id need no more.
            (source.url.as_ref().unwrap_or(&declared.url), Reference::Rev(commit))
        }
    };
    let remote = session.git()?.remote(&session.remote_url(url)?)?;
    Ok(Some(remote.at(commit, &reference, &|_| ())))
}
