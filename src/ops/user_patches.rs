//! The patches of the user, beside `repos.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::Profile;
use crate::error::{Error, MergeError};
use crate::fs::read_if_there;
use crate::repo::RepoName;
use crate::session::Session;

/// Reads a patch that a repository declares.
pub(crate) fn user_patch(session: &Session<'_>, repo: &RepoName, path: &str) -> Result<Vec<u8>, Error> {
    let file = session.root().join(path);
    let missing = |file| MergeError::NoPatch { file, repo: repo.clone(), path: path.to_owned() };
    Ok(read_if_there(&file)?.ok_or_else(|| missing(file))?)
}

/// The file of a patch, to be written. Fails if it is a symlink, or if one is on the way.
pub(crate) fn own_patch_file(session: &Session<'_>, path: &str) -> Result<PathBuf, Error> {
    let file = session.root().join(path);
    let above = file.ancestors().take_while(|above| *above != session.root());
    match above.filter(|above| above.is_symlink()).last() {
        Some(link) => Err(MergeError::PatchLink { link: link.to_owned() }.into()),
        None => Ok(file),
    }
}

/// Fails if declared patches are not there, and names all of them. The steps of the lock have its content, so nothing else would need it.
pub(crate) fn refuse_missing_patches(session: &Session<'_>) -> Result<(), Error> {
    let mut missing = BTreeMap::new();
    for repo in session.config.profiles.iter().flat_map(Profile::all_repos) {
        for path in &repo.patches {
            match user_patch(session, &repo.name, path) {
                Err(Error::Merge(error @ MergeError::NoPatch { .. })) => {
                    missing.insert(path.clone(), error);
                }
                read => drop(read?),
            }
        }
    }
    if missing.len() > 1 {
        return Err(MergeError::NoPatches { paths: missing.into_keys().collect() }.into());
    }
    missing.into_values().next().map_or(Ok(()), |error| Err(error.into()))
}
