//! Which modules are in a tree of files, by the rule of Odoo (`odoo/modules/module.py`).
//!
//! It goes in two steps, for between them the caller may have to bring the manifests over the network, all at once:
//! [`find`] says where manifests are, [`read`] reads them.

use std::collections::{HashMap, HashSet};

use crate::repo::{
    AddonsDirectory, Content, Entry, EntryKind, FileTree, MANIFESTS, Manifest, ModuleName, Series, TreeId,
    UnreadableTree, one_line,
};

use super::manifest::{self, Lines, MAX_BYTES, Parsed};
use super::problem::LiteralProblem;

/// The last series that still takes `__openerp__.py` for a manifest.
const LAST_WITH_OPENERP: u16 = 18;

/// A directory that Odoo takes for a module, before its manifest is read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct FoundModule {
    /// The name of the directory, which may be impossible for a module.
    pub(crate) name: String,
    /// The addons directory that it is in.
    pub(crate) directory: AddonsDirectory,
    /// The path of its manifest: `web_x/__manifest__.py`, or `sub/dir/web_x/__manifest__.py`.
    pub(crate) manifest: String,
    /// What the manifest is; only a file has a text to read.
    pub(crate) manifest_kind: EntryKind,
    pub(crate) tree: Option<TreeId>,
    /// Whether another entry of its addons directory has the same name. Git never makes such a tree.
    pub(crate) is_double: bool,
}

/// All modules of a tree, in the order they were found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Survey {
    pub(crate) modules: Vec<DiscoveredModule>,
    /// The names of those that say `installable: False`.
    pub(crate) uninstallable: Vec<String>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// An installable module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct DiscoveredModule {
    pub(crate) name: ModuleName,
    pub(crate) directory: AddonsDirectory,
    pub(crate) manifest_path: String,
    pub(crate) tree: Option<TreeId>,
    pub(crate) manifest: Manifest,
    pub(crate) lines: Lines,
}

/// A module whose manifest cannot be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unreadable {
    pub(crate) name: String,
    /// The path of the manifest.
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) why: String,
}

/// Finds the modules that are direct children of the addons directories: in order of these, then by name.
///
/// One of `addons` that does not exist holds no modules.
pub(crate) fn find(
    tree: &dyn FileTree,
    addons: &[AddonsDirectory],
    series: Series,
) -> Result<Vec<FoundModule>, UnreadableTree> {
    let mut found = Vec::new();
    for directory in addons {
        let mut children = tree.entries(if *directory == "." { "" } else { directory })?;
        children.sort_by(|a, b| a.name.cmp(&b.name));
        let mut counts: HashMap<String, usize> = HashMap::new();
        children.iter().for_each(|child| *counts.entry(child.name.clone()).or_default() += 1);
        let mut seen = HashSet::new();
        for child in children.into_iter().filter(may_be_module) {
            if !seen.insert(child.name.clone()) {
                continue;
            }
            let path = directory.join(&child.name);
            if let Some(manifest) = manifest_among(&tree.entries(&path)?, series) {
                found.push(FoundModule {
                    is_double: counts[&child.name] > 1,
                    name: child.name,
                    directory: directory.clone(),
                    manifest: format!("{path}/{}", manifest.name),
                    manifest_kind: manifest.kind,
                    tree: child.tree,
                });
            }
        }
    }
    Ok(found)
}

