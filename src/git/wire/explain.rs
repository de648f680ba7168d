//! Turns errors of hyper, h2 and rustls into ours.

use std::error::Error as Cause;
use std::io;

use h2::Reason;

use crate::git::Error;

/// Why there is no connection. All requests that wait for a connection get the same answer.
#[derive(Clone)]
pub(super) enum Unreachable {
    Connection(String),
    Certificate(String),
    CertificateOfProxy(String),
    Tls(String),
}

impl Unreachable {
    pub(super) fn of(error: &(dyn Cause + 'static)) -> Self {
        match causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => Self::Certificate(why.to_string()),
            Some(other) => Self::Tls(other.to_string()),
            None => Self::Connection(innermost(error)),
        }
    }

    /// The same for a proxy.
    pub(super) fn of_proxy(error: &(dyn Cause + 'static)) -> Self {
        match Self::of(error) {
            Self::Certificate(why) => Self::CertificateOfProxy(why),
            other => other,
        }
    }
}

impl From<Unreachable> for Error {
    fn from(unreachable: Unreachable) -> Self {
        match unreachable {
            Unreachable::Connection(why) => Self::Connection { why },
            Unreachable::Certificate(why) => Self::Certificate { why },
            Unreachable::CertificateOfProxy(why) => Self::CertificateOfProxy { why },
            Unreachable::Tls(why) => Self::Tls { why },
        }
    }
}

/// What a failed request means.
pub(super) enum Meaning {
    /// The server did not work on it, so it can be sent again.
    Refused,
    /// The same, and the connection takes no more requests: it was closed, or the server sent `GOAWAY`.
    Closing,
    /// The server, or what stands before it, does not keep to HTTP/2.
    NotHttp2(Error),
    Failed(Error),
}

/// What an error of a request on a connection means. Source of the rules: RFC 9113, sections 5.4, 6.8 and 8.7.
pub(super) fn meaning(error: &hyper::Error) -> Meaning {
    let Some(http2) = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>()) else {
        return if error.is_canceled() { Meaning::Closing } else { Meaning::Failed(explain(error)) };
    };
    let failed = Error::Connection { why: http2.to_string() };
    if http2.is_io() {
        return Meaning::Failed(explain(error));
    }
    match http2.reason() {
        Some(Reason::REFUSED_STREAM) => Meaning::Refused,
        // h2 gives this error only to streams above the last one of a `GOAWAY`.
        Some(Reason::NO_ERROR) if http2.is_go_away() && http2.is_remote() => Meaning::Closing,
        Some(Reason::INTERNAL_ERROR | Reason::CANCEL | Reason::NO_ERROR | Reason::ENHANCE_YOUR_CALM) => {
            Meaning::Failed(failed)
        }
        _ => Meaning::NotHttp2(failed),
    }
}

/// The error of a connection that broke.
pub(super) fn explain(error: &(dyn Cause + 'static)) -> Error {
    Unreachable::of(error).into()
}

/// The error of a read: our own, or one of the system.
pub(super) fn explain_io(error: io::Error) -> Error {
    error.downcast().unwrap_or_else(|error| Error::Connection { why: error.to_string() })
}

/// An error, and what it comes from.
fn causes<'a>(error: &'a (dyn Cause + 'static)) -> impl Iterator<Item = &'a (dyn Cause + 'static)> {
    std::iter::successors(Some(error), |&error| source(error))
}

fn source<'a>(error: &'a (dyn Cause + 'static)) -> Option<&'a (dyn Cause + 'static)> {
    match error.downcast_ref::<io::Error>() {
        // The error inside: `source` would skip it.
        Some(outer) => outer.get_ref().map(|inner| inner as &(dyn Cause + 'static)),
        None => error.source(),
    }
}

/// The words of the last cause: those before it only say that something failed.
fn innermost(error: &(dyn Cause + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}
