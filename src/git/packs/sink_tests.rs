//! Packs as git and libgit2 make them, and packs as nobody should: what our index says of them, and what libgit2 says.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{Indexer, ObjectType, Oid, Repository};
use proptest::prelude::*;
use sha1::{Digest, Sha1};

use super::entry::{self, BLOB};
use super::incoming::{Content, Entry, Received};
use super::pack::Pack;
use super::samples::{Noise, deflated, versions};
use super::sink::PackSink;
use crate::git::Error;

/// The bytes of the index of a pack that comes in pieces of this size.
fn our_index(pack: &[u8], piece: usize) -> Result<Vec<u8>, Error> {
    let [aside, packs] = [(), ()].map(|()| tempfile::tempdir().expect("a directory"));
    let mut sink = PackSink::new(aside, packs.path().to_owned()).expect("a sink");
    for piece in pack.chunks(piece) {
        sink.write_all(piece).map_err(|error| error.downcast::<Error>().expect("an error of ours"))?;
    }
    let indexed = sink.index()?;
    let index = indexed.index();
    indexed.take_in().expect("packs can be moved");
    assert_eq!(fs::read(index.with_extension("pack")).expect("the pack"), pack);
    assert_eq!(fs::read_dir(packs.path()).expect("a directory").count(), 2);
    Ok(fs::read(index).expect("the index"))
}

/// libgit2's index of the same pack.
fn their_index(pack: &[u8]) -> Option<Vec<u8>> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut indexer = Indexer::new(None, directory.path(), 0, false).expect("an indexer");
    indexer.write_all(pack).ok()?;
    let name = indexer.commit().ok()?;
    Some(fs::read(directory.path().join(format!("pack-{name}.idx"))).expect("the index"))
}

fn refusal(pack: &[u8]) -> String {
    our_index(pack, 1000).expect_err("a pack that is refused").to_string()
}

/// A pack of these blobs, with deltas as libgit2 chooses them.
fn packed(contents: &[Vec<u8>]) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory");
    let repository = Repository::init_bare(directory.path()).expect("a repository");
    let mut builder = repository.packbuilder().expect("a pack");
    for content in contents {
        builder.insert_object(repository.blob(content).expect("a blob"), None).expect("an object");
    }
    let mut pack = git2::Buf::new();
    builder.write_buf(&mut pack).expect("a pack");
    pack.to_vec()
}

/// A pack of entries that are written by hand.
fn by_hand(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(u32::try_from(entries.len()).expect("few entries").to_be_bytes());
    pack.extend(entries.concat());
    let checksum = Sha1::digest(&pack);
    pack.extend_from_slice(&checksum);
    pack
}

fn blob(content: &[u8]) -> Vec<u8> {
    [entry::whole(BLOB, content.len() as u64), deflated(content, Compression::fast())].concat()
}

/// A delta that copies the first bytes of its base, and adds one.
fn delta_of(base: &[u8], copied: u8, added: u8) -> (Vec<u8>, Vec<u8>) {
    let length = u8::try_from(base.len()).expect("a short base");
    let instructions = vec![length, copied + 1, 0x90, copied, 1, added];
    let content = [&base[..usize::from(copied)], &[added]].concat();
    (instructions, content)
}

/// An entry with a delta against an id.
fn against(base: &[u8], instructions: &[u8]) -> Vec<u8> {
    const BY_ID: u8 = 7;
    let id = Oid::hash_object(ObjectType::Blob, base).expect("an id");
    let length = u8::try_from(instructions.len()).expect("a short delta");
    [&[BY_ID << 4 | length][..], id.as_bytes(), &deflated(instructions, Compression::fast())].concat()
}

#[test]
fn a_pack_of_git_gets_the_index_of_git() {
    let directory = tempfile::tempdir().expect("a directory");
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(directory.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]);
        assert!(command.args(args).output().expect("git").status.success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    for (number, content) in versions(30, 200).into_iter().enumerate() {
        fs::write(directory.path().join("text"), content).expect("a file");
        fs::write(directory.path().join(format!("file {number}")), format!("{number}")).expect("a file");
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", &format!("commit {number}")]);
    }
    git(&["tag", "-a", "-m", "a tag", "tag"]);
    git(&["repack", "-adfq", "--window=20", "--depth=30"]);
    let packs = directory.path().join(".git/objects/pack");
    let index = super::indexes(&packs).expect("a directory").remove(0);
    let pack = fs::read(index.with_extension("pack")).expect("the pack");
    for piece in [1, 19, 4096, usize::MAX] {
        assert!(our_index(&pack, piece).expect("an index") == fs::read(&index).expect("the index"));
    }
}

