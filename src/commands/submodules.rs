//! `oca submodules`: makes `.gitmodules` and the gitlinks in the index match the lock. `sync` and `lock --check` use the
//! same comparison.

use std::collections::HashSet;

use crate::config::Mode;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::SubmodulesReport;
use crate::ops::submodules::{How, STAGED, Survey};
use crate::repo::{counted, one_line};
use crate::report;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Make the submodules match repos.toml and the lock
  oca submodules
  # In CI: fail if they differ
  oca submodules --check";

/// Make .gitmodules and the gitlinks in the index match the lock
///
/// For `mode = "submodule"`. Every repository of every profile gets an entry in .gitmodules (path, url, branch,
/// `shallow = true`) and a gitlink at its locked commit. It repairs gitlinks without an entry, entries without a gitlink,
/// second entries, and submodules at another path (their work trees are moved). It removes undeclared submodules among
/// the checkouts; their git directories stay below .git/modules. Submodules elsewhere, comments and your own keys are
/// not changed.
///
/// Everything is staged and nothing is committed: see `git diff --cached --submodule`. Nothing is fetched: `oca sync`
/// does all of this, too, and checks out the submodules of the profile.
#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Only show the differences, one per line; exit with code 1 if there are any
    #[arg(long)]
    check: bool,
    /// Remove undeclared submodules even if they contain local work
    #[arg(long, conflicts_with = "check")]
    force: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    if session.config.mode != Mode::Submodule {
        return Err(Error::NotSubmodules { file: session.config.file.clone() });
    }
    let lock = session.fresh_lock()?;
    if args.check {
        return check(args, &Survey::needed(session, &lock)?);
    }
    let _claim = session.claim()?;
    session.config.profiles.iter().try_for_each(|profile| session.refuse_links(profile))?;
    let mut survey = Survey::needed(session, &lock)?;
    survey.superproject.refuse_locked()?;
    let differences = std::mem::take(&mut survey.comparison.differences);
    survey.relocate(false)?;
    let mut outcomes = survey.collisions();
    outcomes.extend(survey.settle(How { force: args.force, ..How::default() }, &HashSet::new())?);
    match args.format.format {
        Format::Json => session.printer.json(&SubmodulesReport::of(&differences, &survey.notes()?)),
        Format::Human => {
            differences
                .iter()
                .for_each(|difference| session.printer.note(&one_line(&difference.to_string())));
        }
    }
    let failures = report::failures(outcomes);
    let total = counted(survey.comparison.submodules.len(), "submodule", "submodules");
    match differences.len().saturating_sub(failures.len()) {
        0 => session.printer.note(&format!("{total} as locked")),
        repaired => {
            let repaired = counted(repaired, "difference", "differences");
            session.printer.note(&format!("{total}, {repaired} repaired; {STAGED}"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}

fn check(args: &Args, survey: &Survey<'_>) -> Result<(), Error> {
    let printer = survey.session.printer;
    let (differences, notes) = (&survey.comparison.differences, survey.notes()?);
    match args.format.format {
        Format::Json => printer.json(&SubmodulesReport::of(differences, &notes)),
        Format::Human => {
            differences.iter().for_each(|difference| printer.data_line(difference));
            notes.iter().for_each(|note| printer.note(note));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(Error::Submodules { differences: differences.clone(), is_unpushed: survey.is_unpushed()? })
}
