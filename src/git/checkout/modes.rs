//! Modes in old commits that git no longer writes, such as `100664`.
//!
//! Git normalises them. libgit2 compares the numbers, and gives files the permissions in them. So oca gives libgit2
//! trees with normalised modes. These trees are kept in memory.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{ObjectType, Oid, Repository};

use super::open_work_tree;
use crate::fs::{Context, remove_directory};
use crate::git::Error;
use crate::git::ids::{bytes, oid};
use crate::git::tree::GitTree;
use crate::repo::{TreeId, usual_tree};

/// The git directory of a [`View`], in the git directory of the checkout.
pub(super) const VIEW: &str = "oca-view";
/// The priority of the memory backend. libgit2 writes into the backend with the highest one.
const FIRST: i32 = 1000;

/// The id of a tree with normalised modes. New trees are kept in the memory of `repository`.
pub(super) fn usual(repository: &Repository, trees: &GitTree<'_>, root: TreeId) -> Result<Oid, Error> {
    let mut odd = Vec::new();
    let mut keep = |tree: &[u8]| {
        odd.push(tree.to_owned());
        Ok::<_, Error>(())
    };
    let tree = usual_tree(trees, root, &mut keep)?;
    if !odd.is_empty() {
        let odb = repository.odb()?;
        let _of_the_odb = odb.add_new_mempack_backend(FIRST)?;
        for tree in odd {
            odb.write(ObjectType::Tree, &tree)?;
        }
    }
    Ok(oid(tree.as_bytes()))
}

/// Checks out files of the commit at HEAD, with normalised modes.
pub(crate) fn check_out_head(
    repository: &Repository,
    work_tree: &Path,
    checkout: &mut CheckoutBuilder<'_>,
) -> Result<(), Error> {
    let head = repository.head()?.peel_to_tree()?.id();
    let root = TreeId::from_bytes(bytes(head));
    let trees = GitTree::new(open_work_tree(work_tree)?, root, Box::new(|_| open_work_tree(work_tree)));
    // If oca cannot read a tree, libgit2 reports the error.
    let tree = usual(repository, &trees, root).unwrap_or(head);
    Ok(repository.checkout_tree(&repository.find_object(tree, None)?, Some(checkout))?)
}

/// The repository of a checkout, but with normalised modes at HEAD. libgit2 compares HEAD with the files before it
/// changes them. Without this view, it takes a file with another mode for a change of the user.
///
/// The view is a git directory of its own, like that of a linked work tree. It shares everything except HEAD with the
/// checkout. It is removed when this value is dropped; after a kill, [`remove_view`] removes it.
pub(super) struct View {
    repository: Repository,
    git: PathBuf,
}

impl View {
    /// `None` if HEAD has only normalised modes, or cannot be read: then libgit2 reports the error. Also `None` on
    /// platforms without symlinks.
    pub(super) fn new(repository: &Repository, trees: &GitTree<'_>) -> Result<Option<Self>, Error> {
        let head = repository.head()?.peel_to_tree()?.id();
        let root = TreeId::from_bytes(bytes(head));
        let tree = usual(repository, trees, root).unwrap_or(head);
        let Some(work_tree) = repository.workdir().filter(|_| tree != head) else { return Ok(None) };
        let git = repository.path();
        let view = git.join(VIEW);
        remove_view(git)?;
        fs::create_dir(&view).at("create", &view)?;
        let common = repository.commondir().as_os_str().as_encoded_bytes();
        for (file, content) in [("HEAD", tree.to_string().as_bytes()), ("commondir", common)] {
            fs::write(view.join(file), content).at("write", &view.join(file))?;
        }
        if !link(Path::new("../index"), &view.join("index"))? {
            remove_view(git)?;
            return Ok(None);
        }
        // Opened as bare: a relative `core.worktree` would be resolved from the wrong directory.
        let view = Self { repository: Repository::open_bare(&view)?, git: git.to_owned() };
        view.repository.set_workdir(work_tree, false)?;
        usual(&view.repository, trees, root)?;
        Ok(Some(view))
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // The next move removes it.
        let _left = remove_view(&self.git);
    }
}

/// Removes what a killed move left in a git directory.
pub(super) fn remove_view(git: &Path) -> Result<(), Error> {
    let view = git.join(VIEW);
    if view.symlink_metadata().is_ok() {
        remove_directory(&view)?;
    }
    Ok(())
}

/// Makes a symlink. Returns whether it was made.
#[cfg(unix)]
fn link(target: &Path, link: &Path) -> Result<bool, Error> {
    std::os::unix::fs::symlink(target, link).at("create", link)?;
    Ok(true)
}

/// On Windows, few users may make symlinks.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn link(_target: &Path, _link: &Path) -> Result<bool, Error> {
    Ok(false)
}
