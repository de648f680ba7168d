//! Checks for requirements that would make pip install modules of Odoo, beside those of the lock.

use std::collections::BTreeSet;

use super::Subject;
use crate::lock::REQUIREMENTS;
use crate::plan::{self, Home};
use crate::report::{Finding, Problem, Spot};
use crate::requirements::{RequiredModule, required_modules};

pub(super) fn modules_from_pip(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let profile = subject.inventory.profile;
    let ignore = &profile.requirements.ignore;
    let finding = |home: &str, spot: &dyn Fn(usize) -> Spot, required: RequiredModule| {
        let RequiredModule { distribution, module, line } = required;
        let is_here = module.as_deref().is_some_and(|module| subject.inventory.first(module).is_some());
        Finding {
            problem: Problem::FromPip { distribution, file: format!("{home}/{REQUIREMENTS}"), line, is_here },
            module,
            repo: Some(home.to_owned()),
            spot: spot(line),
            profiles: vec![profile.name.clone()],
        }
    };
    let mut findings = Vec::new();
    for selected in plan::selected(profile, subject.lock) {
        let (repo, lines) = (selected.repo, &selected.locked.facts.requirements);
        let spot = |_| Spot::Declaration(repo.line);
        let required = required_modules(lines, ignore).into_iter();
        findings.extend(required.map(|required| finding(repo.name.as_str(), &spot, required)));
    }
    let mut seen = BTreeSet::new();
    for module in &subject.inventory.modules {
        let Home::Local(local) = module.home else { continue };
        if seen.insert(&local.name) {
            let spot = |line| Spot::Manifest {
                name: format!("{}/{REQUIREMENTS}", local.name),
                path: local.directory.join(REQUIREMENTS),
                line: Some(line),
            };
            let required = required_modules(&local.requirements, ignore).into_iter();
            findings.extend(required.map(|required| finding(&local.name, &spot, required)));
        }
    }
    findings
}
