//! Blobs out of packs, for the many files of an export or a new checkout.
//!
//! libgit2 reads the same blobs, but it inflates piece by piece, and reads the base of a delta often. Here the whole
//! input and the room for the whole output are there, so libdeflate can be used, which takes half the instructions.
//!
//! What cannot be read is left to libgit2, whose errors lead to the repair of a store.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::bases::{Base, Bases};
use super::entry::{BLOB, Id};
use super::inflate::Inflater;
use super::pack::{Kind, largest_packs};
use super::window::{Source, Window};
use crate::patch::{LONGEST_DELTA, apply_delta, apply_delta_in};

/// In bytes. libgit2 reads what is longer.
const LONGEST: u64 = LONGEST_DELTA as u64;
/// The most deltas in a chain. git makes chains of 50.
const DEEPEST: usize = 250;

/// The packs of an object database, for many threads.
pub(crate) struct Packs {
    /// The directory of the object database.
    objects: PathBuf,
    sources: Vec<Source>,
}

impl Packs {
    /// Opens the packs of an `objects` directory, at most a few of them. Packs that cannot be read are skipped.
    pub(in crate::git) fn open(objects: &Path) -> Arc<Self> {
        /// Each is an open file, and many stores are read at once. The files of a commit are mostly in one pack.
        const MOST: usize = 4;
        let sources = largest_packs(objects, MOST).into_iter().map(Source::from).collect();
        Arc::new(Self { objects: objects.to_owned(), sources })
    }

    #[cfg(any(fuzzing, test))]
    pub(in crate::git) fn of(pack: super::Pack) -> Arc<Self> {
        Arc::new(Self { objects: PathBuf::new(), sources: vec![pack.into()] })
    }

    /// A reader for one thread.
    pub(in crate::git) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            packs: Arc::clone(self),
            window: Window::default(),
            inflater: Inflater::new(),
            bases: Bases::default(),
            delta: Vec::new(),
        }
    }
}

/// Reads blobs one after the other.
pub(in crate::git) struct Reader {
    packs: Arc<Packs>,
    window: Window,
    inflater: Inflater,
    bases: Bases,
    /// The instructions of a delta.
    delta: Vec<u8>,
}

/// Where a pack has an object.
struct Stored {
    pack: usize,
    range: Range<u64>,
    kind: Kind,
    /// The uncompressed length in bytes.
    size: u64,
    /// The length of its header in bytes.
    header: usize,
}

impl Reader {
    /// Opens the packs again, after they were replaced.
    pub(in crate::git) fn open_again(&mut self) {
        *self = Packs::open(&self.packs.objects).reader();
    }

    /// Reads a blob into a buffer that is used again, and so may be longer. Returns the length of the blob. `None` if the
    /// packs do not have the blob, or it cannot be read here. As with libgit2, its id is not computed again: this was done
    /// when the pack was indexed.
    pub(in crate::git) fn blob(&mut self, id: &Id, buffer: &mut Vec<u8>) -> Option<usize> {
        let (kind, length) = self.object(id, buffer)?;
        (kind == BLOB).then_some(length)
    }

