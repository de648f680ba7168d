//! Reads a pack while it comes. Each object is inflated: its end shows where the next one begins, and a whole object gets
//! its id.
//!
//! Source: git's `gitformat-pack`.

use std::collections::HashSet;

use flate2::{Crc, Decompress, FlushDecompress, Status};
use git2::ObjectType;
use sha1::{Digest, Sha1};

use super::entry::{self, DeltaBase, Id, Start, StartKind, type_of};
use super::hash::{ObjectHash, malformed, twice};
use super::inflate::Inflater;
use crate::git::Error;

/// In bytes. Larger objects are inflated in pieces.
const SMALL: u64 = if cfg!(test) { 1 << 10 } else { 4 << 20 };
/// The magic, the version, and the number of objects.
const HEAD: usize = 12;
const CHECKSUM: usize = 20;

/// An object of a pack that was read.
#[derive(Debug)]
pub(super) struct Entry {
    /// The offset in the pack at which it begins.
    pub(super) offset: u64,
    /// The offset at which its compressed data begins.
    pub(super) data: u64,
    /// The uncompressed length in bytes; for a delta, that of its instructions.
    pub(super) size: u64,
    /// The CRC-32 of its bytes in the pack.
    pub(super) crc: u32,
    pub(super) content: Content,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    /// Its id is known.
    Known(Id, ObjectType),
    /// A delta against an earlier object of the pack.
    DeltaAfter(usize),
    /// A delta against the object with this id, wherever it is in the pack.
    DeltaOf(Id),
}

/// A pack of which all objects have come.
pub(super) struct Received {
    /// In the order of the pack.
    pub(super) entries: Vec<Entry>,
    /// The offset of the end of the last object.
    pub(super) end: u64,
    pub(super) checksum: Id,
}

/// A pack that is coming.
pub(super) struct Incoming {
    /// What came and is not read yet begins at `at`.
    buffer: Vec<u8>,
    at: usize,
    /// The offset of that in the pack.
    offset: u64,
    /// Of everything before that.
    hash: Sha1,
    /// The number of objects that the head announces.
    announced: Option<u32>,
    entries: Vec<Entry>,
    /// The ids of the whole objects.
    ids: HashSet<Id>,
    /// An object that is inflated in pieces.
    large: Option<Large>,
    checksum: Option<Id>,
    inflater: Inflater,
    content: Vec<u8>,
}

/// What one step of reading did.
enum Step {
    Done,
    /// More bytes must come first.
    Waits,
}

impl Incoming {
    pub(super) fn new() -> Self {
        Self {
            buffer: Vec::new(),
            at: 0,
            offset: 0,
            hash: Sha1::new(),
            announced: None,
            entries: Vec::new(),
            ids: HashSet::new(),
            large: None,
            checksum: None,
            inflater: Inflater::new(),
            content: Vec::new(),
        }
    }

