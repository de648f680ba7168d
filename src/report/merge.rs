//! What happened to the merges and patches of a repository.

use std::fmt;

use crate::git::merging::Conflict;
use crate::repo::{RepoName, day, first_names};

/// Something to say about a merge or a patch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MergeNote {
    /// The merge as it is typed, such as `web#2950`, or the path of the patch.
    pub(crate) what: String,
    pub(crate) kind: MergeNoteKind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum MergeNoteKind {
    /// The base contains its commit, or OCA's bot merged it; at this time in seconds since 1970, if it is known.
    Absorbed { on: Option<i64> },
    /// It changes nothing in the result so far.
    Empty,
    /// The remote has no such ref any more.
    Gone,
    /// The remote has no such commit any more.
    CommitGone,
    /// It conflicts only in these files, which OCA's bots write.
    Ruled(Vec<String>),
}

impl MergeNote {
    /// Whether the user should know that something is not as declared.
    pub(crate) fn is_warning(&self) -> bool {
        matches!(self.kind, MergeNoteKind::Gone | MergeNoteKind::CommitGone)
    }
}

impl fmt::Display for MergeNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, kind } = self;
        match kind {
            MergeNoteKind::Absorbed { on } => {
                let on: String = on.iter().map(|time| format!(" on {}", day(*time))).collect();
                write!(f, "{what}: merged upstream{on}; drop it with `oca remove {what}`")
            }
            MergeNoteKind::Empty if what.contains('#') => {
                write!(f, "{what}: the base has all of its changes; drop it with `oca remove {what}`")
            }
            MergeNoteKind::Empty => {
                write!(f, "{what}: the patch changes nothing any more; remove it from `patches`")
            }
            MergeNoteKind::Ruled(paths) => {
                write!(
                    f,
                    "{what}: conflicts only in {}; oca decided them, because OCA's bots write such files",
                    first_names(paths)
                )
            }
            MergeNoteKind::Gone => {
                write!(f, "`{what}` does not exist any more on its remote; the lock keeps its commit")
            }
            MergeNoteKind::CommitGone => {
                write!(
                    f,
                    "the commit of `{what}` does not exist any more on its remote; the lock keeps its changes"
                )
            }
        }
    }
}

/// Conflicts that only a person can resolve.
#[derive(Clone, Debug)]
pub(crate) struct MergeConflict {
    pub(crate) repo: RepoName,
    /// As in [`MergeNote::what`].
    pub(crate) what: String,
    pub(crate) with: ConflictWith,
    pub(crate) conflicts: Vec<Conflict>,
}

/// What a merge conflicts with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ConflictWith {
    /// The base alone.
    Base,
    /// A merge or a patch before it.
    Earlier,
}

impl fmt::Display for MergeConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with = match self.with {
            ConflictWith::Base => "its branch",
            ConflictWith::Earlier => "an earlier merge",
        };
        write!(f, "`{}` conflicts with {with}", self.what)
    }
}
