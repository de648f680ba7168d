//! `oca requirements`: merges the Python requirements of the profile's modules.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::ValueHint;

use crate::config::Profile;
use crate::error::Error;
use crate::flags::{Destination, Format, FormatArg};
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
    /// Write to this file instead of stdout; `-` is stdout
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<Destination>,
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
    /// The file to write. `None` is stdout.
    fn file(&self) -> Option<&Path> {
        self.output.as_ref().and_then(Destination::path)
    }

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
    if args.system {
        let needs = system(&repositories, &profile.requirements.ignore);
        let written = Written::of(args, needs.render(annotations))?;
        report_needs(args, session, &needs, &written)?;
        written.deliver(args, session)
    } else {
        let odoo = requirements_of_odoo(args, session, profile, &lock)?;
        let merged = merged(args, session, &repositories, odoo)?;
        let written = Written::of(args, render(&merged.requirements, annotations))?;
        report_merged(args, session, &merged, &written)?;
        written.deliver(args, session)
    }
}

/// The text that is written, and how the file differs from it, with `--check`.
struct Written {
    text: String,
    checked: Option<Checked>,
}

struct Checked {
    file: PathBuf,
    /// Empty if the file is up to date.
    differences: Vec<String>,
}

impl Written {
    /// Reads the file if it has to be compared.
    fn of(args: &Args, text: String) -> Result<Self, Error> {
        if !args.check {
            return Ok(Self { text, checked: None });
        }
        if args.file().is_none() && args.system {
            return Err(Error::NothingToCheck);
        }
        let file = args.file().unwrap_or(Path::new("requirements.txt")).to_owned();
        let found = read_given(&file)?;
        let differences = if found.as_ref().is_some_and(|found| is_text_of(&text, found)) {
            Vec::new()
        } else {
            let there = found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            differences(there.as_deref(), &text)
        };
        Ok(Self { text, checked: Some(Checked { file, differences }) })
    }

    /// The differences, if the file was compared.
    fn differences(&self) -> Option<&[String]> {
        self.checked.as_ref().map(|checked| checked.differences.as_slice())
    }

    /// Prints the text or writes it to the file. If the file was compared and differs, this fails.
    fn deliver(self, args: &Args, session: &Session<'_>) -> Result<(), Error> {
        match (self.checked, args.file(), args.format.format) {
            (Some(Checked { differences, .. }), _, _) if differences.is_empty() => Ok(()),
            (Some(Checked { file, differences }), _, _) => {
                let command = args.command_line(session, &file);
                Err(Error::Differs { file, differences, command })
            }
            (None, Some(file), _) => Ok(write_out(file, self.text.as_bytes())?),
            (None, None, Format::Human) => {
                session.printer.data(&self.text);
                Ok(())
            }
            (None, None, Format::Json) => Ok(()),
        }
    }
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
fn report_merged(
    args: &Args,
    session: &Session<'_>,
    merged: &Merged,
    written: &Written,
) -> Result<(), Error> {
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
    let is_merged = merged.conflicts.is_empty() && merged.problems.is_empty();
    if let Format::Json = args.format.format {
        let differences = written.differences().filter(|_| is_merged);
        printer.json(&RequirementsReport::of(merged, differences));
    }
    if is_merged {
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

fn report_needs(args: &Args, session: &Session<'_>, needs: &System, written: &Written) -> Result<(), Error> {
    tell(session, &needs.notes);
    if let Format::Json = args.format.format {
        let differences = written.differences().filter(|_| needs.problems.is_empty());
        session.printer.json(&SystemReport::of(needs, differences));
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
