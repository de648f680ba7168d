//! What tells one document from another: its number, made of its content, and its time.

use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::repo::{day, hexadecimal};

/// The namespace of urls for UUIDs of version 5 (RFC 9562, 6.6).
const NAMESPACE: [u8; 16] =
    [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// The UUID of a document with this content: of version 5, so the same content has the same UUID.
pub(super) fn uuid_of(content: &str) -> String {
    let digest = hexadecimal(&Sha256::digest(content.as_bytes()));
    let mut hash = Sha1::new();
    hash.update(NAMESPACE);
    hash.update(format!("urn:oca:sbom:sha256:{digest}"));
    let hash: [u8; 20] = hash.finalize().into();
    let mut bytes: Vec<u8> = hash[..16].to_vec();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hexadecimal(&bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

/// A time in seconds since 1970, as both formats write it: `2026-11-28T14:05:09Z`.
pub(super) fn timestamp(seconds: i64) -> String {
    let second = seconds.rem_euclid(24 * 60 * 60);
    format!("{}T{:02}:{:02}:{:02}Z", day(seconds), second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_depends_on_the_content_only() {
        assert_eq!(uuid_of("x"), uuid_of("x"));
        assert_ne!(uuid_of("x"), uuid_of("y"));
        let uuid = uuid_of("x");
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "5"));
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }

    #[test]
    fn times_have_seconds() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(1_709_208_009), "2024-02-29T12:00:09Z");
        assert_eq!(timestamp(crate::repo::LATEST), "9999-12-31T23:59:59Z");
    }
}
