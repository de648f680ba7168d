//! Which differences of a module Odoo sees when it updates the module.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Step;
use crate::export::keeps_translation;
use crate::repo::{
    EntryKind, MOST_ENTRIES, Objects, PathPart, RepoPath, Rules, Series, TreeEntry, TreeId, UnreadableTree,
};

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
        let sides = Step { from: Some(sides.from), to: Some(sides.to) };
        self.differs_below(sides, &RepoPath::default(), &mut 0)
    }

    /// `count` is the number of entries so far.
    fn differs_below(
        &self,
        sides: Step<Side<'_>>,
        directory: &RepoPath,
        count: &mut u64,
    ) -> Result<bool, UnreadableTree> {
        let entries = |side: Side<'_>| match side {
            Some((objects, tree)) => objects.tree(tree),
            None => Ok(Arc::default()),
        };
        let [old, new] = [entries(sides.from)?, entries(sides.to)?];
        *count += (old.len() + new.len()) as u64;
        if *count > 2 * MOST_ENTRIES {
            return Err(UnreadableTree::endless(directory));
        }
        let mut both: BTreeMap<&PathPart, Step<Option<&TreeEntry>>> = BTreeMap::new();
        for entry in old.iter() {
            both.insert(&entry.name, Step { from: Some(entry), to: None });
        }
        for entry in new.iter() {
            both.entry(&entry.name).or_insert(Step { from: None, to: None }).to = Some(entry);
        }
        for (name, entries) in both {
            if entries.map(|entry| entry.map(content)).is_same() {
                continue;
            }
            let refuse = |why| UnreadableTree::impossible(&name.to_string(), why).in_directory(directory);
            let path = directory.join(name).map_err(refuse)?;
            let parts: Vec<&[u8]> = path.parts().collect();
            let is_file =
                |entry: Option<&TreeEntry>| entry.is_some_and(|entry| entry.kind() != EntryKind::Directory);
            let has_file = is_file(entries.from) || is_file(entries.to);
            let directories = Step { from: below(entries.from, sides.from), to: below(entries.to, sides.to) };
            let has_directory = directories.from.is_some() || directories.to.is_some();
            if (has_file && self.reads(&parts, false))
                || (has_directory
                    && self.reads(&parts, true)
                    && self.differs_below(directories, &path, count)?)
            {
                return Ok(true);
            }
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
    use std::collections::HashMap;

    use super::*;
    use crate::repo::{BlobId, Mode, tree_id};

    #[derive(Default)]
    struct Trees(HashMap<TreeId, Arc<[TreeEntry]>>);

    impl Trees {
        fn add(&mut self, entries: Vec<TreeEntry>) -> TreeId {
            let id = tree_id(&entries);
            self.0.insert(id, entries.into());
            id
        }

        /// Directories in one another, this deep. Each has `width` names for the same directory.
        fn nested(&mut self, depth: usize, width: usize, leaf: TreeEntry) -> TreeId {
            let leaf = self.add(vec![leaf]);
            (0..depth).fold(leaf, |below, _| {
                let name = |number| PathPart::parse(format!("d{number}").as_bytes()).expect("a name");
                let mode = Mode::parse("40000").expect("a mode");
                let entry = |number| TreeEntry { mode, name: name(number), id: *below.as_bytes() };
                self.add((0..width).map(entry).collect())
            })
        }
    }

    impl Objects for Trees {
        fn tree(&self, id: TreeId) -> Result<Arc<[TreeEntry]>, UnreadableTree> {
            Ok(Arc::clone(&self.0[&id]))
        }

        fn blob(&self, _: BlobId) -> Result<Vec<u8>, UnreadableTree> {
            unreachable!("no file is read")
        }
    }

    /// Two modules that differ only in a file that Odoo does not read, below so many directories.
    fn compare(depth: usize, width: usize) -> Result<bool, UnreadableTree> {
        let leaf = |id| TreeEntry {
            mode: Mode::parse("100644").expect("a mode"),
            name: PathPart::parse(b"x.pyc").expect("a name"),
            id: [id; 20],
        };
        let mut trees = Trees::default();
        let [from, to] = [1, 2].map(|id| trees.nested(depth, width, leaf(id)));
        let loaded = Loaded { rules: Rules::default(), series: Series::parse("18.0").expect("a series") };
        loaded.differs(Step { from: (&trees, from), to: (&trees, to) })
    }

    #[test]
    fn trees_that_claim_any_number_of_files_are_refused() {
        assert!(matches!(compare(60, 1), Ok(false)));
        for (depth, width) in [(5_000, 1), (60, 2)] {
            assert!(compare(depth, width).is_err(), "{depth} {width}");
        }
    }

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
