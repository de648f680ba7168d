//! Git: remotes, the store, trees and checkouts. The only room that says `git2` or knows HTTP.
//!
//! libgit2 is the git of this tool, so that neither a git binary nor its version matters, and a container
//! without git can still lock, sync and export. Where libgit2 fetches more than is needed (protocol 2, object
//! filters), `wire` asks for exactly that and libgit2 indexes what comes.
//!
//! Speaks names, urls, ids and paths; reports bytes through a [`Meter`]. Knows neither `repos.toml` nor the lock.

mod address;
mod auth;
mod bounded;
mod cache;
mod checkout;
mod config_edit;
mod config_text;
mod configuration;
mod daemon;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzz;
mod git_file;
mod ids;
mod libgit2;
mod local;
mod pace;
mod packs;
mod pipes;
mod remote;
mod retry;
mod root;
mod snapshot;
mod ssh;
mod store;
mod superproject;
mod text;
mod transport;
mod tree;
mod wire;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

pub(crate) use cache::{
    Fate, Pruned, Pruning, StoreSize, clean_cache, freed, leftovers, size_of_cache, stores,
};
pub(crate) use checkout::{
    ASIDE_PREFIX, Built, Checkout, CheckoutError, Content, Head, LocalWork, Origin, Placed,
};
pub(crate) use config_text::{
    Section as ConfigSection, Variable as ConfigVariable, sections as config_sections,
};
pub(crate) use error::{Asked, Error};
pub(crate) use remote::Remote;
pub(crate) use snapshot::Snapshot;
pub(crate) use store::Store;
pub(crate) use superproject::{
    Active, Change as SuperprojectChange, Entry as SubmoduleEntry, GitModules, Module, SubmoduleName,
    SubmodulePath, Superproject, may_have_submodules, relative_url,
};
pub(crate) use text::merge_text;
pub(crate) use tree::GitTree;

use crate::repo::{CommitId, RemoteUrl, TreeId};
use configuration::Configuration;
use transport::Transport;
use wire::Client;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(15);

/// Trees of up to so many bytes are kept in memory once they were read.
const LARGEST_KEPT_TREE: usize = 1 << 20;

/// Told of every piece that arrives, in bytes.
pub(crate) type Meter<'a> = &'a (dyn Fn(u64) + Sync);

/// Git for one run of the program: one HTTP client, one cache.
pub(crate) struct Git {
    cache: PathBuf,
    offline: bool,
    network: OnceLock<Network>,
    /// Held while the network is made: a second client would have connections and credentials of its own.
    making: Mutex<()>,
    complete: Complete,
    swept: Once,
}

/// Commits that this run has seen whole in a store, to which depth and where their history ends.
type Complete = Mutex<HashMap<(PathBuf, CommitId, u32), Vec<CommitId>>>;

/// What only a command that reaches a remote needs.
struct Network {
    configuration: Arc<Configuration>,
    client: Arc<Client>,
}

impl Git {
    pub(crate) fn new(cache: PathBuf, offline: bool) -> Self {
        Self {
            cache,
            offline,
            network: OnceLock::new(),
            making: Mutex::default(),
            complete: Complete::default(),
            swept: Once::new(),
        }
    }

    /// A remote by its expanded url; a path is absolute.
    pub(crate) fn remote(&self, url: &RemoteUrl) -> Result<Remote<'_>, Error> {
        Remote::new(self, url)
    }

    /// The tree of a commit, where that is in the cache; asks nobody and makes nothing.
    pub(crate) fn known_tree(&self, url: &RemoteUrl, commit: CommitId) -> Option<TreeId> {
        // libgit2 would wait for a pipe in place of the user's configuration.
        self.network().ok()?;
        Store::of(&self.cache, url.without_secret().as_str()).tree_of(commit).ok()
    }

    /// What the user should hear of after a command that reached remotes.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.network.get().map(|network| network.client.warnings()).unwrap_or_default()
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Clears away what killed processes left among the stores, once in a run.
    fn sweep(&self) {
        self.swept.call_once(|| store::sweep(&self.cache.join(store::STORES)));
    }

    /// A path is no network.
    fn refuse_offline(&self, transport: &Transport) -> Result<(), Error> {
        let is_path = matches!(transport, Transport::Path(_));
        if self.offline && !is_path { Err(Error::Offline) } else { Ok(()) }
    }

    fn network(&self) -> Result<&Network, Error> {
        if let Some(network) = self.network.get() {
            return Ok(network);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(network) = self.network.get() {
            return Ok(network);
        }
        let configuration = Arc::new(Configuration::load()?);
        let client = Arc::new(Client::new(Arc::clone(&configuration)));
        libgit2::register_transports(&client, &configuration);
        Ok(self.network.get_or_init(|| Network { configuration, client }))
    }
}

/// Sets libgit2's options for the process; called once, before any other thread runs.
pub(crate) fn prepare() {
    // Objects are checked when their pack is indexed; reading them again and again need not be.
    git2::opts::strict_hash_verification(false);
    git2::opts::strict_object_creation(false);
    #[expect(unsafe_code, reason = "libgit2's options are process-wide; no other thread runs yet")]
    // SAFETY: called from `main` before any thread is started.
    unsafe {
        // oca runs neither hooks nor programs that a repository names, so a foreign owner can do no harm; in a
        // container the mounted project often belongs to somebody else.
        let _kept = git2::opts::set_verify_owner_validation(false);
        // The top of a repository with many modules is looked at again and again; by default it is too large to keep.
        let _kept = git2::opts::set_cache_object_limit(git2::ObjectType::Tree, LARGEST_KEPT_TREE);
    }
}
