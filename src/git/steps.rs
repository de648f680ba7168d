//! Steps on top of a commit: the patches of a lock as commits, and the objects that they make.
//!
//! The same patches on the same base give the same commits everywhere: the committer is fixed, and the time is the
//! newest of the base and of what was merged. Trees are computed from the ids in the patches, without any content. A
//! content is made only if it is wanted.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use git2::{ObjectType, Odb, Oid};

use super::Error;
use super::bench::Bench;
use super::ids::bytes;
use super::packs::{NewObject, PackSink, write_objects};
use super::store::{Store, commit_in};
use crate::patch::{self, FilePatch, Patch, apply, result};
use crate::repo::{BlobId, CommitId, Objects, TreeId};

/// Who makes the commits. It is the same on every machine.
pub(super) const COMMITTER: &str = "oca <oca@oca.invalid>";

/// A patch, and the tree and the commit that it gives on top of the step before.
#[derive(Clone, Debug)]
pub(crate) struct StepCommit {
    pub(crate) patch: Patch,
    pub(crate) tree: TreeId,
    pub(crate) commit: CommitId,
}

/// What is wrong with a step.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum WrongStep {
    #[error(transparent)]
    Patch(#[from] patch::Error),
    #[error("it gives tree `{found}`, but the lock says `{locked}`")]
    Tree { locked: TreeId, found: TreeId },
    #[error("it gives commit `{found}`, but the lock says `{locked}`")]
    Commit { locked: CommitId, found: CommitId },
}

/// The commit of a step, its time, and its text.
fn commit_of(patch: &Patch, tree: TreeId, parent: CommitId, parent_time: i64) -> (CommitId, i64, Vec<u8>) {
    let header = patch.header();
    let time = header.date.max(parent_time).max(0);
    let url = header.url.iter().map(|url| format!("\n{url}\n"));
    let text = format!(
        "tree {tree}\nparent {parent}\nauthor {} <{}> {time} +0000\ncommitter {COMMITTER} {time} +0000\n\n{}\n{}",
        header.name,
        header.email,
        header.title,
        url.collect::<String>(),
    );
    (id_of(ObjectType::Commit, text.as_bytes()), time, text.into_bytes())
}

/// Writes a commit that only oca needs. No ref leads to it. `time` is in seconds since 1970.
pub(super) fn write_own_commit(
    odb: &Odb<'_>,
    tree: impl Display,
    parent: Option<CommitId>,
    time: i64,
    message: &str,
) -> Result<Oid, Error> {
    let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
    let text = format!(
        "tree {tree}\n{parent}author {COMMITTER} {time} +0000\ncommitter {COMMITTER} {time} +0000\n\n{message}\n"
    );
    Ok(odb.write(ObjectType::Commit, text.as_bytes())?)
}

fn id_of(kind: ObjectType, content: &[u8]) -> CommitId {
    CommitId::from_bytes(bytes(Oid::hash_object(kind, content).expect("the bytes of an object")))
}

/// The time of a commit with steps on top of it, in seconds since 1970.
fn time_of(store: &Store, base: CommitId, steps: &[StepCommit]) -> Result<i64, Error> {
    let repository = store.repository()?;
    let base = commit_in(&repository, base)?.time().seconds();
    Ok(steps.iter().fold(base, |time, step| step.patch.header().date.max(time).max(0)))
}

/// The next step, with the commit that it makes.
pub(super) fn next(
    store: &Store,
    base: CommitId,
    steps: &[StepCommit],
    patch: Patch,
    tree: TreeId,
) -> Result<StepCommit, Error> {
    let parent = steps.last().map_or(base, |step| step.commit);
    let (commit, ..) = commit_of(&patch, tree, parent, time_of(store, base, steps)?);
    Ok(StepCommit { patch, tree, commit })
}

