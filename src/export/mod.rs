//! An export: the plain files of the modules that a profile selects, and the proof of what was left out.
//!
//! Gets trees and blobs through the trait [`Objects`](crate::repo::Objects) and has never heard of git's library, nor
//! of `repos.toml` and the lock. What it holds follows from the locked trees and the [`Rules`] alone, which is why it
//! can be verified without a repository.

mod choose;
mod manifest;
mod place;
mod rules;
mod verify;
mod write;

use std::path::PathBuf;

pub(crate) use choose::{Chosen, File, Wanted, all, asked, check_links, choose};
pub(crate) use manifest::{FILE_NAME, LICENCES, LOCK_NAME, Manifest, Repository, UNFINISHED, record};
pub(crate) use place::{Guarded, Site, VOLUME};
pub(crate) use verify::{Alteration, FileState, Rights, Scan, read};
pub(crate) use write::{Batch, Directories, batch, set_directory_time, time, write};

use crate::fs::{self, native_path};
use crate::repo::{BlobId, Layout, RepoName, RepoPath, UnreadableTree};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` is not a manifest that oca wrote: {why}", file.display())]
    BadManifest { file: PathBuf, why: String },
    #[error("`{}` is not empty, and not an export of oca", dest.display())]
    Foreign { dest: PathBuf },
    #[error("`{path}` is a submodule, which an export cannot hold")]
    Gitlink { path: String },
    #[error("`{}` is never replaced: it is {what}, or holds it", dest.display())]
    Guarded { dest: PathBuf, what: &'static str },
    #[error("the symlink `{path}` leads out of its module, to `{target}`")]
    LinkOutside { path: String, target: String },
    #[error("the symlink `{path}` has a target that is too long to be followed")]
    LinkTooLong { path: String },
    #[error("`{}` has format version {found}, which this oca does not read", file.display())]
    ManifestTooNew { file: PathBuf, found: u64 },
    #[error("there is no checkout with `{}`", path.display())]
    NoCheckout { path: PathBuf },
    #[error("`{path}` is no directory in the locked tree")]
    NoModule { path: String },
    #[error("`{}` is not a directory", dest.display())]
    NotADirectory { dest: PathBuf },
    #[error("the store cannot be read: {why}")]
    Store { why: String },
    #[error("`{}` holds `{}`, which oca did not put there", dest.display(), path.display())]
    Stranger { dest: PathBuf, path: PathBuf },
    #[error("the directory `{path}` is not what its id says")]
    WrongTree { path: String },
    #[error(transparent)]
    File(#[from] fs::Error),
    #[error(transparent)]
    Objects(#[from] UnreadableTree),
}

impl Error {
    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadManifest { .. } | Self::ManifestTooNew { .. } => {
                "update oca, or give `--force` to export anew"
            }
            Self::Foreign { .. } => "name another directory, or give `--force` to delete what is in it",
            Self::Stranger { .. } => "move it away, or give `--force` to delete it",
            Self::NoCheckout { .. } => "run `oca sync`",
            Self::Guarded { .. } | Self::NotADirectory { .. } => "name another directory",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// Where a path of a repository is in an export. `module` is the path of the module that it belongs to; what belongs
/// to none is a licence.
pub(crate) fn place(layout: Layout, repo: &RepoName, module: Option<&str>, path: &[u8]) -> PathBuf {
    match (layout, module) {
        (Layout::Repos, _) => PathBuf::from(repo.as_str()).join(native_path(path)),
        (Layout::Flat, None) => PathBuf::from(LICENCES).join(repo.as_str()).join(native_path(path)),
        (Layout::Flat, Some(module)) => {
            let above = module.rfind('/').map_or(0, |slash| slash + 1);
            native_path(&path[above..])
        }
    }
}

/// What an export holds of one module, or the licences of a repository.
pub(crate) struct Part<'c> {
    /// The path of the module in its repository; `None` for the licences.
    pub(crate) module: Option<&'c str>,
    /// Each with its place in the export.
    pub(crate) files: Vec<(PathBuf, &'c File)>,
}

/// All that was chosen: the licences, then each module.
pub(crate) fn parts<'c>(
    layout: Layout,
    repo: &RepoName,
    wanted: &'c Wanted<'_>,
    chosen: &'c Chosen,
) -> impl Iterator<Item = Part<'c>> {
    let modules = wanted.modules.iter().map(|path| Some(path.as_str())).zip(&chosen.modules);
    std::iter::once((None, &chosen.licences)).chain(modules).map(move |(module, files)| {
        let placed = files.iter().map(|file| (place(layout, repo, module, file.path.as_bytes()), file));
        Part { module, files: placed.collect() }
    })
}

/// What an export of a repository should hold, from what it recorded.
pub(crate) fn expected(
    recorded: &Repository,
    wanted: &Wanted<'_>,
    read: &dyn Fn(&RepoPath, BlobId) -> Option<Vec<u8>>,
) -> Result<Chosen, Error> {
    choose(&manifest::Recorded::new(recorded), wanted, &|path, id| Ok(read(path, id)))
}
