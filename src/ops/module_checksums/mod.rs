//! The checksums of the modules of a lock, as `click-odoo-update` would compute them.

mod links;

use std::collections::BTreeMap;

use super::compared::declared_url;
use super::content::Contents;
use super::remotes::{OfPin, Remotes};
use super::target::confirm_trees;
use crate::diff::{Checksum, ChecksumRule, Hasher, Home, Unhashable};
use crate::error::Error;
use crate::export::{self, CoreScope, ExportRequest, FileKind, Scope};
use crate::git::{GitTree, Place, Snapshot};
use crate::lock::{LockedRepo, Pin};
use crate::repo::{
    BlobId, EntryKind, ModuleName, Objects, RemoteUrl, RepoPath, Rules, Series, TreeEntry, TreeId,
    UnreadableTree, check_tree, walk_tree,
};
use crate::report::{Done, Trouble};
use crate::session::Session;
use links::{Links, Unread};

/// Which files of a module are on the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ModuleFiles<'r> {
    /// All of them, as in a checkout.
    Whole,
    /// Those that an export keeps.
    Exported(&'r Rules),
}

/// Which checksums to compute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChecksumRequest<'a> {
    pub(crate) rule: &'a ChecksumRule,
    pub(crate) files: ModuleFiles<'a>,
    pub(crate) series: Series,
}

/// The checksum of each module, or why there is none.
pub(crate) type Checksums<'l> = BTreeMap<&'l ModuleName, Result<Checksum, Unhashable>>;

/// A file or symlink in git.
#[derive(Clone, Copy, Debug)]
struct InGit {
    is_link: bool,
    id: BlobId,
}

/// Files with their paths.
type Files = Vec<(RepoPath, InGit)>;

/// The blobs from which a checksum is computed, in their order.
type Hashed = Result<Vec<(RepoPath, BlobId)>, Unhashable>;

/// The files of a module.
struct Listed {
    all: Files,
    /// Those that count, in their order.
    counting: Result<Files, Unhashable>,
}

impl Listed {
    fn new(all: Files, rule: &ChecksumRule) -> Self {
        let counting = rule.choose(all.iter().cloned());
        Self { all, counting }
    }
}

/// The modules of a repository.
struct Asked<'l> {
    repo: &'l LockedRepo,
    url: RemoteUrl,
    modules: Vec<Home<'l>>,
}

impl OfPin for Asked<'_> {
    fn pin(&self) -> &Pin {
        &self.repo.pin
    }
}

/// Computes the checksums of these modules. What is not in the cache is fetched, with a few requests for each repository.
pub(crate) fn module_checksums<'l>(
    session: &Session<'_>,
    contents: &Contents<'l>,
    homes: impl IntoIterator<Item = Home<'l>>,
    request: &ChecksumRequest<'_>,
) -> Result<Checksums<'l>, Error> {
    let mut by_pin: BTreeMap<&Pin, Vec<Home<'l>>> = BTreeMap::new();
    for home in homes {
        by_pin.entry(&home.repo.pin).or_default().push(home);
    }
    if by_pin.is_empty() {
        return Ok(Checksums::new());
    }
    let mut all = Vec::new();
    for modules in by_pin.into_values() {
        let Some(Home { repo, .. }) = modules.first() else { continue };
        all.push(Asked { repo, url: declared_url(session, repo)?, modules });
    }
    let remotes = Remotes::of(session)?.without_lines();
    let answers = remotes.each(
        &all,
        |asked, watch| {
            let meter = |bytes| watch.received(bytes);
            let remote = remotes.git.remote(&asked.url).map_err(Trouble::Remote)?;
            let snapshot = contents.of(remote, asked.repo, &meter)?;
            let hashed = bring(asked, &snapshot, request)?;
            Ok((snapshot.unmetered(), hashed))
        },
        |asked, (snapshot, hashed), _| {
            let tree = snapshot.tree().map_err(Trouble::Remote)?;
            let names = asked.modules.iter().map(|home| &home.module.name);
            let checksums = names.zip(hashed).map(|(name, files)| Ok((name, checksum(&tree, files)?)));
            Ok((Done::UpToDate, checksums.collect::<Result<Vec<_>, Trouble>>()?))
        },
    )?;
    let (checksums, failures) = answers.sorted();
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    Ok(checksums.into_iter().flat_map(|(_, checksums)| checksums).collect())
}

/// The checksum of a module of a tree in which nothing is missing. `module` is its path, and `id` is its own tree.
pub(crate) fn whole_checksum(
    tree: &GitTree<'_>,
    module: &str,
    id: TreeId,
    rule: &ChecksumRule,
) -> Result<Result<Checksum, Unhashable>, UnreadableTree> {
    let listed = Listed::new(whole(tree, id)?, rule);
    let unread = Unread::of(tree, std::slice::from_ref(&listed), ModuleFiles::Whole)?;
    let links = unread.map(|unread| unread.read(tree)).transpose()?.unwrap_or_default();
    checksum(tree, links.hashed(module, listed))
}

fn checksum(tree: &GitTree<'_>, files: Hashed) -> Result<Result<Checksum, Unhashable>, UnreadableTree> {
    let files = match files {
        Ok(files) => files,
        Err(why) => return Ok(Err(why)),
    };
    let mut hasher = Hasher::default();
    for (path, id) in files {
        hasher.add(&path, &tree.blob(id)?);
    }
    Ok(Ok(hasher.finish()))
}

