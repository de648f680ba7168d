//! Trees of files and of git, as traits: the rooms that read through them do not know where they are kept.

use super::{BlobId, TreeId};

/// A tree of files, wherever it is kept: a tree of git or a folder. Paths are relative, with `/`.
pub(crate) trait FileTree {
    /// The direct children of a directory (`""` is the root), sorted by name; none where there is no such directory.
    ///
    /// A name that is not UTF-8 is left out: no module and no file that is read by name has one.
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree>;

    /// The content of a file of at most `limit` bytes, or `None` where there is none at that path.
    fn read(&self, path: &str, limit: usize) -> Result<Option<Content>, UnreadableTree>;
}

/// What a file holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// More than was asked for, and so not read.
    TooLong,
}

/// A direct child of a directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// The id of the tree of git that a directory is, where it comes from git.
    pub(crate) tree: Option<TreeId>,
}

/// What a child of a directory is. A gitlink and a device are `Other`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EntryKind {
    File,
    Directory,
    Symlink,
    Other,
}

/// An entry of a tree of git, as raw as git keeps it: its name is bytes, its mode whatever number was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TreeEntry {
    pub(crate) mode: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) id: [u8; 20],
}

impl TreeEntry {
    pub(crate) fn kind(&self) -> EntryKind {
        match self.mode & 0o170_000 {
            0o100_000 => EntryKind::File,
            0o040_000 => EntryKind::Directory,
            0o120_000 => EntryKind::Symlink,
            _ => EntryKind::Other,
        }
    }

    pub(crate) fn is_executable(&self) -> bool {
        self.kind() == EntryKind::File && self.mode & 0o100 != 0
    }

    pub(crate) fn tree(&self) -> TreeId {
        TreeId::from_bytes(self.id)
    }

    pub(crate) fn blob(&self) -> BlobId {
        BlobId::from_bytes(self.id)
    }
}

/// Trees and blobs by their ids, wherever they are kept.
pub(crate) trait Objects {
    /// All entries of a tree, in git's order.
    fn tree(&self, id: TreeId) -> Result<Vec<TreeEntry>, UnreadableTree>;

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree>;
}

/// A tree of files could not be read: a damaged store, or a folder without permission.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {why}")]
pub(crate) struct UnreadableTree {
    pub(crate) path: String,
    pub(crate) why: String,
}
