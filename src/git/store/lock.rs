//! Locks for changing a store, and for making or removing one. If a process is killed, the system releases its locks.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use git2::Repository;

use super::{ASIDE_PREFIX, Store, URL};
use crate::fs::{Context, DirectoryLock, is_at, lock_if_possible, open, try_lock_if_possible};
use crate::git::Error;

/// The file whose lock is held while a store is made or removed.
const STORES_LOCK: &str = ".lock";

/// The prefix of the directories beside the stores in which a store is made or deleted.
const COMING_OR_GOING: &str = ".aside-";

/// The stores that this process uses.
static IN_USE: Mutex<Option<HashMap<PathBuf, Weak<Share>>>> = Mutex::new(None);

/// A share in a store that is in use. As long as it exists, no other process removes anything from the store. It is an open
/// file, so it does not live longer than what uses the store: a project can have more stores than a process open files.
#[derive(Default)]
pub(super) struct Share(Mutex<Option<DirectoryLock>>);

impl Share {
    /// The share of this process in a store. Nothing is locked yet.
    pub(super) fn of(store: &Path) -> Arc<Self> {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let in_use = in_use.get_or_insert_default();
        if let Some(share) = in_use.get(store).and_then(Weak::upgrade) {
            return share;
        }
        in_use.retain(|_, share| share.strong_count() > 0);
        let share = Arc::<Self>::default();
        in_use.insert(store.to_owned(), Arc::downgrade(&share));
        share
    }
}

/// Held while something is added to a store. Other processes wait.
pub(in crate::git) struct StoreLock {
    _file: File,
}

