//! Exports: the plain files of the modules that a profile selects, and the proof of what was left out.
//!
//! This room reads trees and blobs through the trait [`Objects`](crate::repo::Objects). It knows neither libgit2 nor
//! `repos.toml` nor the lock. The locked trees and the [`Rules`] alone decide the content of an export, so it can be
//! verified without a repository.

mod choose;
mod manifest;
mod place;
mod rules;
mod verify;
mod write;

use std::collections::BTreeSet;
use std::path::PathBuf;

pub(crate) use choose::{Chosen, ExportRequest, File, all, asked, check_links, choose};
pub(crate) use manifest::{
    FILE_NAME, LICENCES, LOCK_NAME, Manifest, Recorded, Repository, UNFINISHED, record,
};
pub(crate) use place::{Guarded, Site, VOLUME};
pub(crate) use rules::{UnmatchedLanguage, keeps_translation};
pub(crate) use verify::{Alteration, FileState, Rights, Scan, read};
pub(crate) use write::{Batch, Directories, batch, set_directory_time, time, write};

use crate::fs::{self, native_path};
use crate::repo::{BlobId, Layout, RepoName, RepoPath, Rules, Series, UnreadableTree};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` is not a manifest that oca wrote: {why}", file.display())]
    BadManifest { file: PathBuf, why: String },
    #[error("`{}` is not empty and is not an export of oca", dest.display())]
    Foreign { dest: PathBuf },
    #[error("`{path}` is a submodule, and an export cannot contain submodules")]
    Gitlink { path: String },
    #[error("`{}` cannot be replaced: it is {what}, or contains it", dest.display())]
    Guarded { dest: PathBuf, what: &'static str },
    #[error("the symlink `{path}` points outside its module, to `{target}`")]
    LinkOutside { path: String, target: String },
    #[error("the target of the symlink `{path}` is too long")]
    LinkTooLong { path: String },
    #[error("`{}` has format version {found}, which this oca cannot read", file.display())]
    ManifestTooNew { file: PathBuf, found: u64 },
    #[error("there is no checkout that contains `{}`", path.display())]
    NoCheckout { path: PathBuf },
    #[error("`{path}` is not a directory in the locked tree")]
    NoModule { path: String },
    #[error("`{}` is not a directory", dest.display())]
    NotADirectory { dest: PathBuf },
    #[error("the store cannot be read: {why}")]
    Store { why: String },
    #[error("`{}` contains `{}`, which oca did not write", dest.display(), path.display())]
    Stranger { dest: PathBuf, path: PathBuf },
    #[error("the directory `{path}` does not match its tree id")]
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
                "update oca, or use `--force` to export again"
            }
            Self::Foreign { .. } => "use another directory, or use `--force` to delete its content",
            Self::Stranger { .. } => "move it away, or use `--force` to delete it",
            Self::NoCheckout { .. } => "run `oca sync`",
            Self::Guarded { .. } | Self::NotADirectory { .. } => "use another directory",
            Self::Gitlink { .. } | Self::LinkOutside { .. } | Self::LinkTooLong { .. } => {
                "set `modules` without this module, or correct it in a fork and set `url` to the fork"
            }
            Self::NoModule { .. }
            | Self::Store { .. }
            | Self::WrongTree { .. }
            | Self::File(_)
            | Self::Objects(_) => return None,
        };
        Some(text.to_owned())
    }
}

/// The languages to keep for which none of the chosen modules has a translation.
pub(crate) fn unmatched_languages<'c>(
    rules: &Rules,
    odoo: Series,
    chosen: impl Iterator<Item = &'c Chosen>,
) -> Vec<UnmatchedLanguage> {
    let found: BTreeSet<String> = chosen.flat_map(|chosen| chosen.languages.iter().cloned()).collect();
    rules.unmatched(&found, odoo)
}

/// The path in an export of a path in a repository. `module` is the path of the module that it belongs to; without one,
/// it is a licence.
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

/// The files of one module in an export, or the licences of a repository.
pub(crate) struct Part<'c> {
    /// The path of the module in its repository; `None` for the licences.
    pub(crate) module: Option<&'c str>,
    /// Each file with its path in the export.
    pub(crate) files: Vec<(PathBuf, &'c File)>,
}

/// All chosen files: first the licences, then each module.
pub(crate) fn parts<'c>(
    layout: Layout,
    repo: &RepoName,
    wanted: &'c ExportRequest<'_>,
    chosen: &'c Chosen,
) -> impl Iterator<Item = Part<'c>> {
    let modules = wanted.modules.iter().map(|path| Some(path.as_str())).zip(&chosen.modules);
    std::iter::once((None, &chosen.licences)).chain(modules).map(move |(module, files)| {
        let placed = files.iter().map(|file| (place(layout, repo, module, file.path.as_bytes()), file));
        Part { module, files: placed.collect() }
    })
}

/// What an export of a repository should contain, computed from the trees that the export recorded.
pub(crate) fn expected(
    recorded: &Repository,
    wanted: &ExportRequest<'_>,
    read: &dyn Fn(&RepoPath, BlobId) -> Option<Vec<u8>>,
) -> Result<Chosen, Error> {
    choose(&manifest::Recorded::new(recorded), wanted, &|path, id| Ok(read(path, id)))
}
