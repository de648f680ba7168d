//! The id of an object, computed in a way that finds SHA-1 collisions, as git does.

use git2::ObjectType;
use sha1_checked::{Digest, Sha1};

use super::entry::Id;
use crate::git::Error;

/// The hash of an object whose content comes in pieces.
pub(super) struct ObjectHash(Sha1);

impl ObjectHash {
    /// `size` is the length of the content in bytes.
    pub(super) fn new(kind: ObjectType, size: u64) -> Self {
        let mut hash = Sha1::new();
        hash.update(format!("{} {size}\0", kind.str()));
        Self(hash)
    }

    /// The id of an object whose content is there as a whole.
    pub(super) fn of(kind: ObjectType, content: &[u8]) -> Result<Id, Error> {
        let mut hash = Self::new(kind, content.len() as u64);
        hash.update(content);
        hash.finish()
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// It is an error if the content was made so that another one has the same id.
    pub(super) fn finish(self) -> Result<Id, Error> {
        let result = self.0.try_finalize();
        if result.has_collision() {
            return Err(malformed(
                "an object was made so that another one has the same id (SHA-1 collision)",
            ));
        }
        Ok((*result.hash()).into())
    }
}

/// The error of a pack that is not as git makes it.
pub(super) fn malformed(why: &str) -> Error {
    Error::Protocol { why: format!("its pack is malformed: {why}") }
}

pub(super) fn twice() -> Error {
    malformed("it has an object twice")
}
