//! The merge of trees: for each path that theirs changes, what becomes of it in ours. Reads trees only.
//!
//! This is not libgit2's `merge_trees`: that one looks for attributes and merge drivers in the user's configuration, even
//! in a repository of its own, and the same lock would give different trees on two machines. Without renames, a merge of
//! trees is a merge of paths.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::conflict::{Conflict, ConflictKind, merged_mode};
use super::modules::{Modules, directories_above};
use crate::patch::{Change, FileMode, Side, between};
use crate::repo::{
    BlobId, EntryKind, Objects, RepoPath, TreeEntry, TreeId, UnreadableTree, blob_id, walk_tree,
};

/// What is merged. Trees that both sides share are not read.
#[derive(Clone, Copy)]
pub(super) struct Trees {
    /// The tree from which theirs started.
    pub(super) ancestor: TreeId,
    /// The base with the steps so far.
    pub(super) ours: TreeId,
}

/// What a merge of trees gives.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The changes of ours that need no content.
    pub(super) changes: Vec<Change>,
    /// The files whose content both changed.
    pub(super) both: Vec<Both>,
    pub(super) conflicts: Vec<Conflict>,
}

/// A regular file on both sides. Its content is different in all three, or both sides added it.
#[derive(Clone, Debug)]
pub(super) struct Both {
    pub(super) path: RepoPath,
    pub(super) ancestor: Option<Side>,
    pub(super) ours: Side,
    pub(super) theirs: Side,
    /// The mode of the result.
    pub(super) mode: FileMode,
}

impl Both {
    pub(super) fn conflict(&self, kind: ConflictKind) -> Conflict {
        let (ours, theirs) = (Some(self.ours), Some(self.theirs));
        Conflict { path: self.path.clone(), kind, ancestor: self.ancestor, ours, theirs }
    }
}

/// Merges changes of the ancestor into ours.
pub(super) fn merge_trees(
    objects: &dyn Objects,
    trees: Trees,
    theirs: &[Change],
) -> Result<Merged, UnreadableTree> {
    // A change of the type is two changes of one path.
    let mut by_path: BTreeMap<&RepoPath, (Option<Side>, Option<Side>)> = BTreeMap::new();
    for change in theirs {
        let sides = by_path.entry(&change.path).or_insert((change.old, change.new));
        sides.0 = sides.0.or(change.old);
        sides.1 = change.new;
    }
    let mut merge = Merge {
        objects,
        trees,
        modules: Modules::new(objects),
        gone: BTreeSet::new(),
        merged: Merged::default(),
    };
    let (mut added, mut removed_by_both) = (Vec::new(), Vec::new());
    for (path, (ancestor, theirs)) in by_path {
        let found = merge.find(trees.ours, path)?;
        let ours = found.side();
        if theirs.is_none() && ours.is_some() && ours == ancestor {
            merge.gone.insert(path.clone());
        }
        if theirs.is_none() && ours.is_none() {
            removed_by_both.extend(ancestor.and_then(|side| side.blob()));
        }
        if ours == ancestor {
            added.extend(theirs.filter(|_| ours.is_none()).map(|theirs| (path, theirs)));
            merge.merged.changes.extend(changes(path, ours, theirs));
        } else if ours != theirs {
            merge.both_changed(path, ancestor, ours, theirs);
        }
    }
    let new = theirs.iter().filter(|change| change.old.is_none());
    let new = new.filter_map(|change| Some((change.new?.blob()?, change.path.clone())));
    let renamed = merge.renamed_by_both(removed_by_both, &once(new))?;
    for (path, theirs) in added {
        if let Some(kind) = merge.no_place(path, theirs, &renamed)? {
            merge.merged.changes.retain(|change| change.path != *path);
            let path = path.clone();
            let conflict = Conflict { path, kind, ancestor: None, ours: None, theirs: Some(theirs) };
            merge.merged.conflicts.push(conflict);
        }
    }
    Ok(merge.merged)
}

