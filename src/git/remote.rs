//! A remote and its store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::history::Known;
use super::store::Store;
use super::transport::Transport;
use super::{Error, Git};
use crate::repo::{CommitId, Reference, RemoteUrl, bare_url};

/// A remote repository, and the store for what is fetched from it.
#[derive(Clone)]
pub(crate) struct Remote<'a> {
    git: &'a Git,
    transport: Transport,
    store: Store,
    known: Arc<Mutex<Known>>,
}

impl<'a> Remote<'a> {
    pub(super) fn new(git: &'a Git, url: &RemoteUrl) -> Result<Self, Error> {
        let transport = Transport::new(git.network()?, url)?;
        // The store belongs to the declared url: a mirror serves the same objects.
        git.sweep();
        let store = Store::open(git.cache(), url.without_secret().as_str())?;
        if let Some(file) = &git.lock_file {
            store.note_lock(file);
        }
        let all = &mut git.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::clone(all.entry(store.directory().to_owned()).or_default());
        let remote = Self { git, transport, store, known };
        if remote.refuse_offline().is_ok() && !remote.store.has_whole_packs()? {
            remote.renew()?;
        }
        Ok(remote)
    }

    /// The commit to which a reference points now. For a `rev`, this is the commit itself, and no request is sent.
    pub(crate) fn resolve(&self, reference: &Reference) -> Result<CommitId, Error> {
        if let Reference::Rev(commit) = reference {
            return Ok(*commit);
        }
        let found = self.resolve_all(&[reference.full_name().unwrap_or_default()])?;
        found
            .into_iter()
            .next()
            .flatten()
            .ok_or_else(|| Error::MissingReference { reference: reference.clone() })
    }

    /// The commits to which refs point now, given by their full names. `None` for each ref that the remote does not
    /// have. At most one request, and none for refs of an earlier request.
    pub(crate) fn resolve_all(&self, names: &[String]) -> Result<Vec<Option<CommitId>>, Error> {
        if let Some(commits) = self.known().refs(names) {
            return Ok(commits);
        }
        self.refuse_offline()?;
        let commits = self.transport.resolve_all(names)?;
        self.known().add_refs(names, &commits);
        Ok(commits)
    }

    /// What this remote said in this run. No request may be sent while it is held.
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commits in the store whose ids begin with these hexadecimal digits. Asks no server.
    pub(crate) fn cached_commits(&self, digits: &str) -> Result<Vec<CommitId>, Error> {
        self.store.commits_with(digits)
    }

    /// The branch to which the `HEAD` of the remote points now. `None` if it points to none.
    pub(crate) fn default_branch(&self) -> Result<Option<Reference>, Error> {
        self.refuse_offline()?;
        self.transport.default_branch()
    }

    /// Whether it sends commits without their files. Another remote sends its whole history or nothing.
    pub(crate) fn sends_parts(&self) -> bool {
        match &self.transport {
            Transport::Path(_) => true,
            Transport::Http { remote, .. } => !remote.is_plain(),
            Transport::Libgit2(_) => false,
        }
    }

    pub(super) fn git(&self) -> &'a Git {
        self.git
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Whether two urls lead to the same repository, after `insteadOf` of the user's configuration.
    pub(super) fn is_same_url(&self, one: &str, other: &str) -> Result<bool, Error> {
        let configuration = &self.git.network()?.configuration;
        let real = |url: &str| {
            let real = configuration.instead_of(url);
            let real =
                RemoteUrl::parse(&real).map_or(real.clone(), |url| url.without_secret().as_str().to_owned());
            bare_url(&real).to_owned()
        };
        Ok(real(one) == real(other))
    }

    /// Calls `act`, which uses the store. If the store is damaged, or another process removes it, `act` is called once
    /// more with a new store.
    pub(super) fn whole<T>(&self, act: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        match act() {
            Err(error)
                if matches!(error, Error::Damaged { .. } | Error::CacheGone) || self.store.is_gone() =>
            {
                self.renew().map_err(|_| error)?;
                act().map_err(|error| {
                    if self.store.is_gone() { Error::CacheGone } else { error.at(self.store.directory()) }
                })
            }
            other => other.map_err(|error| error.at(self.store.directory())),
        }
    }

    /// Replaces the store by an empty one. If oca is offline, this is an error: the old store may still be readable in
    /// part.
    pub(super) fn renew(&self) -> Result<(), Error> {
        self.refuse_offline()?;
        self.git
            .complete
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(directory, ..), _| directory != self.store.directory());
        self.store.renew()
    }

    pub(super) fn refuse_offline(&self) -> Result<(), Error> {
        self.git.refuse_offline(&self.transport)
    }
}
