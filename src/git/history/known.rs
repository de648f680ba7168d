//! What a remote said in this run. So nothing is asked twice, and one request can ask for many merges.

use std::collections::{BTreeSet, HashMap};

use super::messages::Messages;
use super::range::Range;
use crate::repo::CommitId;

/// What a remote said about its refs and its history.
#[derive(Default)]
pub(in crate::git) struct Known {
    /// By full name. `None` for a ref that the remote does not have.
    refs: HashMap<String, Option<CommitId>>,
    stretches: Vec<Stretch>,
    messages: Messages,
}

/// All commits to which some commits lead, and to which `haves` do not lead.
struct Stretch {
    haves: BTreeSet<CommitId>,
    range: Range,
}

impl Known {
    /// The commits of refs. `None` if the remote was not asked for all of them.
    pub(in crate::git) fn refs(&self, names: &[String]) -> Option<Vec<Option<CommitId>>> {
        names.iter().map(|name| self.refs.get(name).copied()).collect()
    }

    pub(in crate::git) fn add_refs(&mut self, names: &[String], commits: &[Option<CommitId>]) {
        self.refs.extend(names.iter().cloned().zip(commits.iter().copied()));
    }

    pub(in crate::git) fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Adds an answer: the history of some commits without the history of `haves`, and what the commits say.
    pub(in crate::git) fn add_range(&mut self, haves: &[CommitId], range: Range, messages: Messages) {
        self.stretches.push(Stretch { haves: haves.iter().copied().collect(), range });
        self.messages.extend(messages);
    }

    pub(in crate::git) fn add_messages(&mut self, messages: Messages) {
        self.messages.extend(messages);
    }

    /// The history of `wants` without the history of `haves`, if earlier answers contain it.
    pub(in crate::git) fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Option<Range> {
        self.stretches.iter().find_map(|stretch| stretch.between(wants, haves))
    }
}

impl Stretch {
    /// Everything outside of the stretch belongs to the history of `self.haves`. So it is known to be outside of the
    /// answer only if the new `haves` contain all of these.
    fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Option<Range> {
        let Self { haves: outer, range } = self;
        let is_inside = |commit: &CommitId| range.commits.contains_key(commit);
        let is_end = |commit: &CommitId| outer.contains(commit) || range.boundary.contains(commit);
        if !wants.iter().all(|want| is_inside(want) || range.boundary.contains(want))
            || !haves.iter().all(|have| is_inside(have) || is_end(have))
        {
            return None;
        }
        let old = range.part(haves, |_| false);
        if !outer.iter().all(|commit| haves.contains(commit) || old.boundary.contains(commit)) {
            return None;
        }
        Some(range.part(wants, |commit| old.commits.contains_key(commit)))
    }
}
