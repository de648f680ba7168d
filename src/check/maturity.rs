//! Checks for modules that are more mature than their dependencies (`development_status`).

use super::about;
use crate::plan::{Inventory, Placed, Standing};
use crate::report::{Finding, Problem};

/// The rank of a status, from the least mature. `None` if the word is not a status.
fn rank(status: &str) -> Option<usize> {
    const ASCENDING: [&str; 4] = ["alpha", "beta", "production/stable", "mature"];
    ASCENDING.iter().position(|known| known.eq_ignore_ascii_case(status.trim()))
}

/// Modules that depend on less mature modules. A module that declares no status promises nothing, so it is not
/// reported.
pub(super) fn maturity(inventory: &Inventory<'_>) -> Vec<Finding> {
    let finding = |module: &Placed<'_>| {
        let status = module.manifest.development_status.as_ref()?;
        let own = rank(status)?;
        let less = |name: &String| {
            let Standing::Module(needed) = inventory.standing(name) else { return None };
            let other = needed.manifest.maturity();
            (rank(other)? < own).then(|| (name.clone(), other.to_owned()))
        };
        let on: Vec<_> = module.manifest.depends.iter().filter_map(less).collect();
        if on.is_empty() {
            return None;
        }
        let problem = Problem::Maturity { status: status.clone(), on };
        Some(about(inventory, module, |lines| lines.development_status, problem))
    };
    inventory.given().filter_map(finding).collect()
}
