//! Puts back what was in a checkout before a merge was opened there. As with `git merge --abort`, what the merge and its
//! resolution changed is discarded, and other changes stay.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{Index, IndexEntry, Object, Oid, Repository, Status, StatusOptions};
use walkdir::WalkDir;

use super::local_work::{Change, change};
use super::marker::{self, MERGE_HEAD, put};
use super::recover::content;
use super::resolve::in_work_tree;
use super::{Before, Checkout, JOURNAL, OpenMerge, Placed, check, head_commit, modes, pipes, strays};
use crate::fs::{Context, native_path};
use crate::git::Error;
use crate::git::ids::oid;
use crate::git::steps::write_own_commit;
use crate::git::store::tree_in;
use crate::repo::{CommitId, Mode, shown};

impl Checkout {
    /// The files whose changes [`put_back`](Self::put_back) would discard, although they are not of the merge.
    pub(crate) fn lost_work(&self, before: &Before, open: Option<&OpenMerge>) -> Result<Vec<String>, Error> {
        let find = || {
            self.recover()?;
            pipes::refuse_in_work_tree(&self.path, &[])?;
            let repository = self.open()?;
            Ok(match before {
                Before::Nothing => changed(&repository, open)?.into_iter().collect(),
                Before::Commit { commit, .. } => {
                    let (_, tree) = self.tree_to_put_back(&repository, *commit)?;
                    Way::find(&repository, &self.path, &tree, open)?.lost
                }
            })
        };
        let lost: Vec<Vec<u8>> = find().map_err(|error: Error| error.in_checkout(&self.path))?;
        Ok(lost.iter().map(|path| shown(path)).collect())
    }

    /// The files that git ignores, without what Python writes. They would be deleted with the whole directory.
    pub(crate) fn ignored_files(&self, open: Option<&OpenMerge>) -> Result<Vec<String>, Error> {
        let find = || ignored(&self.open()?, open);
        let found: Vec<Vec<u8>> = find().map_err(|error: Error| error.in_checkout(&self.path))?;
        Ok(found.iter().map(|path| shown(path)).collect())
    }

    /// Puts back what was there before the merge was opened. Untracked files, and changes that are not of the merge, stay
    /// where they do not hinder. Returns the commit of the person that HEAD had, if there is one.
    pub(crate) fn put_back(
        &self,
        before: &Before,
        open: Option<&OpenMerge>,
    ) -> Result<Option<CommitId>, Error> {
        let put_back = || match before {
            Before::Nothing => {
                let own = self.open().ok().as_ref().and_then(head_commit);
                self.remove()?;
                Ok(own.filter(|own| open.is_some_and(|open| open.head != *own)))
            }
            Before::Commit { commit, branch, placed } => {
                self.recover()?;
                self.move_back(*commit, branch.as_deref(), placed.as_ref(), open)
            }
        };
        put_back().map_err(|error: Error| error.in_checkout(&self.path))
    }

    fn move_back(
        &self,
        commit: CommitId,
        branch: Option<&str>,
        placed: Option<&Placed>,
        open: Option<&OpenMerge>,
    ) -> Result<Option<CommitId>, Error> {
        let repository = self.open()?;
        let git = repository.path().to_owned();
        let old = head_commit(&repository);
        let target = oid(commit.as_bytes());
        pipes::refuse_in_work_tree(&self.path, &[])?;
        let (usual, tree) = self.tree_to_put_back(&repository, commit)?;
        let way = Way::find(&repository, &self.path, &tree, open)?;
        let journal = git.join(JOURNAL);
        put(&journal, &format!("{}\n{commit}\n", way.begins_at(&self.open()?, &tree)?))?;
        crate::fs::stop("beginning to put back");
        way.go(&repository, &self.path, &usual)?;
        crate::fs::stop("files are put back");
        let is_same = |name: &&str| repository.refname_to_id(name).is_ok_and(|id| id == target);
        match branch.filter(is_same) {
            Some(branch) => repository.set_head(branch)?,
            None => repository.set_head_detached(target)?,
        }
        crate::fs::stop("HEAD is put back");
        repository.cleanup_state()?;
        crate::fs::stop("no merge is open");
        match placed {
            Some(placed) => marker::write(&git, placed)?,
            None => {
                // The clone of somebody else gets none.
                let _absent = fs::remove_file(git.join(marker::FILE_NAME));
            }
        }
        fs::remove_file(&journal).at("remove", &journal)?;
        Ok(old.filter(|old| *old != commit && open.is_some_and(|open| open.head != *old)))
    }

