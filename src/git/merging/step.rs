//! A step: what a merge changes, as a patch, with the tree that it gives.

use std::collections::HashMap;

use git2::Repository;

use super::Error;
use super::conflict::Conflict;
use super::content::{Decided, Ruled, decide};
use super::three_way::{Both, Merged, Trees, merge_trees};
use crate::git::bench::Bench;
use crate::git::ids::oid;
use crate::patch::{Change, FilePatch, Header, Patch, apply, between, describe, parse, render, result};
use crate::repo::{BlobId, CommitId, LATEST, Objects, RemoteUrl, TreeId, one_line, redact_userinfo};

/// What a merge adds to the result so far.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) patch: Patch,
    /// The tree of the result with this step.
    pub(crate) tree: TreeId,
    /// The conflicts that rules decided.
    pub(crate) ruled: Vec<Ruled>,
    pub(super) trees: Vec<(TreeId, Vec<u8>)>,
    pub(super) blobs: HashMap<BlobId, Vec<u8>>,
}

impl Step {
    /// Whether it changes nothing. Then the base has all of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.patch.files().is_empty()
    }
}

/// What a merge gives.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Step(Box<Step>),
    /// In the order of their paths.
    Conflicts(Vec<Conflict>),
}

/// Text for the header of a step. If one is missing, the merged commit has it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Label<'a> {
    pub(crate) title: Option<&'a str>,
    /// The address of the request, as the lock has it.
    pub(crate) url: Option<&'a str>,
}

/// Blobs that a merge reads, by the commit that has them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    Ancestor,
    Ours,
    Theirs,
}

/// Fetches blobs of one of the three commits.
pub(super) type Fetch<'a> = &'a dyn Fn(Side, &[BlobId]) -> Result<(), Error>;

/// Merges changes of the ancestor into ours. `modules` are the trees in which a module may be.
pub(super) fn merge(
    bench: &mut Bench,
    trees: Trees,
    theirs: &[Change],
    modules: &[TreeId],
    header: Header,
    fetch: Fetch<'_>,
) -> Result<Outcome, Error> {
    let (changes, decided) = attempt(bench, trees, theirs, modules, fetch)?;
    if !decided.conflicts.is_empty() {
        return Ok(Outcome::Conflicts(decided.conflicts));
    }
    step(bench, trees.ours, changes, decided, header).map(|step| Outcome::Step(Box::new(step)))
}

/// Merges changes of the ancestor into ours. Returns the conflicts, in the order of their paths, and the step of
/// everything else.
pub(super) fn rest(
    bench: &mut Bench,
    trees: Trees,
    theirs: &[Change],
    modules: &[TreeId],
    header: Header,
    fetch: Fetch<'_>,
) -> Result<(Vec<Conflict>, Step), Error> {
    let (changes, mut decided) = attempt(bench, trees, theirs, modules, fetch)?;
    let conflicts = std::mem::take(&mut decided.conflicts);
    Ok((conflicts, step(bench, trees.ours, changes, decided, header)?))
}

/// The changes that need no content, and what becomes of the rest. All blobs of both are fetched.
fn attempt(
    bench: &mut Bench,
    trees: Trees,
    theirs: &[Change],
    modules: &[TreeId],
    fetch: Fetch<'_>,
) -> Result<(Vec<Change>, Decided), Error> {
    let Merged { changes, both, conflicts } = merge_trees(bench, trees, theirs)?;
    for side in [Side::Theirs, Side::Ours, Side::Ancestor] {
        let mut missing = needed(&changes, &both, side);
        missing.retain(|id| !bench.has(*id));
        missing.sort();
        missing.dedup();
        if !missing.is_empty() {
            fetch(side, &missing)?;
            bench.refresh()?;
        }
    }
    let mut decided = decide(bench, modules, &both, conflicts)?;
    decided.conflicts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((changes, decided))
}

