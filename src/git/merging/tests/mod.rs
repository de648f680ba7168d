//! Merges of real repositories: made here, or mirrors.

mod laws;
mod merges;
mod real;
mod relations;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use git2::{Repository, Signature, Time};

use super::*;
use crate::git::ids::{bytes, oid};
use crate::git::merging::conflict::ConflictKind;
use crate::git::merging::head::Head;
use crate::git::{Git, Remote};
use crate::repo::{MergeRef, Reference, RemoteUrl};
use server::Server;

/// A bare repository.
pub(super) struct Origin {
    pub(super) home: tempfile::TempDir,
    repository: Repository,
}

/// The content of files by path. A mode other than `100644` stands before the content: `100755 x`.
pub(super) type Files<'a> = &'a [(&'a str, &'a str)];

impl Origin {
    pub(super) fn new() -> Self {
        let home = tempfile::TempDir::with_prefix("oca-merging-").expect("a temporary directory");
        let repository = Repository::init_bare(home.path().join("web.git")).expect("a repository");
        Self { home, repository }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.home.path().join("web.git")
    }

    /// Makes a commit with exactly these files.
    pub(super) fn commit(&self, parents: &[CommitId], files: Files<'_>) -> CommitId {
        let mut all: BTreeMap<&str, (i32, git2::Oid)> = BTreeMap::new();
        for (path, content) in files {
            let marked = ["100755 ", "120000 ", "160000 "].iter().find_map(|mode| content.strip_prefix(mode));
            let mode = marked.map_or("100644", |_| &content[..6]);
            let id = if mode == "160000" {
                git2::Oid::from_str(&marked.unwrap_or_default().repeat(40)).expect("an id")
            } else {
                self.repository.blob(marked.unwrap_or(content).as_bytes()).expect("a blob")
            };
            all.insert(path, (i32::from_str_radix(mode, 8).expect("a mode"), id));
        }
        let tree = self.tree(&all, "");
        self.commit_tree(parents, tree)
    }

    pub(super) fn commit_tree(&self, parents: &[CommitId], tree: git2::Oid) -> CommitId {
        let author = Signature::new("Ann", "ann@example.com", &Time::new(1_700_000_000, 60)).expect("a name");
        let parents: Vec<git2::Commit<'_>> = parents
            .iter()
            .map(|id| self.repository.find_commit(oid(id.as_bytes())).expect("a commit"))
            .collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        let tree = self.repository.find_tree(tree).expect("a tree");
        let message = "[FIX] web: the title\n\nMore.\n";
        let id = self.repository.commit(None, &author, &author, message, &tree, &parents).expect("a commit");
        CommitId::from_bytes(bytes(id))
    }

    fn tree(&self, files: &BTreeMap<&str, (i32, git2::Oid)>, below: &str) -> git2::Oid {
        let mut builder = self.repository.treebuilder(None).expect("a tree");
        let inside = files.iter().filter_map(|(path, entry)| Some((path.strip_prefix(below)?, entry)));
        for (path, (mode, id)) in inside {
            match path.split_once('/') {
                None => builder.insert(path, *id, *mode).map(drop).expect("an entry"),
                Some((name, _)) => {
                    let tree = self.tree(files, &format!("{below}{name}/"));
                    builder.insert(name, tree, 0o040_000).map(drop).expect("an entry");
                }
            }
        }
        builder.write().expect("a tree")
    }

    pub(super) fn set(&self, name: &str, commit: CommitId) {
        self.repository.reference(name, oid(commit.as_bytes()), true, "").expect("a ref");
    }

    pub(super) fn tree_of(&self, commit: CommitId) -> TreeId {
        let commit = self.repository.find_commit(oid(commit.as_bytes())).expect("a commit");
        TreeId::from_bytes(bytes(commit.tree_id()))
    }

    /// The tree that git merges, or `None` if it finds a conflict.
    pub(super) fn git_merges(&self, base: CommitId, ours: CommitId, theirs: CommitId) -> Option<TreeId> {
        merge_tree(&self.path(), &self.path().join("objects"), Some(base), ours, theirs)
    }
}

/// `git merge-tree`. Git writes new objects to `objects`.
pub(super) fn merge_tree(
    repository: &Path,
    objects: &Path,
    base: Option<CommitId>,
    ours: CommitId,
    theirs: CommitId,
) -> Option<TreeId> {
    let mut command = Command::new("git");
    command.args(["-c", "merge.renames=false", "-c", "merge.directoryRenames=false", "-C"]).arg(repository);
    command.args(["merge-tree", "--write-tree", "--no-messages"]);
    command.args(base.map(|base| format!("--merge-base={base}")));
    command.args([ours.to_string(), theirs.to_string()]);
    command.env("GIT_OBJECT_DIRECTORY", objects);
    command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", repository.join("objects"));
    command.envs(["HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"].map(|name| (name, "/dev/null")));
    let output = command.output().expect("git is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => Some(TreeId::parse(text.trim()).expect("an id")),
        Some(1) => None,
        _ => panic!("git merge-tree: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// A cache, and oca's git with it.
pub(super) fn git() -> (tempfile::TempDir, Git) {
    let cache = tempfile::TempDir::with_prefix("oca-merging-cache-").expect("a temporary directory");
    let git = Git::new(cache.path().to_owned(), false);
    (cache, git)
}

pub(super) fn remote<'g>(git: &'g Git, url: &str) -> Remote<'g> {
    git.remote(&RemoteUrl::parse(url).expect("a url")).expect("a remote")
}

pub(super) fn at<'g>(remote: &Remote<'g>, head: &Head) -> Snapshot<'g, 'static> {
    remote.clone().at(head.commit, &head.reference, &|_| ())
}

/// The urls of a repository: a path, a server, and a server without protocol 2.
pub(super) fn urls(origin: &Origin) -> [String; 3] {
    let [new, old] = [Server::new(origin.path()), Server::without_version_2(origin.path())];
    [origin.path().display().to_string(), new.url, old.url]
}

pub(super) fn found(remote: &Remote<'_>, word: &str) -> Result<Head, Error> {
    remote.resolve_merge(&match word.strip_prefix('#') {
        Some(number) => MergeRef::Request(number.parse().expect("a number")),
        None => MergeRef::named(word).expect("a name"),
    })
}

pub(super) fn snapshot<'g>(
    remote: &Remote<'g>,
    commit: CommitId,
    reference: &Reference,
) -> Snapshot<'g, 'static> {
    remote.clone().at(commit, reference, &|_| ())
}
