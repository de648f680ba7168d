//! Requests to the API of a forge, with the same connections, proxies, certificates and credentials as git's own.
//!
//! The answer is short, and nobody waits long for it. A credential goes to the host of its remote only, and to the host
//! of the API that belongs to github.com. If it is refused there, the question is asked once without it, and then it is
//! not sent again. A redirect to another host is not followed.

use std::io::Read;
use std::time::Instant;

use url::Url;

use super::answer::Answer;
use super::client::Client;
use super::credentials::TokenScheme;
use super::permits::lock;
use super::request::{Post, Request};
use super::server::Size;
use super::unsupported;
use crate::git::Error;
use crate::git::auth::{Asked, Credential};
use crate::git::configuration::Configuration;

/// In bytes.
const LONGEST_ANSWER: u64 = 1_000_000;
/// Redirects, a second try after a lost connection, and one without a credential.
const MOST_TRIES: usize = 5;

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
    /// Whether there is a credential for the API of a remote that it did not refuse. Asks no helper.
    pub(in crate::git) fn has_credential(&self, remote: &Url, scheme: TokenScheme) -> bool {
        self.not_refused(remote, scheme).is_some()
    }

    fn not_refused(&self, remote: &Url, scheme: TokenScheme) -> Option<Credential> {
        let refused = (self.key(remote, Asked::Declared), scheme);
        if lock(&self.credentials.refused_by_api).contains(&refused) {
            return None;
        }
        self.credential_of(remote, &refused.0)
    }

    /// Whether the same credentials are sent for both remotes.
    pub(in crate::git) fn is_same_key(&self, one: &Url, other: &Url) -> bool {
        self.key(one, Asked::Declared) == self.key(other, Asked::Declared)
    }

    /// Sends a question and returns the body of the answer.
    pub(in crate::git) fn ask_api(&self, asked: &ApiRequest<'_>) -> Result<Vec<u8>, NoAnswer> {
        unsupported::refuse(&self.configuration, asked.url).map_err(|_| NoAnswer::Silent)?;
        let body = asked.json.map(str::as_bytes);
        let declared = asked.remote.origin();
        let mut url = asked.url.clone();
        let mut has_lost = false;
        for _ in 0..MOST_TRIES {
            let left = asked.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoAnswer::Silent);
            }
            let request = Request {
                url: &url,
                declared: &declared,
                post: body.map(|body| Post { content_type: "application/json", body, gzipped: false }),
                accept: "application/json",
                version_2: false,
                size: Size::Small,
                within: Some(left),
            };
            let credential = self.api_credential(&request, asked);
            let has_sent = credential.is_some();
            let answer = match self.call_api(&request, asked.scheme, credential.as_ref()) {
                Err(Error::Connection { .. }) if !has_lost => {
                    has_lost = true;
                    continue;
                }
                other => other.map_err(|_| NoAnswer::Silent)?,
            };
            match answer.status.as_u16() {
                200 => return body_of(answer),
                301 | 302 | 303 | 307 | 308 => {
                    url = self.target(&url, &answer).filter(|_| body.is_none()).ok_or(NoAnswer::Absent)?;
                }
                // The token may be too old, or for other repositories, and the request open to everybody.
                403 if answer.headers.contains_key("retry-after") => return Err(NoAnswer::Silent),
                401 | 403 if has_sent => self.never_send_again(asked),
                401 | 403 => return Err(NoAnswer::Denied),
                408 | 429 | 500.. => return Err(NoAnswer::Silent),
                _ => return Err(NoAnswer::Absent),
            }
        }
        Err(NoAnswer::Silent)
    }

    /// The credential for a question. As in git, `http.extraHeader` is sent in place of it.
    fn api_credential(&self, request: &Request<'_>, asked: &ApiRequest<'_>) -> Option<Credential> {
        let is_given = self.authorization_header(request.url, asked_as(request));
        let is_for_it = !is_given && may_get_token(request.url, asked.remote);
        is_for_it.then(|| self.not_refused(asked.remote, asked.scheme)).flatten()
    }

    fn never_send_again(&self, asked: &ApiRequest<'_>) {
        let key = self.key(asked.remote, Asked::Declared);
        lock(&self.credentials.refused_by_api).insert((key, asked.scheme));
    }

    fn call_api(
        &self,
        request: &Request<'_>,
        scheme: TokenScheme,
        credential: Option<&Credential>,
    ) -> Result<Answer, Error> {
        let authorization = credential.map(|known| authorization(known, scheme));
        self.call(request, request.url, asked_as(request), authorization)
    }

    /// Where a redirect leads, if that is on the same server.
    fn target(&self, from: &Url, answer: &Answer) -> Option<Url> {
        let follows = !self.configuration.http(from, "followredirects").is_some_and(Configuration::is_false);
        from.join(answer.header("location")?).ok().filter(|to| follows && to.origin() == from.origin())
    }
}

fn asked_as(request: &Request<'_>) -> Asked {
    if request.url.origin() == *request.declared { Asked::Declared } else { Asked::Redirected }
}

fn body_of(answer: Answer) -> Result<Vec<u8>, NoAnswer> {
    let mut body = Vec::new();
    answer.body.take(LONGEST_ANSWER + 1).read_to_end(&mut body).map_err(|_| NoAnswer::Silent)?;
    if body.len() as u64 > LONGEST_ANSWER { Err(NoAnswer::Absent) } else { Ok(body) }
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
