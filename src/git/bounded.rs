//! A limit on everything that a server sends besides the pack, for libgit2's own protocol. libgit2 keeps every ref that
//! a server lists, and reads progress messages without a limit.
//!
//! Source of the framing: git's `gitprotocol-common`.

use std::io::{self, Read};

use super::{Error, pace};

/// Several times as much as repositories with the most refs advertise.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Progress messages, which oca did not request, and empty pieces of a pack.
const MOST_MESSAGES: usize = 100_000;

/// A reader that counts what it passes on. It does not count the pack: `git::packs` has its own limit.
pub(super) struct Bounded<R> {
    inner: R,
    next: Next,
    bytes: usize,
    messages: usize,
}

/// What the next byte is.
enum Next {
    /// One of the four digits of a length. The value holds the digits before it.
    Length(Vec<u8>),
    /// The first byte of a packet: its band, if the server uses bands. The value is the number of bytes of the packet.
    Band(usize),
    /// Part of a packet. The value is the number of bytes that are left.
    Rest(usize),
    /// Part of a packet of the pack. The value is the number of bytes that are left.
    Pack(usize),
    /// Not a packet: a pack from a server without bands.
    Anything,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, next: Next::Length(Vec::new()), bytes: 0, messages: 0 }
    }

    pub(super) fn inner(&mut self) -> &mut R {
        &mut self.inner
    }

    /// Counts received bytes. Returns whether they are within the limit.
    fn admit(&mut self, mut came: &[u8]) -> bool {
        const PACK: u8 = 1;
        const PROGRESS: u8 = 2;
        while let Some(&first) = came.first() {
            let used = match &mut self.next {
                Next::Length(digits) => {
                    digits.push(first);
                    if digits.len() == 4 {
                        self.bytes += 4;
                        self.next = after_length(digits);
                    }
                    1
                }
                &mut Next::Band(length) => {
                    self.bytes += if first == PACK { 0 } else { length };
                    if first == PROGRESS || (first == PACK && length == 1) {
                        self.messages += 1;
                        pace::is_at_work();
                    }
                    let kind = if first == PACK { Next::Pack } else { Next::Rest };
                    self.next = rest(kind, length - 1);
                    1
                }
                &mut Next::Pack(length) => {
                    let used = length.min(came.len());
                    pace::pack_came(used);
                    self.next = rest(Next::Pack, length - used);
                    used
                }
                &mut Next::Rest(length) => {
                    let used = length.min(came.len());
                    self.next = rest(Next::Rest, length - used);
                    used
                }
                Next::Anything => {
                    pace::pack_came(came.len());
                    came.len()
                }
            };
            came = &came[used..];
        }
        self.bytes <= MOST_BYTES && self.messages <= MOST_MESSAGES
    }
}

fn after_length(digits: &[u8]) -> Next {
    let text = str::from_utf8(digits).ok();
    match text.and_then(|text| usize::from_str_radix(text, 16).ok()) {
        // A flush or another special packet, or an empty one.
        Some(0..=4) => Next::Length(Vec::new()),
        Some(length) => Next::Band(length - 4),
        None => Next::Anything,
    }
}

fn rest(kind: fn(usize) -> Next, length: usize) -> Next {
    if length == 0 { Next::Length(Vec::new()) } else { kind(length) }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if self.admit(&buffer[..count]) { Ok(count) } else { Err(io::Error::other(Error::Endless)) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read, copy, repeat, sink};

    use super::{Bounded, MOST_BYTES};

    fn passes(text: &[u8], times: usize) -> bool {
        let all = io::Cursor::new(text.repeat(times));
        copy(&mut Bounded::new(all), &mut sink()).is_ok()
    }

    #[test]
    fn messages_are_limited_and_a_pack_is_not() {
        assert!(passes(b"0014\x02still counting\n", 100_000));
        assert!(!passes(b"0014\x02still counting\n", 100_001));
        assert!(passes(b"0005\x01", 100_000));
        assert!(!passes(b"0005\x01", 100_001));
        let line = [b"fff0".as_slice(), &vec![b'a'; 0xffec]].concat();
        assert!(passes(&line, 1000));
        assert!(!passes(&line, 1030));
        let pack = [b"fff0\x01".as_slice(), &vec![b'a'; 0xffeb]].concat();
        assert!(passes(&pack, 1030));
        assert!(passes(b"0000", 1000));
        assert!(!passes(b"0000", MOST_BYTES / 4 + 1));
        let raw = Cursor::new(b"0008NAK\nPACK").chain(repeat(b'0').take(2 * MOST_BYTES as u64));
        assert!(copy(&mut Bounded::new(raw), &mut sink()).is_ok());
    }
}
