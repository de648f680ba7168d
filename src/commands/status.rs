//! `oca status`: the checkouts against the lock.

use crate::cli::{Format, FormatArg};
use crate::error::Error;
use crate::git::{Checkout, Head, LocalWork};
use crate::output::{Table, json};
use crate::plan;
use crate::repo::CommitId;
use crate::report::{RepoStatus, State};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let mut wanted: Vec<(String, Option<CommitId>, Option<Checkout>)> = Vec::new();
    for profile in session.profiles()? {
        for selected in plan::selected(profile, &lock) {
            let name = selected.repo.name.to_string();
            let checkout = Checkout::new(session.checkout(profile, &selected.repo.name)?);
            let skipped = session.config.skips(&selected.repo.name);
            let same = |(_, _, other): &(_, _, Option<Checkout>)| {
                other.as_ref().is_some_and(|other| other.path() == checkout.path())
            };
            if !wanted.iter().any(same) {
                wanted.push((name, Some(selected.locked.commit), (!skipped).then_some(checkout)));
            }
        }
    }
    let mut repos = session.pools()?.fetch(&wanted, |_, (name, locked, checkout)| match checkout {
        Some(checkout) => inspect(name, *locked, checkout),
        None => Ok(report(name, State::Skipped, *locked, None)),
    });
    for (name, path) in super::sync::undeclared(session)? {
        let checkout = Checkout::new(path);
        let actual = match checkout.head()? {
            Head::Complete(placed) => Some(placed.commit),
            Head::Other(commit) => commit,
            Head::Absent | Head::HalfClone | Head::NotGit | Head::Link => None,
        };
        repos.push(Ok(report(name.as_str(), State::Undeclared, None, actual)));
    }
    let repos = repos.into_iter().collect::<Result<Vec<_>, _>>()?;
    session.printer.data(&match args.format.format {
        Format::Human => table(&repos),
        Format::Json => json::status(&repos),
    });
    let fine = repos.iter().all(|repo| matches!(repo.state, State::Clean | State::Skipped));
    if fine { Ok(()) } else { Err(Error::Silent) }
}

fn report(name: &str, state: State, locked: Option<CommitId>, actual: Option<CommitId>) -> RepoStatus {
    RepoStatus { name: name.to_owned(), state, locked, actual, detail: None }
}

fn inspect(
    name: &str,
    locked: Option<CommitId>,
    checkout: &Checkout,
) -> Result<RepoStatus, crate::git::Error> {
    let actual = match checkout.head()? {
        Head::Absent | Head::HalfClone => return Ok(report(name, State::Missing, locked, None)),
        Head::NotGit | Head::Link | Head::Other(None) => {
            return Ok(report(name, State::NotGit, locked, None));
        }
        Head::Complete(placed) => placed.commit,
        Head::Other(Some(commit)) => commit,
    };
    let work = checkout.local_work(None)?;
    let state = match &work {
        LocalWork { changed, under_way, .. } if !changed.is_empty() || *under_way => State::Dirty,
        LocalWork { commit: Some(commit), .. } if Some(*commit) != locked => State::LocalCommits,
        _ if Some(actual) != locked => State::OtherCommit,
        _ => State::Clean,
    };
    let detail = (state == State::Dirty || state == State::LocalCommits).then(|| work.to_string());
    Ok(RepoStatus { detail, ..report(name, state, locked, Some(actual)) })
}

fn table(repos: &[RepoStatus]) -> String {
    let mut table = Table::default();
    let short = |commit: Option<CommitId>| commit.map(|commit| commit.short()).unwrap_or_default();
    for RepoStatus { name, state, locked, actual, detail } in repos {
        let commits = match state {
            State::OtherCommit | State::LocalCommits => format!("{} -> {}", short(*locked), short(*actual)),
            _ => short(actual.or(*locked)),
        };
        let detail = detail.clone().unwrap_or_default();
        table.row([name.clone(), state.to_string(), commits, detail]);
    }
    table.to_string()
}
