//! Builds bare repositories commit by commit; author and dates are fixed, so commit ids are the same in every run.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Once;

use git2::build::TreeUpdateBuilder;
use git2::{Commit, FileMode, ObjectType, Oid, Repository, RepositoryInitOptions, Signature, Time};

use crate::env::Env;

/// The first commit of each repository; every further one is a minute later.
const START: i64 = 1_729_814_400;

/// A bare repository below `remotes/`, empty at first.
pub(crate) struct Remote {
    path: PathBuf,
    repository: Repository,
    clock: Cell<i64>,
}

impl Remote {
    /// Creates `remotes/{name}.git` without any reference; `HEAD` names `18.0`.
    pub(crate) fn new(env: &Env, name: &str) -> Self {
        ignore_user_configuration();
        let path = env.remotes().join(format!("{name}.git"));
        let mut options = RepositoryInitOptions::new();
        options.bare(true).external_template(false).initial_head("18.0").mkpath(true);
        let repository = Repository::init_opts(&path, &options).expect("a new repository");
        Self { path, repository, clock: Cell::new(START) }
    }

    /// The repository that was made before by this name.
    pub(crate) fn open(env: &Env, name: &str) -> Self {
        let path = env.remotes().join(format!("{name}.git"));
        let repository = Repository::open(&path).expect("a repository");
        Self { path, repository, clock: Cell::new(START) }
    }

    /// The next commit is this much later than the first one of a repository.
    pub(crate) fn later(&self, seconds: i64) {
        self.clock.set(START + seconds);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a commit on top of a branch, or its first one.
    pub(crate) fn branch(&self, name: &str) -> Draft<'_> {
        self.reference(&format!("refs/heads/{name}"))
    }

    /// Starts a commit on `refs/pull/{number}/head`.
    pub(crate) fn pull(&self, number: u32) -> Draft<'_> {
        self.reference(&format!("refs/pull/{number}/head"))
    }

    /// Starts a commit that will replace all a branch had, as a force push of something unrelated does.
    pub(crate) fn rewrite(&self, branch: &str) -> Draft<'_> {
        Draft { parent: None, ..self.branch(branch) }
    }

    pub(crate) fn delete_branch(&self, name: &str) {
        let mut reference =
            self.repository.find_reference(&format!("refs/heads/{name}")).expect("the branch");
        reference.delete().expect("the branch can be deleted");
    }

    /// Points a lightweight tag at a commit.
    pub(crate) fn tag(&self, name: &str, commit: &str) {
        let reference = format!("refs/tags/{name}");
        self.repository.reference(&reference, id(commit), true, "").expect("the tag");
    }

    /// Makes a tag object for a commit and returns the object's own id.
    pub(crate) fn annotated_tag(&self, name: &str, commit: &str) -> String {
        let target = self.repository.find_object(id(commit), Some(ObjectType::Commit)).expect("the commit");
        let tag = self.repository.tag(name, &target, &self.signature(), name, true).expect("the tag");
        tag.to_string()
    }

    /// The commit a reference stands at, such as `18.0`, `refs/pull/1/head` or a tag.
    pub(crate) fn commit_of(&self, reference: &str) -> String {
        self.resolve(reference).id().to_string()
    }

    /// The tree id at a path (`""` for the root) of the commit a reference stands at.
    pub(crate) fn tree_of(&self, reference: &str, path: &str) -> String {
        let tree = self.resolve(reference).tree().expect("the tree");
        if path.is_empty() {
            return tree.id().to_string();
        }
        tree.get_path(Path::new(path)).expect("the path").id().to_string()
    }

    pub(crate) fn blob(&self, content: &str) -> Oid {
        self.repository.blob(content.as_bytes()).expect("the blob")
    }

    /// Writes a tree of these bytes, entry by entry, whether git would or not.
    pub(crate) fn raw_tree(&self, entries: &[(&str, &[u8], Oid)]) -> Oid {
        let entry = |(mode, name, id): &(&str, &[u8], Oid)| {
            [mode.as_bytes(), b" ", name, b"\0", id.as_bytes()].concat()
        };
        let bytes: Vec<u8> = entries.iter().flat_map(entry).collect();
        self.write_raw(ObjectType::Tree, &bytes)
    }

    /// Puts a commit of any tree on `18.0`.
    pub(crate) fn commit_raw(&self, tree: Oid) -> String {
        let who = format!("Odo Test <odo@example.com> {} +0000", self.signature().when().seconds());
        let text = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n");
        let commit = self.write_raw(ObjectType::Commit, text.as_bytes());
        self.repository.reference("refs/heads/18.0", commit, true, "").expect("the reference");
        commit.to_string()
    }

    fn write_raw(&self, kind: ObjectType, bytes: &[u8]) -> Oid {
        self.repository.odb().and_then(|odb| odb.write(kind, bytes)).expect("an object")
    }

    fn resolve(&self, reference: &str) -> Commit<'_> {
        let object = self.repository.revparse_single(reference).expect("the reference");
        object.peel_to_commit().expect("a commit")
    }

    fn reference(&self, name: &str) -> Draft<'_> {
        Draft {
            remote: self,
            reference: name.to_owned(),
            parent: self.repository.refname_to_id(name).ok(),
            message: None,
            author: None,
            merged: None,
            changes: Vec::new(),
        }
    }

    fn signature(&self) -> Signature<'static> {
        let time = self.clock.get();
        self.clock.set(time + 60);
        Signature::new("Odo Test", "odo@example.com", &Time::new(time, 0)).expect("a signature")
    }
}

