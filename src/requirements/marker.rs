//! The condition of a requirement: its PEP 508 marker, and the Python that it is evaluated for.

use std::collections::HashSet;

use pep508_rs::MarkerTree;
use pep508_rs::pep440_rs::Version;

use crate::repo::{Invalid, Platform};

/// The maximum depth of brackets. The parser is recursive.
const MOST_OPEN: usize = 20;

/// The maximum total cost of the markers of one name, see [`cost`].
pub(super) const MOST_COST: usize = 24;

/// Checks that a marker is small enough to be parsed.
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
        return Err(format!("its marker has more than {MOST_OPEN} nested brackets"));
    }
    if cost([text]) > MOST_COST { Err("its marker has too many comparisons".to_owned()) } else { Ok(()) }
}

/// The cost of comparing markers: the number of different comparisons in them. Each independent comparison can double
/// the size of the combined marker. Comparisons of one variable with several values cost less than that.
pub(super) fn cost<'a>(markers: impl IntoIterator<Item = &'a str>) -> usize {
    let comparisons: HashSet<Vec<String>> = markers.into_iter().flat_map(comparisons).collect();
    let stands_alone = |words: &Vec<String>| words.iter().any(|word| matches!(&**word, "in" | "extra"));
    comparisons.iter().map(|words| if stands_alone(words) { 2 } else { 1 }).sum()
}

/// The words of each comparison. A quoted text is one word, including its quotes.
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

/// The condition of a requirement: its meaning, and its text as written.
///
/// The text is kept because the parser's own canonical text replaces words (`python_version` becomes
/// `python_full_version`), and a reader of the merged file would look for the original words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Marker {
    tree: MarkerTree,
    /// That no extra of the marker is chosen. `extra` is empty in a requirements file.
    no_extra: MarkerTree,
    text: Option<String>,
}

