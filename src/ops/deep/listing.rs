//! The source files of a module.

use std::collections::BTreeMap;

use crate::diff::Home;
use crate::git::GitTree;
use crate::pool::share;
use crate::repo::{
    AtPath, BlobId, Content, EntryKind, FileTree, Objects, TreeId, UnreadableTree, at_path, check_tree,
    walk_tree,
};
use crate::source::{self, Source, Unread, kind_of};

/// How deep directories of a folder are read: a symlink in it may lead to the folder itself.
const DEEPEST: usize = 20;
/// The most bytes of a file in a folder that are read. [`source::read`] refuses less.
const MOST_BYTES: usize = 32 << 20;

/// The files of a module in git, by their paths below it.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) tree: TreeId,
    pub(super) sources: BTreeMap<String, BlobId>,
    /// Of everything.
    pub(super) paths: Vec<String>,
}

impl Listing {
    /// `None` if the module is not there, or a symlink leads to it in a repository of Odoo itself.
    pub(super) fn of(home: &Home<'_>, tree: &GitTree<'_>) -> Result<Option<Self>, UnreadableTree> {
        let id = if home.repo.core.is_none() {
            home.module.tree
        } else {
            match at_path(tree, tree.id(), &home.module.path())? {
                AtPath::Directory(id) => id,
                AtPath::Link | AtPath::Nothing => return Ok(None),
            }
        };
        check_tree(tree, id)?;
        let mut listing = Self { tree: id, sources: BTreeMap::new(), paths: Vec::new() };
        walk_tree(tree, id, &mut |path, entry| {
            let Ok(path) = std::str::from_utf8(path.as_bytes()) else { return };
            if entry.kind() == EntryKind::File {
                if kind_of(path).is_some() {
                    listing.sources.insert(path.to_owned(), entry.blob());
                }
                listing.paths.push(path.to_owned());
            }
        })?;
        Ok(Some(listing))
    }
}

/// Reads source files. Their blobs must be in the store.
pub(super) fn read_blobs<'p>(
    tree: &GitTree<'_>,
    blobs: impl Iterator<Item = (&'p str, BlobId)>,
) -> Result<Vec<(&'p str, Source)>, UnreadableTree> {
    let texts = blobs.map(|(path, blob)| Ok((path, tree.blob(blob)?)));
    let texts: Vec<(&str, Vec<u8>)> = texts.collect::<Result<_, UnreadableTree>>()?;
    share(&texts, |(path, text)| Ok((*path, source::read(path, text))))
}

/// Reads the source files of a module in a folder, or in a revision of the project.
pub(crate) fn read_folder(
    tree: &dyn FileTree,
    module: &str,
) -> Result<BTreeMap<String, Source>, UnreadableTree> {
    let (mut open, mut files) = (vec![(String::new(), 0)], BTreeMap::new());
    while let Some((directory, depth)) = open.pop() {
        let at = if directory.is_empty() { module.to_owned() } else { format!("{module}/{directory}") };
        for entry in tree.entries(&at)? {
            let path = if directory.is_empty() { entry.name } else { format!("{directory}/{}", entry.name) };
            match entry.kind {
                EntryKind::Directory if depth < DEEPEST => open.push((path, depth + 1)),
                EntryKind::File if kind_of(&path).is_some() => {
                    let source = match tree.read(&format!("{module}/{path}"), MOST_BYTES)? {
                        Some(Content::Bytes(text)) => source::read(&path, &text),
                        Some(Content::TooLong) => {
                            Err(Unread { line: 0, why: "it is larger than 32 MiB".to_owned() })
                        }
                        None => continue,
                    };
                    files.insert(path, source);
                }
                _ => {}
            }
        }
    }
    Ok(files)
}
