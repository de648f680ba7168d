//! What the `readme` directory of a module says about its changes: `newsfragments/2950.feature.md`, and `HISTORY.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::Step;
use crate::repo::{BlobId, EntryKind, Objects, TreeEntry, TreeId, UnreadableTree};

/// The largest `HISTORY` that is read, in bytes.
pub(crate) const MOST_HISTORY: usize = 256 << 10;
/// The most new lines of it that are kept.
const MOST_LINES: usize = 100;
/// The kinds of towncrier, which OCA uses.
const KINDS: [&str; 5] = ["feature", "bugfix", "doc", "removal", "misc"];
/// The names of the file, in the order in which OCA used them.
const HISTORIES: [&str; 2] = ["HISTORY.md", "HISTORY.rst"];

/// What is new.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct News {
    pub(crate) fragments: Vec<Fragment>,
    /// The new lines of the `HISTORY`, without blank lines at the ends.
    pub(crate) history: Vec<String>,
}

/// A file of `newsfragments`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Fragment {
    /// The number of a request or an issue. An orphan of towncrier begins with `+`.
    pub(crate) number: String,
    pub(crate) kind: &'static str,
}

/// What the `readme` directory of a module has.
#[derive(Debug, Default)]
struct Readme {
    fragments: BTreeSet<Fragment>,
    histories: BTreeMap<&'static str, BlobId>,
}

/// What is new in the `readme` of a module. Its files are not read yet.
#[derive(Debug)]
pub(crate) struct OpenNews {
    fragments: Vec<Fragment>,
    history: Option<Step<Option<BlobId>>>,
}

impl OpenNews {
    /// Compares two trees of a module.
    pub(crate) fn between(
        objects: &Step<&dyn Objects>,
        modules: Step<TreeId>,
    ) -> Result<Self, UnreadableTree> {
        let Step { from, to } =
            Step { from: Readme::of(objects.from, modules.from)?, to: Readme::of(objects.to, modules.to)? };
        let fragments = to.fragments.difference(&from.fragments).cloned().collect();
        // A file that was only converted into another format is not news.
        let is_converted = |name: &&str| from.histories.keys().any(|old| old != name);
        let history = to
            .histories
            .iter()
            .find(|(name, _)| !is_converted(name))
            .map(|(name, blob)| Step { from: from.histories.get(name).copied(), to: Some(*blob) });
        Ok(Self { fragments, history: history.filter(|history| !history.is_same()) })
    }

    /// The files that say more, of each side.
    pub(crate) fn files(&self) -> Step<Option<BlobId>> {
        self.history.unwrap_or(Step { from: None, to: None })
    }

    /// The news. `read` gives the content of a file, if it is known; without that, the lines are not known either.
    pub(crate) fn read(self, read: &Step<&dyn Fn(BlobId) -> Option<Vec<u8>>>) -> News {
        let lines = || {
            let Step { from, to } = self.history?;
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            let from = from.map_or(Some(String::new()), |blob| Some(text((read.from)(blob)?)))?;
            Some(new_lines(&from, &text((read.to)(to?)?)))
        };
        News { history: lines().unwrap_or_default(), fragments: self.fragments }
    }
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.history.is_empty()
    }
}

impl Readme {
    fn of(objects: &dyn Objects, module: TreeId) -> Result<Self, UnreadableTree> {
        let mut readme = Self::default();
        let Some(directory) = directory(objects, module, "readme")? else { return Ok(readme) };
        for entry in objects.tree(directory)?.iter().filter(|entry| entry.kind() == EntryKind::File) {
            let name = HISTORIES.into_iter().find(|name| entry.name.as_bytes() == name.as_bytes());
            readme.histories.extend(name.map(|name| (name, entry.blob())));
        }
        if let Some(directory) = self::directory(objects, directory, "newsfragments")? {
            let entries = objects.tree(directory)?;
            let files = entries.iter().filter(|entry| entry.kind() == EntryKind::File);
            readme.fragments = files.filter_map(Fragment::of).collect();
        }
        Ok(readme)
    }
}

impl Fragment {
    /// Reads `NUMBER.KIND.md`, `NUMBER.KIND.rst` and `NUMBER.KIND.COUNT.md`.
    fn of(entry: &TreeEntry) -> Option<Self> {
        let mut parts = entry.name.as_text()?.split('.');
        let (number, kind) = (parts.next()?, parts.next()?);
        let kind = KINDS.into_iter().find(|known| *known == kind)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-_".contains(c);
        let is_number = (1..=40).contains(&number.len()) && number.chars().all(is_plain);
        is_number.then(|| Self { number: number.to_owned(), kind })
    }
}

