//! `oca requirements`: merges the Python requirements of the profile's modules.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::Profile;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::fs::{read_given, write_out};
use crate::json::{RequirementsReport, SystemReport};
use crate::lock::Lock;
use crate::ops::{constraints, hint_of_markers, merging, of_odoo, requiring};
use crate::repo::{Series, counted, is_text_of};
use crate::requirements::{
    Annotations, Flag, Merged, Note, Parsed, Python, Repository, Requirement, System, merge, render, system,
};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Write the requirements of all modules
  oca requirements -o requirements.txt
  # In CI: fail if the file is out of date
  oca requirements --check -o requirements.txt
  # List the Debian packages that the modules need
  oca requirements --system --no-annotate";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Fail if the file of `-o`, or else requirements.txt, differs from what would be written
    #[arg(long)]
    check: bool,
    /// The Python version for markers [default: `python` in `[requirements]`]
    #[arg(long, value_name = "VERSION")]
    python_version: Option<String>,
    /// Leave out the comments that say where a line comes from
    #[arg(long)]
    no_annotate: bool,
    /// Write the requirements of Odoo itself, too: those of `[core]`
    #[arg(long, conflicts_with = "system")]
    core: bool,
    /// List Debian packages and programs instead; with `--no-annotate`, only package names
    #[arg(long, conflicts_with = "python_version")]
    system: bool,
    #[command(flatten)]
    format: FormatArg,
}

impl Args {
    /// The command that writes the file.
    fn command_line(&self, session: &Session<'_>, file: &Path) -> String {
        let mut line = session.command_line("requirements");
        line.extend(self.python_version.iter().map(|version| format!(" --python-version {version}")));
        line.push_str(if self.core { " --core" } else { "" });
        line.push_str(if self.system { " --system" } else { "" });
        line.push_str(if self.no_annotate { " --no-annotate" } else { "" });
        format!("{line} -o {}", file.display())
    }
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let locals = session.local_modules(profile)?;
    let repositories = requiring(profile, &lock, &locals);
    let annotations = if args.no_annotate { Annotations::Hidden } else { Annotations::Shown };
    let text = if args.system {
        let needs = system(&repositories, &profile.requirements.ignore);
        report_needs(args, session, &needs)?;
        needs.render(annotations)
    } else {
        let odoo = requirements_of_odoo(args, session, profile, &lock)?;
        let merged = merged(args, session, &repositories, odoo)?;
        report_merged(args, session, &merged)?;
        render(&merged.requirements, annotations)
    };
    deliver(args, session, &text)
}

/// The lines of Odoo itself. If `--core` asks for them and there are none, it fails or warns.
fn requirements_of_odoo(
    args: &Args,
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
) -> Result<Parsed, Error> {
    if args.core && (profile.core.is_empty() || !profile.requirements.core) {
        let is_declared = !profile.core.is_empty();
        return Err(Error::NoCoreRequirements { profile: profile.name.clone(), is_declared });
    }
    let odoo = of_odoo(profile, lock);
    if args.core && odoo.is_empty() {
        session.printer.warning("the locked Odoo has no `requirements.txt` with requirements");
    }
    Ok(odoo)
}

