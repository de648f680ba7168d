//! Trees of files and of git, as traits: the rooms that read through them do not know where they are kept.

use std::collections::HashMap;
use std::sync::Arc;

use super::object::render;
use super::path::DEEPEST;
use super::{BlobId, EntryKind, RepoPath, TreeEntry, TreeId, UnreadableTree, tree_id};

/// More files and directories than any repository has: trees that name each other many times can promise any number.
pub(crate) const MOST_ENTRIES: u64 = 1_000_000;

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

/// Trees and blobs by their ids, wherever they are kept.
pub(crate) trait Objects {
    /// All entries of a tree, in git's order.
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree>;

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree>;
}

/// Visits all entries of a tree that [`check_tree`] has seen, each with its path.
pub(crate) fn walk_tree(
    objects: &dyn Objects,
    root: TreeId,
    visit: &mut dyn FnMut(RepoPath, &TreeEntry),
) -> Result<(), UnreadableTree> {
    let mut open = vec![(root, RepoPath::default())];
    while let Some((id, directory)) = open.pop() {
        for entry in objects.tree(id)?.iter() {
            let refuse =
                |why| UnreadableTree::impossible(&entry.name.to_string(), why).in_directory(&directory);
            let path = directory.join(&entry.name).map_err(refuse)?;
            if entry.kind() == EntryKind::Directory {
                open.push((entry.tree(), path.clone()));
            }
            visit(path, entry);
        }
    }
    Ok(())
}

/// Refuses a tree in which something cannot be checked out. Each tree is looked at once, however often it is named.
pub(crate) fn check_tree(objects: &dyn Objects, root: TreeId) -> Result<(), UnreadableTree> {
    let entries = Extents { objects, known: HashMap::new() }.of(root, &RepoPath::default())?.entries;
    if entries > MOST_ENTRIES { Err(UnreadableTree::endless(&RepoPath::default())) } else { Ok(()) }
}

/// The tree that git takes a tree for: each mode that git no longer writes is replaced by git's own, on all levels.
///
/// `keep` is given the bytes of each tree that differs from the one it stands for, the innermost first.
pub(crate) fn usual_tree<E: From<UnreadableTree>>(
    objects: &dyn Objects,
    root: TreeId,
    keep: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<TreeId, E> {
    Usual { objects, known: HashMap::new(), keep }.of(root)
}

struct Usual<'a, E> {
    objects: &'a dyn Objects,
    known: HashMap<TreeId, TreeId>,
    keep: &'a mut dyn FnMut(&[u8]) -> Result<(), E>,
}

impl<E: From<UnreadableTree>> Usual<'_, E> {
    fn of(&mut self, id: TreeId) -> Result<TreeId, E> {
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        let entries = self.objects.tree(id)?;
        let mut is_odd = false;
        let mut usual = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            let is_directory = entry.kind() == EntryKind::Directory;
            let below = if is_directory { *self.of(entry.tree())?.as_bytes() } else { entry.id };
            is_odd |= entry.is_odd() || below != entry.id;
            usual.push(entry.usual(below));
        }
        let stands_for_it = if is_odd { tree_id(&usual) } else { id };
        if is_odd {
            (self.keep)(&render(&usual))?;
        }
        self.known.insert(id, stands_for_it);
        Ok(stands_for_it)
    }
}

/// What lies in a directory, on all levels.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// Directories in each other.
    height: usize,
    /// Files and directories, each as often as it is named.
    entries: u64,
}

struct Extents<'a> {
    objects: &'a dyn Objects,
    known: HashMap<TreeId, Extent>,
}

impl Extents<'_> {
    fn of(&mut self, id: TreeId, directory: &RepoPath) -> Result<Extent, UnreadableTree> {
        if let Some(known) = self.known.get(&id) {
            return Ok(*known);
        }
        let entries = self.objects.tree(id).map_err(|error| error.in_directory(directory))?;
        let mut extent = Extent::default();
        for entry in entries.iter() {
            let refuse =
                |why| UnreadableTree::impossible(&entry.name.to_string(), why).in_directory(directory);
            let path = directory.join(&entry.name).map_err(refuse)?;
            extent.entries = extent.entries.saturating_add(1);
            if entry.kind() == EntryKind::Other && !entry.is_gitlink() {
                return Err(refuse("its mode is not one of git's"));
            }
            if entry.kind() == EntryKind::Directory {
                let below = self.of(entry.tree(), &path)?;
                if path.parts().count() + below.height > DEEPEST {
                    return Err(refuse("its directories lie too deep"));
                }
                extent.height = extent.height.max(below.height + 1);
                extent.entries = extent.entries.saturating_add(below.entries);
            }
        }
        self.known.insert(id, extent);
        Ok(extent)
    }
}
