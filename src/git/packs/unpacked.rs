//! What a pack unpacks to, measured while it comes.
//!
//! A delta of a few bytes can stand for hundreds of megabytes, and libgit2 builds each of them to compute its id. So a
//! small pack could keep oca busy for hours. Source: git's `gitformat-pack`.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress, Status};

use crate::git::Error;

/// What every pack may unpack to, in bytes: several times as much as a whole branch of OCA.
const FLOOR: u64 = 1 << 30;
/// What each received byte may add to it. A whole history of files that change a little each time, such as
/// translations, unpacks to about a hundred times its size.
const RATIO: u64 = 256;
/// How often an object may be built on the way to others, on average. git makes chains of at most 50 deltas.
const REBUILT: u64 = 32;
/// libgit2 keeps smaller bases of deltas in its cache.
const KEPT: u64 = 1 << 20;

/// A reader of a pack as it comes, in pieces of any length.
pub(in crate::git) struct Unpacked {
    next: Next,
    /// The received bytes.
    received: u64,
    /// The objects that have not come yet.
    left: u32,
    object: Object,
    inflater: Decompress,
    buffer: Vec<u8>,
    /// The sizes of all objects as they are packed, without compression.
    packed: u64,
    /// The sizes of all objects that deltas stand for.
    built: u64,
    /// The bytes that libgit2 writes until it has built all of them.
    work: u64,
    /// For the offset of an object: the bytes to write until it is built, and whether this is only a guess.
    costs: HashMap<u64, (u64, bool)>,
    /// The number of large objects whose chain of deltas is not known, and the sum of their sizes.
    unknown: (u64, u64),
}

enum Next {
    /// Magic, version, number of objects. The value holds the bytes before.
    Head(Vec<u8>),
    /// The type and the size of an object.
    Size(Vec<u8>),
    /// The place of the base of a delta: a distance, or an id.
    Distance(Vec<u8>),
    Id(usize),
    Data,
    /// All objects have come.
    Nothing,
}

/// The object that is being received.
#[derive(Default)]
struct Object {
    offset: u64,
    size: u64,
    delta: Option<Base>,
    /// The beginning of the instructions of a delta: the sizes of its base and of its result.
    start: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Base {
    /// The offset of the base.
    At(u64),
    /// The base is named by its id. It can be anywhere in the pack.
    Named,
}

impl Unpacked {
    pub(in crate::git) fn new() -> Self {
        Self {
            next: Next::Head(Vec::new()),
            received: 0,
            left: 0,
            object: Object::default(),
            inflater: Decompress::new(true),
            buffer: vec![0; 32 * 1024],
            packed: 0,
            built: 0,
            work: 0,
            costs: HashMap::new(),
            unknown: (0, 0),
        }
    }

    /// Takes the next bytes. It is an error if the pack is malformed, or unpacks to too much.
    pub(in crate::git) fn take(&mut self, mut came: &[u8]) -> Result<(), Error> {
        while !came.is_empty() && !matches!(self.next, Next::Nothing) {
            let used = match &self.next {
                Next::Data => self.inflate(came)?,
                _ => self.step(came[0])?,
            };
            self.received += used as u64;
            came = &came[used..];
        }
        Ok(())
    }

    /// Takes a byte that is not compressed.
    fn step(&mut self, byte: u8) -> Result<usize, Error> {
        const HEAD: usize = 12;
        const ID: usize = 20;
        match &mut self.next {
            Next::Head(bytes) => {
                bytes.push(byte);
                if let Some(head) = bytes.first_chunk::<HEAD>() {
                    if !head.starts_with(b"PACK") {
                        return Err(malformed());
                    }
                    self.left = u32::from_be_bytes([head[8], head[9], head[10], head[11]]);
                    self.next = self.after_object();
                }
            }
            Next::Size(bytes) => {
                if bytes.is_empty() {
                    self.object = Object { offset: self.received, ..Object::default() };
                }
                push(bytes, byte)?;
                if byte & 0x80 == 0 {
                    let bytes = std::mem::take(bytes);
                    let rest = number(&bytes[1..]).and_then(|rest| rest.checked_mul(16));
                    self.object.size = rest.ok_or_else(malformed)? + u64::from(bytes[0] & 0x0f);
                    self.packed = self.packed.saturating_add(self.object.size);
                    self.next = match bytes[0] >> 4 & 7 {
                        6 => Next::Distance(Vec::new()),
                        7 => Next::Id(ID),
                        _ => self.data(),
                    };
                    self.expect(self.packed <= self.limit() && self.object.size <= FLOOR)?;
                }
            }
            Next::Distance(bytes) => {
                push(bytes, byte)?;
                if byte & 0x80 == 0 {
                    let base = distance(bytes).and_then(|distance| self.object.offset.checked_sub(distance));
                    self.object.delta = Some(Base::At(base.ok_or_else(malformed)?));
                    self.next = self.data();
                }
            }
            Next::Id(left) => {
                *left -= 1;
                if *left == 0 {
                    self.object.delta = Some(Base::Named);
                    self.next = self.data();
                }
            }
            Next::Data | Next::Nothing => {}
        }
        Ok(1)
    }

