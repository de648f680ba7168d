//! All stores of the cache: their sizes, and pruning.
//!
//! Only the next fetch from its remote depends on a store. So a store that was not used for a while is removed as a
//! whole. In the other stores, all packs are merged into one: each upgrade adds two or three packs, and every reader
//! opens all.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Error;
use super::ids::{is_in, oid};
use super::packs::{Pack, Sources, indexes, is_intact, remnants};
use super::store::{STORES, Store, StoreLock, StoresLock};
use crate::fs::Context;
use crate::repo::{CommitId, RemoteUrl, counted};

/// The options of a prune.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pruning {
    /// Stores that were not used for this time are removed.
    pub(crate) older_than: Duration,
    /// Only report what would be done.
    pub(crate) dry_run: bool,
}

/// What the locks of this machine pin in a store.
#[derive(Clone, Debug, Default)]
pub(crate) struct PinnedCommits {
    pub(crate) commits: HashSet<CommitId>,
    /// Whether one of the locks cannot be read, so that any commit may be pinned.
    pub(crate) is_unknown: bool,
}

/// What a prune did to a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pruned {
    /// The url, or the name of the directory if the url is not known.
    pub(crate) name: String,
    pub(crate) fate: Fate,
    /// Size in bytes before and after.
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// See [`Pruned`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Kept,
    /// Left alone: it was not used for long, but a lock of this machine pins one of its commits.
    Pinned,
    /// This number of packs were merged into one.
    Packed(usize),
    /// Removed: it was not used for this number of days.
    Unused(u64),
    /// Removed: its content is not what was fetched.
    Damaged,
    /// Removed: a killed process left it half made or half deleted.
    Leftover,
    /// Left alone: another process is using it.
    Busy,
}

/// The size of a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StoreSize {
    /// See [`Pruned::name`].
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) packs: usize,
    pub(crate) last_use: Option<SystemTime>,
}

/// The stores of a cache, sorted by name.
pub(crate) fn stores(cache: &Path) -> Result<Vec<Store>, Error> {
    let is_store =
        |path: &PathBuf| path.extension().is_some_and(|extension| extension == "git") && !is_aside(path);
    let directories = entries(cache)?.into_iter().filter(is_store);
    let mut stores: Vec<Store> = directories.map(Store::at).collect();
    stores.sort_by_key(Store::name);
    Ok(stores)
}

/// Removes what killed processes left beside the stores.
pub(crate) fn leftovers(cache: &Path, pruning: Pruning) -> Result<Vec<Pruned>, Error> {
    let left: Vec<PathBuf> = entries(cache)?.into_iter().filter(|path| is_aside(path)).collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    // A process that is making or deleting a store holds this lock.
    let _stores = if pruning.dry_run { None } else { Some(StoresLock::take(&cache.join(STORES))?) };
    let mut pruned = Vec::new();
    for path in left {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let before = size(&path);
        if !pruning.dry_run {
            remove(&path)?;
        }
        pruned.push(Pruned { name, fate: Fate::Leftover, before, after: 0 });
    }
    Ok(pruned)
}

/// The number of bytes that a prune freed.
pub(crate) fn freed(pruned: &[Pruned]) -> u64 {
    let sum = |bytes: fn(&Pruned) -> u64| pruned.iter().map(bytes).sum::<u64>();
    sum(|store| store.before).saturating_sub(sum(|store| store.after))
}

/// The size of the cache in bytes.
pub(crate) fn size_of_cache(cache: &Path) -> u64 {
    size(cache)
}

/// Removes all stores. Returns the names of those that stay because another process is using them. No checkout depends
/// on a store.
pub(crate) fn clean_cache(cache: &Path) -> Result<Vec<String>, Error> {
    let mut in_use = Vec::new();
    for store in stores(cache)? {
        match store.try_own()? {
            Some(own) => store.remove(&own)?,
            None if store.directory().exists() => in_use.push(store.name()),
            None => {}
        }
    }
    let all = cache.join(STORES);
    if all.is_dir() {
        let stores = StoresLock::take(&all)?;
        for path in entries(cache)?.iter().filter(|path| is_aside(path)) {
            remove(path)?;
        }
        stores.remove_if_empty();
    }
    Ok(in_use)
}

impl Store {
    pub(crate) fn size(&self) -> Result<StoreSize, Error> {
        let packs = if self.is_whole() { indexes(&self.packs_directory())?.len() } else { 0 };
        Ok(StoreSize { name: self.name(), bytes: size(self.directory()), packs, last_use: self.last_use() })
    }

    /// Removes the store if it is unused or damaged; otherwise merges its packs into one.
    ///
    /// Checkouts keep their own links to the packs. If the process is killed, the store has some objects twice.
    /// A store with one of the `pinned` commits is not removed for being old. Old logs are removed from every store.
    pub(crate) fn prune(&self, pruning: Pruning, pinned: &PinnedCommits) -> Result<Pruned, Error> {
        let before = size(self.directory());
        let fate =
            if pruning.dry_run { self.foresee(pruning, pinned)? } else { self.prune_now(pruning, pinned)? };
        let after = if fate.is_removed() { 0 } else { size(self.directory()) };
        Ok(Pruned { name: self.name(), fate, before, after })
    }

    fn is_pinned(&self, pinned: &PinnedCommits) -> Result<bool, Error> {
        let PinnedCommits { commits, is_unknown } = pinned;
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let has = |commit: &CommitId| is_in(&odb, oid(commit.as_bytes()));
        Ok(*is_unknown || commits.iter().any(has))
    }

