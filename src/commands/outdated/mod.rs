//! `oca outdated`: compares the pins with the heads of their branches and tags.

mod merges;

use std::collections::HashSet;

use merges::Followed;

use crate::config::Merge;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::OutdatedReport;
use crate::lock::Lock;
use crate::ops::{Remotes, named_repos};
use crate::output::Table;
use crate::plan;
use crate::repo::{CommitId, Reference, counted};
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
    #[command(flatten)]
    format: FormatArg,
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
        outdated.extend(followed.outdated(head));
        merges.push((followed, of_pin));
    }
    let unasked = merges::ask_forges(&remotes, &mut merges);
    let merges: Vec<FollowedMerge> = merges.into_iter().flat_map(|(_, merges)| merges).collect();
    let held = outdated.iter().filter(|outdated| outdated.hold).count();
    let movable = outdated.len() - held;
    match args.format.format {
        Format::Human => {
            session.printer.table(&table(&outdated, &merges));
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
        Format::Json => session.printer.json(&OutdatedReport::of(&outdated, &merges)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    // What a forge says does not count: it is not always there.
    let is_to_do =
        |merge: &FollowedMerge| !merge.hold && merge.state.is_some_and(|state| state != MergeState::Gone);
    if args.exit_code && (movable > 0 || merges.iter().any(is_to_do)) { Err(Error::Silent) } else { Ok(()) }
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

fn table(outdated: &[Outdated], merges: &[FollowedMerge]) -> Table {
    let mut table = Table::default();
    let short = CommitId::short;
    for Outdated { name, reference, locked, head, hold } in outdated {
        let hold = if *hold { "held" } else { "" };
        let moves = format!("{} -> {}", short(locked), short(head));
        table.row([name.to_string(), moves, reference.to_string().replace('`', ""), hold.to_owned()]);
    }
    let is_shown = |merge: &&FollowedMerge| merge.state.is_some() || merge.request.is_some();
    for merge in merges.iter().filter(is_shown) {
        let FollowedMerge { repo, source, locked, state, request, hold } = merge;
        let hold = if *hold { "held" } else { "" };
        let moves = match state {
            Some(MergeState::Moved { head, .. } | MergeState::Rewritten { head }) => {
                format!("{} -> {}", short(locked), short(head))
            }
            Some(MergeState::Merged { .. } | MergeState::Reverted | MergeState::Gone) | None => short(locked),
        };
        let title = request.iter().filter_map(|told| Some(told.title.as_ref()?.as_str().to_owned()));
        let cells = [source.of(repo), moves, merge.words(), hold.to_owned()];
        table.row(cells.into_iter().chain(title));
    }
    table
}
