//! Fetches and writes the files of an export, all repositories in parallel.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use super::{Plan, Written, recorded};
use crate::error::Error;
use crate::export::{self, Batch, Chosen, Directories, Part, Repository, Scope, Site};
use crate::fs;
use crate::git::{Git, GitTree, Place, Snapshot};
use crate::lock::{Lock, Pin};
use crate::ops::{Contents, OfPin, Remotes, RepoExport, Watch, confirm_trees, warn_of_pointers};
use crate::plan;
use crate::pool;
use crate::repo::{BlobId, Objects, RemoteUrl, RepoPath, TreeId};
use crate::report::{Done, RepoOutcome, Trouble};
use crate::session::Session;

impl OfPin for ExportedRepo<'_> {
    fn pin(&self) -> &Pin {
        &self.repo.locked.pin
    }
}

/// A repository with files to export.
struct ExportedRepo<'a> {
    repo: &'a RepoExport<'a>,
    url: RemoteUrl,
}

/// The fetched files of a target.
struct FetchedRepo<'a> {
    snapshot: Snapshot<'a, 'static>,
    chosen: Chosen,
    seconds: i64,
}

/// Fetches the missing files and writes everything, all repositories in parallel.
pub(super) fn files(
    session: &Session<'_>,
    lock: &Lock,
    plan: &Plan<'_>,
    site: &Site,
    date: Option<i64>,
) -> Result<(Vec<RepoOutcome>, Written), Error> {
    let mut targets = Vec::new();
    for repo in plan.repos.iter().filter(|repo| repo.has_files()) {
        let pin = &repo.locked.pin;
        let declared = plan.profile.all_repos().find(|declared| plan::pin(declared) == *pin);
        let url = session.remote_url(declared.map_or(&pin.url, |declared| &declared.url))?;
        targets.push(ExportedRepo { repo, url });
    }
    let remotes = Remotes::of(session)?;
    let contents = Contents::new(session, lock);
    let answers = remotes.each(
        &targets,
        |target, watch| fetch(remotes.git, &contents, target, watch),
        |target, content, watch| {
            watch.step("writing");
            fs::stop("writing an export");
            let seconds = date.unwrap_or(content.seconds);
            let files = write(plan, target, &content, site.aside(), export::time(seconds));
            let (files, pointers) = files.map_err(Trouble::Export)?;
            let Chosen { modules, trees, languages, .. } = content.chosen;
            let done = Done::Exported { modules: modules.len(), files };
            // Of all the files of a repository, only this is needed until the end.
            let modules = modules.iter().map(|module| module.path.as_str());
            let recorded =
                recorded(target.repo, modules, trees.iter().map(|tree| export::record(tree)).collect());
            Ok((done, Exported { recorded, languages, files, pointers, seconds }))
        },
    )?;
    let (exported, outcomes) = answers.all_with_outcomes()?;
    for (target, exported) in targets.iter().zip(&exported) {
        warn_of_pointers(session.printer, &target.pin().name, &exported.pointers);
    }
    Ok((outcomes, finish(plan, site, exported, date)?))
}

/// The written files of a target.
struct Exported {
    recorded: Repository,
    /// Of all its translations.
    languages: BTreeSet<String>,
    files: usize,
    /// The files that are pointers of Git LFS.
    pointers: Vec<String>,
    /// The time of its files, as a Unix timestamp.
    seconds: i64,
}

/// `exported` are all repositories with files, in their order.
fn finish(
    plan: &Plan<'_>,
    site: &Site,
    exported: Vec<Exported>,
    date: Option<i64>,
) -> Result<Written, Error> {
    let newest = exported.iter().map(|exported| exported.seconds).max();
    let time = export::time(date.or(newest).unwrap_or_default());
    let licences = site.aside().join(export::LICENCES);
    if licences.is_dir() {
        export::set_directory_time(&licences, time)?;
    }
    let files = exported.iter().map(|exported| exported.files).sum();
    let languages = exported.iter().flat_map(|exported| &exported.languages).cloned().collect();
    let (rules, odoo) = (&plan.packaging.rules, plan.profile.odoo);
    let unmatched = if exported.is_empty() { Vec::new() } else { rules.unmatched(&languages, odoo) };
    let mut with_files = exported.into_iter().map(|exported| exported.recorded);
    let record = |repo: &RepoExport<'_>| {
        let known = if repo.has_files() { with_files.next() } else { None };
        known.unwrap_or_else(|| recorded(repo, std::iter::empty(), Vec::new()))
    };
    let recorded = plan.repos.iter().map(record).collect();
    Ok(Written { recorded, files, time, unmatched })
}

/// Fetches the blobs of the exported files, and no others.
fn fetch<'a>(
    git: &'a Git,
    contents: &Contents<'_>,
    target: &ExportedRepo<'_>,
    watch: &Watch<'_>,
) -> Result<FetchedRepo<'a>, Trouble> {
    watch.step("fetching");
    let meter = |bytes| watch.received(bytes);
    let remote = git.remote(&target.url).map_err(Trouble::Remote)?;
    let snapshot = contents.of(remote, target.repo.locked, &meter)?;
    let (chosen, seconds) = bring(&snapshot, target.repo)?;
    Ok(FetchedRepo { snapshot: snapshot.unmetered(), chosen, seconds })
}

