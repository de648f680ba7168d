//! The HTTP client; a process has one. Connections are pooled, with at most [`CONNECTIONS_PER_HOST`] at once to a host.
//! Credentials are sent only to their own host. A redirect to another host must be https.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector, RustlsConnector, SocksConnector, TcpConnector,
};
use ureq::{Agent, Body, BodyReader, Proxy, Timeout};
use url::{Origin, Url};

use super::absolute::AbsoluteForm;
use super::paced::Paced;
use super::permits::{CONNECTIONS_PER_HOST, Permit, Permits, lock};
use super::roots::{Named, roots};
use super::{Host, proxy};
use crate::git::auth::{self, Asked, Credential};
use crate::git::configuration::Configuration;
use crate::git::pace::{self, Limits};
use crate::git::{CONNECT, Error};

const MOST_REDIRECTS: usize = 5;
/// In bytes. If a short rest is read, the connection can be used again. A long rest costs more than a new connection.
const DRAIN: u64 = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);
/// Some forges expect a user agent that begins with `git/`.
const USER_AGENT: &str = concat!("git/2.0 (oca ", env!("CARGO_PKG_VERSION"), ")");

pub(in crate::git) struct Client {
    configuration: Arc<Configuration>,
    limits: Limits,
    agents: Mutex<HashMap<Trust, Agent>>,
    permits: Permits,
    /// The credentials that a server accepted, by url without path and where the url comes from. `None` means: send
    /// none.
    credentials: Mutex<HashMap<(String, Asked), Option<Credential>>>,
    warnings: Mutex<HashSet<String>>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// Which certificates are trusted. Requests with the same trust share connections.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Trust {
    /// Plain http has no certificates.
    Plain,
    /// Plain http to a proxy, which passes the request on.
    PlainProxy,
    /// All certificates: verification is switched off.
    Anyone,
    /// The authorities of the platform and those in this file.
    Authorities(Option<Named>),
}

/// A request of git's protocol.
pub(super) struct Request<'a> {
    pub(super) url: &'a Url,
    /// Scheme, host and port of the declared url. After a redirect, those of `url` may differ.
    pub(super) declared: &'a Origin,
    /// `None` for GET. For POST, the content type and the body. If `gzipped`, the body is already compressed.
    pub(super) post: Option<Post<'a>>,
    pub(super) accept: &'a str,
    /// Asks for protocol version 2.
    pub(super) version_2: bool,
}

pub(super) struct Post<'a> {
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
    pub(super) gzipped: bool,
}

/// A response with status 200. If it is read to its end, the connection goes back to the pool.
pub(in crate::git) struct Response {
    /// The url after redirects.
    pub(super) url: Url,
    pub(super) content_type: String,
    body: BodyReader<'static>,
    limits: Limits,
    _permit: Permit,
}

impl Client {
    pub(in crate::git) fn new(configuration: Arc<Configuration>) -> Self {
        Self {
            limits: Limits::of(&configuration),
            configuration,
            agents: Mutex::default(),
            permits: Permits::default(),
            credentials: Mutex::default(),
            warnings: Mutex::default(),
            hosts: Mutex::default(),
        }
    }

    pub(super) fn host(&self, url: &Url) -> Arc<Host> {
        Arc::clone(lock(&self.hosts).entry(url.origin().ascii_serialization()).or_default())
    }

