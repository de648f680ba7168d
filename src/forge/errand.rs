//! One request of HTTP, and how its answer is read.

use url::Url;

use super::address::Address;
use super::answer::Told;
use crate::git::TokenScheme;

/// One request of HTTP about one or several requests of a forge.
pub(super) struct Errand<'a> {
    pub(super) url: Url,
    /// The body of a POST. `None` for GET.
    pub(super) json: Option<String>,
    pub(super) scheme: TokenScheme,
    /// What it is about.
    pub(super) about: Vec<&'a Address<'a>>,
    pub(super) read: Read,
}

/// Reads the body of an answer: one entry for each request that it is about. `None` if the body is something else.
pub(super) type Read = fn(&[u8], &[&Address<'_>]) -> Option<Vec<Option<Told>>>;
