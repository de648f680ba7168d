//! The objects of a checkout: brings them from the store, and says where the history ends.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use git2::{Oid, Repository};

use super::CheckoutContent;
use super::marker::put;
use crate::fs::{Context, read_if_there};
use crate::git::ids::oid;
use crate::git::store::{commits_down_to, has_files, parents};
use crate::git::{Error, Remote};
use crate::repo::CommitId;

/// The file that says where the history ends.
const SHALLOW: &str = "shallow";

/// Brings the objects from the store and writes the file `shallow`.
///
/// A parent can be here without its own parents, as an older pin. So an end is left out only if its parents were in this
/// repository's own history before. An older end is removed only if this fetch brought its parents. All other ends stay:
/// the reflog of HEAD keeps old pins reachable, and without their line `git fsck` would miss their parents.
pub(super) fn bring_objects(
    repository: &Repository,
    remote: &Remote<'_>,
    content: &CheckoutContent<'_>,
) -> Result<(), Error> {
    let had = own_history(repository);
    crate::fs::stop("linking packs");
    let store = remote.store().repository()?;
    let odb = store.odb()?;
    let history = commits_down_to(&odb, content.commit(), content.ends);
    remote.store().give(&history, repository)?;
    if !has_files(repository, content.commit())? {
        return Err(Error::CacheGone);
    }
    let is_brought =
        |commit: &CommitId| history.contains(&oid(commit.as_bytes())) && !content.ends.contains(commit);
    let file = repository.path().join(SHALLOW);
    let known = shallow_ends(repository.path())?.into_iter().filter(|end| !is_brought(end));
    let new = content.ends.iter().copied().filter(|end| {
        let parents = parents(&odb, oid(end.as_bytes()));
        parents.is_empty() || parents.iter().any(|parent| !had.contains(parent))
    });
    let ends: BTreeSet<CommitId> = known.chain(new).collect();
    if ends.is_empty() {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at("remove", &file)?,
            _ => {}
        }
    } else {
        let text: String = ends.iter().map(|end| format!("{end}\n")).collect();
        put(&file, &text)?;
    }
    Ok(())
}

/// The commits at which git cut the history in this git directory.
pub(super) fn shallow_ends(git: &Path) -> Result<Vec<CommitId>, Error> {
    let text = read_if_there(&git.join(SHALLOW))?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter_map(|line| CommitId::parse(line).ok()).collect())
}

/// The commits that are reachable from HEAD and the references.
fn own_history(repository: &Repository) -> HashSet<Oid> {
    let Ok(mut walk) = repository.revwalk() else { return HashSet::new() };
    // A new repository has no commit yet.
    let _unborn = walk.push_head();
    let _none = walk.push_glob("refs/*");
    walk.map_while(Result::ok).collect()
}
