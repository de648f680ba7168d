//! Laws: what holds for any history and any trees.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::super::base::{Related, newer_start, relate_in_steps};
use super::*;
use crate::git;
use crate::git::history::{Known, Messages, Range};

fn id(number: usize) -> CommitId {
    CommitId::from_bytes([u8::try_from(number).expect("a small number") + 1; 20])
}

/// The history of a remote in memory.
struct Memory {
    commits: HashMap<CommitId, Vec<CommitId>>,
}

impl Memory {
    /// A remote that has these commits and what leads to them.
    fn new(all: &[Vec<usize>], tips: &[usize]) -> Self {
        let parents = |commit: usize| all[commit].iter().copied().map(id).collect::<Vec<_>>();
        let commits =
            tips.iter().flat_map(|tip| reached(all, *tip)).map(|commit| (id(commit), parents(commit)));
        Self { commits: commits.collect() }
    }
}

impl History for Memory {
    fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Result<Range, git::Error> {
        let known: Vec<CommitId> =
            haves.iter().copied().filter(|have| self.commits.contains_key(have)).collect();
        let parents = |commit: CommitId| Ok::<_, git::Error>(self.commits.get(&commit).cloned());
        let old = Range::walk(&known, parents)?.commits;
        assert!(wants.iter().all(|want| self.commits.contains_key(want)), "the remote has what is wanted");
        Range::walk(wants, |commit| if old.contains_key(&commit) { Ok(None) } else { parents(commit) })
    }

    fn between_if_known(&self, want: CommitId, have: CommitId) -> Result<Option<Range>, git::Error> {
        self.commits.contains_key(&have).then(|| self.between(&[want], &[have])).transpose()
    }

    fn newest(&self, want: CommitId, depth: u32) -> Result<Range, git::Error> {
        let (mut kept, mut generation) = (BTreeSet::new(), BTreeSet::from([want]));
        for _ in 0..depth {
            let parents = generation.iter().flat_map(|commit| self.commits[commit].clone()).collect();
            kept.extend(std::mem::replace(&mut generation, parents));
        }
        Range::walk(&[want], |commit| {
            Ok(self.commits.get(&commit).filter(|_| kept.contains(&commit)).cloned())
        })
    }
}

/// A commit and all its ancestors.
fn reached(all: &[Vec<usize>], tip: usize) -> BTreeSet<usize> {
    let mut seen = BTreeSet::from([tip]);
    // Parents come before their children.
    for commit in (0..=tip).rev() {
        if seen.contains(&commit) {
            seen.extend(&all[commit]);
        }
    }
    seen
}

fn some_history() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..3), 2..14).prop_map(|list| {
        let parents = |(at, list): (usize, Vec<prop::sample::Index>)| {
            let parents: BTreeSet<usize> =
                list.iter().filter(|_| at > 0).map(|index| index.index(at)).collect();
            parents.into_iter().collect()
        };
        list.into_iter().enumerate().map(parents).collect()
    })
}

