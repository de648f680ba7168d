//! The end of a sync: the report, the count, and the repositories that failed.

use super::Args;
use crate::error::Error;
use crate::flags::Format;
use crate::json::OutcomeReport;
use crate::ops::submodules::Survey;
use crate::repo::counted;
use crate::report::{self, Done, Failure, RepoOutcome};
use crate::session::Session;

/// `unmerged` are the repositories that kept their old entries because a merge failed.
pub(super) fn finish(
    session: &Session<'_>,
    args: &Args,
    survey: Option<&Survey<'_>>,
    outcomes: Vec<RepoOutcome>,
    unmerged: Vec<Failure>,
) -> Result<(), Error> {
    if let Format::Json = args.format.format {
        session.printer.json(&OutcomeReport::of(&outcomes, args.dry_run));
    } else if args.dry_run {
        let told = outcomes
            .iter()
            .filter(|repo| !matches!(repo.outcome, Ok(Done::UpToDate)) && repo.outcome.is_ok());
        told.for_each(|repo| session.printer.data_line(&format!("{}: {}", repo.name, repo.words(true))));
    }
    if !args.dry_run {
        // A worker reports all others when it is done with them.
        let in_work = outcomes.iter().filter(|repo| matches!(repo.outcome, Ok(Done::InWork(_))));
        in_work.for_each(|repo| session.printer.note(&format!("{}: {}", repo.name, repo.words(false))));
    }
    let counts = Counts::of(&outcomes, args.dry_run);
    let mut failures = report::failures(outcomes);
    failures.extend(unmerged);
    let is_staged = survey.is_some_and(Survey::is_staged);
    session.printer.note(&counts.in_words(is_staged, !failures.is_empty()));
    if let Some(survey) = survey {
        survey.tell(args.dry_run);
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}

/// How many repositories changed.
struct Counts {
    all: usize,
    /// Without those that were only refreshed.
    changed: usize,
    refreshed: usize,
    is_dry: bool,
}

impl Counts {
    fn of(outcomes: &[RepoOutcome], is_dry: bool) -> Self {
        let mut counts = Self { all: outcomes.len(), changed: 0, refreshed: 0, is_dry };
        for done in outcomes.iter().filter_map(|repo| repo.outcome.as_ref().ok()) {
            match done {
                Done::UpToDate | Done::InWork(_) => {}
                Done::Refreshed { by_force: false, .. } => counts.refreshed += 1,
                _ => counts.changed += 1,
            }
        }
        counts
    }

    fn in_words(&self, is_staged: bool, has_failures: bool) -> String {
        let Self { all, changed, refreshed, is_dry } = *self;
        let total = counted(all, "repository", "repositories");
        let (verb, also) =
            if is_dry { ("would change", "would be refreshed") } else { ("changed", "refreshed") };
        let words = match changed {
            0 if !has_failures && is_staged => format!("{total}: only `.gitmodules` and the index changed"),
            0 if !has_failures => format!("{total} up to date"),
            changed => format!("{total}, {changed} {verb}"),
        };
        if refreshed == 0 { words } else { format!("{words}, {refreshed} {also}") }
    }
}
