//! The cache: one bare repository per remote url, holding what was fetched and nothing else.
//!
//! Two rules keep it right. A pack comes in as a whole or not at all, a commit never comes in before all of its
//! trees, and no object ever goes but with the whole store; so "the commit is here" means "its trees are here", and
//! only blobs may be missing. And a store has no refs: libgit2 would offer them to a server as complete histories,
//! and the server would leave objects out.

mod lock;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git2::{ObjectType, Odb, OdbLookupFlags, Oid, Repository};

pub(super) use lock::{StoreLock, StoresLock, sweep};

use super::Error;
use super::ids::{bytes, oid};
use super::packs::{PackSink, indexes, is_whole_pack, link, pack_files, take_packs};
use crate::fs::{Context, read_text, short_digest, touch};
use crate::repo::{CommitId, TreeId};

pub(super) const STORES: &str = "stores";
/// The file that holds the url, without secrets; its time is that of the last use.
const URL: &str = "oca-url";
/// A use is written down where the last one was longer ago.
const USE: Duration = Duration::from_hours(24);
/// The prefix of directories in which packs arrive.
pub(super) const ASIDE_PREFIX: &str = "oca-tmp-";

/// The store of one remote.
pub(crate) struct Store {
    directory: PathBuf,
    /// Empty where it is not known.
    url: String,
}

impl Store {
    /// Opens the store of a remote, and makes it where there is none.
    pub(super) fn open(cache: &Path, url: &str) -> Result<Self, Error> {
        let store = Self::of(cache, url);
        store.hold()?;
        store.note_use();
        Ok(store)
    }

    /// The store of a remote, which may not be there.
    pub(super) fn of(cache: &Path, url: &str) -> Self {
        Self { directory: cache.join(STORES).join(directory_name(url)), url: url.to_owned() }
    }

    /// A store that is there, by its directory.
    pub(super) fn at(directory: PathBuf) -> Self {
        let url = read_text(&directory.join(URL)).unwrap_or_default().trim().to_owned();
        Self { directory, url }
    }

    /// The declared url, without secrets; the name of the directory where that is not known.
    pub(super) fn name(&self) -> String {
        match self.url.as_str() {
            "" => self.directory.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            url => url.to_owned(),
        }
    }

    /// When it was last opened, give or take a day.
    pub(super) fn last_use(&self) -> Option<SystemTime> {
        let time = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
        time(&self.directory.join(URL)).or_else(|| time(&self.directory))
    }

    /// Nothing depends on it: a cache that cannot be written serves as well.
    fn note_use(&self) {
        let file = self.directory.join(URL);
        let last = fs::metadata(&file).and_then(|metadata| metadata.modified());
        let _not_writable = match last {
            // A time that is still to come is as good as now.
            Ok(last) if last.elapsed().map_or(true, |age| age < USE) => Ok(()),
            Ok(_) => touch(&file),
            Err(_) => fs::write(&file, format!("{}\n", self.url)),
        };
    }

    /// Whether libgit2 will open it: a cache may be deleted at any time, also half.
    pub(super) fn is_whole(&self) -> bool {
        self.directory.join("HEAD").is_file()
            && self.packs_directory().is_dir()
            && self.directory.join("refs").is_dir()
    }

    /// Whether each pack ends in the checksum that its index has of it: one that was cut short does not.
    pub(super) fn has_whole_packs(&self) -> Result<bool, Error> {
        let indexes = indexes(&self.packs_directory())?;
        // One that went meanwhile has another in its place.
        Ok(indexes.iter().all(|index| is_whole_pack(index).unwrap_or(false) || !index.exists()))
    }

