//! Merges locks that two branches changed: reads both sides of a file with conflict markers, and merges whole locks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Error;
use super::dispute::{Dispute, Side, commit_of, differences};
use super::read;
use super::schema::{Lock, LockedProfile, LockedRepo, Pin};
use crate::repo::MergeSource;

/// The two sides of a lock that contains git's conflict markers, or two commits for one pin, or that git did not merge.
#[derive(Clone, Debug)]
pub(crate) struct Sides {
    /// The lock of the common ancestor; empty if it is not known.
    base: Lock,
    ours: Lock,
    theirs: Lock,
}

/// The lock of the common ancestor. It only helps, so one that cannot be read counts as empty.
fn ancestor(base: Option<&[u8]>, file: &Path) -> Lock {
    base.and_then(|base| read::side(base, file, Side::Ours).ok()).unwrap_or_default()
}

/// Whether our lock has everything that their side changed, too.
pub(crate) fn has_both_sides(base: Option<&[u8]>, ours: &[u8], theirs: &[u8], file: &Path) -> bool {
    let (ours, theirs) = (read::side(ours, file, Side::Ours), read::side(theirs, file, Side::Theirs));
    let (Ok(ours), Ok(theirs)) = (ours, theirs) else { return false };
    let merged = merge(&ancestor(base, file), &ours, &theirs);
    merged.disputes.is_empty() && merged.ours == ours
}

impl Sides {
    /// Reads the whole locks of both sides. `file` is used only in errors.
    pub(crate) fn whole(ours: &[u8], theirs: &[u8], file: &Path) -> Result<Self, Error> {
        let (ours, theirs) = (read::side(ours, file, Side::Ours)?, read::side(theirs, file, Side::Theirs)?);
        Ok(Self { base: Lock::default(), ours, theirs })
    }

    /// The same sides with the lock of their common ancestor: if only one side moved a pin, its commit is used.
    pub(crate) fn since(self, base: Option<&[u8]>, file: &Path) -> Self {
        Self { base: ancestor(base, file), ..self }
    }

    /// The side that moved a pin or a merge of it, if the other one did not.
    fn mover(&self, pin: &Pin, merge: Option<&MergeSource>) -> Option<Side> {
        let commit = |lock: &Lock| commit_of(lock.base_of(pin)?, merge);
        let base = commit(&self.base)?;
        match (commit(&self.ours)?, commit(&self.theirs)?) {
            (ours, theirs) if ours == base && theirs != base => Some(Side::Theirs),
            (ours, theirs) if theirs == base && ours != base => Some(Side::Ours),
            _ => None,
        }
    }

    /// Reads both sides of a file. Without markers, the first entry of a pin, or the first value of a repeated field, is
    /// ours and the last is theirs. `file` is used only in errors.
    pub(crate) fn parse(bytes: &[u8], file: &Path) -> Result<Self, Error> {
        let text = String::from_utf8_lossy(bytes);
        let side = |side| read::side(side_of(&text, side).as_bytes(), file, side);
        Ok(Self { base: Lock::default(), ours: side(Side::Ours)?, theirs: side(Side::Theirs)? })
    }

    /// The pins and merges for which the user must choose a side.
    pub(crate) fn disputes(&self) -> Vec<Dispute> {
        let of_repo = |ours: &LockedRepo| {
            // The sides may merge different requests into the same base.
            let theirs = self.theirs.base_of(&ours.pin)?;
            let is_open = |dispute: &Dispute| self.mover(&dispute.pin, dispute.merge.as_ref()).is_none();
            Some(differences(ours, theirs).into_iter().filter(is_open).collect::<Vec<_>>())
        };
        self.ours.repos.iter().filter_map(of_repo).flatten().collect()
    }

    /// The entries of both sides. If both have a pin or a merge, the commit of the side that is chosen for the pin of ours;
    /// without a choice, of the side that moved it.
    ///
    /// The entries have no digest, so they are read again: git merged their lines one by one, and they may match
    /// neither commit.
    pub(crate) fn pins(self, chosen: impl Fn(&Pin, Option<&MergeSource>) -> Option<Side>) -> Lock {
        let side_of = |pin: &Pin, merge: Option<&MergeSource>| {
            // What is disputed has the pin of ours. Theirs may have other merges.
            let pin = self.ours.base_of(pin).map_or(pin, |ours| &ours.pin);
            chosen(pin, merge).or_else(|| self.mover(pin, merge)).unwrap_or(Side::Ours)
        };
        let is_chosen = |repo: &&LockedRepo, side, other: &Lock| {
            other.base_of(&repo.pin).is_none() || side_of(&repo.pin, None) == side
        };
        let Self { ours, theirs, .. } = &self;
        let of_ours = ours.repos.iter().filter(|repo| is_chosen(repo, Side::Ours, theirs));
        let of_theirs = theirs.repos.iter().filter(|repo| is_chosen(repo, Side::Theirs, ours));
        let merged = |repo: &LockedRepo, other: &Lock, side: Side| {
            let is_others = |source: &MergeSource| side_of(&repo.pin, Some(source)) != side;
            repo.with_merges_of(other.base_of(&repo.pin), is_others)
        };
        let of_ours = of_ours.map(|repo| merged(repo, theirs, Side::Ours));
        let of_theirs = of_theirs.map(|repo| merged(repo, ours, Side::Theirs));
        let mut repos: Vec<LockedRepo> = of_ours.chain(of_theirs).map(LockedRepo::unsealed).collect();
        repos.sort_by(|a, b| a.pin.cmp(&b.pin));
        Lock { repos, profiles: self.ours.profiles }
    }
}

