//! The tree that a patch gives, computed from the trees of its base and the ids in the patch. No content is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Error;
use super::model::{FilePatch, Side};
use crate::repo::{
    EntryKind, Mode, Objects, PathPart, RepoPath, TreeEntry, TreeId, UnreadableTree, parse_tree, render_tree,
    shown, sort_tree, tree_id,
};

/// A tree, and those of its trees that the base does not have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NewTrees {
    pub(crate) root: TreeId,
    /// The bytes of each new tree, the innermost first.
    pub(crate) trees: Vec<(TreeId, Vec<u8>)>,
}

/// The tree that the files of a patch give on a base. Every old side must be in the base as the patch says.
///
/// The order of the files does not matter, except that a path is removed before it is added again.
pub(crate) fn result(objects: &dyn Objects, base: TreeId, files: &[FilePatch]) -> Result<NewTrees, Error> {
    let mut sorted: Vec<&FilePatch> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut build = Build { objects, trees: Vec::new() };
    let root = build.directory(&RepoPath::default(), Some(base), &sorted)?;
    let root = match root {
        Some(root) => root,
        None => build.keep(&[], &RepoPath::default())?,
    };
    Ok(NewTrees { root, trees: build.trees })
}

struct Build<'a> {
    objects: &'a dyn Objects,
    trees: Vec<(TreeId, Vec<u8>)>,
}

impl Build<'_> {
    /// Applies the files below a directory, sorted by path. `None` if nothing is left: git has no empty directories.
    fn directory(
        &mut self,
        directory: &RepoPath,
        base: Option<TreeId>,
        files: &[&FilePatch],
    ) -> Result<Option<TreeId>, Error> {
        let start = if *directory == RepoPath::default() { 0 } else { directory.as_bytes().len() + 1 };
        let entries: Arc<[TreeEntry]> = match base {
            Some(id) => self.objects.tree(id).map_err(|error| error.in_directory(directory))?,
            None => Arc::default(),
        };
        let mut by_name: BTreeMap<PathPart, TreeEntry> =
            entries.iter().map(|entry| (entry.name.clone(), entry.clone())).collect();
        // Other names can come between a file and what is below a directory of its name: `a`, `a.b`, `a/b`.
        let mut groups: BTreeMap<&[u8], Vec<&FilePatch>> = BTreeMap::new();
        for file in files {
            let rest = file.path.as_bytes().get(start..).unwrap_or_default();
            let name = rest.split(|&byte| byte == b'/').next().unwrap_or_default();
            groups.entry(name).or_default().push(file);
        }
        for (name, files) in groups {
            let impossible = |why| UnreadableTree::impossible(&shown(name), why).in_directory(directory);
            let name = PathPart::parse(name).map_err(impossible)?;
            let path = directory.join(&name).map_err(impossible)?;
            let found = by_name.remove(&name);
            if let Some(entry) = self.entry(&path, &name, found, &files)? {
                by_name.insert(name, entry);
            }
        }
        if by_name.is_empty() {
            return Ok(None);
        }
        let mut entries: Vec<TreeEntry> = by_name.into_values().collect();
        sort_tree(&mut entries);
        self.keep(&entries, directory).map(Some)
    }

    /// Applies the files of one path: those that change the path itself, and those below it.
    fn entry(
        &mut self,
        path: &RepoPath,
        name: &PathPart,
        found: Option<TreeEntry>,
        files: &[&FilePatch],
    ) -> Result<Option<TreeEntry>, Error> {
        let (own, below): (Vec<&FilePatch>, Vec<&FilePatch>) =
            files.iter().partition(|file| file.path == *path);
        let mut entry = found;
        // What is removed makes room for a directory.
        for file in own.iter().filter(|file| file.new.is_none()) {
            check_old(entry.as_ref(), file)?;
            entry = None;
        }
        if !below.is_empty() {
            let tree = match &entry {
                Some(entry) if entry.kind() == EntryKind::Directory => Some(entry.tree()),
                Some(_) => return Err(Error::Exists { path: path.clone() }),
                None => None,
            };
            entry = self.directory(path, tree, &below)?.map(|tree| TreeEntry {
                mode: Mode::usual(0o040_000),
                name: name.clone(),
                id: *tree.as_bytes(),
            });
        }
        for file in own {
            let Some(new) = file.new else { continue };
            check_old(entry.as_ref(), file)?;
            entry = Some(TreeEntry { mode: new.mode.in_tree(), name: name.clone(), id: new.id });
        }
        Ok(entry)
    }

    /// Keeps a new tree. Refuses one that git would not check out.
    fn keep(&mut self, entries: &[TreeEntry], directory: &RepoPath) -> Result<TreeId, Error> {
        let (id, bytes) = (tree_id(entries), render_tree(entries));
        parse_tree(&bytes).map_err(|error| error.in_directory(directory))?;
        self.trees.push((id, bytes));
        Ok(id)
    }
}

