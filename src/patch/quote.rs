//! Names as git writes them if `core.quotePath` is true: in double quotes if they contain a control character, a quote,
//! a backslash or a byte that is not ASCII.

/// A name with its prefix, such as `a/`, quoted if necessary.
pub(super) fn quoted(prefix: &str, name: &[u8]) -> Vec<u8> {
    let mut quoted = prefix.as_bytes().to_vec();
    let mut is_plain = true;
    for &byte in name {
        let letter = match byte {
            7 => b'a',
            8 => b'b',
            9 => b't',
            10 => b'n',
            11 => b'v',
            12 => b'f',
            13 => b'r',
            b'"' | b'\\' => byte,
            b' '..=b'~' => {
                quoted.push(byte);
                continue;
            }
            _ => {
                quoted.extend_from_slice(format!("\\{byte:03o}").as_bytes());
                is_plain = false;
                continue;
            }
        };
        quoted.extend([b'\\', letter]);
        is_plain = false;
    }
    if is_plain { quoted } else { [b"\"", &quoted[..], b"\""].concat() }
}

/// Reads a quoted name at the beginning of a text. Returns the name and the rest behind the closing quote.
pub(super) fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"\"")?;
    let mut name = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((name, rest)),
            b'\\' => {
                let (&letter, after) = rest.split_first()?;
                rest = after;
                name.push(match letter {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => 9,
                    b'n' => 10,
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => 13,
                    b'"' | b'\\' => letter,
                    b'0'..=b'3' => {
                        let (digits, after) = rest.split_at_checked(2)?;
                        rest = after;
                        let digit = |byte: u8| matches!(byte, b'0'..=b'7').then(|| byte - b'0');
                        (letter - b'0') << 6 | digit(digits[0])? << 3 | digit(digits[1])?
                    }
                    _ => return None,
                });
            }
            _ => name.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_quoted_as_git_quotes_them() {
        for (name, expected) in [
            (&b"x y"[..], &b"a/x y"[..]),
            (b"caf\xc3\xa9", b"\"a/caf\\303\\251\""),
            (b"q\"\\", b"\"a/q\\\"\\\\\""),
            (b"\x07\x08\t\n\x0b\x0c\r\x1b\x7f", b"\"a/\\a\\b\\t\\n\\v\\f\\r\\033\\177\""),
        ] {
            assert_eq!(quoted("a/", name), expected);
        }
        for text in [&b"\"a"[..], b"\"\\", b"\"\\x\"", b"\"\\40\"", b"\"\\777\"", b"a"] {
            assert_eq!(unquote(text), None);
        }
    }

    proptest! {
        #[test]
        fn a_quoted_name_is_read_again(name in proptest::collection::vec(any::<u8>(), 0..20)) {
            let quoted = quoted("", &name);
            if quoted.starts_with(b"\"") && name.first() != Some(&b'"') {
                prop_assert_eq!(unquote(&quoted), Some((name, &[][..])));
            }
        }
    }
}
