//! A part of a history: some commits with their parents.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::convert::Infallible;

use crate::repo::CommitId;

/// Some commits with their parents, and the parents that are not among them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::git) struct Range {
    pub(in crate::git) commits: HashMap<CommitId, Vec<CommitId>>,
    pub(in crate::git) boundary: BTreeSet<CommitId>,
}

impl Range {
    /// The commits to which `wants` lead. `parents` is `None` for a commit that is not in the range.
    pub(in crate::git) fn walk<E>(
        wants: &[CommitId],
        mut parents: impl FnMut(CommitId) -> Result<Option<Vec<CommitId>>, E>,
    ) -> Result<Self, E> {
        let mut range = Self::default();
        let mut left = wants.to_vec();
        while let Some(commit) = left.pop() {
            if range.commits.contains_key(&commit) || range.boundary.contains(&commit) {
                continue;
            }
            match parents(commit)? {
                Some(parents) => {
                    left.extend(&parents);
                    range.commits.insert(commit, parents);
                }
                None => {
                    range.boundary.insert(commit);
                }
            }
        }
        Ok(range)
    }

    /// The line of first parents from `tip`: the commits of the branch itself, the newest first. `tip` is in the range, or
    /// there are none.
    pub(in crate::git) fn first_parents(&self, tip: CommitId) -> Vec<CommitId> {
        let (mut line, mut next, mut seen) = (Vec::new(), Some(tip), HashSet::new());
        while let Some(commit) = next.filter(|commit| seen.insert(*commit)) {
            let Some(parents) = self.commits.get(&commit) else { break };
            line.push(commit);
            next = parents.first().copied();
        }
        line
    }

    /// How many generations, counted from `head`, contain everything and the boundary.
    pub(in crate::git) fn generations(&self, head: CommitId) -> u32 {
        let (mut deepest, mut seen) = (0, HashSet::from([head]));
        let mut left = VecDeque::from([(head, 1)]);
        while let Some((commit, depth)) = left.pop_front() {
            deepest = depth;
            let parents = self.commits.get(&commit).into_iter().flatten();
            left.extend(parents.filter(|parent| seen.insert(**parent)).map(|parent| (*parent, depth + 1)));
        }
        deepest
    }

    /// The boundary, the nearest first. A request was updated last with the newest commit of its branch.
    pub(in crate::git) fn ends_from(&self, head: CommitId) -> Vec<CommitId> {
        let (mut ends, mut seen) = (Vec::new(), HashSet::from([head]));
        let mut left = VecDeque::from([head]);
        while let Some(commit) = left.pop_front() {
            match self.commits.get(&commit) {
                Some(parents) => left.extend(parents.iter().filter(|parent| seen.insert(**parent))),
                None => ends.push(commit),
            }
        }
        ends
    }

    /// The part of this range to which `from` lead. It ends where `is_end`.
    pub(in crate::git) fn part(&self, from: &[CommitId], is_end: impl Fn(&CommitId) -> bool) -> Self {
        let parents = |commit: CommitId| {
            let parents = self.commits.get(&commit).filter(|_| !is_end(&commit));
            Ok::<_, Infallible>(parents.cloned())
        };
        Self::walk(from, parents).unwrap_or_else(|never| match never {})
    }
}
