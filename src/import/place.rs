//! The files of an import, places in them, and errors about a place.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::note::{Note, Topic};
use crate::config::directory_of;
use crate::repo::one_line;

/// The maximum size of a file in bytes: far more than a list of all OCA repositories needs.
const LARGEST: usize = 4 << 20;

/// The text of a file.
pub(super) struct Text {
    pub(super) file: Arc<Path>,
    pub(super) text: String,
    line_starts: Vec<usize>,
}

/// A place in a file, as messages show it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct SourcePlace {
    file: Arc<Path>,
    pub(super) spot: Spot,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Spot {
    Whole,
    /// Starts at 1.
    Line(usize),
    Key(String),
}

impl Text {
    pub(super) fn new(file: &Path, text: &str) -> Self {
        // Some editors write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file: file.into(), text, line_starts }
    }

    /// Reads a file that must exist.
    pub(super) fn load(file: &Path) -> Result<Self, Error> {
        Self::load_if_there(file)?.ok_or_else(|| Error::Missing { path: file.to_owned() })
    }

    pub(super) fn load_if_there(file: &Path) -> Result<Option<Self>, Error> {
        let Some(bytes) = crate::fs::read_if_there(file)? else { return Ok(None) };
        if bytes.len() > LARGEST {
            return Err(Error::TooLarge { file: file.to_owned(), most: LARGEST >> 20 });
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(Self::new(file, &text))),
            Err(error) => {
                let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = String::from_utf8_lossy(valid).matches('\n').count() + 1;
                Err(Error::NotUtf8 { file: file.to_owned(), line })
            }
        }
    }

    /// The line of an offset in bytes. Starts at 1.
    pub(super) fn line_at(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    pub(super) fn whole(&self) -> SourcePlace {
        SourcePlace { file: Arc::clone(&self.file), spot: Spot::Whole }
    }

    pub(super) fn line(&self, line: usize) -> SourcePlace {
        SourcePlace { file: Arc::clone(&self.file), spot: Spot::Line(line) }
    }

    pub(super) fn key(&self, key: &str) -> SourcePlace {
        let spot = if key.is_empty() { Spot::Whole } else { Spot::Key(key.to_owned()) };
        SourcePlace { file: Arc::clone(&self.file), spot }
    }

    pub(super) fn syntax(&self, language: &'static str, line: usize, why: &str) -> Error {
        Error::Syntax { place: self.line(line), language, why: why.to_owned() }
    }

    /// The directory of the file.
    pub(super) fn directory(&self) -> PathBuf {
        directory_of(&self.file)
    }
}

impl SourcePlace {
    /// A note about `subject`, a repository or a key. `item` begins the sentence that the topic ends.
    pub(super) fn note(&self, topic: &'static Topic, subject: &str, item: impl AsRef<str>) -> Note {
        Note::new(self.clone(), topic, subject, item.as_ref())
    }

    pub(super) fn is_in_file_of(&self, other: &Self) -> bool {
        self.file == other.file
    }

    /// The file, as messages show it.
    pub(super) fn file(&self) -> String {
        format!("`{}`", self.file.display())
    }

    pub(super) fn refuse(&self, why: impl Into<String>) -> Error {
        Error::Refused { place: self.clone(), why: one_line(&why.into()), hint: None }
    }

    pub(super) fn refuse_with_hint(&self, why: impl Into<String>, hint: impl Into<String>) -> Error {
        Error::Refused { place: self.clone(), why: one_line(&why.into()), hint: Some(hint.into()) }
    }
}

impl fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file.display())?;
        if self.spot == Spot::Whole { Ok(()) } else { write!(f, " {}", self.spot) }
    }
}

impl Spot {
    /// The key of this place. Empty if it is a line or the whole file.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Whole | Self::Line(_) => String::new(),
        }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Line(line) => write!(f, "at line {line}"),
            Self::Key(key) => write!(f, "at `{key}`"),
        }
    }
}
