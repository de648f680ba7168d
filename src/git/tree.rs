//! A tree of git as a tree of files.

use git2::{ObjectType, Repository};

use super::Error;
use super::store::{bytes, oid};
use crate::repo::{BlobId, Entry, EntryKind, FileTree, Objects, TreeEntry, TreeId, UnreadableTree};

/// The files of one commit, read from a store.
pub(crate) struct GitTree {
    repository: Repository,
    root: git2::Oid,
}

impl GitTree {
    pub(super) fn new(repository: Repository, root: TreeId) -> Self {
        Self { repository, root: oid(root.as_bytes()) }
    }

    /// The ids of the files at these paths; those that are not there, or are no files, are left out.
    pub(crate) fn blobs<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<Vec<BlobId>, Error> {
        let mut ids = Vec::new();
        for path in paths {
            if let Some((id, ObjectType::Blob)) = self.find(path)? {
                ids.push(BlobId::from_bytes(bytes(id)));
            }
        }
        Ok(ids)
    }

    /// Whether git is told to leave a path of this checkout alone.
    pub(crate) fn ignores(&self, path: &std::path::Path) -> bool {
        self.repository.status_should_ignore(path).unwrap_or(false)
    }

    fn find(&self, path: &str) -> Result<Option<(git2::Oid, ObjectType)>, git2::Error> {
        let root = self.repository.find_tree(self.root)?;
        if path.is_empty() || path == "." {
            return Ok(Some((self.root, ObjectType::Tree)));
        }
        match root.get_path(std::path::Path::new(path)) {
            Ok(entry) => Ok(entry.kind().map(|kind| (entry.id(), kind))),
            Err(error)
                if error.code() == git2::ErrorCode::NotFound && error.class() != git2::ErrorClass::Odb =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn list(&self, directory: &str) -> Result<Vec<Entry>, git2::Error> {
        let Some((id, ObjectType::Tree)) = self.find(directory)? else { return Ok(Vec::new()) };
        let tree = self.repository.find_tree(id)?;
        let mut entries: Vec<Entry> = tree
            .iter()
            .filter_map(|entry| {
                let (kind, tree) = match (entry.kind(), entry.filemode()) {
                    (Some(ObjectType::Tree), _) => {
                        (EntryKind::Directory, Some(TreeId::from_bytes(bytes(entry.id()))))
                    }
                    (Some(ObjectType::Blob), 0o120_000) => (EntryKind::Symlink, None),
                    (Some(ObjectType::Blob), _) => (EntryKind::File, None),
                    _ => (EntryKind::Other, None),
                };
                Some(Entry { name: entry.name().ok()?.to_owned(), kind, tree })
            })
            .collect();
        // Git sorts a directory as if its name ended in a slash.
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

impl FileTree for GitTree {
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree> {
        self.list(directory).map_err(|error| unreadable(directory, &error))
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, UnreadableTree> {
        let Some((id, ObjectType::Blob)) = self.find(path).map_err(|error| unreadable(path, &error))? else {
            return Ok(None);
        };
        let blob = self.repository.find_blob(id).map_err(|error| unreadable(path, &error))?;
        Ok(Some(blob.content().to_vec()))
    }
}

impl Objects for GitTree {
    fn tree(&self, id: TreeId) -> Result<Vec<TreeEntry>, UnreadableTree> {
        let tree = self.repository.find_tree(oid(id.as_bytes()));
        let tree = tree.map_err(|error| unreadable(&id.to_string(), &error))?;
        let entry = |entry: git2::TreeEntry<'_>| TreeEntry {
            mode: u32::try_from(entry.filemode_raw()).unwrap_or_default(),
            name: entry.name_bytes().to_owned(),
            id: bytes(entry.id()),
        };
        Ok(tree.iter().map(entry).collect())
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        let blob = self.repository.find_blob(oid(id.as_bytes()));
        let blob = blob.map_err(|error| unreadable(&id.to_string(), &error))?;
        Ok(blob.content().to_vec())
    }
}

fn unreadable(path: &str, error: &git2::Error) -> UnreadableTree {
    UnreadableTree { path: path.to_owned(), why: error.message().to_owned() }
}
