//! A file while it is parsed: its lines, its syntax, and the problems found so far.

use std::cell::RefCell;
use std::path::Path;

use toml::de::DeTable;

use super::error::{ConfigProblem, Error, Fault, KeyPlace};
use crate::repo::{Invalid, one_line};

/// A file while it is parsed: the offsets of its lines, and the problems found so far.
pub(super) struct Document<'f> {
    file: &'f Path,
    line_starts: Vec<usize>,
    problems: RefCell<Vec<ConfigProblem>>,
}

/// A value and its line.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: usize,
}

/// Why a value is refused, and what to write instead.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::new(invalid.to_string())
    }
}

/// The line of the first conflict marker of git.
fn conflict_marker(text: &str) -> Option<usize> {
    let is_marker = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    text.lines().position(is_marker).map(|line| line + 1)
}

impl<'f> Document<'f> {
    pub(super) fn new(file: &'f Path, text: &str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, line_starts, problems: RefCell::default() }
    }

    pub(super) fn parse<'i>(&self, text: &'i str) -> Result<DeTable<'i>, Error> {
        match DeTable::parse(text) {
            Ok(table) => Ok(table.into_inner()),
            Err(_) if let Some(line) = conflict_marker(text) => {
                Err(Error::Conflicted { file: self.file.to_owned(), line })
            }
            Err(error) => Err(Error::Syntax {
                file: self.file.to_owned(),
                line: self.line(error.span().map_or(0, |span| span.start)),
                message: one_line(&error.message().replace('\n', ", ")),
            }),
        }
    }

    /// The name of the file.
    pub(super) fn file_name(&self) -> Option<&str> {
        self.file.file_name()?.to_str()
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    pub(super) fn refuse(&self, line: usize, table: &str, fault: Fault) {
        self.problems
            .borrow_mut()
            .push(ConfigProblem { place: KeyPlace::new(self.file, line, table), fault });
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.borrow().is_empty()
    }

    pub(super) fn into_problems(self) -> Vec<ConfigProblem> {
        self.problems.into_inner()
    }
}