proptest! {
    #[test]
    fn the_merge_base_is_that_of_the_whole_history(
        all in some_history(),
        pin in any::<prop::sample::Index>(),
        head in any::<prop::sample::Index>(),
        is_other in any::<bool>(),
    ) {
        let (pin, head) = (pin.index(all.len()), head.index(all.len()));
        let (of_pin, of_head) = (reached(&all, pin), reached(&all, head));
        let common: Vec<usize> = of_pin.intersection(&of_head).copied().collect();
        let is_below = |old: &usize| common.iter().any(|new| new != old && reached(&all, *new).contains(old));
        let bases: BTreeSet<CommitId> = common.iter().filter(|old| !is_below(old)).copied().map(id).collect();
        let (upstream, other) = if is_other {
            (Memory::new(&all, &[pin]), Memory::new(&all, &[head]))
        } else {
            (Memory::new(&all, &[pin, head]), Memory::new(&all, &[head]))
        };
        let other: Option<&dyn History> = if is_other { Some(&other) } else { None };
        let related = relate_in_steps(&upstream, other, id(pin), id(head), &[1, 2, 4, 20]);
        match related {
            Ok(Related::Absorbed) => prop_assert!(of_pin.contains(&head)),
            Ok(Related::Diverged { base, new }) => {
                prop_assert_eq!(BTreeSet::from([base]), bases);
                let own: BTreeSet<CommitId> = of_head.difference(&of_pin).copied().map(id).collect();
                let new: BTreeSet<CommitId> = new.commits.into_keys().collect();
                prop_assert!(own.is_subset(&new));
                prop_assert!(is_other || own == new);
            }
            Err(Error::Unrelated { .. }) => prop_assert!(bases.is_empty()),
            Err(Error::SeveralBases { commits }) => {
                prop_assert!(bases.len() > 1);
                prop_assert_eq!(commits.into_iter().collect::<BTreeSet<_>>(), bases);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn what_is_known_of_a_history_is_what_the_remote_would_say(
        all in some_history(),
        asked in [some_commits(), some_commits()],
        wanted in [some_commits(), some_commits()],
    ) {
        let tips: Vec<usize> = (0..all.len()).collect();
        let remote = Memory::new(&all, &tips);
        let ids = |some: &[prop::sample::Index]| -> Vec<CommitId> {
            some.iter().map(|index| id(index.index(all.len()))).collect()
        };
        let between = |wants: &[CommitId], haves: &[CommitId]| remote.between(wants, haves).expect("a history");
        let [wants, haves] = asked.map(|some| ids(&some));
        let mut known = Known::default();
        known.add_range(&haves, between(&wants, &haves), Messages::default());
        prop_assert_eq!(known.between(&wants, &haves), Some(between(&wants, &haves)));
        for want in &wants {
            prop_assert_eq!(known.between(&[*want], &haves), Some(between(&[*want], &haves)));
        }
        let [wants, haves] = wanted.map(|some| ids(&some));
        if let Some(found) = known.between(&wants, &haves) {
            prop_assert_eq!(found, between(&wants, &haves));
        }
    }
}

fn some_commits() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..4)
}

#[test]
fn a_start_after_the_pin_is_found() {
    // 0, 1 (pin), 2, 3 (tip) are the branch. 4 starts at 0, 5 at 2. 6 is merged as 3's second parent; 7 is on top of it.
    let all: Vec<Vec<usize>> = vec![vec![], vec![0], vec![1], vec![2, 6], vec![0], vec![2], vec![0], vec![6]];
    let memory = Memory::new(&all, &[3, 4, 5, 7]);
    for (head, tip, expected) in [(4, 3, None), (5, 3, Some(2)), (5, 1, None), (7, 3, None), (3, 3, Some(3))]
    {
        let new = memory.between(&[id(head)], &[id(1)]).expect("a range");
        let start = newer_start(&memory, id(tip), id(1), &new).expect("an answer");
        assert_eq!(start, expected.map(id), "{head}");
    }
}

type Tree = Vec<(&'static str, String)>;

/// Some files of one module.
fn some_tree() -> impl Strategy<Value = Tree> {
    let paths = vec!["m/a", "m/a/b", "m/a/c", "m/a.b", "m/b", "m/b/x"];
    let contents = vec![
        "",
        "1\n2\n3\n",
        "0\n1\n2\n3\n",
        "1\n2\n3\n4\n",
        "x\n2\n3\n",
        "1\n2",
        "\0",
        "\0\0",
        "100755 1\n2\n3\n",
        "100755 x\n2\n3\n",
        "120000 a",
        "120000 b",
        "160000 1",
        "160000 2",
    ];
    let entries =
        prop::collection::btree_map(prop::sample::select(paths), prop::sample::select(contents), 0..5);
    entries.prop_map(|entries| {
        let mut tree: Tree = vec![("m/__manifest__.py", "{}\n".to_owned())];
        for (path, content) in entries {
            // A file leaves no room for a directory of its name.
            if !tree.iter().any(|(above, _)| path.starts_with(&format!("{above}/"))) {
                tree.push((path, own_content(path, content)));
            }
        }
        tree
    })
}

/// No line is in two files: git would find renames, and not every version of git can be told not to.
fn own_content(path: &str, content: &str) -> String {
    if let Some((_, digit)) = content.split_once("160000 ") {
        let paths = ["m/a", "m/a/b", "m/a/c", "m/a.b", "m/b", "m/b/x"];
        let place = paths.iter().position(|known| *known == path).unwrap_or_default();
        return format!("160000 {:x}", 2 * place + usize::from(digit == "2") + 1);
    }
    let has_mode = content.starts_with("100755 ") || content.starts_with("120000 ");
    let (mode, rest) = content.split_at(if has_mode { 7 } else { 0 });
    let own = |c: char| if c == '\n' { c.to_string() } else { format!("{c}{path}") };
    mode.to_owned() + &rest.chars().map(own).collect::<String>()
}

fn files(tree: &Tree) -> Vec<(&str, &str)> {
    tree.iter().map(|(path, content)| (*path, content.as_str())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_three_trees_merge_as_in_git(ancestor in some_tree(), ours in some_tree(), theirs in some_tree()) {
        let origin = Origin::new();
        let old = origin.commit(&[], &files(&ancestor));
        let [pin, head] = [&ours, &theirs].map(|tree| origin.commit(&[old], &files(tree)));
        let (_cache, git) = git();
        let remote = remote(&git, &origin.path().display().to_string());
        let at = |commit| remote.clone().at(commit, &Reference::Rev(commit), &|_| ());
        let (base, head) = (at(pin), at(head));
        let mut merging = Merging::new(&base).expect("a base");
        let merge = Merge { head: &head, ancestor: old, modules: &[], label: Label::default() };
        let outcome = merging.merge(&merge).expect("trees");
        match (origin.git_merges(old, pin, head.commit()), outcome) {
            (Some(tree), Outcome::Step(step)) => prop_assert_eq!(step.tree, tree),
            (None, Outcome::Conflicts(conflicts)) => prop_assert!(!conflicts.is_empty()),
            (None, Outcome::Step(step)) => prop_assert!(false, "git finds a conflict: {:?}", step.patch),
            (Some(_), Outcome::Conflicts(conflicts)) => prop_assert!(false, "git finds none: {conflicts:?}"),
        }
    }

    #[test]
    fn a_step_replayed_on_its_own_base_is_the_same(ancestor in some_tree(), theirs in some_tree()) {
        let origin = Origin::new();
        let old = origin.commit(&[], &files(&ancestor));
        let head = origin.commit(&[old], &files(&theirs));
        let (_cache, git) = git();
        let remote = remote(&git, &origin.path().display().to_string());
        let at = |commit| remote.clone().at(commit, &Reference::Rev(commit), &|_| ());
        let (base, head) = (at(old), at(head));
        let mut merging = Merging::new(&base).expect("a base");
        let merge = Merge { head: &head, ancestor: old, modules: &[], label: Label::default() };
        let Outcome::Step(step) = merging.merge(&merge).expect("trees") else { panic!("a conflict") };
        prop_assert_eq!(step.tree, head.tree_id().expect("a tree"));
        // Another run, which has only the patch.
        let mut again = Merging::new(&base).expect("a base");
        let before = again.recall(&base, &[&step.patch]).expect("it applies");
        let Outcome::Step(replayed) = again.replay(before[0], &step.patch).expect("trees") else {
            panic!("a conflict")
        };
        prop_assert_eq!(&replayed.patch, &step.patch);
        // A second time, there is nothing left to change.
        again.accept(&replayed).expect("trees");
        let Outcome::Step(nothing) = again.merge(&merge).expect("trees") else { panic!("a conflict") };
        prop_assert!(nothing.is_empty());
    }

    #[test]
    fn the_order_of_disjoint_requests_does_not_matter(ancestor in some_tree(), one in some_tree(), other in some_tree()) {
        let beside = |name: &str, tree: &Tree| -> Vec<(String, String)> {
            tree.iter().map(|(path, content)| (path.replacen('m', name, 1), content.clone())).collect()
        };
        let whole = |m: &Tree, n: &Tree| [beside("m", m), beside("n", n)].concat();
        let origin = Origin::new();
        let commit = |parents: &[CommitId], files: &[(String, String)]| {
            let files: Vec<(&str, &str)> =
                files.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect();
            origin.commit(parents, &files)
        };
        let old = commit(&[], &whole(&ancestor, &ancestor));
        let heads = [whole(&one, &ancestor), whole(&ancestor, &other)].map(|files| commit(&[old], &files));
        let both = commit(&[old], &whole(&one, &other));
        let (_cache, git) = git();
        let remote = remote(&git, &origin.path().display().to_string());
        let at = |commit| remote.clone().at(commit, &Reference::Rev(commit), &|_| ());
        let (base, heads) = (at(old), heads.map(at));
        for order in [[0, 1], [1, 0]] {
            let mut merging = Merging::new(&base).expect("a base");
            for head in order.map(|place| &heads[place]) {
                let merge = Merge { head, ancestor: old, modules: &[], label: Label::default() };
                let Outcome::Step(step) = merging.merge(&merge).expect("trees") else { panic!("a conflict") };
                merging.accept(&step).expect("trees");
            }
            prop_assert_eq!(merging.tree(), origin.tree_of(both));
        }
    }
}
