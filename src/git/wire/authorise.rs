//! Sends a request with one credential after the other, until the server accepts one.
//!
//! The order is that of `git::auth`. If the url has a user and no password, the helpers come first, as in git. A server
//! may say that a repository is not there (404) or closed (403), because it does not believe a credential: the same
//! repository may be open, or another credential may have the right. So the request goes on without a credential. As in
//! git, helpers are asked only if the server asked for a credential (401): one may ask the user, and a url with a mistake
//! is no reason for that.

use url::Url;

use super::client::{Answer, Client, First, Reply, repository_of};
use super::credentials::Key;
use super::permits::lock;
use super::request::Request;
use crate::git::Error;
use crate::git::auth::{self, Asked, Credential};
use crate::git::helpers::Helpers;

enum Step {
    Send(Option<Credential>),
    AskHelpers,
}

/// A request, and what came of it until now.
struct Attempt<'a> {
    request: &'a Request<'a>,
    url: &'a Url,
    key: Key,
    sent: Vec<Credential>,
    /// The sources of what was sent, and the helpers that failed.
    tried: Vec<String>,
    /// With these, the server says that the repository is not there or closed.
    denied: Vec<Credential>,
    denial: Option<Error>,
    /// Whether the server asked for another credential.
    is_asked_for: bool,
    /// What the server expects: its `WWW-Authenticate`.
    challenges: Vec<String>,
}

enum Outcome {
    Done(Answer),
    Refused,
    Denied,
}

impl Client {
    /// Sends a request with one credential after the other until the server accepts one.
    pub(super) fn authorised(&self, request: &Request<'_>, url: &Url, first: First) -> Result<Answer, Error> {
        let asked = if url.origin() == *request.declared { Asked::Declared } else { Asked::Redirected };
        // As in git, this header is sent in place of other credentials.
        if self.authorization_header(url, asked) {
            return match self.once(request, url, asked, None)? {
                Reply::Answered(answer) => Ok(answer),
                Reply::Refused { .. } => {
                    Err(Error::Unauthorised { tried: vec!["git's `http.extraHeader`".to_owned()] })
                }
            };
        }
        let key = self.key(url, asked);
        let steps = self.steps(&key, url, first)?;
        let mut attempt = Attempt {
            request,
            url,
            key,
            sent: Vec::new(),
            tried: Vec::new(),
            denied: Vec::new(),
            denial: None,
            is_asked_for: false,
            challenges: Vec::new(),
        };
        for step in steps {
            let outcome = match step {
                Step::Send(credential) => self.try_with(&mut attempt, credential)?,
                Step::AskHelpers => self.ask_helpers(&mut attempt)?,
            };
            if let Outcome::Done(answer) = outcome {
                return Ok(answer);
            }
        }
        Err(attempt.into_error())
    }

    pub(super) fn key(&self, url: &Url, asked: Asked) -> Key {
        let helpers = Helpers::of(&self.configuration, &repository_of(url));
        Key { helpers, password: url.password().map(str::to_owned), asked }
    }

    /// The credential that a server accepted for these urls, or else the first one to try. Asks no helper.
    pub(super) fn credential_of(&self, url: &Url, key: &Key) -> Option<Credential> {
        let known = lock(&self.credentials.accepted).get(key).cloned();
        let first = known.map_or_else(|| auth::up_front(url, key.asked), Ok);
        first.ok()?.into_iter().next()
    }

    fn steps(&self, key: &Key, url: &Url, begin: First) -> Result<Vec<Step>, Error> {
        let known = lock(&self.credentials.accepted).get(key).cloned();
        let is_new = known.is_none();
        let up_front =
            || if begin == First::UpFront { auth::up_front(url, key.asked) } else { Ok(Vec::new()) };
        let first = known.map_or_else(up_front, Ok)?;
        if key.asked == Asked::Redirected {
            return Ok(first.into_iter().map(Some).chain([None]).map(Step::Send).collect());
        }
        let lone_user = auth::lone_user(url);
        let asks_first = is_new && first.is_empty() && lone_user.is_some();
        let last = lone_user.filter(|user| !first.contains(user)).map(Some);
        let mut steps: Vec<Step> = first.into_iter().map(Some).chain([None]).map(Step::Send).collect();
        steps.insert(if asks_first { 0 } else { steps.len() }, Step::AskHelpers);
        steps.extend(last.map(Step::Send));
        Ok(steps)
    }

