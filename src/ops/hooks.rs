//! Hooks of pre-commit, which would change the steps of the lock.

use std::path::Path;

use super::Updated;
use crate::fs::read_if_there;
use crate::lock::{Lock, STEPS};
use crate::session::Session;

const FILE: &str = ".pre-commit-config.yaml";

/// If the lock has its first steps and the project has hooks that do not leave them alone, says what to exclude.
pub(crate) fn tell_of_hooks(session: &Session<'_>, updated: &Updated) {
    let has_steps = |lock: &Lock| lock.repos.iter().any(|repo| repo.steps().next().is_some());
    if !has_steps(&updated.lock) || updated.old.as_ref().is_some_and(has_steps) {
        return;
    }
    let root = session.root();
    // Hooks see paths from the top of the repository.
    let top = root.ancestors().find(|above| above.join(".git").exists()).unwrap_or(root);
    let Ok(Some(text)) = read_if_there(&top.join(FILE)) else { return };
    let text = String::from_utf8_lossy(&text);
    let pattern = STEPS.replace('.', r"\.");
    if !text.contains(&pattern) {
        let below = root.strip_prefix(top).unwrap_or(Path::new(""));
        let below: String = below.iter().map(|part| format!("{}/", part.to_string_lossy())).collect();
        session.printer.note(&format!(
            "write `exclude: ^{}{pattern}/` into `{FILE}`, so that no hook changes the steps of the lock",
            below.replace('.', r"\.")
        ));
    }
}
