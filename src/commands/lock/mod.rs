//! `oca lock`: locks the declared repositories, checks the lock, or upgrades it.

mod check;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::ChangeReport;
use crate::lock::{self, Dispute, Lock, Side, Sides};
use crate::ops::{Ahead, update, warn_of_lacking};
use crate::plan::Moves;
use crate::repo::{CommitId, RepoName, redact};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Pin a repository to a commit by hand
    #[arg(value_name = "NAME@COMMIT", conflicts_with_all = ["check", "upgrade"])]
    pins: Vec<String>,
    /// Only check whether the lock is up to date; reads no cache and asks no server
    #[arg(long, conflicts_with = "upgrade")]
    check: bool,
    /// With `--check`: also ask the servers whether each branch or tag still contains its pin, and compare everything
    /// that the lock says about a commit with the commit itself
    #[arg(long, requires = "check")]
    upstream: bool,
    /// Move these repositories, or all without `hold`, to the heads of their branches
    #[arg(long, value_name = "NAME", num_args = 0..)]
    upgrade: Option<Vec<String>>,
    /// After a merge with conflicts in the lock: if both sides moved a pin, use our commit
    #[arg(long, conflicts_with_all = ["check", "theirs"])]
    ours: bool,
    /// After a merge with conflicts in the lock: if both sides moved a pin, use their commit
    #[arg(long, conflicts_with = "check")]
    theirs: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    if args.check {
        return check::run(args, session);
    }
    let moves = args.moves()?;
    let _claim = session.claim()?;
    let updated = match session.lock_as_it_stands() {
        Err(Error::Lock(lock::Error::Conflicted { .. } | lock::Error::Twice { .. })) => {
            let pins = settled(args, session, &moves)?;
            update(session, Some(pins), &moves, &Ahead::default())?.settled()
        }
        old => update(session, old?, &moves, &Ahead::default())?,
    };
    updated.save(session)?;
    match args.format.format {
        Format::Human => updated.tell(session),
        Format::Json => session.printer.json(&ChangeReport::of(&updated.changes)),
    }
    warn_of_lacking(session, &updated.lock)
}

impl Args {
    fn moves(&self) -> Result<Moves, Error> {
        if !self.pins.is_empty() {
            return Ok(Moves::To(self.commits()?));
        }
        Ok(match &self.upgrade {
            None => Moves::Missing,
            Some(names) if names.is_empty() => Moves::All,
            Some(names) => Moves::Named(names.iter().map(|name| self::name(name)).collect::<Result<_, _>>()?),
        })
    }

    fn commits(&self) -> Result<BTreeMap<RepoName, CommitId>, Error> {
        let mut commits = BTreeMap::new();
        for word in &self.pins {
            let (name, commit) = pin(word)?;
            if commits.insert(name.clone(), commit).is_some_and(|other| other != commit) {
                return Err(Error::TwoPins { word: word.clone(), name });
            }
        }
        Ok(commits)
    }
}

fn pin(word: &str) -> Result<(RepoName, CommitId), Error> {
    // It may be a url with a password.
    let word = redact(word);
    let bad = |why: String| Error::BadPin { word: word.clone(), why };
    let Some((name, commit)) = word.split_once('@') else {
        return Err(Error::PinWithoutCommit { word: word.clone() });
    };
    let name = RepoName::parse(name).map_err(|invalid| bad(invalid.to_string()))?;
    let commit = CommitId::parse(commit).map_err(|invalid| bad(invalid.to_string()))?;
    Ok((name, commit))
}

fn name(word: &str) -> Result<RepoName, Error> {
    RepoName::parse(word).map_err(|invalid| Error::BadName { invalid })
}

/// The pins of a lock with merge conflicts.
fn settled(args: &Args, session: &Session<'_>, moves: &Moves) -> Result<Lock, Error> {
    let file = session.lock_file();
    let bytes = lock::read_file(&file)?.unwrap_or_default();
    let sides = Sides::parse(&bytes, &file)?;
    let is_open = |dispute: &Dispute| match moves {
        Moves::To(commits) => !commits.contains_key(&dispute.pin.name),
        _ => true,
    };
    let disputes: Vec<Dispute> = sides.disputes().into_iter().filter(is_open).collect();
    let chosen = if args.theirs { Side::Theirs } else { Side::Ours };
    if !disputes.is_empty() && !args.ours && !args.theirs {
        return Err(Error::Disputed { file, disputes });
    }
    for Dispute { pin, ours, theirs } in disputes {
        let (word, commit) = if chosen == Side::Ours { ("ours", ours) } else { ("theirs", theirs) };
        session.printer.note(&format!("{}: {word} is at {}", pin.name, commit.short()));
    }
    Ok(sides.pins(chosen))
}
