//! What a patch is. Every [`Patch`] can be rendered, and is read as the same value again.

use std::fmt;

use super::error::Error;
use super::header::Header;
use super::hunk::{self, Hunk};
use crate::repo::{BlobId, EntryKind, Mode, RepoPath, TreeEntry, blob_id};

/// The id that git writes for a side that does not exist.
pub(super) const NO_ID: [u8; 20] = [0; 20];

/// A patch: what it says about itself, and its files in the order of their paths.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Patch {
    header: Header,
    files: Vec<FilePatch>,
}

/// The change of one path. If the type of an entry changes, the path has two of them: one removes it, the next adds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FilePatch {
    pub(crate) path: RepoPath,
    /// `None` if the patch adds the path.
    pub(crate) old: Option<Side>,
    /// `None` if the patch removes the path.
    pub(crate) new: Option<Side>,
    pub(crate) content: Content,
}

/// One side of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Side {
    pub(crate) mode: FileMode,
    /// The id of a blob, or of a commit if the mode is [`FileMode::Gitlink`].
    pub(crate) id: [u8; 20],
}

impl Side {
    /// The side that an entry of a tree is. `None` for a directory.
    pub(crate) fn of(entry: &TreeEntry) -> Option<Self> {
        let mode = match entry.kind() {
            EntryKind::File if entry.is_executable() => FileMode::Executable,
            EntryKind::File => FileMode::Plain,
            EntryKind::Symlink => FileMode::Symlink,
            EntryKind::Other => FileMode::Gitlink,
            EntryKind::Directory => return None,
        };
        Some(Self { mode, id: entry.id })
    }

    /// The blob that has the content. `None` for a submodule.
    pub(crate) fn blob(&self) -> Option<BlobId> {
        (self.mode != FileMode::Gitlink).then(|| BlobId::from_bytes(self.id))
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mode, BlobId::from_bytes(self.id))
    }
}

/// The four modes that git writes for entries that are not directories.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FileMode {
    Plain,
    Executable,
    Symlink,
    /// A commit of another repository: a submodule.
    Gitlink,
}

impl FileMode {
    const ALL: [Self; 4] = [Self::Plain, Self::Executable, Self::Symlink, Self::Gitlink];

    pub(crate) fn parse(digits: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.digits() == digits)
    }

    pub(super) fn digits(self) -> &'static str {
        match self {
            Self::Plain => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Gitlink => "160000",
        }
    }

    pub(super) fn in_tree(self) -> Mode {
        Mode::usual(match self {
            Self::Plain => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Symlink => 0o120_000,
            Self::Gitlink => 0o160_000,
        })
    }

    fn is_file(self) -> bool {
        matches!(self, Self::Plain | Self::Executable)
    }

    /// Whether git changes one into the other in place. If not, it removes the path and adds it again.
    pub(super) fn is_same_type(self, other: Self) -> bool {
        self == other || self.is_file() && other.is_file()
    }
}

impl fmt::Display for FileMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits())
    }
}

/// How the content changes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    /// The content is the same on both sides, or empty on the only side, or the entry is a submodule.
    None,
    Hunks(Vec<Hunk>),
    /// The whole new content, of a binary file. Empty if the file is removed.
    Literal(Vec<u8>),
}

impl Patch {
    /// Checks everything that the form demands. Sorts nothing.
    pub(crate) fn new(header: Header, files: Vec<FilePatch>) -> Result<Self, Error> {
        header.check()?;
        for (before, next) in files.iter().zip(files.iter().skip(1)) {
            let is_retyped = before.path == next.path && before.new.is_none() && next.old.is_none();
            let is_in_place = matches!((before.old, next.new),
                (Some(old), Some(new)) if old.mode.is_same_type(new.mode));
            if before.path > next.path || before.path == next.path && (!is_retyped || is_in_place) {
                return Err(next.error("the files are not in the order of their paths, each once"));
            }
        }
        files.iter().try_for_each(FilePatch::check)?;
        Ok(Self { header, files })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn files(&self) -> &[FilePatch] {
        &self.files
    }
}

impl FilePatch {
    /// Whether the patch has the whole new content, so that no old one is needed.
    pub(crate) fn is_whole(&self) -> bool {
        self.old.is_none() || matches!(self.content, Content::Literal(_))
    }

    fn error(&self, why: &'static str) -> Error {
        Error::Inconsistent { path: self.path.clone(), why }
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |why| Err(self.error(why));
        if self.path == RepoPath::default() {
            return refuse("a patch cannot change the root");
        }
        if [self.old, self.new].into_iter().flatten().any(|side| side.id == NO_ID) {
            return refuse("the id of a side must not be zero");
        }
        let mode = match (self.old, self.new) {
            (None, None) => return refuse("it has no side"),
            (Some(old), Some(new)) if old == new => return refuse("both sides are equal"),
            (Some(old), Some(new)) if !old.mode.is_same_type(new.mode) => {
                return refuse("the type of the entry changes in one step");
            }
            (Some(side), _) | (None, Some(side)) => side.mode,
        };
        let empty = *blob_id(b"").as_bytes();
        let ids = [self.old, self.new].map(|side| side.map_or(empty, |side| side.id));
        let is_same = mode == FileMode::Gitlink || ids[0] == ids[1];
        match &self.content {
            Content::None if is_same => Ok(()),
            Content::None => refuse("its content is missing"),
            _ if is_same => refuse("it has a content, but the content does not change"),
            Content::Hunks(hunks) => {
                let (old, new) = hunk::check(hunks).map_err(|why| self.error(why))?;
                // A path that is added has no old lines, and one that is removed has no new lines.
                if self.old.is_none() && old || self.new.is_none() && new {
                    return refuse("a side that does not exist has lines");
                }
                Ok(())
            }
            Content::Literal(content) => {
                let expected = self.new.map_or(empty, |new| new.id);
                if *blob_id(content).as_bytes() == expected {
                    Ok(())
                } else {
                    refuse("its content does not have the id that the patch names")
                }
            }
        }
    }
}
