//! How checkouts and exports differ from the lock.

use std::fmt;

use crate::export::Alteration;
use crate::repo::{CommitId, RepoName, TreeId, counted, one_line, shown};

/// How many files of one repository a report names.
pub(crate) const NAMED: usize = 20;

/// A commit, or a module in it, whose tree is not the tree in the lock.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OtherTree {
    pub(crate) commit: CommitId,
    /// The path of the module. `None` if this is about the whole commit.
    pub(crate) module: Option<String>,
    pub(crate) locked: TreeId,
    /// `None` if the commit does not have the module.
    pub(crate) found: Option<TreeId>,
}

impl fmt::Display for OtherTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, module, locked, found } = self;
        match (module, found) {
            (None, Some(found)) => {
                write!(f, "commit `{commit}` has tree `{found}`, but the lock has `{locked}`")
            }
            (None, None) => write!(f, "commit `{commit}` has no tree, but the lock has `{locked}`"),
            (Some(module), Some(found)) => {
                write!(
                    f,
                    "module `{module}` has tree `{found}` in commit `{commit}`, but the lock has `{locked}`"
                )
            }
            (Some(module), None) => {
                write!(f, "commit `{commit}` has no module `{module}`, but the lock has it")
            }
        }
    }
}

/// The state of one checkout, compared with the lock.
#[derive(Debug)]
pub(crate) struct RepoStatus {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) locked: Option<CommitId>,
    pub(crate) actual: Option<CommitId>,
    /// More about the state, such as the changed files.
    pub(crate) detail: Option<String>,
}

/// See [`RepoStatus`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    Clean,
    Missing,
    OtherCommit,
    Dirty,
    LocalCommits,
    NotGit,
    Undeclared,
    Skipped,
    /// A merge or a patch of `oca resolve` is open.
    Resolving,
    /// The user works on a branch there.
    InWork,
    /// The checkout could not be read; the detail says why.
    Unreadable,
}

/// The result of comparing a checkout, or a repository in an export, with the lock.
#[derive(Debug)]
pub(crate) struct Verified {
    /// `None` for files that belong to no repository.
    pub(crate) name: Option<RepoName>,
    /// How many files were compared.
    pub(crate) files: usize,
    /// Sorted by path.
    pub(crate) alterations: Vec<Alteration>,
    /// Another problem, or why the files could not be compared.
    pub(crate) trouble: Option<String>,
}

impl Verified {
    /// A result without any compared file.
    pub(crate) fn new(name: &RepoName) -> Self {
        Self { name: Some(name.clone()), files: 0, alterations: Vec::new(), trouble: None }
    }

    pub(crate) fn is_fine(&self) -> bool {
        self.alterations.is_empty() && self.trouble.is_none()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Missing => "missing",
            Self::OtherCommit => "other commit",
            Self::Dirty => "dirty",
            Self::LocalCommits => "local commits",
            Self::NotGit => "not git",
            Self::Undeclared => "undeclared",
            Self::Skipped => "skipped",
            Self::Resolving => "resolving",
            Self::InWork => "in work",
            Self::Unreadable => "unreadable",
        })
    }
}

/// The problems of a repository, one line for each file.
impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, alterations, trouble, .. } = self;
        let name = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        trouble.iter().try_for_each(|trouble| writeln!(f, "{name}{}", one_line(trouble)))?;
        for alteration in alterations.iter().take(NAMED) {
            writeln!(
                f,
                "{name}{}: {}",
                alteration.state,
                shown(alteration.path.as_os_str().as_encoded_bytes())
            )?;
        }
        match alterations.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => writeln!(f, "{name}and {}", counted(more, "more file", "more files")),
        }
    }
}
