//! The differences between two locks, by repository, and between an entry and its commit.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use super::render::{Fields, module_fields, repo_fields, unreadable_fields};
use super::schema::{Facts, Lock, LockedRepo, Pin};
use crate::repo::{CommitId, MergeSource};

/// One repository that differs between two locks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Added {
        pin: Pin,
        commit: CommitId,
    },
    Removed {
        pin: Pin,
        commit: CommitId,
    },
    Moved {
        pin: Pin,
        from: CommitId,
        to: CommitId,
    },
    /// A merge that came, went or moved. `from` or `to` is `None` if the lock did not or does not have it.
    Merge {
        pin: Pin,
        source: MergeSource,
        from: Option<CommitId>,
        to: Option<CommitId>,
    },
    /// The same commit, read again: it has other addons directories, or its facts were edited.
    Reread {
        pin: Pin,
    },
}

impl Change {
    pub(crate) fn pin(&self) -> &Pin {
        let (Self::Added { pin, .. }
        | Self::Removed { pin, .. }
        | Self::Moved { pin, .. }
        | Self::Merge { pin, .. }
        | Self::Reread { pin }) = self;
        pin
    }
}

/// All changes from `old` to `new`, sorted by name. An entry with the same base and other merges is the same entry.
pub(crate) fn changes(old: &Lock, new: &Lock) -> Vec<Change> {
    let is_left = |known: &&LockedRepo| new.repo(&known.pin).is_none();
    let before = |repo: &LockedRepo| {
        let other = || old.repos.iter().filter(is_left).find(|known| known.pin.has_base_of(&repo.pin));
        old.repo(&repo.pin).or_else(other)
    };
    let is_gone = |known: &&LockedRepo| !new.repos.iter().any(|repo| before(repo) == Some(known));
    let gone = old.repos.iter().filter(is_gone);
    let mut changes: Vec<Change> =
        gone.map(|repo| Change::Removed { pin: repo.pin.clone(), commit: repo.commit }).collect();
    changes.extend(new.repos.iter().flat_map(|repo| change(before(repo), repo)));
    changes.sort_by(|a, b| a.pin().cmp(b.pin()));
    changes
}

fn change(old: Option<&LockedRepo>, new: &LockedRepo) -> Vec<Change> {
    let pin = || new.pin.clone();
    let added = || vec![Change::Added { pin: pin(), commit: new.commit }];
    let Some(old) = old else { return added() };
    if old.is_pin_only() && old.commit == new.commit && !new.is_pin_only() {
        return added();
    }
    let mut changes = Vec::new();
    if old.commit != new.commit {
        changes.push(Change::Moved { pin: pin(), from: old.commit, to: new.commit });
    }
    for (source, [from, to]) in merge_changes(old, new) {
        changes.push(Change::Merge { pin: pin(), source: source.clone(), from, to });
    }
    if changes.is_empty() && old != new {
        changes.push(Change::Reread { pin: pin() });
    }
    changes
}

/// The merges that came, went or moved, by their source, with their old and their new commit. `None` where an entry does
/// not have the merge.
pub(crate) fn merge_changes<'l>(
    old: &'l LockedRepo,
    new: &'l LockedRepo,
) -> Vec<(&'l MergeSource, [Option<CommitId>; 2])> {
    let [before, after] = [old, new].map(merges);
    let sources: BTreeSet<&MergeSource> = before.keys().chain(after.keys()).copied().collect();
    let commits = |source| (source, [&before, &after].map(|merges| merges.get(source).copied()));
    sources.into_iter().map(commits).filter(|(_, [from, to])| from != to).collect()
}

/// The commits of the merges of an entry.
fn merges(repo: &LockedRepo) -> BTreeMap<&MergeSource, CommitId> {
    let merges = repo.pin.pending.merges.iter().zip(&repo.merges);
    merges.map(|(merge, locked)| (&merge.source, locked.commit)).collect()
}

