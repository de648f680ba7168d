//! Merges at lock time: pull requests, branches and recorded steps onto a pinned base.
//!
//! [`Remote::resolve_merge`](super::Remote::resolve_merge) finds the commit to merge. [`relation`] says how it is
//! related to the pin, by the commits between the two. [`Merging`] merges onto the result so far and gives each step as
//! a patch with its tree.
//!
//! - Nothing depends on the machine: neither the user's configuration nor attributes nor the time.
//! - Renames are not detected. The merge reads the trees of three commits, and the contents of files that theirs
//!   changes.
//! - Files that OCA's bots write have rules: see [`merge`](crate::merge). Everything else that both sides changed on the
//!   same lines is a [`Conflict`].
//!
//! `base` is about commits, `landing` reads what they say. `gather` asks for many at once.
//! `three_way` merges trees, `content` merges contents, `modules` finds modules in them, `step` makes the patch,
//! `unmerged` prepares a conflict for a person. `bench` has the objects.

mod base;
mod conflict;
mod content;
mod error;
mod gather;
mod head;
mod landing;
mod modules;
mod step;
#[cfg(all(test, unix))]
mod tests;
mod three_way;
mod unmerged;

pub(crate) use conflict::{Conflict, ConflictKind, merged_mode};
pub(crate) use error::Error;
pub(crate) use gather::{Expected, gather};
pub(crate) use head::Head;
pub(crate) use landing::{Landing, Wanted};
pub(crate) use step::{Label, Outcome, Step};
pub(crate) use unmerged::Unmerged;

use base::{Related, newer_start, relate};
use landing::BranchCommits;
use step::Side;
use three_way::Trees;

use super::Snapshot;
use super::bench::Bench;
use super::history::{History, RemoteHistory};
use crate::patch::{Change, Header, Patch, UserPatch, apply, between, describe, result};
use crate::repo::{BlobId, CommitId, Objects, RepoPath, TreeId};

/// How a merge is related to the pin.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Relation {
    /// The pin contains it: there is nothing to merge.
    Absorbed,
    /// It starts from this commit of the pin's history.
    From(CommitId),
    /// It starts from `start`, which is newer than the pin. To merge it would also merge the commits of the branch
    /// between the two. `start` is the ancestor if only its own difference is wanted.
    Newer { start: CommitId, base: CommitId },
}

/// The history of the remote of the pin, and that of the remote of the head, if that is another one.
fn histories<'r, 'g>(
    pin: &'r Snapshot<'g, 'r>,
    head: &'r Snapshot<'g, 'r>,
) -> (RemoteHistory<'r, 'g>, Option<RemoteHistory<'r, 'g>>) {
    let is_same = pin.remote().store().directory() == head.remote().store().directory();
    let own = vec![pin.reference().clone()];
    let of_head = vec![head.reference().clone()];
    if is_same {
        return (RemoteHistory::new(pin.remote(), [own, of_head].concat(), pin.meter()), None);
    }
    let other = RemoteHistory::new(head.remote(), of_head, head.meter());
    (RemoteHistory::new(pin.remote(), own, pin.meter()), Some(other))
}

/// Relates a commit to merge to the pin. `tip` is the head of the branch of the pin, if it is known.
pub(crate) fn relation(
    pin: &Snapshot<'_, '_>,
    tip: Option<CommitId>,
    head: &Snapshot<'_, '_>,
) -> Result<Relation, Error> {
    let (upstream, other) = histories(pin, head);
    let other = other.as_ref().map(|other| other as &dyn History);
    match relate(&upstream, other, pin.commit(), head.commit())? {
        Related::Absorbed => Ok(Relation::Absorbed),
        Related::Diverged { base, new } => {
            let tip = tip.unwrap_or(pin.commit());
            let start = newer_start(&upstream, tip, pin.commit(), &new)?;
            Ok(start.map_or(Relation::From(base), |start| Relation::Newer { start, base }))
        }
    }
}

