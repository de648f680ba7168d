//! When a requirement holds: its PEP 508 marker, and the Python it is asked for.

use std::collections::HashSet;

use pep508_rs::MarkerTree;
use pep508_rs::pep440_rs::Version;

use crate::repo::Invalid;

/// Brackets that may be open at once: the parser calls itself for each.
const MOST_OPEN: usize = 20;

/// What the markers of one name may cost together, see [`cost`].
pub(super) const MOST_COST: usize = 24;

/// Whether a marker is small enough to be parsed.
pub(super) fn check(text: &str) -> Result<(), String> {
    let (mut open, mut deepest) = (0_usize, 0);
    for c in text.chars() {
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    if deepest > MOST_OPEN {
        return Err(format!("more than {MOST_OPEN} brackets are open at once in its marker"));
    }
    if cost([text]) > MOST_COST { Err("its marker compares too much".to_owned()) } else { Ok(()) }
}

/// What it may cost to compare markers: how many different comparisons are in them. What they mean together may double in
/// size with each that is true or false by itself; those of one variable with several values make less of it.
pub(super) fn cost<'a>(markers: impl IntoIterator<Item = &'a str>) -> usize {
    let comparisons: HashSet<Vec<String>> = markers.into_iter().flat_map(comparisons).collect();
    let stands_alone = |words: &Vec<String>| words.iter().any(|word| matches!(&**word, "in" | "extra"));
    comparisons.iter().map(|words| if stands_alone(words) { 2 } else { 1 }).sum()
}

/// The words of each comparison. A text in quotes is one, with its quotes.
fn comparisons(marker: &str) -> Vec<Vec<String>> {
    let (mut words, mut word, mut open) = (Vec::new(), String::new(), None);
    for c in marker.chars() {
        if open.is_none() && (c == ' ' || "()'\"<>=!~".contains(c)) {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
        match open {
            None if matches!(c, '\'' | '"') => open = Some(c),
            Some(quote) if quote == c => {
                open = None;
                words.push(std::mem::take(&mut word));
            }
            _ => {}
        }
    }
    words.push(word);
    let words = words.iter().map(|word| word.trim_matches([' ', '(', ')'])).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    words.split(|word| word == "and" || word == "or").map(<[String]>::to_vec).collect()
}

/// The condition of a requirement: its meaning, and its text as it was written.
///
/// The text is kept because the parser's own canonical one replaces words (`python_version` becomes
/// `python_full_version`), which a reader of the merged file would look for in vain.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Marker {
    tree: MarkerTree,
    text: Option<String>,
}

impl Marker {
    /// A marker with what stood behind the `;`. One that always holds has no text.
    pub(super) fn new(tree: MarkerTree, text: Option<&str>) -> Self {
        let text = text.filter(|_| !tree.is_true()).map(tidy);
        Self { tree, text }
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// What it means: equal for two that are written differently and hold in the same environments.
    pub(super) fn meaning(&self) -> &MarkerTree {
        &self.tree
    }

    /// Whether it holds in every environment, as no marker at all does.
    pub(super) fn always_holds(&self) -> bool {
        self.tree.is_true()
    }

    /// Whether some environment that runs `python` fulfils both.
    pub(super) fn can_hold_with(&self, other: &Self, python: Option<&Python>) -> bool {
        !self.and(other.tree.clone(), python).is_false()
    }

    /// Whether every environment that runs `python` and fulfils `self` fulfils `other` too.
    pub(super) fn implies(&self, other: &Self, python: Option<&Python>) -> bool {
        self.and(other.tree.negate(), python).is_false()
    }

    /// Unlike the parser's own test whether trees are disjoint, this remembers what it has compared.
    fn and(&self, other: MarkerTree, python: Option<&Python>) -> MarkerTree {
        let mut tree = self.tree.clone();
        if let Some(python) = python {
            tree.and(python.environment.clone());
        }
        tree.and(other);
        tree
    }
}

/// The environments in which some markers hold together.
#[derive(Debug)]
pub(super) struct Meetings(MarkerTree);

impl Meetings {
    pub(super) fn none() -> Self {
        Self(MarkerTree::FALSE)
    }

