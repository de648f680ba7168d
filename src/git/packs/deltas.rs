//! Computes the ids of the deltas of a pack: each one is applied to its base.
//!
//! A delta is applied right after its base, so that a base is not made again. What still waits for a base is worked on
//! before what takes longest, so that few bases are in memory at once.

use std::collections::HashMap;
use std::fs::File;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use git2::ObjectType;

use super::incoming::{Content, Received, id_of, malformed};
use super::inflate::Inflater;
use super::pack::Id;
use super::unpacking::limit;
use crate::fs::read_exact_at;
use crate::git::Error;
use crate::patch::apply_delta;
use crate::pool::on_each_core;

/// In bytes. git makes no deltas of larger files (`core.bigFileThreshold`).
const LONGEST: usize = 512 << 20;
/// In bytes. What all bases that are in memory at once may take.
const MOST_KEPT: u64 = 1 << 30;
/// With fewer deltas, other threads are not worth their start.
const MANY: usize = if cfg!(test) { 100 } else { 4000 };

/// Computes the ids of all objects, in the order of the pack. `file` has the pack.
pub(super) fn ids(file: &File, received: &Received) -> Result<Vec<Id>, Error> {
    let Received { entries, .. } = received;
    let known = entries.iter().map(|entry| match entry.content {
        Content::Known(id, _) => Some(id),
        _ => None,
    });
    let mut ids: Vec<Option<Id>> = known.collect();
    let deltas = Deltas::new(file, received);
    let roots: Vec<usize> = (0..entries.len()).filter(|&entry| deltas.is_root(entry)).collect();
    let next = AtomicUsize::new(0);
    let work =
        || deltas.resolve(std::iter::from_fn(|| roots.get(next.fetch_add(1, Ordering::Relaxed)).copied()));
    let parts = if deltas.count < MANY { vec![work()] } else { on_each_core(work) };
    for part in parts {
        for (entry, id) in part? {
            ids[entry] = Some(id);
        }
    }
    let ids: Option<Vec<Id>> = ids.into_iter().collect();
    ids.ok_or_else(|| malformed("it lacks the base of a delta"))
}

/// The deltas of a pack, for several threads.
struct Deltas<'a> {
    file: &'a File,
    received: &'a Received,
    count: usize,
    /// A base and a delta against it: sorted by the base, and the longest tree of deltas first.
    after: Vec<(usize, usize)>,
    of: HashMap<Id, Vec<usize>>,
    /// The deltas of `of` that somebody works on. The pack could have their base several times.
    taken: Vec<AtomicBool>,
    /// The bytes in memory.
    kept: AtomicU64,
    since: Instant,
    /// Another thread failed.
    failed: AtomicBool,
}

/// The content of an object, as long as a delta waits for it.
struct Base<'a> {
    kind: ObjectType,
    content: Vec<u8>,
    kept: &'a AtomicU64,
}

impl Drop for Base<'_> {
    fn drop(&mut self) {
        self.kept.fetch_sub(self.content.len() as u64, Ordering::Relaxed);
    }
}

impl<'a> Deltas<'a> {
    fn new(file: &'a File, received: &'a Received) -> Self {
        let entries = &received.entries;
        let mut after = Vec::new();
        let mut of: HashMap<Id, Vec<usize>> = HashMap::new();
        // The number of deltas that depend on an object, with itself.
        let mut sizes = vec![1_usize; entries.len()];
        let mut count = 0;
        for (number, entry) in entries.iter().enumerate().rev() {
            match entry.content {
                Content::Known(..) => continue,
                Content::DeltaAfter(base) => {
                    sizes[base] += sizes[number];
                    after.push((base, number));
                }
                Content::DeltaOf(id) => of.entry(id).or_default().push(number),
            }
            count += 1;
        }
        after.sort_unstable_by_key(|&(base, delta)| (base, std::cmp::Reverse(sizes[delta]), delta));
        let taken = entries.iter().map(|_| AtomicBool::new(false)).collect();
        let (kept, failed) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { file, received, count, after, of, taken, kept, since: Instant::now(), failed }
    }

