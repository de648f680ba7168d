//! The HTTP client; a process has one. Credentials are sent only to their own host. From https, a redirect must lead to
//! https.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use hyper::http::{HeaderName, HeaderValue, Uri};
use url::{Position, Url};

use super::answer::{Answer as HttpAnswer, Body};
use super::connections::{Connections, Outgoing};
use super::credentials::Credentials;
use super::permits::lock;
use super::proxy::{self, Proxy, Scheme};
use super::request::Request;
use super::server::Route;
use super::trust::Trust;
use super::{Host, retry_after, unsupported};
use crate::git::Error;
use crate::git::auth::{self, Asked, Credential};
use crate::git::configuration::Configuration;
use crate::git::pace::Limits;

const MOST_REDIRECTS: usize = 5;
/// Some forges expect a user agent that begins with `git/`.
const USER_AGENT: &str = concat!("git/2.0 (oca ", env!("CARGO_PKG_VERSION"), ")");

pub(in crate::git) struct Client {
    pub(super) configuration: Arc<Configuration>,
    connections: Connections,
    pub(super) credentials: Credentials,
    pub(super) warnings: Mutex<HashSet<String>>,
    told: Mutex<HashSet<String>>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// A response with status 200. The errors of its reads contain ours.
pub(in crate::git) struct Response {
    /// The url after redirects.
    pub(super) url: Url,
    content_type: String,
    /// The source of the credential that was sent.
    pub(super) sent: Option<String>,
    body: Body,
}

impl Client {
    pub(in crate::git) fn new(configuration: Arc<Configuration>) -> Self {
        Self {
            connections: Connections::new(Limits::of(&configuration)),
            configuration,
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
        let answer = self.call(request, url, asked, credential.map(Credential::header))?;
        let status = answer.status.as_u16();
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let target = answer.header("location").unwrap_or_default();
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
            let sent = credential.map(|credential| credential.source.clone());
            return Ok(Reply::Answered(Answer::Redirect { to, sent }));
        }
        if status != 200 {
            let retry_after = answer.header("retry-after");
            let retry_after = retry_after.and_then(|value| retry_after::pause(value, SystemTime::now()));
            let challenges = answer.headers.get_all("www-authenticate").iter();
            let challenges = challenges.filter_map(|value| Some(value.to_str().ok()?.to_owned())).collect();
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
            content_type: answer.header("content-type").unwrap_or_default().to_owned(),
            sent: credential.map(|credential| credential.source.clone()),
            body: answer.body,
        }))))
    }

    /// Sends one request, with the value of the header `Authorization`.
    pub(super) fn call(
        &self,
        request: &Request<'_>,
        url: &Url,
        asked: Asked,
        authorization: Option<String>,
    ) -> Result<HttpAnswer, Error> {
        let route = self.route(url)?;
        lock(&self.warnings).extend(unsupported::warnings(&self.configuration, url, route.proxy.is_some()));
        let agent = self.user_agent(url).unwrap_or_else(|| USER_AGENT.to_owned());
        let mut headers = vec![
            ("accept", request.accept.to_owned()),
            ("accept-encoding", "identity".to_owned()),
            ("user-agent", agent),
        ];
        headers.extend(request.version_2.then(|| ("git-protocol", "version=2".to_owned())));
        if let Some(post) = &request.post {
            headers.push(("content-type", post.content_type.to_owned()));
            headers.extend(post.gzipped.then(|| ("content-encoding", "gzip".to_owned())));
        }
        headers.extend(authorization.map(|value| ("authorization", value)));
        headers.extend(self.extra_headers(url, asked));
        if let Some(proxy) = route.proxy.as_ref().filter(|proxy| proxy.passes_on(url)) {
            headers.extend(proxy.credential.as_ref().map(|known| ("proxy-authorization", known.header())));
        }
        let mut bare = url.clone();
        let _kept_by_urls_without_host = bare.set_username("").and_then(|()| bare.set_password(None));
        let headers: Result<Vec<_>, Error> = headers.into_iter().map(header).collect();
        let outgoing = Outgoing {
            url: &bare,
            headers: &headers?,
            body: request.post.map(|post| post.body),
            size: request.size,
            within: request.within,
        };
        let answer = self.connections.send(&route, &outgoing);
        if self.connections.is_downgraded(&route) {
            let origin = url.origin().ascii_serialization();
            lock(&self.warnings)
                .insert(format!("`{origin}` does not keep to HTTP/2; oca goes on with HTTP/1.1"));
        }
        answer
    }

    /// How to reach the server of a url.
    fn route(&self, url: &Url) -> Result<Route, Error> {
        let proxy = proxy::choose(url, &self.configuration, &|name| std::env::var(name).ok());
        let proxy = proxy.map(|proxy| Proxy::parse(&proxy)).transpose()?;
        let trust = if url.scheme() == "https" { Some(Trust::of(&self.configuration, url)?) } else { None };
        let is_secure = proxy.as_ref().is_some_and(|proxy| proxy.scheme == Scheme::Https);
        let trust_in_proxy = if is_secure { Some(Trust::in_proxy(&self.configuration, url)?) } else { None };
        let server = server_of(url).ok_or_else(|| Error::Git { why: "not a url".to_owned() })?;
        Ok(Route { server, trust, proxy, trust_in_proxy, only_http_1: self.only_http_1(url) })
    }

    /// Whether the user wants HTTP/1.1: by `OCA_HTTP_VERSION`, or else by git's `http.version`.
    fn only_http_1(&self, url: &Url) -> bool {
        let variable = std::env::var("OCA_HTTP_VERSION").ok().filter(|version| !version.is_empty());
        let version = variable.as_deref().or_else(|| self.configuration.http(url, "version"));
        version.is_some_and(|version| matches!(version, "1.1" | "HTTP/1.1"))
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
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.body.read(buffer)
    }
}

/// Scheme, host and port. The port is always there: connectors for proxies take 443 for all others.
fn server_of(url: &Url) -> Option<Uri> {
    let (host, port) = (&url[Position::BeforeHost..Position::AfterHost], url.port_or_known_default()?);
    format!("{}://{host}:{port}/", url.scheme()).parse().ok()
}

/// A header that is sent. Those of `http.extraHeader` may have any text.
fn header((name, value): (&str, String)) -> Result<(HeaderName, HeaderValue), Error> {
    let invalid = || Error::Git { why: format!("the header `{}` is not valid", crate::repo::in_short(name)) };
    let name = HeaderName::try_from(name).map_err(|_| invalid())?;
    let mut value = HeaderValue::try_from(value).map_err(|_| invalid())?;
    value.set_sensitive(matches!(name.as_str(), "authorization" | "proxy-authorization"));
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_port() {
        for (url, server) in [
            ("http://host/web.git", "http://host:80/"),
            ("https://me:secret@host/x?y", "https://host:443/"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
        ] {
            let found = server_of(&Url::parse(url).expect("a url")).expect("a server");
            assert_eq!(found.to_string(), server);
        }
    }
}
