//! What the cache holds.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::git::{Fate, Pruned, StoreSize, freed};
use crate::source::PrunedSources;

/// `oca cache size`: how much the cache holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CacheSizeReport<'a> {
    /// The size of the whole cache in bytes.
    pub(crate) bytes: u64,
    pub(crate) stores: Vec<CachedStore<'a>>,
}

/// What was fetched from one url.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CachedStore<'a> {
    /// The url, or the name of the directory if the url is not known.
    pub(crate) name: &'a str,
    /// The size in bytes.
    pub(crate) bytes: u64,
    /// The number of pack files.
    pub(crate) packs: usize,
    /// A Unix timestamp in seconds.
    pub(crate) last_use: Option<u64>,
}

/// `oca cache prune`: what was done or, with `--dry-run`, what would be done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CachePruneReport<'a> {
    /// How many bytes the cache lost.
    pub(crate) freed: u64,
    pub(crate) stores: Vec<PrunedStore<'a>>,
    /// The number of modules whose sources were read long ago, and were removed.
    pub(crate) sources: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PrunedStore<'a> {
    /// The url, or the name of the directory if the url is not known.
    pub(crate) name: &'a str,
    pub(crate) outcome: PruneOutcome,
    /// The size before, in bytes.
    pub(crate) before: u64,
    /// The size now, in bytes.
    pub(crate) after: u64,
    /// The outcome in words; `null` if nothing changed.
    pub(crate) message: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PruneOutcome {
    Kept,
    /// A lock of this machine pins one of its commits.
    Pinned,
    /// Its packs became one.
    Packed,
    /// Removed: it was not used for long enough.
    Unused,
    /// Removed: it is damaged.
    Damaged,
    /// Removed: a killed run left it.
    Leftover,
    /// Left alone: another oca uses it.
    Busy,
}

impl<'a> CacheSizeReport<'a> {
    /// `bytes` is the size of the whole cache.
    pub(crate) fn of(bytes: u64, stores: &'a [StoreSize]) -> Self {
        Self { bytes, stores: stores.iter().map(CachedStore::of).collect() }
    }
}

impl<'a> CachedStore<'a> {
    fn of(store: &'a StoreSize) -> Self {
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
        let StoreSize { name, bytes, packs, last_use } = store;
        Self { name, bytes: *bytes, packs: *packs, last_use: last_use.and_then(seconds) }
    }
}

impl<'a> CachePruneReport<'a> {
    /// `dry` means that nothing was done.
    pub(crate) fn of(pruned: &'a [Pruned], sources: &PrunedSources, dry: bool) -> Self {
        let stores = pruned.iter().map(|store| PrunedStore::of(store, dry)).collect();
        Self { freed: freed(pruned) + sources.bytes, stores, sources: sources.count }
    }
}

impl<'a> PrunedStore<'a> {
    fn of(store: &'a Pruned, dry: bool) -> Self {
        let outcome = match store.fate {
            Fate::Kept => PruneOutcome::Kept,
            Fate::Pinned => PruneOutcome::Pinned,
            Fate::Packed(_) => PruneOutcome::Packed,
            Fate::Unused(_) => PruneOutcome::Unused,
            Fate::Damaged => PruneOutcome::Damaged,
            Fate::Leftover => PruneOutcome::Leftover,
            Fate::Busy => PruneOutcome::Busy,
        };
        let Pruned { name, before, after, .. } = store;
        Self { name, outcome, before: *before, after: *after, message: store.fate.words(dry) }
    }
}
