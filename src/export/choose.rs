//! Chooses the files of a repository for an export: walks its trees, and enters only those of which something is kept.
//!
//! Export and verify use the same walk: export over the store, verify over the trees that the export recorded. So the
//! lock and the rules alone decide what an export should contain.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Error;
use super::rules;
use super::scope::CoreScope;
use crate::repo::{
    AtPath, BlobId, EntryKind, MANIFESTS, MOST_ENTRIES, NO_MODE, Objects, PathPart, RepoPath, Rules, Series,
    TreeEntry, TreeId, UnreadableTree, at_path, check_targets, check_tree, child, tree_id, walk_tree,
};

/// What to export of a repository.
#[derive(Debug)]
pub(crate) struct ExportRequest<'a> {
    /// The tree that the lock names.
    pub(crate) tree: TreeId,
    pub(crate) scope: Scope,
    pub(crate) rules: &'a Rules,
    /// The series whose Odoo loads the translations.
    pub(crate) odoo: Series,
}

/// See [`ExportRequest`].
#[derive(Debug)]
pub(crate) enum Scope {
    /// These modules, and the licences at the top of the repository.
    Modules {
        /// The paths of the modules below the repository. No module is inside another.
        paths: Vec<String>,
        /// Their trees in the lock. One is used if the path of its module leads through a symlink.
        trees: Vec<TreeId>,
    },
    /// A repository of Odoo itself.
    Core(CoreScope),
}

/// What an export contains of a repository.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The modules, in the order of [`Scope::Modules`].
    pub(crate) modules: Vec<ModuleFiles>,
    /// The files that belong to no module: the licences at the top of the repository. Of Odoo itself, everything outside
    /// its modules.
    pub(crate) others: Vec<File>,
    /// Every tree that the walk read, each once. They prove what was left out.
    pub(crate) trees: Vec<Arc<[TreeEntry]>>,
    /// The languages of all translations of the modules, also of those that are left out.
    pub(crate) languages: BTreeSet<String>,
}

impl Chosen {
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.others.iter().chain(self.modules.iter().flat_map(|module| &module.files))
    }
}

/// The files of a module.
#[derive(Debug)]
pub(crate) struct ModuleFiles {
    /// The path of the module below the repository.
    pub(crate) path: String,
    pub(crate) files: Vec<File>,
}

/// A file or symlink to write.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct File {
    /// The path below the repository.
    pub(crate) path: RepoPath,
    pub(crate) kind: FileKind,
    pub(crate) id: BlobId,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FileKind {
    Plain,
    Executable,
    Symlink,
}

/// The blobs that [`choose`] must read to decide whether `tests/` is kept.
pub(crate) fn asked(objects: &dyn Objects, wanted: &ExportRequest<'_>) -> Result<Vec<BlobId>, Error> {
    let mut ids = Vec::new();
    let mut ask = |entries: &[TreeEntry]| {
        if entries.iter().any(is_tests) {
            ids.extend(speakers(entries).map(TreeEntry::blob));
        }
    };
    match &wanted.scope {
        _ if !wanted.rules.tests => {}
        Scope::Modules { paths, trees } => {
            for (module, locked) in paths.iter().zip(trees) {
                ask(&objects.tree(module_tree(objects, wanted.tree, module, *locked)?)?);
            }
        }
        Scope::Core(scope) => scope.modules(objects, wanted.tree)?.iter().for_each(|entries| ask(entries)),
    }
    Ok(ids)
}

/// Returns the content of a file that [`asked`] names, by its path below the repository and its id. `None` if the
/// content is not available.
pub(crate) type Reader<'a> = &'a dyn Fn(&RepoPath, BlobId) -> Result<Option<Vec<u8>>, Error>;