    fn object(&mut self, id: &Id, buffer: &mut Vec<u8>) -> Option<(u8, usize)> {
        // From the object down to one that is whole or known. Deltas are inflated on the way back, one at a time: a hostile
        // chain of them has no end.
        let (mut deltas, mut next) = (Vec::new(), *id);
        let mut base = loop {
            if let Some(base) = self.bases.get(&next) {
                break base;
            }
            let stored = self.find(&next)?;
            match stored.kind {
                Kind::Whole(kind) => {
                    let length = self.inflate(&stored, buffer)?;
                    let is_wanted = deltas.is_empty();
                    if !is_wanted || self.is_base(&stored, &next) == Some(true) {
                        let base = Rc::new(Base { kind, content: buffer[..length].to_vec() });
                        self.bases.keep(next, &base);
                        if !is_wanted {
                            break base;
                        }
                    }
                    return Some((kind, length));
                }
                Kind::Delta(base) if deltas.len() < DEEPEST => {
                    deltas.push((next, stored));
                    next = base;
                }
                Kind::Delta(_) => return None,
            }
        };
        while let Some((id, stored)) = deltas.pop() {
            let mut delta = std::mem::take(&mut self.delta);
            let length = self.inflate(&stored, &mut delta)?;
            let instructions = &delta[..length];
            // The wanted object too can be a base.
            if deltas.is_empty() && self.is_base(&stored, &id) == Some(false) {
                apply_delta_in(&base.content, instructions, LONGEST_DELTA, buffer)?;
                self.delta = delta;
                return Some((base.kind, buffer.len()));
            }
            let content = apply_delta(&base.content, instructions, LONGEST_DELTA)?;
            self.delta = delta;
            base = Rc::new(Base { kind: base.kind, content });
            self.bases.keep(id, &base);
        }
        let length = base.content.len();
        buffer.clear();
        buffer.extend_from_slice(&base.content);
        Some((base.kind, length))
    }

    fn find(&mut self, id: &Id) -> Option<Stored> {
        let found = |(number, source): (usize, &Source)| Some((number, source.pack.find(id)?));
        let (number, place) = self.packs.sources.iter().enumerate().find_map(found)?;
        let source = &self.packs.sources[number];
        let range = source.pack.range(place).ok()?;
        let bytes = self.window.first_bytes(number, source, &range)?;
        let (kind, size, header) = source.pack.header(bytes, range.start).ok()?;
        Some(Stored { pack: number, range, kind, size, header })
    }

    /// Whether a delta is based on an object. `None` if this is not known.
    fn is_base(&self, stored: &Stored, id: &Id) -> Option<bool> {
        self.packs.sources[stored.pack].is_base(id)
    }

    /// Inflates an object, or the instructions of a delta. Returns its length.
    fn inflate(&mut self, stored: &Stored, buffer: &mut Vec<u8>) -> Option<usize> {
        let Stored { pack, range, size, header, .. } = stored;
        if !is_possible(*size, range.end - range.start) {
            return None;
        }
        let bytes = self.window.read(*pack, &self.packs.sources[*pack], range)?;
        let size = usize::try_from(*size).ok()?;
        self.inflater.inflate_into(&bytes[*header..], size, buffer)?;
        Some(size)
    }
}

/// Whether this number of bytes in a pack can be inflated to this size, and both are small enough. So a size that is made up
/// takes no memory.
fn is_possible(size: u64, packed: u64) -> bool {
    /// Deflate makes nothing smaller than this part of it.
    const BEST: u64 = 1032;
    size <= LONGEST && packed <= LONGEST && size / BEST <= packed
}

#[cfg(test)]
mod tests {
    use git2::{ObjectType, Repository};
    use proptest::prelude::*;

    use super::super::samples::{Noise, deflated, versions};
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

    fn blob(reader: &mut Reader, id: &Id) -> Option<Vec<u8>> {
        let mut buffer = vec![7; 3];
        let length = reader.blob(id, &mut buffer)?;
        Some(buffer[..length].to_vec())
    }

    #[test]
    fn whole_blobs_and_deltas_are_read() {
        let mut contents = versions(40, 300);
        contents.extend([Vec::new(), vec![0; 300_000]]);
        let (directory, ids) = packed(&contents);
        let packs = Packs::open(&directory.path().join("objects"));
        let mut reader = packs.reader();
        let is_delta = |id: &Id| {
            let place = packs.sources[0].pack.find(id).expect("a place");
            matches!(packs.sources[0].pack.read(place).expect("an object").kind, Kind::Delta(_))
        };
        assert!(ids.iter().filter(|id| is_delta(id)).count() > 20);
        for _ in 0..2 {
            for (id, content) in ids.iter().zip(&contents) {
                assert_eq!(blob(&mut reader, id).as_ref(), Some(content));
            }
        }
        assert_eq!(blob(&mut reader, &[7; 20]), None);
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
        assert!(packs.sources[0].pack.find(&bytes(tree)).is_some());
        assert_eq!(blob(&mut packs.reader(), &bytes(tree)), None);
    }

