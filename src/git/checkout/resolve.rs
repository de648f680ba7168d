//! A merge that a person finishes in a checkout: opens it as git does, and reads the resolution.

use std::fs;
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{
    FileMode as GitMode, Index, IndexEntry, IndexTime, MergeFileInput, MergeFileOptions, ObjectType, Odb,
    Oid, Repository, RepositoryState, Status, StatusOptions,
};

use super::marker::{MERGE_HEAD, MERGE_MESSAGE, MERGE_MODE, OPENING, STATE, put};
use super::place::{check_out, in_the_way};
use super::{Checkout, CheckoutError, Discard, JOURNAL, Placed, check, head_commit, modes};
use crate::fs::{Context, native_path, read_if_there, set_mode};
use crate::git::Error;
use crate::git::ids::{bytes, is_in, oid};
use crate::git::merging::{Conflict, ConflictKind, Unmerged, merged_mode};
use crate::git::steps::{COMMITTER, write_own_commit};
use crate::patch::{FileMode, Side};
use crate::repo::{
    BlobId, CommitId, EntryKind, Objects, RepoPath, TreeEntry, TreeId, check_tree, render_tree, shown,
};

/// What was in a checkout before a merge was opened there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Before {
    Nothing,
    Commit {
        commit: CommitId,
        /// The full name of the branch at HEAD.
        branch: Option<String>,
        /// The marker of oca.
        placed: Option<Placed>,
    },
}

/// A merge to open in a checkout that has the result so far, without local work.
pub(crate) struct MergeToOpen<'a> {
    /// As it is typed, such as `web#2950`.
    pub(crate) what: &'a str,
    pub(crate) unmerged: &'a Unmerged,
    /// All objects of the merge that the checkout does not have.
    pub(crate) objects: &'a dyn Objects,
}

/// An open merge, as a checkout has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OpenMerge {
    /// The result so far.
    pub(crate) head: CommitId,
    /// The commit that is merged. oca made it; its parent is a commit of the merge base.
    pub(crate) merged: CommitId,
    pub(crate) conflicts: Vec<RepoPath>,
}

/// What a person did with an open merge.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Resolution {
    /// Everything is resolved, and this is the tree.
    Tree(TreeId),
    /// These files still have conflicts.
    Unmerged(Vec<String>),
    /// These files still have the markers of conflicts.
    Marked(Vec<String>),
    /// These files have changes that are not staged.
    NotStaged(Vec<String>),
    /// No merge is open any more, and nothing was committed.
    Closed,
    /// HEAD is not based on the result so far, or something else is under way.
    Elsewhere,
}

impl Checkout {
    /// The state of `oca resolve`, if there is one.
    pub(crate) fn resolve_state(&self) -> Result<Option<Vec<u8>>, Error> {
        Ok(read_if_there(&self.git_directory().join(STATE))?)
    }

    /// Whether a merge is open.
    pub(crate) fn is_resolving(&self) -> bool {
        self.git_directory().join(STATE).is_file()
    }

    pub(crate) fn write_resolve_state(&self, text: &str) -> Result<(), Error> {
        put(&self.git_directory().join(STATE), text)
    }

    /// The merge is not open any more.
    pub(crate) fn forget_resolve(&self) -> Result<(), Error> {
        let file = self.git_directory().join(STATE);
        if file.symlink_metadata().is_ok() {
            fs::remove_file(&file).at("remove", &file)?;
        }
        Ok(())
    }

    /// The file of the state, for messages.
    pub(crate) fn resolve_file(&self) -> std::path::PathBuf {
        self.git_directory().join(STATE)
    }

    /// What [`put_back`](Self::put_back) has to put back. `Nothing` if there is no commit.
    pub(crate) fn before(&self) -> Result<Before, Error> {
        let Ok(repository) = self.open() else { return Ok(Before::Nothing) };
        let Some(commit) = head_commit(&repository) else { return Ok(Before::Nothing) };
        let head = repository.head()?;
        let branch = head.name().ok().filter(|_| head.is_branch()).map(str::to_owned);
        Ok(Before::Commit { commit, branch, placed: self.marker()? })
    }

