//! One commit of a remote, with the steps of a lock on top of it. Its trees and files are fetched in the way that the
//! remote offers, and only if they are not in the store yet.

use std::sync::{Arc, PoisonError};

use git2::Repository;

use super::history::bring_difference;
use super::packs::{PackSink, Packs};
use super::remote::Remote;
use super::steps::{self, StepCommit};
use super::store::{Store, commit_in, has, tree_in};
use super::transport::{Transport, if_version_2};
use super::tree::GitTree;
use super::wire::{Failure, HttpRemote, Objects};
use super::{Error, Meter, libgit2, local};
use crate::patch::Patch;
use crate::repo::{BlobId, CommitId, Reference, TreeId, UnreadableTree};

/// How many symlinks one after another are followed.
const MOST_LINKS: usize = 8;

/// A commit of a remote, and perhaps steps on top of it. Received bytes are reported to `meter`.
#[derive(Clone)]
pub(crate) struct Snapshot<'g, 'm> {
    remote: Remote<'g>,
    commit: CommitId,
    steps: Vec<StepCommit>,
    /// Old servers do not serve a commit by its id, so the branch or tag is needed too.
    reference: Reference,
    /// An older commit of the branch. What has changed since may be all that is fetched.
    old: Option<CommitId>,
    meter: Meter<'m>,
}

impl<'a> Remote<'a> {
    /// A commit of this remote. `reference` is the branch or tag that was resolved to it.
    pub(crate) fn at<'m>(
        self,
        commit: CommitId,
        reference: &Reference,
        meter: Meter<'m>,
    ) -> Snapshot<'a, 'm> {
        let reference = reference.clone();
        Snapshot { remote: self, commit, steps: Vec::new(), reference, old: None, meter }
    }
}

impl<'g, 'm> Snapshot<'g, 'm> {
    /// Another commit of the same remote.
    pub(crate) fn beside(&self, commit: CommitId) -> Self {
        let Self { remote, reference, meter, .. } = self;
        let (remote, reference) = (remote.clone(), reference.clone());
        Self { remote, commit, steps: Vec::new(), reference, old: None, meter: *meter }
    }

    /// The same commit. If the store has the older commit `old`, only what changed since is fetched where the remote can
    /// send that.
    #[must_use]
    pub(crate) fn since(self, old: Option<CommitId>) -> Self {
        Self { old, ..self }
    }

    /// The same commit with these steps on top of it. Each must give its tree and its commit: this is checked when they
    /// are made.
    #[must_use]
    pub(crate) fn with_steps(self, steps: Vec<StepCommit>) -> Self {
        Self { steps, ..self }
    }

    /// Adds a step that gives this tree. Returns the commit that it makes.
    pub(crate) fn add_step(&mut self, patch: Patch, tree: TreeId) -> Result<CommitId, Error> {
        self.bring_trees()?;
        let step = steps::next(self.store(), self.commit, &self.steps, patch, tree)?;
        let commit = step.commit;
        self.steps.push(step);
        Ok(commit)
    }

    pub(crate) fn reference(&self) -> &Reference {
        &self.reference
    }