/// The files of the modules that count, all of them in the store.
fn bring(
    asked: &Asked<'_>,
    snapshot: &Snapshot<'_, '_>,
    request: &ChecksumRequest<'_>,
) -> Result<Vec<Hashed>, Trouble> {
    let tree = snapshot.tree().map_err(Trouble::Remote)?;
    confirm_trees(asked.repo, &tree)?;
    let paths: Vec<String> = asked.modules.iter().map(|home| home.module.path()).collect();
    let trees = trees(asked, snapshot, &paths)?;
    let all: Vec<Files> = match request.files {
        ModuleFiles::Whole => {
            trees.iter().map(|module| whole(&tree, *module)).collect::<Result<_, UnreadableTree>>()?
        }
        ModuleFiles::Exported(rules) => {
            Exported { asked, snapshot, rules, odoo: request.series }.files(&paths, &trees)?
        }
    };
    let listed: Vec<Listed> = all.into_iter().map(|all| Listed::new(all, request.rule)).collect();
    let links = match Unread::of(&tree, &listed, request.files)? {
        Some(unread) => {
            snapshot.blobs(&unread.links).map_err(Trouble::Remote)?;
            // Opened again: an open object database does not see newer packs.
            unread.read(&snapshot.tree().map_err(Trouble::Remote)?)?
        }
        None => Links::default(),
    };
    let hashed: Vec<Hashed> =
        std::iter::zip(&paths, listed).map(|(path, listed)| links.hashed(path, listed)).collect();
    let blobs: Vec<BlobId> = hashed.iter().flatten().flatten().map(|(_, id)| *id).collect();
    snapshot.blobs(&blobs).map_err(Trouble::Remote)?;
    Ok(hashed)
}

/// The trees of the modules. The lock has none of Odoo's own modules.
fn trees(asked: &Asked<'_>, snapshot: &Snapshot<'_, '_>, paths: &[String]) -> Result<Vec<TreeId>, Trouble> {
    if asked.repo.core.is_none() {
        return Ok(asked.modules.iter().map(|home| home.module.tree).collect());
    }
    let look = |tree: &GitTree<'_>| paths.iter().try_for_each(|path| tree.place(path).map(drop));
    let tree = snapshot.following(look).map_err(Trouble::Remote)?;
    let module = |path: &String| match tree.place(path)? {
        Place::Directory(tree) => Ok(tree),
        Place::File(_) | Place::Nowhere | Place::Outside => {
            Err(Trouble::Export(export::Error::NoModule { path: path.clone() }))
        }
    };
    paths.iter().map(module).collect()
}

/// All files below a tree.
fn whole(objects: &dyn Objects, tree: TreeId) -> Result<Files, UnreadableTree> {
    check_tree(objects, tree)?;
    let mut files = Vec::new();
    walk_tree(objects, tree, &mut |path, entry| files.extend(in_git(entry).map(|file| (path, file))))?;
    Ok(files)
}

/// `None` for a directory. A submodule is an empty one.
fn in_git(entry: &TreeEntry) -> Option<InGit> {
    let is_link = match entry.kind() {
        EntryKind::File => false,
        EntryKind::Symlink => true,
        EntryKind::Directory | EntryKind::Other => return None,
    };
    Some(InGit { is_link, id: entry.blob() })
}

/// The modules of a repository as an export has them.
struct Exported<'a, 'l> {
    asked: &'a Asked<'l>,
    snapshot: &'a Snapshot<'a, 'a>,
    rules: &'a Rules,
    odoo: Series,
}

impl Exported<'_, '_> {
    /// The files of each module. Those that decide whether `tests/` is kept are fetched.
    fn files(&self, paths: &[String], trees: &[TreeId]) -> Result<Vec<Files>, Trouble> {
        let scope = self.asked.repo.core.map(|part| CoreScope::new(part, &[], self.odoo));
        let rules = |path: &String| match &scope {
            Some(scope) => scope.rules(path, self.rules),
            None => self.rules.clone(),
        };
        let rules: Vec<Rules> = paths.iter().map(rules).collect();
        let request = |place: usize| ExportRequest {
            tree: self.asked.repo.tree,
            scope: Scope::Modules { paths: vec![paths[place].clone()], trees: vec![trees[place]] },
            rules: &rules[place],
            odoo: self.odoo,
        };
        let open = || self.snapshot.tree().map_err(Trouble::Remote);
        let objects = open()?;
        let mut deciding = Vec::new();
        for place in 0..paths.len() {
            deciding.extend(export::asked(&objects, &request(place)).map_err(Trouble::Export)?);
        }
        self.snapshot.blobs(&deciding).map_err(Trouble::Remote)?;
        // Opened again: an open object database does not see newer packs.
        let objects = open()?;
        let read = |_: &RepoPath, id| Ok(Some(objects.blob(id)?));
        let mut all = Vec::new();
        for (place, module) in paths.iter().enumerate() {
            let chosen = export::choose(&objects, &request(place), &read).map_err(Trouble::Export)?;
            let below = |file: export::File| {
                let below = file.path.as_bytes().get(module.len() + 1..).unwrap_or_default();
                let below = RepoPath::parse(below).map_err(|why| UnreadableTree::impossible(module, why))?;
                Ok((below, InGit { is_link: file.kind == FileKind::Symlink, id: file.id }))
            };
            let files = chosen.modules.into_iter().flat_map(|module| module.files);
            all.push(files.map(below).collect::<Result<Files, Trouble>>()?);
        }
        Ok(all)
    }
}