/// Which requests are among the commits that a branch has and `since` does not have. The commits of a request may have
/// been rebased or amended, so its number in the message of OCA's bot counts, too.
pub(crate) fn landings(
    branch: &Snapshot<'_, '_>,
    since: CommitId,
    requests: &[Wanted],
) -> Result<Vec<Option<Landing>>, Error> {
    let references = vec![branch.reference().clone()];
    let history = RemoteHistory::new(branch.remote(), references, branch.meter());
    let range = &history.between(&[branch.commit()], &[since])?;
    let messages = &history.messages(range)?;
    let commits =
        BranchCommits { tip: branch.commit(), branch: branch.reference().as_branch(), range, messages };
    Ok(commits.landings(requests))
}

/// The number of commits that a snapshot has and `old` does not have. `None` if it does not contain `old`.
pub(crate) fn distance(new: &Snapshot<'_, '_>, old: CommitId) -> Result<Option<usize>, Error> {
    let history = RemoteHistory::new(new.remote(), vec![new.reference().clone()], new.meter());
    Ok(history.distance(new.commit(), old)?)
}

/// The number of generations that lead from a commit, and from the pin, to the commit where the two meet. Each is at
/// least 1, and not more than anybody reads.
pub(crate) fn generations(pin: &Snapshot<'_, '_>, head: &Snapshot<'_, '_>) -> Result<(u32, u32), Error> {
    const MOST: u32 = 1000;
    let (upstream, other) = histories(pin, head);
    let other = other.as_ref().map(|other| other as &dyn History);
    let Related::Diverged { base, new } = relate(&upstream, other, pin.commit(), head.commit())? else {
        let new = upstream.between(&[pin.commit()], &[head.commit()])?;
        return Ok((1, new.generations(pin.commit()).clamp(1, MOST)));
    };
    let since = upstream.between(&[pin.commit()], &[base])?;
    Ok((new.generations(head.commit()).clamp(1, MOST), since.generations(pin.commit()).clamp(1, MOST)))
}

/// Something to merge.
#[derive(Clone, Copy)]
pub(crate) struct Merge<'a> {
    pub(crate) head: &'a Snapshot<'a, 'a>,
    /// The commit from which the head starts: its merge base with the pin, or, if only its own difference is wanted,
    /// the newest commit of the branch that it contains.
    pub(crate) ancestor: CommitId,
    /// Only these directories of modules. Empty: everything.
    pub(crate) modules: &'a [RepoPath],
    pub(crate) label: Label<'a>,
}

/// A series of merges onto one base.
pub(crate) struct Merging<'a> {
    base: &'a Snapshot<'a, 'a>,
    bench: Bench,
    tree: TreeId,
}

impl<'a> Merging<'a> {
    /// Begins with the tree of the base.
    pub(crate) fn new(base: &'a Snapshot<'a, 'a>) -> Result<Self, Error> {
        let tree = base.tree_id()?;
        let mut bench = Bench::default();
        bench.add_store(base.remote().store())?;
        Ok(Self { base, bench, tree })
    }

    /// The tree of the result so far.
    pub(crate) fn tree(&self) -> TreeId {
        self.tree
    }

    /// Merges onto the result so far. The result itself moves with [`Merging::accept`].
    pub(crate) fn merge(&mut self, merge: &Merge<'_>) -> Result<Outcome, Error> {
        self.merge_since(&self.base.beside(merge.ancestor), merge)
    }

    /// The same for what was changed since `ancestor`, which can be on the remote of the head only.
    pub(crate) fn merge_since(
        &mut self,
        ancestor: &Snapshot<'_, '_>,
        merge: &Merge<'_>,
    ) -> Result<Outcome, Error> {
        let Sides { old, theirs, changes, header } = self.sides(ancestor, merge)?;
        let fetch = fetch_of(self.base, ancestor, merge.head);
        let trees = Trees { ancestor: old, ours: self.tree };
        step::merge(&mut self.bench, trees, &changes, &[self.tree, old, theirs], header, &fetch)
    }

