//! `git://`: a plain connection to `git daemon`, with time limits and without secrets.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};

use url::Url;

use super::{CONNECT, Error, STALL};

const PORT: u16 = 9418;

/// A running `git-upload-pack` on the other side.
pub(super) struct DaemonSession(TcpStream);

impl DaemonSession {
    pub(super) fn start(url: &str) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|error| Error::Git { why: error.to_string() })?;
        let host = url.host_str().ok_or_else(|| Error::Git { why: "the url names no host".to_owned() })?;
        let mut session = Self(connect(host.trim_matches(['[', ']']), url.port().unwrap_or(PORT))?);
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let request = format!("git-upload-pack {path}\0host={host}{port}\0");
        let request = format!("{:04x}{request}", request.len() + 4);
        session.0.write_all(request.as_bytes()).map_err(|error| explain(&error))?;
        Ok(session)
    }
}

/// The first of the host's addresses that answers.
fn connect(host: &str, port: u16) -> Result<TcpStream, Error> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs().map_err(|error| explain(&error))? {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => {
                let limited = stream.set_read_timeout(Some(STALL)).and(stream.set_write_timeout(Some(STALL)));
                return limited.map(|()| stream).map_err(|error| explain(&error));
            }
            Err(error) => last = error,
        }
    }
    Err(explain(&last))
}

/// Tells a connection that failed from one on which nothing comes.
pub(super) fn explain(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => Error::Stalled { after: STALL },
        _ => Error::Connection { why: error.to_string() },
    }
}

impl Read for DaemonSession {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            // Whoever reads here waits for more.
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed it")),
            count => Ok(count),
        }
    }
}

impl Write for DaemonSession {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
