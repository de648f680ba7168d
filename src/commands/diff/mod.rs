//! `oca diff`: what changed between two locks.

mod deep;
mod installed;
mod log;
mod own;
mod side;
mod update;

use std::path::{Path, PathBuf};

use clap::ValueHint;

use side::{Sides, read, read_new};

use crate::config;
use crate::diff::deep::Deep;
use crate::diff::{Changelogs, LockDiff, Step, diffs};
use crate::error::{DiffError, Error};
use crate::flags::{Destination, Global};
use crate::fs::write_out;
use crate::json::{DiffReport, Versioned};
use crate::lock;
use crate::output::{Limit, MOST, Printer, Table, human, human_deep, markdown, summary, summary_deep};
use crate::repo::counted;
use crate::session::{Session, named_profile};

const EXAMPLES: &str = r#"Examples:
  # Show what you changed since the last commit
  oca diff
  # Describe a branch for its pull request
  oca diff main --format markdown -o changes.md
  # Update the modules that a deployment changes
  odoo-bin -u "$(oca diff HEAD~1 --format update)""#;

#[derive(clap::Args, Debug)]
#[command(
    override_usage = "oca diff [OPTIONS] [OLD [NEW]]\n       oca diff [OPTIONS] OLD..NEW",
    after_long_help = EXAMPLES
)]
pub(crate) struct Args {
    /// The lock to compare with: a revision of git, such as `main` or `HEAD~1`, a file, or `-` for stdin [default: HEAD]
    #[arg(value_name = "OLD")]
    old: Option<String>,
    /// The lock that is compared [default: the file in the project]
    #[arg(value_name = "NEW")]
    new: Option<String>,
    /// How to print the report; `markdown` is the text of a pull request, of at most 65,536 characters, and `update` the
    /// modules for `odoo-bin -u`
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: DiffFormat,
    /// Write the whole report to this file, or to stdout if it is `-`
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<Destination>,
    /// Ask the servers for the merged requests and for the news of the modules, as far as they are not in the cache
    #[arg(long)]
    log: bool,
    /// With `--format update`: what `click-odoo-update` would update in a database. FILE says what the database has
    /// installed; `-` is stdin
    #[arg(long, value_name = "FILE")]
    installed: Option<PathBuf>,
    /// With `--installed`: the database runs on checkouts of `oca sync`, not on an export
    #[arg(long, requires = "installed")]
    checkouts: bool,
    /// Read the sources of the modules that changed, and of those that use them: what is gone and still used, and which
    /// migration scripts will run
    #[arg(long)]
    deep: bool,
    /// Exit with code 1 if something changed
    #[arg(long)]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum DiffFormat {
    Human,
    Json,
    Markdown,
    Update,
}

impl Args {
    /// The file to write. `None` is stdout.
    fn file(&self) -> Option<&Path> {
        self.output.as_ref().and_then(Destination::path)
    }
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    if args.deep && args.format == DiffFormat::Update {
        return Err(DiffError::DeepUpdate.into());
    }
    if args.log && args.format == DiffFormat::Update {
        return Err(DiffError::LogOfUpdate.into());
    }
    refuse_own_file(args)?;
    let sides = Sides::of(args.old.as_deref(), args.new.as_deref())?;
    if let Some(installed) = &args.installed {
        if args.format != DiffFormat::Update {
            return Err(DiffError::InstalledAlone.into());
        }
        let is_stdin = installed.as_path() == Path::new("-");
        if is_stdin && sides.take_stdin() {
            return Err(DiffError::StdinTwice { what: "a lock and the database" }.into());
        }
        let installed =
            installed::Request { file: (!is_stdin).then_some(installed), checkouts: args.checkouts };
        let update = installed.update(&read_new(&sides, global)?, &Session::open(global, printer)?)?;
        deliver(args, &update::list(&update.names), printer)?;
        printer.note(&update.summary());
        return if args.exit_code && !update.names.is_empty() { Err(Error::Silent) } else { Ok(()) };
    }
    let read = read(&sides, global)?;
    let locks = Step { from: &read.from.lock, to: &read.to.lock };
    let profile = if global.all_profiles { None } else { named_profile(global) };
    if let Some(profile) = &profile
        && ![locks.from, locks.to].iter().any(|lock| lock.profiles.contains_key(profile))
    {
        return Err(DiffError::NoProfile { profile: profile.clone() }.into());
    }
    let mut diffs = diffs(locks.from, locks.to, profile.as_deref());
    let mut failures = Vec::new();
    let is_changed = if args.format == DiffFormat::Update {
        let names = update::names(&read, &diffs, &Session::open(global, printer)?)?;
        deliver(args, &update::list(&names), printer)?;
        printer.note(&format!("{} to update", counted(names.len(), "module", "modules")));
        !names.is_empty()
    } else {
        diffs.retain(|diff| !diff.is_empty());
        let changelogs = log::changelogs(args.log, &read, &diffs, global, printer)?;
        let deeps = if args.deep && !diffs.is_empty() {
            let (deeps, failed) = deep::deeps(&read, &diffs, &Session::open(global, printer)?)?;
            failures = failed;
            deeps
        } else {
            Vec::new()
        };
        report(args, &Report { diffs: &diffs, changelogs: &changelogs, deeps: &deeps }, printer)?;
        !diffs.is_empty()
    };
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    if args.exit_code && is_changed { Err(Error::Silent) } else { Ok(()) }
}

