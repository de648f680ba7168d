//! Urls of remotes, and how they are shown.

use std::fmt;

use super::Invalid;

/// Where a repository comes from, as a person wrote it: `${VAR}` unexpanded, perhaps relative.
///
/// Shown without the password or token that its userinfo may hold.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RemoteUrl(String);

impl RemoteUrl {
    /// Accepts urls of git's own transports, `user@host:path` and paths.
    ///
    /// The scheme is looked at even where `${VAR}` stands in the rest; what a variable brings
    /// is parsed again once it is expanded.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let refuse = |why| Err(Invalid::new(&redact(word), "git url", why));
        if word.is_empty() || word.starts_with('-') {
            return refuse("it must not be empty nor begin with `-`");
        }
        if word.chars().any(|c| c.is_control() || c == ' ') {
            return refuse("blanks and control characters may not stand in it");
        }
        if word.contains("::") && !word.contains("://[") {
            return refuse("remote helpers such as `ext::` are not supported");
        }
        if let Some((scheme, rest)) = word.split_once("://") {
            if !scheme.contains('$') && !["https", "http", "ssh", "git", "file"].contains(&scheme) {
                return refuse("the scheme must be https, http, ssh, git or file");
            }
            if rest.is_empty() || (scheme != "file" && rest.starts_with(['/', '-'])) {
                return refuse("it names no host");
            }
            if rest.split('@').nth(1).is_some_and(|host| host.starts_with('-')) {
                return refuse("its host must not begin with `-`");
            }
        } else if let Some((_, host, _)) = split_scp(word)
            && host.starts_with('-')
        {
            return refuse("its host must not begin with `-`");
        }
        Ok(Self(word.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A path that is known to be one, whatever characters stand in it.
    pub(crate) fn from_path(path: &std::path::Path) -> Self {
        Self(path.to_string_lossy().into_owned())
    }

    /// The same without userinfo that could be a secret: all of it for http(s), the password for the rest.
    #[must_use]
    pub(crate) fn without_secret(&self) -> Self {
        Self(strip_userinfo(&self.0, None))
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

/// Splits `user@host:path` or `host:path` into (user, host, path) as git does: the colon comes
/// before any slash, and a single letter before it is a Windows drive.
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

/// Replaces what may be secret in a url by `***`.
pub(crate) fn redact(url: &str) -> String {
    strip_userinfo(url, Some("***"))
}

fn strip_userinfo(url: &str, stand_in: Option<&str>) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else { return url.to_owned() };
    let (userinfo, host_and_path) = (&rest[..at], &rest[at + 1..]);
    let user = userinfo.split(':').next().unwrap_or_default();
    // Over http a lone user name is as often a token as a name; over ssh it is needed and no secret.
    let keep_user = !scheme.starts_with("http");
    match (keep_user, stand_in, userinfo.contains(':')) {
        (true, Some(stand_in), true) => format!("{scheme}://{user}:{stand_in}@{host_and_path}"),
        (true, _, _) => format!("{scheme}://{user}@{host_and_path}"),
        (false, Some(stand_in), _) => format!("{scheme}://{stand_in}@{host_and_path}"),
        (false, None, _) => format!("{scheme}://{host_and_path}"),
    }
}

#[cfg(test)]
mod tests {
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
            "a\nb",
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
        ] {
            assert!(RemoteUrl::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        let shown = |word: &str| RemoteUrl::parse(word).expect("a url").to_string();
        assert_eq!(shown("https://tok@host/x"), "https://***@host/x");
        assert_eq!(shown("https://me:p@ss@host/x"), "https://***@host/x");
        assert_eq!(shown("ssh://git:pass@host/x"), "ssh://git:***@host/x");
        assert_eq!(shown("ssh://git@host/x"), "ssh://git@host/x");
        assert_eq!(shown("git@host:x"), "git@host:x");
        let bare = RemoteUrl::parse("https://me:p@host/x").expect("a url").without_secret();
        assert_eq!(bare.as_str(), "https://host/x");
    }
}
