//! Splits an expanded url by git's rules into the parts that each transport needs.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::path_value::path_value;
use crate::repo::{RemoteUrl, split_scp};

/// The address of a remote, with its transport.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Http(Url),
    Ssh(SshAddress),
    /// A `git://` url, for libgit2.
    Daemon(Url),
    Path(PathBuf),
}

/// The arguments of the user's ssh program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SshAddress {
    /// `host` or `user@host`.
    pub(super) destination: String,
    pub(super) port: Option<u16>,
    pub(super) path: String,
}

impl Address {
    /// `url` is expanded, `insteadOf` is applied, and a path is absolute. The error is a message.
    pub(super) fn parse(url: &RemoteUrl) -> Result<Self, String> {
        let word = url.as_str();
        if let Some((user, host, path)) = split_scp(word) {
            let destination = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
            return Ok(Self::Ssh(SshAddress { destination, port: None, path: path.to_owned() }));
        }
        let Some((scheme, rest)) = word.split_once("://") else {
            // Only `insteadOf` can lead to such a path: a relative path of `repos.toml` is absolute here.
            return path_value(word).map(Self::Path).map_err(str::to_owned);
        };
        match scheme {
            "file" => Ok(Self::Path(PathBuf::from(percent_decoded(rest)))),
            "git" => Url::parse(word).map(Self::Daemon).map_err(|error| error.to_string()),
            "ssh" => ssh(word).map(Self::Ssh),
            _ => Url::parse(word).map(Self::Http).map_err(|error| error.to_string()),
        }
    }

    /// The host, and the port if it is given. Empty for a path.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Http(url) | Self::Daemon(url) => {
                url[Position::BeforeHost..Position::AfterPort].to_ascii_lowercase()
            }
            Self::Ssh(ssh) => {
                let port = ssh.port.map(|port| format!(":{port}")).unwrap_or_default();
                ssh.host() + &port
            }
            Self::Path(_) => String::new(),
        }
    }
}

impl SshAddress {
    /// The host in lower case.
    pub(super) fn host(&self) -> String {
        self.destination.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
    }
}

fn ssh(word: &str) -> Result<SshAddress, String> {
    let url = Url::parse(word).map_err(|error| error.to_string())?;
    let host = decoded(url.host_str().ok_or("the url has no host")?.trim_matches(['[', ']']))?;
    let user = decoded(url.username())?;
    let destination = if user.is_empty() { host } else { format!("{user}@{host}") };
    let path = decoded(url.path())?;
    // `ssh://host/~user/x` means a path below that user's home, as in git.
    let path = path.strip_prefix("/~").map_or(path.clone(), |home| format!("~{home}"));
    Ok(SshAddress { destination, port: url.port(), path })
}

/// Decodes percent-encoded text. A control character is an error, because programs and servers may end the text there.
pub(super) fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decoded(text);
    if decoded.chars().any(char::is_control) {
        return Err("a url must not contain control characters, not even percent-encoded".to_owned());
    }
    Ok(decoded)
}

fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &str) -> Address {
        Address::parse(&RemoteUrl::parse(word).expect("a url")).expect("an address")
    }

    fn ssh(destination: &str, port: Option<u16>, path: &str) -> Address {
        Address::Ssh(SshAddress { destination: destination.to_owned(), port, path: path.to_owned() })
    }

    #[test]
    fn each_url_is_parsed_for_its_transport() {
        assert_eq!(parse("git@host:a/b.git"), ssh("git@host", None, "a/b.git"));
        assert_eq!(parse("ssh://git@host:2222/a/b.git"), ssh("git@host", Some(2222), "/a/b.git"));
        assert_eq!(parse("ssh://host/~me/b.git"), ssh("host", None, "~me/b.git"));
        assert_eq!(parse("/srv/x"), Address::Path("/srv/x".into()));
        let home = std::env::home_dir().expect("a home");
        assert_eq!(parse("~/x"), Address::Path(home.join("x")));
        assert_eq!(parse("file:///srv/a%20b"), Address::Path("/srv/a b".into()));
        assert!(matches!(parse("git://host/x"), Address::Daemon(_)));
        assert!(matches!(parse("https://host/x"), Address::Http(_)));
    }

    #[test]
    fn urls_of_one_host_lead_to_one_place() {
        for url in [
            "git@host:OCA/web.git",
            "ssh://git@HOST/OCA/web.git",
            "git://Host/web",
            "https://me:x@host/web",
            "https://host:443/web",
        ] {
            assert_eq!(parse(url).place(), "host", "{url}");
        }
        for url in ["ssh://git@host:22/web", "git://host:22/web", "http://host:22/web"] {
            assert_eq!(parse(url).place(), "host:22", "{url}");
        }
    }
}
