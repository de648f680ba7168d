//! The connections of HTTP/1.1 on which nothing is under way.

use std::sync::{Arc, Mutex};

use hyper::client::conn::http1::SendRequest;

use super::connect::RequestBody;
use super::permits::lock;

/// More are closed: a server that speaks HTTP/2, too, may get none of them again.
const MOST_IDLE: usize = 8;

/// Those to one server.
#[derive(Clone, Default)]
pub(super) struct IdleConnections(Arc<Mutex<Vec<SendRequest<RequestBody>>>>);

/// A connection in use. It becomes idle again with [`give_back`](Self::give_back).
pub(super) struct Lent {
    sender: SendRequest<RequestBody>,
    home: IdleConnections,
}

impl IdleConnections {
    pub(super) fn take(&self) -> Option<SendRequest<RequestBody>> {
        lock(&self.0).pop()
    }

    pub(super) fn lend(&self, sender: SendRequest<RequestBody>) -> Lent {
        Lent { sender, home: self.clone() }
    }
}

impl Lent {
    pub(super) fn give_back(self) {
        let mut idle = lock(&self.home.0);
        if idle.len() < MOST_IDLE {
            idle.push(self.sender);
        }
    }
}
