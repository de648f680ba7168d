//! Why a text is not a literal that a manifest may be, and on which line.

/// A text that cannot be read as a manifest.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct LiteralError {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) problem: LiteralProblem,
}

/// What is wrong on a line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum LiteralProblem {
    #[error("the file begins with a byte order mark; save it as UTF-8 without one")]
    ByteOrderMark,
    #[error("the file has conflict markers of a git merge")]
    ConflictMarkers,
    /// Correct Python perhaps, but nothing that a manifest needs.
    #[error("a manifest may not hold {what}")]
    Forbidden { what: String },
    #[error("unexpected indentation; remove the blanks from this line")]
    Indentation,
    #[error("a manifest may not nest brackets more than {limit} deep")]
    Nesting { limit: usize },
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("{what} must be a text, not `{found}`")]
    NotText { what: &'static str, found: &'static str },
    #[error("`{number}` is not a number that a manifest may hold; write one such as `10`, `-5` or `0.5`")]
    Number { number: String },
    #[error("a manifest may not be longer than 1 MiB")]
    TooLong,
    #[error("the {what} that begins here is not closed")]
    Unclosed { what: &'static str },
    #[error("expected {expected}, found {found}")]
    Unexpected { expected: &'static str, found: String },
}

impl LiteralProblem {
    pub(super) fn forbidden(what: impl Into<String>) -> Self {
        Self::Forbidden { what: what.into() }
    }
}
