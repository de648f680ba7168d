//! The checksum of a module: the SHA-1 of the paths and contents of its files.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use sha1::{Digest, Sha1};

use crate::repo::{Pattern, RepoPath, characters, hexadecimal};

/// What `click-odoo-update` leaves out if the database does not say what.
const DEFAULT_PATTERNS: &str = "*.pyc,*.pyo,i18n/*.pot,i18n_extra/*.pot,static/*,tests/*";
/// Directories whose `.po` files count only for the languages of the database.
const TRANSLATIONS: [&[u8]; 2] = [b"i18n", b"i18n_extra"];

/// The checksum of the files of a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Checksum([u8; 20]);

impl Checksum {
    /// Accepts 40 hexadecimal digits in lower case, as Python writes them.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let digit = |c: u8| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 20];
        if word.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(word.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

/// Why `click-odoo-update` fails at a module. Completes the message "… cannot compute its checksum: …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unhashable {
    #[error("the symlink `{path}` leads nowhere")]
    DeadLink { path: RepoPath },
    #[error("`{path}` is neither a file nor a directory")]
    NotAFile { path: RepoPath },
    #[error("the name `{path}` is not UTF-8")]
    NotText { path: RepoPath },
    /// The content is not known here.
    #[error("the symlink `{path}` leads out of the files that are compared")]
    Outside { path: RepoPath },
}

/// Which files of a module count.
#[derive(Clone, Debug)]
pub(crate) struct ChecksumRule {
    patterns: Vec<Pattern>,
    /// The first part of each language of the database: `fr` of `fr_CA`. If there are none, all translations count.
    languages: BTreeSet<Vec<u8>>,
}

impl ChecksumRule {
    /// `patterns` as the database has them: with commas. `None` stands for those of `click-odoo-update`.
    pub(super) fn new<'w>(patterns: Option<&str>, languages: impl IntoIterator<Item = &'w str>) -> Self {
        let is_blank = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
        let patterns = patterns.unwrap_or(DEFAULT_PATTERNS).split(',');
        let first = |language: &str| language.split('_').next().unwrap_or_default().into();
        Self {
            patterns: patterns.map(|word| Pattern::parse(word.trim_matches(is_blank))).collect(),
            languages: languages.into_iter().map(first).collect(),
        }
    }

    /// Whether a file counts, by its path below the module.
    pub(crate) fn counts(&self, path: &RepoPath) -> bool {
        let text = characters(path.as_bytes());
        !self.patterns.iter().any(|pattern| pattern.matches(&text)) && self.counts_as_translation(path)
    }

    fn counts_as_translation(&self, path: &RepoPath) -> bool {
        let parts: Vec<&[u8]> = path.parts().collect();
        let [directory, name] = parts[..] else { return true };
        if self.languages.is_empty() || !TRANSLATIONS.contains(&directory) {
            return true;
        }
        // For Python, a name that is only dots before `.po` has no extension.
        let stem = name.strip_suffix(b".po").filter(|stem| stem.iter().any(|byte| *byte != b'.'));
        let Some(stem) = stem else { return true };
        let first = stem.split(|byte| *byte == b'_').next().unwrap_or_default();
        self.languages.contains(first)
    }

    /// The files that count, in the order in which they are read: those of a directory before those of its directories,
    /// each by name.
    pub(crate) fn choose<F>(
        &self,
        files: impl IntoIterator<Item = (RepoPath, F)>,
    ) -> Result<Vec<(RepoPath, F)>, Unhashable> {
        let mut chosen: Vec<(RepoPath, F)> =
            files.into_iter().filter(|(path, _)| self.counts(path)).collect();
        chosen.sort_by(|(one, _), (other, _)| order(one, other));
        match chosen.iter().find(|(path, _)| std::str::from_utf8(path.as_bytes()).is_err()) {
            Some((path, _)) => Err(Unhashable::NotText { path: path.clone() }),
            None => Ok(chosen),
        }
    }
}

/// The order of `os.walk` with sorted names.
fn order(one: &RepoPath, other: &RepoPath) -> Ordering {
    let (mut left, mut right) = (one.parts().peekable(), other.parts().peekable());
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                let is_below = [left.peek().is_some(), right.peek().is_some()];
                return is_below[0].cmp(&is_below[1]).then_with(|| a.cmp(b));
            }
            (a, b) => return a.is_some().cmp(&b.is_some()),
        }
    }
}

/// Computes a checksum from files in the order of [`ChecksumRule::choose`].
#[derive(Default)]
pub(crate) struct Hasher(Sha1);

impl Hasher {
    pub(crate) fn add(&mut self, path: &RepoPath, content: &[u8]) {
        self.0.update(path.as_bytes());
        self.0.update(content);
    }

