//! The commits that the user gives: `NAME@COMMIT`.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, PinError};
use crate::git::Checkout;
use crate::lock::{Lock, Pin};
use crate::ops::{movable, repo_name, unknown_repo};
use crate::plan::{self, Movable};
use crate::repo::{CommitId, MergeSource, redact};
use crate::session::Session;

/// A repository and the first digits of a commit, or all of them.
struct NamedPin {
    movable: Movable,
    digits: String,
    word: String,
}

/// The fewest digits that name a commit, as in git.
const FEWEST: usize = 7;

/// The commits to pin. Abbreviated ids are completed.
pub(super) fn commits(words: &[String], session: &Session<'_>) -> Result<BTreeMap<Movable, CommitId>, Error> {
    let mut commits = BTreeMap::new();
    for word in words {
        let pin = NamedPin::parse(word, session)?;
        let commit = match CommitId::parse(&pin.digits) {
            Ok(commit) => commit,
            Err(_) => pin.complete(session)?,
        };
        if commits.insert(pin.movable.clone(), commit).is_some_and(|other| other != commit) {
            return Err(PinError::Twice { word: pin.word, name: pin.movable.repo }.into());
        }
    }
    Ok(commits)
}

/// A repository or a merge that is declared.
fn named(session: &Session<'_>, word: &str) -> Result<Movable, Error> {
    if word.contains('#') {
        return movable(session, word);
    }
    let name = repo_name(session, word)?;
    let declared = plan::declared(&session.config);
    if declared.iter().all(|declared| declared.pin.name != name) {
        return Err(unknown_repo(session, name));
    }
    Ok(name.into())
}

/// Fails if a word to upgrade is `NAME@COMMIT`.
pub(super) fn refuse_commits(words: &[String]) -> Result<(), Error> {
    let has_commit = |word: &&String| word.rsplit_once('@').is_some_and(|(_, commit)| is_id(commit));
    match words.iter().find(has_commit) {
        Some(word) => Err(PinError::Upgraded { word: redact(word) }.into()),
        None => Ok(()),
    }
}

/// Whether a word can be the first digits of a commit.
fn is_id(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit()) && (FEWEST..=40).contains(&word.len())
}

impl NamedPin {
    fn parse(word: &str, session: &Session<'_>) -> Result<Self, Error> {
        // It may be a url with a password.
        let word = redact(word);
        let bad = |why: String| Error::from(PinError::Invalid { word: word.clone(), why });
        let Some((name, commit)) = word.rsplit_once('@') else {
            return Err(PinError::WithoutCommit { word: word.clone() }.into());
        };
        let movable = named(session, name).map_err(|error| match error {
            Error::BadName { .. } => bad(error.to_string()),
            other => other,
        })?;
        if !is_id(commit) {
            return Err(bad(format!("`{commit}` is not the id of a commit")));
        }
        Ok(Self { movable, digits: commit.to_ascii_lowercase(), word })
    }

    /// The commit whose id begins with these digits: the pin, the head of the branch, or one in the cache.
    fn complete(&self, session: &Session<'_>) -> Result<CommitId, Error> {
        let lock = session.lock_as_it_stands().ok().flatten().unwrap_or_default();
        if let Some(source) = &self.movable.merge {
            return self.complete_merge(source, &lock, session);
        }
        let mut found: BTreeSet<CommitId> = BTreeSet::new();
        let begins = |commit: &CommitId| commit.to_string().starts_with(&self.digits);
        let locked = lock.repos.iter().filter(|locked| locked.pin.name == self.movable.repo);
        found.extend(locked.map(|locked| locked.commit).filter(begins));
        let declared = plan::declared(&session.config);
        for declared in declared.iter().filter(|declared| declared.pin.name == self.movable.repo) {
            let remote = session.git()?.remote(&session.remote_url(&declared.url)?)?;
            found.extend(remote.cached_commits(&self.digits)?);
            for profile in &session.config.profiles {
                if let Ok(path) = session.checkout(profile, &self.movable.repo)
                    && path.is_dir()
                {
                    found.extend(Checkout::new(path).commits_with(&self.digits).unwrap_or_default());
                }
            }
            // Offline, or if the remote does not answer, only what is known here counts.
            found.extend(remote.resolve(&declared.pin.reference).ok().filter(begins));
        }
        self.only(&found)
    }

    /// The commit of a merge whose id begins with these digits: the one of the lock, the head of its ref, or one in the
    /// cache.
    fn complete_merge(
        &self,
        source: &MergeSource,
        lock: &Lock,
        session: &Session<'_>,
    ) -> Result<CommitId, Error> {
        let begins = |commit: &CommitId| commit.to_string().starts_with(&self.digits);
        let is_it = |repo: &Pin| repo.name == self.movable.repo;
        let locked = lock.repos.iter().filter(|locked| is_it(&locked.pin));
        let locked = locked.flat_map(|locked| locked.pin.pending.merges.iter().zip(&locked.merges));
        let locked = locked.filter(|(merge, _)| merge.source == *source).map(|(_, locked)| locked.commit);
        let mut found: BTreeSet<CommitId> = locked.filter(begins).collect();
        for declared in plan::declared(&session.config).iter().filter(|declared| is_it(&declared.pin)) {
            let merges = declared.merges.iter().map(|merge| &merge.pending.source);
            for merge in merges.filter(|merge| merge.without_secret() == *source) {
                let url = session.remote_url(merge.url.as_ref().unwrap_or(&declared.url))?;
                let remote = session.git()?.remote(&url)?;
                found.extend(remote.cached_commits(&self.digits)?);
                // As for a repository, only what is known here counts if the remote does not answer.
                let head = remote.resolve_merge(&merge.reference).ok().map(|head| head.commit);
                found.extend(head.filter(begins));
            }
        }
        self.only(&found)
    }

    fn only(&self, found: &BTreeSet<CommitId>) -> Result<CommitId, Error> {
        if let (1, Some(commit)) = (found.len(), found.first()) {
            return Ok(*commit);
        }
        let name = self.movable.repo.clone();
        Err(PinError::Short { name, digits: self.digits.clone(), count: found.len() }.into())
    }
}

/// If a commit is not on the remote but in the checkout, says so.
pub(super) fn explained(error: Error, commits: &BTreeMap<Movable, CommitId>, session: &Session<'_>) -> Error {
    let Error::Repos { failures } = &error else { return error };
    for failure in failures.iter().filter(|failure| failure.is_gone()) {
        let Some(&commit) = commits.get(&failure.name.clone().into()) else { continue };
        for profile in &session.config.profiles {
            let Ok(path) = session.checkout(profile, &failure.name) else { continue };
            if path.is_dir() && Checkout::new(path.clone()).tree_of(commit).is_ok() {
                return PinError::Unpushed { name: failure.name.clone(), commit, path }.into();
            }
        }
    }
    error
}