impl Marker {
    /// A marker and the text after the `;`. A marker that always holds has no text.
    pub(super) fn new(tree: MarkerTree, text: Option<&str>) -> Self {
        let no_extra = no_extra(text.unwrap_or_default());
        let text = text.filter(|_| !tree.is_true()).map(tidy);
        Self { tree, no_extra, text }
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// The meaning. It is equal for two markers that hold in the same environments, even if their texts differ.
    pub(super) fn meaning(&self) -> &MarkerTree {
        &self.tree
    }

    /// Whether it holds in every environment with `python`. This is also true if there is no marker.
    pub(super) fn always_holds(&self, python: Option<&Python>) -> bool {
        holds_everywhere(&self.tree, &self.no_extra, python)
    }

    /// Whether both hold in some environment with `python`.
    pub(super) fn can_hold_with(&self, other: &Self, python: Option<&Python>) -> bool {
        !self.and(other.tree.clone(), &other.no_extra, python).is_false()
    }

    /// Whether `other` holds in every environment with `python` in which `self` holds.
    pub(super) fn implies(&self, other: &Self, python: Option<&Python>) -> bool {
        self.and(other.tree.negate(), &other.no_extra, python).is_false()
    }

    /// The parser also has a test for disjoint trees, but this function caches comparisons.
    fn and(&self, other: MarkerTree, no_extra: &MarkerTree, python: Option<&Python>) -> MarkerTree {
        let mut tree = self.tree.clone();
        if let Some(python) = python {
            tree.and(python.environment.clone());
        }
        tree.and(self.no_extra.clone());
        tree.and(no_extra.clone());
        tree.and(other);
        tree
    }
}

/// Whether a tree holds in every environment with `python` in which no extra is chosen.
fn holds_everywhere(tree: &MarkerTree, no_extra: &MarkerTree, python: Option<&Python>) -> bool {
    let mut elsewhere = tree.negate();
    elsewhere.and(no_extra.clone());
    if let Some(python) = python {
        elsewhere.and(python.environment.clone());
    }
    elsewhere.is_false()
}

/// The condition that none of the extras in a marker is chosen.
fn no_extra(marker: &str) -> MarkerTree {
    let mut none = MarkerTree::TRUE;
    for words in comparisons(marker).iter().filter(|words| words.iter().any(|word| word == "extra")) {
        for value in words.iter().filter(|word| word.starts_with(['\'', '"'])) {
            // The parser refuses a marker whose extra is no name, so this can always be parsed.
            none.and(format!("extra != {value}").parse().unwrap_or_default());
        }
    }
    none
}

/// The text with blanks between the versions of lists, such as `python_version in '3.11,3.12'`. Python compares texts
/// there, so any separator is allowed. The parser accepts only blanks.
pub(super) fn with_blanks_in_lists(text: &str) -> String {
    let is_list = |before: &str| {
        let before = before.trim_end().strip_suffix("in").unwrap_or_default();
        let before = before.trim_end();
        let before = before.strip_suffix("not").unwrap_or(before).trim_end();
        before.ends_with("python_version") || before.ends_with("python_full_version")
    };
    let mut spaced = String::with_capacity(text.len());
    let mut left = text;
    while let Some(start) = left.find(['\'', '"']) {
        let quote = if left[start..].starts_with('"') { '"' } else { '\'' };
        let Some(length) = left[start + 1..].find(quote) else { break };
        let (before, value) = (&left[..=start], &left[start + 1..start + 1 + length]);
        let blank = value.replace([',', ';', '|'], " ");
        let are_versions = blank.split_whitespace().all(|word| word.parse::<Version>().is_ok());
        let is_list = is_list(&before[..start]) && are_versions;
        spaced.extend([before, if is_list { &blank } else { value }, &left[start + 1 + length..][..1]]);
        left = &left[start + length + 2..];
    }
    spaced + left
}

/// The environments in which pairs of markers hold together.
#[derive(Debug)]
pub(super) struct Meetings {
    tree: MarkerTree,
    no_extra: MarkerTree,
}

impl Meetings {
    pub(super) fn none() -> Self {
        Self { tree: MarkerTree::FALSE, no_extra: MarkerTree::TRUE }
    }

    pub(super) fn add(&mut self, marker: &Marker, other: &Marker) {
        let mut both = marker.tree.clone();
        both.and(other.tree.clone());
        self.tree.or(both);
        self.no_extra.and(marker.no_extra.clone());
        self.no_extra.and(other.no_extra.clone());
    }

    /// Whether they cover every environment with `python`.
    pub(super) fn are_everywhere(&self, python: Option<&Python>) -> bool {
        holds_everywhere(&self.tree, &self.no_extra, python)
    }
}

/// Uses single quotes for values, and keeps the text inside quotes unchanged.
fn tidy(text: &str) -> String {
    let text = text.trim();
    if text.contains('\'') { text.to_owned() } else { text.replace('"', "'") }
}

/// The Python for the requirements: `CPython` on Linux, with a version such as `3.12` or `3.12.4`. The machine is only
/// known if a platform is named. Or any of some versions, on any system.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Python {
    environment: MarkerTree,
}

impl Python {
    /// Accepts two or three numbers. Two numbers mean every patch release.
    pub(crate) fn parse(word: &str, platform: Option<Platform>) -> Result<Self, Invalid> {
        let why = "it must be two or three numbers, such as `3.12`";
        let invalid = || Invalid { word: word.to_owned(), what: "Python version", why };
        let variable = match word.split('.').count() {
            2 => "python_version",
            3 => "python_full_version",
            _ => return Err(invalid()),
        };
        // The parser of markers would drop a comparison with an invalid version.
        if !word.chars().all(|c| c.is_ascii_digit() || c == '.') || word.parse::<Version>().is_err() {
            return Err(invalid());
        }
        let marker = format!(
            "{variable} == '{word}' and sys_platform == 'linux' and platform_system == 'Linux' and os_name == 'posix' \
             and implementation_name == 'cpython' and platform_python_implementation == 'CPython'"
        );
        let machine = platform.map(|platform| format!(" and platform_machine == '{}'", platform.machine()));
        let marker = marker + &machine.unwrap_or_default();
        let environment = marker.parse().map_err(|_| invalid())?;
        Ok(Self { environment })
    }