    pub(crate) fn finish(self) -> Checksum {
        Checksum(self.0.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::parse(text.as_bytes()).expect("a path")
    }

    fn counting<'p>(rule: &ChecksumRule, paths: &[&'p str]) -> Vec<&'p str> {
        paths.iter().copied().filter(|text| rule.counts(&path(text))).collect()
    }

    #[test]
    fn the_files_of_click_odoo_update_count() {
        let rule = ChecksumRule::new(None, ["en_US", "fr_CA", "sr@latin"]);
        let paths = [
            "__init__.py",
            "README.rst",
            "readme/DESCRIPTION.md",
            "a/static/x",
            "static/x/y.js",
            "static",
            "tests/test_a.py",
            "models/tests/a.py",
            "models/__pycache__/a.cpython-311.pyc",
            "i18n/a.pot",
            "a/i18n/a.pot",
            "i18n/fr.po",
            "i18n_extra/fr_BE.po",
            "i18n/de.po",
            "i18n/sr.po",
            "i18n/sr@latin.po",
            "i18n/.po",
            "i18n/..po",
            "i18n/x/de.po",
            "i18n/de.csv",
            ".gitignore",
        ];
        let left_out = [4, 6, 8, 9, 13, 14];
        let expected: Vec<&str> =
            (0..paths.len()).filter(|place| !left_out.contains(place)).map(|place| paths[place]).collect();
        assert_eq!(counting(&rule, &paths), expected);
    }

    #[test]
    fn patterns_and_languages_of_the_database_replace_the_defaults() {
        let paths = ["static/x", "tests/x", "i18n/a.pot", "i18n/de.po", "a b"];
        let rule = |patterns, languages: &[&'static str]| ChecksumRule::new(patterns, languages.to_vec());
        assert_eq!(counting(&rule(Some(""), &[]), &paths), paths);
        assert_eq!(counting(&rule(Some(" tests/* ,\ta b\n"), &["fr"]), &paths), ["static/x", "i18n/a.pot"]);
        assert_eq!(counting(&rule(None, &[]), &paths), ["i18n/de.po", "a b"]);
    }

    /// Computed with `addon_hash` of click-odoo-contrib 1.24.
    #[test]
    fn checksums_are_those_of_click_odoo_update() {
        let files = [
            ("b/a.py", "3"),
            ("a.py", "1"),
            ("b.py", ""),
            ("b/a/z.py", "5"),
            ("B/x", "2"),
            ("b/a.d/z", "6"),
            ("\u{e9}", "7"),
            ("tests/a", "8"),
        ];
        let rule = ChecksumRule::new(None, ["en_US"]);
        let chosen = rule.choose(files.map(|(name, text)| (path(name), text))).expect("a module");
        let mut hasher = Hasher::default();
        chosen.iter().for_each(|(path, text)| hasher.add(path, text.as_bytes()));
        assert_eq!(hasher.finish().to_string(), "3a4df150ce090135069f572735f2a20ea1a35f99");
        let word = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(Checksum::parse(word).expect("a checksum").to_string(), word);
        for bad in ["", "0", &word.to_uppercase(), &word[1..], &format!("{word}0"), &word.replace('0', "g")] {
            assert_eq!(Checksum::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_name_that_python_cannot_write_as_utf_8_is_refused_if_it_counts() {
        let bad = |text: &[u8]| RepoPath::parse(text).expect("a path");
        let rule = ChecksumRule::new(None, []);
        let file = bad(b"a\xff");
        let refused = rule.choose([(file.clone(), ())]).expect_err("a name");
        assert_eq!(refused, Unhashable::NotText { path: file });
        assert_eq!(rule.choose([(bad(b"static/\xff"), ())]), Ok(Vec::new()));
    }

    /// A directory with what is in it.
    #[derive(Default)]
    struct Directory {
        files: Vec<String>,
        directories: BTreeMap<String, Directory>,
    }

    /// `os.walk`, with sorted names.
    fn walked(directory: &Directory, above: &str, found: &mut Vec<String>) {
        let mut files = directory.files.clone();
        files.sort();
        found.extend(files.into_iter().map(|name| format!("{above}{name}")));
        for (name, inside) in &directory.directories {
            walked(inside, &format!("{above}{name}/"), found);
        }
    }

    proptest! {
        #[test]
        fn files_come_in_the_order_of_os_walk(
            paths in prop::collection::btree_set(prop::collection::vec("[a-c.-]?f|d[a-c.-]?", 1..4), 0..9),
        ) {
            let mut top = Directory::default();
            let mut files = Vec::new();
            for parts in paths {
                // A name is a file at the end, and a directory before.
                let (last, above) = parts.split_last().expect("a part");
                let inside = above.iter().fold(&mut top, |inside, name| {
                    inside.directories.entry(format!("{name}x")).or_default()
                });
                inside.files.push(last.clone());
                let above: String = above.iter().map(|name| format!("{name}x/")).collect();
                files.push((path(&format!("{above}{last}")), ()));
            }
            let rule = ChecksumRule::new(Some(""), []);
            let chosen = rule.choose(files).expect("a module");
            let chosen: Vec<String> = chosen.iter().map(|(path, ())| path.to_string()).collect();
            let mut expected = Vec::new();
            walked(&top, "", &mut expected);
            prop_assert_eq!(chosen, expected);
        }
    }
}
