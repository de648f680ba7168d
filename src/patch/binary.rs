//! Binary contents as git writes them into a patch: a zlib stream in base 85.
//!
//! oca writes stored blocks, without compression: every version of every compressor would write other bytes. Most
//! binary files of modules are compressed already.

const DIGITS: &[u8; 85] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
/// The value of each digit; 85 for a byte that is none.
const VALUES: [u8; 256] = values();
/// How many bytes a line encodes.
const WIDTH: usize = 52;
/// The longest stored block.
const BLOCK: usize = 0xffff;

/// The lines of a content: a `literal` line, and lines of at most 52 bytes.
pub(super) fn write(content: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(format!("literal {}\n", content.len()).as_bytes());
    for line in stored(content).chunks(WIDTH) {
        let length = u8::try_from(line.len()).expect("at most 52 bytes");
        to.push(if length <= 26 { b'A' + length - 1 } else { b'a' + length - 27 });
        for group in line.chunks(4) {
            let mut bytes = [0; 4];
            bytes[..group.len()].copy_from_slice(group);
            let mut number = u32::from_be_bytes(bytes);
            let mut digits = [0; 5];
            for digit in digits.iter_mut().rev() {
                *digit = DIGITS[(number % 85) as usize];
                number /= 85;
            }
            to.extend(digits);
        }
        to.push(b'\n');
    }
}

const fn values() -> [u8; 256] {
    let mut values = [85; 256];
    let mut value = 0;
    while value < 85 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
}

/// Adds the bytes of a line, without its line feed, to a stream.
pub(super) fn read_line(line: &[u8], stream: &mut Vec<u8>) -> Option<()> {
    let (&first, digits) = line.split_first()?;
    let length = match first {
        b'A'..=b'Z' => first - b'A' + 1,
        b'a'..=b'z' => first - b'a' + 27,
        _ => return None,
    };
    let length = usize::from(length);
    if digits.len() != length.div_ceil(4) * 5 {
        return None;
    }
    let end = stream.len() + length;
    for group in digits.chunks(5) {
        let mut number: u32 = 0;
        for digit in group {
            let value = Some(VALUES[usize::from(*digit)]).filter(|value| *value < 85)?;
            number = number.checked_mul(85)?.checked_add(u32::from(value))?;
        }
        stream.extend(number.to_be_bytes());
    }
    stream.truncate(end);
    Some(())
}

/// The content of a zlib stream of stored blocks.
pub(super) fn unstored(stream: &[u8]) -> Option<Vec<u8>> {
    let mut rest = stream.strip_prefix(&[0x78, 0x01])?;
    let mut content = Vec::new();
    loop {
        let (head, after) = rest.split_at_checked(5)?;
        let length = usize::from(u16::from_le_bytes([head[1], head[2]]));
        let (block, after) = after.split_at_checked(length)?;
        content.extend_from_slice(block);
        rest = after;
        match head[0] {
            0 => {}
            1 => break,
            _ => return None,
        }
    }
    (stored(&content) == stream).then_some(content)
}

fn stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let mut blocks = content.chunks(BLOCK).peekable();
    loop {
        let block = blocks.next().unwrap_or_default();
        let length = u16::try_from(block.len()).expect("a short block");
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend_from_slice(block);
        if blocks.peek().is_none() {
            break;
        }
    }
    stream.extend(adler(content).to_be_bytes());
    stream
}

/// The checksum of zlib (RFC 1950).
fn adler(content: &[u8]) -> u32 {
    const BASE: u32 = 65_521;
    let (mut a, mut b) = (1, 0);
    // After this many bytes the sums still fit.
    for piece in content.chunks(5552) {
        for &byte in piece {
            a += u32::from(byte);
            b += a;
        }
        (a, b) = (a % BASE, b % BASE);
    }
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn streamed(text: &[u8]) -> Vec<u8> {
        let mut stream = Vec::new();
        for line in text.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
            read_line(line, &mut stream).expect("a line");
        }
        stream
    }

    fn again(content: &[u8]) {
        let mut text = Vec::new();
        write(content, &mut text);
        let stream = streamed(&text);
        assert_eq!(unstored(&stream).as_deref(), Some(content));
        let mut inflated = Vec::new();
        flate2::read::ZlibDecoder::new(&stream[..]).read_to_end(&mut inflated).expect("a zlib stream");
        assert_eq!(inflated, content);
    }

    #[test]
    fn long_contents_have_several_blocks() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            again(&vec![255; length]);
        }
    }

    #[test]
    fn a_line_that_lies_about_its_length_is_refused() {
        for line in [&b""[..], b"A", b"A0000", b"A000000", b"B00000x", b"400000", b"A~~~~~"] {
            assert_eq!(read_line(line, &mut Vec::new()), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn a_content_is_read_again(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            again(&content);
        }
    }
}
