//! The requirements of the page.

use std::sync::Arc;

use crate::config::Profile;
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::Lock;
use crate::ops::requirements::{hint_of_possible, merged, requiring};
use crate::page::{Conflict, Requirement, SystemNeed};
use crate::requirements::{self, Need, RequirementProblem, system};
use crate::session::Session;

pub(super) struct Needs {
    pub(super) python: Vec<Requirement>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) system: Vec<SystemNeed>,
}

/// What the modules of a profile need beside Odoo, and who asks for it.
pub(super) fn needs(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    locals: &[Arc<LocalModules>],
) -> Result<Needs, Error> {
    let merged = merged(session, profile, lock)?;
    let of_system = system(&requiring(profile, lock, locals), &profile.requirements.ignore);
    let python = merged.requirements.iter().map(|requirement| Requirement {
        line: requirement.shown(),
        remark: remark(requirement),
        origins: requirement.origins.iter().map(ToString::to_string).collect(),
    });
    let certain = merged.conflicts.iter().map(|found| conflict(found, found.hint()));
    let possible = merged.warnings.iter().map(|found| conflict(found, hint_of_possible(profile, found)));
    let problems = merged.problems.iter().chain(&of_system.problems).map(problem);
    let need = |need: &Need, is_program| SystemNeed {
        name: need.name.clone(),
        is_program,
        origins: need.origins.iter().map(ToString::to_string).collect(),
    };
    let packages = of_system.packages.iter().map(|package| need(package, false));
    let programs = of_system.programs.iter().map(|program| need(program, true));
    Ok(Needs {
        python: python.collect(),
        conflicts: certain.chain(possible).chain(problems).collect(),
        system: packages.chain(programs).collect(),
    })
}

fn remark(requirement: &requirements::Requirement) -> Option<String> {
    if requirement.is_override {
        return Some("override".to_owned());
    }
    requirement.flag.map(|flag| flag.to_string())
}

fn conflict(conflict: &requirements::Conflict, hint: String) -> Conflict {
    let lines = conflict.lines.iter().map(|(line, origin)| (line.clone(), origin.to_string()));
    Conflict { title: conflict.title(), lines: lines.collect(), hint }
}

fn problem(problem: &RequirementProblem) -> Conflict {
    Conflict { title: problem.to_string(), lines: Vec::new(), hint: problem.hint() }
}
