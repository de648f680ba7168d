//! Credentials for requests. Each one is tried once.
//!
//! The order is: user and password of the url, a token variable, `~/.netrc`, then git's credential helpers, and last
//! the user of the url alone. The first three are sent with the first request, to their own host only: servers throttle
//! anonymous requests and may never ask for a password. The helpers are asked only after a 401.
//!
//! After a redirect to another host, only credentials for exactly that host are sent: its token variable, or its
//! `machine` in `~/.netrc`. A `machine` has no port, so it counts for the default port of the scheme only. git also
//! asks its helpers there; oca does not, because many helpers give every host the same credentials. If the other host
//! has plain http, nothing is sent: whoever can forge the redirect could read it.

use std::env;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::Error;
use super::netrc::{self, Malformed};
use crate::fs::{read_given, read_text};

/// A user name, a password or token, and their source.
#[derive(Clone, Eq, Hash, PartialEq)]
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

/// Where a url comes from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Asked {
    /// It has the scheme, host and port of a declared url.
    Declared,
    /// A server redirected to another scheme, host or port.
    Redirected,
}

/// The credentials that are sent without being asked for, in this order.
///
/// A user in the url without a password selects among tokens and the entries of the netrc.
pub(super) fn up_front(url: &Url, asked: Asked) -> Result<Vec<Credential>, Error> {
    if is_exposed(url, asked) {
        return Ok(Vec::new());
    }
    if let Some(credential) = userinfo(url) {
        return Ok(vec![credential]);
    }
    let user = user_of(url);
    let tokens = tokens(url, user.as_deref())?;
    if !tokens.is_empty() {
        return Ok(tokens);
    }
    Ok(netrc(url, user.as_deref(), asked)?.into_iter().collect())
}

/// Whether a request goes to a url in plain text that nobody declared: a credential could be read on the way.
pub(super) fn is_exposed(url: &Url, asked: Asked) -> bool {
    asked == Asked::Redirected && url.scheme() != "https"
}

/// The user and the password in a url. An empty password counts if the url has the colon before it.
pub(super) fn userinfo(url: &Url) -> Option<Credential> {
    let password = decoded(url.password()?);
    Some(Credential {
        user: decoded(url.username()),
        password,
        source: "the user and password of the url".to_owned(),
    })
}

/// The user in a url without a password, as the last thing to try: some forges accept a token as a user.
pub(super) fn lone_user(url: &Url) -> Option<Credential> {
    let user = user_of(url).filter(|_| url.password().is_none())?;
    Some(Credential {
        user,
        password: String::new(),
        source: "the user of the url without a password".to_owned(),
    })
}

fn user_of(url: &Url) -> Option<String> {
    Some(decoded(url.username())).filter(|user| !user.is_empty())
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The name of the variable with the token for the host and port of a url.
///
/// The name is the host in capitals, with `_` for each `.` and `__` for each `-`. If the port is not the default of the
/// scheme, `___` and the port follow: `OCA_TOKEN_GIT_EXAMPLE_COM`, `OCA_TOKEN_MY__FORGE_EXAMPLE_COM___8443`. No two
/// hosts have the same name: one `_` is always a dot, an even number of `_` are dashes, and `___` is always before a
/// port. Other hosts, such as an IPv6 address or a label that begins with a dash, have no variable.
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

/// The token for a url. If the url has a user, the token goes with that user first, then with the user of the forge.
fn tokens(url: &Url, wanted: Option<&str>) -> Result<Vec<Credential>, Error> {
    let Some(host) = url.host_str() else { return Ok(Vec::new()) };
    let own = token_variable(url);
    // Over plain http, others could read the token. So only a variable with the name of the host is sent that way.
    let public = match (url.scheme(), host, url.port()) {
        ("https", "github.com", None) => Some("GITHUB_TOKEN"),
        ("https", "gitlab.com", None) => Some("GITLAB_TOKEN"),
        _ => None,
    };
    for name in [own.as_deref(), public].into_iter().flatten() {
        let Some(value) = variable_or_file(name)? else { continue };
        let source = format!("the variable `{name}`");
        let with = |user: &str, password: &str| Credential {
            user: user.to_owned(),
            password: password.to_owned(),
            source: source.clone(),
        };
        match value.split_once(':') {
            Some((user, _)) if wanted.is_some_and(|wanted| wanted != user) => {}
            Some((user, password)) => return Ok(vec![with(user, password)]),
            None => {
                let users = wanted.into_iter().chain(users_of_tokens(host).iter().copied());
                return Ok(users.map(|user| with(user, &value)).collect());
            }
        }
    }
    Ok(Vec::new())
}

/// The users with which a forge accepts a token as the password. Other servers look only at the token. Bitbucket has one
/// for the tokens of repositories, and one for those of people.
fn users_of_tokens(host: &str) -> &'static [&'static str] {
    if host.contains("bitbucket") {
        &["x-token-auth", "x-bitbucket-api-token-auth"]
    } else if host.contains("gitlab") {
        &["oauth2"]
    } else {
        &["x-access-token"]
    }
}

