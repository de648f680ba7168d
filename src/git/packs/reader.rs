//! Blobs out of packs, for the many files of an export or a new checkout.
//!
//! libgit2 reads the same blobs, but it inflates piece by piece, and reads the base of a delta often. Here the whole
//! input and the room for the whole output are there, so libdeflate can be used, which takes half as long.
//!
//! What cannot be read is left to libgit2, whose errors lead to the repair of a store.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use libdeflater::Decompressor;

use super::pack::{Id, Kind, Pack, whole_packs};
use crate::patch::apply_delta;

/// The type of a blob in a pack.
const BLOB: u8 = 3;
/// In bytes. libgit2 reads what is longer.
const LONGEST: u64 = 64 << 20;
/// In bytes. The bases that a reader keeps have at most this size together, and one of them an eighth of it.
const KEPT: usize = 8 << 20;
/// In bytes. Objects that are read one after the other are mostly neighbours in the pack.
const WINDOW: u64 = 128 << 10;
/// More deltas than git makes in a chain.
const DEEPEST: usize = 4096;

/// The packs of an object database, for many threads.
pub(crate) struct Packs(Vec<Pack>);

impl Packs {
    /// Opens the packs of an `objects` directory. Packs that cannot be read are skipped.
    pub(in crate::git) fn open(objects: &Path) -> Arc<Self> {
        Arc::new(Self(whole_packs(objects)))
    }

    #[cfg(any(fuzzing, test))]
    pub(in crate::git) fn of(pack: Pack) -> Arc<Self> {
        Arc::new(Self(vec![pack]))
    }

    /// A reader for one thread.
    pub(in crate::git) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            packs: Arc::clone(self),
            window: Window::default(),
            inflater: Inflater(Decompressor::new()),
            bases: HashMap::new(),
            kept: 0,
        }
    }
}

/// Reads blobs one after the other.
pub(in crate::git) struct Reader {
    packs: Arc<Packs>,
    window: Window,
    inflater: Inflater,
    /// The last bases of deltas.
    bases: HashMap<Id, Rc<Base>>,
    /// The size of all bases in bytes.
    kept: usize,
}

/// An object on which a delta is based.
struct Base {
    kind: u8,
    content: Vec<u8>,
}

impl Reader {
    /// The content of a blob. `None` if the packs do not have it, or it cannot be read here.
    pub(in crate::git) fn blob(&mut self, id: &Id) -> Option<Vec<u8>> {
        let (kind, content) = self.object(id)?;
        (kind == BLOB).then_some(content)
    }

    fn object(&mut self, id: &Id) -> Option<(u8, Vec<u8>)> {
        // From the object down to one that is whole or known.
        let (mut deltas, mut next) = (Vec::new(), *id);
        let base = loop {
            if let Some(base) = self.bases.get(&next) {
                break Rc::clone(base);
            }
            match self.stored(&next)? {
                (Kind::Whole(kind), content) if deltas.is_empty() => return Some((kind, content)),
                (Kind::Whole(kind), content) => break self.keep(next, Base { kind, content }),
                (Kind::Delta(base), delta) if deltas.len() < DEEPEST => {
                    deltas.push((next, delta));
                    next = base;
                }
                (Kind::Delta(_), _) => return None,
            }
        };
        // And up again.
        let mut base = base;
        while let Some((id, delta)) = deltas.pop() {
            let (kind, content) = (base.kind, apply_delta(&base.content, &delta)?);
            if deltas.is_empty() {
                return Some((kind, content));
            }
            base = self.keep(id, Base { kind, content });
        }
        Some((base.kind, base.content.clone()))
    }

    /// What a pack has for an object: its content, or a delta.
    fn stored(&mut self, id: &Id) -> Option<(Kind, Vec<u8>)> {
        let found = |(number, pack): (usize, &Pack)| Some((number, pack.find(id)?));
        let (number, place) = self.packs.0.iter().enumerate().find_map(found)?;
        let pack = &self.packs.0[number];
        let range = pack.range(place).ok()?;
        let bytes = self.window.read(number, pack, &range).ok()?;
        let (kind, size, data) = pack.header(bytes, range.start).ok()?;
        Some((kind, self.inflater.inflate(&bytes[data..], size)?))
    }

    fn keep(&mut self, id: Id, base: Base) -> Rc<Base> {
        let (size, base) = (base.content.len(), Rc::new(base));
        if size <= KEPT / 8 {
            if self.kept + size > KEPT {
                self.bases.clear();
                self.kept = 0;
            }
            self.kept += size;
            self.bases.insert(id, Rc::clone(&base));
        }
        base
    }
}

struct Inflater(Decompressor);

impl Inflater {
    /// Inflates data that have this size in bytes afterwards.
    fn inflate(&mut self, data: &[u8], size: u64) -> Option<Vec<u8>> {
        /// Deflate makes nothing smaller than this part of it. So a size that is made up takes no memory.
        const BEST: u64 = 1032;
        if size > LONGEST || size / BEST > data.len() as u64 {
            return None;
        }
        let mut content = vec![0; usize::try_from(size).ok()?];
        let length = self.0.zlib_decompress(data, &mut content).ok()?;
        (length == content.len()).then_some(content)
    }
}

