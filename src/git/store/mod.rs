//! The cache: one bare repository for each remote url. It has what was fetched and nothing else.
//!
//! Two rules keep it correct:
//!
//! - Packs are added as a whole, a commit is never added before all its trees, and objects are removed only with the
//!   whole store. So if a commit is here, its trees are here too, and only blobs can be missing.
//! - A store has no refs. libgit2 would offer them to a server as complete histories, and the server would leave
//!   objects out.

mod giving;
mod lock;
mod walk;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use git2::{ObjectType, Odb, Oid, Repository};

use lock::Share;
pub(super) use lock::{StoreLock, StoresLock, sweep};
pub(super) use walk::{commits_down_to, leads_to, parents};

use super::ids::{bytes, commits_with, is_in, oid};
use super::packs::{PackSink, indexes, is_whole_pack, pack_files, take_packs};
use super::{Error, pipes};
use crate::fs::{Context, read_text, short_digest, touch};
use crate::repo::{CommitId, TreeId, last_part, redact};

pub(super) const STORES: &str = "stores";
/// The file with the url, without secrets. Its time of modification is the time of the last use.
const URL: &str = "oca-url";
/// A use is recorded only if the last recorded one is older than this.
const USE: Duration = Duration::from_hours(24);
/// The prefix of the files that replace another one.
const REPLACING: &str = "oca-new-";
/// The file with the paths of the locks whose projects used the store, one on each line.
const LOCKS: &str = "oca-locks";
/// The directory with the kept logs.
const LOGS: &str = "oca-logs";
/// The prefix of the directories in which packs are received.
pub(super) const ASIDE_PREFIX: &str = "oca-tmp-";

/// The store of one remote.
#[derive(Clone)]
pub(crate) struct Store {
    directory: PathBuf,
    /// The declared url, also without what may be a password in a mistyped one. Empty if it is not known.
    url: String,
    share: Arc<Share>,
}

impl Store {
    /// Opens the store of a remote. Makes it if it does not exist.
    pub(super) fn open(cache: &Path, url: &str) -> Result<Self, Error> {
        let mut store = Self::of(cache, url);
        store.share = Share::of(&store.directory);
        store.hold()?;
        store.note_use();
        Ok(store)
    }

    /// The store of a remote. It may not exist.
    pub(super) fn of(cache: &Path, url: &str) -> Self {
        let directory = cache.join(STORES).join(directory_name(url));
        Self { directory, url: redact(url), share: Arc::default() }
    }

    /// The store in an existing directory.
    pub(super) fn at(directory: PathBuf) -> Self {
        let url = read_text(&directory.join(URL)).unwrap_or_default().trim().to_owned();
        Self { directory, url, share: Arc::default() }
    }

    /// The declared url without secrets. If it is not known, the name of the directory.
    pub(super) fn name(&self) -> String {
        match self.url.as_str() {
            "" => self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            url => url.to_owned(),
        }
    }

    /// The time of the last use, accurate to a day.
    pub(super) fn last_use(&self) -> Option<SystemTime> {
        let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        time(&self.directory.join(URL)).or_else(|| time(&self.directory))
    }

    /// Records this use. Errors are ignored, because oca also uses a cache that cannot be written.
    fn note_use(&self) {
        let file = self.directory.join(URL);
        let last = fs::metadata(&file).and_then(|metadata| metadata.modified());
        let _not_writable = match last {
            // A time in the future counts as now.
            Ok(last) if last.elapsed().map_or(true, |age| age < USE) => Ok(()),
            Ok(_) => touch(&file),
            Err(_) => fs::write(&file, format!("{}\n", self.url)),
        };
    }

    /// Remembers the lock of a project that uses the store. Errors are ignored, because oca also uses a cache that cannot
    /// be written.
    pub(super) fn note_lock(&self, file: &Path) {
        let Some(path) = file.to_str().filter(|path| !path.contains('\n')) else { return };
        let mut locks = self.locks();
        if !locks.iter().any(|known| known == file) {
            locks.retain(|lock| lock.exists());
            locks.push(path.into());
            let lines: String = locks.iter().map(|lock| format!("{}\n", lock.display())).collect();
            // If two runs write at once, the next use of the other project adds its line again.
            let _not_writable = self.replace(LOCKS, lines.as_bytes());
        }
    }