    /// Reads the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.at > self.buffer.len() / 2 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.buffer.extend_from_slice(bytes);
        self.read(false)
    }

    /// Reads the rest, after all bytes came.
    pub(super) fn finish(mut self) -> Result<Received, Error> {
        self.read(true)?;
        let Self { checksum: Some(checksum), entries, offset: end, .. } = self else {
            return Err(truncated());
        };
        if self.at < self.buffer.len() {
            return Err(malformed("something follows its checksum"));
        }
        Ok(Received { entries, end, checksum })
    }

    /// The number of bytes that came after the pack.
    pub(super) fn beyond(&self) -> usize {
        if self.checksum.is_some() { self.buffer.len() - self.at } else { 0 }
    }

    fn read(&mut self, is_all: bool) -> Result<(), Error> {
        while self.checksum.is_none() {
            let Some(announced) = self.announced else {
                let Some(head) = self.buffer.first_chunk::<HEAD>() else { break };
                self.announced = Some(objects_of(*head)?);
                self.pass(HEAD);
                continue;
            };
            if let Some(large) = self.large.take() {
                if let Step::Waits = self.read_piece(large)? {
                    break;
                }
            } else if self.entries.len() < announced as usize {
                if let Step::Waits = self.read_object(is_all)? {
                    break;
                }
            } else {
                let Some(checksum) = self.buffer[self.at..].first_chunk::<CHECKSUM>() else { break };
                if self.hash.finalize_reset()[..] != checksum[..] {
                    return Err(malformed("its checksum is not that of its bytes"));
                }
                self.checksum = Some(*checksum);
                self.at += CHECKSUM;
            }
        }
        Ok(())
    }

    /// Passes over bytes of the pack that were read.
    fn pass(&mut self, length: usize) {
        self.hash.update(&self.buffer[self.at..self.at + length]);
        self.at += length;
        self.offset += length as u64;
    }

    fn read_object(&mut self, is_all: bool) -> Result<Step, Error> {
        let left = &self.buffer[self.at..];
        if left.len() < entry::LONGEST && !is_all {
            return Ok(Step::Waits);
        }
        let start = Start::read(left).ok_or_else(|| {
            if left.len() < entry::LONGEST {
                truncated()
            } else {
                malformed("an object has no type and size")
            }
        })?;
        if start.size > SMALL {
            return self.begin_large(&start);
        }
        let is_there = left.len() - start.length >= longest_stream(start.size);
        if !is_there && !is_all {
            return Ok(Step::Waits);
        }
        let size = usize::try_from(start.size).expect("a small object");
        let stream = &left[start.length..];
        let Some(length) = self.inflater.inflate_into(stream, size, &mut self.content) else {
            // It is malformed or truncated, or deflated in a way that makes it much longer.
            return self.begin_large(&start);
        };
        let content = match start.kind {
            StartKind::Whole(kind) => {
                let kind = type_of(kind);
                Content::Known(ObjectHash::of(kind, &self.content[..size])?, kind)
            }
            StartKind::Delta(base) => self.base(base)?,
        };
        let mut crc = Crc::new();
        crc.update(&left[..start.length + length]);
        let (offset, data) = (self.offset, self.offset + start.length as u64);
        self.add(Entry { offset, data, size: start.size, crc: crc.sum(), content })?;
        self.pass(start.length + length);
        Ok(Step::Done)
    }

    fn add(&mut self, entry: Entry) -> Result<(), Error> {
        if let Content::Known(id, _) = entry.content
            && !self.ids.insert(id)
        {
            return Err(twice());
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The base of a delta that begins here.
    fn base(&self, base: DeltaBase) -> Result<Content, Error> {
        match base {
            DeltaBase::Id(id) => Ok(Content::DeltaOf(id)),
            DeltaBase::Before(distance) => {
                let base = self.offset.checked_sub(distance);
                let found =
                    base.and_then(|base| self.entries.binary_search_by_key(&base, |entry| entry.offset).ok());
                found.map(Content::DeltaAfter).ok_or_else(|| malformed("the base of a delta is no object"))
            }
        }
    }

    fn begin_large(&mut self, start: &Start) -> Result<Step, Error> {
        let what = match start.kind {
            StartKind::Whole(kind) => {
                let kind = type_of(kind);
                What::Whole(kind, Box::new(ObjectHash::new(kind, start.size)))
            }
            StartKind::Delta(base) => What::Delta(self.base(base)?),
        };
        let mut crc = Crc::new();
        crc.update(&self.buffer[self.at..self.at + start.length]);
        let (offset, data) = (self.offset, self.offset + start.length as u64);
        self.pass(start.length);
        let inflate = Decompress::new(true);
        self.large = Some(Large { offset, data, size: start.size, crc, inflate, what });
        Ok(Step::Done)
    }

    /// Inflates what has come of a large object.
    fn read_piece(&mut self, mut large: Large) -> Result<Step, Error> {
        let mut output = [0; 16 << 10];
        loop {
            let (before, after) = (large.inflate.total_in(), large.inflate.total_out());
            let input = &self.buffer[self.at..];
            let status = large
                .inflate
                .decompress(input, &mut output, FlushDecompress::None)
                .map_err(|_| malformed("an object cannot be inflated"))?;
            let used = usize::try_from(large.inflate.total_in() - before).expect("less than the input");
            let made = usize::try_from(large.inflate.total_out() - after).expect("less than the output");
            large.crc.update(&input[..used]);
            if let What::Whole(_, hash) = &mut large.what {
                hash.update(&output[..made]);
            }
            self.pass(used);
            if large.inflate.total_out() > large.size {
                return Err(wrong_size());
            }
            match status {
                Status::StreamEnd => {
                    self.add(large.end()?)?;
                    return Ok(Step::Done);
                }
                _ if used == 0 && made == 0 => {
                    self.large = Some(large);
                    return Ok(Step::Waits);
                }
                _ => {}
            }
        }
    }
}

/// A large object that is coming.
struct Large {
    offset: u64,
    data: u64,
    size: u64,
    crc: Crc,
    inflate: Decompress,
    what: What,
}

enum What {
    Whole(ObjectType, Box<ObjectHash>),
    /// The instructions are inflated again when the base is known.
    Delta(Content),
}

impl Large {
    fn end(self) -> Result<Entry, Error> {
        let Self { offset, data, size, crc, inflate, what } = self;
        if inflate.total_out() != size {
            return Err(wrong_size());
        }
        let content = match what {
            What::Whole(kind, hash) => Content::Known(hash.finish()?, kind),
            What::Delta(base) => base,
        };
        Ok(Entry { offset, data, size, crc: crc.sum(), content })
    }
}

/// Reads the head of a pack. Returns the number of its objects.
fn objects_of(head: [u8; HEAD]) -> Result<u32, Error> {
    // Version 3 has the same format, but libgit2 does not read it.
    let [b'P', b'A', b'C', b'K', 0, 0, 0, 2, count @ ..] = head else {
        return Err(malformed("it does not begin like a pack of version 2"));
    };
    Ok(u32::from_be_bytes(count))
}

/// In bytes: what a zlib stream of content of this size has at most, if it was not made longer than necessary.
fn longest_stream(size: u64) -> usize {
    /// Around the blocks: a header and a checksum.
    const AROUND: u64 = 2 + 4;
    /// Of a block that is stored as it is: before each 16 KiB. zlib's blocks are at least as long.
    const BEFORE_BLOCK: u64 = 5;
    let longest = size + AROUND + BEFORE_BLOCK * (1 + (size >> 14)) + (size >> 12) + 7;
    usize::try_from(longest).expect("a small object")
}

fn truncated() -> Error {
    Error::Protocol { why: "its pack is truncated".to_owned() }
}

fn wrong_size() -> Error {
    malformed("an object has another size than it says")
}
