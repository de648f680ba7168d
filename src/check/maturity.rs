//! Modules that promise more than what they depend on (`development_status`).

use super::about;
use crate::plan::{Inventory, Placed, Standing};
use crate::report::{Finding, Problem};

/// How mature a status is; Odoo's own modules are more so than any. `None` for a word that is no status.
fn rank(status: &str) -> Option<usize> {
    const ASCENDING: [&str; 4] = ["alpha", "beta", "production/stable", "mature"];
    ASCENDING.iter().position(|known| known.eq_ignore_ascii_case(status.trim()))
}

/// What OCA takes a module for that declares no status.
const DEFAULT: &str = "Beta";

/// Modules that depend on less mature ones. A module that declares no status promises nothing, and so breaks no promise.
pub(super) fn maturity(inventory: &Inventory<'_>) -> Vec<Finding> {
    let finding = |module: &Placed<'_>| {
        let status = module.manifest.development_status.as_ref()?;
        let own = rank(status)?;
        let less = |name: &String| {
            let Standing::Module(needed) = inventory.standing(name) else { return None };
            let other = needed.manifest.development_status.as_deref().unwrap_or(DEFAULT);
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
