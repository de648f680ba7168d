//! Fetches through libgit2: `git://`, ssh, and http servers without protocol 2.
//!
//! libgit2 speaks the protocol; the bytes go through our own HTTP client, the user's ssh program and our own
//! connections. So neither OpenSSL nor libssh2 is needed, and the amount of data is limited. libgit2 fetches into a
//! scratch repository without refs: in a store, it would tell the server about objects that the store lacks.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::sync::{Arc, Once};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream, Transport, register};
use git2::{AutotagOption, Direction, FetchOptions, RemoteCallbacks, Repository};
use url::Url;

use super::address::{Address, SshAddress};
use super::bounded::Bounded;
use super::configuration::Configuration;
use super::daemon::DaemonSession;
use super::ids::{bytes, oid};
use super::pace::{self, Limits};
use super::packs::Unpacking;
use super::retry::retrying;
use super::server_words::says_not_here;
use super::ssh::{SshProgram, SshSession};
use super::store::Store;
use super::wire::{Client, Failure, HttpRemote, Response};
use super::{Error, Meter};
use crate::repo::{CommitId, Reference, RemoteUrl};

thread_local! {
    /// libgit2 keeps only the text of an error of a transport. The error itself is carried past libgit2 here.
    static CARRIED: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// The commit of a ref, given by its full name. `None` if the remote does not have the ref.
pub(super) fn resolve(url: &str, name: &str) -> Result<Option<CommitId>, Error> {
    retrying(|| {
        let mut remote = git2::Remote::create_detached(url)?;
        let connection = remote.connect_auth(Direction::Fetch, None, None).map_err(carried)?;
        let heads = connection.list()?;
        // An annotated tag is listed twice, the second time as the commit behind it.
        let peeled = format!("{name}^{{}}");
        let find = |name: &str| heads.iter().find(|head| head.name() == name);
        let head = find(&peeled).or_else(|| find(name));
        Ok(head.map(|head| CommitId::from_bytes(bytes(head.oid()))))
    })
}

/// The full name of the ref that `HEAD` names. `None` if the remote does not say it.
pub(super) fn head(url: &str) -> Result<Option<String>, Error> {
    retrying(|| {
        let mut remote = git2::Remote::create_detached(url)?;
        let connection = remote.connect_auth(Direction::Fetch, None, None).map_err(carried)?;
        let branch = connection.default_branch();
        Ok(branch.ok().and_then(|name| name.as_str().ok().map(str::to_owned)))
    })
}

/// Fetches a commit and its files into the store, with `depth` generations of history (0: all).
///
/// First it asks for the commit itself. If the server serves branches only, it asks for the branch, and if the commit
/// is no longer its head, for the whole history of the branch. Returns the commits whose parents are left out.
pub(super) fn fetch(
    url: &str,
    commit: CommitId,
    reference: &Reference,
    depth: u32,
    store: &Store,
    meter: Meter<'_>,
) -> Result<Vec<CommitId>, Error> {
    let by_id = scratch_fetch(url, &commit.to_string(), commit, depth, store, meter);
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
        Ok(None) | Err(Error::Git { .. } | Error::Protocol { .. }) => {
            Error::OutOfReach { reference: reference.clone(), commit }
        }
        Err(error) => return Err(error),
    };
    let Some(name) = reference.full_name() else { return Err(lost) };
    for depth in [depth, 0] {
        if let Some(ends) = scratch_fetch(url, &name, commit, depth, store, meter)? {
            return Ok(ends);
        }
    }
    Err(lost)
}

/// One fetch into a new repository. `None` if the commit is not in what was fetched.
fn scratch_fetch(
    url: &str,
    source: &str,
    commit: CommitId,
    depth: u32,
    store: &Store,
    meter: Meter<'_>,
) -> Result<Option<Vec<CommitId>>, Error> {
    let (aside, scratch) = retrying(|| {
        let aside = store.aside()?;
        let scratch = Repository::init_bare(aside.path())?;
        fetch_into(&scratch, url, source, depth, meter)?;
        Ok::<_, Error>((aside, scratch))
    })?;
    if scratch.find_commit(oid(commit.as_bytes())).is_err() {
        return Ok(None);
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
    url: &str,
    reference: &Reference,
    scratch: &Store,
    meter: Meter<'_>,
) -> Result<(), Error> {
    let Some(name) = reference.full_name() else { return Ok(()) };
    retrying(|| fetch_into(&scratch.repository()?, url, &name, 0, meter))
}

/// Fetches `source` into `scratch`, which must be new or have no refs: in a second fetch, libgit2 would offer the
/// server what the first one brought.
fn fetch_into(
    scratch: &Repository,
    url: &str,
    source: &str,
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
    let refspec = format!("+{source}:refs/oca/pin");
    let mut remote = scratch.remote_anonymous(url)?;
    remote.fetch(&[refspec.as_str()], Some(&mut options), None).map_err(carried)?;
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

/// Registers our transports for http, https, `git://` and ssh with libgit2, once for the process.
pub(super) fn register_transports(client: &Arc<Client>, configuration: &Arc<Configuration>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let ssh = SshProgram::choose(configuration);
        let limits = Limits::of(configuration);
        for scheme in ["http", "https"] {
            let client = Arc::clone(client);
            let factory = move |remote: &git2::Remote<'_>| {
                Transport::smart(remote, true, HttpTransport { client: Arc::clone(&client) })
            };
            add(scheme, factory);
        }
        add("git", move |remote| Transport::smart(remote, false, DaemonTransport { limits }));
        add("ssh", move |remote| {
            Transport::smart(remote, false, SshTransport { program: ssh.clone(), limits })
        });
    });
}

