//! What `oca lock` moves: repositories, and what is merged into them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Declared;
use crate::repo::{CommitId, MergeSource, RepoName};

/// A repository, or one of its merges.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Movable {
    pub(crate) repo: RepoName,
    pub(crate) merge: Option<MergeSource>,
}

impl From<RepoName> for Movable {
    fn from(repo: RepoName) -> Self {
        Self { repo, merge: None }
    }
}

/// As it is typed: `web`, or `web#2950`.
impl fmt::Display for Movable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.merge {
            Some(merge) => f.write_str(&merge.of(&self.repo)),
            None => self.repo.fmt(f),
        }
    }
}

/// Which commits `oca lock` moves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Moves {
    /// Only what is not pinned yet; no existing commit moves.
    Missing,
    /// All repositories and merges without `hold = true`.
    All,
    /// These, even with `hold = true`. A repository includes its merges without `hold`.
    Named(BTreeSet<Movable>),
    /// These, to these commits. If not `any_series`, a commit whose modules are for another series is refused.
    To { commits: BTreeMap<Movable, CommitId>, any_series: bool },
}

impl Moves {
    /// What the user named.
    pub(super) fn named(&self) -> Vec<&Movable> {
        match self {
            Self::Missing | Self::All => Vec::new(),
            Self::Named(names) => names.iter().collect(),
            Self::To { commits, .. } => commits.keys().collect(),
        }
    }

    /// What happens to the commit of a repository itself.
    pub(super) fn of_repo(&self, name: &RepoName, hold: bool) -> Move {
        let is_it = |movable: &Movable| movable.repo == *name && movable.merge.is_none();
        match self {
            Self::All if !hold => Move::Ask,
            Self::Named(names) if names.iter().any(is_it) => Move::Ask,
            Self::To { commits, .. } => commits
                .iter()
                .find(|(movable, _)| is_it(movable))
                .map_or(Move::Keep, |(_, commit)| Move::Set(*commit)),
            Self::Missing | Self::All | Self::Named(_) => Move::Keep,
        }
    }
}

/// What happens to a commit of the lock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Move {
    /// It stays. What the lock does not have is resolved.
    Keep,
    /// The remote is asked.
    Ask,
    /// The user gave this commit.
    Set(CommitId),
}

/// What happens to each merge of a repository, in its order.
pub(crate) fn merge_moves(declared: &Declared, moves: &Moves) -> Vec<Move> {
    let name = &declared.pin.name;
    let with_repo = moves.of_repo(name, declared.hold) == Move::Ask;
    let sources = declared.pin.pending.merges.iter().map(|merge| &merge.source);
    let one = |(source, hold): (&MergeSource, bool)| {
        let is_it = |movable: &Movable| movable.repo == *name && movable.merge.as_ref() == Some(source);
        match moves {
            Moves::Named(names) if names.iter().any(is_it) => Move::Ask,
            Moves::To { commits, .. } => {
                let given = commits.iter().find(|(movable, _)| is_it(movable));
                given.map_or(Move::Keep, |(_, commit)| Move::Set(*commit))
            }
            _ if with_repo && !hold => Move::Ask,
            _ => Move::Keep,
        }
    };
    sources.zip(declared.merges.iter().map(|merge| merge.hold)).map(one).collect()
}
