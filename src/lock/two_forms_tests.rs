//! Two sides of a lock give the same, whether conflict markers are between them or somebody deleted the markers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;

use super::dispute::{Dispute, Side};
use super::merge::Sides;
use super::read;
use super::schema::{Digest, Facts, Lock, LockedMerge, LockedPatch, LockedProfile, LockedRepo, Pin};
use crate::repo::samples::commit;
use crate::repo::{
    MergeSource, Packaging, Pending, PendingMerge, Reference, RemoteUrl, RepoName, Series, TreeId,
};

/// A commit, the merges with their commits, and whether there is a patch.
type Entry = (u8, Vec<(u64, u8)>, bool);

fn entry() -> impl Strategy<Value = Entry> {
    let merges = prop::collection::vec((1..=3_u64, 1..=2_u8), 0..=3).prop_map(|mut merges| {
        let mut known = BTreeSet::new();
        merges.retain(|(number, _)| known.insert(*number));
        merges
    });
    (1..=2_u8, merges, any::<bool>())
}

fn repo((name, (at, merges, is_patched)): (String, Entry)) -> LockedRepo {
    let pending = |(number, _): &(u64, u8)| PendingMerge {
        source: MergeSource::request(*number),
        modules: None,
        pick: false,
    };
    let locked = |(number, at): &(u64, u8)| LockedMerge {
        reference: Reference::Full(format!("refs/pull/{number}/head")),
        commit: commit(*at),
        step: None,
        is_absorbed: false,
    };
    let repo = LockedRepo {
        pin: Pin {
            name: RepoName::parse(&name).expect("a name"),
            url: RemoteUrl::parse(&format!("https://example.com/{name}")).expect("a url"),
            reference: Reference::branch("18.0").expect("a branch"),
            pending: Pending {
                merges: merges.iter().map(pending).collect(),
                patches: is_patched.then(|| "patches/x.patch".to_owned()).into_iter().collect(),
            },
        },
        core: None,
        addons: Vec::new(),
        commit: commit(at),
        tree: TreeId::from_bytes([at; 20]),
        merges: merges.iter().map(locked).collect(),
        patches: is_patched.then_some(LockedPatch { content: [1; 32], step: None }).into_iter().collect(),
        facts: Facts::default(),
        digest: Digest::default(),
    };
    repo.sealed()
}

fn some_lock() -> impl Strategy<Value = Lock> {
    prop::collection::btree_map("[a-c]", entry(), 0..=3).prop_map(|entries| {
        let repos: Vec<LockedRepo> = entries.into_iter().map(repo).collect();
        let profile = LockedProfile {
            odoo: Series::parse("18.0").expect("a series"),
            repos: repos.iter().map(|repo| repo.pin.clone()).collect(),
            addons: BTreeMap::new(),
            packaging: Packaging::default(),
            modules: None,
            local_depends: BTreeMap::new(),
            digest: Digest::default(),
        };
        let profile = profile.sealed("standard");
        Lock { repos, profiles: [("standard".to_owned(), profile)].into() }
    })
}

/// The fields of both objects in one.
fn repeated(ours: &str, theirs: &str) -> String {
    let inner = |text: &str| text.trim().trim_start_matches('{').trim_end_matches('}').to_owned();
    format!("{{{},\n{}}}", inner(ours), inner(theirs))
}

/// Both sides without markers. `pair` writes what both have for one repository.
fn without_markers(ours: &Lock, theirs: &Lock, pair: impl Fn(&str, &str) -> String) -> String {
    let text = |repo: &LockedRepo| super::render::entry(repo, &repo.digest);
    let of_ours = ours.repos.iter().map(|repo| match theirs.base_of(&repo.pin) {
        Some(other) if other != repo => pair(&text(repo), &text(other)),
        _ => text(repo),
    });
    let only_theirs = theirs.repos.iter().filter(|repo| ours.base_of(&repo.pin).is_none()).map(text);
    let repos: Vec<String> = of_ours.chain(only_theirs).collect();
    let profile = |lock: &Lock| {
        let text = lock.render();
        let start = text.find("\"standard\": {").expect("a profile") + "\"standard\": ".len();
        text[start..].strip_suffix("\n  }\n}\n").expect("the end of a lock").to_owned()
    };
    let profile = repeated(&profile(ours), &profile(theirs));
    format!(
        "{{\"version\": 1, \"repos\": [{}], \"profiles\": {{\"standard\": {profile}}}}}",
        repos.join(",\n")
    )
}

type Outcome = (Vec<Dispute>, Vec<Vec<LockedRepo>>);

/// What is disputed, and the pins if nothing is chosen, and if each side is.
fn outcome(text: &str) -> Result<Outcome, String> {
    let sides = Sides::parse(text.as_bytes(), Path::new("lock")).map_err(|error| error.to_string())?;
    let disputes = sides.disputes();
    let pins = |side: Option<Side>| {
        let is_of = |dispute: &Dispute, pin: &Pin, merge: Option<&MergeSource>| {
            dispute.pin == *pin && dispute.merge.as_ref() == merge
        };
        let chosen = |pin: &Pin, merge: Option<&MergeSource>| {
            side.filter(|_| disputes.iter().any(|dispute| is_of(dispute, pin, merge)))
        };
        let repos = sides.clone().pins(chosen).repos.into_iter();
        repos.map(|repo| LockedRepo { digest: Digest::Absent, ..repo }).collect::<Vec<_>>()
    };
    let pins = [None, Some(Side::Ours), Some(Side::Theirs)].map(pins);
    // A list that only one side has is not repeated. So both sides have it without markers.
    let without_lists = |dispute: &Dispute| Dispute {
        pin: Pin { pending: Pending::default(), ..dispute.pin.clone() },
        ..dispute.clone()
    };
    Ok((disputes.iter().map(without_lists).collect(), pins.to_vec()))
}

proptest! {
    #[test]
    fn sides_without_markers_give_what_those_with_markers_give(ours in some_lock(), theirs in some_lock()) {
        let marked = format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", ours.render(), theirs.render());
        let expected = outcome(&marked);
        let (disputes, pins) = expected.as_ref().expect("two sides");
        for (pins, chosen, other) in [(&pins[1], &ours, &theirs), (&pins[2], &theirs, &ours)] {
            for repo in chosen.repos.iter().chain(&other.repos) {
                // Nothing is lost, and the chosen side counts.
                let expected = chosen.base_of(&repo.pin).unwrap_or(repo);
                let found: Vec<&LockedRepo> = pins.iter().filter(|found| found.pin.has_base_of(&repo.pin)).collect();
                prop_assert_eq!(found.len(), 1);
                prop_assert_eq!(found[0].commit, expected.commit);
            }
        }
        for text in [
            without_markers(&ours, &theirs, repeated),
            without_markers(&ours, &theirs, |ours, theirs| format!("{ours},\n{theirs}")),
        ] {
            prop_assert_eq!(outcome(&text), expected.clone(), "{}", text);
            // Without a refusal, nothing is disputed, and the lock has what both sides give.
            match read::lock(text.as_bytes(), Path::new("lock")) {
                Ok(read) => {
                    prop_assert!(disputes.is_empty(), "{}", text);
                    let bare = |repo| LockedRepo { digest: Digest::Absent, ..repo };
                    prop_assert_eq!(&read.lock.repos.into_iter().map(bare).collect::<Vec<_>>(), &pins[0]);
                }
                Err(error) => prop_assert!(error.has_both_sides(), "{} {}", error, text),
            }
        }
    }
}
