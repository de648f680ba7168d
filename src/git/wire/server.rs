//! What a run has with one server: its connections, and how many requests are under way. With HTTP/2, the small requests
//! share one connection, and packs take two more: one lost packet stops every answer of a connection for a round trip. With
//! HTTP/1.1, each request takes its own, from those that are idle.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use hyper::http::{Uri, Version};
use rustls::ClientConfig;

use super::connect::{Opened, Shared, Target};
use super::explain::{Meaning, Unreachable};
use super::idle::IdleConnections;
use super::permits::{Permit, Permits};
use super::proxy::Proxy;
use super::trust::Trust;
use crate::git::pace::Limits;

/// The connections for packs, beside the one for small requests.
const FOR_PACKS: usize = 2;
/// The most packs at a time, over HTTP/2. If more shared a slow line, none might keep to the least rate.
const MOST_PACKS: usize = 8 * FOR_PACKS;
/// After so many errors of the protocol, the run goes on with HTTP/1.1.
const MOST_PROTOCOL_ERRORS: usize = 2;
/// With more connections, forges answer with resets and with 429.
const MOST_CONNECTIONS: usize = 8;
/// The most requests to a server at a time, over HTTP/2. Most servers allow 100 or 128.
const MOST_STREAMS: usize = 64;
/// An idle connection must be ready within this time: nothing is under way on it.
const SOON: Duration = Duration::from_secs(1);

/// Which connection a request takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::git) enum Size {
    Small,
    Pack,
}

/// Requests with the same route share connections.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) struct Route {
    /// Scheme, host and port.
    pub(super) server: Uri,
    /// `None` if the server is not https.
    pub(super) trust: Option<Trust>,
    pub(super) proxy: Option<Proxy>,
    /// `None` if the proxy is not https.
    pub(super) trust_in_proxy: Option<Trust>,
    pub(super) only_http_1: bool,
}

/// The settings of TLS for a route.
#[derive(Default)]
pub(super) struct Tls {
    pub(super) server: Option<Arc<ClientConfig>>,
    pub(super) proxy: Option<Arc<ClientConfig>>,
}

pub(super) struct Server {
    route: Route,
    tls: Tls,
    limits: Limits,
    all: Arc<Permits>,
    packs: Arc<Permits>,
    /// Whether it speaks HTTP/1.1. Set with the first connection.
    is_http_1: OnceLock<bool>,
    /// The connections that requests share: one for small requests, then those for packs.
    shared: [Slot; 1 + FOR_PACKS],
    next_for_packs: AtomicUsize,
    idle: IdleConnections,
    protocol_errors: AtomicUsize,
}

/// The right to have a request under way. A pack has two.
pub(super) struct Rights {
    _of_packs: Option<Permit>,
    _of_all: Permit,
}

/// A connection that a request uses until its answer is read.
pub(super) struct Used {
    pub(super) opened: Opened,
    server: Arc<Server>,
}

/// A connection that requests share. Locked while it is made.
type Slot = tokio::sync::Mutex<Made>;

#[derive(Default)]
enum Made {
    #[default]
    Nothing,
    Connection(Shared),
    /// When, and why.
    Failed(Instant, Unreachable),
}

impl Server {
    pub(super) fn new(route: Route, tls: Tls, limits: Limits) -> Self {
        let is_http_1 = OnceLock::new();
        if route.server.scheme_str() == Some("http") {
            let _new = is_http_1.set(true);
        }
        Self {
            route,
            tls,
            limits,
            all: Arc::default(),
            packs: Arc::default(),
            is_http_1,
            shared: Default::default(),
            next_for_packs: AtomicUsize::new(0),
            idle: IdleConnections::default(),
            protocol_errors: AtomicUsize::new(0),
        }
    }

    /// How many requests may be under way now: what the server allows, but not more than forges take with patience.
    fn most_requests(&self) -> usize {
        if self.is_http_1.get() != Some(&false) {
            return MOST_CONNECTIONS;
        }
        let allowed = self.shared.iter().filter_map(|slot| match &*slot.try_lock().ok()? {
            Made::Connection(shared) if shared.is_open() => Some(shared.most()),
            _ => None,
        });
        allowed.min().unwrap_or(MOST_STREAMS).clamp(1, MOST_STREAMS)
    }

