//! Which differences of a module Odoo sees when it updates the module.

use std::sync::Arc;

use super::Step;
use crate::export::keeps_translation;
use crate::repo::{EntryKind, Objects, Rules, Series, TreeEntry, TreeId, UnreadableTree};

/// What counts of the files of a module.
pub(crate) struct Loaded {
    /// Only the languages of these rules count.
    pub(crate) rules: Rules,
    pub(crate) series: Series,
}

/// The directory of a module, or of a part of it. `None` if it is not there.
type Side<'o> = Option<(&'o dyn Objects, TreeId)>;

impl Loaded {
    /// Whether Odoo reads something else in the new module. Nothing is fetched: all trees must be there.
    pub(crate) fn differs(&self, sides: Step<(&dyn Objects, TreeId)>) -> Result<bool, UnreadableTree> {
        self.differs_below(Step { from: Some(sides.from), to: Some(sides.to) }, &mut Vec::new())
    }

    fn differs_below(&self, sides: Step<Side<'_>>, path: &mut Vec<Vec<u8>>) -> Result<bool, UnreadableTree> {
        let entries = |side: Side<'_>| match side {
            Some((objects, tree)) => objects.tree(tree),
            None => Ok(Arc::default()),
        };
        let [old, new] = [entries(sides.from)?, entries(sides.to)?];
        for name in old.iter().chain(new.iter()).map(|entry| &entry.name) {
            let of = |entries: &[TreeEntry]| entries.iter().find(|entry| entry.name == *name).cloned();
            let (old, new) = (of(&old), of(&new));
            if old.as_ref().map(content) == new.as_ref().map(content) {
                continue;
            }
            path.push(name.as_bytes().to_owned());
            let is_file = |entry: &Option<TreeEntry>| {
                entry.as_ref().is_some_and(|entry| entry.kind() != EntryKind::Directory)
            };
            let parts: Vec<&[u8]> = path.iter().map(Vec::as_slice).collect();
            let has_file = is_file(&old) || is_file(&new);
            let directories =
                Step { from: below(old.as_ref(), sides.from), to: below(new.as_ref(), sides.to) };
            let has_directory = directories.from.is_some() || directories.to.is_some();
            let differs = (has_file && self.reads(&parts, false))
                || (has_directory && self.reads(&parts, true) && self.differs_below(directories, path)?);
            if differs {
                return Ok(true);
            }
            path.pop();
        }
        Ok(false)
    }

    /// Whether Odoo reads a file or a directory of a module when it updates the module. `path` is its path below the
    /// module.
    ///
    /// It does not read what people read, what only browsers and tests load, and the templates of translations. OCA's bot
    /// changes such files in many modules at once.
    pub(crate) fn reads(&self, path: &[&[u8]], is_directory: bool) -> bool {
        let [first, ..] = path else { return true };
        let is_directory_of = |names: [&[u8]; 3]| (is_directory || path.len() > 1) && names.contains(first);
        if is_directory_of([b"readme", b"static", b"tests"]) {
            return false;
        }
        if is_directory {
            return true;
        }
        let is_for_people = path.len() == 1 && (first.starts_with(b"README") || *first == b"pyproject.toml");
        let name = path.last().unwrap_or(first);
        let is_made = [&b".pot"[..], b".pyc", b".pyo"].into_iter().any(|end| name.ends_with(end));
        !is_for_people && !is_made && keeps_translation(&self.rules, path, self.series)
    }
}

/// The directory that an entry is.
fn below<'o>(entry: Option<&TreeEntry>, side: Side<'o>) -> Side<'o> {
    let directory = entry.filter(|entry| entry.kind() == EntryKind::Directory)?;
    side.map(|(objects, _)| (objects, directory.tree()))
}

fn content(entry: &TreeEntry) -> ([u8; 20], EntryKind) {
    (entry.id, entry.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_odoo_does_not_read_does_not_count() {
        let rules = Rules { languages: Some(vec!["fr".to_owned()]), ..Rules::default() };
        let loaded = Loaded { rules, series: Series::parse("18.0").expect("a series") };
        let reads = |path: &str| {
            let parts: Vec<&[u8]> = path.trim_end_matches('/').split('/').map(str::as_bytes).collect();
            loaded.reads(&parts, path.ends_with('/'))
        };
        for path in [
            "__manifest__.py",
            "models/a.py",
            "data/README.xml",
            "i18n/fr.po",
            "i18n_extra/fr_CA.po",
            "data/static/a.xml",
            "migrations/18.0.1.0.1/post.py",
            "models/",
            "tests",
            "security/ir.model.access.csv",
        ] {
            assert!(reads(path), "{path}");
        }
        for path in [
            "README.rst",
            "readme/",
            "readme/HISTORY.md",
            "static/description/icon.png",
            "tests/test_a.py",
            "tests/",
            "i18n/web.pot",
            "i18n/de.po",
            "models/a.pyc",
            "pyproject.toml",
        ] {
            assert!(!reads(path), "{path}");
        }
    }
}
