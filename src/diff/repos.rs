//! Which repositories came, went or changed.

use std::collections::BTreeMap;

use super::view::View;
use super::{Names, Step};
use crate::lock::{LockedRepo, Pin, merge_changes};
use crate::repo::{CommitId, MergeSource, Reference, RemoteUrl, RepoName, WebPage};

/// A repository that differs.
#[derive(Debug)]
pub(crate) enum RepoChange<'l> {
    Added(&'l LockedRepo),
    Removed(&'l LockedRepo),
    Changed(Step<&'l LockedRepo>),
}

/// A merge that came, went or moved. The commit is `None` where the lock does not have it.
#[derive(Debug)]
pub(crate) struct MergeDiff<'l> {
    pub(crate) source: &'l MergeSource,
    pub(crate) commits: Step<Option<CommitId>>,
}

impl<'l> RepoChange<'l> {
    /// The new pin, or the one that is gone.
    pub(crate) fn pin(&self) -> &'l Pin {
        let (Self::Added(repo) | Self::Removed(repo) | Self::Changed(Step { to: repo, .. })) = self;
        &repo.pin
    }

    pub(crate) fn name(&self) -> &'l RepoName {
        &self.pin().name
    }
}

impl<'l> Step<&'l LockedRepo> {
    pub(crate) fn commits(&self) -> Step<CommitId> {
        Step { from: self.from.commit, to: self.to.commit }
    }

    pub(crate) fn references(&self) -> Step<&'l Reference> {
        Step { from: &self.from.pin.reference, to: &self.to.pin.reference }
    }

    pub(crate) fn urls(&self) -> Step<&'l RemoteUrl> {
        Step { from: &self.from.pin.url, to: &self.to.pin.url }
    }

    /// The address of the page with the commits between, if the forge has one.
    pub(crate) fn page(&self) -> Option<String> {
        let Step { from, to } = self.commits();
        if from == to || !self.urls().is_same() {
            return None;
        }
        WebPage::of_comparison(self.urls().to, from, to)
    }

    /// The merges that differ, by their source.
    pub(crate) fn merges(&self) -> Vec<MergeDiff<'l>> {
        let merges = merge_changes(self.from, self.to).into_iter();
        merges.map(|(source, [from, to])| MergeDiff { source, commits: Step { from, to } }).collect()
    }

    /// The paths of patches that came or went.
    pub(crate) fn patches(&self) -> Names<'l> {
        let of = |repo: &'l LockedRepo| repo.pin.pending.patches.iter().map(String::as_str);
        Names::between(of(self.from), of(self.to))
    }

    /// The paths of patches whose content changed.
    pub(crate) fn changed_patches(&self) -> Vec<&'l str> {
        let of = |repo: &'l LockedRepo| repo.pin.pending.patches.iter().zip(&repo.patches);
        let old: BTreeMap<&str, [u8; 32]> =
            of(self.from).map(|(path, patch)| (path.as_str(), patch.content)).collect();
        let is_changed = |path: &str, content| old.get(path).is_some_and(|old| *old != content);
        let changed = of(self.to).filter(|(path, patch)| is_changed(path, patch.content));
        changed.map(|(path, _)| path.as_str()).collect()
    }

    /// Whether its content, or where it comes from, changed. An entry that was only read again, for other addons
    /// directories, is the same.
    fn is_changed(&self) -> bool {
        let Self { from, to } = self;
        (from.pin != to.pin) || (from.commit, from.tree) != (to.commit, to.tree) || !self.merges().is_empty()
    }
}

/// An entry is compared with the one of the same pin; else of the same branch and url; else of the same name.
pub(super) fn diffs<'l>(old: &View<'l>, new: &View<'l>) -> Vec<RepoChange<'l>> {
    let mut left: Vec<&LockedRepo> = old.repos.iter().map(|used| used.repo).collect();
    let mut open: Vec<&LockedRepo> = new.repos.iter().map(|used| used.repo).collect();
    let mut pairs: Vec<Step<&LockedRepo>> = Vec::new();
    let is_alike: [fn(&LockedRepo, &LockedRepo) -> bool; 3] = [
        |old, new| old.pin == new.pin,
        |old, new| old.pin.has_base_of(&new.pin),
        |old, new| old.pin.name == new.pin.name,
    ];
    for is_alike in is_alike {
        open.retain(|new| {
            let Some(place) = left.iter().position(|old| is_alike(old, new)) else { return true };
            pairs.push(Step { from: left.remove(place), to: new });
            false
        });
    }
    let removed = left.into_iter().map(RepoChange::Removed);
    let added = open.into_iter().map(RepoChange::Added);
    let changed = pairs.into_iter().filter(Step::is_changed).map(RepoChange::Changed);
    let mut diffs: Vec<RepoChange<'_>> = removed.chain(added).chain(changed).collect();
    diffs.sort_by(|one, other| one.name().cmp(other.name()));
    diffs
}
