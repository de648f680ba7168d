//! Compares an export with the lock, one repository after the other: a project can have hundreds of thousands of files.

use std::collections::{BTreeMap, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::{VerifiedAgainst, compare, other_commit};
use crate::error::Error;
use crate::export::{self, Alteration, File, Kind, Manifest, Recorded, Repository, Rights, Scan};
use crate::lock::{Lock, LockedProfile, LockedRepo};
use crate::ops::{RepoExport, other_module};
use crate::plan::{self, by_offer};
use crate::pool;
use crate::repo::{BlobId, Layout, Packaging, RepoPath};
use crate::report::Verified;

/// Verifies every exported repository of the profile, and the files that belong to no repository.
pub(super) fn of_export(
    directory: &Path,
    manifest: &Manifest,
    source: &VerifiedAgainst,
) -> Result<Vec<Verified>, Error> {
    if manifest.kind == Kind::Modules && manifest.profile != source.profile {
        let (found, asked) = (manifest.profile.clone(), source.profile.clone());
        return Err(Error::OtherProfile { directory: directory.to_owned(), found, asked });
    }
    let profile = source.profile()?;
    let packaging = match manifest.kind {
        Kind::Modules => profile.packaging.clone(),
        Kind::Core => Packaging { layout: Layout::Repos, ..profile.packaging.clone() },
    };
    let repos = match manifest.kind {
        Kind::Modules => modules(profile, &source.lock, &packaging),
        Kind::Core => core(profile, &source.lock, &packaging),
    };
    if manifest.kind == Kind::Core && repos.is_empty() {
        return Err(Error::NoCore { profile: source.profile.clone() });
    }
    let owners = Owners::of(&repos);
    let places: Vec<usize> = (0..repos.len()).collect();
    // Of all the files of a repository, only the differences are needed until the end.
    let mut reports =
        pool::share(&places, |&place| of_repo(directory, manifest, &repos[place], &owners.only(place)))?;
    let nobodys = owners.nobodys(directory)?;
    if !nobodys.is_empty() {
        reports.push(Verified { name: None, files: 0, alterations: nobodys, trouble: None });
    }
    let is_like_lock = manifest.packaging() == packaging;
    if !is_like_lock {
        let trouble =
            Some("the export was made with a different `[export]` or `layout` than the lock has".to_owned());
        reports.push(Verified { name: None, files: 0, alterations: Vec::new(), trouble });
    }
    Ok(reports)
}

/// The repositories of modules that have files in an export.
fn modules<'a>(profile: &'a LockedProfile, lock: &'a Lock, packaging: &'a Packaging) -> Vec<RepoExport<'a>> {
    let offers = plan::locked_offers(profile, lock);
    let entries = by_offer(&offers, packaging.layout);
    let repos = offers.iter().zip(&entries);
    let repos = repos.map(|(offer, entries)| RepoExport::of_modules(offer, entries, packaging, profile.odoo));
    repos.filter(RepoExport::has_files).collect()
}

/// The repositories of Odoo itself.
fn core<'a>(profile: &'a LockedProfile, lock: &'a Lock, packaging: &'a Packaging) -> Vec<RepoExport<'a>> {
    let repos = profile.repos.iter().filter_map(|pin| lock.repo(pin));
    let of_core = |locked: &'a LockedRepo| {
        let addons = profile.addons.get(&locked.pin).unwrap_or(&locked.addons);
        RepoExport::of_core(locked, addons, &packaging.rules, profile.odoo)
    };
    repos.filter_map(of_core).collect()
}

/// The directories of the repositories in an export, with the place of their repository.
struct Owners(BTreeMap<PathBuf, usize>);

impl Owners {
    fn of(repos: &[RepoExport<'_>]) -> Self {
        let of_repo = |(place, repo): (usize, &RepoExport<'_>)| {
            repo.directories().into_iter().map(move |directory| (directory, place)).collect::<Vec<_>>()
        };
        Self(repos.iter().enumerate().flat_map(of_repo).collect())
    }

    /// Whether a path belongs to the repository at this place.
    fn only(&self, place: usize) -> impl Fn(&Path) -> bool {
        move |path| path.ancestors().find_map(|above| self.0.get(above)) == Some(&place)
    }

    /// The differences outside of these directories.
    fn nobodys(&self, directory: &Path) -> Result<Vec<Alteration>, Error> {
        let own = [export::FILE_NAME, export::LOCK_NAME];
        let pass_over = |path: &Path, metadata: &Metadata| {
            // `lost+found` at the top of a volume belongs to root.
            let is_locked = || metadata.is_dir() && std::fs::read_dir(directory.join(path)).is_err();
            (metadata.is_file() && own.iter().any(|name| path == Path::new(name)))
                || (path == Path::new(export::VOLUME) && is_locked())
        };
        let owned: HashSet<&Path> = self.0.keys().map(PathBuf::as_path).collect();
        let scan = Scan::around(directory, Rights::Export, &owned, &pass_over)?;
        let of_all = [""].into_iter().chain(own).map(Path::new);
        let mut nobodys: Vec<Alteration> = of_all.filter_map(|path| scan.with_odd_rights(path)).collect();
        nobodys.extend(scan.rest(&HashSet::new()));
        nobodys.sort();
        Ok(nobodys)
    }
}

/// Compares one repository in an export with its intended content. An extra file is reported with the repository whose
/// directory holds it.
fn of_repo(
    directory: &Path,
    manifest: &Manifest,
    repo: &RepoExport<'_>,
    is_own: &dyn Fn(&Path) -> bool,
) -> Result<Verified, Error> {
    let (files, trouble) = match expected(manifest, repo, directory) {
        Ok(files) => (files, None),
        Err(trouble) => (Vec::new(), Some(trouble)),
    };
    let scan = Scan::below(directory, Rights::Export, &repo.directories())?;
    let mut alterations = compare(&scan, &files)?;
    // If the intended files are not known, no file can be called extra.
    if trouble.is_none() {
        let paths: HashSet<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
        alterations.extend(scan.rest(&paths).into_iter().filter(|found| is_own(&found.path)));
    }
    alterations.sort();
    Ok(Verified { files: files.len(), alterations, trouble, ..Verified::new(&repo.locked.pin.name) })
}

/// The files of a repository with their paths in the export; or the reason why they are not known.
fn expected(
    manifest: &Manifest,
    repo: &RepoExport<'_>,
    directory: &Path,
) -> Result<Vec<(PathBuf, File)>, String> {
    let (locked, placement) = (repo.locked, repo.placement);
    let read = |path: &RepoPath, id: BlobId| {
        let path = path.as_bytes();
        export::read(&directory.join(placement.place(repo.module_of(path), path)), id)
    };
    match manifest.repos.iter().find(|recorded| recorded.name == locked.pin.name) {
        None => Err("the export does not have it".to_owned()),
        Some(Repository { commit, .. }) if *commit != locked.head() => {
            Err(other_commit(*commit, locked).unwrap_or_default())
        }
        Some(recorded) if let Some(other) = other_module(locked, &Recorded::new(recorded)) => {
            Err(other.to_string())
        }
        Some(recorded) => export::expected(recorded, &repo.request, &read)
            .map(|chosen| {
                let files = placement.parts(&chosen).flat_map(|part| part.files);
                files.map(|(path, file)| (path, file.clone())).collect()
            })
            .map_err(|error| format!("the manifest of the export is not that of the lock: {error}")),
    }
}