/// The files to export, all of them in the store, and the time of the commit.
fn bring(snapshot: &Snapshot<'_, '_>, repo: &RepoExport<'_>) -> Result<(Chosen, i64), Trouble> {
    let request = &repo.request;
    let mut objects = snapshot.tree().map_err(Trouble::Remote)?;
    confirm_trees(repo.locked, &objects)?;
    if let Scope::Modules { paths, trees } = &request.scope {
        confirm_links(&objects, snapshot, paths, trees)?;
    }
    let refused = |error: export::Error| match request.scope {
        Scope::Modules { .. } => Trouble::Export(error),
        Scope::Core(_) => Trouble::Export(error.in_core()),
    };
    let asked = export::asked(&objects, request).map_err(refused)?;
    bring_blobs(snapshot, &asked, &mut objects)?;
    let read = |_: &RepoPath, id| Ok(Some(objects.blob(id)?));
    let chosen = export::choose(&objects, request, &read).map_err(refused)?;
    let blobs: Vec<BlobId> = chosen.files().map(|file| file.id).collect();
    bring_blobs(snapshot, &blobs, &mut objects)?;
    match &request.scope {
        Scope::Modules { .. } => {
            let mut modules = chosen.modules.iter();
            modules.try_for_each(|module| export::check_links(&objects, &module.path, &module.files))
        }
        Scope::Core(scope) => export::check_core_links(&objects, request.tree, scope, &chosen),
    }
    .map_err(refused)?;
    Ok((chosen, snapshot.time().map_err(Trouble::Remote)?))
}

/// Brings these blobs, and opens the store again if it did not have them.
fn bring_blobs<'s>(
    snapshot: &'s Snapshot<'_, '_>,
    blobs: &[BlobId],
    objects: &mut GitTree<'s>,
) -> Result<(), Trouble> {
    if snapshot.new_blobs(blobs).map_err(Trouble::Remote)? {
        *objects = snapshot.tree().map_err(Trouble::Remote)?;
    }
    Ok(())
}

/// Refuses a module whose path leads through symlinks to another tree than the one in the lock.
fn confirm_links(
    objects: &GitTree<'_>,
    snapshot: &Snapshot<'_, '_>,
    paths: &[String],
    trees: &[TreeId],
) -> Result<(), Trouble> {
    let modules: Vec<&str> = paths.iter().map(String::as_str).collect();
    let places = modules.iter().map(|module| objects.place(module)).collect::<Result<Vec<_>, _>>()?;
    if places.iter().all(|place| matches!(place, Place::Directory(_))) {
        return Ok(());
    }
    let look = |tree: &GitTree<'_>| modules.iter().try_for_each(|module| tree.place(module).map(drop));
    let objects = snapshot.following(look).map_err(Trouble::Remote)?;
    for (module, locked) in modules.into_iter().zip(trees) {
        if !matches!(objects.place(module)?, Place::Directory(tree) if tree == *locked) {
            return Err(Trouble::Export(export::Error::NoModule { path: module.to_owned() }));
        }
    }
    Ok(())
}

/// The number of modules to write with one opened store: opening a store takes as long as writing a few files.
const GROUP: usize = 12;

/// Writes the chosen files of a repository; groups of modules are written in parallel. Returns how many these are, and
/// those that are pointers of Git LFS.
fn write(
    plan: &Plan<'_>,
    target: &ExportedRepo<'_>,
    content: &FetchedRepo<'_>,
    root: &Path,
    time: SystemTime,
) -> Result<(usize, Vec<String>), export::Error> {
    let RepoExport { placement, locked, .. } = target.repo;
    // Shared directories are created here; each module creates its own ones.
    let mut shared = Directories::new(time);
    let mut batches = Vec::new();
    let parts = placement.parts(&content.chosen);
    for Part { module, files } in parts.filter(|part| !plan.below.has(&locked.pin, part.module)) {
        let tops = match module {
            Some(path) => vec![placement.place(module, path.as_bytes())],
            None => files.iter().map(|(path, _)| path.clone()).collect(),
        };
        for path in tops {
            shared.make(root, path.parent().unwrap_or(Path::new("")))?;
        }
        batches.push(Batch { root, files, time });
    }
    let count = batches.iter().map(|batch| batch.files.len()).sum();
    let groups: Vec<&[Batch<'_>]> = batches.chunks(GROUP).collect();
    let packs = content.snapshot.packs();
    let pointers = pool::share(&groups, |group| {
        let objects = content.snapshot.tree();
        let objects =
            objects.map_err(|error| export::Error::Store { why: error.to_string() })?.reading(&packs);
        let mut buffer = Vec::new();
        let pointers = group.iter().map(|batch| export::batch(&objects, batch, &mut buffer));
        pointers.collect::<Result<Vec<_>, _>>()
    })?;
    shared.finish()?;
    Ok((count, pointers.concat().concat()))
}
