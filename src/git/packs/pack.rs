//! One pack, read through its index: the place and the packed bytes of each object.
//!
//! libgit2 gives objects, but not their packed bytes. Source: git's `gitformat-pack`.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::entry::{self, COMMIT, DeltaBase, Id, Start, StartKind};
use super::{indexes, is_whole_pack};
use crate::fs::{open, read, read_exact_at};

/// Magic and version of the index.
pub(super) const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// Magic, version, 256 counts of objects.
const HEAD: usize = 8 + 4 * 256;
const ID: usize = 20;
const CRC: usize = 4;
const OFFSET: usize = 4;
/// If this bit of an offset is set, the other bits are the place of the real offset in the table of long offsets.
pub(super) const IS_LONG: u32 = 1 << 31;

pub(in crate::git) struct Pack {
    file: File,
    index: Vec<u8>,
    count: usize,
    /// The places of the objects in the index, in the order of the pack.
    by_offset: Vec<u32>,
    /// The offset of the end of the last object.
    end: u64,
}

/// An object as it is in a pack.
pub(in crate::git) struct Packed {
    pub(super) kind: Kind,
    /// The uncompressed length in bytes; for a delta, that of its instructions.
    pub(super) size: u64,
    bytes: Vec<u8>,
    /// The start of the compressed data in `bytes`.
    data: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A whole object; the value is the number of its type.
    Whole(u8),
    /// A delta against the object with this id.
    Delta(Id),
}

impl Packed {
    pub(super) fn data(&self) -> &[u8] {
        &self.bytes[self.data..]
    }
}

impl Pack {
    /// Opens a pack by the path of its index. A malformed index, or one of another version, is an error.
    pub(in crate::git) fn open(index: &Path) -> io::Result<Self> {
        let file = open(&index.with_extension("pack"))?;
        let end = file.metadata()?.len().saturating_sub(ID as u64);
        let index = read(index)?;
        let count = number(&index, HEAD - 4)? as usize;
        let is_whole = index.len() >= HEAD + count * (ID + CRC + OFFSET) + 2 * ID;
        if !index.starts_with(&MAGIC) || !is_whole {
            return Err(nonsense("its index is truncated or has another version"));
        }
        let mut pack = Self { file, index, count, by_offset: Vec::new(), end };
        let mut places = Vec::with_capacity(count);
        for place in 0..count {
            places.push((pack.offset(place)?, u32::try_from(place).map_err(io::Error::other)?));
        }
        places.sort_unstable();
        pack.by_offset = places.into_iter().map(|(_, place)| place).collect();
        Ok(pack)
    }

    /// All ids, sorted.
    pub(in crate::git) fn ids(&self) -> impl ExactSizeIterator<Item = &Id> {
        self.index[HEAD..HEAD + self.count * ID].as_chunks().0.iter()
    }

    /// The place of an object in the index.
    pub(super) fn find(&self, id: &Id) -> Option<usize> {
        let ids = self.index[HEAD..HEAD + self.count * ID].as_chunks::<ID>().0;
        let count = |first: usize| number(&self.index, 8 + 4 * first).map_or(0, |count| count as usize);
        let first = usize::from(id[0]);
        let from = if first == 0 { 0 } else { count(first - 1) };
        let found = ids.get(from..count(first))?.binary_search(id).ok()?;
        Some(from + found)
    }

