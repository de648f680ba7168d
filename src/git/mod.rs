//! Git: remotes, the store, trees, checkouts and submodules. No other room knows `git2` or HTTP.
//!
//! This tool uses libgit2. So no git binary is needed, and a container without git can still lock, sync and export.
//! libgit2 knows neither protocol 2 nor object filters. So `wire` makes these requests, and libgit2 indexes the packs.
//!
//! The interface has names, urls, ids and paths, and reports received bytes to a [`Meter`]. This room knows neither
//! `repos.toml` nor the lock.

mod address;
mod api;
mod askpass;
mod auth;
mod bench;
mod bounded;
mod cache;
mod checkout;
mod config_edit;
mod config_files;
mod config_text;
mod configuration;
mod daemon;
mod error;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzz;
mod git2_error;
mod git_file;
mod helpers;
mod hint;
mod history;
mod ids;
mod includes;
mod libgit2;
mod local;
pub(crate) mod merging;
mod netrc;
mod pace;
mod packs;
mod path_value;
mod pipes;
mod remote;
mod retry;
mod root;
mod server_words;
mod snapshot;
mod ssh;
mod steps;
mod store;
mod superproject;
mod text;
mod transport;
mod tree;
mod wire;
mod written;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Once, OnceLock, PoisonError};
use std::time::Duration;

pub(crate) use api::Api;
pub(crate) use cache::{
    Fate, PinnedCommits, Pruned, Pruning, StoreSize, clean_cache, freed, is_cached, leftovers, size_of_cache,
    stores,
};
pub(crate) use checkout::{
    ASIDE_PREFIX, Before, BranchStart, Built, Checkout, CheckoutContent, CheckoutError, Discard, Head,
    LocalCommit, LocalWork, MergeToOpen, OpenMerge, Origin, Placed, Resolution, Upstream, WorkBranch,
};
pub(crate) use config_text::{
    Section as ConfigSection, Variable as ConfigVariable, sections as config_sections,
};
pub(crate) use error::Error;
pub(crate) use hint::HintContext;
pub(crate) use history::{Aged, Log, LogEntry, Lost, LostCommit, Signature};
pub(crate) use remote::Remote;
pub(crate) use snapshot::Snapshot;
pub(crate) use steps::{StepCommit, WrongStep};
pub(crate) use store::Store;
pub(crate) use superproject::{
    Active, AtRevision, FileVersions, GitModules, Module, SubmoduleEntry, SubmoduleName, SubmodulePath,
    Superproject, SuperprojectChange, may_have_submodules, relative_url,
};
pub(crate) use text::merge_text;
pub(crate) use tree::{GitTree, Place, may_lead_to_module};
pub(crate) use wire::{NoAnswer, TokenScheme};

use crate::repo::{CommitId, RemoteUrl, TreeId};
use configuration::Configuration;
use history::Known;
use transport::Transport;
use wire::Client;

/// The time limit for making a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// libgit2 caches trees of up to this number of bytes in memory.
const LARGEST_KEPT_TREE: usize = 1 << 20;
/// The bytes of a pack that libgit2 maps at once.
const WINDOW: usize = 16 << 20;
/// The bytes of all packs that it keeps mapped.
const MAPPED: usize = 96 << 20;

/// Called for every piece of data that arrives, with its length in bytes.
pub(crate) type Meter<'a> = &'a (dyn Fn(u64) + Sync);

/// Git for one run of the program: one HTTP client, one cache.
pub(crate) struct Git {
    cache: PathBuf,
    /// The lock of the project for which it works.
    lock_file: Option<PathBuf>,
    offline: bool,
    network: OnceLock<Network>,
    /// Held while `network` is made: a second client would have its own connections and credentials.
    making: Mutex<()>,
    complete: Complete,
    /// By store.
    known: Mutex<HashMap<PathBuf, Arc<Mutex<Known>>>>,
    swept: Once,
}