    /// How many packs may be under way now. One place is left for a small request: packs can take minutes.
    fn most_packs(&self) -> usize {
        MOST_PACKS.min(self.most_requests() - 1).max(1)
    }

    /// Waits until one more request may be under way. `None` if that takes too long.
    pub(super) fn rights(&self, size: Size, until: Option<Instant>) -> Option<Rights> {
        let of_packs = match size {
            Size::Small => None,
            Size::Pack => Some(self.packs.take(|| self.most_packs(), until)?),
        };
        Some(Rights { _of_packs: of_packs, _of_all: self.all.take(|| self.most_requests(), until)? })
    }

    pub(super) async fn connection(self: &Arc<Self>, size: Size) -> Result<Used, Unreachable> {
        Ok(Used { opened: self.opened(size).await?, server: Arc::clone(self) })
    }

    async fn opened(&self, size: Size) -> Result<Opened, Unreachable> {
        if self.is_http_1.get() == Some(&true) {
            return self.own_connection().await;
        }
        let asked = Instant::now();
        let place = match size {
            Size::Small => 0,
            Size::Pack => 1 + self.next_for_packs.fetch_add(1, Ordering::Relaxed) % FOR_PACKS,
        };
        let mut made = self.shared[place].lock().await;
        match &*made {
            Made::Connection(shared) if shared.is_open() => return Ok(Opened::Http2(shared.clone())),
            // Others have waited for the same.
            Made::Failed(when, why) if *when > asked => return Err(why.clone()),
            _ => {}
        }
        if self.is_http_1.get() == Some(&true) {
            drop(made);
            return self.own_connection().await;
        }
        match self.open().await {
            Ok(opened) => {
                if let Opened::Http2(shared) = &opened {
                    *made = Made::Connection(shared.clone());
                }
                if self.is_http_1.set(opened.version() == Version::HTTP_11).is_ok() {
                    drop(made);
                    self.all.has_grown();
                    self.packs.has_grown();
                }
                Ok(opened)
            }
            Err(why) => {
                *made = Made::Failed(Instant::now(), why.clone());
                Err(why)
            }
        }
    }

    /// A connection of HTTP/1.1 for one request: one that is idle, or a new one.
    async fn own_connection(&self) -> Result<Opened, Unreachable> {
        loop {
            let Some(mut sender) = self.idle.take() else { return self.open().await };
            if let Ok(Ok(())) = tokio::time::timeout(SOON, sender.ready()).await {
                return Ok(Opened::Http1(sender));
            }
        }
    }

    async fn open(&self) -> Result<Opened, Unreachable> {
        let Route { server, proxy, .. } = &self.route;
        let Tls { server: tls, proxy: tls_of_proxy } = &self.tls;
        let (tls, tls_of_proxy) = (tls.as_ref(), tls_of_proxy.as_ref());
        Target { server, tls, proxy: proxy.as_ref(), tls_of_proxy, limits: self.limits }.open().await
    }

    pub(super) fn breaks_http_2(&self) -> bool {
        self.protocol_errors.load(Ordering::Relaxed) >= MOST_PROTOCOL_ERRORS
    }
}

impl Used {
    /// Whether no other request uses it.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.opened, Opened::Http1(_))
    }

    /// Call this when the whole answer is read: the next request can use it.
    pub(super) fn give_back(self) {
        if let Opened::Http1(sender) = self.opened {
            self.server.idle.put(sender);
        }
    }

    /// Call this after an error. If it concerns the whole connection, the next request gets another one. An error of the
    /// protocol counts once for a connection.
    pub(super) fn has_failed(&self, meaning: &Meaning) {
        let Opened::Http2(shared) = &self.opened else { return };
        match meaning {
            Meaning::NotHttp2(_) if shared.retire() => {
                self.server.protocol_errors.fetch_add(1, Ordering::Relaxed);
            }
            Meaning::Closing => drop(shared.retire()),
            _ => {}
        }
    }
}
