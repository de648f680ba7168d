//! What a repository knows of its submodules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{Index, Repository};

use super::Error;
use super::store::bytes;
use crate::repo::CommitId;

/// How git marks a submodule in a tree and in the index.
const GITLINK: u32 = 0o160_000;
/// The bits of an entry's flags that tell the sides of a conflict.
const STAGE: u16 = 0x3000;

/// A repository that may have submodules.
#[derive(Debug)]
pub(crate) struct Superproject {
    /// Of its work tree, absolute.
    pub(crate) directory: PathBuf,
    /// As it is configured: what urls of submodules may be relative to.
    pub(crate) origin: Option<String>,
    /// The commits of the submodules by their paths, as the index has them.
    pub(crate) gitlinks: BTreeMap<String, CommitId>,
}

/// The repository whose work tree has its top in this directory.
pub(crate) fn superproject(directory: &Path) -> Result<Option<Superproject>, Error> {
    let repository = match Repository::open(directory) {
        Ok(repository) => repository,
        Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let Some(directory) = repository.workdir().map(Path::to_owned) else { return Ok(None) };
    let origin = repository.config()?.get_string("remote.origin.url").ok();
    let gitlinks = gitlinks(&index(&repository)?);
    Ok(Some(Superproject { directory, origin, gitlinks }))
}

/// The index, or what it would be after a checkout where nothing was ever checked out.
fn index(repository: &Repository) -> Result<Index, Error> {
    let mut index = repository.index()?;
    if index.is_empty()
        && let Ok(head) = repository.head()
    {
        index.read_tree(&head.peel_to_tree()?)?;
    }
    Ok(index)
}

fn gitlinks(index: &Index) -> BTreeMap<String, CommitId> {
    // Of a conflict no side is the one.
    let is_settled = |flags: u16| flags & STAGE == 0;
    let gitlinks = index.iter().filter(|entry| entry.mode == GITLINK && is_settled(entry.flags));
    let gitlinks = gitlinks.filter_map(|entry| {
        Some((String::from_utf8(entry.path).ok()?, CommitId::from_bytes(bytes(entry.id))))
    });
    gitlinks.collect()
}