/// A part of a pack in memory.
#[derive(Default)]
struct Window {
    pack: usize,
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes of a pack in a range.
    fn read(&mut self, number: usize, pack: &Pack, range: &Range<u64>) -> io::Result<&[u8]> {
        if self.pack != number || range.start < self.range.start || range.end > self.range.end {
            let end = range.end.max(range.start + WINDOW).min(pack.end());
            self.range = 0..0;
            self.bytes.resize(usize::try_from(end - range.start).map_err(io::Error::other)?, 0);
            pack.read_at(range.start, &mut self.bytes)?;
            (self.pack, self.range) = (number, range.start..end);
        }
        let place = |offset: u64| usize::try_from(offset - self.range.start).map_err(io::Error::other);
        Ok(&self.bytes[place(range.start)?..place(range.end)?])
    }
}

#[cfg(test)]
mod tests {
    use git2::{ObjectType, Repository};
    use proptest::prelude::*;

    use super::*;
    use crate::git::ids::bytes;

    /// A repository with these blobs in one pack, and their ids.
    fn packed(contents: &[Vec<u8>]) -> (tempfile::TempDir, Vec<Id>) {
        let directory = tempfile::tempdir().expect("a directory");
        let repository = Repository::init_bare(directory.path()).expect("a repository");
        let odb = repository.odb().expect("objects");
        let memory = odb.add_new_mempack_backend(1000).expect("memory");
        let write = |content: &Vec<u8>| odb.write(ObjectType::Blob, content).expect("a blob");
        let ids: Vec<git2::Oid> = contents.iter().map(write).collect();
        let mut builder = repository.packbuilder().expect("a pack");
        for id in &ids {
            builder.insert_object(*id, None).expect("an object");
        }
        builder.write(&directory.path().join("objects/pack"), 0).expect("a pack");
        memory.reset().expect("empty memory");
        (directory, ids.into_iter().map(bytes).collect())
    }

    /// Versions of one text: each has another line changed. No two have the same length.
    fn versions(count: usize) -> Vec<Vec<u8>> {
        let mut lines: Vec<String> = (0..300).map(|line| format!("line {line} of the text\n")).collect();
        let version = |number: usize| {
            lines[number * 7 % 300] = format!("changed in version {number}{}\n", "!".repeat(number));
            lines.concat().into_bytes()
        };
        (0..count).map(version).collect()
    }

    #[test]
    fn whole_blobs_and_deltas_are_read() {
        let mut contents = versions(40);
        contents.extend([Vec::new(), vec![0; 300_000]]);
        let (directory, ids) = packed(&contents);
        let packs = Packs::open(&directory.path().join("objects"));
        let mut reader = packs.reader();
        let is_delta = |id: &Id| {
            let place = packs.0[0].find(id).expect("a place");
            matches!(packs.0[0].read(place).expect("an object").kind, Kind::Delta(_))
        };
        assert!(ids.iter().filter(|id| is_delta(id)).count() > 20);
        for _ in 0..2 {
            for (id, content) in ids.iter().zip(&contents) {
                assert_eq!(reader.blob(id).as_ref(), Some(content));
            }
        }
        assert_eq!(reader.blob(&[7; 20]), None);
    }

    #[test]
    fn what_is_no_blob_is_left_to_libgit2() {
        let directory = tempfile::tempdir().expect("a directory");
        let repository = Repository::init_bare(directory.path()).expect("a repository");
        let tree = repository.treebuilder(None).and_then(|tree| tree.write()).expect("a tree");
        let mut builder = repository.packbuilder().expect("a pack");
        builder.insert_object(tree, None).expect("an object");
        builder.write(&directory.path().join("objects/pack"), 0).expect("a pack");
        let packs = Packs::open(&directory.path().join("objects"));
        assert!(packs.0[0].find(&bytes(tree)).is_some());
        assert_eq!(packs.reader().blob(&bytes(tree)), None);
    }

    #[test]
    fn no_size_that_is_made_up_takes_memory() {
        let mut inflater = Inflater(Decompressor::new());
        assert_eq!(inflater.inflate(&[0x78, 0x9c, 3, 0, 0, 0, 0, 1], 0), Some(Vec::new()));
        for size in [1, 8 * 1032 + 1032, LONGEST, LONGEST + 1, u64::MAX] {
            assert_eq!(inflater.inflate(&[0x78, 0x9c, 3, 0, 0, 0, 0, 1], size), None, "{size}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A changed byte of the pack gives no other content.
        #[test]
        fn damage_gives_no_wrong_content(at in 0.0..1.0_f64, bit in 0..8_u32) {
            let contents = versions(12);
            let (directory, ids) = packed(&contents);
            let objects = directory.path().join("objects");
            let index = super::super::indexes(&objects.join("pack")).expect("a directory").remove(0);
            let pack = index.with_extension("pack");
            let mut bytes = std::fs::read(&pack).expect("a pack");
            // The header and the checksum of the pack are not read.
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
            let place = 12 + ((bytes.len() - 32) as f64 * at) as usize;
            bytes[place] ^= 1 << bit;
            std::fs::remove_file(&pack).expect("a pack");
            std::fs::write(&pack, bytes).expect("a pack");
            let packs = Packs::open(&objects);
            let mut reader = packs.reader();
            for (id, content) in ids.iter().zip(&contents) {
                let read = reader.blob(id);
                prop_assert!(read.is_none() || read.as_ref() == Some(content));
            }
        }
    }
}
