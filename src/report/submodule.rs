//! How the surrounding repository's submodules are not what the lock asks for.

use crate::repo::{CommitId, RepoName};

/// One way in which `.gitmodules` or the index is not what the lock asks for. Paths are those of `.gitmodules`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SubmoduleDifference {
    /// Declared, and neither in `.gitmodules` nor in the index.
    Missing {
        path: String,
    },
    /// A gitlink without an entry: nobody can fetch it, and git's own commands stumble over it.
    Phantom {
        path: String,
        commit: CommitId,
    },
    /// An entry of something declared, without a gitlink.
    NoGitlink {
        path: String,
    },
    /// An entry of nothing declared, without a gitlink.
    Stale {
        path: String,
        name: String,
    },
    /// Another entry for the same path.
    Duplicate {
        path: String,
        name: String,
    },
    Commit {
        path: String,
        locked: CommitId,
        found: CommitId,
    },
    Url {
        path: String,
        declared: String,
        found: String,
    },
    Branch {
        path: String,
        declared: Option<String>,
        found: Option<String>,
    },
    /// It stands elsewhere than where it is declared.
    Path {
        repo: RepoName,
        found: String,
        path: String,
    },
    /// It stands where it is declared, and elsewhere too.
    Second {
        repo: RepoName,
        path: String,
    },
    /// A submodule among the checkouts that no profile declares.
    Undeclared {
        path: String,
    },
    /// Files of the surrounding repository itself are in the way.
    Tracked {
        path: String,
        file: String,
    },
    /// The index has another `.gitmodules` than the work tree.
    Unstaged,
}