/// The change of a path, as a patch has it: if its type changes, it is removed and added again.
pub(super) fn changes(path: &RepoPath, old: Option<Side>, new: Option<Side>) -> Vec<Change> {
    let change = |old, new| Change { path: path.clone(), old, new };
    let is_file = |side: Side| matches!(side.mode, FileMode::Plain | FileMode::Executable);
    match (old, new) {
        (before, after) if before == after => Vec::new(),
        (Some(before), Some(after)) if before.mode != after.mode && !(is_file(before) && is_file(after)) => {
            vec![change(old, None), change(None, new)]
        }
        _ => vec![change(old, new)],
    }
}

/// What a tree has at a path.
enum Found {
    Nothing,
    Side(Side),
    Directory(TreeId),
    /// A part of the path is not a directory.
    Blocked(RepoPath),
}

impl Found {
    fn side(&self) -> Option<Side> {
        if let Self::Side(side) = self { Some(*side) } else { None }
    }
}

struct Merge<'a> {
    objects: &'a dyn Objects,
    trees: Trees,
    modules: Modules<'a>,
    /// The paths that ours has, and that the merge removes.
    gone: BTreeSet<RepoPath>,
    merged: Merged,
}

impl Merge<'_> {
    fn find(&self, root: TreeId, path: &RepoPath) -> Result<Found, UnreadableTree> {
        let (mut tree, mut so_far) = (root, RepoPath::default());
        let mut parts = path.parts().peekable();
        while let Some(part) = parts.next() {
            let entries = self.entries(tree, &so_far)?;
            let Some(entry) = entries.iter().find(|entry| entry.name.as_bytes() == part) else {
                return Ok(Found::Nothing);
            };
            so_far = join(&so_far, entry)?;
            match (Side::of(entry), parts.peek()) {
                (None, Some(_)) => tree = entry.tree(),
                (None, None) => return Ok(Found::Directory(entry.tree())),
                (Some(side), None) => return Ok(Found::Side(side)),
                (Some(_), Some(_)) => return Ok(Found::Blocked(so_far)),
            }
        }
        Ok(Found::Directory(tree))
    }

    fn entries(&self, tree: TreeId, at: &RepoPath) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        self.objects.tree(tree).map_err(|error| error.in_directory(at))
    }

    /// Both sides changed the entry, in different ways.
    fn both_changed(
        &mut self,
        path: &RepoPath,
        ancestor: Option<Side>,
        ours: Option<Side>,
        theirs: Option<Side>,
    ) {
        let mut conflict = |kind| {
            self.merged.conflicts.push(Conflict { path: path.clone(), kind, ancestor, ours, theirs });
        };
        let (Some(our), Some(their)) = (ours, theirs) else {
            return conflict(if ours.is_none() {
                ConflictKind::RemovedByOurs
            } else {
                ConflictKind::RemovedByTheirs
            });
        };
        let modes = [Some(our), Some(their), ancestor].into_iter().flatten().map(|side| side.mode);
        let modes: Vec<FileMode> = modes.collect();
        if modes.contains(&FileMode::Gitlink) {
            return conflict(ConflictKind::Submodule);
        }
        if modes.contains(&FileMode::Symlink) {
            return conflict(ConflictKind::Symlink);
        }
        let Some(mode) = merged_mode(ancestor, our, their) else { return conflict(ConflictKind::Mode) };
        let old = ancestor.map(|old| old.id);
        let id = if our.id == their.id || old == Some(their.id) {
            our.id
        } else if old == Some(our.id) {
            their.id
        } else {
            let path = path.clone();
            self.merged.both.push(Both { path, ancestor, ours: our, theirs: their, mode });
            return;
        };
        self.merged.changes.extend(changes(path, ours, Some(Side { mode, id })));
    }

    /// Why a file that theirs adds cannot simply be added. `renamed` are the files that both renamed.
    fn no_place(
        &self,
        path: &RepoPath,
        theirs: Side,
        renamed: &BTreeMap<BlobId, RepoPath>,
    ) -> Result<Option<ConflictKind>, UnreadableTree> {
        if self.directory_conflict(path)? {
            return Ok(Some(ConflictKind::Directory));
        }
        if let Some(other) = self.same_in_case(path)? {
            return Ok(Some(ConflictKind::Case { other }));
        }
        if let Some(module) = self.lost_module(path)? {
            return Ok(Some(ConflictKind::ModuleGone { module }));
        }
        let other = theirs.blob().and_then(|id| renamed.get(&id));
        Ok(other.map(|other| ConflictKind::RenamedByBoth { other: other.clone() }))
    }

    /// The contents that both sides moved to different paths, with the path of ours: each is removed once, and added once
    /// by each side. `removed` are the contents of the paths that both removed; `by_theirs` are those that theirs adds once.
    fn renamed_by_both(
        &self,
        removed: Vec<BlobId>,
        by_theirs: &BTreeMap<BlobId, RepoPath>,
    ) -> Result<BTreeMap<BlobId, RepoPath>, UnreadableTree> {
        let mut removed = once(removed.into_iter().map(|id| (id, id)));
        // Empty files are the same by chance.
        removed.retain(|id, _| by_theirs.contains_key(id) && *id != blob_id(b""));
        if removed.is_empty() {
            return Ok(BTreeMap::new());
        }
        let changes = between(self.objects, self.trees.ancestor, self.trees.ours)?;
        let new = changes.into_iter().filter(|change| change.old.is_none());
        let mut by_ours = once(new.filter_map(|change| Some((change.new?.blob()?, change.path))));
        by_ours.retain(|id, _| removed.contains_key(id));
        Ok(by_ours)
    }

    /// The outermost module around a path, if the ancestor has it and ours does not.
    fn lost_module(&self, path: &RepoPath) -> Result<Option<RepoPath>, UnreadableTree> {
        for directory in directories_above(path) {
            if self.modules.are_in(self.trees.ancestor, &directory)? {
                let is_lost = !self.modules.are_in(self.trees.ours, &directory)?;
                return Ok(is_lost.then_some(directory));
            }
        }
        Ok(None)
    }

    /// Whether a file that theirs adds is where ours keeps a directory, or below a file of ours.
    fn directory_conflict(&self, path: &RepoPath) -> Result<bool, UnreadableTree> {
        match self.find(self.trees.ours, path)? {
            Found::Nothing | Found::Side(_) => Ok(false),
            Found::Blocked(by) => Ok(!self.gone.contains(&by)),
            Found::Directory(tree) => {
                let mut stays = false;
                walk_tree(self.objects, tree, &mut |below, entry| {
                    let whole = [path.as_bytes(), b"/", below.as_bytes()].concat();
                    let is_gone = RepoPath::parse(&whole).is_ok_and(|whole| self.gone.contains(&whole));
                    stays |= entry.kind() != EntryKind::Directory && !is_gone;
                })?;
                Ok(stays)
            }
        }
    }

    /// An entry of ours that the ancestor does not have, and whose path differs only in case from a path that theirs
    /// adds. If the ancestor has it too, theirs has both names, and the merge changes nothing about that.
    fn same_in_case(&self, path: &RepoPath) -> Result<Option<RepoPath>, UnreadableTree> {
        let (mut tree, mut so_far) = (self.trees.ours, RepoPath::default());
        for part in path.parts() {
            let entries = self.entries(tree, &so_far)?;
            if let Some(entry) = entries.iter().find(|entry| entry.name.as_bytes() == part) {
                so_far = join(&so_far, entry)?;
                if entry.kind() != EntryKind::Directory {
                    return Ok(None);
                }
                tree = entry.tree();
                continue;
            }
            for entry in entries.iter().filter(|entry| folded(entry.name.as_bytes()) == folded(part)) {
                let other = join(&so_far, entry)?;
                if matches!(self.find(self.trees.ancestor, &other)?, Found::Nothing | Found::Blocked(_)) {
                    return Ok(Some(other));
                }
            }
            return Ok(None);
        }
        Ok(None)
    }
}

fn join(directory: &RepoPath, entry: &TreeEntry) -> Result<RepoPath, UnreadableTree> {
    let refuse = |why| UnreadableTree::impossible(&entry.name.to_string(), why).in_directory(directory);
    directory.join(&entry.name).map_err(refuse)
}

fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

/// The keys that come only once, with their values.
fn once<K: Ord, V>(all: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut found: BTreeMap<K, Option<V>> = BTreeMap::new();
    for (key, value) in all {
        match found.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(Some(value))),
            Entry::Occupied(mut entry) => drop(entry.insert(None)),
        }
    }
    found.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}
