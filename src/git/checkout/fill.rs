//! Fills a new checkout: writes its files and its index.

use std::path::Path;

use git2::Repository;
use git2::build::CheckoutBuilder;

use super::modes;
#[cfg(unix)]
use super::new_files::write_files;
use crate::git::Error;
use crate::git::tree::GitTree;

/// Writes all files of `trees` and the index. Nothing is in the work tree of `repository` yet.
pub(super) fn fill(repository: &Repository, work_tree: &Path, trees: &GitTree<'_>) -> Result<(), Error> {
    #[cfg(unix)]
    if has_all_features(repository)? {
        return write_files(repository.path(), work_tree, trees);
    }
    let tree = modes::usual(repository, trees, trees.id())?;
    let mut checkout = CheckoutBuilder::new();
    checkout.force().disable_filters(true);
    Ok(repository.checkout_tree(&repository.find_object(tree, None)?, Some(&mut checkout))?)
}

/// Whether the file system has modes and symlinks, and tells names apart as git does. libgit2 tried this when it made the
/// repository, and it knows what to do elsewhere.
#[cfg(unix)]
fn has_all_features(repository: &Repository) -> Result<bool, Error> {
    let config = repository.config()?;
    let is = |name: &str, usual: bool| config.get_bool(name).unwrap_or(usual);
    let tells_apart = !is("core.ignorecase", false) && !is("core.precomposeunicode", false);
    Ok(tells_apart && is("core.filemode", true) && is("core.symlinks", true))
}