    #[test]
    fn a_size_that_is_made_up_takes_no_memory() {
        assert!(is_possible(0, 8) && is_possible(8 * 1032, 8) && is_possible(LONGEST, LONGEST));
        for (size, packed) in [(9 * 1032, 8), (LONGEST + 1, LONGEST), (1, LONGEST + 1), (u64::MAX, u64::MAX)]
        {
            assert!(!is_possible(size, packed), "{size} of {packed}");
        }
    }

    #[test]
    fn objects_that_are_larger_than_a_window_are_read() {
        let mut noise = Noise::new();
        let mut contents = vec![noise.bytes(600_000)];
        for number in 0..4 {
            // libgit2 looks for bases among objects of a similar size.
            let base = noise.bytes(100_000 - 100 * number);
            let mut other = base.clone();
            other.extend(b"more");
            contents.extend([base, other]);
        }
        let (directory, ids) = packed(&contents);
        let packs = Packs::open(&directory.path().join("objects"));
        let mut reader = packs.reader();
        for (id, content) in ids.iter().zip(&contents).chain(ids.iter().zip(&contents).rev()) {
            assert!(blob(&mut reader, id).as_ref() == Some(content));
        }
    }

    #[test]
    fn a_chain_that_is_too_deep_is_left_to_libgit2() {
        let directory = tempfile::tempdir().expect("a directory");
        let index = hand_made(directory.path(), DEEPEST + 1);
        let packs = Packs::of(super::super::Pack::open(&index).expect("a pack"));
        let id = |number: usize| {
            let mut id = [0; 20];
            id[..2].copy_from_slice(&u16::try_from(number).expect("few").to_be_bytes());
            id
        };
        assert_eq!(blob(&mut packs.reader(), &id(DEEPEST)).as_deref(), Some(&b"x"[..]));
        assert_eq!(blob(&mut packs.reader(), &id(DEEPEST + 1)), None);
    }

    /// A pack with the blob `x` and this number of deltas in one chain. The ids are their numbers.
    fn hand_made(directory: &Path, deltas: usize) -> std::path::PathBuf {
        use super::super::entry::{delta_before, whole};
        let deflated = |content: &[u8]| deflated(content, flate2::Compression::fast());
        let mut pack = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
        let mut offsets = vec![pack.len()];
        pack.extend([whole(BLOB, 1), deflated(b"x")].concat());
        for _ in 0..deltas {
            let distance = pack.len() - offsets.last().expect("one");
            offsets.push(pack.len());
            // Both lengths are 1, and one byte is copied.
            let delta = [1, 1, 0x90, 1];
            pack.extend([delta_before(distance as u64, 4), deflated(&delta)].concat());
        }
        pack.extend([0; 20]);
        let mut index = vec![0xff, b't', b'O', b'c', 0, 0, 0, 2];
        for first in 0..256_usize {
            index.extend(u32::try_from(offsets.len().min((first + 1) << 8)).expect("few").to_be_bytes());
        }
        for number in 0..offsets.len() {
            index.extend(u16::try_from(number).expect("few").to_be_bytes());
            index.extend([0; 18]);
        }
        index.extend(vec![0; 4 * offsets.len()]);
        index.extend(offsets.iter().flat_map(|&offset| u32::try_from(offset).expect("few").to_be_bytes()));
        index.extend([0; 40]);
        let path = directory.join("pack-x.idx");
        std::fs::write(&path, index).expect("a file");
        std::fs::write(path.with_extension("pack"), pack).expect("a file");
        path
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A changed byte of the pack gives no other content here. Only their lengths tell two bases apart, since ids are
        /// not computed again.
        #[test]
        fn damage_of_compressed_data_is_seen(at in 0.0..1.0_f64, bit in 0..8_u32) {
            let contents = versions(12, 300);
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
                let read = blob(&mut reader, id);
                prop_assert!(read.is_none() || read.as_ref() == Some(content));
            }
        }
    }
}