impl LockedRepo {
    /// The entry with the merges and patches that only another entry has, so that their commits and steps are known; and
    /// with the merges of the other entry that are chosen.
    fn with_merges_of(&self, other: Option<&Self>, is_others: impl Fn(&MergeSource) -> bool) -> Self {
        let mut merged = self.clone();
        let Some(other) = other else { return merged };
        for (pending, locked) in other.pin.pending.merges.iter().zip(&other.merges) {
            let mut known = merged.pin.pending.merges.iter();
            match known.position(|known| known.source == pending.source) {
                Some(place) if is_others(&pending.source) => merged.merges[place] = locked.clone(),
                Some(_) => {}
                None => {
                    merged.pin.pending.merges.push(pending.clone());
                    merged.merges.push(locked.clone());
                }
            }
        }
        for (path, locked) in other.pin.pending.patches.iter().zip(&other.patches) {
            if !merged.pin.pending.patches.contains(path) {
                merged.pin.pending.patches.push(path.clone());
                merged.patches.push(locked.clone());
            }
        }
        merged
    }
}

/// The text of one side. The text of the common ancestor, which diff3 shows, is left out.
fn side_of(text: &str, side: Side) -> String {
    #[derive(Clone, Copy, Eq, PartialEq)]
    enum In {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let mut place = In::Both;
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        place = match (place, line.trim_end()) {
            (In::Both, line) if line.starts_with("<<<<<<< ") => In::Ours,
            (In::Ours, line) if line.starts_with("|||||||") => In::Base,
            (In::Ours | In::Base, "=======") => In::Theirs,
            (In::Theirs, line) if line.starts_with(">>>>>>> ") => In::Both,
            (place, _) => {
                let wanted = if side == Side::Ours { In::Ours } else { In::Theirs };
                if place == In::Both || place == wanted {
                    kept.push_str(line);
                }
                continue;
            }
        };
    }
    kept
}

/// The result of merging whole locks. It never mixes the lines of two commits.
#[derive(Clone, Debug)]
pub(crate) struct Merged {
    /// All three have the changes that only one side made. Disputed pins are as in the base, in ours and in theirs.
    pub(crate) base: Lock,
    pub(crate) ours: Lock,
    pub(crate) theirs: Lock,
    pub(crate) disputes: Vec<Dispute>,
}

/// Merges the changes of two sides to a lock.
///
/// If only one side changed something, its change is used. An entry that one side removed and the other changed stays.
/// If both sides changed a profile differently, ours is used. The next `oca lock` corrects both from `repos.toml`.
pub(crate) fn merge(base: &Lock, ours: &Lock, theirs: &Lock) -> Merged {
    let repos = |lock: &Lock| -> BTreeMap<Pin, LockedRepo> {
        lock.repos.iter().map(|repo| (repo.pin.clone(), repo.clone())).collect()
    };
    let [old, our, their] = [repos(base), repos(ours), repos(theirs)];
    let pins: BTreeSet<&Pin> = old.keys().chain(our.keys()).chain(their.keys()).collect();
    let (mut agreed, mut disputes) = (BTreeMap::new(), Vec::new());
    for pin in pins {
        let (old, our, their) = (old.get(pin), our.get(pin), their.get(pin));
        match (merged(old, our, their), our, their) {
            (Some(one), ..) => agreed.extend(one.map(|repo| (pin, repo))),
            (None, Some(our), Some(their)) if !differences(our, their).is_empty() => {
                disputes.extend(differences(our, their));
            }
            (None, our, their) => agreed.extend(our.or(their).map(|repo| (pin, repo))),
        }
    }
    let profiles = merged_profiles(base, ours, theirs);
    let lock = |side: &BTreeMap<Pin, LockedRepo>| {
        let own = disputes.iter().filter_map(|dispute| Some((&dispute.pin, side.get(&dispute.pin)?)));
        let repos: BTreeMap<&Pin, &LockedRepo> =
            agreed.iter().map(|(pin, repo)| (*pin, *repo)).chain(own).collect();
        let mut lock = Lock { repos: repos.into_values().cloned().collect(), profiles: profiles.clone() };
        lock.drop_dangling();
        lock
    };
    Merged { base: lock(&old), ours: lock(&our), theirs: lock(&their), disputes }
}

/// The merge of a value that two sides may have changed. `None` if both changed it differently.
fn merged<T: PartialEq + Copy>(base: T, ours: T, theirs: T) -> Option<T> {
    if ours == theirs || theirs == base {
        Some(ours)
    } else if ours == base {
        Some(theirs)
    } else {
        None
    }
}

