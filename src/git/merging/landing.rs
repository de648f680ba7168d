//! Whether a branch has a request: OCA's bot says so in its merges, and the commits of a request may be there.

use std::collections::HashMap;

use crate::git::history::{Messages, Range, Signature};
use crate::repo::CommitId;

/// Reverts of reverts are followed so many times.
const MOST_REVERTS: usize = 100;

/// A request that a branch has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Landing {
    /// When OCA's bot merged it, in seconds since 1970. `None` if only its commits are there.
    pub(crate) time: Option<i64>,
    /// Whether a commit of the branch reverts the merge or the newest commit of the request, and is not reverted itself.
    pub(crate) is_reverted: bool,
}

/// A request that a branch may have.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) head: CommitId,
    /// Its number, if it is a request of the same repository.
    pub(crate) request: Option<u64>,
    /// Author and title of its newest commit, if they are known: they stay if the bot rebases or amends it.
    pub(crate) newest: Option<Signature>,
}

/// The merge of a request by OCA's bot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct BotMerge {
    request: u64,
    commit: CommitId,
    /// In seconds since 1970.
    time: i64,
}

/// Some commits of a branch, and what they say.
pub(super) struct BranchCommits<'a> {
    pub(super) tip: CommitId,
    /// The name of the branch.
    pub(super) branch: Option<&'a str>,
    pub(super) range: &'a Range,
    pub(super) messages: &'a Messages,
}

impl BranchCommits<'_> {
    /// For each request, whether it is among the commits.
    pub(super) fn landings(&self, requests: &[Wanted]) -> Vec<Option<Landing>> {
        let merges = self.bot_merges();
        let mut reverts = Reverts::of(self);
        let mut landing = |wanted: &Wanted| {
            let by_bot = merges
                .iter()
                .find(|merge| Some(merge.request) == wanted.request && self.brought(merge, wanted));
            let is_inside = self.range.commits.contains_key(&wanted.head);
            let is_reverted =
                by_bot.is_some_and(|merge| reverts.have(merge.commit)) || reverts.have(wanted.head);
            (by_bot.is_some() || is_inside || is_reverted)
                .then_some(Landing { time: by_bot.map(|merge| merge.time), is_reverted })
        };
        requests.iter().map(&mut landing).collect()
    }

    /// The merges of OCA's bot on a branch: each is a commit of the branch itself, merges another commit, and says
    /// `Merge PR #N into BRANCH`.
    fn bot_merges(&self) -> Vec<BotMerge> {
        let merge = |commit: CommitId| {
            let message = self.messages.get(&commit)?;
            let (_, into) = message.signature.title().strip_prefix("Merge PR #")?.split_once(" into ")?;
            let is_merge = self.range.commits.get(&commit)?.len() > 1;
            let request = message.request.filter(|_| is_merge && self.branch == Some(into))?;
            Some(BotMerge { request, commit, time: message.time })
        };
        self.range.first_parents(self.tip).into_iter().filter_map(merge).collect()
    }

    /// Whether a merge brought the newest commit of a request: the same author and title.
    fn brought(&self, merge: &BotMerge, wanted: &Wanted) -> bool {
        let Some(newest) = &wanted.newest else { return true };
        let parents = self.range.commits.get(&merge.commit).map(Vec::as_slice).unwrap_or_default();
        let (own, brought) = parents.split_at(parents.len().min(1));
        let own = self.range.part(own, |_| false).commits;
        let brought = self.range.part(brought, |commit| own.contains_key(commit)).commits;
        brought
            .keys()
            .any(|commit| self.messages.get(commit).is_some_and(|message| message.signature == *newest))
    }
}

/// The commits that others revert.
struct Reverts {
    /// For each commit, those that revert it.
    by: HashMap<CommitId, Vec<CommitId>>,
    known: HashMap<CommitId, bool>,
}

impl Reverts {
    fn of(commits: &BranchCommits<'_>) -> Self {
        let mut by: HashMap<CommitId, Vec<CommitId>> = HashMap::new();
        for commit in commits.range.commits.keys() {
            for reverted in commits.messages.get(commit).into_iter().flat_map(|message| &message.reverts) {
                by.entry(*reverted).or_default().push(*commit);
            }
        }
        Self { by, known: HashMap::new() }
    }

    /// Whether a commit is reverted. A commit that is reverted itself reverts nothing.
    fn have(&mut self, commit: CommitId) -> bool {
        self.have_below(commit, 0)
    }

    fn have_below(&mut self, commit: CommitId, depth: usize) -> bool {
        if let Some(known) = self.known.get(&commit) {
            return *known;
        }
        let by = self.by.get(&commit).cloned().unwrap_or_default();
        let is_reverted = depth < MOST_REVERTS && by.into_iter().any(|by| !self.have_below(by, depth + 1));
        self.known.insert(commit, is_reverted);
        is_reverted
    }
}
