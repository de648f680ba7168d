//! Putting a commit into a directory: a new checkout, or an existing one moved.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use git2::build::CheckoutBuilder;
use git2::{ObjectType, Odb, Oid, Repository, RepositoryInitOptions};

use super::{ASIDE_PREFIX, Checkout, CheckoutError, Content, Head, JOURNAL, Origin};
use crate::fs::{Context, open_to_others, read_if_there, write_if_changed};
use crate::git::store::oid;
use crate::git::{Error, Remote};
use crate::repo::CommitId;

impl Checkout {
    /// Makes the directory hold `content`, whatever stands there now. Everything of the commit is in the remote's
    /// store. Without `force`, the user's work is left alone and named in the error.
    pub(crate) fn place(
        &self,
        remote: &Remote<'_>,
        content: &Content<'_>,
        force: bool,
    ) -> Result<(), CheckoutError> {
        self.recover()?;
        match self.head()? {
            Head::Absent => Ok(self.create(remote, content)?),
            Head::NotGit if force => {
                self.remove()?;
                Ok(self.create(remote, content)?)
            }
            Head::NotGit => Err(CheckoutError::NotGit { path: self.path.clone() }),
            Head::Other(None) if force || self.is_ours() => {
                self.remove()?;
                Ok(self.create(remote, content)?)
            }
            Head::Other(None) => Err(CheckoutError::Unborn { path: self.path.clone() }),
            Head::Complete(_) | Head::Other(Some(_)) => {
                if !force {
                    let work = self.local_work(Some(remote))?;
                    if !work.is_none() {
                        return Err(CheckoutError::LocalWork(work));
                    }
                }
                Ok(self.move_to(remote, content, force)?)
            }
        }
    }

    fn create(&self, remote: &Remote<'_>, content: &Content<'_>) -> Result<(), Error> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).at("create", parent)?;
        let aside =
            tempfile::Builder::new().prefix(ASIDE_PREFIX).tempdir_in(parent).at("write in", parent)?;
        open_to_others(aside.path())?;
        let mut options = RepositoryInitOptions::new();
        options.external_template(false);
        let repository = Repository::init_opts(aside.path(), &options)?;
        let git = repository.path().to_owned();
        write_config(&repository, content.origin)?;
        bring_objects(&repository, &git, remote, content)?;
        // Opened anew: the object database of `init` has not seen the packs.
        let repository = Repository::open(aside.path())?;
        let commit = repository.find_commit(oid(content.commit.as_bytes()))?;
        let mut checkout = CheckoutBuilder::new();
        checkout.force().disable_filters(true);
        repository.checkout_tree(commit.as_object(), Some(&mut checkout))?;
        repository.set_head_detached(commit.id())?;
        Self::write_marker(&git, content)?;
        fs::rename(aside.path(), &self.path).at("create", &self.path)?;
        // Renamed away: there is nothing left to delete.
        let _moved = aside.keep();
        Ok(())
    }

    fn move_to(&self, remote: &Remote<'_>, content: &Content<'_>, force: bool) -> Result<(), Error> {
        let repository = self.open()?;
        let git = repository.path().to_owned();
        bring_objects(&repository, &git, remote, content)?;
        drop(repository);
        let repository = self.open()?;
        write_config(&repository, content.origin)?;
        let old = repository.head()?.peel_to_commit()?.id();
        let journal = git.join(JOURNAL);
        write_if_changed(&journal, format!("{old}\n{}\n", content.commit).as_bytes())?;
        let commit = repository.find_commit(oid(content.commit.as_bytes()))?;
        let mut checkout = CheckoutBuilder::new();
        checkout.disable_filters(true);
        if force {
            checkout.force().remove_untracked(true);
        } else {
            checkout.safe();
        }
        repository.checkout_tree(commit.as_object(), Some(&mut checkout))?;
        repository.set_head_detached(commit.id())?;
        Self::write_marker(&git, content)?;
        fs::remove_file(&journal).at("remove", &journal)?;
        Ok(())
    }
}

/// Sets `origin`, and keeps a user's `autocrlf` from making a fresh checkout look changed.
fn write_config(repository: &Repository, origin: &Origin) -> Result<(), Error> {
    let fetch = match &origin.branch {
        Some(branch) => format!("+refs/heads/{branch}:refs/remotes/origin/{branch}"),
        None => "+refs/heads/*:refs/remotes/origin/*".to_owned(),
    };
    let mut config = repository.config()?.open_level(git2::ConfigLevel::Local)?;
    let is = |name: &str, value: &str| config.get_string(name).is_ok_and(|found| found == value);
    if is("remote.origin.url", &origin.url) && is("core.autocrlf", "false") {
        return Ok(());
    }
    config.set_bool("core.autocrlf", false)?;
    config.set_str("remote.origin.url", &origin.url)?;
    config.set_str("remote.origin.fetch", &fetch)?;
    Ok(())
}

/// Links the store's packs and writes where the history ends.
///
/// Ends are only added: HEAD's reflog keeps old pins reachable, and without their line `git fsck` would miss
/// their parents. An end whose parents are here is none.
fn bring_objects(
    repository: &Repository,
    git: &Path,
    remote: &Remote<'_>,
    content: &Content<'_>,
) -> Result<(), Error> {
    remote.store().link_packs(&git.join("objects").join("pack"))?;
    let odb = repository.odb()?;
    odb.refresh()?;
    let file = git.join("shallow");
    let known = read_if_there(&file)?.unwrap_or_default();
    let known = String::from_utf8_lossy(&known);
    let known = known.lines().filter_map(|line| CommitId::parse(line).ok());
    let all: BTreeSet<CommitId> = known.chain(content.ends.iter().copied()).collect();
    let ends = all.iter().filter(|end| lacks_parents(&odb, oid(end.as_bytes())));
    let text: String = ends.map(|end| format!("{end}\n")).collect();
    if text.is_empty() {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at("remove", &file)?,
            _ => {}
        }
    } else {
        write_if_changed(&file, text.as_bytes())?;
    }
    Ok(())
}

/// Read from the object itself: a commit that is listed in `shallow` seems to have no parents.
fn lacks_parents(odb: &Odb<'_>, commit: Oid) -> bool {
    let Ok(object) = odb.read(commit) else { return true };
    if object.kind() != ObjectType::Commit {
        return false;
    }
    let text = String::from_utf8_lossy(object.data());
    let header = text.lines().take_while(|line| !line.is_empty());
    let mut parents = header.filter_map(|line| Oid::from_str(line.strip_prefix("parent ")?).ok());
    parents.any(|parent| !odb.exists(parent))
}

/// The commit ids in a journal: from, to.
pub(super) fn read_journal(git: &Path) -> Result<Option<(Oid, Oid)>, Error> {
    let Some(text) = read_if_there(&git.join(JOURNAL))? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text);
    let mut ids = text.lines().filter_map(|line| Oid::from_str(line).ok());
    Ok(ids.next().zip(ids.next()))
}