fn merged_profiles(base: &Lock, ours: &Lock, theirs: &Lock) -> BTreeMap<String, LockedProfile> {
    let names: BTreeSet<&String> = ours.profiles.keys().chain(theirs.profiles.keys()).collect();
    let one = |name: &String| {
        let [base, ours, theirs] = [base, ours, theirs].map(|lock| lock.profiles.get(name));
        let profile = merged(base, ours, theirs).unwrap_or_else(|| ours.or(theirs))?;
        Some((name.clone(), profile.clone()))
    };
    names.into_iter().filter_map(one).collect()
}

impl Lock {
    /// Removes from the profiles the repositories that have no entry: such a lock could not be read.
    pub(super) fn drop_dangling(&mut self) {
        let Self { repos, profiles } = self;
        let known: BTreeSet<&Pin> = repos.iter().map(|repo| &repo.pin).collect();
        for (name, profile) in profiles {
            let was_whole = profile.is_whole(name);
            profile.repos.retain(|pin| known.contains(pin));
            profile.addons.retain(|pin, _| known.contains(pin));
            if was_whole {
                *profile = profile.clone().sealed(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::schema::{Digest, Facts};
    use super::*;
    use crate::repo::{CommitId, Pending, Reference, RemoteUrl, RepoName, TreeId};

    #[test]
    fn each_side_is_separated_from_the_other_and_from_the_common_ancestor() {
        let text = "a\n<<<<<<< HEAD\nb\n||||||| 1234\nx\n=======\nc\n>>>>>>> feature\nd\n";
        assert_eq!(side_of(text, Side::Ours), "a\nb\nd\n");
        assert_eq!(side_of(text, Side::Theirs), "a\nc\nd\n");
        let windows = text.replace('\n', "\r\n");
        assert_eq!(side_of(&windows, Side::Theirs), "a\r\nc\r\nd\r\n");
        assert_eq!(side_of("a\n=======\nb", Side::Ours), "a\n=======\nb");
    }

    #[test]
    fn a_change_of_one_side_is_used_and_different_changes_of_both_are_disputed() {
        for (base, ours, theirs, expected) in
            [(1, 1, 2, Some(2)), (1, 2, 1, Some(2)), (1, 2, 2, Some(2)), (1, 1, 1, Some(1)), (1, 2, 3, None)]
        {
            assert_eq!(merged(base, ours, theirs), expected, "{base} {ours} {theirs}");
        }
        assert_eq!(merged(Some(1), None, Some(1)), Some(None));
        assert_eq!(merged(None, None, Some(1)), Some(Some(1)));
        assert_eq!(merged(Some(1), None, Some(2)), None);
    }

    /// Locks of up to four repositories, each at one of three commits.
    fn some_lock() -> impl Strategy<Value = Lock> {
        let commits = prop::collection::btree_map("[a-d]", 1..=3_u8, 0..=4);
        commits.prop_map(|commits| {
            let repo = |(name, commit): (String, u8)| LockedRepo {
                pin: Pin {
                    name: RepoName::parse(&name).expect("a name"),
                    url: RemoteUrl::parse(&format!("https://example.com/{name}")).expect("a url"),
                    reference: Reference::branch("18.0").expect("a branch"),
                    pending: Pending::default(),
                },
                core: None,
                addons: Vec::new(),
                commit: CommitId::from_bytes([commit; 20]),
                tree: TreeId::from_bytes([commit; 20]),
                merges: Vec::new(),
                patches: Vec::new(),
                facts: Facts::default(),
                digest: Digest::default(),
            };
            Lock { repos: commits.into_iter().map(repo).collect(), ..Lock::default() }
        })
    }

    proptest! {
        #[test]
        fn a_merge_loses_nothing_and_decides_nothing(base in some_lock(), ours in some_lock(), theirs in some_lock()) {
            // A side that changed nothing, or the same, gets the other side's lock.
            for (ours, other) in [(&base, &theirs), (&theirs, &base), (&theirs, &theirs)] {
                let merged = merge(&base, ours, other);
                prop_assert_eq!((&merged.ours, &merged.theirs), (&theirs, &theirs));
                prop_assert!(merged.disputes.is_empty());
            }
            let merged = merge(&base, &ours, &theirs);
            for ours in &ours.repos {
                let Some(theirs) = theirs.repo(&ours.pin) else { continue };
                let base = base.repo(&ours.pin).map(|repo| repo.commit);
                let is_disputed = merged.disputes.iter().any(|dispute| dispute.pin == ours.pin);
                let expected = ours.commit != theirs.commit && base != Some(ours.commit) && base != Some(theirs.commit);
                prop_assert_eq!(is_disputed, expected);
                // A pin that both share is kept.
                if ours.commit == theirs.commit {
                    prop_assert_eq!(merged.ours.repo(&ours.pin), Some(ours));
                }
            }
            // If the sides are swapped, only the disputes differ.
            let turned = merge(&base, &theirs, &ours);
            prop_assert_eq!(&turned.theirs, &merged.ours);
            prop_assert_eq!(turned.disputes.len(), merged.disputes.len());
        }
    }
}
