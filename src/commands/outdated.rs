//! `oca outdated`: compares the pins with the heads of their branches and tags.

use std::collections::HashSet;

use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::OutdatedReport;
use crate::lock::Pin;
use crate::ops::{OfPin, Remotes, named_repos};
use crate::output::Table;
use crate::plan;
use crate::repo::{CommitId, Reference, RemoteUrl, counted};
use crate::report::{Done, Outdated, Trouble};
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
    let mut pins: Vec<Followed<'_>> = Vec::new();
    let mut seen = HashSet::new();
    let names = named_repos(session, session.profiles()?, &args.names)?;
    for profile in session.profiles()? {
        for selected in plan::selected(profile, &lock) {
            let is_named = names.is_empty() || names.contains(&selected.repo.name);
            let follows = !matches!(selected.repo.reference, Reference::Rev(_));
            if is_named && follows && seen.insert(&selected.locked.pin) {
                let url = session.remote_url(&selected.repo.url)?;
                pins.push(Followed { selected, url });
            }
        }
    }
    let remotes = Remotes::of(session)?;
    let heads = remotes.ask(&pins, |Followed { selected, url }, _| {
        let head = remotes.git.remote(url).and_then(|remote| remote.resolve(&selected.repo.reference));
        let head = head.map_err(Trouble::Remote)?;
        Ok((if head == selected.locked.commit { Done::UpToDate } else { Done::Outdated }, head))
    })?;
    let (heads, failures) = heads.sorted();
    let outdated =
        heads.into_iter().filter(|(Followed { selected, .. }, head)| *head != selected.locked.commit);
    let outdated: Vec<Outdated> = outdated
        .map(|(Followed { selected, .. }, head)| Outdated {
            name: selected.repo.name.clone(),
            reference: selected.repo.reference.clone(),
            locked: selected.locked.commit,
            head,
            hold: selected.repo.hold,
        })
        .collect();
    let held = outdated.iter().filter(|outdated| outdated.hold).count();
    let movable = outdated.len() - held;
    match args.format.format {
        Format::Human => {
            session.printer.table(&table(&outdated));
            let total = counted(pins.len(), "repository", "repositories");
            if failures.len() < pins.len() || pins.is_empty() {
                let of_them = if held > 0 { format!(", {held} of them held") } else { String::new() };
                session.printer.note(&format!("{} of {total} outdated{of_them}", outdated.len()));
            }
            if movable > 0 {
                session.printer.next("`oca upgrade` moves the pins, `oca upgrade NAME` moves one");
            }
        }
        Format::Json => session.printer.json(&OutdatedReport::of(&outdated)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    if args.exit_code && movable > 0 { Err(Error::Silent) } else { Ok(()) }
}

/// A pin that follows a branch or tag.
struct Followed<'a> {
    selected: plan::Selected<'a>,
    url: RemoteUrl,
}

impl OfPin for Followed<'_> {
    fn pin(&self) -> &Pin {
        &self.selected.locked.pin
    }
}

fn table(outdated: &[Outdated]) -> Table {
    let mut table = Table::default();
    let short = CommitId::short;
    for Outdated { name, reference, locked, head, hold } in outdated {
        let hold = if *hold { "held" } else { "" };
        let moves = format!("{} -> {}", short(locked), short(head));
        table.row([name.to_string(), moves, reference.to_string().replace('`', ""), hold.to_owned()]);
    }
    table
}
