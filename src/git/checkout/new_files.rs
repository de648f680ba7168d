//! Writes the files of a new checkout and its index. If there are many, such as those of Odoo itself, all cores write.
//!
//! libgit2 writes with one thread, and inflates in pieces.

use std::fs::Metadata;
use std::path::Path;
use std::sync::Arc;

use git2::{Index, IndexEntry, IndexTime};

use super::open_work_tree;
use crate::fs::{Context, Directory, Manner, OpenPath, native_path};
use crate::git::Error;
use crate::git::ids::oid;
use crate::git::packs::Packs;
use crate::git::tree::GitTree;
use crate::pool::each;
use crate::repo::{EntryKind, Objects, RepoPath, TreeEntry, TreeId, walk_tree};

/// One thread writes fewer files than these.
const MANY: usize = if cfg!(debug_assertions) { 50 } else { 2_000 };
/// More than most machines have cores, because the files of some parts are larger than those of others.
const PARTS: usize = 16;

/// A file, symlink or submodule to write, with its path.
type NewFile = (RepoPath, TreeEntry);

/// Writes all files of `trees` and the index. Nothing is in the work tree yet. `git` is its git directory.
pub(super) fn write_files(git: &Path, work_tree: &Path, trees: &GitTree<'_>) -> Result<(), Error> {
    let files = new_files(trees)?;
    let packs = Packs::open(&git.join("objects"));
    let parts = if files.len() < MANY { 1 } else { PARTS };
    let parts: Vec<&[NewFile]> = files.chunks(files.len().div_ceil(parts).max(1)).collect();
    let root = trees.id();
    let written = each(&parts, |part| write(work_tree, root, &packs, part));
    let mut index = Index::open(&git.join("index"))?;
    for entries in written {
        for entry in entries? {
            index.add(&entry)?;
        }
    }
    Ok(index.write()?)
}

/// All files, symlinks and submodules, in the order of an index.
fn new_files(trees: &GitTree<'_>) -> Result<Vec<NewFile>, Error> {
    let mut files = Vec::new();
    walk_tree(trees, trees.id(), &mut |path, entry| {
        if entry.kind() != EntryKind::Directory {
            files.push((path, entry.clone()));
        }
    })?;
    files.sort_unstable_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
    Ok(files)
}

/// Writes some of the files. Returns their entries in the index.
fn write(
    work_tree: &Path,
    root: TreeId,
    packs: &Arc<Packs>,
    files: &[NewFile],
) -> Result<Vec<IndexEntry>, Error> {
    let open = || open_work_tree(work_tree);
    let objects = GitTree::new(open()?, root, Box::new(|_| open())).reading(packs);
    let mut open_path = OpenPath::new(Directory::open(work_tree, Manner::AsGit)?);
    let (mut entries, mut buffer) = (Vec::with_capacity(files.len()), Vec::new());
    for (path, entry) in files {
        let below = native_path(path.as_bytes());
        let (directory, name) = open_path.place(&below)?;
        let whole = || work_tree.join(&below);
        let metadata = match entry.kind() {
            EntryKind::File => {
                let content = objects.blob_in(entry.blob(), &mut buffer)?;
                directory.write(name, content, entry.is_executable())?.metadata()
            }
            EntryKind::Symlink => {
                directory.link(name, objects.blob_in(entry.blob(), &mut buffer)?)?;
                whole().symlink_metadata()
            }
            // A submodule of the repository stays empty, as with git.
            EntryKind::Directory | EntryKind::Other => {
                directory.enter(name)?;
                whole().symlink_metadata()
            }
        };
        entries.push(index_entry(path, entry, &metadata.at("read", &whole())?));
    }
    open_path.end()?;
    Ok(entries)
}

/// The entry of a file that git takes for unchanged. As in git, numbers are cut to 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "git's index has 32 bits for each number"
)]
fn index_entry(path: &RepoPath, entry: &TreeEntry, metadata: &Metadata) -> IndexEntry {
    use std::os::unix::fs::MetadataExt;
    let time = |seconds: i64, nanoseconds: i64| IndexTime::new(seconds as i32, nanoseconds as u32);
    IndexEntry {
        ctime: time(metadata.ctime(), metadata.ctime_nsec()),
        mtime: time(metadata.mtime(), metadata.mtime_nsec()),
        dev: metadata.dev() as u32,
        ino: metadata.ino() as u32,
        mode: entry.usual_mode(),
        uid: metadata.uid(),
        gid: metadata.gid(),
        file_size: metadata.len() as u32,
        id: oid(&entry.id),
        // The length of the path; the longest that fits means "this or longer".
        flags: path.as_bytes().len().min(0xfff) as u16,
        flags_extended: 0,
        path: path.as_bytes().to_owned(),
    }
}
