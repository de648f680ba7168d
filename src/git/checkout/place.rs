//! Checks a commit out: makes a new checkout, or moves an existing one.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{CheckoutNotificationType, Object, Repository, RepositoryInitOptions};
use tempfile::TempDir;

use super::aside::aside;
use super::fill::fill;
use super::marker::{self, put};
use super::modes::View;
use super::objects::bring_objects;
use super::recover::restore;
use super::{
    Checkout, CheckoutContent, CheckoutError, Head, JOURNAL, LocalWork, Origin, Placed, check, modes, pipes,
    strays,
};
use crate::fs::Context;
use crate::git::ids::{bytes, oid};
use crate::git::store::tree_in;
use crate::git::written::is_by_git;
use crate::git::{Error, Remote};
use crate::repo::{BlobId, shown};

/// A new, complete checkout beside its final place. It is deleted when dropped, unless [`Checkout::settle`] moves it
/// there.
#[derive(Debug)]
pub(crate) struct Built {
    aside: TempDir,
    placed: Placed,
}

impl Built {
    /// What is checked out.
    pub(crate) fn placed(&self) -> &Placed {
        &self.placed
    }
}

/// What may be discarded when a checkout is moved.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Discard {
    Nothing,
    /// The local work, because oca has it or has asked about it. Nobody has asked about files that git ignores.
    Seen,
    All,
}

impl Discard {
    pub(crate) fn forced(force: bool) -> Self {
        if force { Self::All } else { Self::Nothing }
    }
}

impl Checkout {
    /// Checks `content` out into the directory, whatever is there now. What is not to be discarded is left alone, and the
    /// error names it.
    pub(crate) fn place(&self, content: &CheckoutContent<'_>, discard: Discard) -> Result<(), CheckoutError> {
        let force = discard != Discard::Nothing;
        let remote = content.snapshot.remote();
        self.recover().map_err(|error| error.in_checkout(&self.path))?;
        let head = self.head()?;
        if !force && let Some(obstacle) = self.obstacle(&head) {
            return Err(obstacle);
        }
        match head {
            Head::Absent => Ok(self.settle(self.build(content)?)?),
            Head::HalfClone | Head::NotGit | Head::Link(_) | Head::Other(None) => {
                self.remove()?;
                Ok(self.settle(self.build(content)?)?)
            }
            Head::Unfilled(_) | Head::Complete(_) | Head::Other(Some(_)) => {
                if !force && let Some(obstacle) = self.in_the_way(Some(remote), content.origin)? {
                    return Err(obstacle);
                }
                remote.whole(|| {
                    content.bring()?;
                    let repository = self.open()?;
                    remote.store().read_files(content.commit(), &repository.odb()?)?;
                    let brought = bring_objects(&repository, remote, content);
                    brought.map_err(|error| error.in_checkout(&self.path))
                })?;
                self.move_to(content, discard).map_err(|error| match error {
                    CheckoutError::Git(error) => CheckoutError::Git(error.in_checkout(&self.path)),
                    other => other,
                })
            }
        }
    }

    /// Makes the checkout beside its final place.
    ///
    /// If a file in the store is damaged, this fails here, before anything of the user is touched.
    pub(crate) fn build(&self, content: &CheckoutContent<'_>) -> Result<Built, Error> {
        let remote = content.snapshot.remote();
        let built = remote.whole(|| {
            content.bring()?;
            self.build_once(remote, content)
        });
        built.map_err(|error| error.at(&self.path))
    }

    fn build_once(&self, remote: &Remote<'_>, content: &CheckoutContent<'_>) -> Result<Built, Error> {
        let aside = aside(&self.path)?;
        let mut options = RepositoryInitOptions::new();
        options.external_template(false);
        let repository = Repository::init_opts(aside.path(), &options)?;
        let git = repository.path().to_owned();
        write_config(&repository, content.origin)?;
        bring_objects(&repository, remote, content)?;
        // Opened again: an object database that was opened earlier does not see the new packs.
        let repository = Repository::open(aside.path())?;
        let trees = check(aside.path(), tree_in(&repository, content.commit())?)?;
        fill(&repository, aside.path(), &trees)?;
        repository.set_head_detached(oid(content.commit().as_bytes()))?;
        crate::fs::stop("building a checkout");
        marker::write(&git, &content.placed())?;
        Ok(Built { aside, placed: content.placed() })
    }

    /// Moves a built checkout to its final place, where nothing is.
    pub(crate) fn settle(&self, built: Built) -> Result<(), Error> {
        fs::rename(built.aside.path(), &self.path).at("create", &self.path)?;
        // Renamed away: there is nothing left to delete.
        let _moved = built.aside.keep();
        Ok(())
    }

    fn move_to(&self, content: &CheckoutContent<'_>, discard: Discard) -> Result<(), CheckoutError> {
        let repository = self.open()?;
        let git = repository.path().to_owned();
        let trees = check(&self.path, tree_in(&repository, content.commit())?)?;
        let old = repository.head()?.peel_to_commit()?.id();
        let strays = strays::find(&repository, &self.path, old, oid(content.commit().as_bytes()))?;
        let kept = match discard {
            Discard::Nothing => strays.clone(),
            Discard::Seen => ignored(&repository, &strays)?,
            Discard::All => Vec::new(),
        };
        if !kept.is_empty() {
            return Err(in_the_way(&kept));
        }
        // Before the journal: a refused move leaves nothing to repair.
        pipes::refuse_in_work_tree(&self.path, &strays)?;
        let journal = git.join(JOURNAL);
        put(&journal, &format!("{old}\n{}\n", content.commit()))?;
        crate::fs::stop("beginning a move");
        write_config(&repository, content.origin)?;
        let view = if discard == Discard::Nothing { View::new(&repository, &trees)? } else { None };
        let seen = view.as_ref().map_or(&repository, View::repository);
        let tree = seen.find_object(modes::usual(seen, &trees, trees.id())?, None)?;
        // Without `force`, there are none.
        strays::remove(&self.path, &strays)?;
        let mut kept = check_out(seen, &tree, discard)?;
        if !kept.is_empty() && are_by_git(&repository, &kept)? {
            restore(&repository, &self.path, &kept)?;
            kept = check_out(seen, &tree, discard)?;
        }
        if !kept.is_empty() {
            // libgit2 has not written anything in this case.
            fs::remove_file(&journal).at("remove", &journal)?;
            return Err(in_the_way(&kept));
        }
        crate::fs::stop("moving a checkout");
        repository.set_head_detached(oid(content.commit().as_bytes()))?;
        crate::fs::stop("completing a move");
        // Without `force`, there is no unfinished merge or rebase here.
        repository.cleanup_state()?;
        marker::write(&git, &content.placed())?;
        fs::remove_file(&journal).at("remove", &journal)?;
        Ok(())
    }
}