/// A commit that is being made.
#[must_use = "nothing is written before `commit`"]
pub(crate) struct Draft<'remote> {
    remote: &'remote Remote,
    reference: String,
    parent: Option<Oid>,
    message: Option<String>,
    author: Option<String>,
    /// The second parent.
    merged: Option<Oid>,
    changes: Vec<Change>,
}

enum Change {
    Put(String, Oid, FileMode),
    SetMode(String, FileMode),
    Remove(String),
}

impl Draft<'_> {
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.put(path, content.as_ref(), FileMode::Blob)
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.put(path, target.as_bytes(), FileMode::Link)
    }

    /// Sets the executable bit of a file that is there or was just written.
    pub(crate) fn executable(mut self, path: &str) -> Self {
        self.changes.push(Change::SetMode(path.to_owned(), FileMode::BlobExecutable));
        self
    }

    pub(crate) fn gitlink(mut self, path: &str, commit: &str) -> Self {
        self.changes.push(Change::Put(path.to_owned(), id(commit), FileMode::Commit));
        self
    }

    pub(crate) fn remove(mut self, path: &str) -> Self {
        self.changes.push(Change::Remove(path.to_owned()));
        self
    }

    /// Writes an Odoo module: `__init__.py` and a manifest with these fields, each value as Python text.
    ///
    /// `name`, `version`, `license` and `depends` have defaults; an empty value leaves a field out.
    pub(crate) fn module(self, name: &str, fields: &[(&str, &str)]) -> Self {
        let manifest = manifest(name, self.series(), fields);
        self.file(&format!("{name}/__init__.py"), "").file(&format!("{name}/__manifest__.py"), manifest)
    }

    /// Starts from this commit instead of where the reference stands.
    pub(crate) fn from(mut self, commit: &str) -> Self {
        self.parent = Some(id(commit));
        self
    }

    pub(crate) fn message(mut self, message: &str) -> Self {
        self.message = Some(message.to_owned());
        self
    }

    /// Is written by somebody else.
    pub(crate) fn author(mut self, name: &str) -> Self {
        self.author = Some(name.to_owned());
        self
    }

    /// Merges this commit. Its files are not taken: say what changes.
    pub(crate) fn merging(mut self, commit: &str) -> Self {
        self.merged = Some(id(commit));
        self
    }

    /// Writes the commit, moves the reference to it and returns its id.
    pub(crate) fn commit(self) -> String {
        let repository = &self.remote.repository;
        let parent = self.parent.map(|id| repository.find_commit(id).expect("the parent"));
        let mut tree = match &parent {
            Some(parent) => parent.tree_id(),
            None => repository.treebuilder(None).and_then(|tree| tree.write()).expect("the empty tree"),
        };
        // One change at a time, for a later one may speak of what an earlier one wrote.
        for change in &self.changes {
            tree = apply(repository, tree, change);
        }
        let tree = repository.find_tree(tree).expect("the tree was written");
        let committer = self.remote.signature();
        let author = self.author.as_deref().unwrap_or("Odo Test");
        let author = Signature::new(author, "odo@example.com", &committer.when()).expect("a signature");
        let merged = self.merged.map(|id| repository.find_commit(id).expect("what is merged"));
        let message = self.message.as_deref().unwrap_or("[IMP] a change\n");
        let parents: Vec<&Commit> = parent.iter().chain(&merged).collect();
        let commit =
            repository.commit(None, &author, &committer, message, &tree, &parents).expect("the commit");
        repository.reference(&self.reference, commit, true, "").expect("the reference");
        commit.to_string()
    }

    fn put(mut self, path: &str, content: &[u8], mode: FileMode) -> Self {
        let blob = self.remote.repository.blob(content).expect("the blob");
        self.changes.push(Change::Put(path.to_owned(), blob, mode));
        self
    }

    /// The Odoo series that a branch such as `18.0` or `18.0-mig-web` is for.
    fn series(&self) -> &str {
        let branch = self.reference.strip_prefix("refs/heads/").unwrap_or_default();
        let series = branch.split('-').next().unwrap_or_default();
        if series.ends_with(".0") { series } else { "18.0" }
    }
}

