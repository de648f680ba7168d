//! The start of an object in a pack: its type, its size, and the base of a delta.
//!
//! Source: git's `gitformat-pack`.

use git2::ObjectType;

pub(super) type Id = [u8; 20];

/// In bytes. No start is longer: a size, and a distance or an id.
pub(super) const LONGEST: usize = 40;

pub(super) const COMMIT: u8 = 1;
const TREE: u8 = 2;
pub(super) const BLOB: u8 = 3;
const TAG: u8 = 4;
const BY_OFFSET: u8 = 6;
const BY_ID: u8 = 7;

/// The start of an object.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Start {
    pub(super) kind: StartKind,
    /// The uncompressed length in bytes; for a delta, that of its instructions.
    pub(super) size: u64,
    /// The number of bytes that the start itself takes.
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StartKind {
    /// A whole object; the value is the number of its type.
    Whole(u8),
    Delta(DeltaBase),
}

/// The object on which a delta is based.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum DeltaBase {
    /// It begins this number of bytes before the delta.
    Before(u64),
    Id(Id),
}

impl Start {
    /// Reads a start. `None` if it is malformed, or goes on after `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.iter();
        let first = *rest.next()?;
        let (mut size, mut shift, mut last) = (u64::from(first & 0x0f), 4, first);
        while last & 0x80 != 0 {
            last = *rest.next()?;
            size |= u64::from(last & 0x7f).checked_shl(shift)?;
            shift += 7;
        }
        let kind = match first >> 4 & 0x07 {
            whole @ COMMIT..=TAG => StartKind::Whole(whole),
            BY_OFFSET => {
                let mut last = *rest.next()?;
                let mut distance = u64::from(last & 0x7f);
                while last & 0x80 != 0 {
                    last = *rest.next()?;
                    distance = distance.checked_add(1)?.checked_mul(128)? | u64::from(last & 0x7f);
                }
                StartKind::Delta(DeltaBase::Before(distance))
            }
            BY_ID => {
                let base = *rest.as_slice().first_chunk()?;
                rest = rest.as_slice()[base.len()..].iter();
                StartKind::Delta(DeltaBase::Id(base))
            }
            _ => return None,
        };
        Some(Self { kind, size, length: bytes.len() - rest.as_slice().len() })
    }
}

/// The type with this number, which is between [`COMMIT`] and [`TAG`].
pub(super) fn type_of(number: u8) -> ObjectType {
    match number {
        COMMIT => ObjectType::Commit,
        TREE => ObjectType::Tree,
        BLOB => ObjectType::Blob,
        _ => ObjectType::Tag,
    }
}

/// The number of a type.
pub(super) fn number_of(kind: ObjectType) -> u8 {
    match kind {
        ObjectType::Commit => COMMIT,
        ObjectType::Tree => TREE,
        ObjectType::Tag => TAG,
        _ => BLOB,
    }
}

/// Writes the start of a whole object.
pub(super) fn whole(kind: u8, size: u64) -> Vec<u8> {
    start(kind, size)
}

/// Writes the start of a delta against the object that begins this number of bytes before it.
pub(super) fn delta_before(distance: u64, size: u64) -> Vec<u8> {
    [start(BY_OFFSET, size), varying(distance)].concat()
}

/// The type in three bits, and the size in four bits of the first byte and seven bits of each other byte, lowest bits
/// first.
fn start(kind: u8, size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut byte, mut rest) = (kind << 4 | low_bits(size, 4), size >> 4);
    while rest > 0 {
        bytes.push(byte | 0x80);
        (byte, rest) = (low_bits(rest, 7), rest >> 7);
    }
    bytes.push(byte);
    bytes
}

/// Seven bits in each byte, highest bits first. All bytes except the last hold one less.
fn varying(distance: u64) -> Vec<u8> {
    let mut bytes = vec![low_bits(distance, 7)];
    let mut rest = distance >> 7;
    while rest > 0 {
        rest -= 1;
        bytes.push(low_bits(rest, 7) | 0x80);
        rest >>= 7;
    }
    bytes.reverse();
    bytes
}

fn low_bits(number: u64, bits: u32) -> u8 {
    u8::try_from(number & ((1 << bits) - 1)).expect("at most seven bits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_and_distances_are_written_as_git_writes_them() {
        // The type in bits 4 to 6, then the size from its lowest bits on.
        assert_eq!(whole(3, 0), [0x30]);
        assert_eq!(whole(3, 15), [0x3f]);
        assert_eq!(whole(1, 16), [0x90, 0x01]);
        assert_eq!(whole(2, 15 + (127 << 4) + (1 << 11)), [0xaf, 0xff, 0x01]);
        // From the highest bits on. Each distance has exactly one form.
        assert_eq!(delta_before(1, 0), [0x60, 0x01]);
        assert_eq!(delta_before(127, 0), [0x60, 0x7f]);
        assert_eq!(delta_before(128, 0), [0x60, 0x80, 0x00]);
        assert_eq!(delta_before(128 + 16_384, 0), [0x60, 0x80, 0x80, 0x00]);
        assert_eq!(delta_before(16_511, 0), [0x60, 0xff, 0x7f]);
    }

    #[test]
    fn each_type_has_its_number() {
        for number in COMMIT..=TAG {
            assert_eq!(number_of(type_of(number)), number);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(kind in COMMIT..=TAG, size: u64, distance: u64, rest: Vec<u8>) {
            let (whole, delta) = (whole(kind, size), delta_before(distance, size));
            for (written, kind) in [(whole, StartKind::Whole(kind)), (delta, StartKind::Delta(DeltaBase::Before(distance)))] {
                let length = written.len();
                prop_assert!(length <= LONGEST);
                let read = Start::read(&[&written[..], &rest].concat());
                prop_assert_eq!(read, Some(Start { kind, size, length }));
                prop_assert_eq!(Start::read(&written[..length - 1]), None);
            }
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some(start) = Start::read(&bytes) {
                prop_assert!(start.length <= bytes.len().min(LONGEST));
            }
        }
    }
}
