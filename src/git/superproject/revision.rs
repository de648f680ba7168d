//! Files of the superproject as a revision has them.

use std::path::Path;

use git2::{ErrorCode, ObjectType};

use super::Superproject;
use crate::git::Error;

/// A file in a revision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AtRevision {
    /// There is no such revision.
    NoRevision,
    /// The revision has no such file, or something else with this name.
    NoFile,
    File(Vec<u8>),
}

impl Superproject {
    /// A file of the work tree as a revision has it, such as `main`, `HEAD~1` or a commit. `file` is absolute; it need not
    /// exist, but its directory must. A file of more than `largest` bytes cannot be meant, so it counts as missing.
    pub(crate) fn file_at(&self, revision: &str, file: &Path, largest: usize) -> Result<AtRevision, Error> {
        let object = match self.repository.revparse_single(revision) {
            Ok(object) => object,
            Err(error) if error.code() == ErrorCode::Ambiguous => return Err(error.into()),
            // libgit2 has several codes for words that are no revision.
            Err(_) => return Ok(AtRevision::NoRevision),
        };
        let Ok(tree) = object.peel_to_tree() else { return Ok(AtRevision::NoRevision) };
        let Some(path) = self.path_of_file(file) else { return Ok(AtRevision::NoFile) };
        let entry = match tree.get_path(&path) {
            Ok(entry) => entry,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(AtRevision::NoFile),
            Err(error) => return Err(error.into()),
        };
        let odb = self.repository.odb()?;
        let (size, kind) = odb.read_header(entry.id())?;
        if size > largest || kind != ObjectType::Blob {
            return Ok(AtRevision::NoFile);
        }
        Ok(AtRevision::File(odb.read(entry.id())?.data().to_vec()))
    }
}
