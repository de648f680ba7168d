//! Chooses the files of a repository for an export: walks its trees, and enters only those of which something is kept.
//!
//! Export and verify use the same walk: export over the store, verify over the trees that the export recorded. So the
//! lock and the rules alone decide what an export should contain.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::Error;
use super::rules;
use crate::repo::{
    AtPath, BlobId, EntryKind, MOST_ENTRIES, NO_MODE, Objects, PathPart, RepoPath, Rules, Series, TreeEntry,
    TreeId, UnreadableTree, at_path, check_target, check_targets, check_tree, child, shown, tree_id,
    walk_tree,
};

/// The length in bytes from which the kernel does not follow the target of a symlink.
const LONGEST_TARGET: usize = 4096;

/// What to export of a repository.
#[derive(Debug)]
pub(crate) struct ExportRequest<'a> {
    /// The tree that the lock names.
    pub(crate) tree: TreeId,
    /// The paths of modules below the repository. No module is inside another.
    pub(crate) modules: Vec<String>,
    /// The trees of these modules in the lock. One is used if the path of its module leads through a symlink.
    pub(crate) trees: Vec<TreeId>,
    pub(crate) rules: &'a Rules,
    /// The series whose Odoo loads the translations.
    pub(crate) odoo: Series,
}

/// What an export contains of a repository.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    /// The files of each module, in the order of [`Wanted::modules`].
    pub(crate) modules: Vec<Vec<File>>,
    /// The licence files at the top of the repository.
    pub(crate) licences: Vec<File>,
    /// Every tree that the walk read, each once. They prove what was left out.
    pub(crate) trees: Vec<Arc<[TreeEntry]>>,
    /// The languages of all translations of the modules, also of those that are left out.
    pub(crate) languages: BTreeSet<String>,
}

impl Chosen {
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.licences.iter().chain(self.modules.iter().flatten())
    }
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
    if wanted.rules.tests {
        for (module, locked) in wanted.modules.iter().zip(&wanted.trees) {
            let entries = objects.tree(module_tree(objects, wanted.tree, module, *locked)?)?;
            if entries.iter().any(is_tests) {
                ids.extend(speakers(&entries).map(TreeEntry::blob));
            }
        }
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
    let root = walk.tree(wanted.tree, &top)?;
    for entry in root.iter() {
        if rules::is_licence(entry.name.as_bytes()) && entry.kind() == EntryKind::File {
            let licence = file(entry, &top)?;
            walk.chosen.licences.push(licence);
        }
    }
    for (module, locked) in wanted.modules.iter().zip(&wanted.trees) {
        walk.module(wanted.tree, module, *locked)?;
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
        let id = id.unwrap_or(locked);
        let entries = self.tree(id, &path)?;
        let without_tests = self.rules.tests && !self.needs_tests(&entries, &path)?;
        let mut files = Vec::new();
        for entry in entries.iter().filter(|entry| !(without_tests && is_tests(entry))) {
            self.entry(entry, &path, &[entry.name.as_bytes()], &mut files)?;
        }
        self.chosen.modules.push(files);
        Ok(())
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
        files: &mut Vec<File>,
    ) -> Result<(), Error> {
        let is_directory = entry.kind() == EntryKind::Directory;
        if let Some(language) = rules::translation(inside)
            && !is_directory
        {
            self.chosen.languages.insert(String::from_utf8_lossy(language).into_owned());
        }
        if !self.rules.keep(inside, is_directory, self.odoo) {
            return Ok(());
        }
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(UnreadableTree::endless(parent).into());
        }
        if !is_directory {
            files.push(file(entry, parent)?);
            return Ok(());
        }
        let path = joined(parent, &entry.name)?;
        for child in self.tree(entry.tree(), &path)?.iter() {
            self.entry(child, &path, &[inside, &[child.name.as_bytes()]].concat(), files)?;
        }
        Ok(())
    }
}

fn is_tests(entry: &TreeEntry) -> bool {
    entry.name.as_bytes() == b"tests" && entry.kind() == EntryKind::Directory
}

