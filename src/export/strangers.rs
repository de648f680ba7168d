//! What somebody put into an export. An export is replaced as a whole, so it is looked for before that.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::manifest::{ASIDE_PREFIX, FILE_NAME, Kind, LICENCES, LOCK_NAME, Manifest, VOLUME};
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

/// The same in an export of Odoo itself: something beside its repositories, a git repository, or a module that is not
/// one of theirs.
fn beside_odoo(dest: &Path, manifest: &Manifest) -> Result<Option<PathBuf>, Error> {
    let parts = manifest.repos.iter().filter_map(|repo| CorePart::of_name(&repo.name));
    let parts: Vec<&str> = parts.map(CorePart::directory).collect();
    let known: HashSet<&Path> = manifest.repos.iter().flat_map(|repo| &repo.modules).map(Path::new).collect();
    let mut directories: Vec<&Path> = known.iter().filter_map(|module| module.parent()).collect();
    directories.extend(parts.iter().map(Path::new));
    directories.sort_unstable();
    directories.dedup();
    for name in names(dest, Path::new(""))? {
        if !is_ours(&name) && !parts.iter().any(|part| name == *part) {
            return Ok(Some(name.into()));
        }
    }
    // The manifest may have been edited, so it decides only which modules are known.
    let directories =
        directories.into_iter().filter(|below| parts.iter().any(|part| below.starts_with(part)));
    for below in directories {
        for name in names(dest, below)? {
            let path = below.join(&name);
            let has = |file: &str| dest.join(&path).join(file).symlink_metadata().is_ok();
            let is_module = has("__init__.py") && MANIFESTS.iter().any(|file| has(file));
            if name == ".git" || (is_module && !known.contains(&*path)) {
                return Ok(Some(path));
            }
        }
    }
    Ok(None)
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
        let is_module =
            || is_file("__init__.py") && (is_file("__manifest__.py") || is_file("__openerp__.py"));
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
