//! The connections of a run. With HTTP/2, the small requests to a server share one connection, and packs take two more: one
//! lost packet stops every answer of a connection for a round trip. With HTTP/1.1, each request takes its own, from those
//! that are idle.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::http::{HeaderName, HeaderValue, Method, Request, Uri, Version, header};
use rustls::ClientConfig;
use url::{Position, Url};

use super::answer::{Answer, Body, Note};
use super::connect::{Opened, RequestBody, Shared, Target};
use super::explain::{Meaning, Unreachable, meaning};
use super::idle::IdleConnections;
use super::permits::{Permits, lock};
use super::proxy::Proxy;
use super::runtime::{Runtime, within};
use super::trust::Trust;
use crate::git::Error;
use crate::git::pace::{self, Limits};

/// The connections for packs, beside the one for small requests.
const FOR_PACKS: usize = 2;
/// How often a request is sent if the server does not work on it.
const MOST_UNSENT: u32 = 8;
/// The pause before the third time; later ones are longer.
const PAUSE: Duration = Duration::from_millis(20);
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
    pub(super) proxy: Option<Proxy>,
    /// `None` if no certificate is needed.
    pub(super) trust: Option<Trust>,
    pub(super) only_http_1: bool,
}

/// A request, as all versions of HTTP send it.
pub(super) struct Outgoing<'a> {
    /// Without user and password.
    pub(super) url: &'a Url,
    pub(super) headers: &'a [(HeaderName, HeaderValue)],
    /// `None` for GET; for POST, the body.
    pub(super) body: Option<&'a [u8]>,
    pub(super) size: Size,
    /// The time limit for the whole answer.
    pub(super) within: Option<Duration>,
}

pub(super) struct Connections {
    runtime: Runtime,
    limits: Limits,
    servers: Mutex<HashMap<Route, Arc<Server>>>,
    configs: Mutex<HashMap<(Trust, bool), Arc<ClientConfig>>>,
}

/// What a run has with one server.
struct Server {
    route: Route,
    tls: Option<Arc<ClientConfig>>,
    limits: Limits,
    permits: Arc<Permits>,
    /// Whether it speaks HTTP/1.1. Set with the first connection.
    is_http_1: OnceLock<bool>,
    /// The connections that requests share: one for small requests, then those for packs.
    shared: [Slot; 1 + FOR_PACKS],
    next_for_packs: AtomicUsize,
    idle: IdleConnections,
    protocol_errors: AtomicUsize,
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

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { runtime: Runtime::default(), limits, servers: Mutex::default(), configs: Mutex::default() }
    }

    /// Sends a request and returns the head of the answer.
    pub(super) fn send(&self, route: &Route, request: &Outgoing<'_>) -> Result<Answer, Error> {
        let system = |error: io::Error| Error::Connection { why: error.to_string() };
        let runtime = self.runtime.handle().map_err(system)?;
        let server = self.server(route)?;
        let until = request.within.map(|time| Instant::now() + time);
        let permit = server.permits.take(|| server.most_requests());
        pace::start(self.limits);
        let body = request.body.map(Bytes::copy_from_slice);
        for unsent in 0..MOST_UNSENT {
            thread::sleep(PAUSE * unsent.saturating_sub(1));
            let left =
                || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            let Some(opened) = within(&runtime, left(), server.connection(request.size)) else {
                return Err(Error::Slow { within: request.within.unwrap_or_default() });
            };
            let opened = opened?;
            let version = opened.version();
            let time = self.limits.until_answer(body.as_ref().map_or(0, Bytes::len)).min(left());
            let sent = shaped(request, body.clone(), version, route)?;
            let (answer, connection, note) = match opened {
                Opened::Http2(mut shared) => {
                    let answer = within(&runtime, time, shared.sender.send_request(sent));
                    let server = Arc::clone(&server);
                    let note: Note = Box::new(move |error| server.note(&shared, error));
                    (answer, None, Some(note))
                }
                Opened::Http1(mut sender) => {
                    let answer = within(&runtime, time, sender.send_request(sent));
                    (answer, Some(server.idle.lend(sender)), None)
                }
            };
            if let Some(Err(error)) = &answer {
                note.iter().for_each(|note| note(error));
            }
            let answer = match answer {
                None => return Err(Error::Slow { within: time }),
                Some(Ok(answer)) => answer,
                Some(Err(error)) => match meaning(&error) {
                    Meaning::Refused | Meaning::Closing => continue,
                    Meaning::NotHttp2(error) | Meaning::Failed(error) => return Err(error),
                },
            };
            let (head, incoming) = answer.into_parts();
            let body = Body {
                incoming,
                runtime,
                limits: self.limits,
                until,
                connection,
                note,
                _permit: permit,
                rest: Bytes::new(),
            };
            return Ok(Answer { status: head.status, headers: head.headers, body });
        }
        Err(Error::Connection { why: "the server refuses the request again and again".to_owned() })
    }

    /// Whether the server of a route does not keep to HTTP/2, so that the run goes on with HTTP/1.1.
    pub(super) fn is_downgraded(&self, route: &Route) -> bool {
        lock(&self.servers).get(route).is_some_and(|server| server.breaks_http_2())
    }

    fn server(&self, route: &Route) -> Result<Arc<Server>, Error> {
        let mut servers = lock(&self.servers);
        let mut route = route.clone();
        if let Some(server) = servers.get(&route) {
            if !server.breaks_http_2() {
                return Ok(Arc::clone(server));
            }
            route.only_http_1 = true;
        }
        if let Some(server) = servers.get(&route) {
            return Ok(Arc::clone(server));
        }
        let server = Arc::new(Server::new(route.clone(), self.config(&route)?, self.limits));
        servers.insert(route, Arc::clone(&server));
        Ok(server)
    }

    fn config(&self, route: &Route) -> Result<Option<Arc<ClientConfig>>, Error> {
        let Some(trust) = &route.trust else { return Ok(None) };
        let mut configs = lock(&self.configs);
        let key = (trust.clone(), route.only_http_1);
        if let Some(config) = configs.get(&key) {
            return Ok(Some(Arc::clone(config)));
        }
        let mut config = trust.config()?;
        let protocols: &[&[u8]] = if route.only_http_1 { &[b"http/1.1"] } else { &[b"h2", b"http/1.1"] };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let config = Arc::new(config);
        configs.insert(key, Arc::clone(&config));
        Ok(Some(config))
    }
}

