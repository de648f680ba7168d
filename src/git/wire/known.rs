//! The credentials that the servers of a run accepted, and the helpers that were asked.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::git::auth::{Asked, Credential};
use crate::git::helpers::Helpers;

/// What this run knows about credentials.
#[derive(Default)]
pub(super) struct Credentials {
    /// Those that a server accepted, the last one first. They are followed by a request without a credential.
    pub(super) accepted: Mutex<HashMap<Key, Vec<Credential>>>,
    /// Held while helpers are asked: they may ask the user. They are asked once; these are the sources of their answers.
    pub(super) asked: Mutex<HashMap<Key, Vec<String>>>,
}

/// Urls for which the same credentials are sent.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct Key {
    /// These know scheme, host, port and user, and the path if it matters.
    pub(super) helpers: Helpers,
    pub(super) password: Option<String>,
    pub(super) asked: Asked,
}
