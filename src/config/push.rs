//! `push-url` and `fetch-url`: where `oca sync --push` puts the commits of merges, so that submodules can have them.

use super::document::Refusal;
use super::values;
use crate::repo::{RemoteUrl, RepoName, split_scp};

const NAME: &str = "{name}";

/// A url with `{name}` for the name of the repository, as written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NamedUrl(String);

impl NamedUrl {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        // `${{name}}` is no variable, even if the name in it makes one.
        values::template(text)?;
        values::remote_url(&text.replace(NAME, "name"))?;
        Ok(Self(text.to_owned()))
    }

    fn of(&self, name: &RepoName) -> RemoteUrl {
        RemoteUrl::parse(&self.0.replace(NAME, name.as_str())).expect("it was parsed with another name")
    }
}

/// Where the commits of merges go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Push {
    /// For git's `push`.
    pub(crate) url: RemoteUrl,
    /// For `.gitmodules`: everybody fetches from here.
    pub(crate) fetch: RemoteUrl,
}

impl Push {
    pub(super) fn new(push: &NamedUrl, fetch: Option<&NamedUrl>, name: &RepoName) -> Self {
        let url = push.of(name);
        let fetch = fetch.map_or_else(|| over_https(&url), |fetch| fetch.of(name));
        Self { url, fetch }
    }
}

/// The https form of an ssh url. Another url stays, without a user and a password.
fn over_https(url: &RemoteUrl) -> RemoteUrl {
    let text = url.as_str();
    let https = if let Some(rest) = text.strip_prefix("ssh://") {
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The port is that of ssh.
        let host = host.split(':').next().unwrap_or(host);
        Some(format!("https://{host}/{path}"))
    } else {
        split_scp(text).map(|(_, host, path)| format!("https://{host}/{}", path.trim_start_matches('/')))
    };
    let https = https.and_then(|https| RemoteUrl::parse(&https).ok());
    https.unwrap_or_else(|| url.without_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_fetches_over_https() {
        let name = RepoName::parse("web").expect("a name");
        for (push, fetch) in [
            ("git@git.example.com:acme/{name}.git", "https://git.example.com/acme/web.git"),
            ("ssh://git@git.example.com:7999/acme/{name}", "https://git.example.com/acme/web"),
            ("https://me:secret@git.example.com/acme/{name}", "https://git.example.com/acme/web"),
            ("../forks/{name}.git", "../forks/web.git"),
        ] {
            let push = Push::new(&NamedUrl::parse(push).expect("a url"), None, &name);
            assert_eq!(push.fetch.as_str(), fetch);
        }
    }
}
