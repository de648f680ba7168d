//! What the files of a commit say: joins the trees of `git` and the reading of `addons` into the facts of `lock`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::addons::discover::{self, Module, Survey};
use crate::addons::folder::Folder;
use crate::config::Position;
use crate::git::{self, Meter, Remote};
use crate::lock::{Facts, LockedModule, UnreadableManifest};
use crate::repo::{CommitId, EntryKind, FileTree, Reference, Series, TreeId, UnreadableTree};
use crate::report::MissingDirectory;

const REQUIREMENTS: &str = "requirements.txt";

/// Which commit is read, and how.
pub(crate) struct Source<'a> {
    pub(crate) commit: CommitId,
    pub(crate) reference: &'a Reference,
    pub(crate) addons: &'a [String],
    pub(crate) series: Series,
}

/// Why there are no facts of a commit.
#[derive(Debug)]
pub(crate) enum Error {
    Git(git::Error),
    NoDirectory(MissingDirectory),
}

impl From<git::Error> for Error {
    fn from(error: git::Error) -> Self {
        Self::Git(error)
    }
}

/// Reads the facts of a commit, and its tree; of its files, only manifests and requirements are fetched, in one request.
pub(crate) fn read(
    remote: &Remote<'_>,
    source: &Source<'_>,
    meter: Meter<'_>,
) -> Result<(TreeId, Facts), Error> {
    let tree = remote.tree(source.commit, source.reference, meter)?;
    if let Some(missing) = missing_directory(&tree, source).map_err(damaged)? {
        return Err(Error::NoDirectory(missing));
    }
    let found = discover::find(&tree, source.addons, source.series).map_err(damaged)?;
    let manifests = found.iter().map(|found| found.manifest.as_str());
    let blobs = tree.blobs(manifests.chain([REQUIREMENTS]))?;
    remote.fetch_blobs(source.commit, source.reference, &blobs, meter)?;
    // Opened anew: an object database does not see packs that came after it.
    let tree = remote.tree(source.commit, source.reference, meter)?;
    let survey = discover::read(&tree, found).map_err(damaged)?;
    let modules = survey.modules.into_iter().filter_map(|module| {
        let Module { name, directory, tree, manifest, .. } = module;
        Some(LockedModule { name, directory, tree: tree?, manifest })
    });
    let unreadable = survey.unreadable.into_iter().map(|manifest| UnreadableManifest {
        path: manifest.path,
        line: manifest.line,
        why: manifest.why,
    });
    let facts = Facts {
        modules: modules.collect(),
        unreadable: unreadable.collect(),
        requirements: lines(tree.read(REQUIREMENTS).map_err(damaged)?),
    };
    Ok((tree.id(), facts))
}

/// An addons directory that the commit does not have, most likely a slip of the pen. Git keeps no empty directory.
fn missing_directory(
    tree: &dyn FileTree,
    source: &Source<'_>,
) -> Result<Option<MissingDirectory>, UnreadableTree> {
    for directory in source.addons.iter().filter(|directory| *directory != ".") {
        if tree.entries(directory)?.is_empty() {
            let top = tree.entries("")?.into_iter().filter(|entry| entry.kind == EntryKind::Directory);
            let known = top.map(|entry| entry.name).collect();
            return Ok(Some(MissingDirectory { directory: directory.clone(), commit: source.commit, known }));
        }
    }
    Ok(None)
}

/// The modules in a directory of this machine: one of the user's own, or one around the checkouts.
#[derive(Debug)]
pub(crate) struct LocalModules {
    /// As `repos.toml` writes it.
    pub(crate) name: String,
    pub(crate) position: Position,
    pub(crate) directory: PathBuf,
    pub(crate) requirements: Vec<String>,
    pub(crate) survey: Survey,
}

impl LocalModules {
    /// Reads the modules of a directory and the lines of its requirements; one that does not exist has none.
    pub(crate) fn read(
        name: String,
        position: Position,
        directory: PathBuf,
        series: Series,
    ) -> Result<Self, UnreadableTree> {
        let tree = Folder::new(&directory);
        let survey = discover::read(&tree, discover::find(&tree, &[".".to_owned()], series)?)?;
        let requirements = lines(tree.read(REQUIREMENTS)?);
        Ok(Self { name, position, directory, requirements, survey })
    }

    /// What the modules need that is not among them: sorted names.
    pub(crate) fn depends(&self) -> Vec<String> {
        let modules = &self.survey.modules;
        let own: BTreeSet<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        let depends = modules.iter().flat_map(|module| &module.manifest.depends);
        let needed: BTreeSet<&String> = depends.filter(|name| !own.contains(name.as_str())).collect();
        needed.into_iter().cloned().collect()
    }
}

/// The lines of a text; bytes that are not UTF-8 are replaced, to be refused by name later.
fn lines(text: Option<Vec<u8>>) -> Vec<String> {
    String::from_utf8_lossy(&text.unwrap_or_default()).lines().map(str::to_owned).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "a shape for `map_err`")]
fn damaged(error: UnreadableTree) -> git::Error {
    git::Error::Damaged { why: error.to_string() }
}
