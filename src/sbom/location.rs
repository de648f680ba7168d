//! Where the files of a repository are: on a forge that package urls have a type for, or at an address of git.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::purl::Purl;
use crate::repo::{CommitId, RemoteUrl, RepoName, bare_url, redact, split_scp};

/// The forges for which the purl specification has a type, and their hosts.
const FORGES: [(&str, &str); 2] = [("github", "github.com"), ("bitbucket", "bitbucket.org")];
/// The schemes of addresses that mean the same on every machine, with their default ports.
const SCHEMES: [(&str, &str); 4] = [("https", ":443"), ("http", ":80"), ("ssh", ":22"), ("git", ":9418")];

/// What RFC 3986 does not allow in a path.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A repository at a commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Location {
    name: String,
    commit: String,
    /// The type of the package url, the owner and the repository.
    forge: Option<(&'static str, String, String)>,
    /// The url without credentials. `None` if it is a path, or has a variable, which may be a secret.
    address: Option<String>,
}

impl Location {
    /// `url` as in the lock: its variables are not expanded.
    pub(crate) fn new(name: &RepoName, url: &RemoteUrl, commit: CommitId) -> Self {
        let address = address(url);
        Self {
            name: name.to_string(),
            commit: commit.to_string(),
            forge: address.as_deref().and_then(forge),
            address,
        }
    }

    pub(crate) fn commit(&self) -> &str {
        &self.commit
    }

    /// The url of the repository, without credentials.
    pub(crate) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The package url of the repository, or of a path in it.
    pub(crate) fn purl(&self, path: Option<&str>) -> String {
        let version = Some(self.commit.as_str());
        if let Some((kind, namespace, name)) = &self.forge {
            return Purl { kind, namespace, name, version, subpath: path, ..Purl::default() }.render();
        }
        let vcs_url = self.address.as_ref().map(|address| format!("git+{address}@{}", self.commit));
        let vcs_url = vcs_url.as_deref();
        Purl { kind: "generic", name: &self.name, version, vcs_url, subpath: path, ..Purl::default() }
            .render()
    }

    /// The download location of SPDX: `git+https://host/path.git@COMMIT#path`. `None` if readers of SPDX refuse the
    /// host; the package url has the address then.
    pub(super) fn download(&self, path: Option<&str>) -> Option<String> {
        let address = self.address.as_ref().filter(|address| is_accepted_by_validators(address))?;
        let path = path.map(|path| format!("#{}", in_url(path))).unwrap_or_default();
        Some(format!("git+{address}@{}{path}", self.commit))
    }
}

/// A path as a part of a url.
pub(super) fn in_url(path: &str) -> String {
    tidied(&path.replace('%', "%25"))
}

/// The path of a url, as RFC 3986 allows it. What is encoded in it stays as it is.
fn tidied(path: &str) -> String {
    let is_code =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let is_encoded = path.split('%').skip(1).all(is_code);
    let path = if is_encoded { path.to_owned() } else { path.replace('%', "%25") };
    utf8_percent_encode(&path, NOT_IN_PATH).to_string()
}

fn address(url: &RemoteUrl) -> Option<String> {
    let plain = url.without_secret();
    let text = plain.as_str();
    if text.contains('$') {
        return None;
    }
    let (scheme, rest) = match (text.split_once("://"), split_scp(text)) {
        (Some((scheme, rest)), _) => (scheme, rest.to_owned()),
        (None, Some((user, host, path))) => {
            let user = user.map(|user| format!("{user}@")).unwrap_or_default();
            ("ssh", format!("{user}{host}/{}", path.trim_start_matches('/')))
        }
        (None, None) => return None,
    };
    SCHEMES.iter().find(|(known, _)| *known == scheme)?;
    // A query may have a token.
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/')?;
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || ".-_~:@[]%".contains(c);
    let address = format!("{scheme}://{host}/{}", tidied(path));
    (host.chars().all(is_of_host) && redact(&address) == address).then_some(address)
}

