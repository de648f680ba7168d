//! Which modules need which, by their names alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    fn all_that_is_needed_is_reached_and_nothing_else() {
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
    fn what_stands_for_nothing_is_told_with_who_depends_on_it() {
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
    }
}
