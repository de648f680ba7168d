//! Which modules need which, by their names alone.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// What each module depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph<'a> {
    depends: HashMap<&'a str, &'a [String]>,
}

/// What some modules need, themselves included.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Closure<'a> {
    pub(crate) modules: BTreeSet<&'a str>,
    /// Names that stand for nothing, and the modules that depend on them: none where a root is missing.
    pub(crate) missing: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Graph<'a> {
    /// Takes modules and their `depends` in path order: the first of a name counts, as in Odoo.
    pub(crate) fn new(modules: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Self {
        let mut depends = HashMap::new();
        for (name, needs) in modules {
            depends.entry(name).or_insert(needs);
        }
        Self { depends }
    }

    /// What a module depends on, each name once, in the order of its manifest.
    pub(crate) fn needs(&self, name: &str) -> Vec<&'a str> {
        let mut seen = HashSet::new();
        let depends = self.depends.get(name).into_iter().flat_map(|depends| depends.iter());
        depends.map(String::as_str).filter(|needed| seen.insert(*needed)).collect()
    }

    /// Everything that is reached from the roots.
    ///
    /// What the graph holds counts, even if Odoo has a module of the same name: its directory may come first. A
    /// module that installs itself (`auto_install`) is needed by nobody, and so not reached by that.
    pub(crate) fn closure(
        &self,
        roots: impl IntoIterator<Item = &'a str>,
        is_core: impl Fn(&str) -> bool,
    ) -> Closure<'a> {
        let mut closure = Closure::default();
        let mut open: Vec<(&str, Option<&str>)> = roots.into_iter().map(|root| (root, None)).collect();
        while let Some((name, dependant)) = open.pop() {
            match self.depends.get(name) {
                Some(depends) if closure.modules.insert(name) => {
                    open.extend(depends.iter().map(|needed| (needed.as_str(), Some(name))));
                }
                None if !is_core(name) => closure.missing.entry(name).or_default().extend(dependant),
                _ => {}
            }
        }
        closure
    }

    /// The circles in which modules need each other, sorted: each begins with the first of its names, and no way round
    /// is shorter. Every module that needs itself by some way is in one of them.
    pub(crate) fn cycles(&self) -> Vec<Vec<&'a str>> {
        let left = self.not_on_the_edge();
        let mut told = BTreeSet::new();
        let mut cycles = Vec::new();
        for &start in &left {
            if !told.contains(start)
                && let Some(mut cycle) = self.way_back(start, &left)
            {
                told.extend(cycle.iter().copied());
                let first = (0..cycle.len()).min_by_key(|&place| cycle[place]).unwrap_or_default();
                cycle.rotate_left(first);
                cycles.push(cycle);
            }
        }
        cycles.sort();
        cycles
    }

    /// What is left when modules that need nothing more are taken away again and again: next to nothing, as a rule.
    fn not_on_the_edge(&self) -> BTreeSet<&'a str> {
        let mut dependants: HashMap<&str, Vec<&'a str>> = HashMap::new();
        let mut open: HashMap<&'a str, usize> = HashMap::new();
        for (&name, depends) in &self.depends {
            let there = depends.iter().filter(|needed| self.depends.contains_key(needed.as_str()));
            let count = there.map(|needed| dependants.entry(needed).or_default().push(name)).count();
            open.insert(name, count);
        }
        let mut done: Vec<&str> =
            open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        while let Some(name) = done.pop() {
            open.remove(name);
            for dependant in dependants.get(name).into_iter().flatten() {
                let count = open.get_mut(dependant).expect("it still needs the one that is done");
                *count -= 1;
                if *count == 0 {
                    done.push(dependant);
                }
            }
        }
        open.into_keys().collect()
    }

    /// The shortest way from a module through these modules to itself; of several, the first by name.
    fn way_back(&self, start: &'a str, through: &BTreeSet<&'a str>) -> Option<Vec<&'a str>> {
        let mut came_from: HashMap<&str, &'a str> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(name) = queue.pop_front() {
            let needed: BTreeSet<&'a str> = self.depends[name].iter().map(String::as_str).collect();
            for needed in needed.intersection(through).copied() {
                if needed == start {
                    let back = std::iter::successors(Some(name), |name| came_from.get(name).copied());
                    let mut cycle: Vec<&str> = back.collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if let Entry::Vacant(vacant) = came_from.entry(needed) {
                    vacant.insert(name);
                    queue.push_back(needed);
                }
            }
        }
        None
    }
}