    /// A store for once, in an empty directory that the caller deletes.
    pub(super) fn scratch(directory: &Path) -> Result<Self, Error> {
        Repository::init_bare(directory)?;
        Ok(Self { directory: directory.to_owned(), url: String::new() })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether it was deleted since it was opened.
    pub(super) fn is_gone(&self) -> bool {
        !self.directory.join("HEAD").exists()
    }

    pub(super) fn repository(&self) -> Result<Repository, Error> {
        Repository::open_bare(&self.directory).map_err(|error| match error.code() {
            git2::ErrorCode::NotFound => Error::CacheGone,
            _ => error.into(),
        })
    }

    /// Whether anything was fetched before.
    pub(super) fn has_packs(&self) -> Result<bool, Error> {
        Ok(!pack_files(&self.packs_directory())?.is_empty())
    }

    /// Whether a commit and, by the rule above, all its trees are here.
    pub(super) fn has_commit(&self, commit: CommitId) -> Result<bool, Error> {
        Ok(self.repository()?.odb()?.exists(oid(commit.as_bytes())))
    }

    /// Those of the objects that are not here yet, each once.
    pub(super) fn missing(&self, ids: impl IntoIterator<Item = [u8; 20]>) -> Result<Vec<[u8; 20]>, Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(&odb)?;
        ids.into_iter().for_each(|id| missing.note(oid(&id)));
        Ok(missing.ids)
    }

    /// The blobs of a whole commit that are not here yet, each once.
    pub(super) fn missing_files(&self, commit: CommitId) -> Result<Vec<[u8; 20]>, Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(&odb)?;
        note_files(&repository, commit, &mut missing)?;
        Ok(missing.ids)
    }

    /// Whether one commit leads to another by the commits that are here; the other need not be.
    pub(super) fn leads_to(&self, from: CommitId, to: CommitId) -> Result<bool, Error> {
        let repository = self.repository()?;
        let to = oid(to.as_bytes());
        let mut seen = HashSet::new();
        let mut left = vec![oid(from.as_bytes())];
        while let Some(id) = left.pop() {
            if id == to {
                return Ok(true);
            }
            if let Ok(commit) = repository.find_commit(id) {
                left.extend(commit.parent_ids().filter(|&parent| seen.insert(parent)));
            }
        }
        Ok(false)
    }

    /// Where the history of a commit ends, of the commits that a server named; it may name whatever it likes, and
    /// leave out what it did not name.
    pub(super) fn reached(&self, from: CommitId, claimed: &[CommitId]) -> Result<Vec<CommitId>, Error> {
        let claimed: HashSet<Oid> = claimed.iter().map(|commit| oid(commit.as_bytes())).collect();
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut ends = Vec::new();
        let mut seen = HashSet::from([oid(from.as_bytes())]);
        let mut left = vec![oid(from.as_bytes())];
        while let Some(id) = left.pop() {
            if !odb.exists(id) {
                return Err(Error::Protocol { why: format!("it left out commit `{id}`") });
            }
            if claimed.contains(&id) {
                ends.push(CommitId::from_bytes(bytes(id)));
            } else {
                left.extend(parents(&odb, id).into_iter().filter(|&parent| seen.insert(parent)));
            }
        }
        ends.sort();
        Ok(ends)
    }

    /// Reads the files of a commit that another repository does not have, for nothing but to see that they can be.
    pub(super) fn read_files(&self, commit: CommitId, other: &Odb<'_>) -> Result<(), Error> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let mut missing = Missing::new(other)?;
        note_files(&repository, commit, &mut missing)?;
        missing.ids.iter().try_for_each(|id| Ok(odb.read(oid(id)).map(drop)?))
    }

    /// The root tree of a commit that is here.
    pub(super) fn tree_of(&self, commit: CommitId) -> Result<TreeId, Error> {
        let repository = self.repository()?;
        let tree = repository.find_commit(oid(commit.as_bytes()))?.tree_id();
        Ok(TreeId::from_bytes(bytes(tree)))
    }

    /// A sink for a pack that comes from the wire.
    pub(super) fn pack_sink(&self) -> Result<PackSink, Error> {
        PackSink::new(self.aside()?, self.packs_directory())
    }

    /// An empty directory on the store's file system, removed when dropped.
    pub(super) fn aside(&self) -> Result<tempfile::TempDir, Error> {
        Ok(tempfile::Builder::new()
            .prefix(ASIDE_PREFIX)
            .tempdir_in(&self.directory)
            .at("write in", &self.directory)?)
    }

    /// Moves complete packs in from a directory aside.
    pub(super) fn take_packs(&self, directory: &Path) -> Result<(), Error> {
        take_packs(directory, &self.packs_directory())
    }

    pub(super) fn packs_directory(&self) -> PathBuf {
        self.directory.join("objects").join("pack")
    }

    /// Puts all that is here into another repository's `objects/pack`, by hard links where the file system allows.
    /// Not with the lock in hand.
    pub(super) fn link_packs(&self, into: &Path) -> Result<(), Error> {
        // Nobody puts one pack in place of several meanwhile.
        let _lock = self.lock()?;
        for index in indexes(&self.packs_directory())? {
            // Offline, a pack that was cut short stays with the others.
            if is_whole_pack(&index).unwrap_or(false) {
                link(&index.with_extension("pack"), into)?;
                link(&index, into)?;
            }
        }
        Ok(())
    }

    /// What a fetch deeper than one commit left out, where it was made before; see [`Store::record_history`].
    pub(super) fn history(&self, commit: CommitId, depth: u32) -> Result<Option<Vec<CommitId>>, Error> {
        let Some(text) = crate::fs::read_if_there(&self.history_file(commit, depth))? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().map(|line| CommitId::parse(line).ok()).collect())
    }

    /// Remembers that the history of a commit is here to this depth, and where it ends.
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

    fn history_file(&self, commit: CommitId, depth: u32) -> PathBuf {
        self.directory.join("oca-history").join(format!("{commit}.{depth}"))
    }
}

