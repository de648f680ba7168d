//! Files beside the lock that git ignores: other clones would not have them.

use std::path::{Path, PathBuf};

use crate::config::Profile;
use crate::fs::slashed;
use crate::git::Superproject;
use crate::lock::{self, Lock};
use crate::repo::typed;
use crate::session::Session;

/// Warns about steps of the lock, and patches of the user, that git ignores.
pub(crate) fn warn_of_ignored(session: &Session<'_>, lock: &Lock) {
    let steps = session.lock_file().with_file_name(lock::STEPS);
    let steps = lock.step_files().into_iter().map(|(path, _)| steps.join(path));
    let repos = session.config.profiles.iter().flat_map(Profile::all_repos);
    let patches = repos.flat_map(|repo| &repo.patches).map(|path| session.root().join(path));
    let mut ignored: Vec<PathBuf> = steps.chain(patches).collect();
    // Most projects have none, and need no look into git.
    if ignored.is_empty() {
        return;
    }
    // A repository that cannot be read is no fault of the lock.
    let Some(superproject) = Superproject::around(session.root()).ok().flatten() else { return };
    ignored.retain(|file| {
        superproject.path_below(file).is_some_and(|path| superproject.ignores_file(&slashed(&path)))
    });
    let Some(first) = ignored.first() else { return };
    let shown = |file: &Path| file.strip_prefix(session.root()).unwrap_or(file).display().to_string();
    let (more, them) = match ignored.len() - 1 {
        0 => (String::new(), "it"),
        more => (format!(" and {more} more"), "them"),
    };
    session
        .printer
        .warning(&format!("git ignores `{}`{more}: other clones will not have {them}", shown(first)));
    let files: Vec<String> = ignored.iter().map(|file| typed(&shown(file))).collect();
    session.printer.hint(&format!("change `.gitignore`, or run `git add --force {}`", files.join(" ")));
}
