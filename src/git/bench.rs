//! The objects that steps read: those in stores, and those that the steps before made.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use git2::{ObjectType, Repository};

use crate::git::Error;
use crate::git::ids::{is_in, oid};
use crate::git::store::Store;
use crate::repo::{BlobId, EntryKind, Objects, TreeEntry, TreeId, UnreadableTree, parse_tree};

/// Objects of several stores, and new ones. An object is read from the first store that has it.
#[derive(Default)]
pub(super) struct Bench {
    stores: Vec<Store>,
    repositories: RefCell<Vec<Repository>>,
    trees: HashMap<TreeId, Arc<[TreeEntry]>>,
    blobs: HashMap<BlobId, Vec<u8>>,
    read: RefCell<HashMap<TreeId, Arc<[TreeEntry]>>>,
}

impl Bench {
    pub(super) fn add_store(&mut self, store: &Store) -> Result<(), Error> {
        if self.stores.iter().all(|known| known.directory() != store.directory()) {
            self.stores.push(store.clone());
        }
        self.refresh()
    }

    /// Opens the stores anew, after something was fetched.
    pub(super) fn refresh(&self) -> Result<(), Error> {
        let opened = self.stores.iter().map(Store::repository).collect::<Result<Vec<_>, Error>>()?;
        for repository in &opened {
            repository.odb()?.refresh()?;
        }
        *self.repositories.borrow_mut() = opened;
        Ok(())
    }

    pub(super) fn add_trees<'t>(
        &mut self,
        trees: impl IntoIterator<Item = &'t (TreeId, Vec<u8>)>,
    ) -> Result<(), UnreadableTree> {
        for (id, bytes) in trees {
            self.trees.insert(*id, parse_tree(bytes)?.into());
        }
        Ok(())
    }

    pub(super) fn add_blobs(&mut self, blobs: HashMap<BlobId, Vec<u8>>) {
        self.blobs.extend(blobs);
    }

    /// Takes the objects of a tree that are not here from other objects.
    pub(super) fn copy(&mut self, other: &dyn Objects, root: TreeId) -> Result<(), UnreadableTree> {
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            if self.tree(id).is_ok() {
                continue;
            }
            let entries = other.tree(id)?;
            for entry in entries.iter() {
                match entry.kind() {
                    EntryKind::Directory => open.push(entry.tree()),
                    EntryKind::File | EntryKind::Symlink if !self.has(entry.blob()) => {
                        self.blobs.insert(entry.blob(), other.blob(entry.blob())?);
                    }
                    EntryKind::File | EntryKind::Symlink | EntryKind::Other => {}
                }
            }
            self.trees.insert(id, entries);
        }
        Ok(())
    }

    /// Whether a blob can be read.
    pub(super) fn has(&self, id: BlobId) -> bool {
        let is_there =
            |repository: &Repository| repository.odb().is_ok_and(|odb| is_in(&odb, oid(id.as_bytes())));
        self.blobs.contains_key(&id) || self.repositories.borrow().iter().any(is_there)
    }

    fn object(&self, id: &[u8; 20], kind: ObjectType) -> Result<Vec<u8>, UnreadableTree> {
        let id = oid(id);
        let damaged = |why: &str| UnreadableTree::damaged(&id.to_string(), why);
        for repository in self.repositories.borrow().iter() {
            let odb = repository.odb().map_err(|error| damaged(error.message()))?;
            if is_in(&odb, id) {
                let object = odb.read(id).map_err(|error| damaged(error.message()))?;
                return if object.kind() == kind {
                    Ok(object.data().to_vec())
                } else {
                    Err(damaged("it is an object of another type"))
                };
            }
        }
        Err(damaged("it is missing"))
    }
}

impl Objects for Bench {
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        if let Some(known) = self.trees.get(&id) {
            return Ok(Arc::clone(known));
        }
        if let Some(known) = self.read.borrow().get(&id) {
            return Ok(Arc::clone(known));
        }
        let entries: Arc<[TreeEntry]> = parse_tree(&self.object(id.as_bytes(), ObjectType::Tree)?)?.into();
        self.read.borrow_mut().insert(id, Arc::clone(&entries));
        Ok(entries)
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        match self.blobs.get(&id) {
            Some(content) => Ok(content.clone()),
            None => self.object(id.as_bytes(), ObjectType::Blob),
        }
    }
}