/// Whether a repository has a commit and everything below it.
pub(super) fn has_files(repository: &Repository, commit: CommitId) -> Result<bool, Error> {
    let odb = repository.odb()?;
    let mut missing = Missing::new(&odb)?;
    Ok(odb.exists(oid(commit.as_bytes())) && {
        note_files(repository, commit, &mut missing)?;
        missing.ids.is_empty()
    })
}

/// Each tree is looked at once, however often it is named. Not by libgit2's walk, which takes no names but UTF-8.
fn note_files(
    repository: &Repository,
    commit: CommitId,
    missing: &mut Missing<'_>,
) -> Result<(), git2::Error> {
    let mut left = vec![repository.find_commit(oid(commit.as_bytes()))?.tree_id()];
    let mut seen: HashSet<Oid> = left.iter().copied().collect();
    while let Some(id) = left.pop() {
        for entry in &repository.find_tree(id)? {
            match entry.kind() {
                Some(ObjectType::Blob) => missing.note(entry.id()),
                Some(ObjectType::Tree) if seen.insert(entry.id()) => left.push(entry.id()),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Collects objects that are not in a store.
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

    fn note(&mut self, id: Oid) {
        // Without the flag, libgit2 lists the packs anew for each object that is missing.
        if self.seen.insert(id) && !self.odb.exists_ext(id, OdbLookupFlags::NO_REFRESH) {
            self.ids.push(bytes(id));
        }
    }
}

/// A name that people recognise, and a digest that tells urls apart.
fn directory_name(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':', '\\']).next().unwrap_or_default();
    let word: String = last
        .trim_end_matches(".git")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .take(40)
        .collect();
    format!("{word}-{}.git", short_digest(url.as_bytes()))
}

/// The parents of a commit, none where it is not there. Read from the object itself: a commit that is listed in `shallow` seems to have no parents.
pub(super) fn parents(odb: &Odb<'_>, commit: Oid) -> Vec<Oid> {
    let Ok(object) = odb.read(commit) else { return Vec::new() };
    let text = String::from_utf8_lossy(object.data());
    let header = text.lines().take_while(|line| !line.is_empty());
    header.filter_map(|line| Oid::from_str(line.strip_prefix("parent ")?).ok()).collect()
}
