//! `base-url`: the parent url of all repositories without a `url` of their own.

use super::document::Refusal;
use super::values;
use crate::repo::{Invalid, RemoteUrl, RepoName};

pub(super) const OCA: &str = "https://github.com/OCA";

/// `base-url`, with its variables unexpanded. It stays a valid url if a repository name is appended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct BaseUrl(RemoteUrl);

impl BaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let base = Self(values::remote_url(text)?);
        base.below("web")?;
        Ok(base)
    }

    pub(crate) fn as_url(&self) -> &RemoteUrl {
        &self.0
    }

    /// The url of a repository: `{base-url}/{name}.git`.
    pub(crate) fn url_of(&self, name: &RepoName) -> RemoteUrl {
        self.below(name.as_str()).expect("a base url is checked with a name appended")
    }

    /// The url of `ORGANISATION/NAME` on the same forge, such as `OCA/web`. `None` if the base has no organisation.
    pub(crate) fn beside(&self, organisation: &str, name: &RepoName) -> Option<RemoteUrl> {
        let base = self.0.as_str();
        let (forge, own) = base.strip_suffix('/').unwrap_or(base).rsplit_once('/')?;
        if own.eq_ignore_ascii_case(organisation) {
            return Some(self.url_of(name));
        }
        let is_forge = forge.split_once("://").is_some_and(|(_, host)| !host.is_empty());
        is_forge.then(|| RemoteUrl::parse(&format!("{forge}/{organisation}/{name}.git")).ok())?
    }

    /// If the result is a valid url for one name, it is valid for every name.
    fn below(&self, name: &str) -> Result<RemoteUrl, Invalid> {
        let base = self.0.as_str();
        RemoteUrl::parse(&format!("{}/{name}.git", base.strip_suffix('/').unwrap_or(base)))
    }
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self::parse(OCA).expect("the default is a url")
    }
}
