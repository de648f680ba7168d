//! The transports that libgit2 gets from us: bytes over HTTP, ssh and `git://`.

use std::io::{self, Read, Write};
use std::sync::{Arc, Once};

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream, Transport, register};
use url::Url;

use super::{carry, carry_io};
use crate::git::Error;
use crate::git::address::{Address, SshAddress};
use crate::git::bounded::Bounded;
use crate::git::configuration::Configuration;
use crate::git::daemon::DaemonSession;
use crate::git::pace::{self, Limits};
use crate::git::ssh::{SshProgram, SshSession};
use crate::git::wire::{Client, Failure, HttpRemote, Response, Size};
use crate::repo::RemoteUrl;

/// Registers our transports for http, https, `git://` and ssh with libgit2, once for the process.
pub(in crate::git) fn register_transports(client: &Arc<Client>, configuration: &Arc<Configuration>) {
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
                let answer = self.remote.post_with(&self.request, false, Size::Pack);
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
