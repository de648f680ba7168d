//! The history of a remote, in the way that the remote offers.
//!
//! A server with protocol 2 sends the commits between others, without trees and blobs. Another server can only send
//! everything. A remote that is a path is read where it is.

mod aged;
mod difference;
mod known;
mod log;
mod made;
mod messages;
mod range;

use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use git2::{ObjectType, Odb, Repository};

use super::ids::{bytes, is_in, oid};
use super::packs::PackSink;
use super::store::{Store, parents};
use super::transport::{Transport, if_version_2};
use super::wire::{Answer, Ask, Failure};
use super::{Error, Meter, Remote, libgit2, local};
use crate::repo::{CommitId, Reference};
pub(crate) use aged::Aged;
pub(super) use difference::bring_difference;
pub(super) use known::Known;
pub(crate) use log::{Log, LogEntry, Lost, LostCommit};
pub(crate) use messages::Signature;
pub(super) use messages::{Message, Messages};
pub(super) use range::Range;

/// In bytes. More than the commits of any request.
const MOST_HISTORY: u64 = 20_000_000;

/// The generations of history that a remote is asked for, one after the other.
pub(super) const STEPS: [u32; 4] = [64, 512, 4096, 32_768];

/// The history of a remote.
pub(super) trait History {
    /// The history of `wants` without the history of `haves`. A commit of `haves` that the remote lacks is ignored.
    fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Result<Range, Error>;

    /// The same for two commits. `None` if the remote lacks `have`.
    fn between_if_known(&self, want: CommitId, have: CommitId) -> Result<Option<Range>, Error>;

    /// The newest commits of a history, to this number of generations.
    fn newest(&self, want: CommitId, depth: u32) -> Result<Range, Error>;
}

/// The history of one remote. All its answers together have a limit.
pub(super) struct RemoteHistory<'r, 'g> {
    remote: &'r Remote<'g>,
    /// An old server does not send a commit by its id. It sends these, and with them the commits that are asked for.
    references: Vec<Reference>,
    meter: Meter<'r>,
    left: Cell<u64>,
    whole: OnceCell<Whole>,
}

/// Complete histories.
#[derive(Default)]
struct Whole {
    /// A remote that is a path.
    repository: Option<Repository>,
    /// What another remote sent.
    commits: HashMap<CommitId, Vec<CommitId>>,
    messages: Messages,
}

impl<'r, 'g> RemoteHistory<'r, 'g> {
    pub(super) fn new(remote: &'r Remote<'g>, references: Vec<Reference>, meter: Meter<'r>) -> Self {
        Self { remote, references, meter, left: Cell::new(MOST_HISTORY), whole: OnceCell::new() }
    }

    /// Asks the server. `None` if it does not support protocol 2 or is no http server.
    fn ask(&self, ask: &Ask<'_>) -> Result<Option<(Answer, Range, Messages)>, Error> {
        let Transport::Http { remote, .. } = self.remote.transport() else { return Ok(None) };
        self.remote.refuse_offline()?;
        // Without the lock, another process would remove the directory aside as a leftover of a killed process.
        let _lock = self.remote.store().lock()?;
        let aside = self.remote.store().aside()?;
        let scratch = Store::scratch(aside.path())?;
        let open = || self.limited(&scratch);
        let close = |sink: Limited<'_>| sink.inner.finish();
        let request = || {
            remote.history(ask, open, close, self.meter).map_err(|failure| match (failure, ask.wants) {
                (Failure::NotOurRef, [commit]) => Failure::Error(Error::Vanished { commit: *commit }),
                (failure, _) => failure,
            })
        };
        let Some(answer) = if_version_2(remote, request)? else { return Ok(None) };
        let repository = scratch.repository()?;
        let odb = repository.odb()?;
        let range = Range::walk(ask.wants, |commit| Ok::<_, Error>(parents_in(&odb, commit)))?;
        if ask.depth.is_none()
            && let Some(&commit) = answer.ends.iter().find(|end| range.commits.contains_key(end))
        {
            return Err(Error::Shallow { commit });
        }
        let messages = Messages::of(&odb, &range);
        Ok(Some((answer, range, messages)))
    }

