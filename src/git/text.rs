//! Merges texts without a repository.

use git2::{MergeFileInput, MergeFileOptions};

use super::Error;

/// Merges two changed versions of a text line by line, as `git merge-file` does. Lines that both versions changed are
/// in conflict markers with the labels `ours` and `theirs`.
pub(crate) fn merge_text(base: &str, ours: &str, theirs: &str) -> Result<String, Error> {
    let [mut old, mut our, mut their] = [(); 3].map(|()| MergeFileInput::new());
    old.content(base.as_bytes());
    our.content(ours.as_bytes());
    their.content(theirs.as_bytes());
    let mut options = MergeFileOptions::new();
    options.our_label("ours").their_label("theirs").style_standard(true);
    let merged = git2::merge_file(&old, &our, &their, Some(&mut options))?;
    Ok(String::from_utf8_lossy(merged.content()).into_owned())
}
