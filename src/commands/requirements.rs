//! `oca requirements`: what the modules of the profile need of Python, merged.

use std::path::{Path, PathBuf};

use crate::cli::{Format, FormatArg};
use crate::error::Error;
use crate::facts::LocalModules;
use crate::fs::{read_if_there, write_if_changed};
use crate::lock::Lock;
use crate::output::json;
use crate::plan;
use crate::requirements::{
    Annotations, Parsed, Problem, Python, Settings, merge, parse_file, parse_manifest, render,
};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Fail where the file is not what would be written
    #[arg(long, requires = "output")]
    check: bool,
    /// The Python whose markers count [default: `python` in `[requirements]`]
    #[arg(long, value_name = "VERSION")]
    python_version: Option<String>,
    /// Leave out who asks for what
    #[arg(long)]
    no_annotate: bool,
    #[command(flatten)]
    format: FormatArg,
}

impl Args {
    /// What to type to have the file written.
    fn command_line(&self, session: &Session<'_>, file: &Path) -> String {
        let mut line = session.command_line("requirements");
        line.extend(self.python_version.iter().map(|version| format!(" --python-version {version}")));
        line.push_str(if self.no_annotate { " --no-annotate" } else { "" });
        format!("{line} -o {}", file.display())
    }
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let python = args.python_version.as_ref().or(profile.requirements.python.as_ref());
    let python = python.map(|word| Python::parse(word)).transpose();
    let settings = Settings {
        python: python.map_err(|invalid| Error::BadName { invalid })?,
        ignore: profile.requirements.ignore.clone(),
    };
    let merged = merge(&sources(session, &lock)?, &constraints(session)?, &settings);
    for conflict in &merged.warnings {
        session.printer.warning(&conflict.to_string());
    }
    let (harmless, problems): (Vec<_>, Vec<_>) =
        merged.problems.iter().cloned().partition(Problem::is_harmless);
    harmless.iter().for_each(|problem| session.printer.detail(&problem.to_string()));
    if let Format::Json = args.format.format {
        session.printer.data(&json::requirements(&merged));
    }
    if !merged.conflicts.is_empty() || !problems.is_empty() {
        return Err(Error::Conflicts { conflicts: merged.conflicts, problems });
    }
    let annotations = if args.no_annotate { Annotations::Hidden } else { Annotations::Shown };
    let text = render(&merged.requirements, annotations);
    match (&args.output, args.format.format) {
        (Some(file), _) if args.check => {
            let found = read_if_there(file)?;
            if found.as_deref() == Some(text.as_bytes()) {
                return Ok(());
            }
            let there = found.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let differences = differences(there.as_deref(), &text);
            Err(Error::Differs { file: file.clone(), differences, command: args.command_line(session, file) })
        }
        (Some(file), _) => {
            write_if_changed(file, text.as_bytes())?;
            Ok(())
        }
        (None, Format::Human) => {
            session.printer.data(&text);
            Ok(())
        }
        (None, Format::Json) => Ok(()),
    }
}

/// The requirements that only one of the two has; where they are in both, what is around them differs.
fn differences(found: Option<&str>, wanted: &str) -> Vec<String> {
    let Some(found) = found else { return vec!["there is no such file".to_owned()] };
    let lines = |text: &'_ str| -> Vec<String> {
        let lines =
            text.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        lines.map(str::to_owned).collect()
    };
    let (found, wanted) = (lines(found), lines(wanted));
    let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| format!("+ {line}"));
    let extra = found.iter().filter(|line| !wanted.contains(line)).map(|line| format!("- {line}"));
    let differences: Vec<String> = missing.chain(extra).collect();
    if differences.is_empty() {
        vec!["only its comments or its order differ".to_owned()]
    } else {
        differences
    }
}

/// The lines of each repository and of each own directory, and what the manifests ask for.
fn sources(session: &Session<'_>, lock: &Lock) -> Result<Parsed, Error> {
    let profile = session.profile()?;
    let mut parts = Vec::new();
    for selected in plan::selected(profile, lock) {
        let (name, facts) = (&selected.repo.name, &selected.locked.facts);
        parts.push(parse_file(&format!("{name}/requirements.txt"), &facts.requirements));
        for module in &selected.modules {
            parts.push(parse_manifest(
                &format!("{name}/{}/__manifest__.py", module.path()),
                &module.manifest.python,
            ));
        }
    }
    for LocalModules { name, requirements, survey, .. } in session.local_modules(profile)? {
        parts.push(parse_file(&format!("{name}/requirements.txt"), &requirements));
        for module in &survey.modules {
            parts.push(parse_manifest(&format!("{name}/{}", module.manifest_path), &module.manifest.python));
        }
    }
    Ok(Parsed::concat(parts))
}

fn constraints(session: &Session<'_>) -> Result<Parsed, Error> {
    let mut parts = Vec::new();
    for template in &session.profile()?.requirements.constraints {
        let (shown, file) = session.constraint(template)?;
        let missing =
            || Error::NoConstraints { file: shown.clone().into(), config: session.config.file.clone() };
        let text = read_if_there(&file)?.ok_or_else(missing)?;
        let text = String::from_utf8_lossy(&text);
        parts.push(parse_file(&shown, &text.lines().collect::<Vec<_>>()));
    }
    Ok(Parsed::concat(parts))
}
