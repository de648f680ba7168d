//! Which request is meant, and at which forge it is.

use url::Url;

use crate::git::{Api, Git};
use crate::repo::{Reference, RemoteUrl};

/// A request on a forge.
pub(crate) struct Address<'a> {
    pub(super) api: Api<'a>,
    pub(super) family: Family,
    /// The parts of the path of the repository, percent-encoded and without `.git`. They are two or more.
    pub(super) path: Vec<String>,
    pub(super) number: u64,
}

/// Forges with the same refs for requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Family {
    /// github.com
    GitHub,
    GitLab,
    /// GitHub Enterprise, Gitea or Forgejo: they have the same refs.
    Pulls,
    /// Bitbucket, whose API oca does not know.
    Other,
}

impl<'a> Address<'a> {
    /// The request with this ref on the remote with this expanded url. `None` if it is no request, or if the remote is
    /// on no forge or cannot be asked.
    pub(crate) fn of(git: &'a Git, url: &RemoteUrl, reference: &Reference) -> Option<Self> {
        let Reference::Full(name) = reference else { return None };
        let (is_pull, number) = number_of(name)?;
        let api = git.api(url)?;
        let path = path_of(api.remote())?;
        let family = match is_pull {
            Some(true) if is_github(api.remote()) => Family::GitHub,
            Some(true) => Family::Pulls,
            Some(false) => Family::GitLab,
            None => Family::Other,
        };
        Some(Self { api, family, path, number })
    }

    /// An address of the API. Its path begins where the forge does, and can have a query.
    pub(super) fn at(&self, path: &str) -> Url {
        api_url(self.family, self.api.remote(), &self.prefix(), path)
    }

    fn prefix(&self) -> String {
        prefix(self.family, &self.path)
    }

    /// The owner and the name of the repository.
    pub(super) fn owner_and_name(&self) -> [&str; 2] {
        [&self.path[self.path.len() - 2], &self.path[self.path.len() - 1]]
    }

    /// Whether one question can be about both, with the same credentials.
    pub(super) fn is_with(&self, other: &Self) -> bool {
        self.family == other.family && self.prefix() == other.prefix() && self.api.is_same_user(&other.api)
    }
}

/// What stands before owner and name of the repository: a forge may be below a path. GitLab has groups there.
fn prefix(family: Family, path: &[String]) -> String {
    match family {
        Family::Pulls => path[..path.len() - 2].join("/"),
        _ => String::new(),
    }
}

fn api_url(family: Family, remote: &Url, prefix: &str, path: &str) -> Url {
    let mut url = match family {
        Family::GitHub => Url::parse("https://api.github.com/").expect("a url"),
        _ => remote.clone(),
    };
    let _has_a_host = url.set_username("").and_then(|()| url.set_password(None));
    url.set_fragment(None);
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    url.set_path(&format!("{prefix}/{path}"));
    url.set_query(query);
    url
}

/// Whether it is a pull request or a merge request, and its number. `None` in place of the first for another forge.
fn number_of(name: &str) -> Option<(Option<bool>, u64)> {
    let (kind, number) = match name.split('/').collect::<Vec<_>>()[..] {
        ["refs", "pull", number, "head" | "merge"] => (Some(true), number),
        ["refs", "merge-requests", number, "head" | "merge"] => (Some(false), number),
        ["refs", "pull-requests", number, "from" | "merge"] => (None, number),
        _ => return None,
    };
    Some((kind, number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?))
}

fn is_github(url: &Url) -> bool {
    url.host_str() == Some("github.com") && url.port().is_none()
}

fn path_of(url: &Url) -> Option<Vec<String>> {
    let mut path: Vec<String> =
        url.path_segments()?.filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let last = path.last_mut()?;
    if let Some(bare) = last.strip_suffix(".git").filter(|bare| !bare.is_empty()) {
        *last = bare.to_owned();
    }
    Some(path).filter(|path| path.len() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ref_of_a_request_has_its_number() {
        for (name, kind, number) in [
            ("refs/pull/2950/head", Some(true), 2950),
            ("refs/pull/1/merge", Some(true), 1),
            ("refs/merge-requests/7/head", Some(false), 7),
            ("refs/pull-requests/3/from", None, 3),
        ] {
            assert_eq!(number_of(name), Some((kind, number)), "{name}");
        }
        for name in [
            "refs/heads/18.0",
            "refs/pull/x/head",
            "refs/pull/+1/head",
            "refs/pull/1",
            "refs/pull/1/head/x",
            "refs/pull/99999999999999999999/head",
        ] {
            assert_eq!(number_of(name), None, "{name}");
        }
    }

    #[test]
    fn the_path_of_a_repository_has_two_parts_or_more() {
        let path = |url: &str| path_of(&Url::parse(url).expect("a url")).map(|path| path.join("|"));
        for (url, parts) in [
            ("https://github.com/OCA/web.git", Some("OCA|web")),
            ("https://host//a/b/c.git/", Some("a|b|c")),
            ("https://host/a%2Fb/c d", Some("a%2Fb|c%20d")),
            ("https://host/a/.git", Some("a|.git")),
            ("https://host/web.git", None),
            ("https://host/a/../web.git", None),
        ] {
            assert_eq!(path(url).as_deref(), parts, "{url}");
        }
    }

    #[test]
    fn the_api_is_at_the_server_of_the_repository_or_of_github() {
        let url = |family, remote: &str, path: &str| {
            let remote = Url::parse(remote).expect("a url");
            let prefix = prefix(family, &path_of(&remote).expect("a path"));
            api_url(family, &remote, &prefix, path).to_string()
        };
        for (family, remote, path, expected) in [
            (
                Family::GitHub,
                "https://me:word@github.com/OCA/web",
                "graphql",
                "https://api.github.com/graphql",
            ),
            (
                Family::GitLab,
                "https://me:word@host:8443/a/b/web.git",
                "api/v4/projects/a%2Fb%2Fweb?iids[]=1",
                "https://host:8443/api/v4/projects/a%2Fb%2Fweb?iids[]=1",
            ),
            (Family::Pulls, "http://host/git/acme/web", "api/v1/x", "http://host/git/api/v1/x"),
            (Family::Pulls, "https://host/acme/web", "api/v1/x", "https://host/api/v1/x"),
        ] {
            assert_eq!(url(family, remote, path), expected);
        }
        assert!(is_github(&Url::parse("https://github.com/OCA/web").expect("a url")));
        for other in ["https://github.com:8443/OCA/web", "https://github.com.example.com/OCA/web"] {
            assert!(!is_github(&Url::parse(other).expect("a url")), "{other}");
        }
    }
}
