//! Who we are to a server: credentials for requests only, each tried once.
//!
//! In this order: the url's own userinfo, a token from the environment, `~/.netrc` (all sent up front, to their
//! own host only, because an anonymous request is throttled and never asked for a password), then git's
//! credential helpers once the server says 401.
//!
//! To where a server redirects us goes only what was written for that very host: a token variable with its name, or its
//! `machine` in `~/.netrc`, which names no port and so stands for the scheme's own. git asks its helpers there too; but
//! many a helper gives everybody the same.

use std::env;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::configuration;
use crate::fs::{read_given, read_text};

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

/// How a url was come by.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Asked {
    /// Its scheme, host and port are those of a declared url.
    Declared,
    /// A server named them.
    Redirected,
}

/// What can be sent with the first request.
pub(super) fn up_front(url: &Url, asked: Asked) -> Option<Credential> {
    userinfo(url).or_else(|| token(url)).or_else(|| netrc(url, asked))
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

/// The variable that holds the token for a url's scheme, host and port.
///
/// The host in capitals, with `_` for `.` and `__` for `-`; a port that is not the scheme's own follows behind `___`:
/// `OCA_TOKEN_GIT_EXAMPLE_COM`, `OCA_TOKEN_MY__FORGE_EXAMPLE_COM___8443`. No two hosts share one: a single `_` is
/// always a dot, an even number of them are dashes, and three are before a port. So a host with anything else, such as a
/// label that begins with a dash, has no variable, nor has an IPv6 address.
fn token_variable(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_plain = host.split('.').all(|label| {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(is_plain)
    });
    let port = url.port().map(|port| format!("___{port}")).unwrap_or_default();
    let name = host.to_ascii_uppercase().replace('-', "__").replace('.', "_");
    is_plain.then(|| format!("OCA_TOKEN_{name}{port}"))
}

fn token(url: &Url) -> Option<Credential> {
    let host = url.host_str()?;
    let own = token_variable(url);
    // Over plain http whoever listens would have it; only a host that is named in the variable asks for that.
    let public = match (url.scheme(), host, url.port()) {
        ("https", "github.com", None) => Some("GITHUB_TOKEN"),
        ("https", "gitlab.com", None) => Some("GITLAB_TOKEN"),
        _ => None,
    };
    // Both forges take a token as the password of these users; others look at the token alone.
    let user = if host.contains("gitlab") { "oauth2" } else { "x-access-token" };
    [own.as_deref(), public].into_iter().flatten().find_map(|name| {
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

fn netrc(url: &Url, asked: Asked) -> Option<Credential> {
    // A pipe is only waited for where it is named on purpose.
    let (text, file) = match env::var_os("NETRC").map(PathBuf::from) {
        Some(named) => (given_text(&named)?, named),
        None => home().map(|home| home.join(".netrc")).and_then(|own| Some((read_text(&own).ok()?, own)))?,
    };
    let (user, password) = netrc_entry(&text, url, asked)?;
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

/// Login and password of a machine, or of `default` for a declared url, by the format of ftp(1).
///
/// A machine names no port. After a redirect, it counts for the scheme's own port only.
fn netrc_entry(text: &str, url: &Url, asked: Asked) -> Option<(String, String)> {
    if asked == Asked::Redirected && url.port().is_some() {
        return None;
    }
    let host = url.host_str()?;
    let mut words =
        text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let mut found: Option<(Option<String>, Option<String>)> = None;
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" if found.is_some() => break,
            "machine" if words.next() == Some(host) => found = Some((None, None)),
            "default" if asked == Asked::Redirected => break,
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
pub(super) fn from_helper(url: &Url, asked: Asked) -> Option<Credential> {
    if asked == Asked::Redirected {
        return None;
    }
    let config = configuration::open().ok()?;
    let mut helper = git2::CredentialHelper::new(url.as_str());
    helper.config(&config);
    let (user, password) = helper.execute()?;
    Some(Credential { user, password, source: "the credential helper".to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_netrc_gives_the_machine_asked_for() {
        let text = "# comment\nmachine a login me password x\nmachine b\n  login you\n  password y\ndefault login d password z\n";
        let entry = |text, url, asked| {
            let entry = netrc_entry(text, &Url::parse(url).expect("a url"), asked);
            entry.map(|(user, password)| format!("{user}:{password}"))
        };
        let declared = |url| entry(text, url, Asked::Declared);
        assert_eq!(declared("https://a/").as_deref(), Some("me:x"));
        assert_eq!(declared("https://b/").as_deref(), Some("you:y"));
        assert_eq!(declared("https://b:8443/").as_deref(), Some("you:y"));
        assert_eq!(declared("https://c/").as_deref(), Some("d:z"));
        assert_eq!(entry("machine a login me", "https://a/", Asked::Declared), None);
        let redirected = |url| entry(text, url, Asked::Redirected);
        assert_eq!(redirected("https://b/").as_deref(), Some("you:y"));
        assert_eq!(redirected("https://b:443/").as_deref(), Some("you:y"));
        assert_eq!(redirected("https://b:8443/"), None);
        assert_eq!(redirected("https://c/"), None);
    }

    #[test]
    fn userinfo_is_decoded() {
        let credential =
            userinfo(&Url::parse("https://me:p%40s+s@host/x").expect("a url")).expect("userinfo");
        assert_eq!((credential.user.as_str(), credential.password.as_str()), ("me", "p@s+s"));
    }

    fn variable(url: &str) -> Option<String> {
        token_variable(&Url::parse(url).ok()?)
    }

    #[test]
    fn a_token_variable_names_host_and_port() {
        for (url, name) in [
            ("https://git.example.com/x", "OCA_TOKEN_GIT_EXAMPLE_COM"),
            ("https://Git.Example.com.:443/x", "OCA_TOKEN_GIT_EXAMPLE_COM"),
            ("http://git.example.com:80/x", "OCA_TOKEN_GIT_EXAMPLE_COM"),
            ("https://git-example.com/x", "OCA_TOKEN_GIT__EXAMPLE_COM"),
            ("https://git.example.com:8443/x", "OCA_TOKEN_GIT_EXAMPLE_COM___8443"),
            ("https://grüße.example/x", "OCA_TOKEN_XN____GRE__6KA8L_EXAMPLE"),
            ("http://127.0.0.1:80/x", "OCA_TOKEN_127_0_0_1"),
        ] {
            assert_eq!(variable(url).as_deref(), Some(name), "{url}");
        }
        for url in ["https://[::1]/x", "https://a.-b/x", "https://a-.b/x", "https://a_b/x", "https://a..b/x"]
        {
            assert_eq!(variable(url), None, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_two_hosts_share_a_token_variable(
            one in "[ab.-]{1,6}", other in "[ab.-]{1,6}",
            first in proptest::option::of(1_u16..30), second in proptest::option::of(1_u16..30),
        ) {
            let url = |host: &str, port: Option<u16>| {
                format!("https://{host}{}/", port.map(|port| format!(":{port}")).unwrap_or_default())
            };
            let (one, other) = (url(&one, first), url(&other, second));
            if let (Some(name), Some(same)) = (variable(&one), variable(&other)) {
                let key = |url: &str| url.replace(".:", ":").replace("./", "/");
                prop_assert_eq!(name == same, key(&one) == key(&other), "{} {}", one, other);
            }
        }
    }
}
