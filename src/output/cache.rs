//! The cache, in words.

use crate::git::{Fate, Pruned, StoreSize, freed};
use crate::repo::{counted, size};

/// How much a store holds, to follow its name.
pub(crate) fn render_store(store: &StoreSize) -> String {
    format!("{}, {}", size(store.bytes), counted(store.packs, "pack", "packs"))
}

/// What a prune did in all.
pub(crate) fn render_pruned_total(pruned: &[Pruned], dry: bool) -> String {
    let total = counted(pruned.len(), "store", "stores");
    let changed =
        pruned.iter().filter(|store| !matches!(store.fate, Fate::Kept | Fate::Pinned | Fate::Busy)).count();
    if changed == 0 {
        return format!("{total}, nothing to do");
    }
    let freed = size(freed(pruned));
    if dry {
        format!("{total}, {changed} would change")
    } else {
        format!("{total}, {changed} changed, {freed} freed")
    }
}
