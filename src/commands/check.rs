//! `oca check`: checks the modules of the profile for problems.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check;
use crate::config::Local;
use crate::error::Error;
use crate::fs::slashed;
use crate::git::Superproject;
use crate::json::{CheckReport, code_quality};
use crate::ops::{checked, tell_of_plain_core, warn_of_missing_known, without_init};
use crate::output::{github, render_findings};
use crate::plan::Inventory;
use crate::repo::counted;
use crate::report::{Count, Finding, RULES, Severity};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Look for problems
  oca check
  # Fail on warnings, too
  oca check --strict
  # Annotate the files of a pull request
  oca check --format github
  # Write a report for GitLab
  oca check --format gitlab > gl-code-quality-report.json";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Fail on warnings, too, and check modules that nobody asked for like all others
    #[arg(long)]
    strict: bool,
    /// How to print the findings; `github` annotates files in GitHub workflows, and `gitlab` is a report for GitLab's
    /// Code Quality
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: CheckFormat,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum CheckFormat {
    Human,
    Json,
    Github,
    Gitlab,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    // oca already warns of the others.
    warn_of_missing_known(session, &lock, Local::is_of_presets)?;
    let profiles = session.profiles()?;
    let (mut looked_at, mut blocked) = (BTreeSet::new(), BTreeSet::new());
    let (mut all, mut unused) = (Vec::new(), Vec::new());
    let mut unlisted = BTreeSet::new();
    for profile in &profiles {
        for path in without_init(session, profile)? {
            session.printer.note(&format!("`{path}` has no `__init__.py`, so it is not a module"));
        }
        let (locals, around) = (session.own_directories(profile)?, session.surrounding_modules(profile)?);
        let inventory = Inventory::new(profile, &lock, &locals, &around);
        let checked = checked(session, &inventory, &lock, args.strict)?;
        if checked.is_unlisted {
            unlisted.insert(profile.odoo);
        }
        looked_at.extend(checked.modules);
        blocked.extend(checked.blocked);
        all.push(checked.findings);
        unused.push(checked.unused);
    }
    tell_unused(session, &unused);
    tell_of_plain_core(session);
    for series in unlisted {
        session.printer.note(&format!(
            "oca has no list of the modules of Odoo {series}, so it reports no missing dependency and no module with the name of one of Odoo's; \
             with the directories of an Odoo in `before` of `[addons-path]`, it does"
        ));
    }
    let findings = check::folded(all);
    report(args, session, &findings, looked_at.len(), blocked.len())?;
    let Count { errors, warnings } = Count::of(&findings);
    if errors > 0 || (args.strict && warnings > 0) { Err(Error::Silent) } else { Ok(()) }
}

/// Prints the findings. `blocked` is the number of modules that nobody asked for and that cannot be installed.
fn report(
    args: &Args,
    session: &Session<'_>,
    findings: &[Finding],
    modules: usize,
    blocked: usize,
) -> Result<(), Error> {
    let (file, default) = (session.absolute_config(), session.config.default_profile.as_deref());
    let printer = session.printer;
    let is_shown = |finding: &&Finding| printer.is_verbose() || finding.severity() != Severity::Note;
    let shown: Vec<Finding> = findings.iter().filter(is_shown).cloned().collect();
    match args.format {
        CheckFormat::Human => {
            printer.text(&render_findings(&shown, default, session.global.all_profiles));
        }
        CheckFormat::Json => printer.json(&CheckReport::of(findings, &file, default)),
        CheckFormat::Github => printer.data(&github::annotations(&shown, &file, default)),
        CheckFormat::Gitlab => {
            printer.data(&code_quality(&shown, places(session, &shown, &file)?, default));
        }
    }
    let Count { errors, warnings } = Count::of(findings);
    if blocked > 0 {
        let see = if printer.is_verbose() { "" } else { ": `oca check -v` says why" };
        let of = counted(modules, "module", "modules");
        printer.note(&format!("{blocked} of {of} cannot be installed with this profile{see}"));
    }
    let modules = counted(modules, "module", "modules");
    let errors = counted(errors, "error", "errors");
    printer.note(&format!("{modules}, {errors}, {}", counted(warnings, "warning", "warnings")));
    Ok(())
}

/// The files of the findings, relative to the top of the surrounding repository, or to the directory of `repos.toml` if
/// there is none. A file outside keeps its absolute path.
fn places(
    session: &Session<'_>,
    findings: &[Finding],
    config: &Path,
) -> Result<Vec<(String, Option<usize>)>, Error> {
    let superproject = Superproject::around(session.root())?;
    let place = |finding: &Finding| {
        let (file, line) = finding.spot.file(config);
        let below = match &superproject {
            Some(superproject) => superproject.path_below(file),
            None => file.strip_prefix(session.root()).ok().map(Path::to_owned),
        };
        (below.map_or_else(|| file.to_string_lossy().into_owned(), |below| slashed(&below)), line)
    };
    Ok(findings.iter().map(place).collect())
}

/// Reports words in `ignore` that hide nothing: a code that does not exist is a spelling error; other problems may be
/// solved by now.
fn tell_unused(session: &Session<'_>, unused: &[Vec<String>]) {
    let [first, others @ ..] = unused else { return };
    for word in first.iter().filter(|word| others.iter().all(|other| other.contains(word))) {
        let is_code = word.strip_prefix("OCA").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        if is_code && RULES.iter().all(|rule| rule.code != word) {
            session.printer.warning(&format!("`{word}` in `ignore` of `[check]` is not a check code"));
        } else {
            session.printer.detail(&format!("`{word}` in `ignore` of `[check]` hides nothing"));
        }
    }
}
