//! Reads whole modules.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::listing::{Listing, read_blobs};
use crate::diff::{Home, Step};
use crate::error::Error;
use crate::lock::{LockedRepo, Pin};
use crate::ops::compared::declared_url;
use crate::ops::content::Contents;
use crate::ops::remotes::{OfPin, Remotes};
use crate::repo::{BlobId, ModuleName, RemoteUrl};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;
use crate::source::{Kept, ModuleFacts, Source};

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Side {
    Old,
    New,
}

/// A module to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'l> {
    pub(super) side: Side,
    pub(super) home: Home<'l>,
}

/// The modules that were read, and the cache of what earlier runs read.
#[derive(Debug)]
pub(super) struct Sources {
    kept: Kept,
    facts: HashMap<(Side, Pin, ModuleName), ModuleFacts>,
}

impl Sources {
    pub(super) fn new(cache: &Path) -> Self {
        Self { kept: Kept::of(cache), facts: HashMap::new() }
    }

    /// What a module declares and uses. `None` if it was not read.
    pub(super) fn facts(&self, side: Side, home: &Home<'_>) -> Option<&ModuleFacts> {
        self.facts.get(&(side, home.repo.pin.clone(), home.module.name.clone()))
    }

    /// The files of a module that an earlier run read, if it still has them.
    pub(super) fn load(&self, listing: &Listing) -> BTreeMap<String, Source> {
        let mut known = self.kept.load(listing.tree);
        known.retain(|path, _| listing.sources.contains_key(path));
        known
    }

    pub(super) fn keep(&self, listing: &Listing, files: &BTreeMap<String, Source>) {
        self.kept.save(listing.tree, files);
    }

    /// The blobs of these files of a module that no earlier run read.
    pub(super) fn missing(&self, listing: &Listing, files: &BTreeMap<String, BlobId>) -> Vec<BlobId> {
        let known = self.load(listing);
        files.iter().filter(|(path, _)| !known.contains_key(*path)).map(|(_, blob)| *blob).collect()
    }
}

/// A repository at a commit, with modules to read.
struct OfRepo<'l> {
    side: Side,
    repo: &'l LockedRepo,
    homes: Vec<Home<'l>>,
}

/// What to read of one remote.
struct Reading<'l> {
    url: RemoteUrl,
    first: &'l LockedRepo,
    repos: Vec<OfRepo<'l>>,
}

impl OfPin for Reading<'_> {
    fn pin(&self) -> &Pin {
        &self.first.pin
    }
}

/// Reads modules, all that are not read yet. Each remote is asked once for all files that are missing. Returns the
/// repositories that could not be read.
pub(super) fn read_modules<'l>(
    remotes: &Remotes<'_>,
    session: &Session<'_>,
    contents: &Step<Contents<'l>>,
    mut wanted: Vec<Wanted<'l>>,
    sources: &mut Sources,
) -> Result<Vec<Failure>, Error> {
    wanted.retain(|Wanted { side, home }| sources.facts(*side, home).is_none());
    let mut by_url: BTreeMap<String, Reading<'l>> = BTreeMap::new();
    for Wanted { side, home } in wanted {
        let repo = home.repo;
        let url = declared_url(session, repo)?;
        let key = url.as_str().to_owned();
        let reading = by_url.entry(key).or_insert_with(|| Reading { url, first: repo, repos: Vec::new() });
        let is_same = |of: &&mut OfRepo<'_>| of.side == side && of.repo.pin == repo.pin;
        match reading.repos.iter_mut().find(is_same) {
            Some(of) => of.homes.push(home),
            None => reading.repos.push(OfRepo { side, repo, homes: vec![home] }),
        }
    }
    let readings: Vec<Reading<'l>> = by_url.into_values().collect();
    if readings.is_empty() {
        return Ok(Vec::new());
    }
    let known = &*sources;
    let answers = remotes.each(
        &readings,
        |reading, watch| {
            let meter = |bytes| watch.received(bytes);
            let (mut snapshots, mut missing) = (Vec::new(), Vec::new());
            for OfRepo { side, repo, homes } in &reading.repos {
                let contents = if *side == Side::Old { &contents.from } else { &contents.to };
                let remote = remotes.git.remote(&reading.url).map_err(Trouble::Remote)?;
                let snapshot = contents.of(remote, repo, &meter)?;
                let tree = snapshot.tree().map_err(Trouble::Remote)?;
                let mut listings = Vec::new();
                let mut of_repo = Vec::new();
                for home in homes {
                    let Some(listing) = Listing::of(home, &tree)? else { continue };
                    of_repo.extend(known.missing(&listing, &listing.sources));
                    listings.push((*home, listing));
                }
                drop(tree);
                snapshots.push((*side, snapshot, listings));
                missing.push(of_repo);
            }
            if let Some((_, snapshot, _)) = snapshots.first() {
                snapshot.bring_blobs(&missing.concat()).map_err(Trouble::Remote)?;
            }
            for ((_, snapshot, _), missing) in std::iter::zip(&snapshots, &missing) {
                snapshot.blobs(missing).map_err(Trouble::Remote)?;
            }
            let unmetered = snapshots.into_iter();
            Ok(unmetered
                .map(|(side, snapshot, listings)| (side, snapshot.unmetered(), listings))
                .collect::<Vec<_>>())
        },
        |_, snapshots, _| {
            let mut read = Vec::new();
            for (side, snapshot, listings) in snapshots {
                // The tree is opened again: an open object database does not see newer packs.
                let tree = snapshot.tree().map_err(Trouble::Remote)?;
                for (home, listing) in listings {
                    let mut files = known.load(&listing);
                    let missing = listing.sources.iter().filter(|(path, _)| !files.contains_key(*path));
                    let missing: Vec<_> = missing.map(|(path, blob)| (path.as_str(), *blob)).collect();
                    let is_new = !missing.is_empty();
                    for (path, source) in read_blobs(&tree, missing.into_iter())? {
                        files.insert(path.to_owned(), source);
                    }
                    if is_new {
                        known.keep(&listing, &files);
                    }
                    let facts = ModuleFacts::of(&home.module.name, files);
                    read.push(((side, home.repo.pin.clone(), home.module.name.clone()), facts));
                }
            }
            Ok((Done::UpToDate, read))
        },
    )?;
    let (read, failures) = answers.sorted();
    sources.facts.extend(read.into_iter().flat_map(|(_, read)| read));
    Ok(failures)
}
