//! What somebody put into an export. An export is replaced as a whole, so it is looked for before that.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::manifest::{
    ASIDE_PREFIX, FILE_NAME, Kind, LICENCES, LOCK_NAME, Manifest, Recorded, Repository, VOLUME,
};
use super::{Error, rules};
use crate::fs::Context;
use crate::repo::{CorePart, MANIFESTS};

/// The path of something in an export that oca did not write, if there is any. Changed and added files inside of modules
/// do not count.
pub(super) fn find(dest: &Path, manifest: &Manifest) -> Result<Option<PathBuf>, Error> {
    match manifest.kind {
        Kind::Modules => stranger(dest, Path::new(""), &Known::new(manifest)),
        Kind::Core => beside_odoo(dest, manifest),
    }
}

/// Whether a name at the top of an export is one of oca's own files.
fn is_ours(name: &OsStr) -> bool {
    [FILE_NAME, LOCK_NAME, VOLUME].iter().any(|own| name == *own)
        || name.to_string_lossy().starts_with(ASIDE_PREFIX)
}

/// The same in an export of Odoo itself: something beside its repositories, at the top of one of them, or beside its
/// modules, that no recorded tree has.
fn beside_odoo(dest: &Path, manifest: &Manifest) -> Result<Option<PathBuf>, Error> {
    let parts: Vec<(&str, &Repository)> = manifest
        .repos
        .iter()
        .filter_map(|repo| Some((CorePart::of_name(&repo.name)?.directory(), repo)))
        .collect();
    for name in names(dest, Path::new(""))? {
        if !is_ours(&name) && !parts.iter().any(|(part, _)| name == *part) {
            return Ok(Some(name.into()));
        }
    }
    for (part, repo) in parts {
        let recorded = Recorded::new(repo);
        for below in directories(part, repo) {
            let entries = recorded.directory(below).unwrap_or_default();
            let known: HashSet<&[u8]> = entries.iter().map(|entry| entry.name.as_bytes()).collect();
            let directory = Path::new(part).join(below);
            for name in names(dest, &directory)? {
                if !known.contains(name.as_encoded_bytes()) && !is_compiled(&name) {
                    return Ok(Some(directory.join(name)));
                }
            }
        }
    }
    Ok(None)
}

/// The top of a repository of Odoo itself, and the directories that hold its modules; relative to the repository.
fn directories<'m>(part: &str, repo: &'m Repository) -> BTreeSet<&'m str> {
    let module = |path: &'m String| path.strip_prefix(part)?.strip_prefix('/');
    let above = |module: &'m str| module.rsplit_once('/').map_or("", |(above, _)| above);
    repo.modules.iter().filter_map(module).map(above).chain([""]).collect()
}

/// Whether Python makes files of this name when Odoo runs.
fn is_compiled(name: &OsStr) -> bool {
    name == "__pycache__" || Path::new(name).extension().is_some_and(|end| end == "pyc")
}

/// The names in a directory of an export, sorted. Empty if there is no such directory.
fn names(dest: &Path, below: &Path) -> Result<Vec<std::ffi::OsString>, Error> {
    let directory = dest.join(below);
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&directory).at("read", &directory)?;
    let names: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
    let mut names = names.at("read", &directory)?;
    names.sort();
    Ok(names)
}

/// The directories of an export.
struct Known {
    modules: HashSet<PathBuf>,
    above: HashSet<PathBuf>,
    /// Whether the modules are links.
    links: bool,
}

impl Known {
    fn new(manifest: &Manifest) -> Self {
        let modules = || manifest.repos.iter().flat_map(|repo| &repo.modules).map(PathBuf::from);
        let licences =
            manifest.repos.iter().map(|repo| Path::new(LICENCES).join(repo.name.as_str()).join("any"));
        let above = |path: PathBuf| path.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>();
        let above = modules().chain(licences).flat_map(above).collect();
        Self { modules: modules().collect(), above, links: manifest.links }
    }

    /// Whether a path is a module of the export: the manifest names it, and it looks like a module. The manifest alone
    /// is not enough: it may have been edited, and everything it names is deleted.
    fn has(&self, dest: &Path, path: &Path) -> bool {
        let full = dest.join(path);
        let is_file =
            |name: &str| full.join(name).symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        let is_module = || is_file("__init__.py") && MANIFESTS.iter().any(|name| is_file(name));
        let looks_right = || if self.links { full.is_symlink() } else { is_module() };
        self.modules.contains(path) && looks_right()
    }
}

/// The same inside a directory of an export of modules.
fn stranger(dest: &Path, below: &Path, known: &Known) -> Result<Option<PathBuf>, Error> {
    let directory = dest.join(below);
    for entry in fs::read_dir(&directory).at("read", &directory)? {
        let entry = entry.at("read", &directory)?;
        let name = entry.file_name();
        let path = below.join(&name);
        let is_ours = below.as_os_str().is_empty() && is_ours(&name);
        let is_directory = entry.file_type().at("read", &entry.path())?.is_dir();
        if is_ours || known.has(dest, &path) {
            continue;
        }
        if is_directory && known.above.contains(&*path) {
            if let Some(found) = stranger(dest, &path, known)? {
                return Ok(Some(found));
            }
        } else if is_directory || !rules::is_licence(name.as_encoded_bytes()) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
