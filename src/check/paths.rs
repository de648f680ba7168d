//! Checks for entries of the addons path that are inside another entry: Odoo finds the module of a file by its entry.

use super::{PathEntry, Subject};
use crate::report::{Finding, Problem, Spot};

/// One finding for each entry that has others inside.
pub(super) fn nested(subject: &Subject<'_, '_>) -> Vec<Finding> {
    let outer = |inner: &PathEntry| {
        let around = subject
            .entries
            .iter()
            .filter(|outer| outer.path != inner.path && inner.path.starts_with(&outer.path));
        around.max_by_key(|outer| outer.path.components().count())
    };
    let mut nested: Vec<(&PathEntry, Vec<&PathEntry>)> = Vec::new();
    for inner in subject.entries {
        let Some(outer) = outer(inner) else { continue };
        match nested.iter_mut().find(|(other, _)| other.path == outer.path) {
            Some((_, inners)) => inners.push(inner),
            None => nested.push((outer, vec![inner])),
        }
    }
    let finding = |(outer, inners): (&PathEntry, Vec<&PathEntry>)| {
        // The one that should move.
        let mover = if let [inner] = inners[..] { inner } else { outer };
        let inner = inners.iter().map(|inner| inner.name.clone()).collect();
        Finding {
            problem: Problem::Nested { inner, outer: outer.name.clone() },
            module: None,
            repo: Some(mover.name.clone()),
            spot: Spot::Declaration(mover.line),
            profiles: vec![subject.inventory.profile.name.clone()],
        }
    };
    nested.into_iter().map(finding).collect()
}