    fn sides(&mut self, ancestor: &Snapshot<'_, '_>, merge: &Merge<'_>) -> Result<Sides, Error> {
        let Merge { head, modules, label, .. } = *merge;
        let theirs = head.tree_id()?;
        let old = ancestor.tree_id()?;
        self.bench.add_store(head.remote().store())?;
        let mut changes = between(&self.bench, old, theirs)?;
        if !modules.is_empty() {
            changes = of_modules(changes, modules)?;
        }
        let header = step::header(&head.remote().store().repository()?, head.commit(), label)?;
        Ok(Sides { old, theirs, changes, header })
    }

    /// The contents of the files with one of these names that theirs changed or added.
    pub(crate) fn changed_files(&mut self, merge: &Merge<'_>, names: &[&str]) -> Result<Vec<Vec<u8>>, Error> {
        let Sides { changes, .. } = self.sides(&self.base.beside(merge.ancestor), merge)?;
        let is_named = |change: &&Change| {
            change.path.parts().last().is_some_and(|last| names.iter().any(|name| name.as_bytes() == last))
        };
        let new = changes.iter().filter(is_named).filter_map(|change| change.new?.blob());
        let ids: Vec<BlobId> = new.collect();
        merge.head.blobs(&ids)?;
        self.bench.refresh()?;
        ids.into_iter().map(|id| Ok(self.bench.blob(id)?)).collect()
    }

    /// Adds a step to the result.
    pub(crate) fn accept(&mut self, step: &Step) -> Result<(), Error> {
        self.bench.add_trees(&step.trees)?;
        self.bench.add_blobs(step.blobs.clone());
        self.tree = step.tree;
        Ok(())
    }

    /// Adds a recorded step whose tree before is the result so far. Returns the new result.
    pub(crate) fn reuse(&mut self, patch: &Patch) -> Result<TreeId, Error> {
        self.tree = self.apply(self.base, self.tree, patch)?;
        Ok(self.tree)
    }

    /// Applies a patch of the user to the result so far. The result itself moves with [`Merging::accept`].
    pub(crate) fn apply_user(&mut self, user: &UserPatch, header: Header) -> Result<Step, Error> {
        let mut missing = user.blobs(&self.bench, self.tree)?;
        missing.retain(|id| !self.bench.has(*id));
        if !missing.is_empty() {
            self.base.blobs(&missing)?;
            self.bench.refresh()?;
        }
        let files = user.onto(&self.bench, self.tree)?;
        step::of_files(&mut self.bench, self.tree, header, files)
    }

    /// The step that leads from the result so far to this tree. Its new objects are in `objects`.
    pub(crate) fn step_to(
        &mut self,
        tree: TreeId,
        header: Header,
        objects: &dyn Objects,
    ) -> Result<Step, Error> {
        self.bench.copy(objects, tree)?;
        self.step_between(tree, header)
    }

    /// The step that leads from the result so far to the tree of a later result.
    fn step_between(&mut self, tree: TreeId, header: Header) -> Result<Step, Error> {
        let changes = between(&self.bench, self.tree, tree)?;
        let files = describe(&self.bench, changes)?;
        step::of_files(&mut self.bench, self.tree, header, files)
    }

    /// Reads the steps that were recorded for an older base. Returns the tree before each of them.
    pub(crate) fn recall(&mut self, base: &Snapshot<'_, '_>, steps: &[&Patch]) -> Result<Vec<TreeId>, Error> {
        let mut tree = base.tree_id()?;
        self.bench.add_store(base.remote().store())?;
        let mut before = Vec::new();
        for patch in steps {
            before.push(tree);
            tree = self.apply(base, tree, patch)?;
        }
        Ok(before)
    }

