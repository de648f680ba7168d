//! How the submodules of the surrounding repository differ from the lock.

use std::fmt;

use crate::repo::{CommitId, RepoName, redact};

/// One difference between `.gitmodules` or the index and the lock. Paths are as in `.gitmodules`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum SubmoduleDifference {
    /// Declared, but neither in `.gitmodules` nor in the index.
    Missing {
        path: String,
    },
    /// A gitlink without an entry: nobody can fetch it, and some git commands fail on it.
    Phantom {
        path: String,
        commit: CommitId,
    },
    /// A declared submodule that has an entry but no gitlink.
    NoGitlink {
        path: String,
    },
    /// An entry without a gitlink, which no profile declares.
    Stale {
        path: String,
        name: String,
    },
    /// A second entry for the same path.
    Duplicate {
        path: String,
        name: String,
    },
    Commit {
        path: String,
        locked: CommitId,
        found: CommitId,
        /// The repository, if `oca lock NAME@COMMIT` can pin it to the commit that was found.
        pin: Option<RepoName>,
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
    /// It is at another path than the declared one.
    Path {
        repo: RepoName,
        found: String,
        path: String,
    },
    /// It is at the declared path and also at this path.
    Second {
        repo: RepoName,
        path: String,
    },
    /// A submodule among the checkouts that no profile declares.
    Undeclared {
        path: String,
    },
    /// Tracked files of the surrounding repository are in the way.
    Tracked {
        path: String,
        file: String,
    },
    /// The index has a different `.gitmodules` than the work tree.
    Unstaged,
}

impl fmt::Display for SubmoduleDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = |branch: &Option<String>| match branch {
            Some(branch) => format!("branch `{branch}`"),
            None => "no branch".to_owned(),
        };
        match self {
            Self::Missing { path } => write!(f, "`{path}` is not a submodule yet"),
            Self::Phantom { path, commit } => {
                write!(f, "`{path}` is a phantom: a gitlink at `{commit}` without an entry in `.gitmodules`")
            }
            Self::NoGitlink { path } => write!(f, "`{path}` is in `.gitmodules`, but has no gitlink"),
            Self::Stale { path, name } => {
                write!(
                    f,
                    "`{path}` is in `.gitmodules` as `{name}`, has no gitlink, and no profile declares it"
                )
            }
            Self::Duplicate { path, name } => {
                write!(f, "`{path}` has a second entry in `.gitmodules`: `{name}`")
            }
            Self::Commit { path, locked, found, .. } => {
                write!(f, "`{path}` is locked at `{locked}`, but its gitlink is `{found}`")
            }
            Self::Url { path, declared, found } => {
                write!(
                    f,
                    "`{path}` has url `{}`, but `.gitmodules` has `{}`",
                    redact(declared),
                    redact(found)
                )
            }
            Self::Branch { path, declared, found } => {
                write!(f, "`{path}` follows {}, but `.gitmodules` has {}", branch(declared), branch(found))
            }
            Self::Path { repo, found, path } => {
                write!(f, "`{repo}` belongs at `{path}`, but `.gitmodules` has it at `{found}`")
            }
            Self::Second { repo, path } => write!(f, "`{path}` is a second submodule of `{repo}`"),
            Self::Undeclared { path } => write!(f, "`{path}` is a submodule that no profile declares"),
            Self::Tracked { path, file } => {
                write!(f, "`{path}` cannot be a submodule: the surrounding repository tracks `{file}` there")
            }
            Self::Unstaged => write!(f, "`.gitmodules` in the index differs from the one in the work tree"),
        }
    }
}
