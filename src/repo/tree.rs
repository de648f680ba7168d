//! Traits for trees of files and for git objects. The rooms that use them do not know where the data is stored.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::path::DEEPEST;
use super::{BlobId, EntryKind, RepoPath, TreeEntry, TreeId, UnreadableTree, render_tree, tree_id};

/// The most files and directories of a repository. Trees that contain the same tree many times can claim any number.
pub(crate) const MOST_ENTRIES: u64 = 1_000_000;

/// The reason to refuse an entry with a mode that git does not have.
pub(crate) const NO_MODE: &str = "its mode is not one of git's";

/// A tree of files: a git tree or a directory on the disk. Paths are relative, with `/`.
pub(crate) trait FileTree {
    /// The direct children of a directory (`""` is the root), sorted by name. Empty if there is no such directory.
    ///
    /// Names that are not UTF-8 are left out: no module and no file that oca reads has such a name.
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree>;

    /// The content of a file of at most `limit` bytes. `None` if there is no file at that path.
    fn read(&self, path: &str, limit: usize) -> Result<Option<Content>, UnreadableTree>;
}

/// The content of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    /// The file is longer than the limit, so it was not read.
    TooLong,
}

/// A direct child of a directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// The id of the git tree, if it is a directory in git.
    pub(crate) tree: Option<TreeId>,
}

/// Trees and blobs by their ids.
pub(crate) trait Objects {
    /// All entries of a tree, in git's order.
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree>;

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree>;

    /// The content of a blob in a buffer that is used again, for many blobs.
    fn blob_in<'b>(&self, id: BlobId, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], UnreadableTree> {
        *buffer = self.blob(id)?;
        Ok(buffer)
    }
}

/// Visits all entries of a tree, each with its path. Call [`check_tree`] first.
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

/// Refuses a tree if something in it cannot be checked out. Each tree is read once, even if it occurs many times.
pub(crate) fn check_tree(objects: &dyn Objects, root: TreeId) -> Result<(), UnreadableTree> {
    let entries = Extents { objects, known: HashMap::new() }.of(root, &RepoPath::default())?.entries;
    if entries > MOST_ENTRIES { Err(UnreadableTree::endless(&RepoPath::default())) } else { Ok(()) }
}

/// Refuses symlinks without a target that a file system could hold. All their blobs must be there. Call [`check_tree`]
/// first.
pub(crate) fn check_targets(objects: &dyn Objects, root: TreeId) -> Result<(), UnreadableTree> {
    let mut links = Vec::new();
    walk_tree(objects, root, &mut |path, entry| {
        if entry.kind() == EntryKind::Symlink {
            links.push((path, entry.blob()));
        }
    })?;
    let mut fine = HashSet::new();
    for (path, blob) in links {
        if fine.insert(blob) {
            check_target(&objects.blob(blob)?)
                .map_err(|why| UnreadableTree::impossible(&path.to_string(), why))?;
        }
    }
    Ok(())
}

/// The reason why no symlink can have this target.
pub(crate) fn check_target(target: &[u8]) -> Result<(), &'static str> {
    match target {
        [] => Err("it is a symlink without a target"),
        _ if target.contains(&0) => Err("it is a symlink whose target contains a NUL character"),
        _ => Ok(()),
    }
}

/// What is at a path, such as `addons/web_x`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum AtPath {
    Directory(TreeId),
    /// A part of the path is a symlink. Its target is known only to the file system.
    Link,
    Nothing,
}

/// What a tree has at a path. The empty path is the tree itself.
pub(crate) fn at_path(objects: &dyn Objects, root: TreeId, path: &str) -> Result<AtPath, UnreadableTree> {
    let mut id = root;
    for part in path.split('/').filter(|_| !path.is_empty()) {
        match child(&objects.tree(id)?, part) {
            AtPath::Directory(tree) => id = tree,
            end => return Ok(end),
        }
    }
    Ok(AtPath::Directory(id))
}

/// What a directory with these entries has under a name.
pub(crate) fn child(entries: &[TreeEntry], name: &str) -> AtPath {
    let found = entries.iter().find(|entry| entry.name.as_bytes() == name.as_bytes());
    match found.map(|entry| (entry, entry.kind())) {
        Some((entry, EntryKind::Directory)) => AtPath::Directory(entry.tree()),
        Some((_, EntryKind::Symlink)) => AtPath::Link,
        _ => AtPath::Nothing,
    }
}

/// The tree as which git treats a tree: on all levels, modes that git no longer writes are replaced by git's own modes.
///
/// `keep` gets the bytes of each tree that is different after the replacement, the innermost first.
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
            (self.keep)(&render_tree(&usual))?;
        }
        self.known.insert(id, stands_for_it);
        Ok(stands_for_it)
    }
}

/// The size of a directory with everything below it.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// How many levels of directories are below it.
    height: usize,
    /// The number of files and directories. A tree that occurs several times is counted each time.
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
                return Err(refuse(NO_MODE));
            }
            if entry.kind() == EntryKind::Directory {
                let below = self.of(entry.tree(), &path)?;
                if path.parts().count() + below.height > DEEPEST {
                    return Err(refuse("its directories are nested too deeply"));
                }
                extent.height = extent.height.max(below.height + 1);
                extent.entries = extent.entries.saturating_add(below.entries);
            }
        }
        self.known.insert(id, extent);
        Ok(extent)
    }
}