/// A difference between the facts in the lock and the commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Untrue {
    /// A field of a part, or of the repository if `of` is `None`. The values are JSON.
    Field { of: Option<Part>, key: &'static str, locked: String, found: String },
    /// The lock has it, but the commit does not, or fewer times.
    Extra(Part),
    /// The commit has it, but the lock does not.
    Missing(Part),
    /// Both have the same parts in a different order.
    Order,
}

/// A part of the facts of a commit: a module or an unreadable manifest, by its path, or a line of requirements.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Part {
    Module(String),
    Unreadable(String),
    Requirement(String),
}

/// The differences between an entry of the lock and `found`, which was read from its commit for the same pin.
pub(crate) fn untrue(locked: &LockedRepo, found: &LockedRepo) -> Vec<Untrue> {
    let mut untrue = other_fields(None, &repo_fields(locked), &repo_fields(found));
    let mut left: BTreeMap<Part, VecDeque<Fields>> = BTreeMap::new();
    parts(found).for_each(|(part, fields)| left.entry(part).or_default().push_back(fields));
    for (part, fields) in parts(locked) {
        match left.get_mut(&part).and_then(VecDeque::pop_front) {
            Some(found) => untrue.extend(other_fields(Some(&part), &fields, &found)),
            None => untrue.push(Untrue::Extra(part)),
        }
    }
    untrue.extend(
        left.into_iter()
            .flat_map(|(part, many)| many.into_iter().map(move |_| Untrue::Missing(part.clone()))),
    );
    if untrue.is_empty() && locked.facts != found.facts {
        untrue.push(Untrue::Order);
    }
    untrue
}

fn parts(repo: &LockedRepo) -> impl Iterator<Item = (Part, Fields)> {
    let Facts { modules, unreadable, requirements } = &repo.facts;
    let modules = modules.iter().map(|module| (Part::Module(module.path()), module_fields(repo, module)));
    let unreadable = unreadable
        .iter()
        .map(|manifest| (Part::Unreadable(manifest.path.clone()), unreadable_fields(manifest)));
    let lines = requirements.iter().map(|line| (Part::Requirement(line.clone()), Fields::new()));
    modules.chain(unreadable).chain(lines)
}

fn other_fields(of: Option<&Part>, locked: &Fields, found: &Fields) -> Vec<Untrue> {
    let keys: Vec<&'static str> = locked.iter().map(|(key, _)| *key).collect();
    let more = found.iter().map(|(key, _)| *key).filter(|key| !keys.contains(key));
    let value = |fields: &Fields, key| {
        let field = fields.iter().find(|(other, _)| *other == key);
        field.map_or_else(|| "null".to_owned(), |(_, value)| value.clone())
    };
    let other = |key: &'static str| {
        let (locked, found) = (value(locked, key), value(found, key));
        (locked != found).then(|| Untrue::Field { of: of.cloned(), key, locked, found })
    };
    keys.iter().copied().chain(more).filter_map(other).collect()
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(path) => write!(f, "module `{path}`"),
            Self::Unreadable(path) => write!(f, "unreadable manifest `{path}`"),
            Self::Requirement(line) => write!(f, "requirement `{line}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_only_one_side_has_is_named() {
        let fields = |all: &[(&'static str, &str)]| -> Fields {
            all.iter().map(|&(key, value)| (key, value.to_owned())).collect()
        };
        let short = fields(&[("name", "\"a\""), ("python", "[]")]);
        let long = fields(&[("name", "\"a\""), ("auto_install", "true"), ("python", "[]")]);
        let differing = |locked: &str, found: &str| Untrue::Field {
            of: None,
            key: "auto_install",
            locked: locked.to_owned(),
            found: found.to_owned(),
        };
        assert_eq!(other_fields(None, &short, &long), [differing("null", "true")]);
        assert_eq!(other_fields(None, &long, &short), [differing("true", "null")]);
        assert_eq!(other_fields(None, &long, &long), []);
    }
}