    pub(super) fn add(&mut self, marker: &Marker, other: &Marker) {
        let mut both = marker.tree.clone();
        both.and(other.tree.clone());
        self.0.or(both);
    }

    /// Whether no environment is left out.
    pub(super) fn are_everywhere(&self) -> bool {
        self.0.is_true()
    }
}

/// Writes single quotes, and changes nothing within a quoted value.
fn tidy(text: &str) -> String {
    let text = text.trim();
    if text.contains('\'') { text.to_owned() } else { text.replace('"', "'") }
}

/// The Python that the requirements are for: `CPython` on Linux, of a version such as `3.12` or `3.12.4`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Python {
    environment: MarkerTree,
}

impl Python {
    /// Accepts two or three numbers; with two, every patch release is meant.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let why = "it must be two or three numbers such as `3.12`";
        let invalid = || Invalid { word: word.to_owned(), what: "Python version", why };
        let variable = match word.split('.').count() {
            2 => "python_version",
            3 => "python_full_version",
            _ => return Err(invalid()),
        };
        // The marker's own parser would leave out a comparison with what is no version.
        if !word.chars().all(|c| c.is_ascii_digit() || c == '.') || word.parse::<Version>().is_err() {
            return Err(invalid());
        }
        let marker = format!(
            "{variable} == '{word}' and sys_platform == 'linux' and platform_system == 'Linux' and os_name == 'posix' \
             and implementation_name == 'cpython' and platform_python_implementation == 'CPython'"
        );
        let environment = marker.parse().map_err(|_| invalid())?;
        Ok(Self { environment })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(text: &str) -> Marker {
        Marker::new(text.parse().expect("a marker"), Some(text))
    }

    #[test]
    fn the_text_is_tidied_but_keeps_its_words() {
        for (written, tidied) in [
            ("python_version<\"3.7\"", "python_version<'3.7'"),
            ("  sys_platform == 'a  b' ", "sys_platform == 'a  b'"),
            ("os_name == \"it's\"", "os_name == \"it's\""),
        ] {
            assert_eq!(tidy(written), tidied);
        }
        assert_eq!(marker("os_name == 'x' or os_name != 'x'").text(), None);
    }

    #[test]
    fn a_marker_costs_its_different_comparisons() {
        for (text, expected) in [
            ("", 1),
            ("os_name == 'a' and (os_name=='a')or os_name  ==  'b and c'", 2),
            ("'a' in os_name or extra == 'b'or os_name not in'c'and extra=='(d'", 8),
            ("python_version<'3' and python_version < '3' and '3'>python_version", 2),
        ] {
            assert_eq!(cost([text]), expected, "{text}");
        }
        assert_eq!(cost(["os_name == 'a'", "os_name == 'a' and os_name == 'b'"]), 2);
        let nested = |depth: usize| format!("{}os_name == 'a'{}", "(".repeat(depth), ")".repeat(depth));
        assert!(check(&nested(20)).is_ok());
        assert!(check(&nested(21)).is_err());
    }

    #[test]
    fn markers_meet_where_some_environment_fulfils_both() {
        let python = Python::parse("3.12").expect("a version");
        for (left, right, anywhere, here) in [
            ("python_version < '3.11'", "python_version >= '3.11'", false, false),
            ("python_version < '3.11'", "python_version >= '3.8'", true, false),
            ("python_version > '3.11'", "sys_platform == 'linux'", true, true),
            ("python_version > '3.11'", "sys_platform == 'win32'", true, false),
            ("platform_machine == 'x86_64'", "platform_machine == 'aarch64'", false, false),
            ("python_full_version >= '3.12.3'", "os_name == 'posix'", true, true),
        ] {
            let (left, right) = (marker(left), marker(right));
            assert_eq!(left.can_hold_with(&right, None), anywhere, "{left:?} {right:?}");
            assert_eq!(left.can_hold_with(&right, Some(&python)), here, "{left:?} {right:?}");
        }
    }

    #[test]
    fn a_python_version_is_two_or_three_numbers() {
        for word in ["3", "3.12.1.2", "3.x", "", "3.", "3.12' or '", "3.99999999999999999999"] {
            assert!(Python::parse(word).is_err(), "{word}");
        }
        assert!(Python::parse("3.12.4").is_ok());
    }
}
