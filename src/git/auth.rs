//! Who we are to a server: credentials for requests only, each tried once.
//!
//! In this order: the url's own userinfo, a token from the environment, `~/.netrc` (all sent up front, to their
//! own host only, because an anonymous request is throttled and never asked for a password), then git's
//! credential helpers once the server says 401.

use std::env;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::configuration;
use crate::fs::read_given;

/// A user name and a password or token, and where they come from.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Credential {
    pub(super) user: String,
    pub(super) password: String,
    /// For messages: "the variable `GITHUB_TOKEN`".
    pub(super) source: String,
}

impl Credential {
    /// The value of the header `Authorization`.
    pub(super) fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

/// What can be sent with the first request.
pub(super) fn up_front(url: &Url) -> Option<Credential> {
    userinfo(url).or_else(|| token(url)).or_else(|| netrc(url))
}

/// The user and the password that a url itself holds.
pub(super) fn userinfo(url: &Url) -> Option<Credential> {
    let password = decoded(url.password().unwrap_or_default());
    let user = decoded(url.username());
    (!user.is_empty()).then(|| Credential { user, password, source: "the url's own userinfo".to_owned() })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn token(url: &Url) -> Option<Credential> {
    let host = url.host_str()?;
    let own =
        format!("OCA_TOKEN_{}", host.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
    // Over plain http whoever listens would have it; only a host that is named in the variable asks for that.
    let public = match (url.scheme(), host) {
        ("https", "github.com") => Some("GITHUB_TOKEN"),
        ("https", "gitlab.com") => Some("GITLAB_TOKEN"),
        _ => None,
    };
    // Both forges take a token as the password of these users; others look at the token alone.
    let user = if host.contains("gitlab") { "oauth2" } else { "x-access-token" };
    [Some(own.as_str()), public].into_iter().flatten().find_map(|name| {
        let password = variable_or_file(name)?;
        let source = format!("the variable `{name}`");
        match password.split_once(':') {
            Some((user, password)) => {
                Some(Credential { user: user.to_owned(), password: password.to_owned(), source })
            }
            None => Some(Credential { user: user.to_owned(), password, source }),
        }
    })
}

/// The variable, else the content of the file that the variable with `_FILE` behind names.
fn variable_or_file(name: &str) -> Option<String> {
    let from_file = || given_text(&PathBuf::from(env::var_os(format!("{name}_FILE"))?));
    let value = env::var(name).ok().or_else(from_file)?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn given_text(file: &Path) -> Option<String> {
    String::from_utf8(read_given(file).ok()??).ok()
}

fn netrc(url: &Url) -> Option<Credential> {
    let file = env::var_os("NETRC").map(PathBuf::from).or_else(|| Some(home()?.join(".netrc")))?;
    let (user, password) = netrc_entry(&given_text(&file)?, url.host_str()?)?;
    Some(Credential { user, password, source: format!("`{}`", shown(&file)) })
}

fn home() -> Option<PathBuf> {
    env::home_dir()
}

fn shown(file: &Path) -> String {
    match home().and_then(|home| file.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) => format!("~/{}", below.display()),
        None => file.display().to_string(),
    }
}

/// Login and password of a machine, or of `default`, by the format of ftp(1).
fn netrc_entry(text: &str, host: &str) -> Option<(String, String)> {
    let mut words =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let mut found: Option<(Option<String>, Option<String>)> = None;
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if found.is_some() => break,
            "machine" if words.next() == Some(host) => found = Some((None, None)),
            "default" => found = Some((None, None)),
            "login" => {
                let login = words.next()?;
                found = found.map(|(_, password)| (Some(login.to_owned()), password));
            }
            "password" => {
                let password = words.next()?;
                found = found.map(|(login, _)| (login, Some(password.to_owned())));
            }
            _ => {}
        }
    }
    let (login, password) = found?;
    Some((login?, password?))
}

/// Asks git's credential helpers.
pub(super) fn from_helper(url: &Url) -> Option<Credential> {
    let config = configuration::open().ok()?;
    let mut helper = git2::CredentialHelper::new(url.as_str());
    helper.config(&config);
    let (user, password) = helper.execute()?;
    Some(Credential { user, password, source: "the credential helper".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_netrc_gives_the_machine_asked_for() {
        let text = "# comment\nmachine a login me password x\nmachine b\n  login you\n  password y\ndefault login d password z\n";
        let entry = |host| netrc_entry(text, host).map(|(user, password)| format!("{user}:{password}"));
        assert_eq!(entry("a").as_deref(), Some("me:x"));
        assert_eq!(entry("b").as_deref(), Some("you:y"));
        assert_eq!(entry("c").as_deref(), Some("d:z"));
        assert_eq!(netrc_entry("machine a login me", "a"), None);
    }

    #[test]
    fn userinfo_is_decoded() {
        let credential =
            userinfo(&Url::parse("https://me:p%40s+s@host/x").expect("a url")).expect("userinfo");
        assert_eq!((credential.user.as_str(), credential.password.as_str()), ("me", "p@s+s"));
    }
}
