//! An expanded url, taken apart by git's rules into what each transport needs.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::repo::{RemoteUrl, split_scp};

/// Where a remote is, by the transport that reaches it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Address {
    Http(Url),
    Ssh(SshAddress),
    /// `git://`, as libgit2 takes it.
    Daemon(String),
    Path(PathBuf),
}

/// What the user's ssh program is called with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SshAddress {
    /// `host` or `user@host`.
    pub(super) destination: String,
    pub(super) port: Option<u16>,
    pub(super) path: String,
}

impl Address {
    /// `url` has been expanded, is absolute where it is a path, and has gone through `insteadOf`.
    pub(super) fn parse(url: &RemoteUrl) -> Result<Self, String> {
        let word = url.as_str();
        if let Some((user, host, path)) = split_scp(word) {
            let destination = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
            return Ok(Self::Ssh(SshAddress { destination, port: None, path: path.to_owned() }));
        }
        let Some((scheme, rest)) = word.split_once("://") else { return Ok(Self::Path(PathBuf::from(word))) };
        match scheme {
            "file" => Ok(Self::Path(PathBuf::from(percent_decoded(rest)))),
            "git" => Ok(Self::Daemon(word.to_owned())),
            "ssh" => ssh(word).map(Self::Ssh),
            _ => Url::parse(word).map(Self::Http).map_err(|error| error.to_string()),
        }
    }
}

fn ssh(word: &str) -> Result<SshAddress, String> {
    let url = Url::parse(word).map_err(|error| error.to_string())?;
    let host = decoded(url.host_str().ok_or("it names no host")?.trim_matches(['[', ']']))?;
    let user = decoded(url.username())?;
    let destination = if user.is_empty() { host } else { format!("{user}@{host}") };
    let path = decoded(url.path())?;
    // `ssh://host/~user/x` means a path below that user's home, as in git.
    let path = path.strip_prefix("/~").map_or(path.clone(), |home| format!("~{home}"));
    Ok(SshAddress { destination, port: url.port(), path })
}

/// The word that is meant, where it is one: programs and servers would take control characters for the end of it.
pub(super) fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decoded(text);
    if decoded.chars().any(char::is_control) {
        return Err("a url may not hold control characters, also not percent-encoded ones".to_owned());
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
    fn each_url_finds_its_transport() {
        assert_eq!(parse("git@host:a/b.git"), ssh("git@host", None, "a/b.git"));
        assert_eq!(parse("ssh://git@host:2222/a/b.git"), ssh("git@host", Some(2222), "/a/b.git"));
        assert_eq!(parse("ssh://host/~me/b.git"), ssh("host", None, "~me/b.git"));
        assert_eq!(parse("/srv/x"), Address::Path("/srv/x".into()));
        assert_eq!(parse("file:///srv/a%20b"), Address::Path("/srv/a b".into()));
        assert_eq!(parse("git://host/x"), Address::Daemon("git://host/x".into()));
        assert!(matches!(parse("https://host/x"), Address::Http(_)));
    }
}