impl Server {
    fn new(route: Route, tls: Option<Arc<ClientConfig>>, limits: Limits) -> Self {
        let is_http_1 = OnceLock::new();
        if route.server.scheme_str() == Some("http") {
            let _new = is_http_1.set(true);
        }
        Self {
            route,
            tls,
            limits,
            permits: Arc::default(),
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
        allowed.min().unwrap_or(MOST_STREAMS).min(MOST_STREAMS)
    }

    async fn connection(self: &Arc<Self>, size: Size) -> Result<Opened, Unreachable> {
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
                    self.permits.has_grown();
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
        Target { server, proxy: proxy.as_ref(), tls: self.tls.as_ref(), limits: self.limits }.open().await
    }

    /// After an error of a whole connection, the next request gets another one. An error of the protocol counts once for a
    /// connection.
    fn note(&self, failed: &Shared, error: &hyper::Error) {
        match meaning(error) {
            Meaning::NotHttp2(_) if failed.retire() => {
                self.protocol_errors.fetch_add(1, Ordering::Relaxed);
            }
            Meaning::Closing => drop(failed.retire()),
            _ => {}
        }
    }

    fn breaks_http_2(&self) -> bool {
        self.protocol_errors.load(Ordering::Relaxed) >= MOST_PROTOCOL_ERRORS
    }
}

/// A request in the form of a version of HTTP: HTTP/2 sends the whole url, and HTTP/1.1 does so to a proxy only.
fn shaped(
    request: &Outgoing<'_>,
    body: Option<Bytes>,
    version: Version,
    route: &Route,
) -> Result<Request<RequestBody>, Error> {
    let url = request.url;
    let is_whole =
        version == Version::HTTP_2 || route.proxy.as_ref().is_some_and(|proxy| proxy.passes_on(url));
    let target = if is_whole {
        &url[..Position::AfterQuery]
    } else {
        &url[Position::BeforePath..Position::AfterQuery]
    };
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let sent = Request::builder().method(method).uri(target).body(Full::new(body.unwrap_or_default()));
    let mut sent = sent.map_err(|error| Error::Git { why: format!("not a url: {error}") })?;
    let headers = sent.headers_mut();
    if version != Version::HTTP_2 {
        let host = HeaderValue::try_from(&url[Position::BeforeHost..Position::AfterPort]);
        headers
            .insert(header::HOST, host.map_err(|error| Error::Git { why: format!("not a host: {error}") })?);
    }
    // `insert`: git's `http.extraHeader` can have any of them.
    for (name, value) in request.headers {
        if *name == header::HOST || *name == header::USER_AGENT {
            headers.insert(name, value.clone());
        } else {
            headers.append(name, value.clone());
        }
    }
    Ok(sent)
}
