//! A git tree as a tree of files.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use git2::{ErrorClass, ObjectType, Odb, Repository};

use super::ids::{is_in, oid};
use super::packs::{Packs, Reader};
use super::{Error, written};
use crate::repo::{
    BlobId, Content, Entry, EntryKind, FileTree, Objects, TreeEntry, TreeId, UnreadableTree, check_targets,
    check_tree, split_tree,
};

/// The files of one commit, read from a store or a checkout.
pub(crate) struct GitTree<'a> {
    repository: RefCell<Repository>,
    root: TreeId,
    again: Again<'a>,
    trees: RefCell<HashMap<TreeId, Tree>>,
    /// Set by [`GitTree::following`].
    links: Option<Links>,
    /// Set by [`GitTree::reading`].
    reader: Option<RefCell<Reader>>,
}

/// A parsed tree: the entries that can be checked out, and the reason if others cannot.
#[derive(Clone)]
struct Tree {
    entries: Arc<[TreeEntry]>,
    fault: Option<UnreadableTree>,
    /// The places of the entries by name, once a large tree is asked.
    places: Rc<OnceCell<HashMap<Vec<u8>, usize>>>,
}

impl Tree {
    /// Up to this number of entries, a search from the first one is quicker than an index.
    const SMALL: usize = 32;

    fn new((entries, fault): (Vec<TreeEntry>, Option<UnreadableTree>)) -> Self {
        Self { entries: entries.into(), fault, places: Rc::default() }
    }

    /// The first entry with this name. The entries of a hostile tree have any order.
    fn find(&self, name: &[u8]) -> Option<&TreeEntry> {
        if self.entries.len() <= Self::SMALL {
            return self.entries.iter().find(|entry| entry.name.as_bytes() == name);
        }
        let places = self.places.get_or_init(|| {
            let names = self.entries.iter().enumerate().rev();
            names.map(|(place, entry)| (entry.name.as_bytes().to_vec(), place)).collect()
        });
        places.get(name).map(|&place| &self.entries[place])
    }
}

/// Replaces a damaged store by a new one with the whole commit. It calls its argument, which closes the old packs, as soon as
/// the old store is gone: libgit2 shares open packs by their paths.
type Again<'a> = Box<dyn Fn(&dyn Fn()) -> Result<Repository, Error> + 'a>;

impl<'a> GitTree<'a> {
    pub(super) fn new(repository: Repository, root: TreeId, again: Again<'a>) -> Self {
        let repository = RefCell::new(repository);
        Self { repository, root, again, trees: RefCell::default(), links: None, reader: None }
    }

    /// The same tree, whose [`Objects::blob_in`] reads from these packs what they have. This is quicker for many blobs.
    #[must_use]
    pub(crate) fn reading(self, packs: &Arc<Packs>) -> Self {
        Self { reader: Some(RefCell::new(packs.reader())), ..self }
    }

    /// The same tree, in which a path can lead through symlinks that stay in the repository. Only symlinks whose targets
    /// are in the store are followed; [`GitTree::unknown_links`] has the others.
    #[must_use]
    pub(crate) fn following(self) -> Self {
        Self { links: Some(Links::default()), ..self }
    }

    /// The symlinks that could not be followed until now, because the store does not have their targets.
    pub(crate) fn unknown_links(&self) -> Vec<BlobId> {
        self.links.as_ref().map(Links::unknown).unwrap_or_default()
    }

    /// Where a path leads, if its symlinks are followed as the kernel does.
    pub(crate) fn place(&self, path: &str) -> Result<Place, UnreadableTree> {
        let parts = |path: &[u8]| path.rsplit(|byte| *byte == b'/').map(<[u8]>::to_owned).collect::<Vec<_>>();
        let (mut at, mut left, mut followed) = (vec![self.root], parts(path.as_bytes()), 0);
        while let Some(part) = left.pop() {
            let Some(&here) = at.last() else { return Ok(Place::Outside) };
            match &*part {
                b"" | b"." => continue,
                b".." => {
                    at.pop();
                    continue;
                }
                _ => {}
            }
            let tree = self.parsed(here)?;
            let Some(entry) = tree.find(&part) else { return Ok(Place::Nowhere) };
            match (entry.kind(), &self.links) {
                (EntryKind::Directory, _) => at.push(entry.tree()),
                (EntryKind::Symlink, Some(links)) => {
                    let Some(target) = links.target(entry.blob(), || self.known_blob(entry.blob()))? else {
                        return Ok(Place::Nowhere);
                    };
                    followed += 1;
                    if target.starts_with(b"/") {
                        return Ok(Place::Outside);
                    }
                    // A loop leads nowhere. The kernel stops after 40 links.
                    if followed > 40 {
                        return Ok(Place::Nowhere);
                    }
                    left.extend(parts(&target));
                }
                (EntryKind::File | EntryKind::Symlink, _) if left.is_empty() => {
                    return Ok(Place::File(entry.clone()));
                }
                _ => return Ok(Place::Nowhere),
            }
        }
        Ok(at.last().map_or(Place::Outside, |&tree| Place::Directory(tree)))
    }