    /// Writes the objects of a merge, and the commit that is merged. The work tree, the index and HEAD stay as they are.
    pub(crate) fn prepare_merge(&self, merge: &MergeToOpen<'_>) -> Result<OpenMerge, Error> {
        self.prepare_once(merge).map_err(|error| error.in_checkout(&self.path))
    }

    fn prepare_once(&self, merge: &MergeToOpen<'_>) -> Result<OpenMerge, Error> {
        let Unmerged { ancestor, theirs, rest, conflicts, header } = merge.unmerged;
        let repository = self.open()?;
        let odb = repository.odb()?;
        for tree in [*ancestor, *theirs, *rest] {
            check_tree(merge.objects, tree)?;
            write_objects(&odb, merge.objects, tree)?;
        }
        let head =
            head_commit(&repository).ok_or_else(|| Error::Damaged { why: "HEAD is gone".to_owned() })?;
        let time = header.date.max(0);
        let base =
            write_own_commit(&odb, ancestor, None, time, &format!("The merge base of {}", merge.what))?;
        let url = header.url.iter().map(|url| format!("\n{url}\n")).collect::<String>();
        let merged = format!(
            "tree {theirs}\nparent {base}\nauthor {} <{}> {time} +0000\ncommitter {COMMITTER} {time} +0000\n\n{}\n{url}",
            header.name, header.email, header.title
        );
        let merged = odb.write(ObjectType::Commit, merged.as_bytes())?;
        let conflicts = conflicts.iter().map(|conflict| conflict.path.clone()).collect();
        Ok(OpenMerge { head, merged: CommitId::from_bytes(bytes(merged)), conflicts })
    }

    /// Opens a prepared merge: the index gets the stages of the conflicts, the work tree the markers, `MERGE_HEAD` a
    /// commit that oca makes. So `git status`, `mergetool`, `commit` and `merge --abort` work, and no commit is absent.
    /// If a file that git ignores is in the way, nothing is written, and the error names it.
    pub(crate) fn open_merge(&self, merge: &MergeToOpen<'_>, open: &OpenMerge) -> Result<(), CheckoutError> {
        self.open_once(merge, open).map_err(|error| match error {
            CheckoutError::Git(error) => CheckoutError::Git(error.in_checkout(&self.path)),
            other => other,
        })
    }

    fn open_once(&self, merge: &MergeToOpen<'_>, open: &OpenMerge) -> Result<(), CheckoutError> {
        let Unmerged { rest, conflicts, header, .. } = merge.unmerged;
        let repository = self.open()?;
        let git = repository.path().to_owned();
        let root = with_conflicts(&repository, *rest, merge)?;
        let trees = check(&self.path, root)?;
        let tree = repository.find_object(modes::usual(&repository, &trees, root)?, None)?;
        // After a kill, what is written is taken back.
        let journal = git.join(JOURNAL);
        let commit = write_own_commit(&repository.odb()?, root, Some(open.head), 0, merge.what)?;
        put(&journal, &format!("{}\n{commit}\n{OPENING}\n", open.head))?;
        let kept = check_out(&repository, &tree, Discard::Seen)?;
        if !kept.is_empty() {
            fs::remove_file(&journal).at("remove", &journal)?;
            return Err(in_the_way(&kept));
        }
        crate::fs::stop("opening a merge");
        let mut index = repository.index()?;
        for conflict in conflicts {
            stage(&mut index, conflict, merge.what)?;
            if conflict.is_by_case() {
                write_beside(&self.path, conflict, merge)?;
            }
        }
        index.write()?;
        let names: String = conflicts.iter().map(|conflict| format!("#\t{}\n", conflict.path)).collect();
        let message = format!("Merge {}: {}\n\n# Conflicts:\n{names}", merge.what, header.title);
        put(&git.join(MERGE_MESSAGE), &message)?;
        put(&git.join(MERGE_MODE), "")?;
        put(&git.join(MERGE_HEAD), &format!("{}\n", open.merged))?;
        Ok(fs::remove_file(&journal).at("remove", &journal)?)
    }

