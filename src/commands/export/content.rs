//! The files of an export: fetched and written, all repositories at once.

use std::path::Path;
use std::time::SystemTime;

use super::{Plan, Written, recorded};
use crate::error::Error;
use crate::export::{self, Batch, Chosen, Directories, Part, Site, Wanted};
use crate::git::{Git, Meter, Remote};
use crate::lock::LockedRepo;
use crate::ops::confirm_tree;
use crate::plan::{self, Offer, module_paths};
use crate::pool;
use crate::progress::Progress;
use crate::repo::{BlobId, Objects, RemoteUrl, RepoName, RepoPath};
use crate::report::{Outcome, RepoOutcome};
use crate::session::Session;

/// A repository of which something is exported.
struct Target<'a> {
    locked: &'a LockedRepo,
    wanted: Wanted<'a>,
    url: RemoteUrl,
}

/// What was fetched for a target.
struct Content<'a> {
    remote: Remote<'a>,
    chosen: Chosen,
    seconds: i64,
}

/// Fetches what is missing and writes it, all repositories at once.
pub(super) fn files(
    session: &Session<'_>,
    plan: &Plan<'_>,
    site: &Site,
    date: Option<i64>,
) -> Result<(Vec<RepoOutcome>, Written), Error> {
    let mut targets = Vec::new();
    for (offer, entries) in plan.offers.iter().zip(&plan.entries).filter(|(_, entries)| !entries.is_empty()) {
        let repo = plan.profile.repos.iter().find(|repo| plan::pin(repo) == offer.locked.pin);
        let url = repo.map_or(&offer.locked.pin.url, |repo| &repo.url);
        let wanted =
            Wanted { tree: offer.locked.tree, modules: module_paths(entries), rules: &plan.packaging.rules };
        targets.push(Target { locked: offer.locked, wanted, url: session.remote_url(url)? });
    }
    let names: Vec<&RepoName> = targets.iter().map(|target| &target.locked.pin.name).collect();
    let (git, pools) = (session.git()?, session.pools()?);
    let results = {
        let watcher = session.printer.watch(&names);
        let watcher = watcher.as_ref();
        pools.fetch_then(
            &targets,
            |place, target| {
                watcher.started(place);
                fetch(git, target, watcher, place)
            },
            |place, target, fetched| {
                watcher.step(place, "writing");
                let written = fetched.and_then(|content| {
                    let seconds = date.unwrap_or(content.seconds);
                    let files = write(plan, target, &content, site.aside(), export::time(seconds))
                        .map_err(Outcome::Refused)?;
                    Ok((content.chosen, files, seconds))
                });
                let (outcome, written) = match written {
                    Ok((chosen, files, seconds)) => {
                        let modules = target.wanted.modules.len();
                        (Outcome::Exported { modules, files }, Some((chosen, files, seconds)))
                    }
                    Err(outcome) => (outcome, None),
                };
                watcher.finished(place, &outcome);
                let (name, url) = (target.locked.pin.name.clone(), target.locked.pin.url.to_string());
                (RepoOutcome { name, url, outcome }, written)
            },
        )
    };
    session.tell_warnings(git);
    let (outcomes, written): (Vec<RepoOutcome>, Vec<_>) = results.into_iter().unzip();
    let failures: Vec<RepoOutcome> = {
        let failed = outcomes.iter().any(|repo| repo.outcome.is_failure());
        if failed {
            outcomes.into_iter().filter(|repo| repo.outcome.is_failure()).collect()
        } else {
            return Ok((outcomes, finish(plan, site, &targets, written, date)?));
        }
    };
    Err(Error::Repos { failures })
}

fn finish(
    plan: &Plan<'_>,
    site: &Site,
    targets: &[Target<'_>],
    written: Vec<Option<(Chosen, usize, i64)>>,
    date: Option<i64>,
) -> Result<Written, Error> {
    let written: Vec<(Chosen, usize, i64)> = written.into_iter().flatten().collect();
    let newest = written.iter().map(|(_, _, seconds)| *seconds).max();
    let time = export::time(date.or(newest).unwrap_or_default());
    let licences = site.aside().join(export::LICENCES);
    if licences.is_dir() {
        export::set_directory_time(&licences, time)?;
    }
    let files = written.iter().map(|(_, files, _)| files).sum();
    let trees = |offer: &Offer<'_>| {
        let place = targets.iter().position(|target| target.locked.pin == offer.locked.pin);
        let chosen = place.and_then(|place| written.get(place));
        chosen.map(|(chosen, ..)| chosen.trees.iter().map(|tree| export::record(tree)).collect())
    };
    let recorded = recorded(plan, |offer| trees(offer).unwrap_or_default());
    Ok(Written { recorded, files, time })
}

