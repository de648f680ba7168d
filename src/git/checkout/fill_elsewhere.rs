//! Writes the files of a new checkout where files have no Unix modes. libgit2 knows what such a system can write.

use std::path::Path;

use git2::build::CheckoutBuilder;

use super::{modes, open_work_tree};
use crate::git::Error;
use crate::git::tree::GitTree;

/// Writes all files of `trees` and the index. Nothing is in the work tree yet.
pub(super) fn fill(_git: &Path, work_tree: &Path, trees: &GitTree<'_>) -> Result<(), Error> {
    let repository = open_work_tree(work_tree)?;
    let tree = modes::usual(&repository, trees, trees.id())?;
    let mut checkout = CheckoutBuilder::new();
    checkout.force().disable_filters(true);
    Ok(repository.checkout_tree(&repository.find_object(tree, None)?, Some(&mut checkout))?)
}
