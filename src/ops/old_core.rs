//! Checkouts of Odoo itself that oca made, wherever they are in the project.

use std::path::{Path, PathBuf};

use crate::config::Mode;
use crate::error::Error;
use crate::git::Checkout;
use crate::session::Session;

/// How many directories deep they are looked for.
const DEEPEST: usize = 3;

/// Records in the checkouts of Odoo itself of the requested profiles that they are this project's.
pub(crate) fn record_core(session: &Session<'_>) -> Result<(), Error> {
    if session.config.mode != Mode::Clone {
        return Ok(());
    }
    for profile in session.profiles()? {
        for repo in profile.core.iter().filter(|repo| !session.config.skips(&repo.name)) {
            let below = Session::checkout_below(profile, repo)?;
            let checkout = Checkout::new(session.absolute(&below));
            // Without the record, the checkout is only not found when its path changes.
            let _unwritable = checkout.record_core(&config_name(session), &below);
        }
    }
    Ok(())
}

/// The recorded checkouts, those that are still declared among them.
pub(super) fn recorded_core(session: &Session<'_>) -> Vec<PathBuf> {
    if session.config.mode != Mode::Clone {
        return Vec::new();
    }
    let mut found = Vec::new();
    look(session.root(), "", DEEPEST, &mut |path, below| {
        if Checkout::new(path.to_owned()).is_core_of(&config_name(session), below) {
            found.push(path.to_owned());
        }
    });
    found
}

fn config_name(session: &Session<'_>) -> String {
    session.config.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Calls `each` for every git repository below a directory, with its path below the project. Hidden directories, links,
/// and what is inside of repositories do not count.
fn look(directory: &Path, below: &str, depth: usize, each: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        let below = if below.is_empty() { name } else { format!("{below}/{name}") };
        if path.join(".git").exists() {
            each(&path, &below);
        } else if depth > 1 {
            look(&path, &below, depth - 1, each);
        }
    }
}
