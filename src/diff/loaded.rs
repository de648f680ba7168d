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

/// What differs in a module.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Difference {
    /// Something that Odoo reads.
    Read,
    /// At most these files, by their paths below the module: Odoo reads them if the manifest names them.
    IfNamed(Vec<RepoPath>),
}

/// Whether Odoo reads a file when it updates a module.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reading {
    Always,
    IfNamed,
    Never,
}

/// The kinds of files that a manifest can name as data (`odoo/tools/convert.py`: `convert_file`).
const DATA: [&str; 3] = ["csv", "sql", "xml"];

/// The directory of a module, or of a part of it. `None` if it is not there.
type Side<'o> = Option<(&'o dyn Objects, TreeId)>;

impl Loaded {
    /// What Odoo reads that is different in the new module. Nothing is fetched: all trees must be there.
    pub(crate) fn difference(
        &self,
        sides: Step<(&dyn Objects, TreeId)>,
    ) -> Result<Difference, UnreadableTree> {
        let sides = Step { from: Some(sides.from), to: Some(sides.to) };
        let mut found = Found::default();
        let is_read = self.differs_below(sides, &RepoPath::default(), &mut found)?;
        Ok(if is_read { Difference::Read } else { Difference::IfNamed(found.if_named) })
    }

    /// Whether something differs that Odoo always reads.
    fn differs_below(
        &self,
        sides: Step<Side<'_>>,
        directory: &RepoPath,
        found: &mut Found,
    ) -> Result<bool, UnreadableTree> {
        let entries = |side: Side<'_>| match side {
            Some((objects, tree)) => objects.tree(tree),
            None => Ok(Arc::default()),
        };
        let [old, new] = [entries(sides.from)?, entries(sides.to)?];
        found.count += (old.len() + new.len()) as u64;
        if found.count > 2 * MOST_ENTRIES {
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
            match self.reading(&parts) {
                Reading::Always if has_file => return Ok(true),
                Reading::IfNamed if has_file => found.if_named.push(path.clone()),
                _ => {}
            }
            let directories = Step { from: below(entries.from, sides.from), to: below(entries.to, sides.to) };
            let has_directory = directories.from.is_some() || directories.to.is_some();
            if has_directory && parts != [b"readme"] && self.differs_below(directories, &path, found)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether Odoo reads a file of a module when it updates the module. `path` is its path below the module.
    ///
    /// It does not read what people read, what only browsers and tests load, and the templates of translations. OCA's bot
    /// changes such files in many modules at once.
    pub(crate) fn reading(&self, path: &[&[u8]]) -> Reading {
        let [first, .., name] = path else {
            let is_for_people =
                path.iter().any(|name| name.starts_with(b"README") || *name == b"pyproject.toml");
            return if is_for_people || path.iter().any(|name| is_made(name)) {
                Reading::Never
            } else {
                Reading::Always
            };
        };
        match *first {
            b"readme" => Reading::Never,
            b"static" | b"tests" if is_data(name) => Reading::IfNamed,
            b"static" | b"tests" => Reading::Never,
            _ if is_made(name) || !keeps_translation(&self.rules, path, self.series) => Reading::Never,
            _ => Reading::Always,
        }
    }
}

/// What was found in a module so far.
#[derive(Default)]
struct Found {
    /// The number of entries.
    count: u64,
    if_named: Vec<RepoPath>,
}

/// Whether a manifest names a file, by its path below the module.
pub(crate) fn names_file(manifest: &[u8], path: &[u8]) -> bool {
    let is_part = |part: &&[u8]| !part.is_empty() && *part != b".";
    // Odoo joins the path of the module and the word, and does not mind `./` and `//`.
    let is_it =
        |word: &[u8]| word.split(|byte| *byte == b'/').filter(is_part).eq(path.split(|byte| *byte == b'/'));
    manifest.split(|byte| matches!(byte, b'"' | b'\'')).any(is_it)
}

fn is_data(name: &[u8]) -> bool {
    let end = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    DATA.iter().any(|data| end.eq_ignore_ascii_case(data.as_bytes()))
}

/// Whether a file is made from others.
fn is_made(name: &[u8]) -> bool {
    [&b".pot"[..], b".pyc", b".pyo"].into_iter().any(|end| name.ends_with(end))
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
    fn compare(depth: usize, width: usize) -> Result<Difference, UnreadableTree> {
        let leaf = |id| TreeEntry {
            mode: Mode::parse("100644").expect("a mode"),
            name: PathPart::parse(b"x.pyc").expect("a name"),
            id: [id; 20],
        };
        let mut trees = Trees::default();
        let [from, to] = [1, 2].map(|id| trees.nested(depth, width, leaf(id)));
        let loaded = Loaded { rules: Rules::default(), series: Series::parse("18.0").expect("a series") };
        loaded.difference(Step { from: (&trees, from), to: (&trees, to) })
    }

    #[test]
    fn trees_that_claim_any_number_of_files_are_refused() {
        assert_eq!(compare(60, 1).expect("two modules"), Difference::IfNamed(Vec::new()));
        for (depth, width) in [(5_000, 1), (60, 2)] {
            assert!(compare(depth, width).is_err(), "{depth} {width}");
        }
    }

    #[test]
    fn what_odoo_does_not_read_does_not_count() {
        let rules = Rules { languages: Some(vec!["fr".to_owned()]), ..Rules::default() };
        let loaded = Loaded { rules, series: Series::parse("18.0").expect("a series") };
        let reading = |path: &str| {
            let parts: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
            loaded.reading(&parts)
        };
        for path in [
            "__manifest__.py",
            "models/a.py",
            "data/README.xml",
            "i18n/fr.po",
            "i18n_extra/fr_CA.po",
            "data/static/a.xml",
            "migrations/18.0.1.0.1/post.py",
            "tests",
            "security/ir.model.access.csv",
        ] {
            assert_eq!(reading(path), Reading::Always, "{path}");
        }
        for path in ["static/data/a.xml", "static/a.CSV", "tests/data/x/a.sql"] {
            assert_eq!(reading(path), Reading::IfNamed, "{path}");
        }
        for path in [
            "README.rst",
            "readme/HISTORY.md",
            "readme/a.xml",
            "static/description/icon.png",
            "tests/test_a.py",
            "i18n/web.pot",
            "i18n/de.po",
            "models/a.pyc",
            "pyproject.toml",
        ] {
            assert_eq!(reading(path), Reading::Never, "{path}");
        }
    }

    #[test]
    fn a_manifest_names_a_file_by_its_whole_path() {
        let manifest = b"{'data': ['static/a.xml', \"tests/b.csv\"], 'assets': ['x/static/c.xml']}";
        assert!(names_file(manifest, b"static/a.xml") && names_file(manifest, b"tests/b.csv"));
        assert!(names_file(b"['./static/a.xml', 'tests//b.csv']", b"static/a.xml"));
        assert!(names_file(b"['./static/a.xml', 'tests//b.csv']", b"tests/b.csv"));
        assert!(!names_file(manifest, b"static/c.xml") && !names_file(manifest, b"a.xml"));
    }
}