fn apply(repository: &Repository, tree: Oid, change: &Change) -> Oid {
    let tree = repository.find_tree(tree).expect("the tree was written");
    let mut update = TreeUpdateBuilder::new();
    match change {
        Change::Put(path, object, mode) => update.upsert(path.as_str(), *object, *mode),
        Change::SetMode(path, mode) => {
            let entry = tree.get_path(Path::new(path)).expect("a file whose mode is set");
            update.upsert(path.as_str(), entry.id(), *mode)
        }
        Change::Remove(path) => update.remove(path.as_str()),
    };
    update.create_updated(repository, &tree).expect("the changed tree")
}

fn manifest(name: &str, series: &str, fields: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("name", format!("{:?}", name.replace('_', " "))),
        ("version", format!("\"{series}.1.0.0\"")),
        ("license", "\"AGPL-3\"".to_owned()),
        ("depends", "[\"base\"]".to_owned()),
    ];
    for &(field, value) in fields {
        match all.iter_mut().find(|(known, _)| *known == field) {
            Some(known) => value.clone_into(&mut known.1),
            None => all.push((field, value.to_owned())),
        }
    }
    let lines: Vec<String> = all
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(field, value)| format!("    \"{field}\": {value},\n"))
        .collect();
    format!(
        "# Copyright 2024 Odo Test\n# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).\n\n{{\n{}}}\n",
        lines.concat()
    )
}

fn id(commit: &str) -> Oid {
    Oid::from_str(commit).expect("a commit id of 40 hex digits")
}

/// Keeps the configuration of whoever runs the tests out of libgit2.
#[expect(
    unsafe_code,
    reason = "libgit2's search paths are global; this is done once, before any repository is opened"
)]
fn ignore_user_configuration() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        use git2::ConfigLevel::{Global, ProgramData, System, XDG};
        for level in [Global, ProgramData, System, XDG] {
            // SAFETY: `call_once` lets no other thread of the tests into libgit2 before the paths are set.
            unsafe { git2::opts::set_search_path(level, "") }.expect("a search path");
        }
    });
}