    /// Whether it is a whole object with deltas.
    fn is_root(&self, entry: usize) -> bool {
        let Content::Known(id, _) = self.received.entries[entry].content else { return false };
        self.after.binary_search_by_key(&entry, |&(base, _)| base).is_ok() || self.of.contains_key(&id)
    }

    /// Computes the ids of all deltas that depend on some whole objects.
    fn resolve(&self, roots: impl Iterator<Item = usize>) -> Result<Vec<(usize, Id)>, Error> {
        let mut thread =
            Thread { deltas: self, inflater: Inflater::new(), packed: Vec::new(), ids: Vec::new() };
        for root in roots {
            if let Err(error) = thread.resolve(root) {
                self.failed.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(thread.ids)
    }

    /// The deltas against an object, with its content; the longest tree of deltas first.
    fn against(
        &self,
        entry: usize,
        id: &Id,
        kind: ObjectType,
        content: Vec<u8>,
    ) -> Result<Vec<(usize, Rc<Base<'_>>)>, Error> {
        let from = self.after.partition_point(|&(base, _)| base < entry);
        let after = self.after[from..].iter().take_while(|(base, _)| *base == entry).map(|&(_, delta)| delta);
        let of = self.of.get(id).into_iter().flatten().copied();
        let of = of.filter(|&delta| !self.taken[delta].swap(true, Ordering::Relaxed));
        let deltas: Vec<usize> = after.chain(of).collect();
        if deltas.is_empty() {
            return Ok(Vec::new());
        }
        let length = content.len() as u64;
        let kept = self.kept.fetch_add(length, Ordering::Relaxed) + length;
        let base = Rc::new(Base { kind, content, kept: &self.kept });
        if kept > MOST_KEPT {
            return Err(too_large());
        }
        Ok(deltas.into_iter().map(|delta| (delta, Rc::clone(&base))).collect())
    }
}

/// What one thread works with.
struct Thread<'a> {
    deltas: &'a Deltas<'a>,
    inflater: Inflater,
    /// The bytes of an object in the pack.
    packed: Vec<u8>,
    /// What it has found.
    ids: Vec<(usize, Id)>,
}

impl Thread<'_> {
    /// Computes the ids of all deltas that depend on a whole object.
    fn resolve(&mut self, root: usize) -> Result<(), Error> {
        let deltas = self.deltas;
        let Content::Known(id, kind) = deltas.received.entries[root].content else { return Ok(()) };
        let content = self.inflate(root)?;
        let mut waiting = deltas.against(root, &id, kind, content)?;
        while let Some((entry, base)) = waiting.pop() {
            if deltas.failed.load(Ordering::Relaxed) {
                break;
            }
            if deltas.since.elapsed() > limit(deltas.received.end) {
                return Err(Error::Unpacking);
            }
            let delta = self.inflate(entry)?;
            let content = apply_delta(&base.content, &delta, LONGEST)
                .ok_or_else(|| malformed("a delta cannot be applied to its base"))?;
            let kind = base.kind;
            drop((delta, base));
            let id = id_of(kind, &content)?;
            self.ids.push((entry, id));
            waiting.extend(deltas.against(entry, &id, kind, content)?);
        }
        Ok(())
    }

    /// Inflates an object again, or the instructions of a delta.
    fn inflate(&mut self, number: usize) -> Result<Vec<u8>, Error> {
        let Received { entries, end, .. } = self.deltas.received;
        let entry = &entries[number];
        let end = entries.get(number + 1).map_or(*end, |next| next.offset);
        let size = usize::try_from(entry.size).ok().filter(|&size| size <= LONGEST).ok_or_else(too_large)?;
        self.packed.resize(usize::try_from(end - entry.data).map_err(|_| too_large())?, 0);
        read_exact_at(self.deltas.file, &mut self.packed, entry.data).map_err(|error| Error::Git {
            why: format!("a pack that was written cannot be read: {error}"),
        })?;
        let mut content = vec![0; size];
        match self.inflater.inflate(&self.packed, &mut content) {
            Some(_) => Ok(content),
            None => Err(malformed("an object cannot be inflated")),
        }
    }
}

fn too_large() -> Error {
    Error::Protocol { why: "its pack has deltas that need too much memory".to_owned() }
}