/// The value of the variable, or else the content of the file that the variable `NAME_FILE` names.
fn variable_or_file(name: &str) -> Result<Option<String>, Error> {
    let value = if let Ok(value) = env::var(name) {
        Some(value)
    } else {
        let variable = format!("{name}_FILE");
        // An image is built with or without the secret, so a file that does not exist is no error.
        let file = env::var_os(&variable).map(PathBuf::from).filter(|file| file.exists());
        file.map(|file| secret_text(&variable, &file)).transpose()?
    };
    Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
}

/// The content of the file that a variable names. It may be a pipe.
fn secret_text(variable: &str, file: &Path) -> Result<String, Error> {
    let unreadable = |why| Error::Secret { variable: variable.to_owned(), path: file.to_owned(), why };
    let bytes = read_given(file).map_err(|error| unreadable(error.source.to_string()))?;
    let bytes = bytes.ok_or_else(|| unreadable("it does not exist".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
}

fn netrc(url: &Url, user: Option<&str>, asked: Asked) -> Result<Option<Credential>, Error> {
    // oca waits for a pipe only if the user named it in `NETRC`. As in curl, an empty name or a file that does not exist is
    // no error.
    let named = env::var_os("NETRC").filter(|file| !file.is_empty()).map(PathBuf::from);
    let (text, file) = if let Some(named) = named.filter(|file| file.exists()) {
        (secret_text("NETRC", &named)?, named)
    } else {
        // On Windows, curl reads `_netrc` too.
        let files = [".netrc", "_netrc"].into_iter().take(if cfg!(windows) { 2 } else { 1 });
        let mut own = files.filter_map(|file| Some(home()?.join(file)));
        match own.find_map(|own| Some((read_text(&own).ok()?, own))) {
            Some(found) => found,
            None => return Ok(None),
        }
    };
    let entries = netrc::entries(&text).map_err(|Malformed { line, why }| Error::Netrc {
        path: file.clone(),
        line,
        why,
    })?;
    let entry = netrc_entry(entries, url, user, asked);
    Ok(entry.map(|(user, password)| Credential { user, password, source: format!("`{}`", shown(&file)) }))
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

/// Login and password of the `machine`, or of `default` if the url is declared. If the url has a user, the entry of
/// that user.
///
/// A `machine` has no port. After a redirect, it counts for the default port of the scheme only.
fn netrc_entry(
    entries: Vec<netrc::Entry>,
    url: &Url,
    user: Option<&str>,
    asked: Asked,
) -> Option<(String, String)> {
    if asked == Asked::Redirected && url.port().is_some() {
        return None;
    }
    let host = url.host_str()?;
    entries.into_iter().find_map(|entry| {
        let is_for_host = match &entry.machine {
            Some(machine) => machine.eq_ignore_ascii_case(host),
            None => asked == Asked::Declared,
        };
        let login = match (entry.login, user) {
            (Some(login), Some(user)) if login != user => return None,
            (login, user) => login.or_else(|| user.map(str::to_owned))?,
        };
        Some((login, entry.password?)).filter(|_| is_for_host)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_entry_of_the_machine_is_found_in_a_netrc() {
        let text = "# comment\nmachine a login me password x\nmachine b\n  login you\n  password y\ndefault login d password z\n";
        let entry = |text, url: &str, asked| {
            let url = Url::parse(url).expect("a url");
            let entries = netrc::entries(text).expect("a netrc");
            let entry = netrc_entry(entries, &url, user_of(&url).as_deref(), asked);
            entry.map(|(user, password)| format!("{user}:{password}"))
        };
        let declared = |url| entry(text, url, Asked::Declared);
        assert_eq!(declared("https://a/").as_deref(), Some("me:x"));
        assert_eq!(declared("https://b/").as_deref(), Some("you:y"));
        assert_eq!(declared("https://b:8443/").as_deref(), Some("you:y"));
        assert_eq!(declared("https://c/").as_deref(), Some("d:z"));
        assert_eq!(entry("machine a login me", "https://a/", Asked::Declared), None);
        let users = "machine a login me password x\nmachine a login you password y\nmachine b password z\n";
        let declared_users = |url| entry(users, url, Asked::Declared);
        assert_eq!(declared_users("https://you@a/").as_deref(), Some("you:y"));
        assert_eq!(declared_users("https://a/").as_deref(), Some("me:x"));
        assert_eq!(declared_users("https://she@a/"), None);
        assert_eq!(declared_users("https://she@b/").as_deref(), Some("she:z"));
        assert_eq!(declared_users("https://b/"), None);
        let redirected = |url| entry(text, url, Asked::Redirected);
        assert_eq!(redirected("https://b/").as_deref(), Some("you:y"));
        assert_eq!(redirected("https://b:443/").as_deref(), Some("you:y"));
        assert_eq!(redirected("https://b:8443/"), None);
        assert_eq!(redirected("https://c/"), None);
    }

    #[test]
    fn userinfo_is_decoded() {
        assert!(userinfo(&Url::parse("https://me@host/x").expect("a url")).is_none());
        let credential =
            userinfo(&Url::parse("https://me:p%40s+s@host/x").expect("a url")).expect("userinfo");
        assert_eq!((credential.user.as_str(), credential.password.as_str()), ("me", "p@s+s"));
    }

    fn variable(url: &str) -> Option<String> {
        token_variable(&Url::parse(url).ok()?)
    }

    #[test]
    fn a_token_variable_contains_host_and_port() {
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