    fn data(&mut self) -> Next {
        self.inflater.reset(true);
        Next::Data
    }

    /// Takes compressed bytes. Returns their number.
    fn inflate(&mut self, came: &[u8]) -> Result<usize, Error> {
        /// Enough for two sizes.
        const START: usize = 20;
        let Self { inflater, buffer, .. } = self;
        let before = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(came, buffer, FlushDecompress::None).map_err(|_| malformed())?;
        let used = usize::try_from(inflater.total_in() - before.0).map_err(|_| malformed())?;
        let out = usize::try_from(inflater.total_out() - before.1).map_err(|_| malformed())?;
        if inflater.total_out() > self.object.size || (used == 0 && out == 0 && status != Status::StreamEnd) {
            return Err(malformed());
        }
        if self.object.delta.is_some() && self.object.start.len() < START {
            self.object.start.extend_from_slice(&self.buffer[..out.min(START)]);
        }
        if status == Status::StreamEnd {
            self.note_object()?;
            self.left -= 1;
            self.next = self.after_object();
            if self.left == 0 {
                self.judge()?;
            }
        }
        Ok(used)
    }

    fn after_object(&self) -> Next {
        if self.left == 0 { Next::Nothing } else { Next::Size(Vec::new()) }
    }

    fn note_object(&mut self) -> Result<(), Error> {
        let Object { offset, size, delta, ref start } = self.object;
        let Some(base) = delta else {
            self.costs.insert(offset, (size, false));
            return Ok(());
        };
        let sizes = sizes(start).ok_or_else(malformed)?;
        let (base_size, result) = sizes;
        self.expect(result <= FLOOR)?;
        let (before, is_guess) = match base {
            Base::At(base) => *self.costs.get(&base).ok_or_else(malformed)?,
            Base::Named => (base_size, true),
        };
        let cost = before.saturating_add(result);
        let size = base_size.max(result);
        if is_guess && size > KEPT {
            self.unknown = (self.unknown.0 + 1, self.unknown.1.saturating_add(size));
        }
        self.costs.insert(offset, (cost, is_guess));
        self.built = self.built.saturating_add(result);
        self.work = self.work.saturating_add(cost);
        Ok(())
    }

    /// Called when the whole pack is here: deltas, which are small, may come before everything else. libgit2 builds
    /// their objects after this.
    fn judge(&self) -> Result<(), Error> {
        let guessed = self.unknown.0.saturating_mul(self.unknown.1);
        let limit = self.limit();
        self.expect(self.built <= limit && self.work.saturating_add(guessed) <= limit.saturating_mul(REBUILT))
    }

    fn limit(&self) -> u64 {
        FLOOR.saturating_add(self.received.saturating_mul(RATIO))
    }

