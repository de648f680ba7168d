//! Deltas as git has them in packs and in binary patches: two lengths of seven bits a byte, then copies and insertions.
//!
//! Source: git's `gitformat-pack`.

/// The longest content, in bytes.
pub(crate) const LONGEST: usize = 64 << 20;

/// Applies a delta. `None` if it is malformed, is made for another content than `old`, or gives more than `longest` bytes.
pub(crate) fn apply_delta(old: &[u8], delta: &[u8], longest: usize) -> Option<Vec<u8>> {
    let mut new = Vec::new();
    apply_delta_in(old, delta, longest, &mut new)?;
    Some(new)
}

/// The same in a buffer that is used again.
pub(crate) fn apply_delta_in(old: &[u8], delta: &[u8], longest: usize, new: &mut Vec<u8>) -> Option<()> {
    let (old_length, rest) = varint(delta)?;
    let (length, mut rest) = varint(rest)?;
    if old_length != old.len() || length > longest {
        return None;
    }
    new.clear();
    new.reserve(length);
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
    (new.len() == length).then_some(())
}

/// The length of what a delta gives, as it says itself.
pub(crate) fn result_length(delta: &[u8]) -> Option<usize> {
    let (_, rest) = varint(delta)?;
    Some(varint(rest)?.0)
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
        assert_eq!(apply_delta(old, &delta, 8).as_deref(), Some(&b"worldabc"[..]));
        assert_eq!(apply_delta(old, &delta, 7), None);
        for wrong in [
            &delta[..8],
            &[10, 5, 0x91, 6, 5],
            &[11, 5, 0x91, 7, 5],
            &[11, 5, 0],
            &[11],
            &[0xff; 12],
            &[11, 4, 0x91, 6, 5],
        ] {
            assert_eq!(apply_delta(old, wrong, 8), None, "{wrong:?}");
        }
    }
}
