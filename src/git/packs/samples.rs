//! Contents of objects for the tests of this room.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Makes random bytes, which do not shrink.
pub(super) struct Noise(u32);

impl Noise {
    pub(super) fn new() -> Self {
        Self(1)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let next = |_| {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.0.to_be_bytes()[0]
        };
        (0..length).map(next).collect()
    }
}

/// Versions of one text of so many lines: each has another line changed. No two have the same length.
pub(super) fn versions(count: usize, lines: usize) -> Vec<Vec<u8>> {
    let mut lines: Vec<String> = (0..lines).map(|line| format!("line {line} of the text\n")).collect();
    let version = |number: usize| {
        let changed = number * 7 % lines.len();
        lines[changed] = format!("changed in version {number}{}\n", "!".repeat(number));
        lines.concat().into_bytes()
    };
    (0..count).map(version).collect()
}

/// A zlib stream.
pub(super) fn deflated(content: &[u8], compression: Compression) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), compression);
    encoder.write_all(content).and_then(|()| encoder.finish()).expect("memory takes every byte")
}