/// Commits that are complete in a store, as this run has seen: by store, commit and depth, the commits whose parents
/// are left out.
type Complete = Mutex<HashMap<(PathBuf, CommitId, u32), Vec<CommitId>>>;

/// What is needed to reach remotes. It is made at the first use.
struct Network {
    configuration: Arc<Configuration>,
    client: Arc<Client>,
}

impl Git {
    pub(crate) fn new(cache: PathBuf, offline: bool) -> Self {
        Self {
            cache,
            lock_file: None,
            offline,
            network: OnceLock::new(),
            making: Mutex::default(),
            complete: Complete::default(),
            known: Mutex::default(),
            swept: Once::new(),
        }
    }

    /// The same, for the project with this lock. Each store that is opened remembers it.
    #[must_use]
    pub(crate) fn for_lock(self, file: PathBuf) -> Self {
        Self { lock_file: Some(file), ..self }
    }

    /// The remote with this expanded url. A path must be absolute.
    pub(crate) fn remote(&self, url: &RemoteUrl) -> Result<Remote<'_>, Error> {
        Remote::new(self, url)
    }

    /// The tree of a commit, if it is in the cache. Sends no request and makes no store.
    pub(crate) fn known_tree(&self, url: &RemoteUrl, commit: CommitId) -> Option<TreeId> {
        // If the user's configuration is a pipe, libgit2 would wait for it. `network` refuses a pipe.
        self.network().ok()?;
        Store::of(&self.cache, url.without_secret().as_str()).tree_of(commit).ok()
    }

    /// The committer date of a commit, in seconds since 1970, if it is in the cache. Sends no request and makes no store.
    pub(crate) fn known_time(&self, url: &RemoteUrl, commit: CommitId) -> Option<i64> {
        self.network().ok()?;
        let repository = Store::of(&self.cache, url.without_secret().as_str()).repository().ok()?;
        Some(store::commit_in(&repository, commit).ok()?.time().seconds())
    }

    /// The objects of the store of a remote, as they are now. Sends no request and makes no store. `None` if the store does
    /// not have this tree.
    pub(crate) fn known_content(&self, url: &RemoteUrl, root: TreeId) -> Option<GitTree<'static>> {
        self.network().ok()?;
        let repository = Store::of(&self.cache, url.without_secret().as_str()).repository().ok()?;
        let is_there = repository.odb().is_ok_and(|odb| odb.exists(ids::oid(root.as_bytes())));
        is_there.then(|| GitTree::new(repository, root, Box::new(|_| Err(Error::CacheGone))))
    }

    /// Warnings of the requests so far, such as a token that a server refused.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.network.get().map(|network| network.client.warnings()).unwrap_or_default()
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Removes what killed processes left among the stores, once in a run.
    fn sweep(&self) {
        self.swept.call_once(|| store::sweep(&self.cache.join(store::STORES)));
    }

    /// Refuses a remote if oca is offline. A path is allowed.
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

/// Sets libgit2's options for the process. Call it once, before any other thread runs.
pub(crate) fn prepare() {
    // Objects are checked once, when their pack is indexed. A check at every read would make a sync slower.
    git2::opts::strict_hash_verification(false);
    git2::opts::strict_object_creation(false);
    #[expect(unsafe_code, reason = "libgit2's options are process-wide; no other thread runs yet")]
    // SAFETY: called from `main` before any thread is started.
    unsafe {
        // In a container, the mounted project often belongs to another user. oca runs neither hooks nor programs that a
        // repository names, so such an owner can do no harm.
        let _kept = git2::opts::set_verify_owner_validation(false);
        // The root tree of a repository with many modules is read often, but it is too large for the default limit.
        let _kept = git2::opts::set_cache_object_limit(git2::ObjectType::Tree, LARGEST_KEPT_TREE);
        // By default, libgit2 maps a whole pack, and the pack of Odoo has hundreds of megabytes.
        let _kept = git2::opts::set_mwindow_size(WINDOW);
        let _kept = git2::opts::set_mwindow_mapped_limit(MAPPED);
    }
}
