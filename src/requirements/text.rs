//! The text of a requirements file, by its byte order mark, as pip reads it.

use crate::repo::is_lfs_pointer;

/// The text. Bytes that are not UTF-8 are replaced; such lines are refused later, with their line number. The error is
/// the reason why the whole file cannot be read.
pub(crate) fn text_of(bytes: &[u8]) -> Result<String, &'static str> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().copied().map(unit).collect();
        let text = String::from_utf16(&units).ok().filter(|_| rest.is_empty());
        text.ok_or("the file is not valid UTF-16")
    };
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            Err("the file is UTF-32; oca reads UTF-8 and UTF-16")
        }
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0, 1..=255, ..] | [1..=255, 0, ..] => {
            Err("the file is UTF-16 without a byte order mark; pip cannot read it")
        }
        _ if is_lfs_pointer(bytes) => {
            Err("the file is kept in Git LFS, which oca does not fetch; this is only its pointer")
        }
        _ => Ok(String::from_utf8_lossy(bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_byte_order_mark_decides() {
        let text = "lxml\r\nxlrd # \u{e9}\u{1f600}\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            [&[0xff, 0xfe], &little[..]].concat(),
            [&[0xfe, 0xff], &big[..]].concat(),
            text.as_bytes().to_vec(),
        ] {
            assert_eq!(text_of(&bytes).as_deref(), Ok(text));
        }
        for bytes in [&b"\xff\xfe\0\0"[..], b"\xff\xfex", b"\xff\xfe\x00\xd8", b"l\0x\0", b"\0l\0x"] {
            assert!(text_of(bytes).is_err(), "{bytes:?}");
        }
    }
}