/// Whether the validators of SPDX accept the host: its last part has two to five letters. They refuse `localhost`,
/// addresses of IP, and names such as `git.acme.internal` and `git.acme.company`.
fn is_accepted_by_validators(address: &str) -> bool {
    let Some((host, _)) = address.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else {
        return false;
    };
    let host = host.rsplit('@').next().unwrap_or_default();
    let (host, port) = host.split_once(':').unwrap_or((host, "0"));
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let top = host.rsplit_once('.').map(|(_, top)| top).unwrap_or_default();
    host.split(['.', '-']).all(is_word)
        && (2..=5).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (1..=5).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn forge(address: &str) -> Option<(&'static str, String, String)> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, path) = bare_url(rest).split_once('/')?;
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let (_, port) = SCHEMES.iter().find(|(known, _)| *known == scheme)?;
    let host = host.strip_suffix(port).unwrap_or(&host);
    let (kind, _) = FORGES.iter().find(|(_, known)| *known == host)?;
    let (owner, name) = path.split_once('/')?;
    let is_name = |text: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !["", ".", ".."].contains(&text) && text.chars().all(is_plain)
    };
    // These forges ignore case, and their package urls are in lower case.
    (is_name(owner) && is_name(name)).then(|| (*kind, owner.to_ascii_lowercase(), name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::samples::{commit, name};

    fn location(url: &str) -> Location {
        Location::new(&name("web"), &RemoteUrl::parse(url).expect(url), commit(0xab))
    }

    #[test]
    fn a_repository_has_the_package_url_of_its_forge() {
        let all = [
            "https://github.com/OCA/web.git",
            "https://me:secret@GitHub.com:443/OCA/Web",
            "git@github.com:OCA/web.git",
            "ssh://git@github.com:22/OCA/web/",
            "https://bitbucket.org/Acme/Web.git",
            "https://gitlab.com/acme/odoo/web.git",
            "https://github.com/OCA/web/more",
            "https://github.com:8443/OCA/web",
            "https://github.com/OCA/we%20b",
            "ssh://me:secret@git.example.com:2222/a/web.git",
            "git@git.example.com:acme/web.git",
            "https://git.example.com/100%/[x]",
            "https://${TOKEN}@git.example.com/web",
            "ssh://git.example.com/web?token=secret#x",
            "file:///srv/web.git",
            "../remotes/web.git",
        ];
        let all = all.map(|url| format!("{url}\n  {}\n", location(url).purl(Some("addons/web_x"))));
        insta::assert_snapshot!(all.concat().replace(&"ab".repeat(20), "C"), @r"
        https://github.com/OCA/web.git
          pkg:github/oca/web@C#addons/web_x
        https://me:secret@GitHub.com:443/OCA/Web
          pkg:github/oca/web@C#addons/web_x
        git@github.com:OCA/web.git
          pkg:github/oca/web@C#addons/web_x
        ssh://git@github.com:22/OCA/web/
          pkg:github/oca/web@C#addons/web_x
        https://bitbucket.org/Acme/Web.git
          pkg:bitbucket/acme/web@C#addons/web_x
        https://gitlab.com/acme/odoo/web.git
          pkg:generic/web@C?vcs_url=git%2Bhttps://gitlab.com/acme/odoo/web.git%40C#addons/web_x
        https://github.com/OCA/web/more
          pkg:generic/web@C?vcs_url=git%2Bhttps://github.com/OCA/web/more%40C#addons/web_x
        https://github.com:8443/OCA/web
          pkg:generic/web@C?vcs_url=git%2Bhttps://github.com:8443/OCA/web%40C#addons/web_x
        https://github.com/OCA/we%20b
          pkg:generic/web@C?vcs_url=git%2Bhttps://github.com/OCA/we%2520b%40C#addons/web_x
        ssh://me:secret@git.example.com:2222/a/web.git
          pkg:generic/web@C?vcs_url=git%2Bssh://me%40git.example.com:2222/a/web.git%40C#addons/web_x
        git@git.example.com:acme/web.git
          pkg:generic/web@C?vcs_url=git%2Bssh://git%40git.example.com/acme/web.git%40C#addons/web_x
        https://git.example.com/100%/[x]
          pkg:generic/web@C?vcs_url=git%2Bhttps://git.example.com/100%2525/%255Bx%255D%40C#addons/web_x
        https://${TOKEN}@git.example.com/web
          pkg:generic/web@C?vcs_url=git%2Bhttps://git.example.com/web%40C#addons/web_x
        ssh://git.example.com/web?token=secret#x
          pkg:generic/web@C?vcs_url=git%2Bssh://git.example.com/web%40C#addons/web_x
        file:///srv/web.git
          pkg:generic/web@C#addons/web_x
        ../remotes/web.git
          pkg:generic/web@C#addons/web_x
        ");
    }

    #[test]
    fn no_location_has_a_secret() {
        for url in ["https://me:secret@h.example/x", "ssh://me:secret@h/x?secret", "https://${secret}/x"] {
            let location = location(url);
            let shown = [location.purl(Some("m")), location.download(Some("m")).unwrap_or_default()];
            assert!(!shown.concat().contains("secret"), "{shown:?}");
        }
        let download = location("https://github.com/OCA/web.git").download(Some("a/b c%20"));
        let expected = format!("git+https://github.com/OCA/web.git@{}#a/b%20c%2520", "ab".repeat(20));
        assert_eq!(download, Some(expected));
    }
    #[test]
    fn a_host_that_validators_of_spdx_refuse_gives_no_download_location() {
        for host in ["git.example.com", "GitHub.com:443", "a-b.c1.info", "me@host.de", "1.fr:8080"] {
            assert!(location(&format!("ssh://{host}/web")).download(None).is_some(), "{host}");
        }
        for host in [
            "localhost",
            "127.0.0.1:8080",
            "[::1]",
            "git",
            "git.acme.internal",
            "a_b.com",
            "a--b.com",
            "x.c",
            "x.com:",
        ] {
            let location = location(&format!("http://{host}/web"));
            assert_eq!(location.download(None), None, "{host}");
            assert!(location.purl(None).contains("vcs_url=git%2Bhttp://"), "{host}");
        }
    }
}
