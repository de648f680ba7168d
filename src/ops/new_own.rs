//! The user's own modules of the new side of a comparison: as a revision has them, or as they are in the work tree.

use std::path::{Path, PathBuf};

use super::module_checksums::whole_checksum;
use crate::addons::discover::{self, DiscoveredModule, Survey};
use crate::addons::folder::Folder;
use crate::config::{Position, Profile};
use crate::diff::{Checksum, ChecksumRule, Hasher, Unhashable};
use crate::error::Error;
use crate::fs::{self, Context};
use crate::git::{GitTree, Superproject};
use crate::repo::{AddonsDirectory, FileTree, ModuleName, PathPart, RepoPath, UnreadableTree};
use crate::session::Session;

/// The own modules of a profile.
pub(crate) struct NewOwn {
    superproject: Option<Superproject>,
    /// `None` is the work tree.
    revision: Option<String>,
    directories: Vec<Directory>,
}

/// A directory of `[[local]]`.
struct Directory {
    path: PathBuf,
    /// Below the top of the repository. `None` if it is not in it.
    below: Option<String>,
    position: Position,
    survey: Survey,
}

/// An own module.
#[derive(Clone, Copy)]
pub(crate) struct OwnModule<'o> {
    directory: &'o Directory,
    module: &'o DiscoveredModule,
}

impl<'o> OwnModule<'o> {
    pub(crate) fn name(self) -> &'o ModuleName {
        &self.module.name
    }

    pub(crate) fn version(self) -> &'o str {
        self.module.manifest.version()
    }

    pub(crate) fn directory(self) -> &'o Path {
        &self.directory.path
    }

    pub(crate) fn position(self) -> Position {
        self.directory.position
    }
}

impl NewOwn {
    /// `revision` is `None` for the work tree. Warns about directories that a revision cannot have.
    pub(crate) fn of(
        session: &Session<'_>,
        profile: &Profile,
        revision: Option<&str>,
    ) -> Result<Self, Error> {
        let superproject = Superproject::around(session.root())?;
        let mut own = Self { superproject, revision: revision.map(str::to_owned), directories: Vec::new() };
        for (path, local) in session.own_paths(profile)?.into_iter().zip(&profile.locals) {
            let superproject = own.superproject.as_ref();
            let below = superproject.map(|top| top.directory_below(&path)).transpose()?.flatten();
            if own.revision.is_some() && below.is_none() {
                session.printer.warning(&format!(
                    "`{}` is not compared, because it is not in this repository: add its modules that changed to the list",
                    path.display()
                ));
                continue;
            }
            let survey = own.survey(&path, below.as_deref(), profile)?;
            own.directories.push(Directory { path, below, position: local.position, survey });
        }
        Ok(own)
    }

    fn survey(&self, path: &Path, below: Option<&str>, profile: &Profile) -> Result<Survey, Error> {
        let (tree, top): (Box<dyn FileTree + '_>, &str) = match (self.tree()?, below) {
            (Some(tree), Some(below)) => (Box::new(tree), below),
            (None, _) => (Box::new(Folder::new(path)), ""),
            (Some(_), None) => return Ok(Survey::default()),
        };
        let Ok(top) = AddonsDirectory::parse(if top.is_empty() { "." } else { top }) else {
            return Ok(Survey::default());
        };
        let found = discover::find(&*tree, &[top], profile.odoo);
        found.and_then(|found| discover::read(&*tree, found)).map_err(unreadable)
    }

