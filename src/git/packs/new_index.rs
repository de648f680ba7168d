//! Makes the index of a pack, version 2.
//!
//! Source: git's `gitformat-pack`.

use sha1::{Digest, Sha1};

use super::entry::Id;
use super::hash::{malformed, twice};
use super::incoming::Received;
use super::pack::{IS_LONG, MAGIC};
use crate::git::Error;

/// The index of a pack whose objects have these ids, in the order of the pack.
pub(super) fn index(received: &Received, ids: &[Id]) -> Result<Vec<u8>, Error> {
    let mut sorted: Vec<_> = ids.iter().zip(&received.entries).collect();
    sorted.sort_unstable_by_key(|(id, _)| *id);
    if sorted.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(twice());
    }
    let mut bytes = MAGIC.to_vec();
    for first in 0..=u8::MAX {
        bytes.extend(count(sorted.partition_point(|(id, _)| id[0] <= first))?.to_be_bytes());
    }
    for (id, _) in &sorted {
        bytes.extend_from_slice(&id[..]);
    }
    for (_, entry) in &sorted {
        bytes.extend(entry.crc.to_be_bytes());
    }
    let mut long = Vec::new();
    for (_, entry) in &sorted {
        let short = match u32::try_from(entry.offset) {
            Ok(short) if short & IS_LONG == 0 => short,
            _ => {
                long.push(entry.offset);
                IS_LONG | count(long.len() - 1)?
            }
        };
        bytes.extend(short.to_be_bytes());
    }
    bytes.extend(long.into_iter().flat_map(u64::to_be_bytes));
    bytes.extend_from_slice(&received.checksum);
    let checksum = Sha1::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    Ok(bytes)
}

fn count(number: usize) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| malformed("it has too many objects"))
}