/// Merges the requirements. Those of Odoo itself are constraints, or are required with `--core`.
fn merged(
    args: &Args,
    session: &Session<'_>,
    repositories: &[Repository<'_>],
    odoo: Parsed,
) -> Result<Merged, Error> {
    let profile = session.profile()?;
    let declared = &profile.requirements;
    let python = match args.python_version.as_ref().or(declared.python.as_ref()) {
        Some(word) => {
            let python = Python::parse(word, declared.platform);
            let python = python.map_err(|invalid| Error::BadName { invalid })?;
            warn_of_python(session, profile.odoo, word);
            Some(python)
        }
        None => None,
    };
    let required = repositories.iter().map(Repository::read);
    let constraints = constraints(session, profile)?;
    let (required, constraints) = if args.core {
        (Parsed::concat(required.chain([odoo])), constraints)
    } else {
        (Parsed::concat(required), Parsed::concat([constraints, odoo]))
    };
    Ok(merge(&required, &constraints, &merging(session, profile, python)))
}

/// Warns of a Python that Odoo does not support: its markers are not those of the image.
fn warn_of_python(session: &Session<'_>, odoo: Series, word: &str) {
    let [lowest, .., highest] = odoo.pythons() else { return };
    let is_supported = |version: &&str| {
        word.strip_prefix(*version).is_some_and(|patch| patch.is_empty() || patch.starts_with('.'))
    };
    if !odoo.pythons().iter().any(is_supported) {
        let range = format!("Odoo {odoo} supports Python {lowest} to {highest}");
        session.printer.warning(&format!("{range}, and the requirements are for Python {word}"));
        session.printer.hint("correct `python` in `[requirements]`, or `--python-version`");
    }
}

/// Prints notes and warnings, and fails if requirements cannot be merged.
fn report_merged(args: &Args, session: &Session<'_>, merged: &Merged) -> Result<(), Error> {
    let printer = session.printer;
    for conflict in &merged.warnings {
        printer.warning(&conflict.to_string());
    }
    if !merged.warnings.is_empty() {
        let hint = hint_of_markers(session.profile()?, args.python_version.as_ref());
        hint.into_iter().for_each(|hint| printer.hint(hint));
    }
    tell(session, &merged.notes);
    detail_marked(session, merged, "override", |requirement| requirement.is_override);
    for flag in [Flag::ExactPin, Flag::DirectReference] {
        detail_marked(session, merged, &flag.to_string(), |requirement| requirement.flag == Some(flag));
    }
    if let Format::Json = args.format.format {
        printer.json(&RequirementsReport::of(merged));
    }
    if merged.conflicts.is_empty() && merged.problems.is_empty() {
        return Ok(());
    }
    Err(Error::Conflicts { conflicts: merged.conflicts.clone(), problems: merged.problems.clone() })
}

/// Prints how many requirements have a mark, and which, with `--verbose`.
fn detail_marked(session: &Session<'_>, merged: &Merged, mark: &str, has: impl Fn(&Requirement) -> bool) {
    let marked = merged.requirements.iter().filter(|requirement| has(requirement));
    let lines: Vec<String> = marked.map(Requirement::shown).collect();
    if !lines.is_empty() {
        let count = counted(lines.len(), mark, &format!("{mark}s"));
        session.printer.detail(&format!("{count}: {}", lines.join(", ")));
    }
}

fn report_needs(args: &Args, session: &Session<'_>, needs: &System) -> Result<(), Error> {
    tell(session, &needs.notes);
    if let Format::Json = args.format.format {
        session.printer.json(&SystemReport::of(needs));
    }
    if !needs.problems.is_empty() {
        return Err(Error::Conflicts { conflicts: Vec::new(), problems: needs.problems.clone() });
    }
    if args.no_annotate && !needs.programs.is_empty() {
        let names: Vec<&str> = needs.programs.iter().map(|need| need.name.as_str()).collect();
        session.printer.note(&format!("these programs must also be installed: {}", names.join(", ")));
    }
    Ok(())
}

/// Prints what needs a decision as a warning; the rest only with `--verbose`.
fn tell(session: &Session<'_>, notes: &[Note]) {
    for note in notes {
        if let Some(hint) = note.hint() {
            session.printer.warning(&note.to_string());
            session.printer.hint(&hint);
        } else if note.is_important() {
            session.printer.note(&note.to_string());
        } else {
            session.printer.detail(&note.to_string());
        }
    }
}

/// Prints the text, writes it to the file, or compares it with the file.
fn deliver(args: &Args, session: &Session<'_>, text: &str) -> Result<(), Error> {
    match (&args.output, args.format.format) {
        (None, _) if args.check && args.system => Err(Error::NothingToCheck),
        (output, _) if args.check => {
            let file = output.as_deref().unwrap_or(Path::new("requirements.txt"));
            let found = read_given(file)?;
            if found.as_ref().is_some_and(|found| is_text_of(text, found)) {
                return Ok(());
            }
            let there = found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let (differences, command) =
                (differences(there.as_deref(), text), args.command_line(session, file));
            Err(Error::Differs { file: file.to_owned(), differences, command })
        }
        (Some(file), _) => Ok(write_out(file, text.as_bytes())?),
        (None, Format::Human) => {
            session.printer.data(text);
            Ok(())
        }
        (None, Format::Json) => Ok(()),
    }
}

/// The requirements that only one of the two texts has. If there are none, only comments or order differ.
fn differences(found: Option<&str>, wanted: &str) -> Vec<String> {
    let Some(found) = found else { return vec!["there is no such file".to_owned()] };
    let lines = |text: &'_ str| -> Vec<String> {
        let lines =
            text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        lines.map(str::to_owned).collect()
    };
    let (found, wanted) = (lines(found), lines(wanted));
    let only_in = |lines: &[String], others: &[String], sign| -> Vec<String> {
        let others: HashSet<&String> = others.iter().collect();
        lines.iter().filter(|line| !others.contains(line)).map(|line| format!("{sign} {line}")).collect()
    };
    let differences = [only_in(&wanted, &found, '+'), only_in(&found, &wanted, '-')].concat();
    if differences.is_empty() {
        vec!["only its comments or its order differ".to_owned()]
    } else {
        differences
    }
}
