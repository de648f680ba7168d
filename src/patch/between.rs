//! What is different between two trees.

use std::collections::BTreeMap;

use super::diff::diff;
use super::error::Error;
use super::model::{Content, FileMode, FilePatch, Side};
use crate::repo::{EntryKind, MOST_ENTRIES, Objects, PathPart, RepoPath, TreeEntry, TreeId, UnreadableTree};

/// A path that is different. If its type changes, it has two changes, as in a patch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Change {
    pub(crate) path: RepoPath,
    pub(crate) old: Option<Side>,
    pub(crate) new: Option<Side>,
}

/// The changes from one tree to another, in the order of a patch. Reads trees only, and only those that differ.
///
/// Modes that git no longer writes count as the modes as which git treats them. So the changes lead exactly to the new
/// tree only if both trees have none: see [`usual_tree`](crate::repo::usual_tree).
pub(crate) fn between(
    objects: &dyn Objects,
    old: TreeId,
    new: TreeId,
) -> Result<Vec<Change>, UnreadableTree> {
    let mut walk = Walk { objects, entries: 0, changes: Vec::new() };
    walk.directory(&RepoPath::default(), Some(old), Some(new))?;
    // A walk by directories has another order than the paths: `a.b` is between `a` and `a/b`. The sort is stable, so a
    // path is still removed before it is added.
    walk.changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walk.changes)
}

/// Adds the contents to changes.
pub(crate) fn describe(objects: &dyn Objects, changes: Vec<Change>) -> Result<Vec<FilePatch>, Error> {
    let read = |side: Option<Side>| match side.and_then(|side| side.blob()) {
        Some(id) => objects.blob(id),
        None => Ok(Vec::new()),
    };
    let describe = |Change { path, old, new }: Change| {
        let is_same = matches!((old, new), (Some(old), Some(new)) if old.id == new.id);
        let is_gitlink = [old, new].into_iter().flatten().any(|side| side.mode == FileMode::Gitlink);
        let content = if is_same || is_gitlink { Content::None } else { diff(&read(old)?, &read(new)?) };
        Ok(FilePatch { path, old, new, content })
    };
    changes.into_iter().map(describe).collect()
}

struct Walk<'a> {
    objects: &'a dyn Objects,
    entries: u64,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        directory: &RepoPath,
        old: Option<TreeId>,
        new: Option<TreeId>,
    ) -> Result<(), UnreadableTree> {
        if old == new {
            return Ok(());
        }
        let mut read = |id: Option<TreeId>| -> Result<_, UnreadableTree> {
            let Some(id) = id else { return Ok(None) };
            let entries = self.objects.tree(id).map_err(|error| error.in_directory(directory))?;
            self.entries += entries.len() as u64;
            Ok(Some(entries))
        };
        let (old, new) = (read(old)?, read(new)?);
        if self.entries > 2 * MOST_ENTRIES {
            return Err(UnreadableTree::endless(directory));
        }
        let mut names: BTreeMap<&PathPart, [Option<&TreeEntry>; 2]> = BTreeMap::new();
        for (side, entries) in [old.as_deref(), new.as_deref()].into_iter().enumerate() {
            for entry in entries.unwrap_or_default() {
                names.entry(&entry.name).or_default()[side] = Some(entry);
            }
        }
        for (name, sides) in names {
            let refuse = |why| UnreadableTree::impossible(&name.to_string(), why).in_directory(directory);
            let path = directory.join(name).map_err(refuse)?;
            self.entry(&path, sides)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &RepoPath, sides: [Option<&TreeEntry>; 2]) -> Result<(), UnreadableTree> {
        let [old, new] = sides.map(|entry| entry.and_then(Side::of));
        let mut add = |old, new| {
            if old != new {
                self.changes.push(Change { path: path.clone(), old, new });
            }
        };
        match (old, new) {
            (Some(before), Some(after)) if !before.mode.is_same_type(after.mode) => {
                add(old, None);
                add(None, new);
            }
            _ => add(old, new),
        }
        let below = |entry: Option<&TreeEntry>| {
            entry.filter(|entry| entry.kind() == EntryKind::Directory).map(TreeEntry::tree)
        };
        self.directory(path, below(sides[0]), below(sides[1]))
    }
}