#[test]
fn objects_of_every_size_are_indexed() {
    let mut noise = Noise::new();
    // Around the limit of tests, 1 KiB, and much more.
    let sizes = [0, 1, 1023, 1024, 1025, 16_384, 70_000, 102_399, 102_400, 102_401, 300_000];
    let mut contents: Vec<Vec<u8>> = sizes.iter().map(|&size| noise.bytes(size)).collect();
    contents.extend(sizes.iter().skip(1).map(|&size| vec![7; size + 7]));
    // Large deltas.
    let large = noise.bytes(150_000);
    contents.push([&noise.bytes(5000), &large[..]].concat());
    contents.push([&large[..], &noise.bytes(5000)].concat());
    let pack = packed(&contents);
    let expected = their_index(&pack).expect("an index");
    for piece in [1000, 65_536, usize::MAX] {
        assert!(our_index(&pack, piece).expect("an index") == expected);
    }
}

#[test]
fn many_deltas_are_resolved_by_several_threads() {
    let pack = packed(&[versions(300, 40), versions(200, 90)].concat());
    assert!(our_index(&pack, 5000).expect("an index") == their_index(&pack).expect("an index"));
}

/// In tests, the limit of what is kept is 10 KiB, and each of these contents has 2 KiB.
#[test]
fn contents_that_were_dropped_are_made_again() {
    let packs = [versions(60, 100), [versions(5, 100), versions(60, 110), versions(40, 900)].concat()];
    for pack in packs.map(|contents| packed(&contents)) {
        assert!(our_index(&pack, 5000).expect("an index") == their_index(&pack).expect("an index"));
    }
    // A chain by ids, with a leaf on each level: what needs the most memory is worked on first.
    let base = vec![b'x'; 120];
    let mut entries = vec![blob(&base)];
    let mut content = base;
    for level in 0..200_u8 {
        let length = u8::try_from(content.len()).expect("a short content");
        let with = |added: u8| {
            let instructions = vec![length, length, 0x90, length - 2, 2, level, added];
            let content = [&content[..content.len() - 2], &[level, added]].concat();
            (instructions, content)
        };
        let (leaf, next) = (with(1), with(2));
        entries.extend([against(&content, &next.0), against(&content, &leaf.0)]);
        content = next.1;
    }
    entries.reverse();
    let pack = by_hand(&entries);
    assert!(our_index(&pack, 5000).expect("an index") == their_index(&pack).expect("an index"));
}

#[test]
fn offsets_beyond_two_gigabytes_have_a_table_of_their_own() {
    let directory = tempfile::tempdir().expect("a directory");
    let offsets = [12, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_2345_6789];
    let entry = |&offset: &u64| {
        let content = Content::Known([0; 20], ObjectType::Blob);
        Entry { offset, data: offset + 1, size: 1, crc: 7, content }
    };
    let entries = offsets.iter().map(entry).collect();
    let received = Received { entries, end: 0x1_2345_6799, checksum: [9; 20] };
    let ids: Vec<[u8; 20]> = [5, 3, 4, 1, 2].map(|first| [first; 20]).to_vec();
    let path = directory.path().join("pack-x.idx");
    fs::write(&path, super::new_index::index(&received, &ids).expect("an index")).expect("a file");
    fs::write(path.with_extension("pack"), "").expect("a file");
    let pack = Pack::open(&path).expect("a pack");
    for (id, offset) in ids.iter().zip(offsets) {
        assert_eq!(pack.offset(pack.find(id).expect("an object")).expect("an offset"), offset);
    }
}

#[test]
fn a_base_may_come_after_its_delta_and_a_delta_may_be_a_base() {
    let base = b"the first content";
    let (first, content) = delta_of(base, 9, b'1');
    let (second, last) = delta_of(&content, 4, b'2');
    let (third, _) = delta_of(&last, 3, b'3');
    let entries = [against(&last, &third), against(&content, &second), against(base, &first), blob(base)];
    let pack = by_hand(&entries);
    assert!(our_index(&pack, 10).expect("an index") == their_index(&pack).expect("an index"));
}

#[test]
fn a_stream_that_is_longer_than_necessary_is_read() {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for byte in b"each byte in a block of its own" {
        encoder.write_all(&[*byte]).and_then(|()| encoder.flush()).expect("memory takes every byte");
    }
    let stream = encoder.finish().expect("memory takes every byte");
    let pack = by_hand(&[[entry::whole(BLOB, 31), stream].concat(), blob(b"another")]);
    assert!(our_index(&pack, 7).expect("an index") == their_index(&pack).expect("an index"));
}

