//! `oca outdated`: compares the pins with the heads of their branches and tags.

use std::collections::HashSet;

use crate::config::Merge;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::git::merging::{self, Landing, Wanted};
use crate::git::{Git, Snapshot};
use crate::json::OutdatedReport;
use crate::lock::{LockedRepo, Pin};
use crate::ops::{OfPin, Remotes, named_repos};
use crate::output::Table;
use crate::plan;
use crate::repo::{CommitId, MergeSource, Reference, RemoteUrl, counted, typed};
use crate::report::{Done, MergeState, Outdated, OutdatedMerge, Trouble};
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
    let (mut heads, mut merges) = (Vec::new(), Vec::new());
    for (followed, (head, more)) in answers {
        heads.push((followed, head));
        merges.extend(more);
    }
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
            session.printer.table(&table(&outdated, &merges));
            let total = counted(pins.len(), "repository", "repositories");
            if failures.len() < pins.len() || pins.is_empty() {
                let of_them = if held > 0 { format!(", {held} of them held") } else { String::new() };
                session.printer.note(&format!("{} of {total} outdated{of_them}", outdated.len()));
            }
            tell_merges(session, &merges);
            if movable > 0 {
                session.printer.next("`oca upgrade` moves the pins, `oca upgrade NAME` moves one");
            }
        }
        Format::Json => session.printer.json(&OutdatedReport::of(&outdated, &merges)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    let is_to_do = |merge: &OutdatedMerge| !merge.hold && merge.state != MergeState::Gone;
    if args.exit_code && (movable > 0 || merges.iter().any(is_to_do)) { Err(Error::Silent) } else { Ok(()) }
}

/// A pin that follows a branch or tag.
struct Followed<'a> {
    selected: plan::Selected<'a>,
    url: RemoteUrl,
    /// The url of each merge for requests; `None` is the repository's own.
    merges: Vec<Option<RemoteUrl>>,
}

impl Followed<'_> {
    /// The merges that are not as they were locked. `branch` is the head of the branch.
    fn merges(&self, git: &Git, branch: &Snapshot<'_, '_>) -> Result<Vec<OutdatedMerge>, Trouble> {
        let LockedRepo { pin, merges, commit, .. } = self.selected.locked;
        let pending = &pin.pending.merges;
        let failed = |source: &MergeSource, error: merging::Error| {
            let what = source.of(&pin.name);
            Trouble::Merge { what, error: Box::new(error) }
        };
        let requests: Vec<_> = std::iter::zip(pending, merges)
            .map(|(pending, locked)| Wanted {
                head: locked.commit,
                request: pending.source.as_request(),
                newest: None,
            })
            .collect();
        let landings = match requests.first() {
            Some(_) if branch.commit() != *commit => {
                merging::landings(branch, *commit, &requests).map_err(|error| match error {
                    merging::Error::Git(error) => Trouble::Remote(error),
                    error => failed(&pending[0].source, error),
                })?
            }
            _ => vec![None; requests.len()],
        };
        let mut outdated = Vec::new();
        for (place, landing) in landings.into_iter().enumerate() {
            let (source, locked) = (&pending[place].source, &merges[place]);
            let state = match landing {
                Some(Landing { time, .. }) => Some(MergeState::Merged { on: time }),
                None if locked.is_absorbed => Some(MergeState::Merged { on: None }),
                None => self.moved(git, branch, place).map_err(|error| failed(source, error))?,
            };
            let hold = self.selected.repo.merges.get(place).is_some_and(|merge| merge.hold);
            let (repo, source, locked) = (pin.name.clone(), source.clone(), locked.commit);
            outdated.extend(state.map(|state| OutdatedMerge { repo, source, locked, state, hold }));
        }
        Ok(outdated)
    }

    /// Whether a merge has a new commit. `None` if it has none.
    fn moved(
        &self,
        git: &Git,
        branch: &Snapshot<'_, '_>,
        place: usize,
    ) -> Result<Option<MergeState>, merging::Error> {
        let LockedRepo { pin, merges, .. } = self.selected.locked;
        let (source, locked) = (&pin.pending.merges[place].source, merges[place].commit);
        let remote = match &self.merges[place] {
            Some(url) => git.remote(url)?,
            None => branch.remote().clone(),
        };
        let found = match remote.resolve_merge(&source.reference) {
            Ok(found) => found,
            Err(merging::Error::MissingRef { .. }) => return Ok(Some(MergeState::Gone)),
            Err(merging::Error::Git(error)) if error.is_gone() => return Ok(Some(MergeState::Gone)),
            Err(error) => return Err(error),
        };
        let head = found.commit;
        if head == locked {
            return Ok(None);
        }
        let new = remote.at(head, &found.reference, &|_| ());
        Ok(Some(match merging::distance(&new, locked)? {
            Some(commits) => MergeState::Moved { head, commits },
            None => MergeState::Rewritten { head },
        }))
    }
}

impl OfPin for Followed<'_> {
    fn pin(&self) -> &Pin {
        &self.selected.locked.pin
    }
}

/// Says what to do about merges.
fn tell_merges(session: &Session<'_>, merges: &[OutdatedMerge]) {
    let of = |wanted: fn(&MergeState) -> bool| {
        let found = merges.iter().filter(|merge| wanted(&merge.state));
        found.map(|merge| format!(" {}", typed(&merge.source.of(&merge.repo)))).collect::<String>()
    };
    let landed = of(|state| matches!(state, MergeState::Merged { .. }));
    if !landed.is_empty() {
        session.printer.next(&format!("`oca remove{landed}` drops what was merged upstream"));
    }
    let moved = of(|state| matches!(state, MergeState::Moved { .. } | MergeState::Rewritten { .. }));
    if !moved.is_empty() {
        session.printer.next(&format!("`oca upgrade{moved}` takes the new commits"));
    }
}

fn table(outdated: &[Outdated], merges: &[OutdatedMerge]) -> Table {
    let mut table = Table::default();
    let short = CommitId::short;
    for Outdated { name, reference, locked, head, hold } in outdated {
        let hold = if *hold { "held" } else { "" };
        let moves = format!("{} -> {}", short(locked), short(head));
        table.row([name.to_string(), moves, reference.to_string().replace('`', ""), hold.to_owned()]);
    }
    for OutdatedMerge { repo, source, locked, state, hold } in merges {
        let hold = if *hold { "held" } else { "" };
        let moves = match state {
            MergeState::Moved { head, .. } | MergeState::Rewritten { head } => {
                format!("{} -> {}", short(locked), short(head))
            }
            MergeState::Merged { .. } | MergeState::Gone => short(locked),
        };
        table.row([source.of(repo), moves, state.to_string(), hold.to_owned()]);
    }
    table
}