    /// Receives a pack for this store. All packs together have a limit.
    fn limited(&self, store: &Store) -> Result<Limited<'_>, Error> {
        Ok(Limited { inner: store.pack_sink()?, left: &self.left, limit: MOST_HISTORY })
    }

    /// What the commits of a range say. They are known: the range is an answer of this history.
    pub(super) fn messages(&self, range: &Range) -> Result<Messages, Error> {
        Ok(match self.whole.get() {
            Some(Whole { repository: Some(repository), .. }) => Messages::of(&repository.odb()?, range),
            Some(whole) => whole.messages.of_range(range),
            None => self.remote.known().messages().of_range(range),
        })
    }

    /// Asks the server for the history of `wants` without the history of `haves`, for later questions. `false` if it
    /// does not send such a part.
    pub(super) fn bring(&self, wants: &[CommitId], haves: &[CommitId]) -> Result<bool, Error> {
        if wants.is_empty() || self.remote.known().between(wants, haves).is_some() {
            return Ok(true);
        }
        let Some((_, range, messages)) = self.ask(&Ask { wants, haves, ..Ask::default() })? else {
            return Ok(false);
        };
        self.remote.known().add_range(haves, range, messages);
        Ok(true)
    }

    /// The number of commits of `new` that `old` does not have. `None` if `new` does not contain `old`.
    pub(super) fn distance(&self, new: CommitId, old: CommitId) -> Result<Option<usize>, Error> {
        let range = self.between(&[new], &[old])?;
        Ok(range.boundary.contains(&old).then_some(range.commits.len()))
    }

    fn whole(&self) -> Result<&Whole, Error> {
        if let Some(whole) = self.whole.get() {
            return Ok(whole);
        }
        let mut whole = Whole::default();
        match self.remote.transport() {
            Transport::Path(path) => whole.repository = Some(local::open(path)?),
            Transport::Http { served, .. } | Transport::Libgit2(served) => {
                self.remote.refuse_offline()?;
                let _lock = self.remote.store().lock()?;
                for reference in &self.references {
                    let name = match reference {
                        Reference::Rev(commit) => commit.to_string(),
                        reference => reference.full_name().unwrap_or_default(),
                    };
                    // In a second fetch, libgit2 would offer the server what the first one brought.
                    let aside = self.remote.store().aside()?;
                    let scratch = Store::scratch(aside.path())?;
                    libgit2::fetch_whole(served, &name, &scratch, self.meter)?;
                    let repository = scratch.with_references()?;
                    let odb = repository.odb()?;
                    let tip = CommitId::from_bytes(bytes(repository.refname_to_id(libgit2::FETCHED)?));
                    let range = Range::walk(&[tip], |commit| Ok::<_, Error>(parents_in(&odb, commit)))?;
                    whole.messages.extend(Messages::of(&odb, &range));
                    whole.commits.extend(range.commits);
                }
            }
        }
        Ok(self.whole.get_or_init(|| whole))
    }
}

impl History for RemoteHistory<'_, '_> {
    fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Result<Range, Error> {
        let is_known = self.bring(wants, haves)?;
        let known = is_known.then(|| self.remote.known().between(wants, haves)).flatten();
        known.map_or_else(|| self.whole()?.between(wants, haves), Ok)
    }

    fn between_if_known(&self, want: CommitId, have: CommitId) -> Result<Option<Range>, Error> {
        let ask = Ask { wants: &[want], haves: &[have], negotiate: true, ..Ask::default() };
        if let Some(range) = self.remote.known().between(&[want], &[have]) {
            return Ok(Some(range));
        }
        match self.ask(&ask)? {
            Some((answer, range, messages)) if answer.has_pack => {
                self.remote.known().add_range(&[have], range.clone(), messages);
                Ok(Some(range))
            }
            Some((answer, ..)) if answer.common.contains(&have) => self.between(&[want], &[have]).map(Some),
            Some(_) => Ok(None),
            None => {
                let whole = self.whole()?;
                if whole.parents(have)?.is_some() {
                    whole.between(&[want], &[have]).map(Some)
                } else {
                    Ok(None)
                }
            }
        }
    }

    fn newest(&self, want: CommitId, depth: u32) -> Result<Range, Error> {
        match self.ask(&Ask { wants: &[want], depth: Some(depth), ..Ask::default() })? {
            Some((_, range, messages)) => {
                self.remote.known().add_messages(messages);
                Ok(range)
            }
            None => self.whole()?.between(&[want], &[]),
        }
    }
}

impl Whole {
    /// The parents of a commit. `None` if there is no such commit.
    fn parents(&self, commit: CommitId) -> Result<Option<Vec<CommitId>>, Error> {
        Ok(match &self.repository {
            Some(repository) => parents_in(&repository.odb()?, commit),
            None => self.commits.get(&commit).cloned(),
        })
    }

    fn between(&self, wants: &[CommitId], haves: &[CommitId]) -> Result<Range, Error> {
        let old = Range::walk(haves, |commit| self.parents(commit))?;
        let mut is_old: HashSet<CommitId> = old.commits.into_keys().collect();
        // A commit that is missing, but is a parent of an old one, is old too.
        is_old.extend(old.boundary.into_iter().filter(|commit| !haves.contains(commit)));
        Range::walk(wants, |commit| {
            if is_old.contains(&commit) {
                return Ok(None);
            }
            match self.parents(commit)? {
                Some(parents) => Ok(Some(parents)),
                None if wants.contains(&commit) => Err(Error::Vanished { commit }),
                None => Err(Error::Shallow { commit }),
            }
        })
    }
}

/// The parents of a commit. `None` if there is no such commit.
fn parents_in(odb: &Odb<'_>, commit: CommitId) -> Option<Vec<CommitId>> {
    let id = oid(commit.as_bytes());
    let is_there = is_in(odb, id) && odb.read_header(id).is_ok_and(|(_, kind)| kind == ObjectType::Commit);
    let id_of = |parent| CommitId::from_bytes(bytes(parent));
    is_there.then(|| parents(odb, id).into_iter().map(id_of).collect())
}

/// A pack with a limit.
struct Limited<'a> {
    inner: PackSink,
    left: &'a Cell<u64>,
    /// In bytes, for all packs together.
    limit: u64,
}

impl Write for Limited<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.get().checked_sub(buffer.len() as u64) else {
            return Err(io::Error::other(Error::TooMuchHistory { limit: self.limit }));
        };
        self.left.set(left);
        self.inner.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
