//! What an answer that is no success means: a server without protocol 2, an object that it lacks, or an error.

use std::io::Read;

use super::Response;
use super::explain::explain_io;
use super::protocol::Broken;
use crate::git::Error;
use crate::git::retry::Failed;
use crate::git::server_words::says_not_here;

/// Why a request failed.
pub(in crate::git) enum Failure {
    /// An unexpected answer, with the error that it means if the server supports protocol 2. The server may lack
    /// protocol 2 or a feature of it, or the repository may be elsewhere.
    PerhapsUnsupported(Error),
    /// The server does not have a requested object.
    NotOurRef,
    Error(Error),
}

impl Failure {
    pub(in crate::git) fn into_error(self) -> Error {
        match self {
            Self::NotOurRef => Error::Protocol { why: "an object is missing on the server".to_owned() },
            Self::PerhapsUnsupported(error) | Self::Error(error) => error,
        }
    }

    /// The failure of a server that is known to lack protocol 2.
    pub(in crate::git) fn lacks_version_2() -> Self {
        Self::PerhapsUnsupported(Error::Protocol { why: "the answer is empty".to_owned() })
    }

    /// The failure of a request that was answered with an error.
    pub(super) fn of_answer(error: Error) -> Self {
        let is_unexpected = match &error {
            // 413: the request is too large. 429 and 503, and 403 with a time: later it may work.
            Error::Status { status, .. } => !matches!(status, 403 | 413 | 429 | 503),
            Error::Remote { .. } => !error.is_passing(),
            Error::NotGit { .. } | Error::Protocol { .. } => true,
            other => other.is_denial(),
        };
        if is_unexpected { Self::PerhapsUnsupported(error) } else { Self::Error(error) }
    }
}

impl Failed for Failure {
    fn error(&self) -> Option<&Error> {
        match self {
            Self::Error(error) => Some(error),
            // The server is asked what it supports before the request is sent again.
            Self::PerhapsUnsupported(_) | Self::NotOurRef => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Why an answer could not be read to its end. `ids` are those that were asked for.
pub(super) fn response_failure(broken: Broken, ids: &[[u8; 20]]) -> Failure {
    match broken {
        Broken::Empty => Failure::lacks_version_2(),
        Broken::Remote(message) if says_not_here(&message, ids) => Failure::NotOurRef,
        Broken::Remote(message) => Failure::of_answer(Error::Remote { message }),
        Broken::Malformed(why) => Failure::of_answer(Error::Protocol { why }),
        Broken::Endless => Failure::Error(Error::Endless),
        Broken::Read(error) => Failure::Error(explain_io(error)),
        // The error of the sink itself, if it gave one.
        Broken::Write(error) => Failure::Error(match error.downcast() {
            Ok(known) => known,
            Err(error) => Error::Protocol { why: error.to_string() },
        }),
    }
}

/// What answers `GET info/refs` in place of git: a server of files, a page for people who are not signed in, or
/// something else.
pub(super) fn what_it_is(mut response: Response) -> Error {
    /// In bytes: more than the longest line of a ref.
    const ENOUGH: u64 = 4096;
    let mut begin = Vec::new();
    let _best_effort = (&mut response).take(ENOUGH).read_to_end(&mut begin);
    // The file `info/refs`: lines of an id, a tab and a name. In a repository without refs, it is empty.
    let is_listed =
        |line: &[u8]| line.get(40) == Some(&b'\t') && line[..40].iter().all(u8::is_ascii_hexdigit);
    if begin.split(|byte| *byte == b'\n').next().is_some_and(is_listed) {
        return Error::Dumb;
    }
    match &response.sent {
        // Forges send their sign-in page if a token has expired.
        Some(source) if response.is("text/html") => Error::Unauthorised { tried: vec![source.clone()] },
        _ => Error::NotGit { content_type: response.content_type().to_owned() },
    }
}