    /// The tree of a commit as it is checked out, and its entries.
    fn tree_to_put_back<'r>(
        &self,
        repository: &'r Repository,
        commit: CommitId,
    ) -> Result<(Object<'r>, Index), Error> {
        let root = tree_in(repository, commit)?;
        let trees = check(&self.path, root)?;
        let tree = repository.find_object(modes::usual(repository, &trees, root)?, None)?;
        let mut entries = Index::new()?;
        entries.read_tree(&tree.peel_to_tree()?)?;
        Ok((tree, entries))
    }
}

/// How the files of a work tree become those of a tree.
#[derive(Default)]
struct Way {
    /// Files of the tree to write.
    written: BTreeSet<PathBuf>,
    /// Files that the tree does not have.
    removed: Vec<PathBuf>,
    /// Files that are in the place of directories.
    blocking: BTreeSet<PathBuf>,
    /// Files with changes that are not of the merge, and that would be lost.
    lost: Vec<Vec<u8>>,
}

impl Way {
    fn find(
        repository: &Repository,
        root: &Path,
        tree: &Index,
        open: Option<&OpenMerge>,
    ) -> Result<Self, Error> {
        let mut index = repository.index()?;
        index.read(true)?;
        let changed = changed(repository, open)?;
        let mut head = Index::new()?;
        if !is_merging(repository) {
            head.read_tree(&repository.head()?.peel_to_tree()?)?;
        }
        let paths = |index: &Index| index.iter().map(|entry| entry.path).collect::<BTreeSet<_>>();
        let staged = paths(&index);
        let mut way = Self::default();
        for path in staged.union(&paths(tree)) {
            let native = native_path(path);
            let of = |index: &Index| index.get_path(&native, 0);
            let (there, wanted) = (of(&index), of(tree));
            let is_wanted = || is_content(repository, wanted.as_ref(), &root.join(&native));
            if changed.contains(path) {
                // The merge and its resolution are in the index, or in HEAD.
                let base = if is_merging(repository) { there } else { of(&head) };
                if is_same(base.as_ref(), wanted.as_ref()) {
                    continue;
                }
                if !is_wanted() {
                    way.lost.push(path.clone());
                }
            } else if is_same(there.as_ref(), wanted.as_ref()) && (there.is_some() || !staged.contains(path))
            {
                continue;
            } else if !staged.contains(path) && !is_wanted() {
                way.lost.extend(untracked(root, &native, &staged));
            }
            if wanted.is_none() {
                way.removed.push(native);
                continue;
            }
            if let Some(file) = file_above(root, &native) {
                let name = crate::fs::slashed(&file).into_bytes();
                if !staged.contains(&name) && way.blocking.insert(file) {
                    way.lost.push(name);
                }
            }
            way.written.insert(native);
        }
        way.lost.dedup();
        Ok(way)
    }

    /// A commit with the files of the tree that are not written. So the next run knows the others as those of oca, even if
    /// it finds half of one. No ref leads to it. `repository` must write to the disk: one that has trees with normalised
    /// modes keeps everything in memory.
    fn begins_at(&self, repository: &Repository, tree: &Index) -> Result<Oid, Error> {
        let mut rest = Index::new()?;
        for entry in tree.iter().filter(|entry| !self.written.contains(&native_path(&entry.path))) {
            rest.add(&entry)?;
        }
        let root = rest.write_tree_to(repository)?;
        write_own_commit(&repository.odb()?, root, None, 0, "What stays")
    }

    fn go(&self, repository: &Repository, root: &Path, tree: &Object<'_>) -> Result<(), Error> {
        for path in &self.removed {
            let Some(file) = in_work_tree(root, path) else { continue };
            if file.symlink_metadata().is_ok() {
                fs::remove_file(&file).at("remove", &file)?;
            }
            // Up to the first directory that is not empty.
            let above = file.ancestors().skip(1).take_while(|directory| *directory != root);
            above.map_while(|directory| fs::remove_dir(directory).ok()).for_each(drop);
        }
        crate::fs::stop("files of a merge are removed");
        strays::remove(root, &self.blocking.iter().cloned().collect::<Vec<_>>())?;
        if !self.written.is_empty() {
            let mut checkout = CheckoutBuilder::new();
            checkout.force().remove_untracked(true).disable_filters(true).disable_pathspec_match(true);
            for path in &self.written {
                checkout.path(path);
            }
            repository.checkout_tree(tree, Some(&mut checkout))?;
        }
        crate::fs::stop("files of a merge are replaced");
        let mut index = repository.index()?;
        index.read_tree(&tree.peel_to_tree()?)?;
        Ok(index.write()?)
    }
}

