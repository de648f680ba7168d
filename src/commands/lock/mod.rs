//! `oca lock`: locks the declared repositories, checks the lock, or upgrades it.

mod care;
mod check;
mod conflict;
mod merged;
mod pins;

use std::collections::BTreeSet;

pub(super) use care::CareArgs;
use conflict::Choice;

use crate::complete;
use crate::config::Mode;
use crate::diff::diffs;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::ChangeReport;
use crate::lock::{self, Settled};
use crate::ops::{
    Care, Updated, ask_changelogs, is_being_merged, movables, refuse_missing_patches, tell_of_hooks,
    tell_of_plain_core, tell_of_vanished, tell_unread_changelogs, unknown_repo, upgrade as upgrade_lock,
    warn_of_conflicts_with_odoo, warn_of_lacking,
};
use crate::output::human;
use crate::plan::{Movable, Moves};
use crate::repo::{CorePart, RepoName};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Pin the repositories that have no pin yet
  oca lock
  # In CI: fail if the lock is out of date
  oca lock --check
  # Move two pins to the heads of their branches
  oca lock --upgrade web server-tools
  # Pin a repository to a commit by hand
  oca lock web@0c441c48a4
  # After a merge in git: if both sides moved a pin, use theirs
  oca lock --theirs";

// If an option only had `requires`, clap would drop that where the required one conflicts with another argument. So
// each refused pair is named.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "oca lock [OPTIONS] [NAME@COMMIT]...\n       oca lock [OPTIONS] --upgrade [NAME]...\n       oca lock [OPTIONS] --check [--upstream]",
    after_long_help = EXAMPLES
)]
pub(crate) struct Args {
    /// Pin a repository, or a merge such as `web#2950`, to a commit by hand; the first digits of a known commit are enough
    #[arg(value_name = "NAME@COMMIT", conflicts_with_all = ["check", "upgrade"], add = complete::pins())]
    pins: Vec<String>,
    /// Only check whether the lock is up to date; reads no cache and asks no server
    #[arg(long, conflicts_with = "upgrade")]
    check: bool,
    /// With `--check`: also ask the servers whether each branch or tag still contains its pin, and compare everything
    /// that the lock says about a commit with the commit itself
    #[arg(long, requires = "check", conflicts_with_all = ["pins", "upgrade", "dry_run"])]
    upstream: bool,
    /// With `--upstream`: accept these steps, such as `web#2950`, though they were resolved by hand
    #[arg(long, value_name = "MERGE", requires = "upstream", add = complete::merges())]
    accept: Vec<String>,
    /// With `--upstream`: fail also if the branch of a merge does not contain its commit any more
    #[arg(long, requires = "upstream")]
    strict: bool,
    /// Move these repositories and merges, or all without `hold`, to the heads of their branches
    #[arg(long, alias = "update", value_name = "NAME", num_args = 0.., add = complete::pins_to_move())]
    upgrade: Option<Vec<String>>,
    /// With `--upgrade`: also move Odoo itself, which `[core]` declares; without names, move only that
    #[arg(long, requires = "upgrade", conflicts_with_all = ["pins", "check"])]
    core: bool,
    /// With `--upgrade`: also remove the merges that are merged upstream from `repos.toml`
    #[arg(long, requires = "upgrade", conflicts_with_all = ["ours", "theirs", "pins", "check"])]
    drop_merged: bool,
    /// Only show what would change
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// With NAME@COMMIT: accept a commit whose modules are for another series
    #[arg(long, requires = "pins", conflicts_with_all = ["check", "upgrade"])]
    force: bool,
    #[command(flatten)]
    care: CareArgs,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    format: FormatArg,
}

impl Args {
    fn how(&self) -> How<'_> {
        let Self { choice, care, dry_run, format, .. } = self;
        How { choice, care: care.care(), dry_run: *dry_run, format: format.format }
    }
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    if args.upgrade.is_none() {
        args.care.refuse()?;
    }
    if args.check {
        return check::run(args, session);
    }
    if args.pins.is_empty() {
        let moves = moves(args.upgrade.as_deref(), args.core, session)?;
        let how = args.how();
        if args.drop_merged {
            return merged::upgrade(&moves, &how, session);
        }
        return lock(&moves, &how, session);
    }
    let commits = pins::commits(&args.pins, session)?;
    let moves = Moves::To { commits: commits.clone(), any_series: args.force };
    let how = args.how();
    lock(&moves, &how, session).map_err(|error| pins::explained(error, &commits, session))
}

/// Moves these repositories, or all without `hold`, to the heads of their branches.
pub(super) fn upgrade(
    names: &[String],
    upgrade: Upgrade,
    format: Format,
    session: &Session<'_>,
) -> Result<(), Error> {
    let Upgrade { core, dry_run, drop_merged, care } = upgrade;
    let how = How { choice: &Choice::default(), care, dry_run, format };
    let moves = moves(Some(names), core, session)?;
    if !drop_merged {
        return lock(&moves, &how, session);
    }
    refuse_missing_patches(session)?;
    merged::upgrade(&moves, &how, session)
}

