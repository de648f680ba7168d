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
    /// `expected` and `found` are a mode and an id.
    #[error("the patch changes `{path}` as {expected}, but the tree has {found}")]
    OtherBase { path: RepoPath, expected: String, found: String },
    #[error("`{path}` cannot be added: the tree has it already")]
    Exists { path: RepoPath },
    #[error("`{path}` does not exist in the tree")]
    Missing { path: RepoPath },
    /// A hunk of a step. It has an exact place.
    #[error("hunk {} does not fit `{path}` at line {} of the file", rejected.hunk, rejected.line)]
    Rejected { path: RepoPath, rejected: Rejected },
    /// A hunk of a patch of the user. It fits at no place of the file.
    #[error("line {line}: hunk {hunk} of `{path}` does not apply")]
    NoPlace { path: RepoPath, hunk: usize, line: usize },
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
    /// The line of the old content that differs, counted from 1.
    pub(crate) line: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_says_what_is_wrong() {
        let path = RepoPath::parse(b"web/x.py").expect("a path");
        let side = || "100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".to_owned();
        let errors = [
            Error::Syntax { line: 3, why: "a line of a hunk begins with a blank, `-` or `+`" },
            Error::Path { line: 3, path: "../x".to_owned(), why: "the name leads to another directory" },
            Error::Unsupported { line: 3, what: "a binary content of more than 64 MiB" },
            Error::TooLarge { limit: 256 },
            Error::Header { field: "title", why: "it is empty" },
            Error::Inconsistent { path: path.clone(), why: "both sides are equal" },
            Error::OtherBase { path: path.clone(), expected: side(), found: "a directory".to_owned() },
            Error::Exists { path: path.clone() },
            Error::Missing { path: path.clone() },
            Error::Rejected { path: path.clone(), rejected: Rejected { hunk: 2, line: 30 } },
            Error::NoPlace { path: path.clone(), hunk: 2, line: 30 },
            Error::Leftover { path: path.clone() },
            Error::OtherContent { path },
            Error::Tree(UnreadableTree::impossible("a/..", "the name leads to another directory")),
        ];
        let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        line 3: a line of a hunk begins with a blank, `-` or `+`
        line 3: a patch must not change `../x`: the name leads to another directory
        line 3: this form is not supported: a binary content of more than 64 MiB
        the patch has more than 256 MiB
        the title of the patch is not valid: it is empty
        the change of `web/x.py` is not valid: both sides are equal
        the patch changes `web/x.py` as 100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391, but the tree has a directory
        `web/x.py` cannot be added: the tree has it already
        `web/x.py` does not exist in the tree
        hunk 2 does not fit `web/x.py` at line 30 of the file
        line 30: hunk 2 of `web/x.py` does not apply
        the patch removes `web/x.py`, but the file contains more than the patch removes
        the patch gives another content of `web/x.py` than its id says
        `a/..` cannot be checked out: the name leads to another directory
        ");
    }
}
