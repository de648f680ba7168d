//! A question to a forge, and how its answer is read.

use std::ops::Deref;

use url::Url;

use super::address::Address;
use super::answer::Told;
use crate::git::TokenScheme;

/// One question about one or several requests.
pub(super) struct Question<'a> {
    pub(super) url: Url,
    /// The body of a POST. `None` for GET.
    pub(super) json: Option<String>,
    pub(super) scheme: TokenScheme,
    /// At least one.
    pub(super) about: Vec<Subject<'a>>,
    pub(super) read: Read,
}

/// A request that a forge is asked about.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    /// Its place among all requests of the run.
    pub(super) place: usize,
    pub(super) address: &'a Address<'a>,
}

impl<'a> Deref for Subject<'a> {
    type Target = Address<'a>;

    fn deref(&self) -> &Address<'a> {
        self.address
    }
}

/// Reads the body of an answer: one entry for each request that it is about. `None` if the body is something else.
pub(super) type Read = fn(&[u8], &[Subject<'_>]) -> Option<Vec<Option<Told>>>;