/// Whether git merges in the repository.
fn is_merging(repository: &Repository) -> bool {
    repository.path().join(MERGE_HEAD).exists()
}

/// The files with changes that are not of the merge, also untracked ones: what is staged while it is open, and the
/// conflicts, are of it. What `git mergetool` leaves beside a conflict does not count.
fn changed(repository: &Repository, open: Option<&OpenMerge>) -> Result<BTreeSet<Vec<u8>>, Error> {
    let is_conflict = |path: &[u8]| is_conflict(open, path);
    let is_merging = is_merging(repository);
    let staged = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_DELETED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE;
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true);
    let odb = repository.odb()?;
    let mut changed = BTreeSet::new();
    for entry in repository.statuses(Some(&mut options))?.iter() {
        let (path, status) = (entry.path_bytes(), entry.status());
        let is_of_merge = status.is_conflicted() || (is_merging && is_conflict(path));
        let is_left = status.is_wt_new() && is_left_by_git(open, path);
        let counted = if is_merging { status - staged } else { status };
        if !is_of_merge && !is_left && change(repository, &odb, &entry, counted) == Change::Changed {
            changed.insert(path.to_owned());
        }
    }
    Ok(changed)
}

/// The files that git ignores, except caches of Python and what `git mergetool` leaves. A whole directory is one path.
fn ignored(repository: &Repository, open: Option<&OpenMerge>) -> Result<Vec<Vec<u8>>, Error> {
    const CACHE: &[u8] = b"__pycache__";
    let mut options = StatusOptions::new();
    options.include_ignored(true).exclude_submodules(true);
    let statuses = repository.statuses(Some(&mut options))?;
    let is_cache = |path: &[u8]| path.split(|byte| *byte == b'/').any(|part| part == CACHE);
    let ignored = statuses.iter().filter(|entry| entry.status().is_ignored());
    let paths = ignored.map(|entry| entry.path_bytes().to_owned());
    Ok(paths.filter(|path| !is_cache(path) && !is_left_by_git(open, path)).collect())
}

fn is_conflict(open: Option<&OpenMerge>, path: &[u8]) -> bool {
    open.is_some_and(|open| open.conflicts.iter().any(|conflict| conflict.as_bytes() == path))
}

/// Whether `git mergetool` leaves this beside a conflict.
fn is_left_by_git(open: Option<&OpenMerge>, path: &[u8]) -> bool {
    path.strip_suffix(b".orig").is_some_and(|of| is_conflict(open, of))
}

fn is_same(one: Option<&IndexEntry>, other: Option<&IndexEntry>) -> bool {
    let of = |entry: &IndexEntry| (entry.id, Mode::usual(entry.mode));
    one.map(of) == other.map(of)
}

/// Whether a file has the content of an entry, or neither is there.
fn is_content(repository: &Repository, entry: Option<&IndexEntry>, file: &Path) -> bool {
    let Some(entry) = entry else { return file.symlink_metadata().is_err() };
    let blob = repository.find_blob(entry.id).ok();
    blob.is_some_and(|blob| content(file).as_deref() == Some(blob.content()))
}

/// The file at a path, or the files below it, that the index does not have.
fn untracked(root: &Path, path: &Path, staged: &BTreeSet<Vec<u8>>) -> Vec<Vec<u8>> {
    let files = WalkDir::new(root.join(path)).into_iter().filter_map(Result::ok);
    let files = files.filter(|entry| !entry.file_type().is_dir());
    let names = files.filter_map(|entry| Some(crate::fs::slashed(entry.path().strip_prefix(root).ok()?)));
    names.map(String::into_bytes).filter(|name| !staged.contains(name)).collect()
}

/// The first part of a path that is there and no directory, without the whole path.
fn file_above(root: &Path, path: &Path) -> Option<PathBuf> {
    let mut at = PathBuf::new();
    for part in path.parent()?.components() {
        at.push(part);
        if root.join(&at).symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
            return Some(at);
        }
    }
    None
}