    fn try_with(&self, attempt: &mut Attempt<'_>, credential: Option<Credential>) -> Result<Outcome, Error> {
        let Attempt { request, url, .. } = *attempt;
        attempt.sent.extend(credential.clone());
        let reply = self.once(request, url, attempt.key.asked, credential.as_ref());
        match (reply, credential) {
            (Ok(Reply::Answered(answer)), credential) => {
                if credential.is_none() && !attempt.sent.is_empty() {
                    let sources = attempt.sent.iter().map(|sent| sent.source.clone());
                    self.warn_of_refusal(url, &sources.collect::<Vec<_>>());
                }
                self.remember(attempt, credential);
                Ok(Outcome::Done(answer))
            }
            (Ok(Reply::Refused { challenges }), credential) => {
                attempt.is_asked_for = true;
                attempt.challenges = challenges;
                if auth::is_exposed(url, attempt.key.asked) {
                    self.warn_of_exposure(url);
                }
                attempt.tell(credential.map(|credential| credential.source));
                Ok(Outcome::Refused)
            }
            (Err(denial @ (Error::NotFoundAs { .. } | Error::ForbiddenAs { .. })), Some(credential)) => {
                attempt.tell([credential.source.clone()]);
                attempt.denied.push(credential);
                attempt.denial.get_or_insert(denial);
                Ok(Outcome::Denied)
            }
            (Err(denial), None) if denial.is_denial() => {
                let denial = attempt.denial.take().unwrap_or(denial);
                if !attempt.is_asked_for {
                    return Err(denial);
                }
                attempt.denial = Some(denial);
                Ok(Outcome::Denied)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Sends the request with what the helpers answer.
    fn ask_helpers(&self, attempt: &mut Attempt<'_>) -> Result<Outcome, Error> {
        // One thread asks the user; the others take its answer.
        let mut asked = lock(&self.credentials.asked);
        let known = lock(&self.credentials.accepted).get(&attempt.key).cloned().unwrap_or_default();
        for known in known {
            if !attempt.sent.contains(&known)
                && let Outcome::Done(answer) = self.try_with(attempt, Some(known))?
            {
                return Ok(Outcome::Done(answer));
            }
        }
        if let Some(before) = asked.get(&attempt.key) {
            attempt.tell(before.iter().cloned());
            return Ok(Outcome::Refused);
        }
        let helpers = attempt.key.helpers.clone();
        let answered = helpers.ask(&attempt.challenges);
        let source = answered.credential.as_ref().map(|credential| credential.source.clone());
        attempt.tell(answered.failures.iter().cloned());
        asked.insert(attempt.key.clone(), answered.failures.iter().cloned().chain(source).collect());
        let Some(credential) = &answered.credential else { return Ok(Outcome::Refused) };
        let outcome = self.try_with(attempt, Some(credential.clone()))?;
        match &outcome {
            Outcome::Done(_) => helpers.store(&answered),
            Outcome::Refused => helpers.erase(&answered),
            Outcome::Denied => self.remember(attempt, Some(credential.clone())),
        }
        Ok(outcome)
    }

    /// Remembers what a server accepted. `None`: it needs no credential.
    fn remember(&self, attempt: &Attempt<'_>, credential: Option<Credential>) {
        let mut all = lock(&self.credentials.accepted);
        let known = all.entry(attempt.key.clone()).or_insert_with(|| attempt.denied.clone());
        if let Some(credential) = credential {
            known.retain(|known| *known != credential);
            known.insert(0, credential);
        }
    }

    fn warn_of_exposure(&self, url: &Url) {
        let origin = url.origin().ascii_serialization();
        lock(&self.warnings).insert(format!(
            "`{origin}` asks for a credential; oca sends none, because a redirect to plain http leads there"
        ));
    }

    /// Forgets what a server accepted for a declared url.
    pub(super) fn forget(&self, url: &Url) {
        lock(&self.credentials.accepted).remove(&self.key(url, Asked::Declared));
    }

    pub(super) fn warn_of_refusal(&self, url: &Url, sources: &[String]) {
        let origin = url.origin().ascii_serialization();
        let mut sources = sources.to_vec();
        sources.dedup();
        let refused = sources.join(" and ");
        lock(&self.warnings).insert(format!("`{origin}` refused {refused}; oca asked again without it"));
    }
}

impl Attempt<'_> {
    fn tell(&mut self, sources: impl IntoIterator<Item = String>) {
        for source in sources {
            if !self.tried.contains(&source) {
                self.tried.push(source);
            }
        }
    }

    fn into_error(self) -> Error {
        self.denial.unwrap_or(Error::Unauthorised { tried: self.tried })
    }
}
