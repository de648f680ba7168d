//! The file `.git` of a work tree whose git directory is elsewhere.

use std::path::{Path, PathBuf};

use crate::fs::read_text;

/// Where the file `.git` of a work tree leads, if there is one.
pub(super) fn git_file(work_tree: &Path) -> Option<PathBuf> {
    let text = read_text(&work_tree.join(".git")).ok()?;
    Some(work_tree.join(text.strip_prefix("gitdir:")?.trim()))
}
