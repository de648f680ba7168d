//! How a connection is served: request by request, with the faults that are due.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::faults::{Fault, Next};
use super::http::{Request, respond};
use super::seen::Seen;
use super::{PATIENCE, cgi, faults};
use crate::loopback::lock;

/// For one more request, which ought to wait for others.
const MOMENT: Duration = Duration::from_millis(300);

/// The requests that are held until so many have come.
#[derive(Default)]
pub(super) struct Gathered {
    came: usize,
    now: usize,
    pub(super) most: usize,
}

/// What all connections share.
#[derive(Default)]
pub(super) struct Service {
    pub(super) root: PathBuf,
    pub(super) config: Vec<String>,
    pub(super) authorizations: Vec<String>,
    pub(super) protocol_2: bool,
    pub(super) redirects: Mutex<Vec<(String, u16, String)>>,
    pub(super) faults: Mutex<Vec<(String, usize, Fault)>>,
    pub(super) seen: Mutex<Vec<Seen>>,
    /// Told of each request.
    pub(super) arrived: Condvar,
    pub(super) gathered: Mutex<Gathered>,
    /// Told of each request that is held.
    pub(super) has_gathered: Condvar,
    pub(super) bytes_in: AtomicU64,
    pub(super) bytes_out: AtomicU64,
}

impl Service {
    /// Answers until either side ends; how a client goes away is not our affair.
    pub(super) fn serve(&self, stream: TcpStream, tls: Option<&Arc<ServerConfig>>, number: usize) {
        let counted = Counted { stream, service: self };
        match tls {
            None => drop(self.converse(&mut BufReader::new(counted), number)),
            Some(config) => {
                let session = ServerConnection::new(Arc::clone(config)).expect("a tls session");
                let mut stream = BufReader::new(StreamOwned::new(session, counted));
                if matches!(self.converse(&mut stream, number), Ok(Next::Keep)) {
                    let stream = stream.get_mut();
                    stream.conn.send_close_notify();
                    drop(stream.flush());
                }
            }
        }
    }

    /// Answers the requests of a connection.
    pub(super) fn converse<S: Read + Write>(
        &self,
        stream: &mut BufReader<S>,
        number: usize,
    ) -> io::Result<Next> {
        while let Some(request) = Request::read(stream)? {
            let seen = Seen::new(&request, number);
            let line = seen.line.clone();
            lock(&self.seen).push(seen);
            self.arrived.notify_all();
            if self.answer(stream, &request, &line)? == Next::Close {
                return Ok(Next::Close);
            }
            if request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                break;
            }
        }
        Ok(Next::Keep)
    }

    fn answer<S: Read + Write>(
        &self,
        stream: &mut BufReader<S>,
        request: &Request,
        line: &str,
    ) -> io::Result<Next> {
        if let Some((status, location)) = self.redirection(request) {
            respond(stream.get_mut(), status, &[("Location", &location)], b"")?;
            return Ok(Next::Keep);
        }
        let fault = self.next_fault(line);
        match fault {
            None if !self.admits(request) => faults::answer(stream, request, &Fault::Status(401)),
            None if !self.has(request) => faults::answer(stream, request, &Fault::Status(404)),
            None
            | Some(
                Fault::CloseAfter(_)
                | Fault::StallAfter(_)
                | Fault::CorruptPack
                | Fault::EndlessPack
                | Fault::Gather(_)
                | Fault::Boundaries(_),
            ) => {
                if let Some(Fault::Gather(count)) = fault {
                    self.gather(count);
                }
                let answer = cgi::answer(&self.root, &self.config, self.protocol_2, request)?;
                faults::pass_on(stream, answer, fault.as_ref())
            }
            Some(fault) => faults::answer(stream, request, &fault),
        }
    }

    /// Holds a request until so many have come, and a moment longer.
    fn gather(&self, count: usize) {
        let mut gathered = lock(&self.gathered);
        gathered.came += 1;
        gathered.now += 1;
        gathered.most = gathered.most.max(gathered.now);
        self.has_gathered.notify_all();
        for (time, is_enough) in [(PATIENCE, count), (MOMENT, count + 1)] {
            let is_less = |gathered: &mut Gathered| gathered.came < is_enough;
            let waited = self.has_gathered.wait_timeout_while(gathered, time, is_less);
            gathered = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        gathered.now -= 1;
    }

    /// Whether there is such a repository; git would find that out in a process of its own.
    fn has(&self, request: &Request) -> bool {
        let repository = request.path().split_inclusive(".git").next().unwrap_or_default();
        self.root.join(repository.trim_start_matches('/')).exists()
    }

    fn redirection(&self, request: &Request) -> Option<(u16, String)> {
        lock(&self.redirects).iter().find_map(|(from, status, to)| {
            let rest = request.target.strip_prefix(from.as_str())?;
            Some((*status, format!("{to}{rest}")))
        })
    }

    fn next_fault(&self, line: &str) -> Option<Fault> {
        let mut faults = lock(&self.faults);
        let (_, times, fault) =
            faults.iter_mut().find(|(on, times, _)| *times > 0 && line.contains(on.as_str()))?;
        *times -= 1;
        Some(fault.clone())
    }

    fn admits(&self, request: &Request) -> bool {
        let given = request.header("authorization");
        self.authorizations.is_empty() || self.authorizations.iter().any(|known| given == Some(known))
    }
}

/// A connection whose bytes are counted.
struct Counted<'service> {
    stream: TcpStream,
    service: &'service Service,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        self.service.bytes_in.fetch_add(length as u64, Ordering::SeqCst);
        Ok(length)
    }
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.stream.write(bytes)?;
        self.service.bytes_out.fetch_add(length as u64, Ordering::SeqCst);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
