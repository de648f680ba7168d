//! The answer to a request: its head, and its body as a reader with the limits of `pace`.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::http::{HeaderMap, StatusCode};
use tokio::runtime::Handle;

use super::explain::{explain, meaning};
use super::runtime::within;
use super::server::{Rights, Used};
use crate::git::pace::{self, Limits};

/// In bytes. If a short rest is read, the connection can be used again. A long rest costs more than a new connection.
const DRAIN: u64 = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

impl Answer {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// The body of an answer. Its errors contain ours. If it is read to its end, a connection of HTTP/1.1 is used again. If not,
/// the server is told that nobody reads it.
pub(super) struct Body {
    pub(super) incoming: Incoming,
    pub(super) runtime: Handle,
    pub(super) limits: Limits,
    /// When the whole answer must be there.
    pub(super) until: Option<Instant>,
    /// `None` after the end, and after an error.
    pub(super) used: Option<Used>,
    pub(super) _rights: Rights,
    /// What has come and is not read yet.
    pub(super) rest: Bytes,
}

impl Body {
    /// The next bytes that come; empty at the end.
    fn next(&mut self) -> io::Result<Bytes> {
        loop {
            let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
            let time = pace::left().min(self.limits.stall).min(left.unwrap_or(Duration::MAX));
            match within(&self.runtime, time, self.incoming.frame()) {
                None => {
                    self.used = None;
                    return Err(io::Error::other(pace::too_slow(self.limits)));
                }
                Some(None) => {
                    if let Some(used) = self.used.take() {
                        used.give_back();
                    }
                    return Ok(Bytes::new());
                }
                Some(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    if !data.is_empty() {
                        pace::came(data.len());
                        return Ok(data);
                    }
                }
                Some(Some(Err(error))) => {
                    if let Some(used) = self.used.take() {
                        used.has_failed(&meaning(&error));
                    }
                    return Err(io::Error::other(explain(&error)));
                }
            }
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.rest.is_empty() {
            self.rest = self.next()?;
        }
        let count = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if self.used.as_ref().is_some_and(Used::is_own) {
            let rest = &mut self.take(DRAIN);
            let _best_effort = pace::briefly(DRAIN_TIME, || io::copy(rest, &mut io::sink()));
        }
    }
}