    /// Warnings for the user, such as a token that a server refused. Sorted.
    pub(in crate::git) fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = lock(&self.warnings).iter().cloned().collect();
        warnings.sort();
        warnings
    }

    /// Sends a request. Follows redirects. After a 401, tries other credentials.
    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, Error> {
        let mut url = request.url.clone();
        for _ in 0..MOST_REDIRECTS {
            match self.authorised(request, &url)? {
                Answer::Done(response) => return Ok(*response),
                Answer::Redirect(to) => url = to,
            }
        }
        Err(Error::Redirect { from: shown(request.url), to: shown(&url) })
    }

    fn authorised(&self, request: &Request<'_>, url: &Url) -> Result<Answer, Error> {
        let asked = if url.origin() == *request.declared { Asked::Declared } else { Asked::Redirected };
        let origin = url.origin().ascii_serialization();
        let key = (format!("{origin} {}:{}", url.username(), url.password().unwrap_or_default()), asked);
        let known = lock(&self.credentials).get(&key).cloned();
        let first = match known {
            Some(known) => known,
            None => auth::up_front(url, asked)?,
        };
        let mut tried = Vec::new();
        let mut attempt = |credential: Option<&Credential>| {
            tried.extend(credential.map(|credential| credential.source.clone()));
            self.once(request, url, asked, credential)
        };
        let mut answer = attempt(first.as_ref())?;
        let mut accepted = first.clone();
        if answer.is_none() && first.is_some() {
            accepted = None;
            answer = attempt(None)?;
            if let (Some(_), Some(refused)) = (&answer, &first) {
                let warning = format!("`{origin}` refused {}; oca asked again without it", refused.source);
                lock(&self.warnings).insert(warning);
            }
        }
        if answer.is_none() {
            accepted = auth::from_helper(url, asked);
            if accepted.is_some() {
                answer = attempt(accepted.as_ref())?;
            }
        }
        let Some(answer) = answer else { return Err(Error::Unauthorised { tried }) };
        lock(&self.credentials).insert(key, accepted);
        Ok(answer)
    }

    /// Sends one request. `None` means status 401.
    fn once(
        &self,
        request: &Request<'_>,
        url: &Url,
        asked: Asked,
        credential: Option<&Credential>,
    ) -> Result<Option<Answer>, Error> {
        let permit = self.permits.take(&url.origin().ascii_serialization());
        pace::start(self.limits);
        let response = self.call(request, url, asked, credential)?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let target = header("location").unwrap_or_default();
            let mut to = url.join(target).map_err(|_| redirect_error(url, target))?;
            let same_origin = to.origin() == url.origin();
            // A redirect to another host over plain http is refused: someone on the network could have made it.
            if to.scheme() != "https" && !same_origin {
                return Err(redirect_error(url, to.as_str()));
            }
            // Credentials that the server wrote in the url are dropped; the user's own are kept for the same host.
            let (user, password) = if same_origin { (url.username(), url.password()) } else { ("", None) };
            let _has_a_host = to.set_username(user).and_then(|()| to.set_password(password));
            drain(response.into_body().into_reader());
            return Ok(Some(Answer::Redirect(to)));
        }
        if status != 200 {
            let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
            drain(response.into_body().into_reader());
            return match status {
                401 => Ok(None),
                403 => Err(Error::Forbidden),
                404 | 410 => Err(Error::NotFound { what: shown(url) }),
                _ => Err(Error::Status { status, retry_after: retry_after.map(Duration::from_secs) }),
            };
        }
        Ok(Some(Answer::Done(Box::new(Response {
            url: url.clone(),
            content_type: header("content-type").unwrap_or_default().to_owned(),
            body: response.into_body().into_with_config().limit(u64::MAX).reader(),
            limits: self.limits,
            _permit: permit,
        }))))
    }

    fn call(
        &self,
        request: &Request<'_>,
        url: &Url,
        asked: Asked,
        credential: Option<&Credential>,
    ) -> Result<ureq::http::Response<Body>, Error> {
        let explained = |error| explain(&error, self.limits);
        let mut bare = url.clone();
        let _kept_by_urls_without_host = bare.set_username("").and_then(|()| bare.set_password(None));
        let mut headers = vec![("accept", request.accept.to_owned())];
        headers.extend(request.version_2.then(|| ("git-protocol", "version=2".to_owned())));
        let extra = self.extra_headers(url, asked);
        if !extra.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
            headers.extend(credential.map(|credential| ("authorization", credential.header())));
        }
        headers.extend(extra);
        let chosen = proxy::choose(url, &self.configuration, &|name| std::env::var(name).ok());
        let (agent, proxy) = match chosen.as_deref().and_then(|proxy| proxy::passing_on(url, proxy)) {
            Some(proxy) => {
                headers.push(("host", url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()));
                headers.extend(
                    auth::userinfo(&proxy).map(|credential| ("proxy-authorization", credential.header())),
                );
                let _has_a_host = bare.set_host(proxy.host_str());
                let _has_a_host = bare.set_port(proxy.port_or_known_default());
                (self.agent(Trust::PlainProxy)?, None)
            }
            None => (
                self.agent(self.trust(url))?,
                chosen.map(|proxy| Proxy::new(&proxy)).transpose().map_err(explained)?,
            ),
        };
        let response = if let Some(post) = &request.post {
            let mut builder = agent.post(bare.as_str()).header("content-type", post.content_type);
            for (name, value) in headers {
                builder = builder.header(name, value);
            }
            if post.gzipped {
                builder = builder.header("content-encoding", "gzip");
            }
            builder.config().proxy(proxy).build().send(post.body)
        } else {
            let mut builder = agent.get(bare.as_str());
            for (name, value) in headers {
                builder = builder.header(name, value);
            }
            builder.config().proxy(proxy).build().call()
        };
        response.map_err(explained)
    }

    /// The headers in `http.extraHeader`. An empty value removes the values before it.
    ///
    /// A header without a url often contains a credential. So it is not sent to the target of a redirect.
    fn extra_headers(&self, url: &Url, asked: Asked) -> Vec<(&str, String)> {
        let all = self.configuration.http_all(url, "extraheader", asked == Asked::Declared);
        let kept = all.rsplit(|header| header.is_empty()).next().unwrap_or_default();
        kept.iter()
            .filter_map(|header| header.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim().to_owned()))
            .collect()
    }

    fn trust(&self, url: &Url) -> Trust {
        let is_off =
            |value: &str| matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0" | "");
        if url.scheme() != "https" {
            Trust::Plain
        } else if self.configuration.http(url, "sslverify").is_some_and(is_off) {
            Trust::Anyone
        } else {
            let named = |setting| move |file| Named { setting, file };
            let variable = std::env::var("GIT_SSL_CAINFO").ok().map(named("GIT_SSL_CAINFO"));
            let configured = || self.configuration.http(url, "sslcainfo").map(str::to_owned);
            Trust::Authorities(variable.or_else(|| configured().map(named("http.sslCAInfo"))))
        }
    }

    fn agent(&self, trust: Trust) -> Result<Agent, Error> {
        let mut agents = lock(&self.agents);
        if let Some(agent) = agents.get(&trust) {
            return Ok(agent.clone());
        }
        let agent = self.new_agent(&trust)?;
        agents.insert(trust, agent.clone());
        Ok(agent)
    }

    fn new_agent(&self, trust: &Trust) -> Result<Agent, Error> {
        let mut tls = TlsConfig::builder().disable_verification(*trust == Trust::Anyone);
        if let Trust::Authorities(named) = trust {
            tls = tls.root_certs(roots(named.as_ref())?);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(self.limits.stall))
            .timeout_per_write(Some(self.limits.stall))
            .timeout_send_request(Some(self.limits.window()))
            .timeout_send_body(Some(self.limits.longest_preface()))
            .timeout_recv_response(Some(self.limits.window()))
            .max_idle_connections(64)
            .max_idle_connections_per_host(CONNECTIONS_PER_HOST)
            .accept_encoding("identity")
            .input_buffer_size(64 * 1024)
            .user_agent(USER_AGENT)
            .tls_config(tls.build())
            .build();
        // ureq's default connectors, and `Paced`.
        let connector =
            ().chain(SocksConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(TcpConnector::default())
                .chain(Paced)
                .chain(RustlsConnector::default());
        Ok(if *trust == Trust::PlainProxy {
            Agent::with_parts(config, connector.chain(AbsoluteForm), DefaultResolver::default())
        } else {
            Agent::with_parts(config, connector, DefaultResolver::default())
        })
    }
}