    /// The files of the revision.
    fn tree(&self) -> Result<Option<GitTree<'_>>, Error> {
        match (&self.superproject, &self.revision) {
            (Some(superproject), Some(revision)) => Ok(superproject.tree_at(revision)?),
            _ => Ok(None),
        }
    }

    /// All installable modules, in path order.
    pub(crate) fn modules(&self) -> impl Iterator<Item = OwnModule<'_>> {
        self.directories.iter().flat_map(|directory| {
            directory.survey.modules.iter().map(move |module| OwnModule { directory, module })
        })
    }

    /// The checksum of a module, or why there is none. In the work tree, files that git ignores do not count: an image
    /// that is built of the commit does not have them.
    pub(crate) fn checksum(
        &self,
        own: OwnModule<'_>,
        rule: &ChecksumRule,
    ) -> Result<Result<Checksum, Unhashable>, Error> {
        let OwnModule { directory: Directory { path, below, .. }, module } = own;
        if let Some(tree) = self.tree()? {
            let path = module.directory.join(module.name.as_str());
            let missing = || UnreadableTree::impossible(&path, "it is not a directory");
            let id = module.tree.ok_or_else(|| unreadable(missing()))?;
            return whole_checksum(&tree, &path, id, rule).map_err(unreadable);
        }
        let is_ignored = |file: &RepoPath| match (&self.superproject, below) {
            (Some(superproject), Some(below)) => {
                let above = if below.is_empty() { String::new() } else { format!("{below}/") };
                superproject.ignores_file(&format!("{above}{}/{file}", module.name))
            }
            _ => false,
        };
        checksum_on_disk(&path.join(module.name.as_str()), rule, &is_ignored)
    }
}

/// What is at a path of a module on the disk.
#[derive(Clone, Copy, Eq, PartialEq)]
enum OnDisk {
    File,
    DeadLink,
    Other,
}

/// The checksum of a directory, as `click-odoo-update` computes it.
fn checksum_on_disk(
    top: &Path,
    rule: &ChecksumRule,
    is_ignored: &dyn Fn(&RepoPath) -> bool,
) -> Result<Result<Checksum, Unhashable>, Error> {
    let mut files = Vec::new();
    walk(top, &RepoPath::default(), &mut files)?;
    let chosen = match rule.choose(files) {
        Ok(chosen) => chosen,
        Err(why) => return Ok(Err(why)),
    };
    let mut hasher = Hasher::default();
    for (path, found) in chosen.into_iter().filter(|(path, _)| !is_ignored(path)) {
        match found {
            OnDisk::File => {
                let file = top.join(fs::native_path(path.as_bytes()));
                hasher.add(&path, &fs::read(&file).at("read", &file)?);
            }
            OnDisk::DeadLink => return Ok(Err(Unhashable::DeadLink { path })),
            OnDisk::Other => return Ok(Err(Unhashable::NotAFile { path })),
        }
    }
    Ok(Ok(hasher.finish()))
}

/// Adds everything below a directory that is not a directory itself. A symlink to a directory is not entered.
fn walk(top: &Path, below: &RepoPath, files: &mut Vec<(RepoPath, OnDisk)>) -> Result<(), Error> {
    let directory = top.join(fs::native_path(below.as_bytes()));
    for entry in std::fs::read_dir(&directory).at("read", &directory)? {
        let entry = entry.at("read", &directory)?;
        // Git has no file with another name, such as one below `.git`.
        let Ok(part) = PathPart::parse(entry.file_name().as_encoded_bytes()) else { continue };
        let refuse = |why| UnreadableTree::impossible(&entry.path().display().to_string(), why);
        let path = below.join(&part).map_err(refuse).map_err(unreadable)?;
        let is_link = entry.file_type().at("read", &entry.path())?.is_symlink();
        match std::fs::metadata(entry.path()) {
            Ok(found) if found.is_dir() && is_link => {}
            Ok(found) if found.is_dir() => walk(top, &path, files)?,
            Ok(found) if found.is_file() => files.push((path, OnDisk::File)),
            Ok(_) => files.push((path, OnDisk::Other)),
            Err(_) => files.push((path, OnDisk::DeadLink)),
        }
    }
    Ok(())
}

fn unreadable(error: UnreadableTree) -> Error {
    Error::UnreadableFolder { error }
}
