//! A checkout in which the user works on a branch: oca leaves it alone until the user is done.

use std::fs;

use git2::{ConfigLevel, Oid, Repository};

use super::marker::put;
use super::objects::bring_objects;
use super::{Checkout, CheckoutContent, Origin};
use crate::fs::{Context, read_if_there};
use crate::git::Error;
use crate::git::ids::{bytes, oid};
use crate::git::store::leads_to;
use crate::repo::CommitId;

/// The file in the git directory that marks a checkout in work. It has the name of the branch.
pub(super) const WORK: &str = "oca-work";

/// A branch to work on.
#[derive(Clone, Debug)]
pub(crate) struct WorkBranch<'a> {
    pub(crate) name: &'a str,
    /// HEAD is there already.
    pub(crate) commit: CommitId,
    /// `None` for a new branch.
    pub(crate) upstream: Option<Upstream<'a>>,
}

/// Where a branch comes from.
#[derive(Clone, Debug)]
pub(crate) struct Upstream<'a> {
    /// A name for the remote. If the checkout has another remote of this name, a number is added.
    pub(crate) remote: &'a str,
    /// Without secrets.
    pub(crate) url: &'a str,
    pub(crate) push_url: Option<&'a str>,
    /// The full name of the ref on the remote.
    pub(crate) reference: &'a str,
}

/// What became of a branch to work on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum BranchStart {
    /// HEAD is on it. With the name of what it tracks.
    Started(Option<String>),
    /// The checkout has a branch of this name already, at another commit.
    Exists(CommitId),
}

impl Checkout {
    /// The branch on which the user works, if the checkout is in work.
    pub(crate) fn in_work(&self) -> Option<String> {
        let text = read_if_there(&self.git_directory().join(WORK)).ok()??;
        let recorded = String::from_utf8_lossy(&text).trim().to_owned();
        Some(self.branch().unwrap_or(recorded))
    }

    /// The branch at HEAD.
    pub(crate) fn branch(&self) -> Option<String> {
        branch_at_head(&self.open().ok()?)
    }

    pub(crate) fn mark_in_work(&self, branch: &str) -> Result<(), Error> {
        put(&self.git_directory().join(WORK), &format!("{branch}\n"))
    }

    pub(crate) fn forget_work(&self) -> Result<(), Error> {
        let file = self.git_directory().join(WORK);
        if file.symlink_metadata().is_ok() {
            fs::remove_file(&file).at("remove", &file)?;
        }
        Ok(())
    }

    /// The branch at HEAD, if it has commits that neither oca checked out nor the followed branch of the origin has. It
    /// does not matter whether they are pushed.
    pub(crate) fn own_branch(&self, origin: &Origin) -> Result<Option<String>, Error> {
        let find = || own_branch(&self.open()?, self.placed()?, origin);
        find().map_err(|error| error.in_checkout(&self.path))
    }

    /// Adds the history of a commit, whose files and history are in the store, and lets `origin` lead to the commit, if
    /// it was not fetched there.
    pub(crate) fn bring_history(&self, content: &CheckoutContent<'_>) -> Result<(), Error> {
        let remote = content.snapshot.remote();
        remote.whole(|| {
            content.bring()?;
            let repository = self.open()?;
            let brought = bring_objects(&repository, remote, content);
            brought.map_err(|error| error.in_checkout(&self.path))
        })?;
        let repository = self.open()?;
        if let Some(branch) = &content.origin.branch {
            let name = format!("refs/remotes/origin/{branch}");
            if repository.find_reference(&name).is_err() {
                repository.reference(&name, oid(content.commit().as_bytes()), false, "oca work")?;
            }
        }
        Ok(())
    }

    /// Makes a branch at HEAD with what it tracks, and marks the checkout.
    pub(crate) fn start_branch(&self, start: &WorkBranch<'_>) -> Result<BranchStart, Error> {
        let started = start_branch(&self.open()?, start).map_err(|error| error.in_checkout(&self.path))?;
        if let BranchStart::Started(_) = started {
            self.mark_in_work(start.name)?;
        }
        Ok(started)
    }