/// Walks the trees. Returns the files that are kept, and the trees that prove what is left out.
pub(crate) fn choose(
    objects: &dyn Objects,
    wanted: &ExportRequest<'_>,
    read: Reader<'_>,
) -> Result<Chosen, Error> {
    let mut walk = Walk {
        objects,
        rules: wanted.rules,
        odoo: wanted.odoo,
        read,
        seen: HashSet::new(),
        entries: 0,
        chosen: Chosen::default(),
    };
    let top = RepoPath::default();
    match &wanted.scope {
        Scope::Modules { paths, trees } => {
            let root = walk.tree(wanted.tree, &top)?;
            for entry in root.iter() {
                if rules::is_licence(entry.name.as_bytes()) && entry.kind() == EntryKind::File {
                    walk.chosen.others.push(file(entry, &top)?);
                }
            }
            for (module, locked) in paths.iter().zip(trees) {
                walk.module(wanted.tree, module, *locked)?;
            }
        }
        Scope::Core(scope) => walk.core(wanted.tree, &top, scope)?,
    }
    Ok(walk.chosen)
}

/// All files of a tree, and the paths of its submodules.
pub(crate) fn all(objects: &dyn Objects, tree: TreeId) -> Result<(Vec<File>, Vec<RepoPath>), Error> {
    check_tree(objects, tree)?;
    check_targets(objects, tree)?;
    let (mut files, mut submodules) = (Vec::new(), Vec::new());
    walk_tree(objects, tree, &mut |path, entry| match kind(entry) {
        Some(kind) => files.push(File { path, kind, id: entry.blob() }),
        None if entry.kind() == EntryKind::Other => submodules.push(path),
        None => {}
    })?;
    Ok((files, submodules))
}

/// The files that the rules keep of one module.
struct Kept<'r> {
    rules: &'r Rules,
    files: Vec<File>,
}

struct Walk<'a> {
    objects: &'a dyn Objects,
    rules: &'a Rules,
    odoo: Series,
    read: Reader<'a>,
    seen: HashSet<TreeId>,
    entries: u64,
    chosen: Chosen,
}

