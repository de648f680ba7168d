//! Urls of remotes, and how to show them without secrets.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::{Invalid, is_invisible};

/// The url of a repository as written in a file: `${VAR}` is not expanded, and the url may be relative.
///
/// `Display` and `Debug` hide a password or token in the userinfo.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RemoteUrl(String);

impl RemoteUrl {
    /// Accepts urls of git's own transports, `user@host:path` and paths.
    ///
    /// The scheme is checked even if the rest contains `${VAR}`. After the variable is expanded, the url is parsed
    /// again.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let refuse = |why| Err(Invalid::new(word, "git url", why));
        if word.is_empty() || word.starts_with('-') {
            return refuse("it must not be empty or begin with `-`");
        }
        let is_path =
            split_scp(word).is_none() && word.split_once("://").is_none_or(|(scheme, _)| scheme == "file");
        let has_blank = word.contains(' ') && (!is_path || word.trim() != word);
        if has_blank || word.contains(is_invisible) {
            return refuse("it must not contain blanks or invisible characters");
        }
        if word.contains("::") && !word.contains("://[") {
            return refuse("remote helpers such as `ext::` are not supported");
        }
        if !word.contains('$') && has_unclear_userinfo(word) {
            return refuse("a `/` in its password must be written as `%2F`, and an `@` in its path as `%40`");
        }
        if let Some((scheme, rest)) = word.split_once("://") {
            if !scheme.contains('$') && !["https", "http", "ssh", "git", "file"].contains(&scheme) {
                return refuse("the scheme must be https, http, ssh, git or file");
            }
            if scheme.starts_with("http") && rest.contains(['?', '#']) {
                return refuse(
                    "it must not contain a query or a fragment; set a token in an environment variable",
                );
            }
            let host = authority(rest).rsplit('@').next().unwrap_or_default();
            if rest.is_empty() || (scheme != "file" && host.is_empty()) {
                return refuse("it has no host");
            }
            // Programs such as ssh would treat them as options.
            let is_option = |part: &str| percent_decode_str(part).next() == Some(b'-');
            if authority(rest).rsplitn(2, '@').any(is_option) {
                return refuse("its user and its host must not begin with `-`");
            }
        } else if let Some((_, host, path)) = split_scp(word) {
            if host.starts_with('-') {
                return refuse("its host must not begin with `-`");
            }
            if path.starts_with('-') {
                return refuse("its path must not begin with `-`");
            }
        }
        Ok(Self(word.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a url of a path. The path is not parsed, so it may contain any character. `None` if it is not UTF-8.
    pub(crate) fn from_path(path: &std::path::Path) -> Option<Self> {
        path.to_str().map(|path| Self(path.to_owned()))
    }

    /// The url without secrets in its userinfo. For http and https all userinfo is removed, for other schemes the
    /// password.
    #[must_use]
    pub(crate) fn without_secret(&self) -> Self {
        match self.0.split_once("://") {
            Some((scheme, rest)) => Self(strip_userinfo(scheme, rest, authority(rest).rfind('@'), None)),
            None => self.clone(),
        }
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

/// Splits `user@host:path` or `host:path` into (user, host, path), as git does. The colon must come before any slash. A
/// single letter before the colon is a Windows drive, so that is `None`.
pub(crate) fn split_scp(word: &str) -> Option<(Option<&str>, &str, &str)> {
    if word.contains("://") || word.starts_with(['/', '.']) {
        return None;
    }
    let (before, path) = word.split_once(':')?;
    if before.contains('/') || before.len() < 2 || before.contains('$') {
        return None;
    }
    match before.rsplit_once('@') {
        Some((user, host)) => Some((Some(user), host, path)),
        None => Some((None, before, path)),
    }
}

/// Replaces possible secrets in a url by `***`.
///
/// A user or password that is not percent-encoded may contain characters that normally end the userinfo. In that case,
/// everything up to the last `@` is hidden, sometimes more than the secret. A query may contain a token, so it is hidden
/// too.
pub(crate) fn redact(url: &str) -> String {
    let shown = redact_userinfo(url);
    // A name may stand before the url.
    if url.contains("://") { hide_query(&shown) } else { shown }
}

/// The same, for urls whose query tells one place from another.
pub(crate) fn redact_userinfo(url: &str) -> String {
    match url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => strip_userinfo(scheme, rest, last_end_of_userinfo(scheme, rest), Some("***")),
        None => match (url.find(':'), url.rfind('@')) {
            (Some(colon), Some(at)) if colon < at => format!("{}:***{}", &url[..colon], &url[at..]),
            _ => url.to_owned(),
        },
    }
}

/// Hides the query of a url. The url may be part of a sentence, so the query ends at a blank or a quote.
fn hide_query(url: &str) -> String {
    let Some((before, query)) = url.split_once('?') else { return url.to_owned() };
    let end = query.find(['#', ' ', '\'', '"', '`']).unwrap_or(query.len());
    format!("{before}?***{}", &query[end..])
}

/// A url or path without `/` and `.git` at its end. Servers accept both forms.
pub(crate) fn bare_url(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

/// The last part of a url or path, without `.git`.
pub(crate) fn last_part(url: &str) -> &str {
    bare_url(url).rsplit(['/', ':', '\\']).next().unwrap_or_default()
}

/// Whether a word is a scheme whose urls can have userinfo. `git+https` is a scheme of pip.
fn is_scheme(word: &str) -> bool {
    let transport = word.rsplit('+').next().unwrap_or_default().to_ascii_lowercase();
    !word.contains([':', '@', '/']) && ["https", "http", "ssh", "git", "file"].contains(&&*transport)
}

/// The position of the last `@` that may end the userinfo. `https://host/x.git@main` has none.
fn last_end_of_userinfo(scheme: &str, rest: &str) -> Option<usize> {
    let last = rest.rfind('@')?;
    let behind = rest[last..].split(['#', '?']).next().unwrap_or_default();
    let authority = authority(rest);
    // Somebody may have written the host and password in place of the path.
    let is_in_path = (scheme == "file" || authority.is_empty()) && rest[..last].contains(':');
    if has_colon(authority) || is_in_path || behind.contains('/') { Some(last) } else { authority.rfind('@') }
}

/// The text between `://` and the path. As in browsers, a backslash also ends it.
fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()
}

/// Whether there is a colon outside an IPv6 address: before a port or a password.
fn has_colon(authority: &str) -> bool {
    authority.split(['[', ']']).step_by(2).any(|part| part.contains(':'))
}

/// Whether text before an `@` may be part of a user or password, but would be parsed as host or path.
fn has_unclear_userinfo(word: &str) -> bool {
    if let Some((_, rest)) = word.split_once("://") {
        let authority = authority(rest);
        return has_colon(authority) && rest[authority.len()..].contains('@');
    }
    split_scp(word).is_some_and(|(user, _, path)| match path.split_once('@') {
        Some((_, behind)) => user.is_none() || behind.contains(':'),
        None => false,
    })
}

/// The url with `stand_in` in place of the secret part of its userinfo. The userinfo ends at position `at` of `rest`.
fn strip_userinfo(scheme: &str, rest: &str, at: Option<usize>, stand_in: Option<&str>) -> String {
    let Some(at) = at else { return format!("{scheme}://{rest}") };
    let (userinfo, host_and_path) = (&rest[..at], &rest[at + 1..]);
    let user = userinfo.split(':').next().unwrap_or_default();
    // Over http, a user name without a password is often a token. Over ssh, the user name is needed and not secret.
    let keep_user = ["ssh", "git", "file"].contains(&scheme);
    match (keep_user, stand_in, userinfo.contains(':')) {
        (true, Some(stand_in), true) => format!("{scheme}://{user}:{stand_in}@{host_and_path}"),
        (true, _, _) => format!("{scheme}://{user}@{host_and_path}"),
        (false, Some(stand_in), _) => format!("{scheme}://{stand_in}@{host_and_path}"),
        (false, None, _) => format!("{scheme}://{host_and_path}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_that_run_commands_are_refused() {
        for word in [
            "",
            "-uevil",
            "ext::sh -c x",
            "ext::x",
            "fd::3",
            "ftp://host/x",
            "ssh://-oProxyCommand=x/y",
            "ssh://git@-oProxyCommand=x/y",
            "git@-evil:x",
            "https://",
            "https:///x",
            "https://me:word@",
            "ssh://git@/x",
            "a\nb",
            "ssh://-me@host/x",
            "ssh://%2Dme@host/x",
            "ssh://me@%2doProxyCommand=x/y",
            "git://-host/x",
            "file://-x",
            "git@host:-x",
            "host:--strict",
        ] {
            assert!(RemoteUrl::parse(word).is_err(), "{word}");
        }
        for word in [
            "https://host/x.git",
            "http://[::1]:80/x",
            "ssh://git@host:22/x",
            "git@host:a/b.git",
            "file:///x",
            "../x",
            "/x",
            "C:/x",
            "${BASE}/web.git",
            "https://${HOST}/web.git",
            "git://host/x",
            "ssh://host/-x",
            "https://host/@me/x",
            "http://[fe80::1]/a@b",
            "git@host:a@b/x",
            "https://${USER}:${WORD:-a/b}@host/x",
        ] {
            assert!(RemoteUrl::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        let shown = |word: &str| RemoteUrl::parse(word).expect("a url").to_string();
        assert_eq!(shown("https://tok@host/x"), "https://***@host/x");
        assert_eq!(shown("https://me:p@ss@host/x"), "https://***@host/x");
        assert_eq!(shown("https://to/ken@host/x"), "https://***@host/x");
        assert_eq!(
            redact("git+https://tok@host/x.git@main#egg=a/b"),
            "git+https://***@host/x.git@main#egg=a/b"
        );
        assert_eq!(redact("https://host/x.git@18.0"), "https://host/x.git@18.0");
        assert_eq!(redact("https://me:p@host/x?token=t&a=b#egg=x"), "https://***@host/x?***#egg=x");
        assert_eq!(shown("ssh://git:pass@host/x"), "ssh://git:***@host/x");
        assert_eq!(shown("ssh://git@host/x"), "ssh://git@host/x");
        assert_eq!(shown("git@host:x"), "git@host:x");
        let bare = RemoteUrl::parse("https://me:p@host/x").expect("a url").without_secret();
        assert_eq!(bare.as_str(), "https://host/x");
    }

    #[test]
    fn a_password_that_is_not_encoded_is_refused_and_not_shown() {
        for word in [
            "https://me:hun/ter@host/x",
            "https://me:12/34hunter@host/x",
            "https://me:hun?ter@host/x",
            "https://me:hun#ter@host/x",
            "https://me:hun\\ter@host/x",
            "https://me:h@un/ter@host/x",
            "ssh://me:hun/ter@host/x",
            "git@host:hun/ter@other:x",
            "me:hun/ter@host:x",
            "me:hunter@host:x",
        ] {
            let refused = RemoteUrl::parse(word).expect_err(word).to_string();
            assert!(!refused.contains("hun") && !refused.contains("ter@"), "{refused}");
            assert!(refused.contains("must be written as `%2F`"), "{refused}");
        }
    }

    proptest! {
        /// For any password, in everything that shows the url.
        #[test]
        fn no_password_is_ever_shown(
            scheme in "(https|http|ssh|git|file|HTTPS|ftp|ext)://|(file:)?/{0,3}|\\.\\./",
            user in "[a-z]{1,5}",
            password in "[!-~]{0,6}XsecretX[!-~]{0,6}",
            host in "(host|git\\.example\\.com|\\[::1\\])(:[0-9]{1,4})?",
            path in "[/:][!-~]{0,12}",
        ) {
            let word = format!("{scheme}{user}:{password}@{host}{path}");
            let shown = match RemoteUrl::parse(&word) {
                // After the variables are expanded, it is parsed again before it is used.
                Ok(url) if word.contains('$') => format!("{url} {url:?}"),
                Ok(url) => format!("{url} {url:?} {}", redact(url.without_secret().as_str())),
                Err(invalid) => format!("{invalid} {invalid:?}"),
            };
            prop_assert!(!shown.contains("secret"), "{}", shown);
            prop_assert!(!redact(&word).contains("secret"));
        }
    }
}