    pub(crate) fn meter(&self) -> Meter<'m> {
        self.meter
    }

    /// The same content without a meter.
    pub(crate) fn unmetered(self) -> Snapshot<'g, 'static> {
        let Self { remote, commit, steps, reference, old, .. } = self;
        Snapshot { remote, commit, steps, reference, old, meter: &|_| () }
    }

    pub(crate) fn remote(&self) -> &Remote<'g> {
        &self.remote
    }

    /// The commit of the remote.
    pub(crate) fn commit(&self) -> CommitId {
        self.commit
    }

    /// The commit of the content: that of the last step.
    pub(crate) fn head(&self) -> CommitId {
        self.steps.last().map_or(self.commit, |step| step.commit)
    }

    /// Whether the reference still contains the commit: it is the head, or an ancestor of the head.
    ///
    /// Fetches only the commits between the two. If the pin is not old, this is a few kilobytes.
    pub(crate) fn is_led_to(&self) -> Result<bool, Error> {
        let head = self.remote.resolve(&self.reference)?;
        self.is_between(head, self.commit)
    }

    /// Whether `head` contains `commit`.
    fn is_between(&self, head: CommitId, commit: CommitId) -> Result<bool, Error> {
        let Self { remote, reference, meter, .. } = self;
        if head == commit {
            return Ok(true);
        }
        // Without the lock, another process would remove the directory aside as a leftover of a killed process.
        let _lock = self.store().lock()?;
        let aside = self.store().aside()?;
        let scratch = Store::scratch(aside.path())?;
        let history = Objects::History { from: commit, to: head };
        match remote.transport() {
            Transport::Path(path) => return local::leads_to(path, head, commit),
            Transport::Libgit2(served) => libgit2::fetch_history(served, reference, &scratch, meter)?,
            Transport::Http { remote, served } => {
                let fetch = || remote.fetch(&history, || scratch.pack_sink(), PackSink::finish, meter);
                if if_version_2(remote, fetch)?.is_none() {
                    libgit2::fetch_history(served, reference, &scratch, meter)?;
                }
            }
        }
        scratch.leads_to(head, commit)
    }

    /// The tree of files. The directories are in the store; file contents may be missing.
    pub(crate) fn tree(&self) -> Result<GitTree<'_>, Error> {
        let (repository, root) = self.remote.whole(|| {
            let repository = self.opened()?;
            let root = tree_in(&repository, self.head())?;
            Ok((repository, root))
        })?;
        let again = Box::new(move |close: &dyn Fn()| {
            self.remote.renew()?;
            close();
            self.files(1)?;
            self.store().repository()
        });
        Ok(GitTree::new(repository, root, again))
    }

    /// The packs of the store, for [`GitTree::reading`].
    pub(crate) fn packs(&self) -> Arc<Packs> {
        Packs::open(&self.store().objects_directory())
    }

    /// The tree with the targets of the symlinks that `look` meets, see [`GitTree::following`]. Most repositories have
    /// none, and need no request for them. If `look` fails, the caller's own look at the tree fails too.
    pub(crate) fn following<T>(
        &self,
        look: impl Fn(&GitTree<'_>) -> Result<T, UnreadableTree>,
    ) -> Result<GitTree<'_>, Error> {
        for _ in 0..MOST_LINKS {
            let tree = self.tree()?.following();
            let _again = look(&tree);
            let unknown = tree.unknown_links();
            if unknown.is_empty() {
                return Ok(tree);
            }
            self.blobs(&unknown)?;
        }
        Ok(self.tree()?.following())
    }

    /// The id of the root tree.
    pub(crate) fn tree_id(&self) -> Result<TreeId, Error> {
        self.remote.whole(|| tree_in(&self.opened()?, self.head()))
    }

    /// The text of the commit of the remote, with its header.
    pub(crate) fn text(&self) -> Result<String, Error> {
        self.remote.whole(|| {
            let repository = self.opened()?;
            let odb = repository.odb()?;
            let object = odb.read(super::ids::oid(self.commit.as_bytes()))?;
            Ok(String::from_utf8_lossy(object.data()).into_owned())
        })
    }

    /// The committer date, in seconds since 1970.
    pub(crate) fn time(&self) -> Result<i64, Error> {
        self.remote.whole(|| Ok(commit_in(&self.opened()?, self.head())?.time().seconds()))
    }

    /// Brings the blobs that are not in the store yet: those of the remote in one request.
    pub(crate) fn blobs(&self, blobs: &[BlobId]) -> Result<(), Error> {
        self.new_blobs(blobs).map(drop)
    }

    /// The same. Returns whether it brought some: an object database that was opened before does not see them.
    pub(crate) fn new_blobs(&self, blobs: &[BlobId]) -> Result<bool, Error> {
        let ids = || blobs.iter().map(|id| *id.as_bytes());
        self.remote.whole(|| {
            if blobs.is_empty() || self.store().missing(ids())?.is_empty() {
                return Ok(false);
            }
            let _lock = self.store().lock()?;
            let making = steps::making(&self.steps, &self.store().missing(ids())?);
            let of_remote = making.base.iter().map(|id| *id.as_bytes());
            self.fetch_missing(&self.store().missing(of_remote)?)?;
            steps::make_contents(self.store(), &making)?;
            Ok(true)
        })
    }

    /// Makes the content complete in the store, with `depth` generations of history (0: all).
    /// Returns the commits whose parents are left out.
    pub(crate) fn files(&self, depth: u32) -> Result<Vec<CommitId>, Error> {
        let key = (self.store().directory().to_owned(), self.head(), depth);
        let complete = || self.remote.git().complete.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ends) = complete().get(&key) {
            return Ok(ends.clone());
        }
        let ends = self.remote.whole(|| {
            let ends = self.complete(depth)?;
            self.make_steps()?;
            Ok(ends)
        })?;
        complete().insert(key, ends.clone());
        Ok(ends)
    }

    /// The objects of the store, with the commit and its trees.
    fn opened(&self) -> Result<Repository, Error> {
        let repository = self.store().repository()?;
        if has(&repository, self.head())? {
            return Ok(repository);
        }
        drop(repository);
        self.bring_trees()?;
        self.store().repository()
    }

    /// Brings the commit and its trees, if they are not in the store yet.
    fn bring_trees(&self) -> Result<(), Error> {
        if self.store().has_commit(self.head())? {
            return Ok(());
        }
        let _lock = self.store().lock()?;
        if !self.is_here()? {
            self.fetch_trees()?;
        }
        steps::make_commits(self.store(), self.commit, &self.steps)
    }

    /// Brings commits of the same remote with their trees, in one request. What the remote cannot send this way, it is
    /// asked for later.
    pub(crate) fn bring_together(&self, commits: &[CommitId]) -> Result<(), Error> {
        let Transport::Http { remote, .. } = self.remote.transport() else { return Ok(()) };
        let missing = self.store().missing(commits.iter().map(|commit| *commit.as_bytes()))?;
        let missing: Vec<CommitId> = missing.into_iter().map(CommitId::from_bytes).collect();
        self.bring(remote, &Objects::Trees(&missing), missing.len())
    }

    /// The same for blobs.
    pub(crate) fn bring_blobs(&self, blobs: &[BlobId]) -> Result<(), Error> {
        let Transport::Http { remote, .. } = self.remote.transport() else { return Ok(()) };
        let missing = self.store().missing(blobs.iter().map(|id| *id.as_bytes()))?;
        self.bring(remote, &Objects::Blobs(&missing), missing.len())
    }

    fn bring(&self, remote: &HttpRemote, objects: &Objects<'_>, count: usize) -> Result<(), Error> {
        if count == 0 {
            return Ok(());
        }
        self.remote.refuse_offline()?;
        let _lock = self.store().lock()?;
        match self.fetch_http(remote, objects) {
            Ok(_) | Err(Failure::NotOurRef | Failure::PerhapsUnsupported(_)) => Ok(()),
            Err(Failure::Error(error)) if error.is_gone() => Ok(()),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Makes everything that the steps add to the commit, whose files are in the store.
    fn make_steps(&self) -> Result<(), Error> {
        if self.steps.is_empty() {
            return Ok(());
        }
        let _lock = self.store().lock()?;
        steps::make_commits(self.store(), self.commit, &self.steps)?;
        let missing = self.store().missing(steps::contents(&self.steps))?;
        steps::make_contents(self.store(), &steps::making(&self.steps, &missing))
    }

    fn complete(&self, depth: u32) -> Result<Vec<CommitId>, Error> {
        let store = self.store();
        let _lock = store.lock()?;
        if let Some(ends) = store.history(self.commit, depth)?
            && self.is_here()?
            && store.missing_files(self.commit)?.is_empty()
        {
            return Ok(ends);
        }
        // If a teammate moved the pin, most files are the same as before. So fetch the trees first, then missing files.
        if depth == 1 && store.has_packs()? && !self.is_here()? {
            self.fetch_trees()?;
        }
        if depth == 1 && self.is_here()? {
            self.fetch_missing(&store.missing_files(self.commit)?)?;
            return self.end();
        }
        let claimed = self.fetch(Some(depth))?;
        if depth == 1 {
            return self.end();
        }
        let ends = store.reached(self.commit, &claimed)?;
        store.record_history(self.commit, depth, &ends)?;
        Ok(ends)
    }

    /// The ends of a history of depth 1: the commit itself, unless it has no parents.
    fn end(&self) -> Result<Vec<CommitId>, Error> {
        let repository = self.store().repository()?;
        let parents = commit_in(&repository, self.commit)?.parent_count();
        Ok(if parents == 0 { Vec::new() } else { vec![self.commit] })
    }

    /// Fetches missing files of the commit. Its trees are in the store.
    ///
    /// Only a server with protocol 2 can send single files. Another server is asked for all files of the commit.
    fn fetch_missing(&self, missing: &[[u8; 20]]) -> Result<(), Error> {
        if missing.is_empty() {
            return Ok(());
        }
        self.remote.refuse_offline()?;
        let fetched = match self.remote.transport() {
            Transport::Path(path) => return local::fetch_blobs(path, self.commit, missing, self.store()),
            Transport::Http { remote, .. } if !remote.is_plain() => {
                self.fetch_http(remote, &Objects::Blobs(missing))
            }
            Transport::Http { .. } | Transport::Libgit2(_) => Err(Failure::lacks_version_2()),
        };
        match fetched {
            Ok(_) if self.store().missing(missing.iter().copied())?.is_empty() => Ok(()),
            Ok(_) => {
                Err(Error::Protocol { why: format!("it did not send all files of commit `{}`", self.commit) })
            }
            // Some servers send no file by its id. If the commit itself is gone, the next request says so.
            Err(Failure::NotOurRef | Failure::PerhapsUnsupported(_)) => self.fetch(Some(1)).map(drop),
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Fetches the commit with its trees: what changed since the older commit, or else everything.
    fn fetch_trees(&self) -> Result<(), Error> {
        match self.old {
            Some(old) if bring_difference(&self.remote, self.commit, old, self.meter)? => Ok(()),
            _ => self.fetch(None).map(drop),
        }
    }

    /// Fetches the commit with its trees. With a depth, fetches its files and this number of generations of history
    /// too. Returns the commits whose parents are left out.
    fn fetch(&self, depth: Option<u32>) -> Result<Vec<CommitId>, Error> {
        self.remote.refuse_offline()?;
        let Self { commit, reference, meter, .. } = self;
        let (store, all) = (self.store(), depth.unwrap_or(1));
        let ends = match self.remote.transport() {
            Transport::Path(path) => match depth {
                Some(depth) => local::fetch_files(path, *commit, depth, store),
                None => local::fetch_trees(path, *commit, store),
            },
            Transport::Libgit2(served) => libgit2::fetch(served, *commit, reference, all, store, meter),
            Transport::Http { remote, served } => {
                let objects = match depth {
                    Some(depth) => Objects::Files(*commit, depth),
                    None => Objects::Trees(std::slice::from_ref(commit)),
                };
                let fetched = if_version_2(remote, || match self.fetch_http(remote, &objects) {
                    Err(Failure::NotOurRef) => Err(Failure::Error(Error::Vanished { commit: *commit })),
                    other => other,
                })?;
                match fetched {
                    Some(ends) => Ok(ends),
                    None => libgit2::fetch(served, *commit, reference, all, store, meter),
                }
            }
        }?;
        if self.is_here()? {
            return Ok(ends);
        }
        Err(Error::Protocol { why: format!("it did not send the requested commit `{commit}`") })
    }

    fn fetch_http(&self, remote: &HttpRemote, objects: &Objects<'_>) -> Result<Vec<CommitId>, Failure> {
        remote.fetch(objects, || self.store().pack_sink(), PackSink::finish, self.meter)
    }

    /// Whether the commit of the remote and its trees are in the store.
    fn is_here(&self) -> Result<bool, Error> {
        self.store().has_commit(self.commit)
    }

    fn store(&self) -> &Store {
        self.remote.store()
    }
}
