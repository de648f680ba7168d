//! The file `.git`: a work tree has it if its git directory is elsewhere.

use std::path::{Path, PathBuf};

use crate::fs::read_text;

/// The git directory that the file `.git` of a work tree names, if there is such a file.
pub(super) fn git_file(work_tree: &Path) -> Option<PathBuf> {
    let text = read_text(&work_tree.join(".git")).ok()?;
    Some(work_tree.join(text.strip_prefix("gitdir:")?.trim()))
}
