//! A remote and its store: what is wanted, fetched by whichever way the remote offers, and only where it is not
//! here yet.

use std::sync::PoisonError;

use super::packs::PackSink;
use super::store::Store;
use super::transport::{Transport, if_version_2};
use super::tree::GitTree;
use super::wire::{Failure, HttpRemote, Objects};
use super::{Error, Git, Meter, libgit2, local};
use crate::repo::{BlobId, CommitId, Reference, RemoteUrl, TreeId};

/// A repository somewhere else, and the store of what came from it.
pub(crate) struct Remote<'a> {
    git: &'a Git,
    transport: Transport,
    store: Store,
}

impl<'a> Remote<'a> {
    pub(super) fn new(git: &'a Git, url: &RemoteUrl) -> Result<Self, Error> {
        let transport = Transport::new(git.network()?, url)?;
        // The store belongs to the declared url: a mirror serves the same objects.
        git.sweep();
        let store = Store::open(git.cache(), url.without_secret().as_str())?;
        let remote = Self { git, transport, store };
        if remote.refuse_offline().is_ok() && !remote.store.has_whole_packs()? {
            remote.renew()?;
        }
        Ok(remote)
    }

    /// The commit that a reference stands for now. A `rev` stands for itself, unasked.
    pub(crate) fn resolve(&self, reference: &Reference) -> Result<CommitId, Error> {
        if let Reference::Rev(commit) = reference {
            return Ok(*commit);
        }
        self.refuse_offline()?;
        self.transport.resolve(reference)
    }

    /// Whether a reference still leads to a commit: it is the head, or an ancestor of it.
    ///
    /// Asks for the commits between the two alone: a few kilobytes where the pin is not old.
    pub(crate) fn leads_to(
        &self,
        reference: &Reference,
        commit: CommitId,
        meter: Meter<'_>,
    ) -> Result<bool, Error> {
        let head = self.resolve(reference)?;
        if head == commit {
            return Ok(true);
        }
        // What is aside without the lock is taken for what a killed process left.
        let _lock = self.store.lock()?;
        let aside = self.store.aside()?;
        let scratch = Store::scratch(aside.path())?;
        let history = Objects::History { from: commit, to: head };
        match &self.transport {
            Transport::Path(path) => return local::leads_to(path, head, commit),
            Transport::Libgit2 { url } => libgit2::fetch_history(url, reference, &scratch, meter)?,
            Transport::Http { remote, url } => {
                let fetch = || remote.fetch(&history, || scratch.pack_sink(), PackSink::finish, meter);
                if if_version_2(remote, fetch)?.is_none() {
                    libgit2::fetch_history(url, reference, &scratch, meter)?;
                }
            }
        }
        scratch.leads_to(head, commit)
    }

