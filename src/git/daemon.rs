//! `git://`: a plain connection to `git daemon`, with time limits and without secrets.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use url::Url;

use super::address::decoded;
use super::pace::{self, Limits};
use super::{CONNECT, Error};

const PORT: u16 = 9418;

/// A running `git-upload-pack` on the server.
pub(super) struct DaemonSession {
    stream: TcpStream,
    limits: Limits,
}

impl DaemonSession {
    pub(super) fn start(url: &str, limits: Limits) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|error| Error::Git { why: error.to_string() })?;
        let host = url.host_str().ok_or_else(|| Error::Git { why: "the url has no host".to_owned() })?;
        let stream = connect(host.trim_matches(['[', ']']), url.port().unwrap_or(PORT), limits)?;
        pace::start(limits);
        let mut session = Self { stream, limits };
        let path = decoded(url.path()).map_err(|why| Error::Git { why })?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let request = format!("git-upload-pack {path}\0host={host}{port}\0");
        let request = format!("{:04x}{request}", request.len() + 4);
        session.stream.write_all(request.as_bytes()).map_err(|error| session.explain(&error))?;
        Ok(session)
    }

    /// The error of a connection that failed or that was too slow.
    pub(super) fn explain(&self, error: &io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => pace::too_slow(self.limits),
            _ => lost(error),
        }
    }
}

/// Connects to the first address of the host that answers.
fn connect(host: &str, port: u16, limits: Limits) -> Result<TcpStream, Error> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs().map_err(|error| lost(&error))? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                let limited = stream.set_write_timeout(Some(limits.stall));
                return limited.map(|()| stream).map_err(|error| lost(&error));
            }
            Err(error) => last = error,
        }
    }
    Err(lost(&last))
}

fn lost(error: &io::Error) -> Error {
    Error::Connection { why: error.to_string() }
}

impl Read for DaemonSession {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = pace::left().min(self.limits.stall);
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        match self.stream.read(buffer)? {
            // The caller reads only while it expects more data.
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            count => {
                pace::came(count);
                Ok(count)
            }
        }
    }
}

impl Write for DaemonSession {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