/// The files of a module that can show that the module needs its `tests/`.
fn speakers(entries: &[TreeEntry]) -> impl Iterator<Item = &TreeEntry> {
    let names: [&[u8]; 3] = [b"__init__.py", b"__manifest__.py", b"__openerp__.py"];
    entries
        .iter()
        .filter(move |entry| entry.kind() == EntryKind::File && names.contains(&entry.name.as_bytes()))
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

/// Refuses symlinks that point outside their module. `files` are the files of one module, `module` is its path.
pub(crate) fn check_links(objects: &dyn Objects, module: &str, files: &[File]) -> Result<(), Error> {
    let mut links: BTreeMap<Vec<Vec<u8>>, Vec<u8>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind == FileKind::Symlink) {
        links.insert(below(module, &file.path), objects.blob(file.id)?);
    }
    let place = |link: &[Vec<u8>]| format!("{module}/{}", shown(&link.join(&b'/')));
    for (link, target) in &links {
        check_target(target).map_err(|why| UnreadableTree::impossible(&place(link), why))?;
    }
    if let Some((link, _)) = links.iter().find(|(_, target)| target.len() >= LONGEST_TARGET) {
        return Err(Error::LinkTooLong { path: place(link) });
    }
    for (link, target) in &links {
        if leads_outside(link, target, &links) {
            return Err(Error::LinkOutside { path: place(link), target: shown(target) });
        }
    }
    Ok(())
}

fn below(module: &str, path: &RepoPath) -> Vec<Vec<u8>> {
    path.parts().skip(module.split('/').count()).map(<[u8]>::to_owned).collect()
}

/// Whether a symlink points outside the module. Follows it as the kernel does, also through other links of the module.
fn leads_outside(link: &[Vec<u8>], target: &[u8], links: &BTreeMap<Vec<Vec<u8>>, Vec<u8>>) -> bool {
    let mut at: Vec<Vec<u8>> = link[..link.len() - 1].to_vec();
    let parts = |target: &[u8]| {
        let parts = target.split(|byte| *byte == b'/').map(<[u8]>::to_owned);
        parts.rev().collect::<Vec<_>>()
    };
    let is_absolute = |target: &[u8]| target.starts_with(b"/") || (cfg!(windows) && target.contains(&b'\\'));
    if is_absolute(target) {
        return true;
    }
    let mut left = parts(target);
    let mut followed = 0;
    while let Some(part) = left.pop() {
        match &*part {
            b"" | b"." => {}
            b".." => {
                if at.pop().is_none() {
                    return true;
                }
            }
            _ => {
                at.push(part);
                if let Some(target) = links.get(&at) {
                    followed += 1;
                    // A loop leads nowhere, so it does not lead outside. The kernel stops after 40 links.
                    if followed > 40 {
                        return false;
                    }
                    if is_absolute(target) {
                        return true;
                    }
                    at.pop();
                    left.extend(parts(target));
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_as_the_kernel_does() {
        let path = |text: &str| text.split('/').map(|part| part.as_bytes().to_owned()).collect::<Vec<_>>();
        let outside = |all: &[(&str, &str)]| {
            let links = all.iter().map(|(link, target)| (path(link), target.as_bytes().to_owned())).collect();
            leads_outside(&path(all[0].0), all[0].1.as_bytes(), &links)
        };
        for inside in ["x", "./x", "d/../x", "missing/", "", ".", "d//x"] {
            assert!(!outside(&[("link", inside)]), "{inside}");
        }
        assert!(!outside(&[("a/b/link", "../../x")]));
        for away in ["..", "/etc/passwd", "../other/x", "d/../../x", "a/b/../../.."] {
            assert!(outside(&[("link", away)]), "{away}");
        }
        assert!(outside(&[("a/link", "../../x")]));
        // By its text alone, `d/../..` is two levels above `deep/er`, inside the module. The kernel follows the link
        // `d`.
        assert!(outside(&[("deep/er/link", "../../d/../.."), ("d", "deep")]));
        assert!(!outside(&[("x", "d/.."), ("d", "deep/er")]));
        assert!(!outside(&[("x", "y"), ("y", "x")]));
    }
}
