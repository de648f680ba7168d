//! A lock with conflicts of a merge: which side's commits to take.

use std::collections::BTreeMap;

use crate::error::{DatedDispute, Error};
use crate::git::{Snapshot, merging};
use crate::lock::{self, Dispute, Lock, Pin, Side, Sides};
use crate::ops::named_repos;
use crate::plan::{self, Declared, Moves};
use crate::repo::{CommitId, RepoName, minute};
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

    /// The pins of a lock with merge conflicts. If the user did not name the repository and one commit contains the
    /// other, it is taken: it has the changes of both sides.
    pub(super) fn settled(
        &self,
        mut sides: BTreeMap<RepoName, Side>,
        session: &Session<'_>,
        moves: &Moves,
    ) -> Result<Lock, Error> {
        let file = session.lock_file();
        let bytes = lock::read_file(&file)?.unwrap_or_default();
        let both = Sides::parse(&bytes, &file)?;
        let is_open = |dispute: &Dispute| match moves {
            Moves::To { commits, .. } => !commits.contains_key(&dispute.pin.name.clone().into()),
            _ => true,
        };
        let disputes: Vec<Dispute> = both.disputes().into_iter().filter(is_open).collect();
        let named = sides.clone();
        let declared = plan::declared(&session.config);
        let (mut open, mut uses) = (Vec::new(), Vec::new());
        for dispute in disputes {
            let Dispute { pin, ours, theirs } = &dispute;
            let name = &pin.name;
            let (side, note) = if let Some(side) = sides.get(name) {
                (*side, "")
            } else if let Some(side) = newer(session, &declared, &dispute) {
                (side, ", which contains the other one")
            } else if let Some(side) = self.of_the_rest() {
                (side, "")
            } else {
                open.push(dated(session, &declared, dispute));
                continue;
            };
            let (word, commit) = if side == Side::Ours { ("our", ours) } else { ("their", theirs) };
            uses.push(format!("{name}: uses {word} commit {}{note}", commit.short()));
            sides.insert(name.clone(), side);
        }
        if !open.is_empty() {
            return Err(Error::Disputed { file, disputes: open, named });
        }
        uses.iter().for_each(|line| session.printer.note(line));
        Ok(both.pins(|pin| sides.get(&pin.name).copied().unwrap_or(Side::Ours)))
    }
}

/// The side whose commit contains the commit of the other side. Asks the remote for the commits between the two; if it
/// does not answer, nothing is known.
fn newer(session: &Session<'_>, declared: &[Declared], dispute: &Dispute) -> Option<Side> {
    let contains = |newer: CommitId, older: CommitId| {
        let newer = at(session, declared, &dispute.pin, newer)?;
        merging::distance(&newer, older).ok().map(|distance| distance.is_some())
    };
    if contains(dispute.theirs, dispute.ours)? {
        return Some(Side::Theirs);
    }
    contains(dispute.ours, dispute.theirs)?.then_some(Side::Ours)
}

fn dated(session: &Session<'_>, declared: &[Declared], dispute: Dispute) -> DatedDispute {
    let time = |commit| Some(minute(at(session, declared, &dispute.pin, commit)?.time().ok()?));
    let (ours, theirs) = (time(dispute.ours), time(dispute.theirs));
    DatedDispute { dispute, ours, theirs }
}

fn at<'s>(
    session: &'s Session<'_>,
    declared: &[Declared],
    pin: &Pin,
    commit: CommitId,
) -> Option<Snapshot<'s, 'static>> {
    let declared = declared.iter().find(|declared| declared.pin == *pin)?;
    let url = session.remote_url(&declared.url).ok()?;
    let remote = session.git().ok()?.remote(&url).ok()?;
    Some(remote.at(commit, &pin.reference, &|_| ()))
}