/// The tree of a directory of a tree.
fn directory(objects: &dyn Objects, tree: TreeId, name: &str) -> Result<Option<TreeId>, UnreadableTree> {
    let entries = objects.tree(tree)?;
    let named = entries.iter().find(|entry| entry.name.as_bytes() == name.as_bytes());
    Ok(named.filter(|entry| entry.kind() == EntryKind::Directory).map(TreeEntry::tree))
}

/// The lines that are new, if they all stand together, as in a `HISTORY` that grows at its top. Otherwise, everything from
/// the first new line to the last one.
fn new_lines(old: &str, new: &str) -> Vec<String> {
    let [old, new]: [Vec<&str>; 2] = [old, new].map(|text| text.lines().map(str::trim_end).collect());
    let common = |old: &mut dyn Iterator<Item = &&str>, new: &mut dyn Iterator<Item = &&str>| {
        std::iter::zip(old, new).take_while(|(old, new)| old == new).count()
    };
    // The end first: a new section at the top often begins as the one below it.
    let end = common(&mut old.iter().rev(), &mut new.iter().rev());
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let start = common(&mut old.iter(), &mut new.iter());
    let lines = &new[start..];
    let is_text = |line: &&str| !line.is_empty();
    let first = lines.iter().position(is_text).unwrap_or(lines.len());
    let last = lines.iter().rposition(is_text).map_or(first, |last| last + 1);
    lines[first..last].iter().take(MOST_LINES).map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_new_section_at_the_top_is_new() {
        let old = "## 16.0.1.0.0 (2024-01-01)\n\n- Old. (#1)\n";
        let new = "## 16.0.1.1.0 (2024-02-01)\n\n- New. (#2)\n\n".to_owned() + old;
        assert_eq!(new_lines(old, &new), ["## 16.0.1.1.0 (2024-02-01)", "", "- New. (#2)"]);
        assert_eq!(new_lines("", &new).len(), 7);
        assert_eq!(new_lines(&new, old), [""; 0]);
        assert_eq!(new_lines(old, &old.replace('\n', "\r\n")), [""; 0]);
        assert_eq!(new_lines("a\nb\nc", "a\nx\nb\ny\nc"), ["x", "b", "y"]);
        assert_eq!(new_lines("", &"x\n".repeat(500)).len(), MOST_LINES);
    }

    #[test]
    fn fragments_are_named_as_towncrier_names_them() {
        let fragment = |name: &str| {
            let entry = crate::repo::TreeEntry {
                mode: crate::repo::Mode::usual(0o100_644),
                name: crate::repo::PathPart::parse(name.as_bytes()).expect("a name"),
                id: [0; 20],
            };
            Fragment::of(&entry).map(|Fragment { number, kind }| format!("{number} {kind}"))
        };
        for (name, read) in [
            ("2950.feature.md", Some("2950 feature")),
            ("2950.bugfix.1.rst", Some("2950 bugfix")),
            ("+menu.doc.rst", Some("+menu doc")),
            (".gitkeep", None),
            ("README.md", None),
            ("2950.other.md", None),
            ("@x.feature.md", None),
            ("\u{1b}[31m.feature.md", None),
        ] {
            assert_eq!(fragment(name).as_deref(), read, "{name}");
        }
    }

    proptest! {
        /// What was put between two parts of a text is what is new, whatever the parts are.
        #[test]
        fn what_is_new_leads_from_the_old_text_to_the_new_one(
            old in prop::collection::vec("[ab]{1,2}", 0..6),
            new in prop::collection::vec("[ab]{1,2}", 0..6),
        ) {
            let lines = new_lines(&old.join("\n"), &new.join("\n"));
            let places = 0..=new.len() - lines.len();
            let mut ends = places.filter(|at| new[*at..*at + lines.len()] == lines[..]);
            let is_between = ends.any(|at| {
                let (start, end) = (&new[..at], &new[at + lines.len()..]);
                start.len() + end.len() <= old.len() && old.starts_with(start) && old.ends_with(end)
            });
            prop_assert!(is_between);
        }
    }
}