/// One line of a tree of modules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    /// How far it is from its root.
    pub(crate) depth: usize,
    /// Whether it is the last below the one above it.
    pub(crate) is_last: bool,
    /// Whether what is below it was shown before, and so is left out.
    pub(crate) is_repeated: bool,
}

/// Walks down from the roots; what is below a name is walked once, and so circles end.
pub(crate) fn walk<'a>(
    roots: impl IntoIterator<Item = &'a str>,
    below: impl Fn(&'a str) -> Vec<&'a str>,
) -> Vec<Step<'a>> {
    let step = |name, depth, is_last| Step { name, depth, is_last, is_repeated: false };
    let mut steps: Vec<Step<'a>> = Vec::new();
    // Whether something is below a name. `below` may be slow, so it is called once for each name.
    let mut walked: HashMap<&str, bool> = HashMap::new();
    let mut open: Vec<Step<'a>> = roots.into_iter().map(|root| step(root, 0, true)).collect();
    open.reverse();
    while let Some(next) = open.pop() {
        if let Some(&is_repeated) = walked.get(next.name) {
            steps.push(Step { is_repeated, ..next });
            continue;
        }
        steps.push(next);
        let names = below(next.name);
        walked.insert(next.name, !names.is_empty());
        let last = names.len().saturating_sub(1);
        let below = names.iter().enumerate();
        open.extend(below.map(|(place, name)| step(name, next.depth + 1, place == last)).rev());
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lines such as `sale_x: sale web_x`, in path order.
    fn modules(text: &str) -> Vec<(String, Vec<String>)> {
        let line = |line: &str| {
            let (name, depends) = line.split_once(':').expect("a name and its depends");
            (name.trim().to_owned(), depends.split_whitespace().map(str::to_owned).collect())
        };
        text.lines().map(line).collect()
    }

    fn graph(modules: &[(String, Vec<String>)]) -> Graph<'_> {
        Graph::new(modules.iter().map(|(name, depends)| (name.as_str(), depends.as_slice())))
    }

    /// The names reached, and the missing with who depends on them.
    fn reached(text: &str, roots: &[&str]) -> (String, String) {
        let modules = modules(text);
        let closure = graph(&modules).closure(roots.iter().copied(), |name| name == "base");
        let joined = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(" ");
        let missing = closure.missing.iter().map(|(name, by)| format!("{name}<{}", joined(by)));
        (joined(&closure.modules), missing.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn exactly_the_needed_modules_are_reached() {
        let text = "a: base b\nb: c\nc:\nd: a";
        assert_eq!(reached(text, &["a"]), ("a b c".to_owned(), String::new()));
        assert_eq!(reached(text, &["c", "b"]), ("b c".to_owned(), String::new()));
        assert_eq!(reached(text, &["base"]), (String::new(), String::new()));
        assert_eq!(reached(text, &[]), (String::new(), String::new()));
    }

    #[test]
    fn circles_are_walked_once() {
        assert_eq!(reached("a: b\nb: c a\nc: a c", &["b"]), ("a b c".to_owned(), String::new()));
    }

    #[test]
    fn names_of_no_module_are_reported_with_their_dependants() {
        let text = "a: queue_job\nb: a queue_job\nc: b gone";
        let missing = "gone<c lost< queue_job<a b".to_owned();
        assert_eq!(reached(text, &["c", "lost"]), ("a b c".to_owned(), missing));
    }

    #[test]
    fn the_first_of_a_name_counts_even_for_a_name_of_odoo() {
        let text = "a: b\nb: c\nb: d\nc:\nd:\nbase: d";
        assert_eq!(reached(text, &["a"]), ("a b c".to_owned(), String::new()));
        assert_eq!(reached(text, &["base"]), ("base d".to_owned(), String::new()));
    }

    #[test]
    fn every_cycle_is_reported_once_from_its_first_name() {
        for (text, expected) in [
            ("a: b\nb: c\nc: base", ""),
            ("b: c x\nc: a b\na: b gone\nx:", "a b c"),
            ("a: a", "a"),
            ("a: b\nb: a c\nc: b", "a b, b c"),
            ("a: b c\nb: d\nc: d\nd: a", "a b d, a c d"),
            ("a: b\nb: c\nc: d\nd: c\ne: c", "c d"),
        ] {
            let modules = modules(text);
            let cycles: Vec<String> = graph(&modules).cycles().iter().map(|cycle| cycle.join(" ")).collect();
            assert_eq!(cycles.join(", "), expected, "{text}");
        }
    }

    #[test]
    fn a_tree_shows_what_is_below_a_name_once() {
        let modules = modules("a: b c\nb: c d\nc: d a\nd:");
        let below = |name| {
            let needs = modules.iter().find(|module| module.0 == name).expect("a module").1.iter();
            needs.map(String::as_str).collect()
        };
        let line = |step: &Step<'_>| {
            let marks = [(step.is_last, "."), (step.is_repeated, "*")];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            format!("{}{}{marks}", step.depth, step.name)
        };
        let lines: Vec<String> = walk(["a", "d"], below).iter().map(line).collect();
        assert_eq!(lines.join(" "), "0a. 1b 2c 3d 3a.* 2d. 1c.* 0d.");
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let name = |place: usize| format!("m{place}");
        let mut modules: Vec<_> = (0..50_000).map(|place| (name(place), vec![name(place + 1)])).collect();
        modules.push((name(50_000), vec![name(0)]));
        let graph = graph(&modules);
        assert_eq!(graph.cycles().iter().map(Vec::len).collect::<Vec<_>>(), [50_001]);
        assert_eq!(walk(["m0"], |name| graph.needs(name)).len(), 50_002);
    }

    /// Modules of one-letter names; `y` and `z` are never there, `z` is Odoo's own.
    fn some_modules() -> impl Strategy<Value = Vec<(String, Vec<String>)>> {
        prop::collection::vec(("[a-m]", prop::collection::vec("[a-myz]", 0..4)), 0..16)
    }

    proptest! {
        #[test]
        fn a_closure_is_closed_minimal_and_the_same_for_any_order(
            modules in some_modules(),
            roots in prop::collection::vec("[a-myz]", 0..5),
        ) {
            let graph = graph(&modules);
            let is_core = |name: &str| name == "z";
            let closure = graph.closure(roots.iter().map(String::as_str), is_core);
            let backwards = graph.closure(roots.iter().rev().map(String::as_str), is_core);
            prop_assert_eq!(&closure, &backwards);

            // Closed and minimal: the least set that holds the roots and what its members depend on.
            let depends = |name: &str| modules.iter().find(|module| module.0 == name).map(|module| &module.1);
            let mut asked: BTreeSet<&str> = roots.iter().map(String::as_str).collect();
            loop {
                let all = asked.iter().filter_map(|name| depends(name)).flatten().map(String::as_str);
                let more: BTreeSet<&str> = asked.iter().copied().chain(all).collect();
                if more == asked {
                    break;
                }
                asked = more;
            }
            let (there, lost): (BTreeSet<&str>, BTreeSet<&str>) =
                asked.into_iter().filter(|name| *name != "z").partition(|name| depends(name).is_some());
            prop_assert_eq!(&closure.modules, &there);
            prop_assert_eq!(closure.missing.keys().copied().collect::<BTreeSet<_>>(), lost);
            for (name, dependants) in &closure.missing {
                let needs = |other: &&str| depends(other).is_some_and(|all| all.iter().any(|d| d == name));
                prop_assert!(dependants.iter().all(|other| closure.modules.contains(other) && needs(other)));
                prop_assert!(!dependants.is_empty() || roots.iter().any(|root| root == name));
            }
        }

        #[test]
        fn exactly_the_modules_that_need_themselves_are_in_circles(modules in some_modules()) {
            let graph = graph(&modules);
            let in_circles: BTreeSet<&str> = graph.cycles().into_iter().flatten().collect();
            let needs_itself = |name: &&str| {
                let below = graph.closure(graph.needs(name), |_| true);
                below.modules.contains(name)
            };
            let expected: BTreeSet<&str> =
                modules.iter().map(|module| module.0.as_str()).filter(needs_itself).collect();
            prop_assert_eq!(in_circles, expected);
        }
    }
}
