//! The HTTP client; a process has one. Connections are pooled, with at most [`CONNECTIONS_PER_HOST`] at once to a host.
//! Credentials are sent only to their own host. From https, a redirect must lead to https.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use ureq::{Body, BodyReader, Proxy};
use url::Url;

use super::agents::Agents;
use super::credentials::Credentials;
use super::explain::{explain, explain_io};
use super::permits::{Permit, Permits, lock};
use super::request::Request;
use super::{Host, proxy, retry_after, unsupported};
use crate::git::Error;
use crate::git::auth::{self, Asked, Credential};
use crate::git::configuration::Configuration;
use crate::git::pace::{self, Limits};

const MOST_REDIRECTS: usize = 5;
/// In bytes. If a short rest is read, the connection can be used again. A long rest costs more than a new connection.
const DRAIN: u64 = 256 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(1);

pub(in crate::git) struct Client {
    pub(super) configuration: Arc<Configuration>,
    pub(super) limits: Limits,
    agents: Agents,
    pub(super) permits: Permits,
    pub(super) credentials: Credentials,
    pub(super) warnings: Mutex<HashSet<String>>,
    told: Mutex<HashSet<String>>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// A response with status 200. If it is read to its end, the connection goes back to the pool.
pub(in crate::git) struct Response {
    /// The url after redirects.
    pub(super) url: Url,
    content_type: String,
    /// The source of the credential that was sent.
    pub(super) sent: Option<String>,
    body: BodyReader<'static>,
    limits: Limits,
    _permit: Permit,
}

impl Client {
    pub(in crate::git) fn new(configuration: Arc<Configuration>) -> Self {
        let limits = Limits::of(&configuration);
        Self {
            limits,
            configuration,
            agents: Agents::new(limits),
            permits: Permits::default(),
            credentials: Credentials::default(),
            warnings: Mutex::default(),
            told: Mutex::default(),
            hosts: Mutex::default(),
        }
    }

    pub(super) fn host(&self, url: &Url) -> Arc<Host> {
        Arc::clone(lock(&self.hosts).entry(url.origin().ascii_serialization()).or_default())
    }

    /// New warnings for the user, such as a token that a server refused. Sorted.
    pub(in crate::git) fn warnings(&self) -> Vec<String> {
        let mut told = lock(&self.told);
        let mut warnings: Vec<String> = lock(&self.warnings).difference(&told).cloned().collect();
        told.extend(warnings.iter().cloned());
        warnings.sort();
        warnings
    }

    /// Sends a request. Follows redirects. After a 401, tries other credentials. Forges send their sign-in page to git's
    /// first request, if a token has expired: this counts as a refusal, too.
    pub(super) fn send(&self, request: &Request<'_>) -> Result<Response, Error> {
        unsupported::refuse(&self.configuration, request.url)?;
        let (response, sent) = self.followed(request, First::UpFront)?;
        let Some(source) = sent.filter(|_| request.post.is_none() && response.is("text/html")) else {
            return Ok(response);
        };
        // Frees the connection: others may wait for it.
        drop(response);
        self.forget(request.url);
        match self.followed(request, First::Nothing) {
            Ok((response, _)) if !response.is("text/html") => {
                self.warn_of_refusal(request.url, &[source]);
                Ok(response)
            }
            Err(Error::Unauthorised { tried }) => {
                Err(Error::Unauthorised { tried: [source].into_iter().chain(tried).collect() })
            }
            _ => Err(Error::Unauthorised { tried: vec![source] }),
        }
    }

    /// The response after redirects, and the source of a credential that was sent on the way.
    fn followed(&self, request: &Request<'_>, first: First) -> Result<(Response, Option<String>), Error> {
        let (mut url, mut sent) = (request.url.clone(), None);
        for _ in 0..MOST_REDIRECTS {
            match self.authorised(request, &url, first)? {
                Answer::Done(response) => {
                    let sent = response.sent.clone().or(sent);
                    return Ok((*response, sent));
                }
                Answer::Redirect { to, sent: source } => (url, sent) = (to, source.or(sent)),
            }
        }
        Err(Error::Redirect { from: shown(request.url), to: shown(&url) })
    }

