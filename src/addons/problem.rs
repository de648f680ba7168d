//! Why a text cannot be read as a manifest, and on which line.

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
    /// It may be correct Python, but no manifest needs it.
    #[error("a manifest must not contain {what}")]
    Forbidden { what: String },
    #[error("the file is kept in Git LFS, which oca does not fetch; this is only its pointer")]
    Pointer,
    #[error("unexpected indentation; remove the blanks from this line")]
    Indentation,
    #[error("a manifest must not nest brackets more than {limit} deep")]
    Nesting { limit: usize },
    #[error("the file is not UTF-8")]
    NotUtf8,
    #[error("{what} must be a string, not `{found}`")]
    NotText { what: &'static str, found: &'static str },
    #[error(
        "`{number}` is not a number that a manifest can contain; write a number such as `10`, `-5` or `0.5`"
    )]
    Number { number: String },
    #[error("a manifest must not be longer than 1 MiB")]
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

#[cfg(test)]
mod tests {
    use super::super::manifest::ManifestError;
    use super::*;
    use crate::repo::samples::{every_variant, lines};

    #[test]
    fn every_problem_of_a_manifest_has_its_words() {
        let problems = every_variant!(LiteralProblem:
            ByteOrderMark {},
            ConflictMarkers {},
            Forbidden { what: "the word `b`".to_owned() },
            Pointer {},
            Indentation {},
            Nesting { limit: 32 },
            NotUtf8 {},
            NotText { what: "a key of a dict", found: "int" },
            Number { number: "1_0j".to_owned() },
            TooLong {},
            Unclosed { what: "bracket" },
            Unexpected { expected: "a value", found: "`,`".to_owned() }
        );
        insta::assert_snapshot!(lines(&problems), @r"
        the file begins with a byte order mark; save it as UTF-8 without one
        the file has conflict markers of a git merge
        a manifest must not contain the word `b`
        the file is kept in Git LFS, which oca does not fetch; this is only its pointer
        unexpected indentation; remove the blanks from this line
        a manifest must not nest brackets more than 32 deep
        the file is not UTF-8
        a key of a dict must be a string, not `int`
        `1_0j` is not a number that a manifest can contain; write a number such as `10`, `-5` or `0.5`
        a manifest must not be longer than 1 MiB
        the bracket that begins here is not closed
        expected a value, found `,`
        ");
        let key = || "depends".to_owned();
        let errors = every_variant!(ManifestError:
            NotALiteral(LiteralError { line: 1, problem: LiteralProblem::NotUtf8 }),
            NotADict { line: 1, found: "list" },
            TooLong { line: 2, key: key() },
            WrongType { line: 3, key: key(), expected: "a list of strings", found: "str" }
        );
        insta::assert_snapshot!(lines(&errors), @r"
        the file is not UTF-8
        a manifest must be a dict, not `list`
        `depends` has a string of more than 1000 bytes
        `depends` must be a list of strings, not `str`
        ");
    }
}
