//! Converts ids between git2's type and bytes.

use git2::Oid;

pub(super) fn oid(id: &[u8; 20]) -> Oid {
    Oid::from_bytes(id).expect("20 bytes are an id")
}

pub(super) fn bytes(id: Oid) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(id.as_bytes());
    bytes
}