    fn expect(&self, is_within: bool) -> Result<(), Error> {
        if is_within { Ok(()) } else { Err(Error::Inflated { received: self.received }) }
    }
}

/// Adds a byte to a number.
fn push(bytes: &mut Vec<u8>, byte: u8) -> Result<(), Error> {
    const LONGEST: usize = 16;
    bytes.push(byte);
    if bytes.len() <= LONGEST { Ok(()) } else { Err(malformed()) }
}

fn malformed() -> Error {
    Error::Protocol { why: "its pack is malformed".to_owned() }
}

/// A number in groups of seven bits, lowest first.
fn number(bytes: &[u8]) -> Option<u64> {
    bytes
        .iter()
        .rev()
        .try_fold(0_u64, |number, byte| number.checked_mul(128)?.checked_add(u64::from(byte & 0x7f)))
}

/// The distance to the base of a delta; see `varying` in `copy.rs`.
fn distance(bytes: &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    let add =
        |number: u64, byte: &u8| number.checked_add(1)?.checked_mul(128)?.checked_add(u64::from(byte & 0x7f));
    rest.iter().try_fold(u64::from(first & 0x7f), add)
}

/// The two sizes at the beginning of the instructions of a delta: of its base and of its result.
fn sizes(start: &[u8]) -> Option<(u64, u64)> {
    let end = |bytes: &[u8]| bytes.iter().position(|byte| byte & 0x80 == 0).map(|end| end + 1);
    let (base, rest) = start.split_at(end(start)?);
    Some((number(base)?, number(&rest[..end(rest)?])?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::super::copy::{header, varying};
    use super::*;

    const MEGABYTE: u64 = 1 << 20;

    fn deflated(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).expect("memory takes every byte");
        encoder.finish().expect("memory takes every byte")
    }

    fn blob(data: &[u8]) -> Vec<u8> {
        [header(3, data.len() as u64), deflated(data)].concat()
    }

    /// A delta. Only its sizes are right. Without a distance, it names its base by an id.
    fn delta(distance: Option<u64>, base: u64, result: u64) -> Vec<u8> {
        let low = |size: u64| u8::try_from(size & 0x7f).expect("seven bits");
        let size = |mut size: u64| {
            let mut bytes = Vec::new();
            while size > 0x7f {
                bytes.push(low(size) | 0x80);
                size >>= 7;
            }
            bytes.push(low(size));
            bytes
        };
        let data = [size(base), size(result), vec![0x80; 9]].concat();
        let (kind, place) = distance.map_or((7, vec![1; 20]), |distance| (6, varying(distance)));
        [header(kind, data.len() as u64), place, deflated(&data)].concat()
    }

    /// Takes a pack of these objects, in pieces of a few bytes.
    fn take(objects: &[Vec<u8>]) -> Result<(), Error> {
        let count = u32::try_from(objects.len()).expect("few objects").to_be_bytes();
        let pack = [b"PACK\0\0\0\x02", &count[..], &objects.concat(), &[0; 20]].concat();
        let mut unpacked = Unpacked::new();
        pack.chunks(7).try_for_each(|piece| unpacked.take(piece))?;
        assert!(matches!(unpacked.next, Next::Nothing), "the end was found");
        Ok(())
    }

    /// Deltas, each against the object before it or, if not, against the first one.
    fn deltas(count: usize, is_chain: bool, size: u64) -> Vec<Vec<u8>> {
        let mut objects = vec![blob(&[0; 100])];
        for _ in 0..count {
            let before = if is_chain { objects.last().map_or(0, Vec::len) } else { objects.concat().len() };
            objects.push(delta(Some(before as u64), size, size));
        }
        objects
    }

    #[test]
    fn an_honest_pack_passes_and_its_end_is_found() {
        assert!(take(&[]).is_ok());
        assert!(take(&[blob(b""), blob(&vec![7; 100_000]), blob(b"x")]).is_ok());
        assert!(take(&deltas(50, true, MEGABYTE)).is_ok());
        assert!(take(&deltas(900, false, MEGABYTE)).is_ok());
        assert!(take(&[vec![delta(None, 100_000, 100_000); 2000], vec![blob(b"x")]].concat()).is_ok());
    }

    #[test]
    fn a_small_pack_that_unpacks_to_too_much_is_refused() {
        let large = 268 * MEGABYTE;
        for (case, objects) in [
            ("one object", vec![[header(3, 2 * FLOOR), deflated(b"x")].concat()]),
            ("one delta", vec![delta(None, 1, 2 * FLOOR)]),
            ("deltas against one object", deltas(20, false, large)),
            ("named bases", vec![delta(None, 1, large); 20]),
            ("a chain", deltas(900, true, MEGABYTE)),
            ("a chain of named bases", vec![delta(None, 2 * MEGABYTE, 2 * MEGABYTE); 400]),
        ] {
            let refused = take(&objects);
            assert!(matches!(refused, Err(Error::Inflated { received: 1.. })), "{case}: {refused:?}");
        }
    }

    #[test]
    fn a_malformed_pack_is_refused() {
        for (case, objects) in [
            ("a size without an end", vec![vec![0xff; 20]]),
            ("data longer than its size", vec![[header(3, 1), deflated(b"xx")].concat()]),
            ("no zlib", vec![[header(3, 1), vec![0xff; 9]].concat()]),
            ("a base before the pack", vec![delta(Some(99), 1, 1)]),
            ("a base that is no object", vec![blob(b"x"), delta(Some(1), 1, 1)]),
            ("a delta without sizes", vec![[header(7, 1), vec![1; 20], deflated(b"\xff")].concat()]),
        ] {
            let refused = take(&objects);
            assert!(matches!(refused, Err(Error::Protocol { .. })), "{case}: {refused:?}");
        }
        assert!(Unpacked::new().take(b"PUCK\0\0\0\x02\0\0\0\0").is_err());
    }
}
