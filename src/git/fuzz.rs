//! The fuzz targets of this room; see `src/fuzz.rs`.

use std::io::Write;

use super::address::Address;
use super::bounded::Bounded;
use super::packs::{Pack, PackSink, Packs};
use super::wire;
use crate::repo::RemoteUrl;

pub(crate) fn address(url: &RemoteUrl) {
    let _any = Address::parse(url);
}

pub(crate) fn pkt_line(input: &[u8]) {
    wire::fuzz(input);
    let mut bounded = Bounded::new(input);
    let _any = std::io::copy(&mut bounded, &mut std::io::sink());
}

/// A pack from a server.
pub(crate) fn pack(input: &[u8]) {
    let aside = tempfile::tempdir().expect("a temporary directory");
    let packs = tempfile::tempdir().expect("a temporary directory");
    let Ok(mut sink) = PackSink::new(aside, packs.path().to_owned()) else { return };
    if sink.write_all(input).is_ok()
        && let Ok(indexed) = sink.index()
    {
        read_all(indexed.open().expect("what was indexed can be opened"));
    }
}

/// A pack and its index in somebody else's repository. The first two bytes of the input are the length of the index.
#[expect(clippy::disallowed_methods, reason = "files that nobody else reads")]
pub(crate) fn pack_index(input: &[u8]) {
    let Some((length, rest)) = input.split_first_chunk() else { return };
    let (index, pack) = rest.split_at(usize::from(u16::from_be_bytes(*length)).min(rest.len()));
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("pack-x.idx");
    std::fs::write(&file, index).expect("a temporary file can be written");
    std::fs::write(file.with_extension("pack"), pack).expect("a temporary file can be written");
    if let Ok(pack) = Pack::open(&file) {
        read_all(pack);
    }
}

fn read_all(pack: Pack) {
    let ids: Vec<[u8; 20]> = pack.ids().copied().take(1000).collect();
    for place in 0..ids.len() {
        let _any = pack.read(place);
    }
    let packs = Packs::of(pack);
    let (mut reader, mut buffer) = (packs.reader(), Vec::new());
    for id in &ids {
        let _any = reader.blob(id, &mut buffer);
    }
}
