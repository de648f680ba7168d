//! The cache, in words and for machines.

use std::time::{SystemTime, UNIX_EPOCH};

use indicatif::HumanBytes;
use serde::Serialize;

use super::json::{VERSION, render};
use crate::git::{Fate, Pruned, StoreSize, freed};
use crate::repo::counted;

/// How much a store holds, to follow its name.
pub(crate) fn render_store(store: &StoreSize) -> String {
    format!("{}, {}", HumanBytes(store.bytes), counted(store.packs, "pack", "packs"))
}

/// What a prune did in all.
pub(crate) fn render_pruned_total(pruned: &[Pruned], dry: bool) -> String {
    let total = counted(pruned.len(), "store", "stores");
    let changed = pruned.iter().filter(|store| !matches!(store.fate, Fate::Kept | Fate::Busy)).count();
    if changed == 0 {
        return format!("{total}, nothing to do");
    }
    let freed = HumanBytes(freed(pruned));
    if dry {
        format!("{total}, {changed} would change")
    } else {
        format!("{total}, {changed} changed, {freed} freed")
    }
}

/// The cache as one object.
pub(crate) fn sizes_as_json(bytes: u64, stores: &[StoreSize]) -> String {
    #[derive(Serialize)]
    struct Sizes<'a> {
        version: u32,
        bytes: u64,
        stores: Vec<One<'a>>,
    }
    /// `last_use` is in seconds since 1970.
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        bytes: u64,
        packs: usize,
        last_use: Option<u64>,
    }
    fn one(store: &StoreSize) -> One<'_> {
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
        let StoreSize { name, bytes, packs, last_use } = store;
        One { name, bytes: *bytes, packs: *packs, last_use: last_use.and_then(seconds) }
    }
    render(&Sizes { version: VERSION, bytes, stores: stores.iter().map(one).collect() })
}

/// What a prune did, or would do, as one object.
pub(crate) fn pruned_as_json(pruned: &[Pruned], dry: bool) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        freed: u64,
        stores: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        outcome: &'static str,
        before: u64,
        after: u64,
        message: Option<String>,
    }
    fn one(store: &Pruned, dry: bool) -> One<'_> {
        let outcome = match store.fate {
            Fate::Kept => "kept",
            Fate::Packed(_) => "packed",
            Fate::Unused(_) => "unused",
            Fate::Damaged => "damaged",
            Fate::Leftover => "leftover",
            Fate::Busy => "busy",
        };
        let message = store.fate.words(dry);
        One { name: &store.name, outcome, before: store.before, after: store.after, message }
    }
    let stores = pruned.iter().map(|store| one(store, dry)).collect();
    render(&All { version: VERSION, freed: freed(pruned), stores })
}
