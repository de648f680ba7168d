//! The servers of a run, and how a request is sent to one: again, if the server does not work on it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::http::{HeaderName, HeaderValue, Method, Request, Version, header};
use rustls::ClientConfig;
use url::{Position, Url};

use super::answer::{Answer, Body};
use super::connect::RequestBody;
use super::explain::{Meaning, meaning};
use super::permits::lock;
use super::runtime::{Runtime, within};
use super::server::{Route, Server, Size, Tls};
use super::trust::Trust;
use crate::git::Error;
use crate::git::pace::{self, Limits};

/// How often a request is sent if the server does not work on it.
const MOST_UNSENT: u32 = 8;
/// The pause before the third time; later ones are longer.
const PAUSE: Duration = Duration::from_millis(20);

/// The versions of HTTP that a client offers with TLS.
type Versions = &'static [&'static [u8]];

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
    configs: Mutex<HashMap<(Trust, Versions), Arc<ClientConfig>>>,
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
        let late = || Error::Slow { within: request.within.unwrap_or_default() };
        let rights = server.rights(request.size, until).ok_or_else(late)?;
        pace::start(self.limits);
        let body = request.body.map(Bytes::copy_from_slice);
        for unsent in 0..MOST_UNSENT {
            thread::sleep(PAUSE * unsent.saturating_sub(1));
            let left =
                || until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            let mut used = within(&runtime, left(), server.connection(request.size)).ok_or_else(late)??;
            let time = self.limits.until_answer(body.as_ref().map_or(0, Bytes::len)).min(left());
            let sent = shaped(request, body.clone(), used.opened.version(), route)?;
            let answer = within(&runtime, time, used.opened.send(sent));
            let answer = match answer.ok_or(Error::Slow { within: time })? {
                Ok(answer) => answer,
                Err(error) => {
                    let meaning = meaning(&error);
                    used.has_failed(&meaning);
                    match meaning {
                        Meaning::Refused | Meaning::Closing => continue,
                        Meaning::NotHttp2(error) | Meaning::Failed(error) => return Err(error),
                    }
                }
            };
            let (head, incoming) = answer.into_parts();
            let body = Body {
                incoming,
                runtime,
                limits: self.limits,
                until,
                used: Some(used),
                _rights: rights,
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
        let versions: Versions = if route.only_http_1 { &[b"http/1.1"] } else { &[b"h2", b"http/1.1"] };
        let tls = Tls {
            server: self.config(route.trust.as_ref(), versions)?,
            // A proxy gets `CONNECT` by HTTP/1.1.
            proxy: self.config(route.trust_in_proxy.as_ref(), &[])?,
        };
        let server = Arc::new(Server::new(route.clone(), tls, self.limits));
        servers.insert(route, Arc::clone(&server));
        Ok(server)
    }

    fn config(&self, trust: Option<&Trust>, versions: Versions) -> Result<Option<Arc<ClientConfig>>, Error> {
        let Some(trust) = trust else { return Ok(None) };
        let mut configs = lock(&self.configs);
        let key = (trust.clone(), versions);
        if let Some(config) = configs.get(&key) {
            return Ok(Some(Arc::clone(config)));
        }
        let mut config = trust.config()?;
        config.alpn_protocols = versions.iter().map(|name| name.to_vec()).collect();
        let config = Arc::new(config);
        configs.insert(key, Arc::clone(&config));
        Ok(Some(config))
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