    /// Any of these versions, such as `3.12`. `None` if there are none, so that every Python is possible.
    pub(crate) fn any_of(versions: &[&str]) -> Option<Self> {
        let versions: Vec<String> =
            versions.iter().map(|version| format!("python_version == '{version}'")).collect();
        let environment = versions.join(" or ").parse().ok()?;
        Some(Self { environment })
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
    fn markers_can_hold_together_in_some_environment() {
        let python = Python::parse("3.12", None).expect("a version");
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
    fn what_holds_surely_depends_on_python_and_machine_but_not_on_extras() {
        let python = |platform| Python::parse("3.12", platform).expect("a version");
        let (unknown, arm) = (python(None), python(Some(Platform::Arm64)));
        for (text, anywhere, here, on_arm) in [
            ("extra == 'dev'", false, false, false),
            ("extra != 'dev'", true, true, true),
            ("'dev' != extra and python_version >= '3.12'", false, true, true),
            ("platform_machine == 'aarch64'", false, false, true),
            ("platform_machine != 'x86_64'", false, false, true),
            ("python_full_version >= '3.12.3'", false, false, false),
            ("sys_platform == 'linux' or extra == 'dev'", false, true, true),
        ] {
            let marker = marker(text);
            let held = (
                marker.always_holds(None),
                marker.always_holds(Some(&unknown)),
                marker.always_holds(Some(&arm)),
            );
            assert_eq!(held, (anywhere, here, on_arm), "{text}");
        }
        let dev = marker("extra == 'dev'");
        assert!(!dev.can_hold_with(&Marker::default(), None));
        assert!(!dev.can_hold_with(&dev, Some(&arm)));
    }

    #[test]
    fn lists_of_versions_are_separated_by_blanks() {
        for (text, spaced) in [
            ("python_version in '3.11,3.12'", "python_version in '3.11 3.12'"),
            ("python_version not in \"3.11|3.12\"", "python_version not in \"3.11 3.12\""),
            (
                "python_version in'3.11, 3.12' or os_name in 'a,b'",
                "python_version in'3.11  3.12' or os_name in 'a,b'",
            ),
            ("python_version in '3.x,3.12'", "python_version in '3.x,3.12'"),
            ("python_version in '3.11,", "python_version in '3.11,"),
        ] {
            assert_eq!(with_blanks_in_lists(text), spaced);
        }
    }

    #[test]
    fn with_several_pythons_what_holds_in_all_of_them_is_sure() {
        assert_eq!(Python::any_of(&[]), None);
        let pythons = Python::any_of(&["3.12", "3.13", "3.14"]);
        for (text, can, always) in [
            ("python_version < '3.12'", false, false),
            ("python_full_version >= '3.15'", false, false),
            ("python_version < '3.13'", true, false),
            ("python_full_version >= '3.12' and python_full_version < '3.15'", true, true),
            ("python_version >= '3.12' and sys_platform == 'linux'", true, false),
        ] {
            let marker = marker(text);
            let found = (
                marker.can_hold_with(&Marker::default(), pythons.as_ref()),
                marker.always_holds(pythons.as_ref()),
            );
            assert_eq!(found, (can, always), "{text}");
        }
    }

    #[test]
    fn a_python_version_is_two_or_three_numbers() {
        for word in ["3", "3.12.1.2", "3.x", "", "3.", "3.12' or '", "3.99999999999999999999"] {
            assert!(Python::parse(word, None).is_err(), "{word}");
        }
        assert!(Python::parse("3.12.4", Some(Platform::Arm64)).is_ok());
    }
}
