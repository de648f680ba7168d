//! The modules in trees: the directories with a manifest.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::repo::{EntryKind, MANIFESTS, Objects, RepoPath, TreeEntry, TreeId, UnreadableTree};

/// Looks for modules, and remembers where it looked.
pub(super) struct Modules<'a> {
    objects: &'a dyn Objects,
    known: RefCell<HashMap<(TreeId, RepoPath), bool>>,
}

impl<'a> Modules<'a> {
    pub(super) fn new(objects: &'a dyn Objects) -> Self {
        Self { objects, known: RefCell::default() }
    }

    /// Whether a tree has a module in a directory.
    pub(super) fn are_in(&self, root: TreeId, directory: &RepoPath) -> Result<bool, UnreadableTree> {
        let key = (root, directory.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(*known);
        }
        let mut entries = self.objects.tree(root)?;
        for part in directory.parts() {
            let below = entries.iter().find(|entry| entry.name.as_bytes() == part);
            let tree = below.filter(|entry| entry.kind() == EntryKind::Directory).map(TreeEntry::tree);
            entries = match tree {
                Some(tree) => self.objects.tree(tree).map_err(|error| error.in_directory(directory))?,
                None => [].into(),
            };
        }
        let is_manifest =
            |entry: &TreeEntry| MANIFESTS.iter().any(|name| name.as_bytes() == entry.name.as_bytes());
        let is_module = entries.iter().any(|entry| entry.kind() == EntryKind::File && is_manifest(entry));
        self.known.borrow_mut().insert(key, is_module);
        Ok(is_module)
    }
}

/// The directories above a path, the outermost first. The root is not among them.
pub(super) fn directories_above(path: &RepoPath) -> impl Iterator<Item = RepoPath> + '_ {
    let bytes = path.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
    ends.map(|end| RepoPath::parse(&bytes[..end]).unwrap_or_default())
}