fn explain(error: &ureq::Error, limits: Limits) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            Error::Connection { why: format!("no answer within {} seconds", CONNECT.as_secs()) }
        }
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => Error::Stalled { after: limits.stall },
        ureq::Error::Timeout(_) => Error::Slow { within: limits.window() },
        ureq::Error::Io(error) => explain_io(error, limits),
        ureq::Error::Tls(why) => Error::Tls { why: (*why).to_owned() },
        ureq::Error::InvalidProxyUrl => Error::Proxy,
        ureq::Error::BadUri(why) => Error::Git { why: format!("not a url: {}", crate::repo::redact(why)) },
        other => Error::Connection { why: other.to_string() },
    }
}

fn explain_io(error: &io::Error, limits: Limits) -> Error {
    if let Some(known) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        return explain(known, limits);
    }
    match error.kind() {
        io::ErrorKind::TimedOut => Error::Stalled { after: limits.stall },
        // rustls reports its errors with this kind.
        io::ErrorKind::InvalidData => tls_error(error),
        _ => Error::Connection { why: error.to_string() },
    }
}

fn tls_error(error: &io::Error) -> Error {
    let text = error.to_string();
    match text.strip_prefix("invalid peer certificate: ") {
        Some(why) => Error::Certificate { why: why.to_owned() },
        None => Error::Tls { why: text },
    }
}

enum Answer {
    Done(Box<Response>),
    Redirect(Url),
}

fn redirect_error(from: &Url, to: &str) -> Error {
    Error::Redirect { from: shown(from), to: crate::repo::redact(to) }
}

fn shown(url: &Url) -> String {
    crate::repo::redact(url.as_str())
}

impl Response {
    /// The error of a read that failed or took too long.
    pub(super) fn explain(&self, error: &io::Error) -> Error {
        explain_io(error, self.limits)
    }
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        drain(&mut self.body);
    }
}

/// Reads the rest of a body, so that its connection can be used again.
fn drain(body: impl Read) {
    let _best_effort = pace::briefly(DRAIN_TIME, || io::copy(&mut body.take(DRAIN), &mut io::sink()));
}
