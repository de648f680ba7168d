//! Requests to the API of a forge, with the same connections, proxies, certificates and credentials as git's own.
//!
//! The answer is short, and nobody waits long for it. A credential goes to the host of its remote only, and to the host
//! of the API that belongs to github.com. A redirect to another host is not followed.

use std::time::Instant;

use ureq::Body;
use ureq::http::Response;
use url::Url;

use super::client::Client;
use super::request::{Post, Request};
use super::unsupported;
use crate::git::auth::{Asked, Credential};
use crate::git::configuration::Configuration;
use crate::git::{Error, pace};

/// In bytes.
const LONGEST_ANSWER: u64 = 1_000_000;
/// Redirects, and a second try after a lost connection.
const MOST_TRIES: usize = 4;

/// A question to the API of a forge.
pub(in crate::git) struct ApiRequest<'a> {
    /// The url of the remote, whose credentials are sent.
    pub(in crate::git) remote: &'a Url,
    pub(in crate::git) url: &'a Url,
    /// For POST: the body.
    pub(in crate::git) json: Option<&'a str>,
    pub(in crate::git) scheme: TokenScheme,
    pub(in crate::git) until: Instant,
}

/// How a forge takes a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TokenScheme {
    Bearer,
    /// With a user, as for git.
    Basic,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NoAnswer {
    /// The server has nothing at this address.
    Absent,
    /// The server does not give it to this user, or not to strangers.
    Denied,
    /// The server did not answer, or asks for patience: another question would not be answered either.
    Silent,
}

impl Client {
    /// Whether there is a credential for the API of a remote. Asks no helper.
    pub(in crate::git) fn has_credential(&self, remote: &Url) -> bool {
        self.credential_of(remote).is_some()
    }

    /// Sends a question and returns the body of the answer.
    pub(in crate::git) fn ask_api(&self, asked: &ApiRequest<'_>) -> Result<Vec<u8>, NoAnswer> {
        unsupported::refuse(&self.configuration, asked.url).map_err(|_| NoAnswer::Silent)?;
        let body = asked.json.map(str::as_bytes);
        let declared = asked.remote.origin();
        let mut url = asked.url.clone();
        let mut has_lost = false;
        for _ in 0..MOST_TRIES {
            let request = Request {
                url: &url,
                declared: &declared,
                post: body.map(|body| Post { content_type: "application/json", body, gzipped: false }),
                accept: "application/json",
                version_2: false,
                within: Some(asked.until.saturating_duration_since(Instant::now())),
            };
            if request.within.is_some_and(|left| left.is_zero()) {
                return Err(NoAnswer::Silent);
            }
            let _permit = self.permits.take(&url.origin().ascii_serialization());
            pace::start(self.limits);
            let response = match self.call_api(&request, asked) {
                Err(Error::Connection { .. }) if !has_lost => {
                    has_lost = true;
                    continue;
                }
                other => other.map_err(|_| NoAnswer::Silent)?,
            };
            match response.status().as_u16() {
                200 => return body_of(response),
                301 | 302 | 303 | 307 | 308 => {
                    url = self.target(&url, &response).filter(|_| body.is_none()).ok_or(NoAnswer::Absent)?;
                }
                401 | 403 => return Err(NoAnswer::Denied),
                408 | 429 | 500.. => return Err(NoAnswer::Silent),
                _ => return Err(NoAnswer::Absent),
            }
        }
        Err(NoAnswer::Silent)
    }

    fn call_api(&self, request: &Request<'_>, asked: &ApiRequest<'_>) -> Result<Response<Body>, Error> {
        let is_same = request.url.origin() == *request.declared;
        let from = if is_same { Asked::Declared } else { Asked::Redirected };
        // As in git, this header is sent in place of other credentials.
        let is_given = self.authorization_header(request.url, from);
        let is_for_it = !is_given && may_get_token(request.url, asked.remote);
        let credential = is_for_it.then(|| self.credential_of(asked.remote)).flatten();
        self.call(request, request.url, from, credential.map(|known| authorization(&known, asked.scheme)))
    }

    /// Where a redirect leads, if that is on the same server.
    fn target(&self, from: &Url, response: &Response<Body>) -> Option<Url> {
        let follows = !self.configuration.http(from, "followredirects").is_some_and(Configuration::is_false);
        let location = response.headers().get("location")?.to_str().ok()?;
        from.join(location).ok().filter(|to| follows && to.origin() == from.origin())
    }
}

fn body_of(response: Response<Body>) -> Result<Vec<u8>, NoAnswer> {
    let body = response.into_body().into_with_config().limit(LONGEST_ANSWER).read_to_vec();
    body.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => NoAnswer::Absent,
        _ => NoAnswer::Silent,
    })
}

/// Whether the credentials of a remote may go to this API: it is on the same server, or is that of github.com.
fn may_get_token(api: &Url, remote: &Url) -> bool {
    let is_github = remote.host_str() == Some("github.com")
        && remote.port().is_none()
        && api.scheme() == "https"
        && api.host_str() == Some("api.github.com")
        && api.port().is_none();
    api.origin() == remote.origin() || is_github
}

fn authorization(credential: &Credential, scheme: TokenScheme) -> String {
    // Some forges take a token as the user, without a password.
    let token = if credential.password.is_empty() { &credential.user } else { &credential.password };
    match scheme {
        TokenScheme::Bearer => format!("Bearer {token}"),
        TokenScheme::Basic => credential.header(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_to_its_own_host_and_from_github_com_to_its_api() {
        let may = |api: &str, remote: &str| {
            may_get_token(&Url::parse(api).expect("a url"), &Url::parse(remote).expect("a url"))
        };
        for (api, remote) in [
            ("https://api.github.com/graphql", "https://github.com/OCA/web"),
            ("https://git.example.com/api/v4/x", "https://git.example.com/acme/web"),
            ("http://git.example.com:8080/api/v4/x", "http://git.example.com:8080/acme/web"),
        ] {
            assert!(may(api, remote), "{api} {remote}");
        }
        for (api, remote) in [
            ("http://api.github.com/graphql", "https://github.com/OCA/web"),
            ("https://api.github.com:8443/graphql", "https://github.com/OCA/web"),
            ("https://api.github.com/graphql", "https://github.com:8443/OCA/web"),
            ("https://api.github.com/graphql", "https://git.example.com/OCA/web"),
            ("https://evil.example.com/graphql", "https://github.com/OCA/web"),
            ("http://git.example.com/api/v4/x", "https://git.example.com/acme/web"),
            ("https://git.example.com:8443/api", "https://git.example.com/acme/web"),
        ] {
            assert!(!may(api, remote), "{api} {remote}");
        }
    }
}
