//! The url below which a repository is that names none of its own.

use super::document::Refusal;
use super::values;
use crate::repo::{Invalid, RemoteUrl, RepoName};

pub(super) const OCA: &str = "https://github.com/OCA";

/// `base-url`, its variables unexpanded. It is a url with every name behind it.
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

    /// Where a repository is: `{base-url}/{name}.git`.
    pub(crate) fn url_of(&self, name: &RepoName) -> RemoteUrl {
        self.below(name.as_str()).expect("a base url was checked with a name behind it")
    }

    /// It is a url for every name where it is one for any.
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
