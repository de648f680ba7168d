//! The connections of HTTP/1.1 on which nothing is under way.

use std::sync::Mutex;

use hyper::client::conn::http1::SendRequest;

use super::connect::RequestBody;
use super::permits::lock;

/// More are closed: a server that speaks HTTP/2, too, may get none of them again.
const MOST_IDLE: usize = 8;

/// Those to one server.
#[derive(Default)]
pub(super) struct IdleConnections(Mutex<Vec<SendRequest<RequestBody>>>);

impl IdleConnections {
    pub(super) fn take(&self) -> Option<SendRequest<RequestBody>> {
        lock(&self.0).pop()
    }

    pub(super) fn put(&self, sender: SendRequest<RequestBody>) {
        let mut idle = lock(&self.0);
        if idle.len() < MOST_IDLE {
            idle.push(sender);
        }
    }
}
