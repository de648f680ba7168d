//! What is wrong with a lock: the errors of `oca check`, and requirements that conflict.

use crate::check::{self, Subject};
use crate::error::Error;
use crate::lock::Lock;
use crate::ops::lacking::known;
use crate::ops::requirements::conflicts;
use crate::plan::Inventory;
use crate::report::{Needer, Problem as CheckProblem, Severity, WhyHeld};
use crate::session::Session;

/// One thing that is wrong.
pub(super) struct Problem {
    /// Equal in two locks if the same thing is wrong in both.
    key: String,
    /// The repository in which it is.
    pub(super) repo: Option<String>,
    pub(super) why: WhyHeld,
}

impl Problem {
    pub(super) fn is_in(&self, known: &[Self]) -> bool {
        known.iter().any(|other| other.key == self.key)
    }
}

/// What is wrong with the modules of all profiles. The modules of `old` count like modules that somebody asked for: whoever
/// has installed one of them does not want to lose it.
pub(super) fn problems(session: &Session<'_>, old: &Lock, lock: &Lock) -> Result<Vec<Problem>, Error> {
    let mut problems = Vec::new();
    for profile in &session.config.profiles {
        let (locals, around) = (session.set_directories(profile)?, session.surrounding_modules(profile)?);
        let before = Inventory::new(profile, old, &locals, &around);
        let inventory = Inventory::new(profile, lock, &locals, &around);
        let had = inventory.given().filter(|module| before.first(module.name).is_some());
        let mut wanted = inventory.with_needs(had.collect());
        wanted.extend(inventory.wanted());
        let known = known(session, profile.odoo);
        let subject = Subject { inventory: &inventory, lock, entries: &[], wanted: &wanted, known: &known };
        let mut findings = check::findings(&subject);
        check::ignore(&mut findings, &profile.check.ignore);
        for finding in findings.into_iter().filter(|finding| finding.severity() == Severity::Error) {
            let code = finding.problem.rule().code;
            let why = WhyHeld::Finding { code, text: finding.to_string() };
            let key = format!("{}\n{}", profile.name, finding.identity());
            // One module more that needs a missing one is one problem more.
            let needers = match &finding.problem {
                CheckProblem::Missing { needed_by, .. } => needed_by.as_slice(),
                _ => &[],
            };
            for Needer { module, repo, .. } in needers {
                let (key, repo) = (format!("{key}\n{module}"), Some(repo.clone()));
                problems.push(Problem { key, repo, why: why.clone() });
            }
            if needers.is_empty() {
                problems.push(Problem { key, repo: finding.repo, why });
            }
        }
        for conflict in conflicts(session, profile, lock)? {
            let texts: Vec<&str> = conflict.lines.iter().map(|(text, _)| text.as_str()).collect();
            let key = [&[profile.name.as_str()], &texts[..]].concat().join("\n");
            let lines = conflict.lines.iter().map(|(text, origin)| format!("`{text}` ({origin})")).collect();
            problems.push(Problem { key, repo: None, why: WhyHeld::Conflict { name: conflict.name, lines } });
        }
    }
    Ok(problems)
}
