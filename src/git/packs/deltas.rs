//! Computes the ids of the deltas of a pack: each one is applied to its base.
//!
//! The deltas against an object are worked on right after it. Of several deltas, the smallest tree comes first and the
//! largest last, so that few contents are in memory at once. If they take too much memory nevertheless, those that are
//! needed last are dropped, and made again when it is their turn.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::entry::Id;
use super::hash::{ObjectHash, malformed};
use super::incoming::{Content, Received};
use super::inflate::Inflater;
use super::unpacking::limit;
use crate::fs::read_exact_at;
use crate::git::Error;
use crate::patch::{apply_delta, result_length};
use crate::pool::on_each_core;

/// In bytes. By default, git makes no deltas of larger files (`core.bigFileThreshold`).
const LONGEST: u64 = 512 << 20;
/// In bytes. Only one thread of the process works on trees of deltas with larger objects.
const LARGE: u64 = if cfg!(test) { 1 << 10 } else { 16 << 20 };
/// In bytes. The contents that wait in one thread take no more, apart from the next one.
const KEPT: usize = if cfg!(test) { 10 << 10 } else { 32 << 20 };
/// With fewer deltas, other threads are not worth their start.
const MANY: usize = if cfg!(test) { 100 } else { 4000 };

/// Held by the thread that works on large objects.
static ON_LARGE: Mutex<()> = Mutex::new(());
/// Held for the pack on which all cores work.
static ON_ALL_CORES: Mutex<()> = Mutex::new(());

/// Computes the ids of all objects, in the order of the pack. `file` has the pack.
pub(super) fn ids(file: &File, received: &Received) -> Result<Vec<Id>, Error> {
    let Received { entries, .. } = received;
    let known = entries.iter().map(|entry| match entry.content {
        Content::Known(id, _) => Some(id),
        _ => None,
    });
    let mut ids: Vec<Option<Id>> = known.collect();
    let (deltas, roots) = Deltas::new(file, received);
    let next = AtomicUsize::new(0);
    let work = || {
        let roots = std::iter::from_fn(|| roots.get(next.fetch_add(1, Ordering::Relaxed)).copied());
        Resolver::new(&deltas).resolve_all(roots)
    };
    let all_cores = if deltas.count < MANY { None } else { ON_ALL_CORES.try_lock().ok() };
    let parts = if all_cores.is_some() { on_each_core(work) } else { vec![work()] };
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
    /// Deltas against an earlier object: that object and the delta, sorted by the object, then the largest tree first.
    by_offset: Vec<(usize, usize)>,
    /// Deltas against an id.
    by_id: HashMap<Id, Vec<usize>>,
    /// The deltas of `by_id` that somebody works on. The pack could have their base several times.
    taken: Vec<AtomicBool>,
    since: Instant,
    /// A thread failed. The others end early, without an error of their own.
    failed: AtomicBool,
}

impl<'a> Deltas<'a> {
    /// Also returns the whole objects with deltas, the largest tree of deltas first.
    fn new(file: &'a File, received: &'a Received) -> (Self, Vec<usize>) {
        let entries = &received.entries;
        let mut by_offset = Vec::new();
        let mut by_id: HashMap<Id, Vec<usize>> = HashMap::new();
        // The number of objects in the tree of an object. Deltas against an id are not counted.
        let mut sizes = vec![1_usize; entries.len()];
        let mut count = 0;
        for (number, entry) in entries.iter().enumerate().rev() {
            match entry.content {
                Content::Known(..) => continue,
                Content::DeltaAfter(base) => {
                    sizes[base] += sizes[number];
                    by_offset.push((base, number));
                }
                Content::DeltaOf(id) => by_id.entry(id).or_default().push(number),
            }
            count += 1;
        }
        by_offset.sort_unstable_by_key(|&(base, delta)| (base, Reverse(sizes[delta]), delta));
        let is_root = |entry: &usize| match entries[*entry].content {
            Content::Known(id, _) => sizes[*entry] > 1 || by_id.contains_key(&id),
            _ => false,
        };
        let mut roots: Vec<usize> = (0..entries.len()).filter(is_root).collect();
        roots.sort_by_key(|&root| Reverse(sizes[root]));
        let taken = entries.iter().map(|_| AtomicBool::new(false)).collect();
        let (since, failed) = (Instant::now(), AtomicBool::new(false));
        (Self { file, received, count, by_offset, by_id, taken, since, failed }, roots)
    }

    /// Takes the deltas against an object. The largest tree of deltas comes first.
    fn take(&self, entry: usize, id: &Id) -> Vec<usize> {
        let from = self.by_offset.partition_point(|&(base, _)| base < entry);
        let by_offset = self.by_offset[from..].iter().take_while(|(base, _)| *base == entry);
        let by_id = self.by_id.get(id).into_iter().flatten().copied();
        let by_id = by_id.filter(|&delta| !self.taken[delta].swap(true, Ordering::Relaxed));
        by_offset.map(|&(_, delta)| delta).chain(by_id).collect()
    }
}

/// Resolves deltas in one thread, tree by tree.
struct Resolver<'a> {
    deltas: &'a Deltas<'a>,
    inflater: Inflater,
    /// The bytes of an object in the pack.
    packed: Vec<u8>,
    /// Deltas and their bases. The next delta is the last one. The deltas of one base are together.
    waiting: Vec<(usize, usize)>,
    /// The bases of the deltas of this tree.
    bases: HashMap<usize, usize>,
    /// The contents of bases for which deltas wait, unless they took too much memory.
    contents: HashMap<usize, Vec<u8>>,
    /// The length of these contents in bytes.
    kept: usize,
    /// So many of the first waiting deltas have no content of their base.
    dropped: usize,
    /// Held as soon as a tree has large objects.
    on_large: Option<MutexGuard<'static, ()>>,
    /// What was found.
    ids: Vec<(usize, Id)>,
}