    /// What was done with an open merge until now.
    pub(crate) fn resolution(&self, open: &OpenMerge) -> Result<Resolution, Error> {
        let find = || {
            super::pipes::refuse_in_work_tree(&self.path, &[])?;
            // A killed abort left a part of the merge, and a part of what was there before.
            if self.is_being_moved() && !super::recover::is_opening(&self.git_directory()) {
                return Ok(Resolution::Elsewhere);
            }
            resolution(&self.open()?, open)
        };
        find().map_err(|error| error.in_checkout(&self.path))
    }
}

/// Writes the objects of a tree that the repository does not have.
fn write_objects(odb: &Odb<'_>, objects: &dyn Objects, root: TreeId) -> Result<(), Error> {
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let entries = objects.tree(id)?;
        if !odb.exists(oid(id.as_bytes())) {
            odb.write(ObjectType::Tree, &render_tree(&entries))?;
        }
        for entry in entries.iter() {
            match entry.kind() {
                EntryKind::Directory => open.push(entry.tree()),
                EntryKind::File | EntryKind::Symlink => write_blob(odb, objects, entry)?,
                EntryKind::Other => {}
            }
        }
    }
    Ok(())
}

fn write_blob(odb: &Odb<'_>, objects: &dyn Objects, entry: &TreeEntry) -> Result<(), Error> {
    if !is_in(odb, oid(&entry.id)) {
        odb.write(ObjectType::Blob, &objects.blob(entry.blob())?)?;
    }
    Ok(())
}

/// The path at which the file of theirs is. If the result has a directory there, or a file above it, the file gets
/// another name, as git does it.
fn path_of_theirs(conflict: &Conflict, what: &str) -> Vec<u8> {
    let path = conflict.path.as_bytes();
    match conflict.kind {
        ConflictKind::Directory => {
            let plain: String = what.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
            let flat: Vec<u8> = path.iter().map(|byte| if *byte == b'/' { b'_' } else { *byte }).collect();
            [&flat[..], b"~", plain.as_bytes()].concat()
        }
        _ => path.to_owned(),
    }
}

/// Puts the sides of a conflict into the index, as git does.
fn stage(index: &mut Index, conflict: &Conflict, what: &str) -> Result<(), Error> {
    let path = path_of_theirs(conflict, what);
    // It has none if the result so far does not have the file.
    let _absent = index.remove(&native_path(&path), 0);
    let sides = [(1, conflict.ancestor), (2, conflict.ours), (3, conflict.theirs)];
    for (stage, side) in sides.into_iter().filter_map(|(stage, side)| Some((stage, side?))) {
        index.add(&IndexEntry {
            ctime: IndexTime::new(0, 0),
            mtime: IndexTime::new(0, 0),
            dev: 0,
            ino: 0,
            mode: mode_of(side),
            uid: 0,
            gid: 0,
            file_size: 0,
            id: oid(&side.id),
            flags: stage << 12,
            flags_extended: 0,
            path: path.clone(),
        })?;
    }
    Ok(())
}

fn mode_of(side: Side) -> u32 {
    match side.mode {
        FileMode::Plain => 0o100_644,
        FileMode::Executable => 0o100_755,
        FileMode::Symlink => 0o120_000,
        FileMode::Gitlink => 0o160_000,
    }
}