    /// Sends one request.
    pub(super) fn once(
        &self,
        request: &Request<'_>,
        url: &Url,
        asked: Asked,
        credential: Option<&Credential>,
    ) -> Result<Reply, Error> {
        let permit = self.permits.take(&url.origin().ascii_serialization());
        pace::start(self.limits);
        let response = self.call(request, url, asked, credential.map(Credential::header))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let target = header("location").unwrap_or_default();
            if self.configuration.http(url, "followredirects").is_some_and(Configuration::is_false) {
                return Err(redirect_error(url, target));
            }
            let mut to = url.join(target).map_err(|_| redirect_error(url, target))?;
            let same_origin = to.origin() == url.origin();
            // From https, a redirect to plain http is refused: it would lose the protection. Whoever can forge a redirect of
            // plain http can forge the repository, too, but gets no credential: see `auth::is_exposed`.
            if to.scheme() != "https" && (to.scheme() != "http" || url.scheme() != "http") {
                return Err(redirect_error(url, to.as_str()));
            }
            // Credentials that the server wrote in the url are dropped; the user's own are kept for the same host.
            let (user, password) = if same_origin { (url.username(), url.password()) } else { ("", None) };
            let _has_a_host = to.set_username(user).and_then(|()| to.set_password(password));
            drain(response.into_body().into_reader());
            let sent = credential.map(|credential| credential.source.clone());
            return Ok(Reply::Answered(Answer::Redirect { to, sent }));
        }
        if status != 200 {
            let retry_after = header("retry-after");
            let retry_after = retry_after.and_then(|value| retry_after::pause(value, SystemTime::now()));
            let challenges = response.headers().get_all("www-authenticate").iter();
            let challenges = challenges.filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect();
            drain(response.into_body().into_reader());
            return match (status, credential) {
                // Azure DevOps sends its sign-in page with 203.
                (401 | 203, _) => Ok(Reply::Refused { challenges }),
                // GitHub says so to people who ask too often.
                (403, _) if retry_after.is_some() => Err(Error::Status { status, retry_after }),
                (403, None) => Err(Error::Forbidden),
                (403, Some(credential)) => Err(Error::ForbiddenAs { credential: credential.source.clone() }),
                (404 | 410, None) => Err(Error::NotFound { what: shown(&repository_of(url)) }),
                (404 | 410, Some(credential)) => Err(Error::NotFoundAs {
                    what: shown(&repository_of(url)),
                    credential: credential.source.clone(),
                }),
                _ => Err(Error::Status { status, retry_after }),
            };
        }
        Ok(Reply::Answered(Answer::Done(Box::new(Response {
            url: url.clone(),
            content_type: header("content-type").unwrap_or_default().to_owned(),
            sent: credential.map(|credential| credential.source.clone()),
            body: response.into_body().into_with_config().limit(u64::MAX).reader(),
            limits: self.limits,
            _permit: permit,
        }))))
    }