    /// The commit of a branch of this repository.
    pub(crate) fn branch_commit(&self, name: &str) -> Option<CommitId> {
        let id = self.open().ok()?.refname_to_id(&format!("refs/heads/{name}")).ok()?;
        Some(CommitId::from_bytes(bytes(id)))
    }
}

fn branch_at_head(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    let target = head.symbolic_target_bytes()?;
    let name = target.strip_prefix(b"refs/heads/")?;
    Some(String::from_utf8_lossy(name).into_owned())
}

fn own_branch(
    repository: &Repository,
    placed: Option<CommitId>,
    origin: &Origin,
) -> Result<Option<String>, Error> {
    let Some(branch) = branch_at_head(repository) else { return Ok(None) };
    let Some(head) = super::head_commit(repository) else { return Ok(None) };
    let head = oid(head.as_bytes());
    let followed = match &origin.branch {
        Some(branch) => format!("refs/remotes/origin/{branch}"),
        None => "refs/remotes/origin/*".to_owned(),
    };
    let mut tips: Vec<Oid> = placed.iter().map(|placed| oid(placed.as_bytes())).collect();
    for reference in repository.references_glob(&followed)? {
        tips.extend(reference?.peel_to_commit().map(|tip| tip.id()));
    }
    Ok((!leads_to(repository, tips, head)).then_some(branch))
}

fn start_branch(repository: &Repository, start: &WorkBranch<'_>) -> Result<BranchStart, Error> {
    let target = oid(start.commit.as_bytes());
    let name = format!("refs/heads/{}", start.name);
    if let Ok(there) = repository.refname_to_id(&name)
        && there != target
    {
        return Ok(BranchStart::Exists(CommitId::from_bytes(bytes(there))));
    }
    let tracked = match &start.upstream {
        Some(upstream) => Some(track(repository, start.name, upstream, target)?),
        None => None,
    };
    repository.reference(&name, target, true, "oca work")?;
    repository.set_head(&name)?;
    Ok(BranchStart::Started(tracked))
}

/// Adds the remote, and lets the branch track its ref. Returns the short name of the tracking branch.
fn track(
    repository: &Repository,
    branch: &str,
    upstream: &Upstream<'_>,
    target: Oid,
) -> Result<String, Error> {
    let Upstream { remote, url, push_url, reference } = *upstream;
    let mut config = repository.config()?.open_level(ConfigLevel::Local)?;
    let url_of = |config: &git2::Config, name: &str| config.get_string(&format!("remote.{name}.url")).ok();
    let mut name = remote.to_owned();
    for number in 2.. {
        // `origin` belongs to oca.
        let is_free = url_of(&config, &name).is_none_or(|there| there == url);
        if is_free && name != "origin" {
            break;
        }
        name = format!("{remote}-{number}");
    }
    let short = match reference.strip_prefix("refs/heads/") {
        Some(branch) => format!("{name}/{branch}"),
        None => format!("{name}/head"),
    };
    config.set_str(&format!("remote.{name}.url"), url)?;
    if let Some(push_url) = push_url {
        config.set_str(&format!("remote.{name}.pushurl"), push_url)?;
    }
    let refspec = format!("+{reference}:refs/remotes/{short}");
    let key = format!("remote.{name}.fetch");
    let mut has_it = false;
    if let Ok(entries) = config.multivar(&key, None) {
        entries.for_each(|entry| has_it |= entry.value().is_ok_and(|value| value == refspec))?;
    }
    if !has_it {
        // A value that no refspec has: so none is replaced.
        config.set_multivar(&key, "^$", &refspec)?;
    }
    config.set_str(&format!("branch.{branch}.remote"), &name)?;
    config.set_str(&format!("branch.{branch}.merge"), reference)?;
    repository.reference(&format!("refs/remotes/{short}"), target, true, "oca work")?;
    Ok(short)
}
