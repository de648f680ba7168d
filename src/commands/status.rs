//! `oca status`: compares the checkouts with the lock.

use std::collections::BTreeMap;

use crate::complete;
use crate::config::Repo;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::git::{self, Checkout, Head, LocalWork, Origin};
use crate::json::StatusReport;
use crate::lock::{Lock, LockedRepo};
use crate::ops::{
    OpenMerge, WantedCheckout, named_repos, open_words, undeclared, unlocked_open_merges, wanted,
};
use crate::output::{Cell, Table, Tone};
use crate::plan;
use crate::repo::{CommitId, RepoName};
use crate::report::{Failure, RepoStatus, State, Trouble};
use crate::session::{Session, cache_directory};

const EXAMPLES: &str = "\
Examples:
  # Look for local work and wrong commits
  oca status
  # Look at one checkout
  oca status web
  # Print JSON for a script
  oca status --format json";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories [default: all]
    #[arg(value_name = "NAME", add = complete::repos())]
    names: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let (lock, open) = lock_and_open(session)?;
    let chosen = named_repos(session, session.profiles()?, &args.names)?;
    let is_chosen = |name: &RepoName| chosen.is_empty() || chosen.contains(name);
    let mut wanted = wanted(session, &lock)?;
    wanted.retain(|wanted| is_chosen(&wanted.repo.name));
    let found =
        session.pools()?.fetch(&wanted, |_, WantedCheckout { repo, locked, checkout, is_skipped }| {
            let (name, commit) = (&repo.name, Some(locked.head()));
            if *is_skipped {
                Ok(report(name, State::Skipped, commit, None))
            } else {
                let branch = repo.reference.as_branch().map(str::to_owned);
                let is_cached = |commit| is_cached(session, repo, commit).unwrap_or(false);
                inspect(name, commit, checkout, &Origin { url: String::new(), branch }, is_cached)
            }
        });
    let names = wanted.iter().map(|wanted| wanted.repo.name.clone());
    let mut answers: Vec<_> = names.zip(found).collect();
    for OpenMerge { repo, checkout } in open.iter().filter(|open| is_chosen(&open.repo.name)) {
        let locked = lock.base_of(&plan::pin(repo)).map(LockedRepo::head);
        let found = checkout.head().map(|head| resolving(&repo.name, locked, head.commit(), checkout));
        answers.push((repo.name.clone(), found));
    }
    let undeclared = if chosen.is_empty() { undeclared(session)? } else { BTreeMap::new() };
    for (path, name) in undeclared {
        // A repository of this name may be declared elsewhere.
        let is_twice = wanted.iter().any(|wanted| wanted.repo.name == name);
        let below = path.strip_prefix(session.root()).unwrap_or(&path);
        let detail = is_twice.then(|| format!("in `{}`", below.display()));
        let found = Checkout::new(path.clone()).head();
        let found =
            found.map(|head| RepoStatus { detail, ..report(&name, State::Undeclared, None, head.commit()) });
        answers.push((name, found));
    }
    let (mut repos, mut failures) = (Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(repo) => repos.push(repo),
            Err(error) => {
                let detail = Some(error.to_string());
                repos.push(RepoStatus { detail, ..report(&name, State::Unreadable, None, None) });
                let trouble = Trouble::not_inspected(error);
                failures.push(Failure::new(name, String::new(), trouble));
            }
        }
    }
    match args.format.format {
        Format::Human => session.printer.table(&table(&repos)),
        Format::Json => session.printer.json(&StatusReport::of(&repos)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    let fine = repos.iter().all(|repo| matches!(repo.state, State::Clean | State::Skipped | State::InWork));
    if fine { Ok(()) } else { Err(Error::Silent) }
}

/// The lock, and the checkouts in which something is open that the lock does not have. As long as that is so, it is no
/// fault that the lock is out of date.
fn lock_and_open<'a>(session: &'a Session<'_>) -> Result<(Lock, Vec<OpenMerge<'a>>), Error> {
    match session.fresh_lock() {
        Err(stale @ (Error::Stale { .. } | Error::NoLock { .. })) => {
            let lock = session.lock_as_it_stands()?;
            let open = unlocked_open_merges(session, lock.as_ref())?;
            if open.is_empty() {
                return Err(stale);
            }
            session.printer.warning(&format!(
                "`{}` is out of date; first finish what `oca resolve` opened",
                session.lock_file().display()
            ));
            Ok((lock.unwrap_or_default(), open))
        }
        lock => Ok((lock?, Vec::new())),
    }
}

