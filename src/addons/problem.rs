//! Why text is no literal, and where.

use std::fmt;

/// A line and a column of a file, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Text that `ast.literal_eval` refuses, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct LiteralError {
    pub(crate) at: Place,
    pub(crate) problem: Problem,
}

/// Why text is no literal; reads well after a place.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("the file begins with a byte order mark")]
    ByteOrderMark,
    #[error("conflict markers of a git merge")]
    ConflictMarkers,
    #[error("unexpected indentation")]
    Indentation,
    #[error("brackets are nested too deeply; Python stops at 200")]
    Nesting,
    #[error("a manifest may hold literals only; here stands {what}")]
    NotALiteral { what: String },
    #[error("the file is not UTF-8 from here on")]
    NotUtf8,
    #[error("a NUL character may not stand in a manifest")]
    Nul,
    #[error("the number is too large")]
    NumberTooLarge,
    #[error("the escape `{escape}` is half of a surrogate pair, which is no character")]
    Surrogate { escape: String },
    #[error("not valid Python: {why}")]
    Syntax { why: String },
    #[error("the file is longer than 1 MiB; no manifest is")]
    TooLong,
    #[error("the {what} that begins here is not closed")]
    Unclosed { what: &'static str },
    #[error("`{type_name}` cannot be a key of a dict nor a member of a set")]
    Unhashable { type_name: &'static str },
}