#[test]
fn malformed_packs_are_refused() {
    let base = b"the first content";
    let (delta, content) = delta_of(base, 9, b'1');
    let good = by_hand(&[blob(base), against(base, &delta)]);
    our_index(&good, 1000).expect("a good pack");
    let of_nothing = [entry::delta_before(1, 6), deflated(&delta, Compression::fast())].concat();
    let of_itself = against(&content, &delta);
    let mut other_checksum = good.clone();
    *other_checksum.last_mut().expect("a byte") ^= 1;
    let mut too_many = good.clone();
    too_many[11] = 3;
    for (pack, why) in [
        (b"PACK\0\0\0\x04\0\0\0\0".to_vec(), "it does not begin like a pack of version 2"),
        (b"PACK\0\0\0\x03\0\0\0\0".to_vec(), "it does not begin like a pack of version 2"),
        (by_hand(&[vec![0x50; 50]]), "an object has no type and size"),
        (by_hand(&[of_nothing]), "the base of a delta is no object"),
        (by_hand(&[against(b"elsewhere", &delta)]), "it lacks the base of a delta"),
        (by_hand(&[of_itself]), "it lacks the base of a delta"),
        (by_hand(&[blob(base), blob(base)]), "it has an object twice"),
        (by_hand(&[blob(base), against(base, &delta), blob(&content)]), "it has an object twice"),
        (
            by_hand(&[blob(b"too short"), against(b"too short", &delta)]),
            "a delta cannot be applied to its base",
        ),
        (
            by_hand(&[[entry::whole(BLOB, 4), deflated(b"longer", Compression::fast())].concat()]),
            "an object has another size than it says",
        ),
        (
            by_hand(&[[entry::whole(BLOB, 40), deflated(b"shorter", Compression::fast())].concat()]),
            "an object has another size than it says",
        ),
        (
            by_hand(&[[entry::whole(BLOB, 5000), deflated(b"shorter", Compression::fast())].concat()]),
            "an object has another size than it says",
        ),
        (by_hand(&[[entry::whole(BLOB, 40), vec![0xff; 100]].concat()]), "an object cannot be inflated"),
        (other_checksum, "its checksum is not that of its bytes"),
        ([good.clone(), b"more".to_vec()].concat(), "something follows its checksum"),
    ] {
        assert_eq!(
            refusal(&pack),
            format!("the server violates the git protocol: its pack is malformed: {why}")
        );
    }
    assert!(refusal(&too_many).contains("its pack is malformed"));
    for length in 0..good.len() {
        assert_eq!(refusal(&good[..length]), "the server violates the git protocol: its pack is truncated");
    }
}

#[test]
fn a_base_that_is_there_often_does_not_multiply_its_deltas() {
    // Without the second look at what is taken, each level would double the work.
    let mut entries = Vec::new();
    let mut content = b"the first content".to_vec();
    entries.extend([blob(&content), blob(&content)]);
    for _ in 0..60 {
        let (delta, next) = delta_of(&content, 9, content[9].wrapping_add(1));
        entries.extend([against(&content, &delta), against(&content, &delta)]);
        content = next;
    }
    assert!(refusal(&by_hand(&entries)).ends_with("it has an object twice"));
}

#[test]
fn no_files_are_left_if_a_pack_is_refused() {
    let [inside, packs] = [(), ()].map(|()| tempfile::tempdir().expect("a directory"));
    let aside = tempfile::tempdir_in(inside.path()).expect("a directory");
    let mut sink = PackSink::new(aside, packs.path().to_owned()).expect("a sink");
    sink.write_all(&packed(&versions(3, 9))[..100]).expect("a part of a pack");
    drop(sink);
    let is_empty = |path: &Path| fs::read_dir(path).expect("a directory").next().is_none();
    assert!(is_empty(inside.path()) && is_empty(packs.path()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Our index is that of libgit2, byte for byte, in whatever pieces the pack comes.
    #[test]
    fn an_index_is_that_of_libgit2(
        count in 0..40_usize,
        lines in 1..200_usize,
        others in proptest::collection::vec(any::<Vec<u8>>(), 0..20),
        piece in 1..3000_usize,
    ) {
        let pack = packed(&[versions(count, lines), others].concat());
        prop_assert!(our_index(&pack, piece).expect("an index") == their_index(&pack).expect("an index"));
    }

    /// A changed byte is found, if not by its object then by the checksum of the pack.
    #[test]
    fn a_changed_byte_is_found(at in any::<prop::sample::Index>(), change in 1..=u8::MAX, is_signed: bool) {
        let mut pack = packed(&versions(12, 60));
        let end = pack.len() - 20;
        let at = at.index(end);
        pack[at] ^= change;
        prop_assert!(our_index(&pack, 5000).is_err());
        // With a new checksum, the pack is either refused, or has other objects: the same as for libgit2.
        if is_signed {
            let checksum = Sha1::digest(&pack[..end]);
            pack[end..].copy_from_slice(&checksum);
            let theirs = their_index(&pack);
            prop_assert_eq!(our_index(&pack, 5000).ok(), theirs);
        }
    }
}