/// Brings the blobs that are kept into the store, and no others.
fn fetch<'a>(
    git: &'a Git,
    target: &Target<'_>,
    watcher: &dyn Progress,
    place: usize,
) -> Result<Content<'a>, Outcome> {
    watcher.step(place, "fetching");
    let meter = |bytes| watcher.received(place, bytes);
    let remote = git.remote(&target.url).map_err(Outcome::Failed)?;
    let (chosen, seconds) = bring(&remote, target, &meter)?;
    Ok(Content { remote, chosen, seconds })
}

/// What is kept of a repository, all of it in the store now, and the time of its commit.
fn bring(remote: &Remote<'_>, target: &Target<'_>, meter: Meter<'_>) -> Result<(Chosen, i64), Outcome> {
    let LockedRepo { pin, commit, .. } = target.locked;
    let wanted = &target.wanted;
    // Opened anew after each request: an object database does not see packs that came after it.
    let open = || remote.tree(*commit, &pin.reference, meter).map_err(Outcome::Failed);
    let objects = open()?;
    confirm_tree(target.locked, objects.id())?;
    let asked = export::asked(&objects, wanted).map_err(Outcome::Refused)?;
    remote.fetch_blobs(*commit, &pin.reference, &asked, meter).map_err(Outcome::Failed)?;
    let objects = open()?;
    let read = |_: &RepoPath, id| Ok(Some(objects.blob(id)?));
    let chosen = export::choose(&objects, wanted, &read).map_err(Outcome::Refused)?;
    let blobs: Vec<BlobId> = chosen.files().map(|file| file.id).collect();
    remote.fetch_blobs(*commit, &pin.reference, &blobs, meter).map_err(Outcome::Failed)?;
    let objects = open()?;
    for (module, files) in wanted.modules.iter().zip(&chosen.modules) {
        export::check_links(&objects, module, files).map_err(Outcome::Refused)?;
    }
    let seconds = remote.commit_time(*commit, &pin.reference, meter).map_err(Outcome::Failed)?;
    Ok((chosen, seconds))
}

/// Modules that are written with a store opened once: opening one costs as much as writing some files.
const GROUP: usize = 12;

/// Writes what was chosen of a repository, a group of modules at a time on all threads.
fn write(
    plan: &Plan<'_>,
    target: &Target<'_>,
    content: &Content<'_>,
    root: &Path,
    time: SystemTime,
) -> Result<usize, export::Error> {
    let LockedRepo { pin, commit, .. } = target.locked;
    // What modules share is made here; each makes its own.
    let mut shared = Directories::default();
    let mut batches = Vec::new();
    let parts = export::parts(plan.packaging.layout, &pin.name, &target.wanted, &content.chosen);
    for Part { module, files } in parts.filter(|part| !plan.below.has(pin, part.module)) {
        let tops = match module {
            Some(path) => vec![export::place(plan.packaging.layout, &pin.name, module, path.as_bytes())],
            None => files.iter().map(|(path, _)| path.clone()).collect(),
        };
        for path in tops {
            shared.make(root, path.parent().unwrap_or(Path::new("")))?;
        }
        batches.push(Batch { root, files, time });
    }
    let count = batches.iter().map(|batch| batch.files.len()).sum();
    let groups: Vec<&[Batch<'_>]> = batches.chunks(GROUP).collect();
    pool::share(&groups, |group| {
        let objects = content.remote.tree(*commit, &pin.reference, &|_| {});
        let objects = objects.map_err(|error| export::Error::Store { why: error.to_string() })?;
        group.iter().try_for_each(|batch| export::batch(&objects, batch))
    })?;
    shared.finish(time)?;
    Ok(count)
}
