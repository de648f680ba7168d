//! A tree of git as a tree of files.

use std::cell::RefCell;

use git2::{ErrorClass, ObjectType, Repository};

use super::Error;
use super::store::{bytes, oid};
use crate::repo::{BlobId, Content, Entry, EntryKind, FileTree, Objects, TreeEntry, TreeId, UnreadableTree};

/// The files of one commit, read from a store.
pub(crate) struct GitTree<'a> {
    repository: RefCell<Repository>,
    root: git2::Oid,
    again: Again<'a>,
}

/// Makes a damaged store anew, with everything of the commit.
type Again<'a> = Box<dyn Fn() -> Result<Repository, Error> + 'a>;

impl<'a> GitTree<'a> {
    pub(super) fn new(repository: Repository, root: TreeId, again: Again<'a>) -> Self {
        Self { repository: RefCell::new(repository), root: oid(root.as_bytes()), again }
    }

    pub(crate) fn id(&self) -> TreeId {
        TreeId::from_bytes(bytes(self.root))
    }

    /// Reads from the store; where it turns out to be damaged, once more from a new one.
    fn read_from<T>(&self, read: impl Fn(&Repository) -> Result<T, git2::Error>) -> Result<T, git2::Error> {
        let damage = match read(&self.repository.borrow()) {
            Err(error) if matches!(error.class(), ErrorClass::Odb | ErrorClass::Zlib) => error,
            other => return other,
        };
        let Ok(repository) = (self.again)() else { return Err(damage) };
        *self.repository.borrow_mut() = repository;
        read(&self.repository.borrow())
    }

    /// The ids of the files at these paths; those that are not there, or are no files, are left out.
    pub(crate) fn blobs<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<Vec<BlobId>, Error> {
        let mut ids = Vec::new();
        for path in paths {
            if let Some((id, ObjectType::Blob)) = self.read_from(|repository| self.find(repository, path))? {
                ids.push(BlobId::from_bytes(bytes(id)));
            }
        }
        Ok(ids)
    }

    /// Whether git is told to leave a path of this checkout alone.
    pub(crate) fn ignores(&self, path: &std::path::Path) -> bool {
        self.repository.borrow().status_should_ignore(path).unwrap_or(false)
    }

    fn find(
        &self,
        repository: &Repository,
        path: &str,
    ) -> Result<Option<(git2::Oid, ObjectType)>, git2::Error> {
        let root = repository.find_tree(self.root)?;
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

    fn list(&self, repository: &Repository, directory: &str) -> Result<Vec<Entry>, git2::Error> {
        let Some((id, ObjectType::Tree)) = self.find(repository, directory)? else {
            return Ok(Vec::new());
        };
        let tree = repository.find_tree(id)?;
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

impl FileTree for GitTree<'_> {
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree> {
        self.read_from(|repository| self.list(repository, directory))
            .map_err(|error| unreadable(directory, &error))
    }

    fn read(&self, path: &str, limit: usize) -> Result<Option<Content>, UnreadableTree> {
        let read = |repository: &Repository| {
            let Some((id, ObjectType::Blob)) = self.find(repository, path)? else { return Ok(None) };
            // A header says it before anything is inflated.
            let (length, _) = repository.odb()?.read_header(id)?;
            Ok(Some(if length > limit {
                Content::TooLong
            } else {
                Content::Bytes(repository.find_blob(id)?.content().to_vec())
            }))
        };
        self.read_from(read).map_err(|error| unreadable(path, &error))
    }
}

impl Objects for GitTree<'_> {
    fn tree(&self, id: TreeId) -> Result<Vec<TreeEntry>, UnreadableTree> {
        let entry = |entry: git2::TreeEntry<'_>| TreeEntry {
            mode: u32::try_from(entry.filemode_raw()).unwrap_or_default(),
            name: entry.name_bytes().to_owned(),
            id: bytes(entry.id()),
        };
        let read = |repository: &Repository| {
            Ok(repository.find_tree(oid(id.as_bytes()))?.iter().map(entry).collect())
        };
        self.read_from(read).map_err(|error| unreadable(&id.to_string(), &error))
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        let read = |repository: &Repository| Ok(repository.find_blob(oid(id.as_bytes()))?.content().to_vec());
        self.read_from(read).map_err(|error| unreadable(&id.to_string(), &error))
    }
}

fn unreadable(path: &str, error: &git2::Error) -> UnreadableTree {
    UnreadableTree { path: path.to_owned(), why: error.message().to_owned() }
}
