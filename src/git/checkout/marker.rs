//! The marker in the git directory of a checkout: it says which commit is complete, and it is written last.

use std::io::Write;
use std::path::Path;

use crate::fs::{Context, read_if_there};
use crate::git::Error;
use crate::repo::{CommitId, TreeId};

/// The file in the git directory with the state of `oca resolve`. Only `oca resolve` reads its text.
pub(super) const STATE: &str = "oca-resolve";
/// What the journal says beside its commits while a merge is opened.
pub(super) const OPENING: &str = "opening";
pub(super) const MERGE_HEAD: &str = "MERGE_HEAD";
pub(super) const MERGE_MODE: &str = "MERGE_MODE";
pub(super) const MERGE_MESSAGE: &str = "MERGE_MSG";

pub(super) const FILE_NAME: &str = "oca-checkout";

/// What oca last checked out completely, as the marker says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Placed {
    pub(crate) commit: CommitId,
    /// The tree of the commit.
    pub(crate) tree: TreeId,
    pub(crate) depth: u32,
    pub(crate) url: String,
}

/// Whether oca completed a checkout that has this git directory.
pub(in crate::git) fn is_marked(git: &Path) -> bool {
    git.join(FILE_NAME).is_file()
}

/// The content of the marker. A malformed marker counts as missing.
pub(super) fn read(git: &Path) -> Result<Option<Placed>, Error> {
    let Some(text) = read_if_there(&git.join(FILE_NAME))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    let placed = || {
        let commit = CommitId::parse(lines.next()?).ok()?;
        let tree = TreeId::parse(lines.next()?).ok()?;
        let depth = lines.next()?.parse().ok()?;
        Some(Placed { commit, tree, depth, url: lines.next()?.to_owned() })
    };
    Ok({ placed }())
}

pub(super) fn write(git: &Path, placed: &Placed) -> Result<(), Error> {
    let Placed { commit, tree, depth, url } = placed;
    put(&git.join(FILE_NAME), &format!("{commit}\n{tree}\n{depth}\n{url}\n"))
}

/// Replaces a file as a whole, without a sync to the disk: after a power cut, a damaged checkout is made again.
pub(super) fn put(file: &Path, text: &str) -> Result<(), Error> {
    if read_if_there(file)?.is_some_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    Ok(crate::fs::put(file, |aside| aside.write_all(text.as_bytes())).at("write", file)?)
}
