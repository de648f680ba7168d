//! Modes that git no longer writes and old commits have, such as `100664`.
//!
//! Git takes each for one of its own. libgit2 compares the numbers, and gives a file all the rights that they say. So it
//! is shown trees with git's own modes in their place, which are kept in memory.

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

/// The git directory of a [`View`], within that of the checkout.
const VIEW: &str = "oca-view";
/// Before all that a repository has: libgit2 writes into the first.
const FIRST: i32 = 1000;

/// The tree that git takes a tree for; what this needs is kept in the memory of `repository`.
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

/// Writes files of the commit at HEAD, as git would.
pub(crate) fn check_out_head(
    repository: &Repository,
    work_tree: &Path,
    checkout: &mut CheckoutBuilder<'_>,
) -> Result<(), Error> {
    let head = repository.head()?.peel_to_tree()?.id();
    let root = TreeId::from_bytes(bytes(head));
    let trees = GitTree::new(open_work_tree(work_tree)?, root, Box::new(|| open_work_tree(work_tree)));
    // A tree that oca cannot read is libgit2's to refuse.
    let tree = usual(repository, &trees, root).unwrap_or(head);
    Ok(repository.checkout_tree(&repository.find_object(tree, None)?, Some(checkout))?)
}

/// The repository of a checkout, whose HEAD has git's own modes: libgit2 compares HEAD with the files before it changes
/// them, and takes a file for the user's that has another mode.
///
/// It is a git directory of its own, as one of a linked work tree, and shares all but HEAD with that of the checkout. It
/// is removed when this is dropped; after a kill, [`remove_view`] does it.
pub(super) struct View {
    repository: Repository,
    git: PathBuf,
}

impl View {
    /// None where HEAD has no other modes, or cannot be read: libgit2 tells of that.
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
        // Bare at first: where the configuration says that the work tree is, it says from another directory.
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

/// Makes a symlink, and says whether there is one now.
#[cfg(unix)]
fn link(target: &Path, link: &Path) -> Result<bool, Error> {
    std::os::unix::fs::symlink(target, link).at("create", link)?;
    Ok(true)
}

/// Windows lets few users make one.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn link(_target: &Path, _link: &Path) -> Result<bool, Error> {
    Ok(false)
}
