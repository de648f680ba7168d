//! What can be wrong with a patch.

use crate::repo::{RepoPath, UnreadableTree};

/// Why a patch cannot be read or applied. The caller adds which patch it is.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("line {line}: {why}")]
    Syntax { line: usize, why: &'static str },
    /// `path` is as it must be shown, not as a path.
    #[error("line {line}: a patch must not change `{path}`: {why}")]
    Path { line: usize, path: String, why: &'static str },
    #[error("line {line}: this form is not supported: {what}")]
    Unsupported { line: usize, what: &'static str },
    #[error("the patch has more than {limit} MiB")]
    TooLarge { limit: usize },
    #[error("the {field} of the patch is not valid: {why}")]
    Header { field: &'static str, why: &'static str },
    #[error("the change of `{path}` is not valid: {why}")]
    Inconsistent { path: RepoPath, why: &'static str },
    #[error("`{path}` does not match: the patch changes {expected}, and the tree has {found}")]
    OtherBase { path: RepoPath, expected: String, found: String },
    #[error("`{path}` cannot be added: the tree has it already")]
    Exists { path: RepoPath },
    #[error("`{path}` does not exist in the tree")]
    Missing { path: RepoPath },
    #[error("hunk {} of `{path}` does not apply (line {} of the patch)", rejected.hunk, rejected.line)]
    Rejected { path: RepoPath, rejected: Rejected },
    #[error("the patch removes `{path}`, but the file contains more than the patch removes")]
    Leftover { path: RepoPath },
    /// The hunks apply, and give another content than the patch says.
    #[error("the patch gives another content of `{path}` than its id says")]
    OtherContent { path: RepoPath },
    #[error(transparent)]
    Tree(#[from] UnreadableTree),
}

/// A hunk that does not apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rejected {
    /// Counted from 1.
    pub(crate) hunk: usize,
    /// For a step: the line of the old content that differs. For a patch of the user: the line of the patch. Counted
    /// from 1.
    pub(crate) line: usize,
}
