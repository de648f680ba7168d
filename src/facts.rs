//! Reads the facts of a commit: connects the trees of `git` with the readers of `addons`, and returns the facts for
//! `lock`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::addons::discover::{self, DiscoveredModule, Survey};
use crate::addons::folder::Folder;
use crate::addons::release::{self, RELEASES};
use crate::config::Position;
use crate::git::{GitTree, Place, Snapshot, may_lead_to_module};
use crate::lock::{Facts, LockedModule, REQUIREMENTS, UnreadableManifest};
use crate::repo::{
    AddonsDirectory, CommitId, Content, CorePart, EntryKind, FileTree, Series, TreeId, UnreadableTree,
    one_line,
};
use crate::report::{MissingDirectory, NotOdoo, Trouble};
use crate::requirements::text_of;

/// The largest `requirements.txt` that is read, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// What to read of a commit.
pub(crate) struct ReadOptions<'a> {
    pub(crate) addons: &'a [AddonsDirectory],
    pub(crate) series: Series,
    /// What the repository is of Odoo itself.
    pub(crate) core: Option<CorePart>,
}

/// Reads the tree id and the facts of a commit. It fetches only manifests and requirements, in one request.
pub(crate) fn read(
    snapshot: &Snapshot<'_, '_>,
    source: &ReadOptions<'_>,
) -> Result<(TreeId, Facts), Trouble> {
    // Odoo follows the symlinks in the checkout.
    let find = |tree: &GitTree<'_>| discover::find(tree, source.addons, source.series);
    let tree = snapshot.following(find).map_err(Trouble::Remote)?;
    if source.core == Some(CorePart::Odoo) {
        refuse_without_server(&tree, snapshot.commit(), source.series)?;
    }
    if let Some(missing) = missing_directory(&tree, snapshot.commit(), source)? {
        return Err(Trouble::NoAddons(missing));
    }
    let found = discover::find(&tree, source.addons, source.series)?;
    if let Some(part) = source.core {
        let names = found.iter().map(|found| &*found.name);
        refuse_without_modules(names, part, snapshot.commit(), source.addons)?;
    }
    let manifests = found.iter().map(|found| found.manifest.as_str());
    let releases = RELEASES.into_iter().filter(|_| source.core.is_some());
    let blobs = tree.blobs(manifests.chain([REQUIREMENTS]).chain(releases))?;
    snapshot.blobs(&blobs).map_err(Trouble::Remote)?;
    // The tree is opened again: an open object database does not see newer packs.
    let tree = snapshot.tree().map_err(Trouble::Remote)?.following();
    if source.core == Some(CorePart::Odoo) {
        refuse_other_series(&tree, snapshot.commit(), source.series)?;
    }
    let survey = discover::read(&tree, found)?;
    let modules = survey.modules.into_iter().filter_map(|module| {
        let DiscoveredModule { name, directory, tree, mut manifest, .. } = module;
        manifest.model_access &= !source.series.has_model_access();
        let module = LockedModule { name, directory, tree: tree?, manifest };
        Some(if source.core.is_some() { module.of_core() } else { module })
    });
    let unreadable = survey.unreadable.into_iter().map(|manifest| UnreadableManifest {
        path: manifest.path,
        line: manifest.line,
        why: manifest.why,
    });
    let (requirements, refused) = requirements(&tree)?;
    let refused = refused.map(|why| UnreadableManifest { path: REQUIREMENTS.to_owned(), line: 1, why });
    let outside = links_to_outside(&tree, source)?;
    let unreadable = unreadable.chain(outside).chain(refused).chain(impossible(&tree)?).collect();
    Ok((tree.id(), Facts { modules: modules.collect(), unreadable, requirements }))
}

/// Fails if the commit does not have the program that starts Odoo.
fn refuse_without_server(tree: &GitTree<'_>, commit: CommitId, series: Series) -> Result<(), Trouble> {
    let server = series.server();
    let is_there = tree.entries("")?.iter().any(|entry| entry.name == server);
    if is_there { Ok(()) } else { Err(Trouble::NotOdoo(NotOdoo::Server { commit, server })) }
}

/// Fails if a commit of Odoo itself has no modules in its addons directories, or Odoo no `base`: then `addons` or the url
/// is wrong.
fn refuse_without_modules<'m>(
    mut names: impl Iterator<Item = &'m str>,
    part: CorePart,
    commit: CommitId,
    addons: &[AddonsDirectory],
) -> Result<(), Trouble> {
    let (is_there, wanted) = match part {
        CorePart::Odoo => (names.any(|name| name == "base"), "module `base`"),
        CorePart::Enterprise | CorePart::Themes => (names.next().is_some(), "module"),
    };
    if is_there {
        return Ok(());
    }
    let addons = addons.iter().map(ToString::to_string).collect();
    Err(Trouble::NotOdoo(NotOdoo::Modules { commit, part, wanted, addons }))
}

