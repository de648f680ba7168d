//! How the surrounding repository's submodules are not what the lock asks for.

use std::fmt;

use crate::repo::{CommitId, RepoName, redact};

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
            Self::NoGitlink { path } => write!(f, "`{path}` is in `.gitmodules`, and has no gitlink"),
            Self::Stale { path, name } => {
                write!(
                    f,
                    "`{path}` is in `.gitmodules` as `{name}`, has no gitlink, and no profile declares it"
                )
            }
            Self::Duplicate { path, name } => {
                write!(f, "`{path}` is in `.gitmodules` once more, as `{name}`")
            }
            Self::Commit { path, locked, found } => {
                write!(f, "`{path}` is locked at `{locked}`, its gitlink is `{found}`")
            }
            Self::Url { path, declared, found } => {
                write!(f, "`{path}` is at `{}`, `.gitmodules` has `{}`", redact(declared), redact(found))
            }
            Self::Branch { path, declared, found } => {
                write!(f, "`{path}` follows {}, `.gitmodules` has {}", branch(declared), branch(found))
            }
            Self::Path { repo, found, path } => {
                write!(f, "`{repo}` belongs to `{path}`, `.gitmodules` has it at `{found}`")
            }
            Self::Second { repo, path } => write!(f, "`{path}` is a second submodule of `{repo}`"),
            Self::Undeclared { path } => write!(f, "`{path}` is a submodule that no profile declares"),
            Self::Tracked { path, file } => {
                write!(f, "`{path}` cannot be a submodule: the surrounding repository has `{file}` there")
            }
            Self::Unstaged => write!(f, "`.gitmodules` is not in the index as it stands here"),
        }
    }
}