fn add<F>(scheme: &str, factory: F)
where
    F: Fn(&git2::Remote<'_>) -> Result<Transport, git2::Error> + Send + Sync + 'static,
{
    #[expect(unsafe_code, reason = "libgit2 keeps its transports in a list without a lock")]
    // SAFETY: runs once, before the first remote of the process is connected.
    let registered = unsafe { register(scheme, factory) };
    registered.expect("a scheme that has no transport yet can be given one");
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

struct HttpTransport {
    client: Arc<Client>,
}

impl SmartSubtransport for HttpTransport {
    fn action(&self, url: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let url = Url::parse(url).map_err(|error| git2::Error::from_str(&error.to_string()))?;
        let remote = HttpRemote::new(Arc::clone(&self.client), url);
        match action {
            Service::UploadPackLs => {
                let response = remote.get_refs(false).map_err(|failure| carry(failure.into_error()))?;
                Ok(Box::new(HttpExchange {
                    remote,
                    request: Vec::new(),
                    response: Some(Bounded::new(response)),
                    began: false,
                }))
            }
            Service::UploadPack => {
                Ok(Box::new(HttpExchange { remote, request: Vec::new(), response: None, began: false }))
            }
            Service::ReceivePackLs | Service::ReceivePack => Err(git2::Error::from_str("oca does not push")),
        }
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// One request. It is sent when its answer is read for the first time.
struct HttpExchange {
    remote: HttpRemote,
    request: Vec<u8>,
    response: Option<Bounded<Response>>,
    /// Whether the beginning of the answer has been read.
    began: bool,
}

impl Write for HttpExchange {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.request.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for HttpExchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let response = match &mut self.response {
            Some(response) => response,
            none => {
                let answer = self.remote.post_with(&self.request, false);
                let answer = answer.map_err(|failure| carry_io(Failure::into_error(failure)))?;
                none.insert(Bounded::new(answer))
            }
        };
        let count = response.read(buffer).map_err(|error| match error.downcast() {
            Ok(known) => carry_io(known),
            Err(error) => error,
        })?;
        if std::mem::replace(&mut self.began, true) {
            return Ok(count);
        }
        match refusal(&buffer[..count]) {
            Some(message) => Err(carry_io(Error::Remote { message })),
            None => Ok(count),
        }
    }
}

/// The message, if an answer begins with a refusal. libgit2 would lose it if it waits for the end of a shallow history.
fn refusal(answer: &[u8]) -> Option<String> {
    let (length, rest) = answer.split_at_checked(4)?;
    let length = usize::from_str_radix(std::str::from_utf8(length).ok()?, 16).ok()?;
    let line = rest.get(..length.saturating_sub(4)).unwrap_or(rest);
    let message = line.strip_prefix(b"ERR ")?;
    Some(String::from_utf8_lossy(message).trim().to_owned())
}

struct DaemonTransport {
    limits: Limits,
}

impl SmartSubtransport for DaemonTransport {
    fn action(&self, url: &str, _: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let session = DaemonSession::start(url, self.limits).map_err(carry)?;
        Ok(Box::new(DaemonExchange(Bounded::new(session))))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

struct DaemonExchange(Bounded<DaemonSession>);

impl Read for DaemonExchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            carry_io(error.downcast().unwrap_or_else(|error| self.0.inner().explain(&error)))
        })
    }
}

impl Write for DaemonExchange {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let session = self.0.inner();
        session.write(buffer).map_err(|error| carry_io(session.explain(&error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.inner().flush()
    }
}

struct SshTransport {
    program: SshProgram,
    limits: Limits,
}

impl SmartSubtransport for SshTransport {
    fn action(&self, url: &str, _: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let address = ssh_address(url).map_err(|why| git2::Error::from_str(&why))?;
        let session = SshSession::start(&self.program, &address, self.limits).map_err(carry)?;
        Ok(Box::new(SshExchange(Bounded::new(session))))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

fn ssh_address(url: &str) -> Result<SshAddress, String> {
    let url = RemoteUrl::parse(url).map_err(|invalid| invalid.to_string())?;
    match Address::parse(&url)? {
        Address::Ssh(address) => Ok(address),
        _ => Err("not an ssh address".to_owned()),
    }
}

/// An ssh session. If it ends early, the error has ssh's own message.
struct SshExchange(Bounded<SshSession>);

impl Read for SshExchange {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => carry_io(pace::too_slow(self.0.inner().limits())),
            _ => carry_io(error.downcast().unwrap_or_else(|error| Error::Ssh { message: error.to_string() })),
        })
    }
}

impl Write for SshExchange {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let session = self.0.inner();
        session.write(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => carry_io(pace::too_slow(session.limits())),
            // ssh has ended; its stderr says why.
            _ => carry_io(Error::Ssh { message: session.complaint() }),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.inner().flush()
    }
}
