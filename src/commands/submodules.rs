//! `oca submodules`: makes `.gitmodules` and the gitlinks in the index what the lock says. `sync` and `lock --check`
//! go by the same comparison.

use crate::config::Mode;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::SubmodulesReport;
use crate::ops::submodules::{How, STAGED, Survey};
use crate::repo::counted;
use crate::report;
use crate::session::Session;

/// Make .gitmodules and the gitlinks in the index what the lock says
///
/// For `mode = "submodule"`. Every repository of every profile gets an entry in .gitmodules (path, url, branch,
/// `shallow = true`) and a gitlink at its locked commit. What was left behind is repaired: gitlinks without an entry,
/// entries without a gitlink, second entries, submodules at another path (they move, with their work trees), and
/// submodules among the checkouts that no profile declares (they go, their git directories stay below .git/modules).
/// Submodules elsewhere, comments and keys of your own stay as they are.
///
/// Everything is staged and nothing committed: see it with `git diff --cached --submodule`. Nothing is fetched: `oca
/// sync` does all of this too, and checks the submodules of the profile out.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only say what differs, each difference on its own line; exit code 1 where something does
    #[arg(long)]
    check: bool,
    /// Remove submodules that nobody declares also where somebody works in them
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
    survey.relocate()?;
    let mut outcomes = survey.collisions();
    outcomes.extend(survey.settle(How { force: args.force, ..How::default() })?);
    match args.format.format {
        Format::Json => session.printer.json(&SubmodulesReport::of(&differences, &survey.notes()?)),
        Format::Human => {
            differences.iter().for_each(|difference| session.printer.note(&difference.to_string()));
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
            differences.iter().for_each(|difference| printer.data(&format!("{difference}\n")));
            notes.iter().for_each(|note| printer.note(note));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Error::Submodules { differences: differences.clone() }) }
}
