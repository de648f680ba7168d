//! Converts ids between git2's type and bytes.

use git2::{ObjectType, Odb, OdbLookupFlags, Oid, Repository};

use crate::repo::CommitId;

pub(super) fn oid(id: &[u8; 20]) -> Oid {
    Oid::from_bytes(id).expect("20 bytes are an id")
}

pub(super) fn bytes(id: Oid) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes.copy_from_slice(id.as_bytes());
    bytes
}

/// Whether an object database has an object. Without the flag, libgit2 would list the packs again for each missing one.
pub(super) fn is_in(odb: &Odb<'_>, id: Oid) -> bool {
    odb.exists_ext(id, OdbLookupFlags::NO_REFRESH)
}

/// The commits of a repository whose ids begin with these hexadecimal digits.
pub(super) fn commits_with(repository: &Repository, digits: &str) -> Result<Vec<CommitId>, git2::Error> {
    let (objects, mut found) = (repository.odb()?, Vec::new());
    objects.foreach(|id| {
        if id.to_string().starts_with(digits) {
            found.push(*id);
        }
        true
    })?;
    let is_commit = |id: &Oid| objects.read_header(*id).is_ok_and(|(_, kind)| kind == ObjectType::Commit);
    Ok(found.into_iter().filter(is_commit).map(|id| CommitId::from_bytes(bytes(id))).collect())
}
