//! What only a person can decide.

use std::fmt;

use crate::patch::{FileMode, Side};
use crate::repo::RepoPath;

/// A path that both sides changed in different ways.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Conflict {
    pub(crate) path: RepoPath,
    pub(crate) kind: ConflictKind,
    /// The entry from which both sides started.
    pub(crate) ancestor: Option<Side>,
    /// The entry of the result so far.
    pub(crate) ours: Option<Side>,
    /// The entry of the request.
    pub(crate) theirs: Option<Side>,
}

impl Conflict {
    /// Whether the result has a file whose name differs only in case.
    pub(crate) fn is_by_case(&self) -> bool {
        matches!(self.kind, ConflictKind::Case { .. })
    }

    /// Whether theirs added a file for which the result has no place.
    pub(crate) fn is_addition(&self) -> bool {
        matches!(
            self.kind,
            ConflictKind::Directory
                | ConflictKind::Case { .. }
                | ConflictKind::ModuleGone { .. }
                | ConflictKind::RenamedByBoth { .. }
        )
    }
}

/// The mode of a file that both sides have: that of the side that changed it. `None` if both added it, in different modes.
pub(crate) fn merged_mode(ancestor: Option<Side>, ours: Side, theirs: Side) -> Option<FileMode> {
    match ancestor {
        _ if ours.mode == theirs.mode => Some(ours.mode),
        Some(old) if ours.mode == old.mode => Some(theirs.mode),
        Some(_) => Some(ours.mode),
        None => None,
    }
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ConflictKind {
    /// Both changed the same lines.
    Content,
    Binary,
    /// Both added the file, with different content.
    BothAdded,
    /// Ours removed what theirs changed.
    RemovedByOurs,
    /// Theirs removed what ours changed.
    RemovedByTheirs,
    /// One made the file executable, the other did not.
    Mode,
    Symlink,
    Submodule,
    /// A file on one side, a directory on the other.
    Directory,
    /// Theirs added it to a module that ours removed or renamed.
    ModuleGone {
        module: RepoPath,
    },
    /// Theirs renamed a file to this path. Ours renamed it to another one.
    RenamedByBoth {
        other: RepoPath,
    },
    /// The result would have two names that are the same on Windows and macOS.
    Case {
        other: RepoPath,
    },
}

impl fmt::Display for ConflictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Content => "both changed the same lines",
            Self::Binary => "both changed the binary file",
            Self::BothAdded => "both added the file, with different content",
            Self::RemovedByOurs => "the base removed it, and the request changes it",
            Self::RemovedByTheirs => "the base changed it, and the request removes it",
            Self::Mode => "only one of both made it executable",
            Self::Symlink => "both changed it, and it is a symlink",
            Self::Submodule => "both changed it, and it is a submodule",
            Self::Directory => "it is a file on one side and a directory on the other",
            Self::ModuleGone { module } => {
                return write!(
                    f,
                    "the request adds it, and the base removed or renamed the module `{module}`"
                );
            }
            Self::RenamedByBoth { other } => {
                return write!(
                    f,
                    "the request renamed a file to it, and the base renamed the file to `{other}`"
                );
            }
            Self::Case { other } => {
                return write!(f, "it differs from `{other}` only in case");
            }
        })
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.kind)
    }
}
