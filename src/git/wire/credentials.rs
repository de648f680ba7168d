//! The credentials that the servers of a run took, and the helpers that were asked.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use crate::git::auth::{Asked, Credential};
use crate::git::helpers::Helpers;

/// What this run knows about credentials.
#[derive(Default)]
pub(super) struct Credentials {
    /// Those that a server accepted, the last one first, and those with which it denied only one repository. They are
    /// followed by a request without a credential.
    pub(super) accepted: Mutex<HashMap<Key, Vec<Credential>>>,
    /// Held while helpers are asked: they may ask the user. They are asked once; these are the sources of their answers.
    pub(super) asked: Mutex<HashMap<Key, Vec<String>>>,
    /// The API of the forge refused what is sent for these. To a server that may be one of two forges, a token is sent in
    /// two ways, and each counts for itself.
    pub(super) refused_by_api: Mutex<HashSet<(Key, TokenScheme)>>,
}

/// Urls for which the same credentials are sent.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct Key {
    /// These know scheme, host, port and user, and the path if it matters.
    pub(super) helpers: Helpers,
    pub(super) password: Option<String>,
    pub(super) asked: Asked,
}

/// How a forge takes a token.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum TokenScheme {
    Bearer,
    /// With a user, as for git.
    Basic,
}
