//! What is sent to a server.

use std::time::Duration;

use url::{Origin, Url};

use super::server::Size;

/// A request of git's protocol, or to the API of a forge.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) url: &'a Url,
    /// Scheme, host and port of the declared url. After a redirect, those of `url` may differ.
    pub(super) declared: &'a Origin,
    /// `None` for GET. For POST, the content type and the body. If `gzipped`, the body is already compressed.
    pub(super) post: Option<Post<'a>>,
    pub(super) accept: &'a str,
    /// Asks for protocol version 2.
    pub(super) version_2: bool,
    pub(super) size: Size,
    /// The time limit for the whole answer. `None` for packs, which may be large.
    pub(super) within: Option<Duration>,
}

#[derive(Clone, Copy)]
pub(super) struct Post<'a> {
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
    pub(super) gzipped: bool,
}
