//! `[check] ignore`: findings that the user does not want to see.

use std::collections::BTreeSet;

use crate::report::{Finding, InFront, Needer, Problem};

/// Removes the findings with these codes or about these modules. Returns the words that matched nothing.
///
/// A missing module is still reported for the modules that need it and are not ignored. A cycle is not reported if one
/// of its modules is ignored.
pub(crate) fn ignore<'w>(findings: &mut Vec<Finding>, words: &'w [String]) -> Vec<&'w str> {
    let mut used = BTreeSet::new();
    findings.retain_mut(|finding| {
        let mut is_named = |name: &str| {
            let word = words.iter().find(|word| *word == name);
            used.extend(word);
            word.is_some()
        };
        if is_named(finding.problem.rule().code) || finding.module.as_deref().is_some_and(&mut is_named) {
            return false;
        }
        match &mut finding.problem {
            Problem::Missing { needed_by, .. } | Problem::Impossible { needed_by } => {
                needed_by.retain(|Needer { module, .. }| !is_named(module));
                !needed_by.is_empty()
            }
            Problem::Cycle { modules, .. } => !modules.iter().any(|module| is_named(module)),
            Problem::InFront { what: InFront::Hides(modules), .. } => {
                modules.retain(|module| !is_named(module));
                !modules.is_empty()
            }
            Problem::Case { names } => !names.iter().any(|name| is_named(name)),
            _ => true,
        }
    });
    words.iter().filter(|word| !used.contains(word)).map(String::as_str).collect()
}