impl<'a> Resolver<'a> {
    fn new(deltas: &'a Deltas<'a>) -> Self {
        Self {
            deltas,
            inflater: Inflater::new(),
            packed: Vec::new(),
            waiting: Vec::new(),
            bases: HashMap::new(),
            contents: HashMap::new(),
            kept: 0,
            dropped: 0,
            on_large: None,
            ids: Vec::new(),
        }
    }

    /// Computes the ids of all deltas that depend on these whole objects.
    fn resolve_all(mut self, roots: impl Iterator<Item = usize>) -> Result<Vec<(usize, Id)>, Error> {
        for root in roots {
            if self.deltas.failed.load(Ordering::Relaxed) {
                break;
            }
            if let Err(error) = self.resolve(root) {
                self.deltas.failed.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        Ok(self.ids)
    }

    fn resolve(&mut self, root: usize) -> Result<(), Error> {
        let Content::Known(id, kind) = self.deltas.received.entries[root].content else { return Ok(()) };
        let content = self.inflate(root)?;
        self.await_deltas(root, &id, content);
        while let Some((delta, base)) = self.waiting.pop() {
            if self.deltas.failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let base_content = match self.take(base) {
                Some(content) => content,
                None => self.make_again(base)?,
            };
            let content = self.apply(&base_content, delta)?;
            if self.waiting.last().is_some_and(|&(_, next)| next == base) {
                self.keep(base, base_content);
            }
            let id = ObjectHash::of(kind, &content)?;
            self.ids.push((delta, id));
            self.await_deltas(delta, &id, content);
        }
        self.bases.clear();
        self.on_large = None;
        Ok(())
    }

    /// Lets the deltas against an object wait, with its content.
    fn await_deltas(&mut self, base: usize, id: &Id, content: Vec<u8>) {
        let deltas = self.deltas.take(base, id);
        if deltas.is_empty() {
            return;
        }
        self.dropped = self.dropped.min(self.waiting.len());
        // What is needed last is dropped first.
        while self.kept + content.len() > KEPT && self.dropped < self.waiting.len() {
            let (_, last) = self.waiting[self.dropped];
            drop(self.take(last));
            self.dropped += 1;
        }
        self.bases.extend(deltas.iter().map(|&delta| (delta, base)));
        self.waiting.extend(deltas.into_iter().map(|delta| (delta, base)));
        self.keep(base, content);
    }

    fn keep(&mut self, base: usize, content: Vec<u8>) {
        self.kept += content.len();
        self.contents.insert(base, content);
    }

    fn take(&mut self, base: usize) -> Option<Vec<u8>> {
        let content = self.contents.remove(&base)?;
        self.kept -= content.len();
        Some(content)
    }

    /// Makes the content of a base that was dropped. On the way, it keeps what is needed next, as far as there is room.
    fn make_again(&mut self, base: usize) -> Result<Vec<u8>, Error> {
        let (mut chain, mut at) = (Vec::new(), base);
        let mut content = loop {
            if let Some(content) = self.take(at) {
                break content;
            }
            let Some(&above) = self.bases.get(&at) else { break self.inflate(at)? };
            chain.push(at);
            at = above;
        };
        let needed: HashSet<usize> = self.waiting.iter().map(|&(_, base)| base).collect();
        let mut again = VecDeque::new();
        while let Some(delta) = chain.pop() {
            let next = self.apply(&content, delta)?;
            if needed.contains(&at) {
                // What is deeper is needed earlier.
                while self.kept + content.len() > KEPT
                    && let Some(first) = again.pop_front()
                {
                    drop(self.take(first));
                }
                if self.kept + content.len() <= KEPT {
                    self.keep(at, content);
                    again.push_back(at);
                }
            }
            (at, content) = (delta, next);
        }
        self.dropped = 0;
        Ok(content)
    }

    /// Applies a delta to the content of its base.
    fn apply(&mut self, base: &[u8], delta: usize) -> Result<Vec<u8>, Error> {
        let instructions = self.inflate(delta)?;
        let wrong = || malformed("a delta cannot be applied to its base");
        let length = result_length(&instructions).ok_or_else(wrong)?;
        self.expect_size(length as u64)?;
        apply_delta(base, &instructions, length).ok_or_else(wrong)
    }

    /// Inflates an object again, or the instructions of a delta.
    fn inflate(&mut self, number: usize) -> Result<Vec<u8>, Error> {
        let Deltas { received: Received { entries, end, .. }, since, .. } = self.deltas;
        if since.elapsed() > limit(*end) {
            return Err(Error::Unpacking);
        }
        let entry = &entries[number];
        let end = entries.get(number + 1).map_or(*end, |next| next.offset);
        self.expect_size(entry.size.max(end - entry.data))?;
        let length = |bytes| usize::try_from(bytes).expect("at most 512 MiB");
        self.packed.resize(length(end - entry.data), 0);
        read_exact_at(self.deltas.file, &mut self.packed, entry.data).map_err(|error| Error::Git {
            why: format!("a pack that was written cannot be read: {error}"),
        })?;
        let mut content = vec![0; length(entry.size)];
        match self.inflater.inflate(&self.packed, &mut content) {
            Some(_) => Ok(content),
            None => Err(malformed("an object cannot be inflated")),
        }
    }

    /// Waits until this thread may use so many bytes.
    fn expect_size(&mut self, size: u64) -> Result<(), Error> {
        if size > LONGEST {
            return Err(malformed("it has a delta of an object that is larger than 512 MiB"));
        }
        if size > LARGE && self.on_large.is_none() {
            self.on_large = Some(ON_LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        }
        Ok(())
    }
}
