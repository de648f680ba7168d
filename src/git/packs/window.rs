//! The bytes of packs in memory: all of a small pack, and parts of a large one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

use super::entry::{self, Id};
use super::pack::Pack;

/// In bytes. Packs of this size are read as a whole: most of their objects are wanted.
const WHOLE: u64 = if cfg!(test) { 100 << 10 } else { 16 << 20 };
/// In bytes. Of other packs, this much is read at once: what is read next is mostly the next object.
const WIDTH: u64 = 64 << 10;

/// A pack, for many threads.
pub(super) struct Source {
    pub(super) pack: Pack,
    /// A small pack, once it is read. `None` if it cannot be read.
    whole: OnceLock<Option<Whole>>,
}

/// All bytes of a pack.
struct Whole {
    bytes: Vec<u8>,
    /// The objects on which its deltas are based.
    bases: HashSet<Id>,
}

impl Source {
    /// Whether a delta is based on an object. `None` if this is not known.
    pub(super) fn is_base(&self, id: &Id) -> Option<bool> {
        Some(self.whole.get()?.as_ref()?.bases.contains(id))
    }
}

impl From<Pack> for Source {
    fn from(pack: Pack) -> Self {
        Self { pack, whole: OnceLock::new() }
    }
}

/// What one thread has of the large packs.
#[derive(Default)]
pub(super) struct Window {
    /// Where the objects are read one after the other.
    here: Part,
    /// An object elsewhere, such as the base of a delta.
    aside: Part,
}

/// A part of a pack.
#[derive(Default)]
struct Part {
    /// The number of the pack.
    pack: usize,
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes of a pack in the range of an object.
    pub(super) fn read<'b>(
        &'b mut self,
        number: usize,
        source: &'b Source,
        range: &Range<u64>,
    ) -> Option<&'b [u8]> {
        let Source { pack, whole } = source;
        if pack.end() <= WHOLE {
            let read = || {
                let bytes = bytes_of(pack, &(0..pack.end()))?;
                Some(Whole { bases: pack.bases(&bytes), bytes })
            };
            let whole = whole.get_or_init(read).as_ref()?;
            return whole.bytes.get(place(range.start)?..place(range.end)?);
        }
        let Self { here, aside } = self;
        if !here.has(number, range) && !aside.has(number, range) {
            let is_new = here.range.is_empty() || here.pack != number;
            if is_new || here.is_before(number, range) || aside.is_before(number, range) {
                let end = range.end.max(range.start + WIDTH).min(pack.end());
                *here = Part::read(number, pack, range.start..end)?;
            } else {
                *aside = Part::read(number, pack, range.clone())?;
            }
        }
        let part = if here.has(number, range) { here } else { aside };
        part.bytes.get(place(range.start - part.range.start)?..place(range.end - part.range.start)?)
    }

    /// The first bytes of an object, with its whole header.
    pub(super) fn first_bytes<'b>(
        &'b mut self,
        number: usize,
        source: &'b Source,
        range: &Range<u64>,
    ) -> Option<&'b [u8]> {
        // A short object is read at once.
        let length = if range.end - range.start <= WIDTH { WIDTH } else { entry::LONGEST as u64 };
        self.read(number, source, &(range.start..range.end.min(range.start + length)))
    }
}

impl Part {
    fn read(number: usize, pack: &Pack, range: Range<u64>) -> Option<Self> {
        Some(Self { pack: number, bytes: bytes_of(pack, &range)?, range })
    }

    fn has(&self, number: usize, range: &Range<u64>) -> bool {
        self.pack == number && range.start >= self.range.start && range.end <= self.range.end
    }

    /// Whether a range follows, perhaps after a few other objects.
    fn is_before(&self, number: usize, range: &Range<u64>) -> bool {
        self.pack == number && (self.range.end..self.range.end + WIDTH).contains(&range.start)
    }
}

fn bytes_of(pack: &Pack, range: &Range<u64>) -> Option<Vec<u8>> {
    let mut bytes = vec![0; place(range.end - range.start)?];
    pack.read_at(range.start, &mut bytes).ok()?;
    Some(bytes)
}

fn place(offset: u64) -> Option<usize> {
    usize::try_from(offset).ok()
}
