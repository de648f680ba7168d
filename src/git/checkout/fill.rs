//! Writes the files of a new checkout. If there are many, such as those of Odoo itself, all cores write.
//!
//! libgit2 writes with one thread. So each part of the paths is a checkout of its own, with an index of its own. The
//! entries of these indexes become the index of the whole: they have the sizes and times of the files.

use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{Index, Oid, Repository};

use super::modes;
use crate::fs::Context;
use crate::git::Error;
use crate::git::ids::oid;
use crate::git::tree::GitTree;
use crate::pool::each;
use crate::repo::{EntryKind, walk_tree};

/// One thread writes fewer files than these.
const MANY: usize = if cfg!(debug_assertions) { 50 } else { 5_000 };
/// More than most machines have cores, because the files of some parts are larger than those of others.
const PARTS: usize = 16;

/// Writes all files of `trees` and the index. Nothing is in the work tree of `repository` yet.
pub(super) fn fill(repository: &Repository, work_tree: &Path, trees: &GitTree<'_>) -> Result<(), Error> {
    let tree = modes::usual(repository, trees, trees.id())?;
    let paths = paths(trees)?;
    // Trees with normalised modes are in the memory of this repository alone.
    if paths.len() < MANY || tree != oid(trees.id().as_bytes()) {
        return check_out(repository, tree, &[]);
    }
    let git = repository.path();
    let aside = tempfile::tempdir_in(git).at("write in", git)?;
    let cut = paths.chunks(paths.len().div_ceil(PARTS)).enumerate();
    let parts: Vec<(PathBuf, &[Vec<u8>])> =
        cut.map(|(number, paths)| (aside.path().join(number.to_string()), paths)).collect();
    let written = each(&parts, |(index, paths)| {
        let repository = Repository::open(work_tree)?;
        repository.set_index(&mut Index::open(index)?)?;
        check_out(&repository, tree, paths)
    });
    written.into_iter().collect::<Result<(), Error>>()?;
    let mut whole = Index::open(&git.join("index"))?;
    for (index, _) in &parts {
        for entry in Index::open(index)?.iter() {
            whole.add(&entry)?;
        }
    }
    whole.write()?;
    Ok(aside.close().at("remove", git)?)
}

/// All files, symlinks and submodules, in the order of an index.
fn paths(trees: &GitTree<'_>) -> Result<Vec<Vec<u8>>, Error> {
    let mut paths = Vec::new();
    walk_tree(trees, trees.id(), &mut |path, entry| {
        if entry.kind() != EntryKind::Directory {
            paths.push(path.as_bytes().to_owned());
        }
    })?;
    paths.sort_unstable();
    Ok(paths)
}

/// Checks these paths of a tree out, or all of it if none is named.
fn check_out(repository: &Repository, tree: Oid, paths: &[Vec<u8>]) -> Result<(), Error> {
    let mut checkout = CheckoutBuilder::new();
    checkout.force().disable_filters(true).disable_pathspec_match(true);
    for path in paths {
        checkout.path(path.as_slice());
    }
    Ok(repository.checkout_tree(&repository.find_object(tree, None)?, Some(&mut checkout))?)
}