    fn foresee(&self, pruning: Pruning, pinned: &PinnedCommits) -> Result<Fate, Error> {
        if !self.is_whole() {
            return Ok(Fate::Leftover);
        }
        let unused = self.unused(pruning).map(Fate::Unused);
        let packs = indexes(&self.packs_directory())?.len();
        Ok(match unused {
            Some(_) if self.is_pinned(pinned)? => Fate::Pinned,
            Some(unused) => unused,
            None if !self.has_whole_packs()? => Fate::Damaged,
            None if packs > 1 => Fate::Packed(packs),
            None => Fate::Kept,
        })
    }

    fn prune_now(&self, pruning: Pruning, pinned: &PinnedCommits) -> Result<Fate, Error> {
        if !self.directory().is_dir() {
            // Another process has removed it.
            return Ok(Fate::Leftover);
        }
        let Some(own) = self.try_own()? else { return Ok(Fate::Busy) };
        let Some(lock) = self.try_lock()? else { return Ok(Fate::Busy) };
        let fate = if !self.is_whole() {
            Fate::Leftover
        } else if let Some(days) = self.unused(pruning) {
            // Checked while the lock is held: a store that was opened since then counts as used.
            if self.is_pinned(pinned)? { Fate::Pinned } else { Fate::Unused(days) }
        } else {
            match self.pack_as_one(&lock) {
                Err(Error::Damaged { .. } | Error::Protocol { .. }) => Fate::Damaged,
                fate => fate?,
            }
        };
        if fate.is_removed() {
            self.remove(&own)?;
        } else {
            self.drop_logs(pruning.older_than)?;
        }
        Ok(fate)
    }

    /// The number of days since the last use, if the store is old enough to be removed.
    fn unused(&self, pruning: Pruning) -> Option<u64> {
        const DAY: u64 = 24 * 60 * 60;
        let age = self.last_use()?.elapsed().unwrap_or_default();
        (age >= pruning.older_than).then_some(age.as_secs() / DAY)
    }

    /// Merges several packs into one. The new pack is there before the old ones are removed. If a reader has opened an
    /// old pack and misses an object, it lists the packs again.
    fn pack_as_one(&self, _lock: &StoreLock) -> Result<Fate, Error> {
        let directory = self.packs_directory();
        for file in remnants(&directory)? {
            fs::remove_file(&file).at("remove", &file)?;
        }
        let old = indexes(&directory)?;
        if old.len() < 2 {
            return Ok(if old.iter().all(|index| is_intact(index)) { Fate::Kept } else { Fate::Damaged });
        }
        let mut packs: Vec<Pack> = Vec::new();
        for index in &old {
            packs.push(Pack::open(index).map_err(|error| Error::Damaged { why: error.to_string() })?);
        }
        // The largest pack comes first, so that most of its objects are copied in one go.
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.ids().len()));
        let mut ids: Vec<[u8; 20]> = packs.iter().flat_map(|pack| pack.ids().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut sink = self.pack_sink()?;
        Sources::of(packs, &odb).write_pack(&ids, &mut sink)?;
        let new = sink.index()?;
        // Each id is computed from the object itself: an altered object has another id.
        if !new.open().is_ok_and(|pack| pack.ids().eq(&ids)) {
            return Ok(Fate::Damaged);
        }
        let kept = new.index();
        new.take_in()?;
        crate::fs::stop("packing");
        for index in old.iter().filter(|&index| *index != kept) {
            // The index is removed first: a pack without an index is ignored, but an index without a pack is damage.
            fs::remove_file(index).at("remove", index)?;
            let pack = index.with_extension("pack");
            fs::remove_file(&pack).at("remove", &pack)?;
        }
        Ok(Fate::Packed(old.len()))
    }
}

impl Fate {
    /// What was done, or would be done by a `dry` run, in words that follow the name; nothing if the store stays as it
    /// is.
    pub(crate) fn words(self, dry: bool) -> Option<String> {
        let removed = if dry { "would be removed" } else { "removed" };
        Some(match self {
            Self::Kept => return None,
            Self::Packed(packs) if dry => format!("{packs} packs would become one"),
            Self::Packed(packs) => format!("{packs} packs became one"),
            Self::Unused(0) => format!("{removed}, not used today"),
            Self::Unused(days) => {
                let days = counted(usize::try_from(days).unwrap_or(usize::MAX), "day", "days");
                format!("{removed}, not used for {days}")
            }
            Self::Damaged => format!("{removed}, it is damaged"),
            Self::Leftover => format!("{removed}, left by a run that was killed"),
            Self::Pinned => "kept, because a lock of this machine pins it".to_owned(),
            Self::Busy => "kept, because another oca is using it".to_owned(),
        })
    }

    pub(crate) fn is_removed(self) -> bool {
        matches!(self, Self::Unused(_) | Self::Damaged | Self::Leftover)
    }
}

/// The directories among the stores.
fn entries(cache: &Path) -> Result<Vec<PathBuf>, Error> {
    let stores = cache.join(STORES);
    let entries = match fs::read_dir(&stores) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.at("read", &stores)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.at("read", &stores)?.path();
        paths.extend(path.is_dir().then_some(path));
    }
    Ok(paths)
}

/// Whether it is a directory in which a store is made or deleted.
fn is_aside(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Whether the cache has a commit of a remote. This makes and changes nothing.
pub(crate) fn is_cached(cache: &Path, url: &RemoteUrl, commit: CommitId) -> bool {
    Store::of(cache, url.without_secret().as_str()).has_commit(commit).unwrap_or(false)
}

pub(super) fn size(directory: &Path) -> u64 {
    let files = walkdir::WalkDir::new(directory).into_iter().filter_map(Result::ok);
    let sizes = files.filter_map(|entry| entry.metadata().ok()).filter(fs::Metadata::is_file);
    sizes.map(|metadata| metadata.len()).sum()
}

fn remove(directory: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => Ok(Err(error).at("remove", directory)?),
        _ => Ok(()),
    }
}
