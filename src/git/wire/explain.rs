//! Turns errors of ureq and rustls into ours.

use std::io;

use ureq::Timeout;

use crate::git::pace::Limits;
use crate::git::{CONNECT, Error};

pub(super) fn explain(error: &ureq::Error, limits: Limits) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Error::Connection { why: format!("no answer within {} seconds", CONNECT.as_secs()) }
        }
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => Error::Stalled { after: limits.stall },
        ureq::Error::Timeout(_) => Error::Slow { within: limits.window() },
        ureq::Error::Io(error) => explain_io(error, limits),
        ureq::Error::Tls(why) => Error::Tls { why: (*why).to_owned() },
        ureq::Error::InvalidProxyUrl => Error::Proxy,
        ureq::Error::BadUri(why) => Error::Git { why: format!("not a url: {}", crate::repo::redact(why)) },
        other => Error::Connection { why: other.to_string() },
    }
}

pub(super) fn explain_io(error: &io::Error, limits: Limits) -> Error {
    if let Some(known) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        return explain(known, limits);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Stalled { after: limits.stall },
        // rustls reports its errors with this kind.
        io::ErrorKind::InvalidData => tls_error(error),
        _ => Error::Connection { why: error.to_string() },
    }
}

fn tls_error(error: &io::Error) -> Error {
    let text = error.to_string();
    match text.strip_prefix("invalid peer certificate: ") {
        Some(why) => Error::Certificate { why: why.to_owned() },
        None => Error::Tls { why: text },
    }
}