    /// Sends one request, with the value of the header `Authorization`.
    pub(super) fn call(
        &self,
        request: &Request<'_>,
        url: &Url,
        asked: Asked,
        authorization: Option<String>,
    ) -> Result<ureq::http::Response<Body>, Error> {
        let explained = |error| explain(&error, self.limits);
        let mut bare = url.clone();
        let _kept_by_urls_without_host = bare.set_username("").and_then(|()| bare.set_password(None));
        let mut headers = vec![("accept", request.accept.to_owned())];
        headers.extend(request.version_2.then(|| ("git-protocol", "version=2".to_owned())));
        headers.extend(self.user_agent(url).map(|agent| ("user-agent", agent)));
        let extra = self.extra_headers(url, asked);
        headers.extend(authorization.map(|value| ("authorization", value)));
        headers.extend(extra);
        let chosen = proxy::choose(url, &self.configuration, &|name| std::env::var(name).ok());
        lock(&self.warnings).extend(unsupported::warnings(&self.configuration, url, chosen.is_some()));
        let (agent, proxy) = match chosen.as_deref().and_then(|proxy| proxy::passing_on(url, proxy)) {
            Some(proxy) => {
                headers.push(("host", url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()));
                let credential = auth::userinfo(&proxy).or_else(|| auth::lone_user(&proxy));
                headers.extend(credential.map(|known| ("proxy-authorization", known.header())));
                let _has_a_host = bare.set_host(proxy.host_str());
                let _has_a_host = bare.set_port(proxy.port_or_known_default());
                (self.agents.plain_proxy()?, None)
            }
            None => (
                self.agents.of(&self.configuration, url, chosen.as_deref())?,
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
            builder.config().proxy(proxy).timeout_global(request.within).build().send(post.body)
        } else {
            let mut builder = agent.get(bare.as_str());
            for (name, value) in headers {
                builder = builder.header(name, value);
            }
            builder.config().proxy(proxy).timeout_global(request.within).build().call()
        };
        response.map_err(explained)
    }

    /// `GIT_HTTP_USER_AGENT` or `http.userAgent`.
    fn user_agent(&self, url: &Url) -> Option<String> {
        let variable = std::env::var("GIT_HTTP_USER_AGENT").ok();
        let agent = variable.or_else(|| self.configuration.http(url, "useragent").map(str::to_owned));
        agent.filter(|agent| !agent.is_empty())
    }

    /// Whether `http.extraHeader` holds a credential.
    pub(super) fn authorization_header(&self, url: &Url, asked: Asked) -> bool {
        let extra = self.extra_headers(url, asked);
        extra.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
    }

    /// The headers in `http.extraHeader`. An empty value removes the values before it.
    ///
    /// A header without a url often contains a credential. So it is not sent to the target of a redirect. If that is plain
    /// http, none is.
    fn extra_headers(&self, url: &Url, asked: Asked) -> Vec<(&str, String)> {
        if auth::is_exposed(url, asked) {
            return Vec::new();
        }
        let all = self.configuration.http_all(url, "extraheader", asked == Asked::Declared);
        let kept = all.rsplit(|header| header.is_empty()).next().unwrap_or_default();
        kept.iter()
            .filter_map(|header| header.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim().to_owned()))
            .collect()
    }
}

/// What a server says to one request.
pub(super) enum Reply {
    Answered(Answer),
    /// It asks for another credential. `challenges` is its `WWW-Authenticate`.
    Refused {
        challenges: Vec<String>,
    },
}

pub(super) enum Answer {
    Done(Box<Response>),
    /// With the source of the credential that was sent.
    Redirect {
        to: Url,
        sent: Option<String>,
    },
}

/// With what a request begins.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum First {
    /// What the server accepted before, or else the credentials that are sent without being asked for.
    UpFront,
    /// Without a credential.
    Nothing,
}

/// The url of the repository to which the url of a request belongs.
pub(super) fn repository_of(url: &Url) -> Url {
    let mut repository = url.clone();
    let path = url.path();
    let path = path.strip_suffix("/info/refs").or_else(|| path.strip_suffix("/git-upload-pack"));
    repository.set_path(path.unwrap_or(url.path()));
    repository.set_query(None);
    repository
}

fn redirect_error(from: &Url, to: &str) -> Error {
    Error::Redirect { from: shown(from), to: crate::repo::redact(to) }
}

fn shown(url: &Url) -> String {
    crate::repo::redact(url.as_str())
}

impl Response {
    /// The content type without its parameters.
    pub(super) fn content_type(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim()
    }

    pub(super) fn is(&self, content_type: &str) -> bool {
        self.content_type().eq_ignore_ascii_case(content_type)
    }

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