/// Whether the tree has what the patch changes.
fn check_old(found: Option<&TreeEntry>, file: &FilePatch) -> Result<(), Error> {
    let path = file.path.clone();
    match (found, file.old) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Error::Exists { path }),
        (None, Some(_)) => Err(Error::Missing { path }),
        (Some(entry), Some(old)) if Side::of(entry) == Some(old) => Ok(()),
        (Some(entry), Some(old)) => {
            let found = Side::of(entry).map_or_else(|| "a directory".to_owned(), |side| side.to_string());
            Err(Error::OtherBase { path, expected: old.to_string(), found })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::between::between;
    use super::super::model::{Content, FileMode};
    use super::*;
    use crate::repo::BlobId;

    #[derive(Default)]
    struct Memory(HashMap<TreeId, Arc<[TreeEntry]>>);

    impl Memory {
        fn add(&mut self, entries: &[(&str, &str, [u8; 20])]) -> TreeId {
            let entry = |(mode, name, id): &(&str, &str, [u8; 20])| TreeEntry {
                mode: Mode::parse(mode).expect("a mode"),
                name: PathPart::parse(name.as_bytes()).expect("a name"),
                id: *id,
            };
            let mut entries: Vec<TreeEntry> = entries.iter().map(entry).collect();
            sort_tree(&mut entries);
            let id = tree_id(&entries);
            self.0.insert(id, entries.into());
            id
        }
    }

    impl Objects for Memory {
        fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
            self.0.get(&id).cloned().ok_or_else(|| UnreadableTree::damaged("tree", "it is missing"))
        }

        fn blob(&self, _id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
            panic!("no content is read")
        }
    }

    fn file(path: &str, old: Option<(FileMode, u8)>, new: Option<(FileMode, u8)>) -> FilePatch {
        let side = |(mode, id)| Side { mode, id: [id; 20] };
        let path = RepoPath::parse(path.as_bytes()).expect("a path");
        FilePatch { path, old: old.map(side), new: new.map(side), content: Content::None }
    }

    use FileMode::{Executable, Plain, Symlink};

    #[test]
    fn a_base_that_the_patch_does_not_know_is_refused_by_name() {
        let mut memory = Memory::default();
        let below = memory.add(&[("100644", "x", [1; 20])]);
        let base = memory.add(&[("40000", "d", *below.as_bytes()), ("100644", "f", [2; 20])]);
        let refusal =
            |file: FilePatch| result(&memory, base, &[file]).expect_err("it is refused").to_string();
        let id = |byte: u8| BlobId::from_bytes([byte; 20]);
        for (file, expected) in [
            (file("f", None, Some((Plain, 3))), "`f` cannot be added: the tree has it already".to_owned()),
            (file("d", None, Some((Plain, 3))), "`d` cannot be added: the tree has it already".to_owned()),
            (file("f/y", None, Some((Plain, 3))), "`f` cannot be added: the tree has it already".to_owned()),
            (file("d/y", Some((Plain, 3)), None), "`d/y` does not exist in the tree".to_owned()),
            (
                file("d/x", Some((Plain, 3)), Some((Plain, 4))),
                format!("the patch changes `d/x` as 100644 {}, but the tree has 100644 {}", id(3), id(1)),
            ),
            (
                file("f", Some((Executable, 2)), None),
                format!("the patch changes `f` as 100755 {0}, but the tree has 100644 {0}", id(2)),
            ),
            (
                file("d", Some((Plain, 3)), None),
                format!("the patch changes `d` as 100644 {}, but the tree has a directory", id(3)),
            ),
            (
                file("F", None, Some((Symlink, 3))),
                "`F` cannot be checked out: a symlink and another entry differ only in case".to_owned(),
            ),
            (
                file("d/.gitmodules", None, Some((Symlink, 3))),
                "`d/.gitmodules` cannot be checked out: git refuses a symlink with this name".to_owned(),
            ),
        ] {
            assert_eq!(refusal(file), expected);
        }
    }

    #[test]
    fn what_is_not_changed_keeps_its_bytes() {
        let mut memory = Memory::default();
        let below = memory.add(&[("100664", "x", [1; 20]), ("100664", "y", [1; 20])]);
        let other = memory.add(&[("100600", "x", [1; 20])]);
        let base = memory.add(&[
            ("040000", "d", *below.as_bytes()),
            ("040000", "e", *other.as_bytes()),
            ("100664", "f", [2; 20]),
        ]);
        // Git knows the mode 100664 as 100644.
        let change = file("d/x", Some((Plain, 1)), Some((Plain, 3)));
        let trees = result(&memory, base, std::slice::from_ref(&change)).expect("it applies");
        let below = memory.add(&[("100644", "x", [3; 20]), ("100664", "y", [1; 20])]);
        let expected = memory.add(&[
            ("40000", "d", *below.as_bytes()),
            ("040000", "e", *other.as_bytes()),
            ("100664", "f", [2; 20]),
        ]);
        assert_eq!(trees.root, expected);
        assert_eq!(trees.trees.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [below, expected]);
        let changes = between(&memory, base, expected).expect("trees");
        assert_eq!(changes.len(), 1);
        assert_eq!(
            (&changes[0].path, changes[0].old, changes[0].new),
            (&change.path, change.old, change.new)
        );
    }

    #[test]
    fn an_empty_directory_goes_and_an_empty_root_stays() {
        let mut memory = Memory::default();
        let below = memory.add(&[("100644", "x", [1; 20])]);
        let base = memory.add(&[("40000", "d", *below.as_bytes())]);
        let trees = result(&memory, base, &[file("d/x", Some((Plain, 1)), None)]).expect("it applies");
        assert_eq!(trees.root, tree_id(&[]));
        assert_eq!(trees.trees, [(tree_id(&[]), Vec::new())]);
    }
}
