//! `oca outdated`: the pins against the heads of what they follow.

use crate::error::{Error, counted};
use crate::flags::{Format, FormatArg};
use crate::output::{Table, json};
use crate::plan;
use crate::repo::{CommitId, Reference, RepoName};
use crate::report::{Outcome, Outdated, RepoOutcome};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Exit with 1 where a pin could be moved
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let mut pins: Vec<_> = Vec::new();
    for profile in session.profiles()? {
        for selected in plan::selected(profile, &lock) {
            let known = pins
                .iter()
                .any(|(other, _): &(plan::Selected<'_>, _)| std::ptr::eq(other.locked, selected.locked));
            if !known && !matches!(selected.repo.reference, Reference::Rev(_)) {
                let url = session.remote_url(&selected.repo.url)?;
                pins.push((selected, url));
            }
        }
    }
    let names: Vec<&RepoName> = pins.iter().map(|(selected, _)| &selected.repo.name).collect();
    let git = session.git()?;
    let heads = {
        let watcher = session.printer.watch(&names);
        session.pools()?.fetch(&pins, |place, (selected, url)| {
            watcher.started(place);
            let head = git.remote(url).and_then(|remote| remote.resolve(&selected.repo.reference));
            let (outcome, head) = match head {
                Ok(head) if head == selected.locked.commit => (Outcome::UpToDate, Some(head)),
                Ok(head) => (Outcome::Outdated, Some(head)),
                Err(error) => (Outcome::Failed(error), None),
            };
            watcher.finished(place, &outcome);
            (outcome, head)
        })
    };
    session.tell_warnings(git);
    let mut outdated = Vec::new();
    let mut failures = Vec::new();
    for ((selected, _), (outcome, head)) in pins.iter().zip(heads) {
        let (name, locked) = (selected.repo.name.clone(), selected.locked.commit);
        match head {
            Some(head) if head == locked => {}
            Some(head) => {
                let (reference, hold) = (selected.repo.reference.clone(), selected.repo.hold);
                outdated.push(Outdated { name, reference, locked, head, hold });
            }
            None => {
                let url = selected.locked.pin.url.to_string();
                failures.push(RepoOutcome { name, url, outcome });
            }
        }
    }
    match args.format.format {
        Format::Human => {
            session.printer.data(&table(&outdated));
            let total = counted(pins.len(), "repository", "repositories");
            session.printer.note(&format!("{} of {total} outdated", outdated.len()));
        }
        Format::Json => session.printer.data(&json::outdated(&outdated)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    if args.exit_code && !outdated.is_empty() { Err(Error::Silent) } else { Ok(()) }
}

fn table(outdated: &[Outdated]) -> String {
    let mut table = Table::default();
    let short = CommitId::short;
    for Outdated { name, reference, locked, head, hold } in outdated {
        let hold = if *hold { "held" } else { "" };
        let moves = format!("{} -> {}", short(locked), short(head));
        table.row([name.to_string(), moves, reference.to_string().replace('`', ""), hold.to_owned()]);
    }
    table.to_string()
}