    /// Writes a file of the store, so that nobody reads half of it.
    fn replace(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        // Not `ASIDE_PREFIX`: this is written without the lock of the store, so another thread would sweep it away.
        let mut aside = tempfile::Builder::new().prefix(REPLACING).tempfile_in(&self.directory)?;
        aside.write_all(bytes)?;
        aside.persist(self.directory.join(name))?;
        Ok(())
    }

    /// The locks whose projects used the store. They may not exist any more.
    pub(crate) fn locks(&self) -> Vec<PathBuf> {
        let text = read_text(&self.directory.join(LOCKS)).unwrap_or_default();
        text.lines().map(PathBuf::from).collect()
    }

    /// Whether libgit2 can open it. The user may delete the cache at any time, also half of it.
    pub(super) fn is_whole(&self) -> bool {
        self.directory.join("HEAD").is_file()
            && self.packs_directory().is_dir()
            && self.directory.join("refs").is_dir()
    }

    /// Whether each pack ends in the checksum that its index has for it. A truncated pack does not.
    pub(super) fn has_whole_packs(&self) -> Result<bool, Error> {
        let indexes = indexes(&self.packs_directory())?;
        // If a pack was removed since it was listed, another pack has replaced it.
        Ok(indexes.iter().all(|index| is_whole_pack(index).unwrap_or(false) || !index.exists()))
    }

    /// A temporary store in an empty directory. The caller deletes the directory.
    pub(super) fn scratch(directory: &Path) -> Result<Self, Error> {
        Repository::init_bare(directory)?;
        Ok(Self { directory: directory.to_owned(), url: String::new(), share: Arc::default() })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether the store was deleted after it was opened.
    pub(super) fn is_gone(&self) -> bool {
        !self.directory.join("HEAD").exists()
    }

    /// Its objects, as a repository without references and without configuration. The whole one takes a hundred more
    /// system calls to open: libgit2 reads the configuration of the user and of the system several times.
    pub(super) fn repository(&self) -> Result<Repository, Error> {
        pipes::refuse_in_git_directory(&self.directory)?;
        if !self.is_whole() {
            return Err(Error::CacheGone);
        }
        let objects = self.objects_directory();
        let Some(objects) = objects.to_str() else { return self.with_references() };
        let odb = Odb::new()?;
        odb.add_disk_alternate(objects)?;
        Ok(Repository::from_odb(odb)?)
    }

    /// The whole repository. libgit2 needs one to fetch into it.
    pub(super) fn with_references(&self) -> Result<Repository, Error> {
        pipes::refuse_in_git_directory(&self.directory)?;
        Repository::open_bare(&self.directory).map_err(|error| match error.code() {
            git2::ErrorCode::NotFound => Error::CacheGone,
            _ => error.into(),
        })
    }

    /// The commits whose ids begin with these hexadecimal digits.
    pub(super) fn commits_with(&self, digits: &str) -> Result<Vec<CommitId>, Error> {
        Ok(commits_with(&self.repository()?, digits)?)
    }

    /// Whether the store has a pack.
    pub(super) fn has_packs(&self) -> Result<bool, Error> {
        Ok(!pack_files(&self.packs_directory())?.is_empty())
    }

    /// Whether the store has a commit and, by the first rule above, all its trees.
    pub(super) fn has_commit(&self, commit: CommitId) -> Result<bool, Error> {
        has(&self.repository()?, commit)
    }

    /// The objects that the store does not have. Each id is listed once.
    pub(super) fn missing(&self, ids: impl IntoIterator<Item = [u8; 20]>) -> Result<Vec<[u8; 20]>, Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(&odb)?;
        for id in ids {
            missing.note(oid(&id));
        }
        Ok(missing.ids)
    }

