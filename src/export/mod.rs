//! Exports: the plain files of the modules that a profile selects, and the proof of what was left out.
//!
//! This room reads trees and blobs through the trait [`Objects`](crate::repo::Objects). It knows neither libgit2 nor
//! `repos.toml` nor the lock. The locked trees and the [`Rules`] alone decide the content of an export, so it can be
//! verified without a repository.

mod choose;
mod links;
mod manifest;
mod place;
mod rules;
mod scope;
mod strangers;
mod verify;
mod write;

use std::path::PathBuf;

pub(crate) use choose::{Chosen, ExportRequest, File, FileKind, Scope, all, asked, choose};
pub(crate) use links::{check_core_links, check_links};
pub(crate) use manifest::{
    FILE_NAME, Kind, LICENCES, LOCK_NAME, Manifest, Recorded, Repository, UNFINISHED, VOLUME, record,
};
pub(crate) use place::{Guarded, Site};
pub(crate) use rules::{UnmatchedLanguage, keeps_translation};
pub(crate) use scope::CoreScope;
pub(crate) use verify::{Alteration, FileState, Rights, Scan, read};
pub(crate) use write::{Batch, Directories, batch, set_directory_time, time, write};

use crate::fs::{self, native_path};
use crate::repo::{BlobId, Layout, RepoPath, UnreadableTree};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`{}` is not a manifest that oca wrote: {why}", file.display())]
    BadManifest { file: PathBuf, why: String },
    #[error("the symlink `{path}` points outside its repository, to `{target}`")]
    CoreLinkOutside { path: String, target: String },
    /// Something that Odoo itself contains.
    #[error(transparent)]
    InCore(Box<Self>),
    #[error("`{}` is not empty and is not an export of oca", dest.display())]
    Foreign { dest: PathBuf },
    #[error("`{path}` is a submodule, and an export cannot contain submodules")]
    Gitlink { path: String },
    #[error("`{}` cannot be replaced: it is {what}, or contains it", dest.display())]
    Guarded { dest: PathBuf, what: &'static str },
    #[error("the symlink `{path}` points outside its module, to `{target}`")]
    LinkOutside { path: String, target: String },
    #[error("the symlink `{path}` points to `{target}`, which an export of Odoo does not have")]
    LinkLeftOut { path: String, target: String },
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
    #[error("`{}` is an export {}, and would be replaced by one {}", dest.display(), of(*found), of(other(*found)))]
    OtherKind { dest: PathBuf, found: Kind },
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
    /// The same error about a repository of Odoo itself, which has no `modules` to choose.
    #[must_use]
    pub(crate) fn in_core(self) -> Self {
        match self {
            Self::Gitlink { .. } | Self::LinkTooLong { .. } => Self::InCore(Box::new(self)),
            other => other,
        }
    }

    pub(crate) fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadManifest { .. } | Self::ManifestTooNew { .. } => {
                "update oca, or use `--force` to export again"
            }
            Self::OtherKind { .. } => {
                "use another directory: modules and Odoo itself need one each; or use `--force` to replace it"
            }
            Self::CoreLinkOutside { .. } | Self::InCore(_) => {
                "correct it with `patches` in `[core]`, or in a fork and set `url` to the fork"
            }
            Self::LinkLeftOut { .. } => {
                "if it leads to modules, name their directory in `addons` of `[core]`; otherwise put the file itself \
                 in its place, with `patches` or in a fork"
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

/// Completes the message "an export …".
fn of(kind: Kind) -> &'static str {
    match kind {
        Kind::Modules => "of modules",
        Kind::Core => "of Odoo itself",
    }
}

fn other(kind: Kind) -> Kind {
    if kind == Kind::Core { Kind::Modules } else { Kind::Core }
}

/// Where an export has the files of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement<'a> {
    pub(crate) layout: Layout,
    /// The directory of the repository, or of its licences in the flat layout.
    pub(crate) directory: &'a str,
}

impl Placement<'_> {
    /// The path in an export of a path in the repository. `module` is the path of the module that it belongs to; `None`
    /// if it belongs to none.
    pub(crate) fn place(self, module: Option<&str>, path: &[u8]) -> PathBuf {
        match (self.layout, module) {
            (Layout::Repos, _) => PathBuf::from(self.directory).join(native_path(path)),
            (Layout::Flat, None) => PathBuf::from(LICENCES).join(self.directory).join(native_path(path)),
            (Layout::Flat, Some(module)) => {
                let above = module.rfind('/').map_or(0, |slash| slash + 1);
                native_path(&path[above..])
            }
        }
    }

    /// All chosen files: first those that belong to no module, then each module.
    pub(crate) fn parts(self, chosen: &Chosen) -> impl Iterator<Item = Part<'_>> {
        let modules = chosen.modules.iter().map(|module| (Some(module.path.as_str()), &module.files));
        std::iter::once((None, &chosen.others)).chain(modules).map(move |(module, files)| {
            let placed = files.iter().map(|file| (self.place(module, file.path.as_bytes()), file));
            Part { module, files: placed.collect() }
        })
    }
}

/// The files of one module in an export, or those that belong to no module.
pub(crate) struct Part<'c> {
    /// The path of the module in its repository.
    pub(crate) module: Option<&'c str>,
    /// Each file with its path in the export.
    pub(crate) files: Vec<(PathBuf, &'c File)>,
}

/// What an export of a repository should contain, computed from the trees that the export recorded.
pub(crate) fn expected(
    recorded: &Repository,
    wanted: &ExportRequest<'_>,
    read: &dyn Fn(&RepoPath, BlobId) -> Option<Vec<u8>>,
) -> Result<Chosen, Error> {
    choose(&manifest::Recorded::new(recorded), wanted, &|path, id| Ok(read(path, id)))
}