/// Makes the trees and the commits of the steps. The trees of the base are in the store. Fails if a step does not give
/// what the lock says.
pub(super) fn make_commits(store: &Store, base: CommitId, steps: &[StepCommit]) -> Result<(), Error> {
    let mut bench = Bench::default();
    bench.add_store(store)?;
    let (mut parent, mut tree, mut time) = (base, store.tree_of(base)?, time_of(store, base, &[])?);
    let mut new: Vec<NewObject> = Vec::new();
    for (number, step) in (1..).zip(steps) {
        let wrong = |why| Error::WrongStep { number, why };
        let given = result(&bench, tree, step.patch.files()).map_err(|error| wrong(error.into()))?;
        if given.root != step.tree {
            return Err(wrong(WrongStep::Tree { locked: step.tree, found: given.root }));
        }
        bench.add_trees(&given.trees)?;
        new.extend(given.trees.into_iter().map(|(id, content)| NewObject {
            id: *id.as_bytes(),
            kind: ObjectType::Tree,
            content,
        }));
        let (commit, at, content) = commit_of(&step.patch, step.tree, parent, time);
        if commit != step.commit {
            return Err(wrong(WrongStep::Commit { locked: step.commit, found: commit }));
        }
        new.push(NewObject { id: *commit.as_bytes(), kind: ObjectType::Commit, content });
        (parent, tree, time) = (commit, step.tree, at);
    }
    add(store, new)
}

/// What is needed to make contents.
pub(super) struct Making<'s> {
    /// Contents of the base.
    pub(super) base: Vec<BlobId>,
    /// The changes that make the contents, each after those on which it depends, with the number of its step.
    changes: Vec<(usize, &'s FilePatch)>,
}

/// How to get these contents, which the store does not have.
pub(super) fn making<'s>(steps: &'s [StepCommit], wanted: &[[u8; 20]]) -> Making<'s> {
    let mut made: HashMap<BlobId, (usize, &FilePatch)> = HashMap::new();
    for (number, step) in (1..).zip(steps) {
        for file in step.patch.files() {
            let [old, new] = [file.old, file.new].map(|side| side.and_then(|side| side.blob()));
            if let Some(new) = new.filter(|new| old != Some(*new)) {
                made.entry(new).or_insert((number, file));
            }
        }
    }
    let mut making = Making { base: Vec::new(), changes: Vec::new() };
    let mut seen = HashSet::new();
    for wanted in wanted {
        // A chain of changes from the wanted content down to the base. A patch that leads back to itself is refused
        // when it is applied: no content has two ids.
        let (mut chain, mut next) = (Vec::new(), Some(BlobId::from_bytes(*wanted)));
        while let Some(id) = next.take().filter(|id| seen.insert(*id)) {
            match made.get(&id) {
                Some((number, file)) => {
                    chain.push((*number, *file));
                    next = file.old.and_then(|old| old.blob()).filter(|_| !file.is_whole());
                }
                None => making.base.push(id),
            }
        }
        making.changes.extend(chain.into_iter().rev());
    }
    making
}

/// All contents that the steps make.
pub(super) fn contents(steps: &[StepCommit]) -> impl Iterator<Item = [u8; 20]> {
    let files = steps.iter().flat_map(|step| step.patch.files());
    files.filter_map(|file| Some(*file.new?.blob()?.as_bytes()))
}

/// Makes contents. Those of the base are in the store.
pub(super) fn make_contents(store: &Store, making: &Making<'_>) -> Result<(), Error> {
    if making.changes.is_empty() {
        return Ok(());
    }
    let mut bench = Bench::default();
    bench.add_store(store)?;
    let mut new = Vec::new();
    for (number, file) in &making.changes {
        let wrong = |error: patch::Error| Error::WrongStep { number: *number, why: error.into() };
        let Some(id) = file.new.and_then(|new| new.blob()).filter(|id| !bench.has(*id)) else { continue };
        let old = file.old.and_then(|old| old.blob()).filter(|_| !file.is_whole());
        let old = old.map(|id| bench.blob(id)).transpose()?.unwrap_or_default();
        let Some(content) = apply(file, &old).map_err(wrong)? else { continue };
        bench.add_blobs([(id, content.clone())].into());
        new.push(NewObject { id: *id.as_bytes(), kind: ObjectType::Blob, content });
    }
    add(store, new)
}

/// Adds objects to a store, if they are not there yet.
fn add(store: &Store, objects: Vec<NewObject>) -> Result<(), Error> {
    let missing: HashSet<[u8; 20]> =
        store.missing(objects.iter().map(|object| object.id))?.into_iter().collect();
    let mut seen = HashSet::new();
    let is_new = |object: &NewObject| missing.contains(&object.id) && seen.insert(object.id);
    let new: Vec<NewObject> = objects.into_iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(());
    }
    let mut sink: PackSink = store.pack_sink()?;
    write_objects(&new, &mut sink)?;
    sink.finish()
}