/// The error for files that are not to be discarded.
pub(super) fn in_the_way(paths: &[PathBuf]) -> CheckoutError {
    let changed = paths.iter().map(|path| shown(path.as_os_str().as_encoded_bytes())).collect();
    CheckoutError::LocalWork(LocalWork { changed, ..LocalWork::default() })
}

/// Those of the paths that git ignores.
fn ignored(repository: &Repository, paths: &[PathBuf]) -> Result<Vec<PathBuf>, git2::Error> {
    let index = repository.index()?;
    let untracked = paths.iter().filter(|path| index.get_path(path, 0).is_none());
    let ignored = untracked.filter(|path| repository.status_should_ignore(path).unwrap_or_default());
    Ok(ignored.cloned().collect())
}

/// Checks a tree out. If files are in the way that are not to be discarded, nothing is written; their paths are returned.
pub(super) fn check_out(
    repository: &Repository,
    tree: &Object<'_>,
    discard: Discard,
) -> Result<Vec<PathBuf>, git2::Error> {
    let mut kept = check_out_once(repository, tree, discard)?;
    if discard == Discard::Seen && !kept.is_empty() {
        // What git tracks was asked about, even if a pattern of `.gitignore` matches it.
        let index = repository.index()?;
        kept.retain(|path| index.get_path(path, 0).is_none());
        if kept.is_empty() {
            return check_out_once(repository, tree, Discard::All);
        }
    }
    Ok(kept)
}

fn check_out_once(
    repository: &Repository,
    tree: &Object<'_>,
    discard: Discard,
) -> Result<Vec<PathBuf>, git2::Error> {
    let mut in_the_way = Vec::new();
    let mut checkout = CheckoutBuilder::new();
    checkout.disable_filters(true);
    if discard == Discard::Nothing {
        // The user deleted nothing: that would be local work. So git could not write what is missing.
        checkout.safe().recreate_missing(true);
    } else {
        checkout.force().remove_untracked(true);
    }
    if discard != Discard::All {
        // Ignored files are kept too: the user may need them.
        checkout.overwrite_ignored(false).notify_on(CheckoutNotificationType::CONFLICT);
        checkout.notify(|_, path, _, _, _| {
            in_the_way.extend(path.map(Path::to_owned));
            true
        });
    }
    let placed = repository.checkout_tree(tree, Some(&mut checkout));
    drop(checkout);
    match placed {
        Ok(()) => Ok(Vec::new()),
        Err(_) if !in_the_way.is_empty() => Ok(in_the_way),
        Err(error) => Err(error),
    }
}

/// Whether git wrote all these files, although libgit2 takes them for changed. Then nothing of the user is in them.
fn are_by_git(repository: &Repository, paths: &[PathBuf]) -> Result<bool, git2::Error> {
    let index = repository.index()?;
    let is_by_git = |path: &PathBuf| {
        let staged = index.get_path(path, 0);
        staged.is_some_and(|entry| is_by_git(repository, path, BlobId::from_bytes(bytes(entry.id))))
    };
    Ok(paths.iter().all(is_by_git))
}

/// Sets `origin`, and switches `core.autocrlf` off, because it would make a new checkout look changed.
///
/// The refspec of `git fetch` is changed if the url changes, or if it has the form that oca and `git clone` write for
/// one branch. Another refspec is the user's choice and stays.
fn write_config(repository: &Repository, origin: &Origin) -> Result<(), Error> {
    let fetch = match &origin.branch {
        Some(branch) => one_branch(branch),
        None => "+refs/heads/*:refs/remotes/origin/*".to_owned(),
    };
    let mut config = repository.config()?.open_level(git2::ConfigLevel::Local)?;
    let is = |name: &str, value: &str| config.get_string(name).is_ok_and(|found| found == value);
    let same_url = is("remote.origin.url", &origin.url);
    let followed = config.get_string("remote.origin.fetch").ok();
    let is_chosen = followed.as_deref().is_some_and(|followed| !is_one_branch(followed));
    if !is("core.autocrlf", "false") {
        config.set_bool("core.autocrlf", false)?;
    }
    if !same_url {
        config.set_str("remote.origin.url", &origin.url)?;
    }
    if followed.as_ref() != Some(&fetch) && !(same_url && is_chosen) {
        config.set_str("remote.origin.fetch", &fetch)?;
    }
    Ok(())
}

fn one_branch(branch: &str) -> String {
    format!("+refs/heads/{branch}:refs/remotes/origin/{branch}")
}

fn is_one_branch(refspec: &str) -> bool {
    let from = refspec.strip_prefix("+refs/heads/").and_then(|rest| rest.split(':').next());
    from.is_some_and(|branch| branch != "*" && refspec == one_branch(branch))
}