impl Walk<'_> {
    /// The entries of a tree, remembered.
    fn tree(&mut self, id: TreeId, path: &RepoPath) -> Result<Arc<[TreeEntry]>, Error> {
        let entries = self.objects.tree(id).map_err(|error| error.in_directory(path))?;
        if self.seen.insert(id) {
            // `oca verify` would refuse such a tree later, so it is refused now.
            if tree_id(&entries) != id {
                return Err(Error::WrongTree { path: path.to_string() });
            }
            self.chosen.trees.push(Arc::clone(&entries));
        }
        Ok(entries)
    }

    fn module(&mut self, root: TreeId, module: &str, locked: TreeId) -> Result<(), Error> {
        let mut id = Some(root);
        let mut path = RepoPath::default();
        for part in module.split('/') {
            let missing = || Error::NoModule { path: module.to_owned() };
            if let Some(above) = id {
                id = match child(&self.tree(above, &path)?, part) {
                    AtPath::Directory(tree) => Some(tree),
                    // Where it leads was found out when the module was locked.
                    AtPath::Link => None,
                    AtPath::Nothing => return Err(missing()),
                };
            }
            path = joined(&path, &PathPart::parse(part.as_bytes()).map_err(|_| missing())?)?;
        }
        self.files_of(id.unwrap_or(locked), &path, module, self.rules)
    }

    /// Adds the files of a module. `path` and `module` are the same path.
    fn files_of(&mut self, id: TreeId, path: &RepoPath, module: &str, rules: &Rules) -> Result<(), Error> {
        let entries = self.tree(id, path)?;
        let without_tests = rules.tests && !self.needs_tests(&entries, path)?;
        let mut kept = Kept { rules, files: Vec::new() };
        for entry in entries.iter().filter(|entry| !(without_tests && is_tests(entry))) {
            self.entry(entry, path, &[entry.name.as_bytes()], &mut kept)?;
        }
        self.chosen.modules.push(ModuleFiles { path: module.to_owned(), files: kept.files });
        Ok(())
    }

    /// Adds what is exported of a directory of Odoo itself.
    fn core(&mut self, id: TreeId, path: &RepoPath, scope: &CoreScope) -> Result<(), Error> {
        for entry in self.tree(id, path)?.iter() {
            let below = joined(path, &entry.name)?;
            if !scope.takes(&below, entry, self.rules) {
                continue;
            }
            self.count(path)?;
            if entry.kind() != EntryKind::Directory {
                self.chosen.others.push(file(entry, path)?);
                continue;
            }
            let inside = self.tree(entry.tree(), &below)?;
            match scope.module(&below, &inside) {
                Some(module) => {
                    let rules = scope.rules(module, self.rules);
                    self.files_of(entry.tree(), &below, module, &rules)?;
                }
                None => self.core(entry.tree(), &below, scope)?,
            }
        }
        Ok(())
    }

    fn count(&mut self, parent: &RepoPath) -> Result<(), Error> {
        self.entries += 1;
        if self.entries > MOST_ENTRIES { Err(UnreadableTree::endless(parent).into()) } else { Ok(()) }
    }

    fn needs_tests(&self, entries: &[TreeEntry], module: &RepoPath) -> Result<bool, Error> {
        if !entries.iter().any(is_tests) {
            return Ok(false);
        }
        for speaker in speakers(entries) {
            let text = (self.read)(&joined(module, &speaker.name)?, speaker.blob())?.unwrap_or_default();
            let is_init = speaker.name.as_bytes() == b"__init__.py";
            if (is_init && rules::imports_tests(&text)) || (!is_init && rules::names_tests(&text)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds an entry of `parent` and everything below it. `inside` is the path of the entry below the module.
    fn entry(
        &mut self,
        entry: &TreeEntry,
        parent: &RepoPath,
        inside: &[&[u8]],
        kept: &mut Kept<'_>,
    ) -> Result<(), Error> {
        let is_directory = entry.kind() == EntryKind::Directory;
        if let Some(language) = rules::translation(inside)
            && !is_directory
        {
            self.chosen.languages.insert(String::from_utf8_lossy(language).into_owned());
        }
        if !kept.rules.keep(inside, is_directory, self.odoo) {
            return Ok(());
        }
        self.count(parent)?;
        if !is_directory {
            kept.files.push(file(entry, parent)?);
            return Ok(());
        }
        let path = joined(parent, &entry.name)?;
        for child in self.tree(entry.tree(), &path)?.iter() {
            self.entry(child, &path, &[inside, &[child.name.as_bytes()]].concat(), kept)?;
        }
        Ok(())
    }
}

fn is_tests(entry: &TreeEntry) -> bool {
    entry.name.as_bytes() == b"tests" && entry.kind() == EntryKind::Directory
}

/// The files of a module that can show that the module needs its `tests/`.
fn speakers(entries: &[TreeEntry]) -> impl Iterator<Item = &TreeEntry> {
    let is_one = |name: &str| name == "__init__.py" || MANIFESTS.contains(&name);
    let is_file = |entry: &&TreeEntry| entry.kind() == EntryKind::File;
    entries.iter().filter(is_file).filter(move |entry| entry.name.as_text().is_some_and(is_one))
}

/// The tree of a module. `locked` is its tree in the lock, which is used if a symlink leads to it.
fn module_tree(objects: &dyn Objects, root: TreeId, module: &str, locked: TreeId) -> Result<TreeId, Error> {
    match at_path(objects, root, module)? {
        AtPath::Directory(tree) => Ok(tree),
        AtPath::Link => Ok(locked),
        AtPath::Nothing => Err(Error::NoModule { path: module.to_owned() }),
    }
}

fn file(entry: &TreeEntry, parent: &RepoPath) -> Result<File, Error> {
    let path = joined(parent, &entry.name)?;
    match kind(entry) {
        Some(kind) => Ok(File { path, kind, id: entry.blob() }),
        None if entry.is_gitlink() => Err(Error::Gitlink { path: path.to_string() }),
        None => Err(UnreadableTree::impossible(&path.to_string(), NO_MODE).into()),
    }
}

/// The kind of a file or symlink. `None` for a directory or a submodule.
fn kind(entry: &TreeEntry) -> Option<FileKind> {
    match entry.kind() {
        EntryKind::File if entry.is_executable() => Some(FileKind::Executable),
        EntryKind::File => Some(FileKind::Plain),
        EntryKind::Symlink => Some(FileKind::Symlink),
        EntryKind::Directory | EntryKind::Other => None,
    }
}

fn joined(parent: &RepoPath, name: &PathPart) -> Result<RepoPath, Error> {
    let refuse = |why| UnreadableTree::impossible(&name.to_string(), why).in_directory(parent);
    Ok(parent.join(name).map_err(refuse)?)
}
