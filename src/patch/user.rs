//! The patches of the user.
use super::error::Error;
use super::model::FilePatch;
use crate::repo::{BlobId, Objects, TreeId};

/// A patch of the user: one difference, or several mails that follow each other.
#[derive(Clone, Debug)]
pub(crate) struct UserPatch {}

/// Reads what `git diff` and `git format-patch` write.
pub(crate) fn parse_user(_bytes: &[u8]) -> Result<UserPatch, Error> {
    unreachable!()
}

impl UserPatch {
    /// The blobs of the tree that [`UserPatch::onto`] reads.
    pub(crate) fn blobs(&self, _objects: &dyn Objects, _base: TreeId) -> Result<Vec<BlobId>, Error> {
        unreachable!()
    }

    /// Applies it to a tree. Returns the files of a step.
    pub(crate) fn onto(&self, _objects: &dyn Objects, _base: TreeId) -> Result<Vec<FilePatch>, Error> {
        unreachable!()
    }
}