    /// The content of a blob, if the store has it.
    fn known_blob(&self, id: BlobId) -> Result<Option<Vec<u8>>, UnreadableTree> {
        let is_known = self.repository.borrow().odb().is_ok_and(|odb| odb.exists(oid(id.as_bytes())));
        if is_known { self.blob(id).map(Some) } else { Ok(None) }
    }

    /// The content of a blob, if the store has it and it has at most this number of bytes.
    pub(crate) fn known_file(&self, id: BlobId, most: usize) -> Option<Vec<u8>> {
        let repository = self.repository.borrow();
        let odb = repository.odb().ok()?;
        let id = oid(id.as_bytes());
        let (length, kind) = odb.exists(id).then(|| odb.read_header(id).ok()).flatten()?;
        let is_small = kind == ObjectType::Blob && length <= most;
        is_small.then(|| Some(odb.read(id).ok()?.data().to_vec())).flatten()
    }

    /// The number of bytes of a blob, if the store has it. Reads only the header of the object.
    pub(crate) fn known_size(&self, id: BlobId) -> Option<u64> {
        let repository = self.repository.borrow();
        let odb = repository.odb().ok()?;
        let id = oid(id.as_bytes());
        let (length, kind) = is_in(&odb, id).then(|| odb.read_header(id).ok()).flatten()?;
        (kind == ObjectType::Blob).then(|| u64::try_from(length).ok()).flatten()
    }

    pub(crate) fn id(&self) -> TreeId {
        self.root
    }

    /// Refuses a commit with an entry that cannot be checked out.
    pub(crate) fn check(&self) -> Result<(), UnreadableTree> {
        check_tree(self, self.root)
    }

    /// Refuses a symlink without a target that a file system could hold. All files must be there.
    pub(crate) fn check_targets(&self) -> Result<(), UnreadableTree> {
        check_targets(self, self.root)
    }

    /// Reads an object from the store. If the store is damaged, reads once more from a new one.
    fn object(&self, id: [u8; 20], kind: ObjectType) -> Result<Vec<u8>, git2::Error> {
        let damage = match self.stored(id, kind) {
            Err(error) if matches!(error.class(), ErrorClass::Odb | ErrorClass::Zlib | ErrorClass::Os) => {
                error
            }
            other => return other,
        };
        if self.renew().is_err() {
            return Err(damage);
        }
        // As long as another thread has the old pack open, libgit2 reads that one, since it has the same name.
        let mut content = Vec::new();
        let reader = self.reader.as_ref().filter(|_| kind == ObjectType::Blob);
        match reader.and_then(|reader| reader.borrow_mut().blob(&id, &mut content)) {
            Some(length) => Ok(content[..length].to_vec()),
            None => self.stored(id, kind),
        }
    }

    /// An object of another type is an error.
    fn stored(&self, id: [u8; 20], kind: ObjectType) -> Result<Vec<u8>, git2::Error> {
        let repository = self.repository.borrow();
        let odb = repository.odb()?;
        let object = odb.read(oid(&id))?;
        if object.kind() == kind {
            return Ok(object.data().to_vec());
        }
        let why = format!("`{}` is not a {kind}", oid(&id));
        Err(git2::Error::new(git2::ErrorCode::NotFound, ErrorClass::Odb, why))
    }

    /// Replaces the store by a new one.
    fn renew(&self) -> Result<(), Error> {
        let empty = Repository::from_odb(Odb::new()?)?;
        let empty = Cell::new(Some(empty));
        let close = || drop(empty.take().map(|empty| self.repository.replace(empty)));
        let repository = (self.again)(&close)?;
        self.repository.replace(repository);
        if let Some(reader) = &self.reader {
            reader.borrow_mut().open_again();
        }
        Ok(())
    }

    fn parsed(&self, id: TreeId) -> Result<Tree, UnreadableTree> {
        if let Some(known) = self.trees.borrow().get(&id) {
            return Ok(known.clone());
        }
        let content = self.object(*id.as_bytes(), ObjectType::Tree);
        let tree = Tree::new(split_tree(&content.map_err(|error| unreadable(&id, &error))?));
        self.trees.borrow_mut().insert(id, tree.clone());
        Ok(tree)
    }