/// Fails if the commit is Odoo of another series.
fn refuse_other_series(tree: &GitTree<'_>, commit: CommitId, wanted: Series) -> Result<(), Trouble> {
    for path in RELEASES {
        let Some(Content::Bytes(text)) = tree.read(path, MOST_BYTES)? else { continue };
        return match release::series_of(&String::from_utf8_lossy(&text)) {
            Ok(found) if found == wanted => Ok(()),
            Ok(found) => Err(Trouble::NotOdoo(NotOdoo::Series { commit, path, found, wanted })),
            Err(line) => Err(Trouble::NotOdoo(NotOdoo::Release { commit, path, line })),
        };
    }
    Err(Trouble::NotOdoo(NotOdoo::Release { commit, path: RELEASES[0], line: None }))
}

/// The names in addons directories that are symlinks out of the repository. Perhaps a module is there, on the machine
/// where the checkout is.
fn links_to_outside(
    tree: &GitTree<'_>,
    source: &ReadOptions<'_>,
) -> Result<Vec<UnreadableManifest>, UnreadableTree> {
    let mut outside = Vec::new();
    for directory in source.addons {
        for entry in tree.entries(directory)?.iter().filter(|entry| may_lead_to_module(entry)) {
            let path = directory.join(&entry.name);
            if let Place::Outside = tree.place(&path)? {
                let why = format!("`{path}` is a symlink that leads out of the repository");
                let path = format!("{path}/__manifest__.py");
                outside.push(UnreadableManifest { path, line: 1, why });
            }
        }
    }
    Ok(outside)
}

/// Why the commit cannot be checked out or exported. Its modules are locked anyway and the lock records the reason, so
/// that one repository does not prevent others from being locked.
fn impossible(tree: &GitTree<'_>) -> Result<Option<UnreadableManifest>, UnreadableTree> {
    match tree.check() {
        Err(UnreadableTree::Impossible { path, why }) => {
            let why = format!("neither `oca sync` nor `oca export` can use this commit: {why}");
            Ok(Some(UnreadableManifest { path: one_line(&path), line: 0, why }))
        }
        other => other.map(|()| None),
    }
}

/// A declared addons directory that the commit does not have, probably a typing error. Git has no empty directories.
fn missing_directory(
    tree: &dyn FileTree,
    commit: CommitId,
    source: &ReadOptions<'_>,
) -> Result<Option<MissingDirectory>, UnreadableTree> {
    for directory in source.addons.iter().filter(|directory| ***directory != *".") {
        if tree.entries(directory)?.is_empty() {
            let top = tree.entries("")?.into_iter().filter(|entry| entry.kind == EntryKind::Directory);
            let known = top.map(|entry| entry.name).collect();
            return Ok(Some(MissingDirectory {
                directory: directory.to_string(),
                commit,
                core: source.core,
                known,
            }));
        }
    }
    Ok(None)
}

/// The modules in a directory of this machine: one of the user's own, or one of `[addons-path]`.
#[derive(Debug)]
pub(crate) struct LocalModules {
    /// As written in `repos.toml`.
    pub(crate) name: String,
    pub(crate) position: Position,
    pub(crate) directory: PathBuf,
    pub(crate) requirements: Vec<String>,
    /// Why its `requirements.txt` was not read. `None` if it was read or does not exist.
    pub(crate) unread: Option<String>,
    pub(crate) survey: Survey,
}

impl LocalModules {
    /// Reads the modules of a directory and the lines of its requirements. A directory that does not exist has none.
    pub(crate) fn read(
        name: String,
        position: Position,
        directory: PathBuf,
        series: Series,
    ) -> Result<Self, UnreadableTree> {
        let tree = Folder::new(&directory);
        let survey = discover::read(&tree, discover::find(&tree, &[AddonsDirectory::root()], series)?)?;
        let (requirements, unread) = requirements(&tree)?;
        Ok(Self { name, position, directory, requirements, unread, survey })
    }

    /// The names that these modules depend on and that are not among them, sorted.
    pub(crate) fn depends(&self) -> Vec<String> {
        let modules = &self.survey.modules;
        let own: BTreeSet<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        let depends = modules.iter().flat_map(|module| &module.manifest.depends);
        let needed: BTreeSet<&String> = depends.filter(|name| !own.contains(name.as_str())).collect();
        needed.into_iter().cloned().collect()
    }
}

/// The lines of `requirements.txt`, or why it is not read.
fn requirements(tree: &dyn FileTree) -> Result<(Vec<String>, Option<String>), UnreadableTree> {
    let found = tree.entries("")?.into_iter().find(|entry| entry.name == REQUIREMENTS);
    let refused = |why: &str| Ok((Vec::new(), Some(why.to_owned())));
    if found.is_some_and(|entry| entry.kind == EntryKind::Symlink) {
        return refused("the file is a symlink");
    }
    match tree.read(REQUIREMENTS, MOST_BYTES)? {
        None => Ok((Vec::new(), None)),
        Some(Content::TooLong) => refused("the file is longer than 1 MiB"),
        Some(Content::Bytes(text)) => match text_of(&text) {
            Ok(text) => Ok((text.lines().map(str::to_owned).collect(), None)),
            Err(why) => refused(why),
        },
    }
}
