//! The changelog in `oca diff`, `oca outdated` and `oca lock --upgrade --dry-run`.

use serde::Serialize;

use crate::diff::{Changelogs, LockDiff, ModuleChange, News, RepoChange, RepoLog, Told};
use crate::git::{Lost, LostCommit};
use crate::repo::{CommitId, ModuleName};

/// What the new commit of a repository has and the old one does not have.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LogReport<'d> {
    /// How many commits; `null` if the remote does not have the old commit any more.
    pub(crate) commits: Option<usize>,
    /// When the new commit was made, as a Unix timestamp in seconds.
    pub(crate) time: i64,
    /// The commits of the old history that the new one does not have.
    pub(crate) lost: Vec<LostEntry<'d>>,
    /// The merged requests, and the commits of the branch itself, the newest first.
    pub(crate) entries: Vec<LogEntryReport<'d>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LostEntry<'d> {
    pub(crate) commit: CommitId,
    pub(crate) title: &'d str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LogEntryReport<'d> {
    pub(crate) commit: CommitId,
    /// When the commit was made, as a Unix timestamp in seconds.
    pub(crate) time: i64,
    /// The number of the request; `null` for a commit without a request.
    pub(crate) request: Option<u64>,
    pub(crate) title: &'d str,
    /// The page of the request or the commit; `null` if the forge is not known to have one.
    pub(crate) page: Option<String>,
    /// The modules of the report that it changed; `null` if they are not known.
    pub(crate) modules: Option<Vec<&'d ModuleName>>,
}

/// What the `readme` of a module says about its changes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NewsReport<'d> {
    /// The new files of `newsfragments`.
    pub(crate) fragments: Vec<FragmentEntry<'d>>,
    /// The new lines of the `HISTORY`.
    pub(crate) history: &'d [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct FragmentEntry<'d> {
    pub(crate) number: &'d str,
    pub(crate) kind: &'static str,
}

impl<'d> LogReport<'d> {
    pub(super) fn of(log: &RepoLog<'d, 'd>) -> Self {
        let lost = match &log.log.lost {
            Lost::Commits(commits) => commits.as_slice(),
            Lost::Nothing | Lost::Everything => &[],
        };
        let lost = lost.iter().map(|LostCommit { commit, title }| LostEntry { commit: *commit, title });
        Self {
            commits: log.log.commits,
            time: log.log.time,
            lost: lost.collect(),
            entries: log.told.iter().map(LogEntryReport::of).collect(),
        }
    }
}

impl<'d> LogEntryReport<'d> {
    fn of(told: &Told<'d, 'd>) -> Self {
        let entry = told.entry;
        Self {
            commit: entry.commit,
            time: entry.time,
            request: entry.request,
            title: &entry.title,
            page: told.page.clone(),
            modules: told.modules.clone(),
        }
    }
}

impl<'d> NewsReport<'d> {
    pub(super) fn of(news: &'d News) -> Self {
        let News { fragments, history } = news;
        let fragments =
            fragments.iter().map(|fragment| FragmentEntry { number: &fragment.number, kind: fragment.kind });
        Self { fragments: fragments.collect(), history }
    }
}

/// The logs of the repositories of a diff, in its order.
pub(super) fn logs<'d>(diff: &LockDiff<'d>, changelogs: &'d Changelogs<'d>) -> Vec<Option<RepoLog<'d, 'd>>> {
    diff.repos.iter().map(|change| changelogs.of_repo(diff, change)).collect()
}

/// The entries that changed a module.
pub(super) fn entries<'d>(
    diff: &LockDiff<'d>,
    logs: &[Option<RepoLog<'d, 'd>>],
    module: &ModuleChange<'d>,
) -> Vec<LogEntryReport<'d>> {
    let pin = &module.home().repo.pin;
    let is_of = |change: &RepoChange<'d>| match change {
        RepoChange::Changed(repos) => *pin == repos.to.pin || *pin == repos.from.pin,
        RepoChange::Added(_) | RepoChange::Removed(_) => false,
    };
    let logs =
        diff.repos.iter().zip(logs).filter(|(change, _)| is_of(change)).filter_map(|(_, log)| log.as_ref());
    let changed_it =
        |told: &&Told<'d, 'd>| told.modules.as_ref().is_some_and(|modules| modules.contains(&module.name()));
    logs.flat_map(|log| log.told.iter().filter(changed_it)).map(LogEntryReport::of).collect()
}
