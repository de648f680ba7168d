//! A lock that git merges: when it is resolved, git must know it.

use crate::config::Mode;
use crate::lock::{self, Lock};
use crate::session::Session;

/// Whether this is what both sides of a merge give, without the facts and the steps: a merge conflicts.
pub(crate) fn is_being_merged(session: &Session<'_>, lock: Option<&Lock>) -> bool {
    lock.is_some_and(|lock| lock.edited().next().is_some()) && session.unmerged_lock().is_some()
}

/// Tells git that the conflicts in the lock and in its steps are resolved. If git's index cannot be written, the user has
/// to do it.
pub(super) fn stage_merged(session: &Session<'_>, lock: &Lock) {
    let file = lock::FILE_NAME;
    match session.stage_merged_lock(lock) {
        Ok(true) => {
            let first = match session.config.mode {
                Mode::Clone => "",
                Mode::Submodule => "run `oca sync` for the gitlinks, then ",
            };
            session.printer.note(&format!("`{file}` is merged and staged: {first}go on with git"));
        }
        Ok(false) => {}
        Err(error) => {
            session.printer.warning(&format!("`{file}` is merged, but not staged: {error}"));
            let steps = if lock.step_files().is_empty() { "" } else { " oca.lock.d" };
            session.printer.hint(&format!("run `git add {file}{steps}`"));
        }
    }
}