    /// The blobs of a commit that the store does not have. Each id is listed once.
    pub(super) fn missing_files(&self, commit: CommitId) -> Result<Vec<[u8; 20]>, Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(&odb)?;
        note_files(&repository, commit, &mut missing)?;
        Ok(missing.ids)
    }

    /// Whether `to` is `from` or an ancestor of it, according to the commits in the store. `to` itself need not be
    /// there.
    pub(super) fn leads_to(&self, from: CommitId, to: CommitId) -> Result<bool, Error> {
        Ok(leads_to(&self.repository()?, [oid(from.as_bytes())], oid(to.as_bytes())))
    }

    /// The ends of the history of a commit: those of the claimed commits that are reachable from it. A server may claim
    /// any commits as ends. If a commit is missing that the server did not claim, this is an error.
    pub(super) fn reached(&self, from: CommitId, claimed: &[CommitId]) -> Result<Vec<CommitId>, Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let history = commits_down_to(&odb, from, claimed);
        if let Some(id) = history.iter().filter(|id| !odb.exists(**id)).min() {
            return Err(Error::Protocol { why: format!("it did not send commit `{id}`") });
        }
        let is_reached = |end: &CommitId| history.contains(&oid(end.as_bytes()));
        let mut ends: Vec<CommitId> = claimed.iter().copied().filter(is_reached).collect();
        ends.sort();
        ends.dedup();
        Ok(ends)
    }

    /// Checks that the files of a commit can be read, except those that the object database `other` has.
    pub(super) fn read_files(&self, commit: CommitId, other: &Odb<'_>) -> Result<(), Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(other)?;
        note_files(&repository, commit, &mut missing)?;
        missing.ids.iter().try_for_each(|id| Ok(odb.read(oid(id)).map(drop)?))
    }

    /// The id of the root tree of a commit in the store.
    pub(super) fn tree_of(&self, commit: CommitId) -> Result<TreeId, Error> {
        tree_in(&self.repository()?, commit)
    }

    /// A sink that receives a pack for this store.
    pub(super) fn pack_sink(&self) -> Result<PackSink, Error> {
        PackSink::new(self.aside()?, self.packs_directory())
    }

    /// An empty temporary directory in the store. It is removed when dropped.
    pub(super) fn aside(&self) -> Result<tempfile::TempDir, Error> {
        Ok(tempfile::Builder::new()
            .prefix(ASIDE_PREFIX)
            .tempdir_in(&self.directory)
            .at("write in", &self.directory)?)
    }

    /// Moves complete packs from another directory into the store.
    pub(super) fn take_packs(&self, directory: &Path) -> Result<(), Error> {
        take_packs(directory, &self.packs_directory())
    }

    pub(super) fn objects_directory(&self) -> PathBuf {
        self.directory.join("objects")
    }

    pub(super) fn packs_directory(&self) -> PathBuf {
        self.objects_directory().join("pack")
    }

    /// The ends that [`Store::record_history`] recorded for this commit and depth. `None` if nothing was recorded.
    pub(super) fn history(&self, commit: CommitId, depth: u32) -> Result<Option<Vec<CommitId>>, Error> {
        let Some(text) = crate::fs::read_if_there(&self.history_file(commit, depth))? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().map(|line| CommitId::parse(line).ok()).collect())
    }

    /// Records that the store has the history of a commit to this depth, and the ends of this history.
    pub(super) fn record_history(
        &self,
        commit: CommitId,
        depth: u32,
        ends: &[CommitId],
    ) -> Result<(), Error> {
        let file = self.history_file(commit, depth);
        let directory = self.directory.join("oca-history");
        fs::create_dir_all(&directory).at("create", &directory)?;
        let text: String = ends.iter().map(|commit| format!("{commit}\n")).collect();
        crate::fs::write_if_changed(&file, text.as_bytes())?;
        Ok(())
    }

    /// The text that [`Store::keep_log`] kept for two commits.
    pub(super) fn kept_log(&self, old: CommitId, new: CommitId) -> Option<Vec<u8>> {
        crate::fs::read_if_there(&self.log_file(old, new)).ok().flatten()
    }

    /// Keeps a text about what one commit has and another one does not have. Neither can change. Errors are ignored,
    /// because it can be asked for again. A reader notices half a text, because it is not JSON.
    pub(super) fn keep_log(&self, old: CommitId, new: CommitId, text: &[u8]) {
        let directory = self.directory.join(LOGS);
        let _asked_again =
            fs::create_dir_all(&directory).and_then(|()| fs::write(self.log_file(old, new), text));
    }

    /// Removes the kept logs that were not written for this long, and what a killed process did not put in its place. The
    /// caller owns the store.
    pub(super) fn drop_logs(&self, older_than: Duration) -> Result<(), Error> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().filter_map(Result::ok);
        for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(REPLACING)) {
            fs::remove_file(entry.path()).at("remove", &entry.path())?;
        }
        let directory = self.directory.join(LOGS);
        let Ok(entries) = fs::read_dir(&directory) else { return Ok(()) };
        for entry in entries.filter_map(Result::ok) {
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            if written.is_ok_and(|time| time.elapsed().unwrap_or_default() >= older_than) {
                fs::remove_file(entry.path()).at("remove", &entry.path())?;
            }
        }
        Ok(())
    }

    fn log_file(&self, old: CommitId, new: CommitId) -> PathBuf {
        self.directory.join(LOGS).join(format!("{old}-{new}.json"))
    }

    fn history_file(&self, commit: CommitId, depth: u32) -> PathBuf {
        self.directory.join("oca-history").join(format!("{commit}.{depth}"))
    }
}

