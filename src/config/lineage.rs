//! `extends`: which profiles extend which, and the order in which to resolve them.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{At, Document};
use super::error::{Fault, table_name};
use super::schema::DeclaredProfile;

/// Which profiles extend which, by position in the file. In `order`, extended profiles come first.
pub(super) struct Lineage {
    pub(super) parents: Vec<Vec<usize>>,
    pub(super) order: Vec<usize>,
}

impl Lineage {
    /// `None` if a name is unknown or `extends` forms a cycle. The problems are added to `document`.
    pub(super) fn of(profiles: &[DeclaredProfile], document: &Document<'_>) -> Option<Self> {
        let positions: BTreeMap<&str, usize> =
            profiles.iter().enumerate().map(|(position, profile)| (&*profile.name, position)).collect();
        let mut parents = Vec::new();
        let mut complete = true;
        for profile in profiles {
            let mut own = Vec::new();
            for At { value, line } in &profile.extends {
                if let Some(position) = positions.get(&**value) {
                    own.push(*position);
                    continue;
                }
                complete = false;
                let known = profiles.iter().filter(|other| other.name != profile.name);
                let known = known.map(|other| other.name.clone()).collect();
                let fault = Fault::UnknownProfile { key: "extends", name: value.clone(), known };
                document.refuse(*line, &table_name("profiles", &profile.name), fault);
            }
            parents.push(own);
        }
        let (order, waiting) = parents_first(&parents);
        if let Some(first) = waiting.first() {
            complete = false;
            let circle = circle_from(*first, &parents, &waiting);
            let profile = &profiles[circle[0]];
            let circle: Vec<String> =
                circle.iter().map(|position| profiles[*position].name.clone()).collect();
            let line = profile.extends.iter().find(|extended| Some(&extended.value) == circle.get(1));
            let line = line.map_or(profile.line, |extended| extended.line);
            document.refuse(line, &table_name("profiles", &profile.name), Fault::ExtendsCycle { circle });
        }
        complete.then_some(Self { parents, order })
    }

    /// The position of a profile, and those of all profiles that extend it, directly or indirectly.
    pub(super) fn heirs(&self, position: usize) -> BTreeSet<usize> {
        let children = children(&self.parents);
        let (mut heirs, mut open) = (BTreeSet::new(), vec![position]);
        while let Some(here) = open.pop() {
            if heirs.insert(here) {
                open.extend(&children[here]);
            }
        }
        heirs
    }
}

/// For each profile, those that extend it directly.
fn children(parents: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); parents.len()];
    for (child, parents) in parents.iter().enumerate() {
        parents.iter().for_each(|parent| children[*parent].push(child));
    }
    children
}

/// Returns the profiles in a valid order, and the profiles that a cycle blocks. Not recursive, so a long chain cannot
/// overflow the stack.
fn parents_first(parents: &[Vec<usize>]) -> (Vec<usize>, Vec<usize>) {
    let children = children(parents);
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..parents.len()).filter(|position| missing[*position] == 0).collect();
    let mut next = 0;
    while let Some(done) = order.get(next).copied() {
        for child in &children[done] {
            missing[*child] -= 1;
            if missing[*child] == 0 {
                order.push(*child);
            }
        }
        next += 1;
    }
    let waiting = (0..parents.len()).filter(|position| missing[*position] > 0).collect();
    (order, waiting)
}

/// Follows the first blocked parent until a profile appears twice. Every blocked profile has a blocked parent.
fn circle_from(start: usize, parents: &[Vec<usize>], waiting: &[usize]) -> Vec<usize> {
    let waiting: BTreeSet<usize> = waiting.iter().copied().collect();
    let mut places = BTreeMap::from([(start, 0)]);
    let mut path = vec![start];
    loop {
        let here = path[path.len() - 1];
        let next = parents[here].iter().copied().find(|parent| waiting.contains(parent)).unwrap_or(here);
        path.push(next);
        if let Some(first) = places.insert(next, path.len() - 1) {
            path.drain(..first);
            return path;
        }
    }
}