/// What changed, and what is known about it.
struct Report<'r, 'l> {
    diffs: &'r [LockDiff<'l>],
    changelogs: &'r Changelogs<'l>,
    /// What each difference means, or nothing.
    deeps: &'r [Deep],
}

impl Report<'_, '_> {
    /// The differences, each with what it means.
    fn tables(&self) -> impl Iterator<Item = Table> {
        let deeps = self.deeps.iter().map(human_deep).map(Some).chain(std::iter::repeat_with(|| None));
        let of_both = self.diffs.iter().map(|diff| human(diff, self.changelogs)).zip(deeps);
        of_both.flat_map(|(diff, deep)| std::iter::once(diff).chain(deep))
    }
}

/// Prints the report, or writes it to the file.
fn report(args: &Args, report: &Report<'_, '_>, printer: &Printer) -> Result<(), Error> {
    let Report { diffs, changelogs, deeps } = report;
    match args.format {
        DiffFormat::Json => {
            return deliver(
                args,
                &Versioned::new(DiffReport::of(diffs, changelogs, deeps)).render(),
                printer,
            );
        }
        DiffFormat::Markdown => {
            let whole = "oca diff --format markdown -o FILE";
            let limit = args.output.is_none().then_some(Limit { most: MOST, whole });
            deliver(args, &markdown(diffs, changelogs, deeps, limit), printer)?;
        }
        // Only on stdout, rows fit the width of a terminal.
        _ if args.file().is_none() => report.tables().for_each(|table| printer.table(&table)),
        _ => {
            let text: String = report.tables().map(|table| table.plain()).collect();
            deliver(args, &text, printer)?;
        }
    }
    tell(diffs, printer);
    deeps.iter().for_each(|deep| printer.note(&summary_deep(deep)));
    Ok(())
}

/// Fails if the report would overwrite a file that is read.
fn refuse_own_file(args: &Args) -> Result<(), Error> {
    const READ: [&str; 3] = [lock::FILE_NAME, config::FILE_NAME, "repos.local.toml"];
    let Some(file) = args.file() else { return Ok(()) };
    let is_own = file.file_name().is_some_and(|name| READ.iter().any(|read| name == *read));
    let mut compared = [&args.old, &args.new].into_iter().flatten();
    if is_own || compared.any(|word| file == Path::new(word)) {
        return Err(DiffError::OverInput { file: file.to_owned() }.into());
    }
    Ok(())
}

/// Prints a text, or writes it to the file.
fn deliver(args: &Args, text: &str, printer: &Printer) -> Result<(), Error> {
    match args.file() {
        Some(file) => write_out(file, text.as_bytes())?,
        None => printer.data(text),
    }
    Ok(())
}

fn tell(diffs: &[LockDiff<'_>], printer: &Printer) {
    match diffs {
        [] => printer.note("nothing changed"),
        [diff] => printer.note(&summary(diff)),
        diffs => diffs.iter().for_each(|diff| {
            printer.note(&format!("Odoo {}: {}", diff.series.to, summary(diff)));
        }),
    }
}