/// Whether a repository has a commit and all its trees and files.
pub(super) fn has_files(repository: &Repository, commit: CommitId) -> Result<bool, Error> {
    let odb = repository.odb()?;
    let mut missing = Missing::new(&odb)?;
    Ok(odb.exists(oid(commit.as_bytes())) && {
        note_files(repository, commit, &mut missing)?;
        missing.ids.is_empty()
    })
}

/// Whether a repository has a commit.
pub(super) fn has(repository: &Repository, commit: CommitId) -> Result<bool, Error> {
    Ok(repository.odb()?.exists(oid(commit.as_bytes())))
}

/// A commit in a repository. An annotated tag is an error that names its commit.
pub(super) fn commit_in(repository: &Repository, commit: CommitId) -> Result<git2::Commit<'_>, Error> {
    let id = oid(commit.as_bytes());
    repository.find_commit(id).map_err(|error| {
        let named = repository.find_tag(id).and_then(|tag| tag.as_object().peel_to_commit());
        match named {
            Ok(named) => Error::IsTag { tag: commit, commit: CommitId::from_bytes(bytes(named.id())) },
            Err(_) => error.into(),
        }
    })
}

/// The id of the root tree of a commit in a repository.
pub(super) fn tree_in(repository: &Repository, commit: CommitId) -> Result<TreeId, Error> {
    Ok(TreeId::from_bytes(bytes(commit_in(repository, commit)?.tree_id())))
}

/// Notes the trees and the blobs of a commit. Each tree is read once. This does not use libgit2's `Tree::walk`, which
/// refuses names that are not UTF-8.
fn note_files(repository: &Repository, commit: CommitId, missing: &mut Missing<'_>) -> Result<(), Error> {
    let mut left = vec![commit_in(repository, commit)?.tree_id()];
    left.retain(|root| missing.note(*root));
    while let Some(id) = left.pop() {
        for entry in &repository.find_tree(id)? {
            match entry.kind() {
                Some(ObjectType::Blob) => _ = missing.note(entry.id()),
                Some(ObjectType::Tree) if missing.note(entry.id()) => left.push(entry.id()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Collects the ids of objects that are not in a store.
struct Missing<'a> {
    odb: &'a Odb<'a>,
    seen: HashSet<Oid>,
    ids: Vec<[u8; 20]>,
}

impl<'a> Missing<'a> {
    fn new(odb: &'a Odb<'a>) -> Result<Self, Error> {
        odb.refresh()?;
        Ok(Self { odb, seen: HashSet::new(), ids: Vec::new() })
    }

    /// Returns whether the id was not noted before.
    fn note(&mut self, id: Oid) -> bool {
        let is_new = self.seen.insert(id);
        if is_new && !is_in(self.odb, id) {
            self.ids.push(bytes(id));
        }
        is_new
    }
}

/// The name of a store's directory: a readable part of the url, and a digest of the whole url.
fn directory_name(url: &str) -> String {
    let word: String = last_part(&redact(url))
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .take(40)
        .collect();
    format!("{word}-{}.git", short_digest(url.as_bytes()))
}