/// How to upgrade.
#[derive(Clone, Copy)]
pub(super) struct Upgrade {
    /// Moves Odoo itself, too.
    pub(super) core: bool,
    pub(super) dry_run: bool,
    pub(super) drop_merged: bool,
    pub(super) care: Care,
}

/// How to lock.
struct How<'a> {
    choice: &'a Choice,
    care: Care,
    dry_run: bool,
    format: Format,
}

fn moves(upgrade: Option<&[String]>, core: bool, session: &Session<'_>) -> Result<Moves, Error> {
    Ok(match upgrade {
        None => Moves::Missing,
        Some([]) if !core => Moves::All,
        Some(names) => Moves::Named({
            pins::refuse_commits(names)?;
            let mut movables = movables(session, names)?;
            if core {
                movables.extend(core_names(session)?.into_iter().map(Movable::from));
            }
            movables
        }),
    })
}

/// The repositories of Odoo itself. Fails if there is none.
fn core_names(session: &Session<'_>) -> Result<BTreeSet<RepoName>, Error> {
    let core = session.config.profiles.iter().flat_map(|profile| &profile.core);
    let names: BTreeSet<RepoName> = core.map(|repo| repo.name.clone()).collect();
    if names.is_empty() { Err(unknown_repo(session, CorePart::Odoo.name())) } else { Ok(names) }
}

fn lock(moves: &Moves, how: &How<'_>, session: &Session<'_>) -> Result<(), Error> {
    let sides = how.choice.sides(session)?;
    let _claim = session.claim()?;
    refuse_missing_patches(session)?;
    // Of a lock that git could not merge.
    let mut settled = None;
    let old = session.lock_as_it_stands();
    let has_both_sides = match &old {
        Err(Error::Lock(error)) => error.has_both_sides(),
        Ok(old) => how.choice.is_given() && is_being_merged(session, old.as_ref()),
        Err(_) => false,
    };
    let updated = if has_both_sides {
        let (pins, decided) = how.choice.settled(sides, session, moves)?;
        settled = Some(decided);
        let updated = upgrade_lock(session, Some(pins.clone()), moves, how.care);
        if !how.dry_run && updated.as_ref().is_err_and(Error::is_of_merges) {
            // What both sides give is kept for `oca resolve`.
            pins.save_merged(&session.lock_file())?;
        }
        updated?.settled()
    } else {
        let old = old?;
        how.choice.tell_unused(session);
        upgrade_lock(session, old, moves, how.care)?
    };
    if !how.dry_run {
        updated.save(session)?;
    }
    conclude(updated, &settled.unwrap_or_default(), how, session)
}

/// Shows what would change, as `oca diff` shows it afterwards. Nothing holds of a lock that was edited.
fn show(updated: &Updated, session: &Session<'_>) -> Result<(), Error> {
    let Some(old) = updated.old.as_ref().filter(|old| old.edited().next().is_none()) else { return Ok(()) };
    let diffs = diffs(old, &updated.lock, None);
    let (changelogs, failures) = ask_changelogs(session, &diffs, None)?;
    diffs.iter().for_each(|diff| session.printer.table(&human(diff, &changelogs)));
    tell_unread_changelogs(session, &failures);
    Ok(())
}

/// Reports an updated lock, which is written already. `settled` is what both sides of a merge moved.
fn conclude(
    updated: Updated,
    settled: &[Settled],
    how: &How<'_>,
    session: &Session<'_>,
) -> Result<(), Error> {
    match how.format {
        Format::Human => {
            if how.dry_run {
                show(&updated, session)?;
            }
            updated.tell(session);
        }
        Format::Json => session.printer.json(&ChangeReport::of(&updated.changes, &updated.held, settled)),
    }
    tell_of_vanished(session, &updated)?;
    warn_of_lacking(session, &updated.lock)?;
    warn_of_conflicts_with_odoo(session, &updated.lock)?;
    tell_of_plain_core(session);
    tell_of_hooks(session, &updated);
    if how.dry_run {
        session.printer.note("dry run: the lock is not changed");
    } else if !updated.changes.is_empty() {
        tell_next(session);
    }
    updated.finish()
}

/// Names `oca sync` as the next step. Until then, gitlinks do not match the lock, and CI would find out: so everybody is
/// told.
fn tell_next(session: &Session<'_>) {
    match session.config.mode {
        Mode::Clone => session.printer.next("`oca sync` checks out the commits"),
        Mode::Submodule => session.printer.next_for_all(&format!(
            "`oca sync` checks out the commits and stages the gitlinks; commit them together with `{}`",
            lock::FILE_NAME
        )),
    }
}
