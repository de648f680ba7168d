//! Fetches through libgit2: `git://`, ssh, and http servers without protocol 2.
//!
//! libgit2 speaks the protocol; the bytes go through our own HTTP client, the user's ssh program and our own
//! connections. So neither OpenSSL nor libssh2 is needed, and the amount of data is limited. libgit2 fetches into a
//! scratch repository without refs: in a store, it would tell the server about objects that the store lacks.

mod transports;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use git2::{AutotagOption, Direction, FetchOptions, RemoteCallbacks, Repository};

pub(super) use transports::register_transports;

use super::ids::bytes;
use super::packs::Unpacking;
use super::retry::retrying;
use super::server_words::says_not_here;
use super::store::{Store, commit_in};
use super::wire::{Permit, Permits, lock};
use super::{Error, Meter};
use crate::repo::{CommitId, Reference};

/// The ref of a scratch repository that gets what was fetched.
pub(super) const FETCHED: &str = "refs/oca/pin";

/// A repository that libgit2 connects to.
#[derive(Clone)]
pub(super) struct Served {
    url: String,
    /// Those to its host.
    sessions: Arc<Permits>,
}

thread_local! {
    /// libgit2 keeps only the text of an error of a transport. The error itself is carried past libgit2 here.
    static CARRIED: RefCell<Option<Error>> = const { RefCell::new(None) };
}

impl Served {
    /// `place` is its host, and the port.
    pub(super) fn new(url: String, place: String) -> Self {
        static PLACES: Mutex<BTreeMap<String, Arc<Permits>>> = Mutex::new(BTreeMap::new());
        Self { url, sessions: Arc::clone(lock(&PLACES).entry(place).or_default()) }
    }

    /// Waits for the right to connect.
    fn permit(&self) -> Option<Permit> {
        /// OpenSSH's server begins to refuse with 10 that are not signed in yet.
        const MOST_SESSIONS: usize = 8;
        self.sessions.take(|| MOST_SESSIONS, None)
    }
}

/// The commits of refs, given by their full names. `None` for each ref that the remote does not have. One connection.
pub(super) fn resolve_all(served: &Served, names: &[String]) -> Result<Vec<Option<CommitId>>, Error> {
    retrying(|| {
        let _permit = served.permit();
        let mut remote = git2::Remote::create_detached(served.url.as_str())?;
        let connection = remote.connect_auth(Direction::Fetch, None, None).map_err(carried)?;
        let heads = connection.list()?;
        // An annotated tag is listed twice, the second time as the commit behind it.
        let find = |name: &str| heads.iter().find(|head| head.name() == name);
        let commit = |name: &String| {
            let head = find(&format!("{name}^{{}}")).or_else(|| find(name))?;
            Some(CommitId::from_bytes(bytes(head.oid())))
        };
        Ok(names.iter().map(commit).collect())
    })
}

/// The full name of the ref that `HEAD` names. `None` if the remote does not say it.
pub(super) fn head(served: &Served) -> Result<Option<String>, Error> {
    retrying(|| {
        let _permit = served.permit();
        let mut remote = git2::Remote::create_detached(served.url.as_str())?;
        let connection = remote.connect_auth(Direction::Fetch, None, None).map_err(carried)?;
        let branch = connection.default_branch();
        Ok(branch.ok().and_then(|name| name.as_str().ok().map(str::to_owned)))
    })
}

/// Fetches a commit and its files into the store, with `depth` generations of history (0: all).
///
/// First it asks for the commit itself. If the server serves branches only, it asks for the branch, or for a ref that
/// points to the commit; then for the whole history of the branch; and last for all branches and tags, as `git clone`
/// does. Returns the commits whose parents are left out.
pub(super) fn fetch(
    served: &Served,
    commit: CommitId,
    reference: &Reference,
    depth: u32,
    store: &Store,
    meter: Meter<'_>,
) -> Result<Vec<CommitId>, Error> {
    let by_id = scratch_fetch(served, &[one(&commit.to_string())], commit, depth, store, meter);
    let lost = match by_id {
        Ok(Some(ends)) => return Ok(ends),
        // The server refused: libgit2 asks for a commit only if the server says that it serves commits. Next, the
        // branch. libgit2 may have lost the server's words.
        Err(Error::Remote { message })
            if message.is_empty() || says_not_here(&message, &[*commit.as_bytes()]) =>
        {
            Error::Vanished { commit }
        }
        Err(error @ Error::Remote { .. }) if !error.is_passing() => error,
        // libgit2 refused, or the server sent something else.
        Ok(None) | Err(Error::Git { .. } | Error::Protocol { .. }) => match reference {
            Reference::Rev(_) => Error::Vanished { commit },
            _ => Error::OutOfReach { reference: reference.clone(), commit },
        },
        Err(error) => return Err(error),
    };
    let steps = match reference.full_name() {
        Some(name) => vec![(name.clone(), depth), (name, 0)],
        None => name_of(served, commit)?.map(|name| (name, depth)).into_iter().collect(),
    };
    for (name, depth) in steps {
        if let Some(ends) = scratch_fetch(served, &[one(&name)], commit, depth, store, meter)? {
            return Ok(ends);
        }
    }
    let all = ["heads", "tags"].map(|kind| format!("+refs/{kind}/*:refs/oca/{kind}/*"));
    scratch_fetch(served, &all, commit, 0, store, meter)?.ok_or(lost)
}

