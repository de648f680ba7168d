//! Files of the superproject as a revision has them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use git2::{DiffDelta, DiffOptions, ErrorCode, ObjectType, Oid, Repository, Tree};

use super::Superproject;
use crate::git::ids::bytes;
use crate::git::{Error, GitTree};
use crate::repo::TreeId;

/// How many commits are looked at.
pub(super) const MOST_COMMITS: usize = 10_000;

/// A file in a revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AtRevision {
    /// There is no such revision.
    NoRevision,
    /// The revision has no such file, or something else with this name.
    NoFile,
    File(Vec<u8>),
}

impl AtRevision {
    /// The bytes of the file, if it is there.
    pub(crate) fn content(self) -> Option<Vec<u8>> {
        if let Self::File(bytes) = self { Some(bytes) } else { None }
    }
}

impl Superproject {
    /// Whether it lacks the commits before some commit.
    pub(crate) fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// The files of a revision; symlinks in it are followed. `None` if there is no such revision.
    pub(crate) fn tree_at(&self, revision: &str) -> Result<Option<GitTree<'_>>, Error> {
        let Some(tree) = self.tree(revision) else { return Ok(None) };
        let open = || Ok(Repository::open(self.repository.path())?);
        let root = TreeId::from_bytes(bytes(tree.id()));
        Ok(Some(GitTree::new(open()?, root, Box::new(move |_| open())).following()))
    }

    fn tree(&self, revision: &str) -> Option<Tree<'_>> {
        self.repository.revparse_single(revision).ok()?.peel_to_tree().ok()
    }

    /// The path of a directory relative to the top, which need not exist. Empty for the top itself; `None` if it is
    /// outside, or in a submodule.
    pub(crate) fn directory_below(&self, directory: &Path) -> Result<Option<String>, Error> {
        let absent = || Some(self.path_below(directory)?.to_str()?.to_owned());
        let Some(path) = self.path_of(directory).or_else(absent) else { return Ok(None) };
        let is_above = |above: &String| path == *above || path.starts_with(&format!("{above}/"));
        Ok(if self.gitlinks()?.keys().any(is_above) { None } else { Some(path) })
    }

    /// The path of a file relative to the top. Neither the file nor its directory need exist.
    pub(crate) fn path_below(&self, file: &Path) -> Option<PathBuf> {
        let (above, below) =
            file.ancestors().skip(1).find_map(|above| Some((above, self.path_of(above)?)))?;
        Some(Path::new(&below).join(file.strip_prefix(above).ok()?))
    }

    /// The files that differ between a revision and another one, or the work tree if `to` is `None`. `below` is the path of
    /// a directory relative to the top. The files are below it, and their paths are relative to it. `None` if there is no
    /// such revision.
    pub(crate) fn changed_files(
        &self,
        from: &str,
        to: Option<&str>,
        below: &str,
    ) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some(old) = self.tree(from) else { return Ok(None) };
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).include_typechange(true);
        options.disable_pathspec_match(true);
        if !below.is_empty() {
            options.pathspec(below);
        }
        let diff = match to {
            Some(to) => {
                let Some(new) = self.tree(to) else { return Ok(None) };
                self.repository.diff_tree_to_tree(Some(&old), Some(&new), Some(&mut options))?
            }
            None => self.repository.diff_tree_to_workdir_with_index(Some(&old), Some(&mut options))?,
        };
        let prefix = if below.is_empty() { String::new() } else { format!("{below}/") };
        let path = |delta: DiffDelta<'_>| {
            let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes())?;
            Some(path.strip_prefix(prefix.as_bytes())?.to_owned())
        };
        Ok(Some(diff.deltas().filter_map(path).collect()))
    }

    /// A file of the work tree as a revision has it, such as `main`, `HEAD~1` or a commit. `file` is absolute; it need not
    /// exist. A file of more than `largest` bytes cannot be meant, so it counts as missing.
    pub(crate) fn file_at(&self, revision: &str, file: &Path, largest: usize) -> Result<AtRevision, Error> {
        let object = match self.repository.revparse_single(revision) {
            Ok(object) => object,
            Err(error) if error.code() == ErrorCode::Ambiguous => return Err(error.into()),
            // libgit2 has several codes for words that are no revision.
            Err(_) => return Ok(AtRevision::NoRevision),
        };
        let Ok(tree) = object.peel_to_tree() else { return Ok(AtRevision::NoRevision) };
        let Some(path) = self.path_below(file) else { return Ok(AtRevision::NoFile) };
        let entry = match tree.get_path(&path) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(AtRevision::NoFile),
            Err(error) => return Err(error.into()),
        };
        Ok(self.blob(entry.id(), largest)?.map_or(AtRevision::NoFile, AtRevision::File))
    }

    /// Since when a file contains a text: the committer date, in seconds since 1970, of the oldest commit since which all
    /// commits have it, on the line of first parents from `HEAD`. `None` if `HEAD` does not have it. `file` is absolute.
    pub(crate) fn contains_since(
        &self,
        file: &Path,
        text: &str,
        largest: usize,
    ) -> Result<Option<i64>, Error> {
        let Some(path) = self.path_below(file) else { return Ok(None) };
        let (mut since, mut known) = (None, HashMap::new());
        let mut next = self.repository.head().and_then(|head| head.peel_to_commit()).ok();
        for _ in 0..MOST_COMMITS {
            let Some(commit) = next else { break };
            let Ok(entry) = commit.tree()?.get_path(&path) else { break };
            let has_it = if let Some(has_it) = known.get(&entry.id()) {
                *has_it
            } else {
                let content = self.blob(entry.id(), largest)?;
                let has_it = content.is_some_and(|content| String::from_utf8_lossy(&content).contains(text));
                known.insert(entry.id(), has_it);
                has_it
            };
            if !has_it {
                break;
            }
            since = Some(commit.time().seconds());
            next = commit.parent(0).ok();
            if next.is_none() && self.is_shallow() {
                // The text may be older than the first commit that is here.
                return Ok(None);
            }
        }
        Ok(since)
    }

    /// The bytes of a blob. `None` for another object, and for a blob of more than `largest` bytes.
    pub(super) fn blob(&self, id: Oid, largest: usize) -> Result<Option<Vec<u8>>, Error> {
        let odb = self.repository.odb()?;
        let (size, kind) = odb.read_header(id)?;
        let is_meant = size <= largest && kind == ObjectType::Blob;
        Ok(if is_meant { Some(odb.read(id)?.data().to_vec()) } else { None })
    }
}
