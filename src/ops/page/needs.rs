//! The requirements of the page.

use std::sync::Arc;

use crate::config::Profile;
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::Lock;
use crate::ops::requirements::{merged, requiring};
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
    let conflicts = merged.conflicts.iter().chain(&merged.warnings).map(conflict);
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
        conflicts: conflicts.chain(problems).collect(),
        system: packages.chain(programs).collect(),
    })
}

fn remark(requirement: &requirements::Requirement) -> Option<String> {
    if requirement.is_override {
        return Some("override".to_owned());
    }
    requirement.flag.map(|flag| flag.to_string())
}

fn conflict(conflict: &requirements::Conflict) -> Conflict {
    let name = &conflict.name;
    let title = match conflict.is_certain {
        true if conflict.lines.len() == 1 => format!("No version satisfies the requirement for `{name}`"),
        true => format!("Requirements for `{name}` exclude each other"),
        false => format!("Requirements for `{name}` exclude each other if their markers apply"),
    };
    let lines = conflict.lines.iter().map(|(line, origin)| (line.clone(), origin.to_string())).collect();
    Conflict { title, lines, hint: conflict.hint() }
}

fn problem(problem: &RequirementProblem) -> Conflict {
    Conflict { title: problem.to_string(), lines: Vec::new(), hint: problem.hint() }
}