impl Store {
    /// Makes the store if it does not exist, and prevents other processes from taking it: see [`Store::try_own`].
    pub(super) fn hold(&self) -> Result<(), Error> {
        let mut held = self.share.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if held.as_ref().is_some_and(|held| held.is_at(&self.directory)) && self.is_whole() {
                return Ok(());
            }
            match DirectoryLock::share(&self.directory) {
                Err(error) if error.kind() == ErrorKind::NotFound => self.make()?,
                share => {
                    *held = Some(share.at("open", &self.directory)?);
                    if !self.is_whole() {
                        self.make()?;
                    }
                }
            }
        }
    }

    /// Takes the store exclusively, so that something may be removed from it. `None` if another process uses the store,
    /// or if it does not exist.
    pub(in crate::git) fn try_own(&self) -> Result<Option<DirectoryLock>, Error> {
        match DirectoryLock::try_take(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            own => Ok(own.at("open", &self.directory)?.filter(|own| own.is_at(&self.directory))),
        }
    }

    /// Takes the lock for adding to this store. Waits for other processes.
    pub(in crate::git) fn lock(&self) -> Result<StoreLock, Error> {
        loop {
            let path = self.lock_file();
            let file = match open_lock(&path) {
                // Another process removed the store.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.hold()?;
                    continue;
                }
                other => other.at("open", &path)?,
            };
            let is_held = lock_if_possible(&file);
            // If another process replaced the store while we waited, this is the lock of the old one.
            if is_at(&file, &path) {
                self.sweep(is_held)?;
                return Ok(StoreLock { _file: file });
            }
        }
    }

    /// The same, without waiting. `None` if another process is adding to the store, or replaced it.
    pub(in crate::git) fn try_lock(&self) -> Result<Option<StoreLock>, Error> {
        let path = self.lock_file();
        let file = open_lock(&path).at("open", &path)?;
        match try_lock_if_possible(&file) {
            Some(is_held) if is_at(&file, &path) => {
                self.sweep(is_held)?;
                Ok(Some(StoreLock { _file: file }))
            }
            Some(_) | None => Ok(None),
        }
    }

    fn lock_file(&self) -> PathBuf {
        self.directory.join("oca.lock")
    }

    /// Replaces a damaged store by an empty one. Do not call this while you hold the lock.
    pub(in crate::git) fn renew(&self) -> Result<(), Error> {
        {
            let _lock = self.lock()?;
            StoresLock::take(self.stores())?.put_anew(self)?;
        }
        self.hold()
    }

    /// Makes the store if it does not exist or is not whole.
    fn make(&self) -> Result<(), Error> {
        let stores = StoresLock::take(self.stores())?;
        if self.is_whole() { Ok(()) } else { stores.put_anew(self) }
    }

    /// Deletes the store. A process that waits for its lock makes a new one.
    pub(in crate::git) fn remove(&self, _own: &DirectoryLock) -> Result<(), Error> {
        let stores = StoresLock::take(self.stores())?;
        let aside = stores.aside()?;
        Ok(fs::rename(&self.directory, aside.path().join("old")).at("remove", &self.directory)?)
    }

    fn stores(&self) -> &Path {
        self.directory.parent().unwrap_or(Path::new("."))
    }

    /// Removes what a killed process left in the store. The caller holds the lock, so no other process uses it. Nothing
    /// is removed on a file system without locks.
    fn sweep(&self, is_held: bool) -> Result<(), Error> {
        if !is_held {
            return Ok(());
        }
        for entry in fs::read_dir(&self.directory).at("read", &self.directory)? {
            let entry = entry.at("read", &self.directory)?;
            if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX) {
                match fs::remove_dir_all(entry.path()) {
                    Err(error) if !is_refusal(&error) => Err(error).at("remove", &entry.path())?,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// Held while a store is made or removed. This is short.
pub(in crate::git) struct StoresLock {
    directory: PathBuf,
    _file: File,
    /// False on a file system without locks.
    is_held: bool,
}

impl StoresLock {
    pub(in crate::git) fn take(stores: &Path) -> Result<Self, Error> {
        let path = stores.join(STORES_LOCK);
        loop {
            fs::create_dir_all(stores).at("create", stores)?;
            let file = match open_lock(&path) {
                // Another process removed the directory.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.at("open", &path)?,
            };
            let is_held = lock_if_possible(&file);
            // Another process may have deleted all stores and this lock while we waited.
            if is_at(&file, &path) {
                return Ok(Self { directory: stores.to_owned(), _file: file, is_held });
            }
        }
    }

    /// Removes what killed processes left beside the stores. No other process makes or deletes a store now, because
    /// this lock is held. Nothing is removed on a file system without locks.
    fn sweep(&self) {
        if !self.is_held {
            return;
        }
        for path in left_among(&self.directory) {
            let _left = fs::remove_dir_all(path);
        }
    }

    /// Removes the directory of the stores if it is empty.
    pub(in crate::git) fn remove_if_empty(self) {
        // If this fails, there is a new store in it, or an empty directory stays, which does no harm.
        let _left =
            fs::remove_file(self.directory.join(STORES_LOCK)).and_then(|()| fs::remove_dir(&self.directory));
    }

    /// A temporary directory beside the stores. Drop it before the lock.
    fn aside(&self) -> Result<tempfile::TempDir, Error> {
        self.sweep();
        let mut builder = tempfile::Builder::new();
        Ok(builder.prefix(COMING_OR_GOING).tempdir_in(&self.directory).at("create", &self.directory)?)
    }

    /// Puts an empty store in the place of the old one. It is made aside and renamed, so it is never half made.
    fn put_anew(&self, store: &Store) -> Result<(), Error> {
        let aside = self.aside()?;
        let new = aside.path().join("new");
        let mut options = git2::RepositoryInitOptions::new();
        options.bare(true).external_template(false);
        Repository::init_opts(&new, &options)?;
        crate::fs::stop("making a store");
        let url = new.join(URL);
        fs::write(&url, format!("{}\n", store.url)).at("write", &url)?;
        if store.directory.exists() {
            fs::rename(&store.directory, aside.path().join("old")).at("remove", &store.directory)?;
        }
        Ok(fs::rename(&new, &store.directory).at("create", &store.directory)?)
    }
}

/// Removes what killed processes left beside the stores, unless another process holds the lock. If the cache cannot be
/// written, this does nothing.
pub(in crate::git) fn sweep(stores: &Path) {
    if left_among(stores).next().is_some()
        && let Ok(file) = open_lock(&stores.join(STORES_LOCK))
        && let Some(is_held) = try_lock_if_possible(&file)
    {
        StoresLock { directory: stores.to_owned(), _file: file, is_held }.sweep();
    }
}

fn left_among(stores: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(stores).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(COMING_OR_GOING))
        .map(|entry| entry.path())
}

/// Opens a lock file. If it cannot be written, an existing one is opened for reading and can still be locked: a
/// checkout from a read-only cache must wait for processes that write.
fn open_lock(path: &Path) -> io::Result<File> {
    match crate::fs::open_to_lock(path) {
        Err(error) if is_refusal(&error) => open(path).map_err(|_| error),
        other => other,
    }
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}
