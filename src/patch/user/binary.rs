//! Binary contents in a patch of the user: compressed, whole or as a delta.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::UserContent;
use crate::patch::binary::read_line;
use crate::patch::error::Error;
use crate::patch::lines::{Lines, number};

/// The longest content, in bytes.
const LONGEST: usize = 64 << 20;

/// Reads what follows `GIT binary patch`: the new content, and perhaps how to go back.
pub(super) fn take(lines: &mut Lines<'_>) -> Result<UserContent, Error> {
    let why = "`literal` or `delta` must follow `GIT binary patch`";
    let forward = take_block(lines)?.ok_or_else(|| lines.next_error(why))?;
    take_block(lines)?;
    Ok(forward)
}

fn take_block(lines: &mut Lines<'_>) -> Result<Option<UserContent>, Error> {
    let (is_literal, length) = match (lines.take_after("literal "), lines.take_after("delta ")) {
        (Some(length), _) => (true, length),
        (None, Some(length)) => (false, length),
        (None, None) => return Ok(None),
    };
    let start = lines.number;
    let damaged = || Error::Syntax { line: start, why: "the binary content is damaged" };
    let (length, _) = number(length).ok_or_else(damaged)?;
    if length > LONGEST {
        return Err(Error::Unsupported { line: start, what: "a binary content of more than 64 MiB" });
    }
    let mut stream = Vec::new();
    while let Some(line) = lines.take().map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
        read_line(line, &mut stream).ok_or_else(|| lines.error("this is not a line of a binary patch"))?;
    }
    let mut content = Vec::new();
    let inflated = ZlibDecoder::new(&stream[..]).take(length as u64 + 1).read_to_end(&mut content);
    if inflated.is_err() || content.len() != length {
        return Err(damaged());
    }
    Ok(Some(if is_literal { UserContent::Literal(content) } else { UserContent::Delta(content) }))
}

/// Applies a delta as git's packs have them: numbers of seven bits a byte, then copies and insertions.
pub(super) fn apply_delta(old: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let (old_length, rest) = varint(delta)?;
    let (length, mut rest) = varint(rest)?;
    if old_length != old.len() || length > LONGEST {
        return None;
    }
    let mut new = Vec::new();
    while let Some((&code, after)) = rest.split_first() {
        rest = after;
        let piece = if code & 0x80 == 0 {
            let (piece, after) = rest.split_at_checked(usize::from(code)).filter(|_| code > 0)?;
            rest = after;
            piece
        } else {
            let mut field = |bits: std::ops::Range<u32>| -> Option<usize> {
                let mut value = 0;
                for (place, bit) in bits.enumerate() {
                    if code >> bit & 1 == 1 {
                        let (&byte, after) = rest.split_first()?;
                        rest = after;
                        value |= usize::from(byte) << (8 * place);
                    }
                }
                Some(value)
            };
            let (offset, size) = (field(0..4)?, field(4..7)?);
            let size = if size == 0 { 0x10000 } else { size };
            old.get(offset..offset.checked_add(size)?)?
        };
        if new.len() + piece.len() > length {
            return None;
        }
        new.extend_from_slice(piece);
    }
    (new.len() == length).then_some(new)
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (place, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f).checked_shl(7 * u32::try_from(place).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_copies_and_inserts() {
        let old = b"hello world";
        let delta = [11, 8, 0x91, 6, 5, 3, b'a', b'b', b'c'];
        assert_eq!(apply_delta(old, &delta).as_deref(), Some(&b"worldabc"[..]));
        for wrong in [
            &delta[..8],
            &[10, 5, 0x91, 6, 5],
            &[11, 5, 0x91, 7, 5],
            &[11, 5, 0],
            &[11],
            &[0xff; 12],
            &[11, 4, 0x91, 6, 5],
        ] {
            assert_eq!(apply_delta(old, wrong), None, "{wrong:?}");
        }
    }
}