/// The refspec for one ref or commit.
fn one(source: &str) -> String {
    format!("+{source}:{FETCHED}")
}

/// The full name of a ref that points to a commit. `None` if the remote has none.
fn name_of(served: &Served, commit: CommitId) -> Result<Option<String>, Error> {
    retrying(|| {
        let _permit = served.permit();
        let mut remote = git2::Remote::create_detached(served.url.as_str())?;
        let connection = remote.connect_auth(Direction::Fetch, None, None).map_err(carried)?;
        let heads = connection.list()?;
        let found = heads.iter().find(|head| bytes(head.oid()) == *commit.as_bytes());
        Ok(found.map(|head| head.name().trim_end_matches("^{}").to_owned()))
    })
}

/// One fetch into a new repository. `None` if the commit is not in what was fetched.
fn scratch_fetch(
    served: &Served,
    refspecs: &[String],
    commit: CommitId,
    depth: u32,
    store: &Store,
    meter: Meter<'_>,
) -> Result<Option<Vec<CommitId>>, Error> {
    let (aside, scratch) = retrying(|| {
        let aside = store.aside()?;
        let scratch = Repository::init_bare(aside.path())?;
        fetch_into(&scratch, served, refspecs, depth, meter)?;
        Ok::<_, Error>((aside, scratch))
    })?;
    match commit_in(&scratch, commit) {
        Ok(_) => {}
        Err(error @ Error::IsTag { .. }) => return Err(error),
        Err(_) => return Ok(None),
    }
    let shallow = crate::fs::read_if_there(&aside.path().join("shallow"))?.unwrap_or_default();
    let shallow = String::from_utf8_lossy(&shallow);
    let ends = shallow.lines().filter_map(|line| CommitId::parse(line).ok()).collect();
    drop(scratch);
    store.take_packs(&aside.path().join("objects").join("pack"))?;
    Ok(Some(ends))
}

/// Fetches the whole history of a reference, for servers that cannot send less.
pub(super) fn fetch_history(
    served: &Served,
    reference: &Reference,
    scratch: &Store,
    meter: Meter<'_>,
) -> Result<(), Error> {
    let Some(name) = reference.full_name() else { return Ok(()) };
    fetch_whole(served, &name, scratch, meter)
}

/// Fetches the whole history of a ref or commit.
pub(super) fn fetch_whole(
    served: &Served,
    source: &str,
    scratch: &Store,
    meter: Meter<'_>,
) -> Result<(), Error> {
    retrying(|| fetch_into(&scratch.with_references()?, served, &[one(source)], 0, meter))
}

/// Fetches into `scratch`, which must be new or have no refs: in a second fetch, libgit2 would offer the
/// server what the first one brought.
fn fetch_into(
    scratch: &Repository,
    served: &Served,
    refspecs: &[String],
    depth: u32,
    meter: Meter<'_>,
) -> Result<(), Error> {
    let (mut received, mut complete, mut unpacking) = (0, 0, Unpacking::default());
    let mut callbacks = RemoteCallbacks::new();
    callbacks.transfer_progress(|progress| {
        /// Bytes that may follow the last object: more than the checksum needs.
        const REST: u64 = 64 * 1024;
        let so_far = progress.received_bytes() as u64;
        meter(so_far - received);
        received = so_far;
        if progress.received_objects() < progress.total_objects() {
            complete = so_far;
        }
        // libgit2 would continue to write until the disk is full.
        let is_endless = complete > 0 && so_far > complete + REST;
        let is_stuck = !unpacking.goes_on(&progress);
        if is_endless || is_stuck {
            CARRIED.set(Some(if is_endless { Error::Endless } else { Error::Unpacking }));
        }
        !is_endless && !is_stuck
    });
    let mut options = FetchOptions::new();
    options.remote_callbacks(callbacks).download_tags(AutotagOption::None);
    // FETCH_HEAD would contain the url with its password.
    options.update_fetchhead(false);
    // To libgit2, 0 means "as it is". In an empty repository, that is the whole history.
    options.depth(i32::try_from(depth).unwrap_or(i32::MAX));
    let _permit = served.permit();
    let mut remote = scratch.remote_anonymous(&served.url)?;
    remote.fetch(refspecs, Some(&mut options), None).map_err(carried)?;
    Ok(())
}

/// The error of our own transport, or else libgit2's error.
fn carried(error: git2::Error) -> Error {
    CARRIED.take().unwrap_or_else(|| match error.class() {
        // A truncated or malformed pack.
        git2::ErrorClass::Indexer | git2::ErrorClass::Zlib | git2::ErrorClass::Odb => {
            Error::Protocol { why: error.message().to_owned() }
        }
        _ => error.into(),
    })
}

/// Turns an error of ours into one of libgit2, and carries the original past libgit2.
fn carry(error: Error) -> git2::Error {
    let text = git2::Error::from_str(&error.to_string());
    CARRIED.set(Some(error));
    text
}

fn carry_io(error: Error) -> io::Error {
    io::Error::other(carry(error))
}
