//! `oca outdated`: compares the pins with the heads of their branches and tags, and says what an upgrade would bring.

use crate::complete;
use crate::diff::{Changelogs, LockDiff, diffs, moved};
use crate::error::Error;
use crate::json::OutdatedReport;
use crate::ops::{Remotes, ask_changelogs, outdated, tell_unread_changelogs};
use crate::output::{Limit, MOST, Table, human, markdown, outdated_markdown, outdated_rows};
use crate::repo::counted;
use crate::report::{FollowedMerge, MergeState, Outdated};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Show how far the branches are ahead of the pins
  oca outdated
  # Ask about two repositories
  oca outdated web server-tools
  # Fail if a pin is outdated
  oca outdated --exit-code";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories [default: all]
    #[arg(value_name = "NAME", add = complete::repos())]
    names: Vec<String>,
    /// Exit with code 1 if a pin without `hold` is outdated
    #[arg(long)]
    exit_code: bool,
    /// How to print the report; `markdown` is the text of a pull request, of at most 65,536 characters
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: OutdatedFormat,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum OutdatedFormat {
    Human,
    Json,
    Markdown,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let pins = outdated::followed(session, &lock, &args.names)?;
    let remotes = Remotes::of(session)?;
    let outdated::Answer { outdated: found, merges, unasked, failures } = outdated::ask(&remotes, &pins)?;
    let foreseen = outdated::would_bring(session, &lock, &found, &merges);
    let (outdated, mut unread) = outdated::told(&remotes.without_lines(), &found, foreseen.as_ref())?;
    let profile = if session.global.all_profiles { None } else { Some(session.profile()?.name.as_str()) };
    let new = foreseen.as_ref().map_or(&lock, |foreseen| &foreseen.lock);
    let mut diffs = diffs(&lock, new, profile);
    diffs.retain(|diff| !diff.is_empty());
    let (changelogs, failed) = ask_changelogs(session, &diffs, None)?;
    unread.extend(failed);
    let failed = failures.len();
    let failure = (failed > 0).then_some(Error::Repos { failures });
    let report = Report {
        outdated: &outdated,
        merges: &merges,
        diffs: &diffs,
        changelogs: &changelogs,
        failure: failure.as_ref(),
    };
    let held = outdated.iter().filter(|outdated| outdated.hold).count();
    let movable = outdated.len() - held;
    report.print(args.format, session);
    if args.format != OutdatedFormat::Json {
        let total = counted(pins.len(), "repository", "repositories");
        if failed < pins.len() || pins.is_empty() {
            let of_them = if held > 0 { format!(", {held} of them held") } else { String::new() };
            session.printer.note(&format!("{} of {total} outdated{of_them}", outdated.len()));
        }
        outdated::tell_unasked(session, &unasked);
        let failures = foreseen.as_ref().map(|foreseen| &foreseen.failures[..]).unwrap_or_default();
        for failure in failures.iter().filter(|failure| !outdated.iter().any(|pin| pin.name == failure.name))
        {
            let (name, why) = (&failure.name, failure.trouble.why());
            session.printer.warning(&format!("an upgrade of `{name}` would fail: {why}"));
        }
        outdated::tell_of_merges(session, &merges, failures);
        if foreseen.is_some() && outdated.iter().any(|pin| pin.stays.is_none()) {
            session.printer.next("`oca upgrade` moves the pins, `oca upgrade NAME` moves one");
        }
    }
    tell_unread_changelogs(session, &unread);
    if let Some(failure) = failure {
        return Err(failure);
    }
    // What a forge says does not count: it is not always there.
    let is_to_do =
        |merge: &FollowedMerge| !merge.hold && merge.state.is_some_and(|state| state != MergeState::Gone);
    if args.exit_code && (movable > 0 || merges.iter().any(is_to_do)) { Err(Error::Silent) } else { Ok(()) }
}

/// What is told.
struct Report<'r, 'l> {
    outdated: &'r [Outdated],
    merges: &'r [FollowedMerge],
    /// What an upgrade would change.
    diffs: &'r [LockDiff<'l>],
    changelogs: &'r Changelogs<'l>,
    /// The repositories that could not be asked.
    failure: Option<&'r Error>,
}

impl Report<'_, '_> {
    fn print(&self, format: OutdatedFormat, session: &Session<'_>) {
        let Self { outdated, merges, diffs, changelogs, failure } = *self;
        let others: Vec<&Outdated> = outdated.iter().filter(|pin| !self.has(pin)).collect();
        match format {
            OutdatedFormat::Human => {
                let mut table = Table::default();
                diffs.iter().for_each(|diff| table.append(human(diff, changelogs)));
                table.append(outdated_rows(&others, merges));
                session.printer.table(&table);
            }
            OutdatedFormat::Json => {
                session.printer.json(&OutdatedReport::of(outdated, merges, diffs, changelogs, failure));
            }
            OutdatedFormat::Markdown => {
                let text = outdated_markdown(&others, merges);
                let most = MOST.saturating_sub(text.chars().count());
                let limit = Limit { most, whole: "oca outdated --format json" };
                session.printer.data(&(text + &markdown(diffs, changelogs, &[], Some(limit))));
            }
        }
    }

    /// Whether the changes tell that a pin would move.
    fn has(&self, pin: &Outdated) -> bool {
        let mut repos = self.diffs.iter().flat_map(|diff| &diff.repos).filter_map(moved);
        repos.any(|repos| repos.to.pin.name == pin.name && repos.from.commit == pin.locked)
    }
}
