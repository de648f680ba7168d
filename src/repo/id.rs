//! Ids of git objects.

use std::fmt;

use super::Invalid;

/// Defines the id of a git object: 20 bytes, written as 40 lower-case hexadecimal digits.
macro_rules! object_id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The full id of a git ", $what, ".")]
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name([u8; 20]);

        impl $name {
            /// Accepts 40 hexadecimal digits. A short id or a ref name is an error.
            pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
                let mut bytes = [0; 20];
                let why = "it must be 40 hexadecimal digits";
                decode_hex(word, &mut bytes).ok_or_else(|| Invalid::new(word, concat!($what, " id"), why))?;
                Ok(Self(bytes))
            }

            pub(crate) const fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            pub(crate) fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hexadecimal(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

object_id!(CommitId, "commit");
object_id!(TreeId, "tree");
object_id!(BlobId, "blob");

impl CommitId {
    /// The first ten digits, for people.
    pub(crate) fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

/// Bytes as hexadecimal digits in lower case.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(if value < 10 { b'0' + value } else { b'a' - 10 + value });
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]));
    text
}

fn decode_hex(word: &str, bytes: &mut [u8; 20]) -> Option<()> {
    let digits = word.as_bytes();
    if digits.len() != 40 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_whole() {
        let id = "0123456789abcdef0123456789ABCDEF01234567";
        assert_eq!(CommitId::parse(id).expect("an id").to_string(), id.to_ascii_lowercase());
        for word in ["HEAD", "0123456", "", &id[1..], "g123456789abcdef0123456789abcdef01234567"] {
            assert!(CommitId::parse(word).is_err(), "{word}");
        }
    }
}