/// The blobs that a merge reads, or that its step has, of one of the three commits.
pub(super) fn needed(changes: &[Change], both: &[Both], side: Side) -> Vec<BlobId> {
    let has_new_content = |change: &&Change| change.old.map(|old| old.id) != change.new.map(|new| new.id);
    let taken = changes.iter().filter(has_new_content).filter_map(|change| match side {
        Side::Ancestor => None,
        Side::Ours => change.old,
        Side::Theirs => change.new,
    });
    let of_both = both.iter().filter_map(|both| match side {
        Side::Ancestor => both.ancestor,
        Side::Ours => Some(both.ours),
        Side::Theirs => Some(both.theirs),
    });
    taken.chain(of_both).filter_map(|side: crate::patch::Side| side.blob()).collect()
}

fn step(
    bench: &mut Bench,
    ours: TreeId,
    mut changes: Vec<Change>,
    decided: Decided,
    header: Header,
) -> Result<Step, Error> {
    let Decided { changes: merged, blobs, ruled, .. } = decided;
    changes.extend(merged);
    // The sort is stable, so a path is still removed before it is added.
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    bench.add_blobs(blobs.clone());
    let files = describe(bench, changes)?;
    // What no commit has goes with the step.
    of_files(bench, ours, header, files).map(|step| Step { ruled, blobs, ..step })
}

/// The step that these changes of files make on the result so far.
pub(super) fn of_files(
    bench: &mut Bench,
    ours: TreeId,
    header: Header,
    files: Vec<FilePatch>,
) -> Result<Step, Error> {
    let patch = Patch::new(header, files)?;
    let new = result(bench, ours, patch.files())?;
    bench.add_trees(&new.trees)?;
    // What the lock will record must give this very tree, and nothing else.
    let read = parse(&render(&patch))?;
    let change = |file: &FilePatch| Change { path: file.path.clone(), old: file.old, new: file.new };
    let changes: Vec<Change> = patch.files().iter().map(change).collect();
    let is_same = read == patch
        && result(bench, ours, read.files())?.root == new.root
        && between(bench, ours, new.root)? == changes;
    if !is_same {
        return Err(Error::OtherTree);
    }
    let mut blobs = HashMap::new();
    for file in patch.files() {
        let [old, new] = [file.old, file.new].map(|side| side.and_then(|side| side.blob()));
        let Some(id) = new.filter(|id| old != new && !bench.has(*id)) else { continue };
        let old = old.filter(|_| !file.is_whole()).map(|id| bench.blob(id)).transpose()?;
        blobs.extend(apply(file, &old.unwrap_or_default())?.map(|content| (id, content)));
    }
    Ok(Step { patch, tree: new.root, ruled: Vec::new(), trees: new.trees, blobs })
}

/// The header of a step: author and title of the merged commit, and the time when it was made.
pub(super) fn header(repository: &Repository, commit: CommitId, label: Label<'_>) -> Result<Header, Error> {
    let commit = repository.find_commit(oid(commit.as_bytes()))?;
    let text = |bytes: &[u8]| one_line(String::from_utf8_lossy(bytes).trim()).trim().to_owned();
    let author = commit.author();
    let person = |bytes: &[u8]| text(bytes).replace(['<', '>'], "").trim().to_owned();
    let (name, email) = (person(author.name_bytes()), person(author.email_bytes()));
    let message = commit.message_raw_bytes();
    let subject = message.split(|&byte| byte == b'\n').map(text).find(|line| !line.is_empty());
    let title = label.title.map(|title| text(title.as_bytes())).filter(|title| !title.is_empty());
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let without_secret = |url: &str| match RemoteUrl::parse(url) {
        Ok(url) => url.without_secret().as_str().to_owned(),
        Err(_) => redact_userinfo(url),
    };
    let url = label.url.map(|url| text(without_secret(url).as_bytes())).filter(|url| !url.is_empty());
    Ok(Header {
        name: or(name, &or(email.clone(), "unknown")),
        email,
        date: commit.time().seconds().clamp(0, LATEST),
        title: title.or(subject).unwrap_or_else(|| "(no title)".to_owned()),
        url,
    })
}