fn resolving(
    name: &RepoName,
    locked: Option<CommitId>,
    actual: Option<CommitId>,
    checkout: &Checkout,
) -> RepoStatus {
    let detail = Some(open_words(name, checkout));
    RepoStatus { detail, ..report(name, State::Resolving, locked, actual) }
}

fn report(name: &RepoName, state: State, locked: Option<CommitId>, actual: Option<CommitId>) -> RepoStatus {
    RepoStatus { name: name.to_string(), state, locked, actual, detail: None }
}

/// Whether the cache has a commit of the remote. A checkout does not say of all its commits where they come from.
fn is_cached(session: &Session<'_>, repo: &Repo, commit: CommitId) -> Result<bool, Error> {
    let (cache, url) = (cache_directory(session.global)?, session.remote_url(&repo.url)?);
    Ok(git::is_cached(&cache, &url, commit))
}

fn inspect(
    name: &RepoName,
    locked: Option<CommitId>,
    checkout: &Checkout,
    origin: &Origin,
    is_cached: impl Fn(CommitId) -> bool,
) -> Result<RepoStatus, crate::git::Error> {
    let actual = match checkout.head()? {
        Head::Absent | Head::HalfClone | Head::Unfilled(_) => {
            return Ok(report(name, State::Missing, locked, None));
        }
        Head::NotGit | Head::Link(_) | Head::Other(None) => {
            return Ok(report(name, State::NotGit, locked, None));
        }
        Head::Complete(placed) => placed.commit,
        Head::Other(Some(commit)) => commit,
    };
    if checkout.is_resolving() {
        return Ok(resolving(name, locked, Some(actual), checkout));
    }
    if let Some(branch) = checkout.in_work() {
        let detail = Some(format!("branch `{branch}`"));
        return Ok(RepoStatus { detail, ..report(name, State::InWork, locked, Some(actual)) });
    }
    let mut work = checkout.local_work(None)?;
    work.commit = work.commit.filter(|commit| !is_cached(*commit));
    if work.commit.is_none() {
        work.branch = checkout.own_branch(origin)?;
    }
    let state = match &work {
        LocalWork { changed, under_way, .. } if !changed.is_empty() || *under_way => State::Dirty,
        LocalWork { commit: Some(commit), .. } if Some(*commit) != locked => State::LocalCommits,
        LocalWork { branch: Some(_), .. } if Some(actual) != locked => State::LocalCommits,
        _ if Some(actual) != locked => State::OtherCommit,
        LocalWork { unwritten, .. } if !unwritten.is_empty() => State::Missing,
        _ => State::Clean,
    };
    let detail = !matches!(state, State::OtherCommit | State::Clean);
    let detail = detail.then(|| work.to_string());
    Ok(RepoStatus { detail, ..report(name, state, locked, Some(actual)) })
}

fn table(repos: &[RepoStatus]) -> Table {
    let mut table = Table::default();
    for RepoStatus { name, state, locked, actual, detail } in repos {
        let commits = match (actual, locked) {
            (Some(actual), Some(locked)) if actual != locked => {
                format!("{}, locked at {}", actual.short(), locked.short())
            }
            (Some(actual), _) => actual.short(),
            (None, Some(locked)) => format!("locked at {}", locked.short()),
            (None, None) => String::new(),
        };
        let detail = detail.clone().unwrap_or_default();
        let state = Cell::toned(state.to_string(), tone(*state));
        table.row([name.clone().into(), state, commits.into(), detail.into()]);
    }
    table
}

fn tone(state: State) -> Tone {
    match state {
        State::Clean => Tone::Good,
        State::Skipped => Tone::Dim,
        State::InWork | State::Resolving => Tone::Hint,
        State::Missing | State::OtherCommit | State::Dirty | State::LocalCommits | State::Undeclared => {
            Tone::Odd
        }
        State::NotGit | State::Unreadable => Tone::Bad,
    }
}
