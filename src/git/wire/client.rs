//! The HTTP client; a process has one. Connections are pooled, with at most [`CONNECTIONS_PER_HOST`] at once to a host.
//! Credentials are sent only to their own host. A redirect to another host must be https.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ureq::{Body, BodyReader, Proxy};
use url::Url;

use super::agents::Agents;
use super::explain::{explain, explain_io};
use super::permits::{Permit, Permits, lock};
use super::request::Request;
use super::{Host, proxy, unsupported};
use crate::git::Error;
use crate::git::auth::{self, Asked, Credential};
use crate::git::configuration::Configuration;
use crate::git::helpers::Helpers;
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
    /// The credentials that a server accepted. `None` means: send none.
    credentials: Mutex<HashMap<Key, Option<Credential>>>,
    /// Held while helpers are asked: they may ask the user. What was tried in vain is not tried again.
    asked: Mutex<HashMap<Key, Vec<String>>>,
    warnings: Mutex<HashSet<String>>,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// Urls for which the same credentials are sent.
#[derive(Clone, Eq, Hash, PartialEq)]
struct Key {
    /// These know scheme, host, port and user, and the path if it matters.
    helpers: Helpers,
    password: Option<String>,
    asked: Asked,
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
            credentials: Mutex::default(),
            asked: Mutex::default(),
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
        unsupported::refuse(&self.configuration, request.url)?;
        let mut url = request.url.clone();
        for _ in 0..MOST_REDIRECTS {
            match self.authorised(request, &url)? {
                Answer::Done(response) => return Ok(*response),
                Answer::Redirect(to) => url = to,
            }
        }
        Err(Error::Redirect { from: shown(request.url), to: shown(&url) })
    }

    fn key(&self, url: &Url, asked: Asked) -> Key {
        let helpers = Helpers::of(&self.configuration, &repository_of(url));
        Key { helpers, password: url.password().map(str::to_owned), asked }
    }

    /// The credential that a server accepted for a declared url, or else the first one to try. Asks no helper.
    pub(super) fn credential_of(&self, url: &Url) -> Option<Credential> {
        let known = lock(&self.credentials).get(&self.key(url, Asked::Declared)).cloned();
        known.unwrap_or_else(|| auth::up_front(url, Asked::Declared).ok()?.into_iter().next())
    }

    /// Sends a request with one credential after the other until the server accepts one.
    fn authorised(&self, request: &Request<'_>, url: &Url) -> Result<Answer, Error> {
        let asked = if url.origin() == *request.declared { Asked::Declared } else { Asked::Redirected };
        let key = self.key(url, asked);
        let known = lock(&self.credentials).get(&key).cloned();
        let header = self.authorization_header(url, asked);
        let first = match known {
            // As in git, this header is sent in place of other credentials.
            _ if header => vec![None],
            // One repository may be open and refuse a credential that the others need.
            Some(Some(known)) => vec![Some(known), None],
            Some(None) => vec![None],
            None => auth::up_front(url, asked)?.into_iter().map(Some).chain([None]).collect(),
        };
        let mut tried: Vec<String> = Vec::new();
        for credential in first {
            let answer = self.once(request, url, asked, credential.as_ref())?;
            match (answer, credential) {
                (Some(answer), credential) => {
                    if credential.is_none() && !tried.is_empty() {
                        self.warn_of_refusal(url, &tried);
                    }
                    let mut known = lock(&self.credentials);
                    if credential.is_some() || !known.contains_key(&key) {
                        known.insert(key, credential);
                    }
                    return Ok(answer);
                }
                (None, Some(Credential { source, .. })) if !tried.contains(&source) => tried.push(source),
                (None, _) => {}
            }
        }
        if header {
            tried.push("git's `http.extraHeader`".to_owned());
            return Err(Error::Unauthorised { tried });
        }
        if let Some(answer) = self.asked_for(request, url, &key, &mut tried)? {
            return Ok(answer);
        }
        Err(Error::Unauthorised { tried })
    }

    /// Sends a request with what the helpers answer, then with the user of the url alone. After a redirect, neither.
    fn asked_for(
        &self,
        request: &Request<'_>,
        url: &Url,
        key: &Key,
        tried: &mut Vec<String>,
    ) -> Result<Option<Answer>, Error> {
        if key.asked == Asked::Redirected {
            return Ok(None);
        }
        // One thread asks the user; the others take its answer.
        let mut in_vain = lock(&self.asked);
        if let Some(before) = in_vain.get(key) {
            tried.extend(before.iter().cloned());
            return Ok(None);
        }
        let known = lock(&self.credentials).get(key).cloned().flatten();
        if let Some(known) = known.filter(|known| !tried.contains(&known.source)) {
            return self.once(request, url, key.asked, Some(&known));
        }
        let answered = key.helpers.ask();
        let from_helper = answered.credential.is_some();
        let candidates = answered.credential.into_iter().map(|credential| (credential, from_helper));
        let mut sources = answered.failures;
        for (credential, from_helper) in candidates.chain(auth::lone_user(url).map(|user| (user, false))) {
            sources.push(credential.source.clone());
            let answer = self.once(request, url, key.asked, Some(&credential))?;
            if answer.is_some() {
                if from_helper {
                    key.helpers.store(&credential);
                }
                lock(&self.credentials).insert(key.clone(), Some(credential));
                return Ok(answer);
            }
            if from_helper {
                key.helpers.erase(&credential);
            }
        }
        tried.extend(sources.iter().cloned());
        in_vain.insert(key.clone(), sources);
        Ok(None)
    }

    fn warn_of_refusal(&self, url: &Url, tried: &[String]) {
        let origin = url.origin().ascii_serialization();
        let refused = tried.join(" and ");
        lock(&self.warnings).insert(format!("`{origin}` refused {refused}; oca asked again without it"));
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
            return match (status, credential) {
                // Azure DevOps sends its sign-in page with 203.
                (401 | 203, _) => Ok(None),
                (403, _) => Err(Error::Forbidden),
                (404 | 410, None) => Err(Error::NotFound { what: shown(&repository_of(url)) }),
                (404 | 410, Some(credential)) => Err(Error::NotFoundAs {
                    what: shown(&repository_of(url)),
                    credential: credential.source.clone(),
                }),
                _ => Err(Error::Status { status, retry_after: retry_after.map(Duration::from_secs) }),
            };
        }
        Ok(Some(Answer::Done(Box::new(Response {
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
    /// A header without a url often contains a credential. So it is not sent to the target of a redirect.
    fn extra_headers(&self, url: &Url, asked: Asked) -> Vec<(&str, String)> {
        let all = self.configuration.http_all(url, "extraheader", asked == Asked::Declared);
        let kept = all.rsplit(|header| header.is_empty()).next().unwrap_or_default();
        kept.iter()
            .filter_map(|header| header.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim().to_owned()))
            .collect()
    }
}

enum Answer {
    Done(Box<Response>),
    Redirect(Url),
}

/// The url of the repository to which the url of a request belongs.
fn repository_of(url: &Url) -> Url {
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
        self.content_type() == content_type
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