/// A tree with the files that show the conflicts.
fn with_conflicts(repository: &Repository, root: TreeId, merge: &MergeToOpen<'_>) -> Result<TreeId, Error> {
    let tree = repository.find_tree(oid(root.as_bytes()))?;
    let mut update = TreeUpdateBuilder::new();
    for conflict in merge.unmerged.conflicts.iter().filter(|conflict| !conflict.is_by_case()) {
        let Some((content, mode)) = shown_conflict(conflict, merge)? else { continue };
        let path = path_of_theirs(conflict, merge.what);
        let is_in_file =
            |above: &Path| tree.get_path(above).is_ok_and(|entry| entry.kind() != Some(ObjectType::Tree));
        let native = native_path(&path);
        if native.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).any(is_in_file)
            || tree.get_path(&native).is_ok_and(|entry| entry.kind() == Some(ObjectType::Tree))
        {
            continue;
        }
        let mode = if mode == FileMode::Executable { GitMode::BlobExecutable } else { GitMode::Blob };
        update.upsert(path, repository.blob(&content)?, mode);
    }
    Ok(TreeId::from_bytes(bytes(update.create_updated(repository, &tree)?)))
}

/// The file that shows a conflict. `None` where there is none to write: the file of ours stays.
fn shown_conflict(
    conflict: &Conflict,
    merge: &MergeToOpen<'_>,
) -> Result<Option<(Vec<u8>, FileMode)>, Error> {
    let is_file = |side: &Side| matches!(side.mode, FileMode::Plain | FileMode::Executable);
    let Some(theirs) = conflict.theirs.filter(is_file) else { return Ok(None) };
    let read = |side: Option<Side>| match side.filter(is_file) {
        Some(side) => merge.objects.blob(BlobId::from_bytes(side.id)),
        None => Ok(Vec::new()),
    };
    // A side can have made the file executable, whoever wins in the content.
    let mode = |ours| merged_mode(conflict.ancestor.filter(is_file), ours, theirs).unwrap_or(ours.mode);
    Ok(Some(match (&conflict.kind, conflict.ours.filter(is_file)) {
        _ if conflict.is_addition() => (read(Some(theirs))?, theirs.mode),
        (ConflictKind::Content | ConflictKind::BothAdded, Some(ours)) => {
            let sides = [read(conflict.ancestor)?, read(Some(ours))?, read(Some(theirs))?];
            (with_markers(&sides, merge.what)?, mode(ours))
        }
        (ConflictKind::Binary, Some(ours)) => (read(Some(ours))?, mode(ours)),
        (ConflictKind::RemovedByOurs, _) => (read(Some(theirs))?, theirs.mode),
        _ => return Ok(None),
    }))
}

/// Writes the file that shows a conflict of names that differ only in case, if nothing is there.
fn write_beside(root: &Path, conflict: &Conflict, merge: &MergeToOpen<'_>) -> Result<(), Error> {
    let Some((content, mode)) = shown_conflict(conflict, merge)? else { return Ok(()) };
    let path = native_path(conflict.path.as_bytes());
    // A symlink can be on the way.
    let Some(file) = in_work_tree(root, &path).filter(|file| file.symlink_metadata().is_err()) else {
        return Ok(());
    };
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).at("create", parent)?;
    }
    crate::fs::put(&file, |aside| std::io::Write::write_all(aside, &content)).at("write", &file)?;
    let mode = if mode == FileMode::Executable { 0o755 } else { 0o644 };
    Ok(set_mode(&file, mode).at("write", &file)?)
}

/// The path of a file in a work tree. `None` if a part of the path is not a directory, or the file is one.
pub(super) fn in_work_tree(root: &Path, path: &Path) -> Option<std::path::PathBuf> {
    let mut at = root.to_owned();
    for part in path.parent()?.components() {
        at.push(part);
        if at.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
            return None;
        }
    }
    let file = root.join(path);
    (!file.is_dir() || file.is_symlink()).then_some(file)
}

/// The three contents with the markers of git.
fn with_markers(sides: &[Vec<u8>; 3], what: &str) -> Result<Vec<u8>, Error> {
    let [mut ancestor, mut ours, mut theirs] = [(); 3].map(|()| MergeFileInput::new());
    ancestor.content(&sides[0]);
    ours.content(&sides[1]);
    theirs.content(&sides[2]);
    let mut options = MergeFileOptions::new();
    options.style_standard(true).our_label("HEAD").their_label(what);
    let merged = git2::merge_file(&ancestor, &ours, &theirs, Some(&mut options))?;
    Ok(merged.content().to_vec())
}