/// The path of the manifest of a directory in which somebody writes a module, for any series. Unlike for [`find`], it may
/// still lack its `__init__.py`.
pub(crate) fn manifest_of(tree: &dyn FileTree, directory: &str) -> Option<String> {
    let paths = MANIFESTS
        .map(|name| if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") });
    paths.into_iter().find(|path| matches!(tree.read(path, 0), Ok(Some(_))))
}

/// The directories directly in an addons directory that have a manifest but no `__init__.py`.
pub(crate) fn without_init(tree: &dyn FileTree) -> Result<Vec<String>, UnreadableTree> {
    let mut found = Vec::new();
    for child in tree.entries("")?.into_iter().filter(may_be_module) {
        let has_init = tree.entries(&child.name)?.iter().any(|entry| entry.name == "__init__.py");
        if !has_init && manifest_of(tree, &child.name).is_some() {
            found.push(child.name);
        }
    }
    Ok(found)
}

/// Whether Odoo takes a folder as an entry of its addons path: a module is in it, installable or not.
pub(crate) fn is_addons_directory(tree: &dyn FileTree, series: Series) -> Result<bool, UnreadableTree> {
    Ok(!find(tree, &[AddonsDirectory::root()], series)?.is_empty())
}

/// Reads the manifests of what was found; a bad one never stops the rest.
pub(crate) fn read(tree: &dyn FileTree, found: Vec<FoundModule>) -> Result<Survey, UnreadableTree> {
    let mut survey = Survey::default();
    for module in found {
        match read_one(tree, &module)? {
            Ok((name, Parsed { installable: true, manifest, lines })) => {
                survey.modules.push(DiscoveredModule {
                    name,
                    directory: module.directory,
                    manifest_path: module.manifest,
                    tree: module.tree,
                    manifest,
                    lines,
                });
            }
            Ok(_) => survey.uninstallable.push(module.name),
            Err(unreadable) => survey.unreadable.push(unreadable),
        }
    }
    Ok(survey)
}

/// Reads the manifest of a module and checks its name.
fn read_one(
    tree: &dyn FileTree,
    module: &FoundModule,
) -> Result<Result<(ModuleName, Parsed), Unreadable>, UnreadableTree> {
    let refused = |line: usize, why: String| {
        Err(Unreadable { name: one_line(&module.name), path: one_line(&module.manifest), line, why })
    };
    let whole_file = |why: String| Ok(refused(1, why));
    let name = match ModuleName::parse(&module.name) {
        Ok(name) => name,
        Err(invalid) => return whole_file(format!("no module can be installed from there: {}", invalid.why)),
    };
    if module.is_double {
        return whole_file("another entry of its directory has the same name".to_owned());
    }
    let content = match module.manifest_kind {
        EntryKind::Symlink => return whole_file("the manifest is a symlink".to_owned()),
        EntryKind::Other => return whole_file("the manifest is not a file".to_owned()),
        EntryKind::File | EntryKind::Directory => tree.read(&module.manifest, MAX_BYTES)?,
    };
    match content {
        Some(Content::Bytes(text)) => Ok(match manifest::parse(&text) {
            Ok(parsed) => Ok((name, parsed)),
            Err(error) => refused(error.line(), error.to_string()),
        }),
        Some(Content::TooLong) => whole_file(LiteralProblem::TooLong.to_string()),
        None => whole_file("the manifest is missing".to_owned()),
    }
}

/// Whether a child of an addons directory is a module, as far as it alone can tell. `setup/` holds packaging, in which
/// symlinks show every module a second time.
pub(crate) fn may_be_module(child: &Entry) -> bool {
    child.kind == EntryKind::Directory && !child.name.starts_with(['.', '_']) && child.name != "setup"
}

/// The manifest in a directory, if that is a package of Python as well. A symlink or a pipe counts, so that it comes
/// up as unreadable and not as no module at all.
fn manifest_among(entries: &[Entry], series: Series) -> Option<&Entry> {
    let named = |name: &str| entries.iter().find(|entry| entry.name == name);
    named("__init__.py").filter(|entry| entry.kind == EntryKind::File)?;
    let is_manifest = |entry: &&Entry| entry.kind != EntryKind::Directory;
    let [name, old_name] = MANIFESTS;
    let old = || named(old_name).filter(|_| series.major() <= LAST_WITH_OPENERP);
    named(name).filter(is_manifest).or_else(|| old().filter(is_manifest))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Files by path; a text that begins with `->` is a symlink.
    struct Files(BTreeMap<&'static str, &'static str>);

    impl FileTree for Files {
        fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree> {
            let mut entries: Vec<Entry> = Vec::new();
            for (path, text) in &self.0 {
                let below = match directory {
                    "" => Some(*path),
                    _ => path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')),
                };
                let Some(below) = below else { continue };
                let (name, kind) = match below.split_once('/') {
                    Some((name, _)) => (name, EntryKind::Directory),
                    None if text.starts_with("->") => (below, EntryKind::Symlink),
                    None => (below, EntryKind::File),
                };
                if entries.iter().all(|entry| entry.name != name) {
                    let tree = (kind == EntryKind::Directory).then(|| TreeId::from_bytes([7; 20]));
                    entries.push(Entry { name: name.to_owned(), kind, tree });
                }
            }
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(entries)
        }

        fn read(&self, path: &str, _: usize) -> Result<Option<Content>, UnreadableTree> {
            Ok(self.0.get(path).map(|text| Content::Bytes(text.as_bytes().to_vec())))
        }
    }

    fn files<const N: usize>(files: [(&'static str, &'static str); N]) -> Files {
        Files(files.into())
    }

    fn found_in(tree: &Files, addons: &[&str], series: &str) -> Vec<FoundModule> {
        let addons: Vec<_> =
            addons.iter().map(|word| AddonsDirectory::parse(word).expect("a directory")).collect();
        find(tree, &addons, Series::parse(series).expect("a series")).expect("a readable tree")
    }

    fn directories(found: &[FoundModule]) -> Vec<&str> {
        found.iter().filter_map(|found| found.manifest.strip_suffix("/__manifest__.py")).collect()
    }

    fn survey(tree: &Files) -> Survey {
        read(tree, found_in(tree, &["."], "18.0")).expect("a readable tree")
    }

    #[test]
    fn a_new_series_has_no_module() {
        let tree = files([
            ("LICENSE", ""),
            ("README.md", ""),
            (".github/workflows/test.yml", ""),
            ("setup/_metapackage/setup.py", ""),
        ]);
        assert_eq!(found_in(&tree, &["."], "18.0"), []);
        assert_eq!(survey(&tree), Survey::default());
    }

    #[test]
    fn uninstallable_modules_are_only_named() {
        let manifest = r#"{"version": "17.0.1.0.0", "installable": False, "depends": ["nowhere"]}"#;
        let tree = files([
            ("ledger/__init__.py", ""),
            ("ledger/__manifest__.py", manifest),
            ("ledger_demo/__init__.py", ""),
            ("ledger_demo/__manifest__.py", manifest),
        ]);
        let survey = survey(&tree);
        assert_eq!(survey.modules, []);
        assert_eq!(survey.uninstallable, ["ledger", "ledger_demo"]);
        assert_eq!(survey.unreadable, []);
    }

    #[test]
    fn a_module_that_is_visible_many_times_is_found_once() {
        let tree = files([
            ("shelf/__init__.py", ""),
            ("shelf/__manifest__.py", "{}"),
            ("shelf/pyproject.toml", ""),
            ("shelf/tests/module/__init__.py", ""),
            ("shelf/tests/module/__manifest__.py", "{}"),
            ("setup/__init__.py", ""),
            ("setup/__manifest__.py", "{}"),
            ("setup/shelf/odoo/addons/shelf", "->../../../../shelf"),
            ("setup/shelf/setup.py", "import setuptools\r\n"),
            ("setup/setup/README", ""),
            ("setup/_metapackage/setup.py", ""),
            ("shelf_link", "->shelf"),
        ]);
        let found = found_in(&tree, &["."], "16.0");
        assert_eq!(
            found,
            [FoundModule {
                name: "shelf".to_owned(),
                directory: AddonsDirectory::root(),
                manifest: "shelf/__manifest__.py".to_owned(),
                manifest_kind: EntryKind::File,
                tree: Some(TreeId::from_bytes([7; 20])),
                is_double: false,
            }]
        );
    }

    #[test]
    fn a_module_needs_both_files_and_a_plain_name() {
        let tree = files([
            ("no_init/__manifest__.py", "{}"),
            ("no_manifest/__init__.py", ""),
            ("linked_init/__init__.py", "->../x.py"),
            ("linked_init/__manifest__.py", "{}"),
            ("init_directory/__init__.py/x", ""),
            ("init_directory/__manifest__.py", "{}"),
            ("__unported__/__init__.py", ""),
            ("__unported__/__manifest__.py", "{}"),
            (".hidden/__init__.py", ""),
            (".hidden/__manifest__.py", "{}"),
        ]);
        assert_eq!(found_in(&tree, &["."], "18.0"), []);
    }

    #[test]
    fn the_old_name_of_a_manifest_ends_with_18() {
        let tree = files([
            ("both/__init__.py", ""),
            ("both/__manifest__.py", "{}"),
            ("both/__openerp__.py", "{}"),
            ("old/__init__.py", ""),
            ("old/__openerp__.py", "{}"),
        ]);
        let manifests = |series| -> Vec<String> {
            found_in(&tree, &["."], series).into_iter().map(|found| found.manifest).collect()
        };
        assert_eq!(manifests("18.0"), ["both/__manifest__.py", "old/__openerp__.py"]);
        assert_eq!(manifests("19.0"), ["both/__manifest__.py"]);
    }

    #[test]
    fn addons_directories_keep_their_order() {
        let tree = files([
            ("a/__init__.py", ""),
            ("a/__manifest__.py", "{}"),
            ("sub/dir/c/__init__.py", ""),
            ("sub/dir/c/__manifest__.py", "{}"),
            ("sub/dir/b/__init__.py", ""),
            ("sub/dir/b/__manifest__.py", "{}"),
        ]);
        assert_eq!(directories(&found_in(&tree, &["sub/dir", "."], "18.0")), ["sub/dir/b", "sub/dir/c", "a"]);
        assert_eq!(directories(&found_in(&tree, &["sub/dir"], "18.0")), ["sub/dir/b", "sub/dir/c"]);
        assert_eq!(directories(&found_in(&tree, &["nowhere"], "18.0")), [""; 0]);
    }

    #[test]
    fn a_bad_manifest_never_stops_the_rest() {
        let tree = files([
            ("bad/__init__.py", ""),
            ("bad/__manifest__.py", "{\n    \"name\": \"Bad\" % 1,\n}\n"),
            ("good/__init__.py", ""),
            ("good/__manifest__.py", "{'depends': ['bad']}"),
            ("linked/__init__.py", ""),
            ("linked/__manifest__.py", "->__openerp__.py"),
            ("wrong/__init__.py", ""),
            ("wrong/__manifest__.py", "{'name': 'Wrong',\n 'depends': 'base'}"),
        ]);
        let mut found = found_in(&tree, &["."], "18.0");
        let gone = FoundModule {
            name: "gone".to_owned(),
            manifest: "gone/__manifest__.py".to_owned(),
            ..found[1].clone()
        };
        found.push(gone);
        let survey = read(&tree, found).expect("a readable tree");
        let modules: Vec<_> = survey.modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(modules, ["good"]);
        assert_eq!(survey.modules[0].manifest.depends, ["bad"]);
        let shown = |bad: &Unreadable| format!("{}:{}: {}", bad.path, bad.line, bad.why);
        assert_eq!(
            survey.unreadable.iter().map(shown).collect::<Vec<_>>(),
            [
                "bad/__manifest__.py:2: a manifest must not contain the operator `%`",
                "linked/__manifest__.py:1: the manifest is a symlink",
                "wrong/__manifest__.py:2: `depends` must be a list of strings, not `str`",
                "gone/__manifest__.py:1: the manifest is missing",
            ]
        );
    }
}