    /// The files of a commit; of those, only the directories are sure to be here.
    pub(crate) fn tree<'t>(
        &'t self,
        commit: CommitId,
        reference: &'t Reference,
        meter: Meter<'_>,
    ) -> Result<GitTree<'t>, Error> {
        let (repository, root) = self.whole(|| {
            self.bring_trees(commit, reference, meter)?;
            Ok((self.store.repository()?, self.store.tree_of(commit)?))
        })?;
        let again = Box::new(move || {
            self.renew()?;
            self.fetch_files(commit, reference, 1, &|_| ())?;
            self.store.repository()
        });
        Ok(GitTree::new(repository, root, again))
    }

    /// The tree of a commit that is here.
    pub(crate) fn tree_id(&self, commit: CommitId) -> Result<TreeId, Error> {
        self.whole(|| self.store.tree_of(commit))
    }

    /// When a commit was made, in seconds since 1970.
    pub(crate) fn commit_time(
        &self,
        commit: CommitId,
        reference: &Reference,
        meter: Meter<'_>,
    ) -> Result<i64, Error> {
        self.whole(|| {
            self.bring_trees(commit, reference, meter)?;
            let repository = self.store.repository()?;
            Ok(repository.find_commit(super::store::oid(commit.as_bytes()))?.time().seconds())
        })
    }

    /// Brings a commit and its trees, where they are not here yet.
    fn bring_trees(&self, commit: CommitId, reference: &Reference, meter: Meter<'_>) -> Result<(), Error> {
        if self.store.has_commit(commit)? {
            return Ok(());
        }
        let _lock = self.store.lock()?;
        if self.store.has_commit(commit)? {
            return Ok(());
        }
        self.fetch(commit, None, reference, meter)?;
        self.expect_commit(commit)
    }

    /// Brings the blobs of a commit that are not here yet, in one request.
    pub(crate) fn fetch_blobs(
        &self,
        commit: CommitId,
        reference: &Reference,
        blobs: &[BlobId],
        meter: Meter<'_>,
    ) -> Result<(), Error> {
        let ids = || blobs.iter().map(|id| *id.as_bytes());
        self.whole(|| {
            if self.store.missing(ids())?.is_empty() {
                return Ok(());
            }
            let _lock = self.store.lock()?;
            self.fetch_missing(commit, reference, &self.store.missing(ids())?, meter)
        })
    }

    /// Makes a commit complete in the store, so many generations deep (0: all).
    /// Returns the commits whose parents are left out.
    pub(crate) fn fetch_files(
        &self,
        commit: CommitId,
        reference: &Reference,
        depth: u32,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Error> {
        let key = (self.store.directory().to_owned(), commit, depth);
        let complete = || self.git.complete.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ends) = complete().get(&key) {
            return Ok(ends.clone());
        }
        let ends = self.whole(|| self.complete(commit, reference, depth, meter))?;
        complete().insert(key, ends.clone());
        Ok(ends)
    }

    fn complete(
        &self,
        commit: CommitId,
        reference: &Reference,
        depth: u32,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Error> {
        let _lock = self.store.lock()?;
        if let Some(ends) = self.store.history(commit, depth)?
            && self.store.has_commit(commit)?
            && self.store.missing_files(commit)?.is_empty()
        {
            return Ok(ends);
        }
        // A pin that somebody else moved: most of its files are those of the old one.
        if depth == 1 && self.store.has_packs()? && !self.store.has_commit(commit)? {
            self.fetch(commit, None, reference, meter)?;
            self.expect_commit(commit)?;
        }
        if depth == 1 && self.store.has_commit(commit)? {
            self.fetch_missing(commit, reference, &self.store.missing_files(commit)?, meter)?;
            return self.ends_of(commit);
        }
        let claimed = self.fetch(commit, Some(depth), reference, meter)?;
        self.expect_commit(commit)?;
        if depth == 1 {
            return self.ends_of(commit);
        }
        let ends = self.store.reached(commit, &claimed)?;
        self.store.record_history(commit, depth, &ends)?;
        Ok(ends)
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Whether two urls lead to the same repository, by the user's configuration too.
    pub(super) fn is_same_url(&self, one: &str, other: &str) -> Result<bool, Error> {
        let configuration = &self.git.network()?.configuration;
        let real = |url: &str| {
            let real = configuration.instead_of(url);
            let real =
                RemoteUrl::parse(&real).map_or(real.clone(), |url| url.without_secret().as_str().to_owned());
            real.trim_end_matches('/').trim_end_matches(".git").to_owned()
        };
        Ok(real(one) == real(other))
    }

    /// Does something with the store; where it turns out to be damaged, or somebody takes it away meanwhile, once more
    /// with a new one.
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

    /// Empties the store. Offline it stays as it is: what can be read of it may be all there is.
    fn renew(&self) -> Result<(), Error> {
        self.refuse_offline()?;
        self.git
            .complete
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|(directory, ..), _| directory != self.store.directory());
        self.store.renew()
    }

    /// Where a history of depth 1 ends: at the commit, unless it is the first.
    fn ends_of(&self, commit: CommitId) -> Result<Vec<CommitId>, Error> {
        let repository = self.store.repository()?;
        let parents = repository.find_commit(super::store::oid(commit.as_bytes()))?.parent_count();
        Ok(if parents == 0 { Vec::new() } else { vec![commit] })
    }

    /// Fetches files of a commit whose trees are here.
    ///
    /// Of servers, only those with protocol 2 can be asked for files alone. Where it was another one that gave out the
    /// trees without them, this one is asked for all files of the commit.
    fn fetch_missing(
        &self,
        commit: CommitId,
        reference: &Reference,
        missing: &[[u8; 20]],
        meter: Meter<'_>,
    ) -> Result<(), Error> {
        if missing.is_empty() {
            return Ok(());
        }
        self.refuse_offline()?;
        let fetched = match &self.transport {
            Transport::Path(path) => return local::fetch_blobs(path, commit, missing, &self.store),
            Transport::Http { remote, .. } if !remote.is_plain() => {
                self.fetch_http(remote, &Objects::Blobs(missing), meter)
            }
            Transport::Http { .. } | Transport::Libgit2 { .. } => Err(Failure::PerhapsUnsupported),
        };
        match fetched {
            Ok(_) => Ok(()),
            Err(Failure::NotOurRef) => Err(Error::Vanished { commit }),
            Err(Failure::PerhapsUnsupported) => {
                self.fetch(commit, Some(1), reference, meter)?;
                self.expect_commit(commit)
            }
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Fetches a commit with its trees, and with its files so many generations deep where a depth is given.
    fn fetch(
        &self,
        commit: CommitId,
        depth: Option<u32>,
        reference: &Reference,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Error> {
        self.refuse_offline()?;
        let all = depth.unwrap_or(1);
        match &self.transport {
            Transport::Path(path) => match depth {
                Some(depth) => local::fetch_files(path, commit, depth, &self.store),
                None => local::fetch_trees(path, commit, &self.store),
            },
            Transport::Libgit2 { url } => libgit2::fetch(url, commit, reference, all, &self.store, meter),
            Transport::Http { remote, url } => {
                let objects = match depth {
                    Some(depth) => Objects::Files(commit, depth),
                    None => Objects::Trees(commit),
                };
                let fetched = if_version_2(remote, || match self.fetch_http(remote, &objects, meter) {
                    Err(Failure::NotOurRef) => Err(Failure::Error(Error::Vanished { commit })),
                    other => other,
                })?;
                match fetched {
                    Some(ends) => Ok(ends),
                    None => libgit2::fetch(url, commit, reference, all, &self.store, meter),
                }
            }
        }
    }

    fn fetch_http(
        &self,
        remote: &HttpRemote,
        objects: &Objects<'_>,
        meter: Meter<'_>,
    ) -> Result<Vec<CommitId>, Failure> {
        remote.fetch(objects, || self.store.pack_sink(), PackSink::finish, meter)
    }

    fn expect_commit(&self, commit: CommitId) -> Result<(), Error> {
        if self.store.has_commit(commit)? {
            return Ok(());
        }
        Err(Error::Protocol { why: format!("it was asked for commit `{commit}` and sent something else") })
    }

    fn refuse_offline(&self) -> Result<(), Error> {
        self.git.refuse_offline(&self.transport)
    }
}