    /// The offset in the pack at which an object begins.
    pub(super) fn offset(&self, place: usize) -> io::Result<u64> {
        let offsets = HEAD + self.count * (ID + CRC);
        let short = number(&self.index, offsets + place * OFFSET)?;
        if short & IS_LONG == 0 {
            return Ok(u64::from(short));
        }
        let long = offsets + self.count * OFFSET + 8 * (short ^ IS_LONG) as usize;
        let bytes = self.index.get(long..).and_then(|bytes| bytes.first_chunk());
        bytes.map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| nonsense("an offset is missing"))
    }

    /// Reads an object as it is in the pack.
    pub(in crate::git) fn read(&self, place: usize) -> io::Result<Packed> {
        let range = self.range(place)?;
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.read_at(range.start, &mut bytes)?;
        let (kind, size, data) = self.header(&bytes, range.start)?;
        Ok(Packed { kind, size, bytes, data })
    }

    /// The offsets in the pack between which an object is.
    pub(super) fn range(&self, place: usize) -> io::Result<Range<u64>> {
        let from = self.offset(place)?;
        let rank = self.rank(from).ok_or_else(|| nonsense("an object is missing in its index"))?;
        let to = match self.by_offset.get(rank + 1) {
            Some(&next) => self.offset(next as usize)?,
            None => self.end,
        };
        if to <= from || to > self.end {
            return Err(nonsense("an offset is out of range"));
        }
        Ok(from..to)
    }

    /// The offset of the end of the last object.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Reads bytes of the pack. Many threads may do so.
    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        read_exact_at(&self.file, bytes, offset)
    }

    /// The commits in the pack.
    pub(in crate::git) fn commits(&self) -> io::Result<HashSet<Id>> {
        let (mut commits, mut deltas) = (HashSet::new(), Vec::new());
        let mut reader = BufReader::new(self.file.try_clone()?);
        reader.seek(SeekFrom::Start(0))?;
        let (mut at, mut bytes) = (0, Vec::new());
        for place in self.by_offset.clone() {
            let from = self.offset(place as usize)?;
            // From object to object, so that the reader can use what it has read.
            reader.seek_relative(from.cast_signed() - at)?;
            bytes.clear();
            let length = reader.by_ref().take(entry::LONGEST as u64).read_to_end(&mut bytes)?;
            at = from.cast_signed() + i64::try_from(length).map_err(io::Error::other)?;
            let id = *self.ids().nth(place as usize).ok_or_else(|| nonsense("an id is missing"))?;
            match self.header(&bytes, from)? {
                (Kind::Whole(COMMIT), ..) => commits.extend([id]),
                (Kind::Delta(base), ..) => deltas.push((id, base)),
                _ => {}
            }
        }
        // The base of a delta can come after it.
        loop {
            let known = commits.len();
            let (of_commits, rest) = deltas.into_iter().partition(|(_, base)| commits.contains(base));
            deltas = rest;
            commits.extend(Vec::<(Id, Id)>::into_iter(of_commits).map(|(id, _)| id));
            if commits.len() == known {
                return Ok(commits);
            }
        }
    }

    /// The objects on which deltas are based. `bytes` are those of the whole pack.
    pub(super) fn bases(&self, bytes: &[u8]) -> HashSet<Id> {
        let base = |&place: &u32| {
            let from = self.offset(place as usize).ok()?;
            match self.parse(bytes.get(usize::try_from(from).ok()?..)?, from)? {
                (Kind::Delta(base), ..) => Some(base),
                (Kind::Whole(_), ..) => None,
            }
        };
        self.by_offset.iter().filter_map(base).collect()
    }

    /// The rank of the object that begins at this offset.
    fn rank(&self, offset: u64) -> Option<usize> {
        self.by_offset.binary_search_by_key(&Some(offset), |&place| self.offset(place as usize).ok()).ok()
    }

    /// Reads the header of the object at an offset: its kind, its size, and the place of its compressed data in `bytes`.
    pub(super) fn header(&self, bytes: &[u8], offset: u64) -> io::Result<(Kind, u64, usize)> {
        self.parse(bytes, offset).ok_or_else(|| nonsense("the header of an object is malformed"))
    }

    fn parse(&self, bytes: &[u8], offset: u64) -> Option<(Kind, u64, usize)> {
        let Start { kind, size, length } = Start::read(bytes)?;
        let kind = match kind {
            StartKind::Whole(kind) => Kind::Whole(kind),
            StartKind::Delta(DeltaBase::Id(base)) => Kind::Delta(base),
            StartKind::Delta(DeltaBase::Before(distance)) => {
                let base = self.by_offset[self.rank(offset.checked_sub(distance)?)?];
                Kind::Delta(*self.ids().nth(base as usize)?)
            }
        };
        Some((kind, size, length))
    }
}

/// The packs of an `objects` directory. Packs that cannot be read are skipped.
pub(super) fn whole_packs(objects: &Path) -> Vec<Pack> {
    opened(&whole_indexes(objects)).collect()
}

/// The largest of these packs, at most this number.
pub(super) fn largest_packs(objects: &Path, most: usize) -> Vec<Pack> {
    let mut indexes = whole_indexes(objects);
    indexes.sort_by_key(|index| Reverse(index.metadata().map_or(0, |metadata| metadata.len())));
    opened(&indexes).take(most).collect()
}

fn whole_indexes(objects: &Path) -> Vec<PathBuf> {
    let mut indexes = indexes(&objects.join("pack")).unwrap_or_default();
    indexes.retain(|index| is_whole_pack(index).unwrap_or(false));
    indexes
}

fn opened(indexes: &[PathBuf]) -> impl Iterator<Item = Pack> {
    indexes.iter().filter_map(|index| Pack::open(index).ok())
}

fn number(bytes: &[u8], at: usize) -> io::Result<u32> {
    let bytes = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    bytes.map(|bytes| u32::from_be_bytes(*bytes)).ok_or_else(|| nonsense("its index is truncated"))
}

fn nonsense(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a pack is malformed: {why}"))
}