    /// The ids of the files at these paths. Paths that do not exist or are not files are left out.
    pub(crate) fn blobs<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p str>,
    ) -> Result<Vec<BlobId>, UnreadableTree> {
        let found =
            paths.into_iter().map(|path| Ok(self.find(path)?.filter(is_file).map(|entry| entry.blob())));
        found.filter_map(Result::transpose).collect()
    }

    /// Whether git ignores a path in this checkout.
    pub(crate) fn ignores(&self, path: &Path) -> bool {
        self.repository.borrow().status_should_ignore(path).unwrap_or(false)
    }

    /// Whether git itself wrote a file of this checkout that differs from its blob.
    pub(crate) fn is_by_git(&self, path: &Path, id: BlobId) -> bool {
        written::is_by_git(&self.repository.borrow(), path, id)
    }

    /// The entry at a path. The path must not be the root.
    fn find(&self, path: &str) -> Result<Option<TreeEntry>, UnreadableTree> {
        if self.links.is_some() {
            return Ok(match self.place(path)? {
                Place::File(entry) => Some(entry),
                Place::Directory(_) | Place::Nowhere | Place::Outside => None,
            });
        }
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(tree) = self.directory(directory)? else { return Ok(None) };
        Ok(self.parsed(tree)?.find(name.as_bytes()).cloned())
    }

    /// The tree at a path, if it is a directory.
    fn directory(&self, path: &str) -> Result<Option<TreeId>, UnreadableTree> {
        if matches!(path, "" | ".") {
            return Ok(Some(self.root));
        }
        if self.links.is_some() {
            return Ok(match self.place(path)? {
                Place::Directory(tree) => Some(tree),
                Place::File(_) | Place::Nowhere | Place::Outside => None,
            });
        }
        let found = self.find(path)?.filter(|entry| entry.kind() == EntryKind::Directory);
        Ok(found.map(|entry| entry.tree()))
    }
}

/// Where a path leads.
pub(crate) enum Place {
    Directory(TreeId),
    File(TreeEntry),
    /// Nothing is there, or it is not known.
    Nowhere,
    Outside,
}

/// The targets of symlinks.
#[derive(Default)]
struct Links {
    /// `None` if the store does not have it.
    known: RefCell<HashMap<BlobId, Option<Vec<u8>>>>,
}

impl Links {
    fn target(
        &self,
        id: BlobId,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, UnreadableTree>,
    ) -> Result<Option<Vec<u8>>, UnreadableTree> {
        if let Some(known) = self.known.borrow().get(&id) {
            return Ok(known.clone());
        }
        let target = read()?;
        self.known.borrow_mut().insert(id, target.clone());
        Ok(target)
    }

    fn unknown(&self) -> Vec<BlobId> {
        let known = self.known.borrow();
        let mut unknown: Vec<BlobId> =
            known.iter().filter(|(_, target)| target.is_none()).map(|(id, _)| *id).collect();
        unknown.sort();
        unknown
    }
}

/// Whether a symlink can make a module: it has the name of one, or of a file that makes one.
pub(crate) fn may_lead_to_module(entry: &Entry) -> bool {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    let file = matches!(&*entry.name, "__init__.py" | "__manifest__.py" | "__openerp__.py");
    entry.kind == EntryKind::Symlink && (file || is_name(&entry.name))
}

fn is_file(entry: &TreeEntry) -> bool {
    matches!(entry.kind(), EntryKind::File | EntryKind::Symlink)
}

/// Skips entries that cannot be checked out. [`GitTree::check`] reports them.
impl FileTree for GitTree<'_> {
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree> {
        let Some(id) = self.directory(directory)? else { return Ok(Vec::new()) };
        let mut entries = listed(&self.parsed(id)?.entries);
        if self.links.is_some() {
            for entry in entries.iter_mut().filter(|entry| may_lead_to_module(entry)) {
                match self.place(&format!("{directory}/{}", entry.name))? {
                    Place::Directory(tree) => (entry.kind, entry.tree) = (EntryKind::Directory, Some(tree)),
                    Place::File(_) => entry.kind = EntryKind::File,
                    Place::Nowhere | Place::Outside => {}
                }
            }
        }
        Ok(entries)
    }

    fn read(&self, path: &str, limit: usize) -> Result<Option<Content>, UnreadableTree> {
        let Some(entry) = self.find(path)?.filter(is_file) else { return Ok(None) };
        // git2's `read_header` would give only the length, but it panics if a pack is damaged.
        let content = self.blob(entry.blob())?;
        Ok(Some(if content.len() > limit { Content::TooLong } else { Content::Bytes(content) }))
    }
}

/// The entries of a tree whose names are UTF-8, sorted by name.
pub(super) fn listed(entries: &[TreeEntry]) -> Vec<Entry> {
    let entry = |entry: &TreeEntry| {
        let kind = entry.kind();
        let tree = (kind == EntryKind::Directory).then(|| entry.tree());
        Some(Entry { name: entry.name.as_text()?.to_owned(), kind, tree })
    };
    let mut entries: Vec<Entry> = entries.iter().filter_map(entry).collect();
    // Git sorts a directory as if its name ended in a slash.
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

impl Objects for GitTree<'_> {
    fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
        let Tree { entries, fault, .. } = self.parsed(id)?;
        fault.map_or(Ok(entries), Err)
    }

    fn blob_in<'b>(&self, id: BlobId, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], UnreadableTree> {
        let read = |reader: &RefCell<Reader>| reader.borrow_mut().blob(id.as_bytes(), buffer);
        if let Some(length) = self.reader.as_ref().and_then(read) {
            return Ok(&buffer[..length]);
        }
        *buffer = self.blob(id)?;
        Ok(buffer)
    }

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree> {
        self.object(*id.as_bytes(), ObjectType::Blob).map_err(|error| unreadable(&id, &error))
    }
}

fn unreadable(id: &impl ToString, error: &git2::Error) -> UnreadableTree {
    UnreadableTree::damaged(&id.to_string(), error.message())
}