    /// Merges a recorded step onto the result so far. `before` is its tree of [`Merging::recall`]. So no conflict has to
    /// be resolved a second time.
    pub(crate) fn replay(&mut self, before: TreeId, patch: &Patch) -> Result<Outcome, Error> {
        let after = result(&self.bench, before, patch.files())?.root;
        let changes = between(&self.bench, before, after)?;
        // The other sides are here already.
        let fetch = |_: Side, blobs: &[BlobId]| Ok(self.base.blobs(blobs)?);
        let trees = Trees { ancestor: before, ours: self.tree };
        let modules = [self.tree, before, after];
        step::merge(&mut self.bench, trees, &changes, &modules, patch.header().clone(), &fetch)
    }

    /// Merges a recorded step onto the result so far, and what was changed since then in the request: from the commit
    /// `since` to the head. `None` if one of the two conflicts.
    pub(crate) fn replay_and_merge(
        &mut self,
        (before, patch): (TreeId, &Patch),
        since: &Snapshot<'_, '_>,
        merge: &Merge<'_>,
    ) -> Result<Option<Step>, Error> {
        let start = self.tree;
        let made = self.replay(before, patch).and_then(|replayed| {
            let Outcome::Step(replayed) = replayed else { return Ok(None) };
            self.accept(&replayed)?;
            let Outcome::Step(new) = self.merge_since(since, merge)? else { return Ok(None) };
            self.accept(&new)?;
            Ok(Some((self.tree, new.patch.header().clone(), [replayed.ruled, new.ruled].concat())))
        });
        // The objects of the result stay on the bench.
        self.tree = start;
        let Some((tree, header, ruled)) = made? else { return Ok(None) };
        Ok(Some(Step { ruled, ..self.step_between(tree, header)? }))
    }

    /// Applies a patch to a tree of a base, and keeps the new trees and contents.
    fn apply(&mut self, base: &Snapshot<'_, '_>, tree: TreeId, patch: &Patch) -> Result<TreeId, Error> {
        let new = result(&self.bench, tree, patch.files())?;
        self.bench.add_trees(&new.trees)?;
        let old = |file: &crate::patch::FilePatch| file.old.and_then(|old| old.blob());
        let mut missing: Vec<BlobId> = patch.files().iter().filter_map(old).collect();
        missing.retain(|id| !self.bench.has(*id));
        if !missing.is_empty() {
            base.blobs(&missing)?;
            self.bench.refresh()?;
        }
        for file in patch.files() {
            let Some(id) = file.new.and_then(|new| new.blob()).filter(|id| !self.bench.has(*id)) else {
                continue;
            };
            let old = old(file).map(|id| self.bench.blob(id)).transpose()?;
            if let Some(content) = apply(file, &old.unwrap_or_default())? {
                self.bench.add_blobs([(id, content)].into());
            }
        }
        Ok(new.root)
    }
}

/// The two sides of a merge.
struct Sides {
    /// The tree of the ancestor.
    old: TreeId,
    theirs: TreeId,
    /// What theirs changed, as far as it is wanted.
    changes: Vec<Change>,
    header: Header,
}

/// Fetches blobs of the three commits of a merge.
fn fetch_of<'s>(
    ours: &'s Snapshot<'_, '_>,
    ancestor: &'s Snapshot<'_, '_>,
    theirs: &'s Snapshot<'_, '_>,
) -> impl Fn(Side, &[BlobId]) -> Result<(), Error> + 's {
    move |side, blobs| {
        Ok(match side {
            Side::Ancestor => ancestor.blobs(blobs),
            Side::Ours => ours.blobs(blobs),
            Side::Theirs => theirs.blobs(blobs),
        }?)
    }
}

/// The changes below some directories. Each of these directories must have one.
fn of_modules(changes: Vec<Change>, modules: &[RepoPath]) -> Result<Vec<Change>, Error> {
    let is_in = |change: &Change, module: &RepoPath| {
        let rest = change.path.as_bytes().strip_prefix(module.as_bytes());
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    let untouched = modules.iter().find(|module| !changes.iter().any(|change| is_in(change, module)));
    if let Some(module) = untouched {
        return Err(Error::Untouched { module: module.clone() });
    }
    Ok(changes.into_iter().filter(|change| modules.iter().any(|module| is_in(change, module))).collect())
}
