//! Checks for entries of the addons path that are inside another entry: Odoo finds the module of a file by its entry.

use super::{PathEntry, Subject};
use crate::report::{Finding, Problem, Spot};

pub(super) fn nested(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let profiles = || vec![subject.inventory.profile.name.clone()];
    let finding = |inner: &PathEntry| {
        let around = subject
            .entries
            .iter()
            .filter(|outer| outer.path != inner.path && inner.path.starts_with(&outer.path));
        let outer = around.max_by_key(|outer| outer.path.components().count())?;
        Some(Finding {
            problem: Problem::Nested { inner: inner.name.clone(), outer: outer.name.clone() },
            module: None,
            repo: Some(inner.name.clone()),
            spot: Spot::Declaration(inner.line),
            profiles: profiles(),
        })
    };
    subject.entries.iter().filter_map(finding).collect()
}
