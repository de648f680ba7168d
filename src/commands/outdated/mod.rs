//! `oca outdated`: compares the pins with the heads of their branches and tags, and says what an upgrade would bring.

mod brought;
mod merges;

use std::collections::HashSet;

use brought::OutdatedPin;
use merges::Followed;

use crate::config::Merge;
use crate::diff::{Changelogs, LockDiff, diffs, moved};
use crate::error::Error;
use crate::json::OutdatedReport;
use crate::lock::Lock;
use crate::ops::{Remotes, ask_changelogs, named_repos, tell_unread_changelogs};
use crate::output::{Limit, MOST, Table, human, markdown, outdated_markdown, outdated_rows};
use crate::plan;
use crate::repo::{Reference, counted};
use crate::report::{Done, FollowedMerge, MergeState, Outdated, Trouble};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names of repositories [default: all]
    #[arg(value_name = "NAME")]
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
    let pins = followed(args, session, &lock)?;
    let remotes = Remotes::of(session)?;
    let answers = remotes.ask(&pins, |followed, _| {
        let Followed { selected, url, .. } = followed;
        let remote = remotes.git.remote(url).map_err(Trouble::Remote)?;
        let head = remote.resolve(&selected.repo.reference).map_err(Trouble::Remote)?;
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
    let unasked = merges::ask_forges(&remotes, &mut merges);
    let merges: Vec<FollowedMerge> = merges.into_iter().flat_map(|(_, merges)| merges).collect();
    let foreseen = brought::foreseen(session, &lock, &outdated, &merges);
    let (outdated, mut unread) = brought::told(&remotes.without_lines(), &outdated, foreseen.as_ref())?;
    let profile = if session.global.all_profiles { None } else { Some(session.profile()?.name.as_str()) };
    let new = foreseen.as_ref().map_or(&lock, |foreseen| &foreseen.lock);
    let mut diffs = diffs(&lock, new, profile);
    diffs.retain(|diff| !diff.is_empty());
    let (changelogs, failed) = ask_changelogs(session, &diffs, None)?;
    unread.extend(failed);
    let report = Report { outdated: &outdated, merges: &merges, diffs: &diffs, changelogs: &changelogs };
    let held = outdated.iter().filter(|outdated| outdated.hold).count();
    let movable = outdated.len() - held;
    report.print(args.format, session);
    if args.format != OutdatedFormat::Json {
        let total = counted(pins.len(), "repository", "repositories");
        if failures.len() < pins.len() || pins.is_empty() {
            let of_them = if held > 0 { format!(", {held} of them held") } else { String::new() };
            session.printer.note(&format!("{} of {total} outdated{of_them}", outdated.len()));
        }
        merges::tell_unasked(session, &unasked);
        merges::tell(session, &merges);
        if movable > 0 {
            session.printer.next("`oca upgrade` moves the pins, `oca upgrade NAME` moves one");
        }
    }
    tell_unread_changelogs(session, &unread);
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
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
}

impl Report<'_, '_> {
    fn print(&self, format: OutdatedFormat, session: &Session<'_>) {
        let Self { outdated, merges, diffs, changelogs } = *self;
        let others: Vec<&Outdated> = outdated.iter().filter(|pin| !self.has(pin)).collect();
        match format {
            OutdatedFormat::Human => {
                let mut table = Table::default();
                diffs.iter().for_each(|diff| table.append(human(diff, changelogs)));
                table.append(outdated_rows(&others, merges));
                session.printer.table(&table);
            }
            OutdatedFormat::Json => {
                session.printer.json(&OutdatedReport::of(outdated, merges, diffs, changelogs));
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

/// The pins that can be outdated, or whose merges can.
fn followed<'a>(args: &Args, session: &'a Session<'_>, lock: &'a Lock) -> Result<Vec<Followed<'a>>, Error> {
    let mut pins: Vec<Followed<'_>> = Vec::new();
    let mut seen = HashSet::new();
    let names = named_repos(session, session.profiles()?, &args.names)?;
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