fn resolution(repository: &Repository, open: &OpenMerge) -> Result<Resolution, Error> {
    let Some(head) = head_commit(repository) else { return Ok(Resolution::Elsewhere) };
    let merging = read_if_there(&repository.path().join(MERGE_HEAD))?;
    let merging = merging.map(|text| String::from_utf8_lossy(&text).trim().to_owned());
    let mut index = repository.index()?;
    index.read(true)?;
    let of = |id: &CommitId| oid(id.as_bytes());
    let tree = match (head == open.head, merging) {
        (true, Some(merged)) if merged == open.merged.to_string() => {
            let mut unmerged: Vec<String> = index
                .iter()
                .filter(|entry| (entry.flags >> 12) & 3 != 0)
                .map(|entry| shown(&entry.path))
                .collect();
            unmerged.dedup();
            if !unmerged.is_empty() {
                return Ok(Resolution::Unmerged(unmerged));
            }
            index.write_tree_to(repository)?
        }
        (true, None) if repository.state() == RepositoryState::Clean => return Ok(Resolution::Closed),
        (false, None)
            if repository.state() == RepositoryState::Clean
                && repository.graph_descendant_of(of(&head), of(&open.head))?
                && repository.graph_descendant_of(of(&head), of(&open.merged))? =>
        {
            repository.find_commit(of(&head))?.tree_id()
        }
        _ => return Ok(Resolution::Elsewhere),
    };
    let not_staged = not_staged(repository, head == open.head, &open.conflicts)?;
    if !not_staged.is_empty() {
        return Ok(Resolution::NotStaged(not_staged));
    }
    let marked = marked(repository, tree, &open.conflicts)?;
    if !marked.is_empty() {
        return Ok(Resolution::Marked(marked));
    }
    Ok(Resolution::Tree(TreeId::from_bytes(bytes(tree))))
}

/// The files whose work would be lost: those that differ from the index, and, if the merge is committed, those whose
/// index differs from HEAD.
fn not_staged(repository: &Repository, is_open: bool, conflicts: &[RepoPath]) -> Result<Vec<String>, Error> {
    let staged = Status::INDEX_NEW
        | Status::INDEX_MODIFIED
        | Status::INDEX_DELETED
        | Status::INDEX_RENAMED
        | Status::INDEX_TYPECHANGE;
    let lost = Status::all() - Status::IGNORED;
    strangers(repository, if is_open { lost - staged } else { lost }, conflicts)
}

/// The files with such a state. What `git mergetool` leaves beside a conflict does not count.
fn strangers(repository: &Repository, states: Status, conflicts: &[RepoPath]) -> Result<Vec<String>, Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true);
    let statuses = repository.statuses(Some(&mut options))?;
    let is_left = |path: &[u8]| {
        let of = path.strip_suffix(b".orig");
        of.is_some_and(|of| conflicts.iter().any(|conflict| conflict.as_bytes() == of))
    };
    let found = statuses.iter().filter(|entry| entry.status().intersects(states));
    Ok(found.filter(|entry| !is_left(entry.path_bytes())).map(|entry| shown(entry.path_bytes())).collect())
}

/// The conflicts whose file still has a line that begins or ends one.
fn marked(repository: &Repository, tree: Oid, conflicts: &[RepoPath]) -> Result<Vec<String>, Error> {
    let tree = repository.find_tree(tree)?;
    let begins_or_ends = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    let is_marked = |path: &&RepoPath| {
        let entry = tree.get_path(&native_path(path.as_bytes())).ok();
        let blob = entry.and_then(|entry| repository.find_blob(entry.id()).ok());
        blob.is_some_and(|blob| blob.content().split(|byte| *byte == b'\n').any(begins_or_ends))
    };
    Ok(conflicts.iter().filter(is_marked).map(|path| shown(path.as_bytes())).collect())
}
