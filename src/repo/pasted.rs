//! Addresses of web pages that people paste from a browser in place of a url of git.

use super::{CommitId, Reference, RemoteUrl, bare_url, split_scp};

/// A page of a repository on GitHub, GitLab, Gitea, Forgejo or Bitbucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct WebPage {
    /// The url of the repository: scheme, host and path.
    pub(crate) repository: String,
    pub(crate) shows: Shows,
}

/// What a page shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Shows {
    /// The repository, or a page about it such as its issues.
    Repository,
    /// A branch; with the first directory of the path below it.
    Branch {
        name: String,
        directory: Option<String>,
    },
    Tag(String),
    Commit(CommitId),
    /// A pull or merge request.
    Request(u64),
}

/// Forges that are recognised without a scheme.
const FORGES: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"];
/// Parts of a path after which a page is meant, not a repository.
const PAGES: [&str; 18] = [
    "actions",
    "blame",
    "blob",
    "branches",
    "commit",
    "commits",
    "compare",
    "issues",
    "merge_requests",
    "pull",
    "pull-requests",
    "pulls",
    "releases",
    "security",
    "src",
    "tags",
    "tree",
    "wiki",
];

impl WebPage {
    /// The address of a request on the forge that has this ref for it. `None` if the url is no address of the web.
    pub(crate) fn of_request(url: &RemoteUrl, reference: &Reference, number: u64) -> Option<String> {
        let Reference::Full(name) = reference else { return None };
        let page = if name.starts_with("refs/merge-requests/") {
            "-/merge_requests"
        } else if name.starts_with("refs/pull-requests/") {
            "pull-requests"
        } else {
            "pull"
        };
        let url = bare_url(url.as_str());
        url.starts_with("http").then(|| format!("{url}/{page}/{number}"))
    }

    /// The address that shows what is between two commits. `None` for a host of which it is not known which forge it is.
    pub(crate) fn of_comparison(url: &RemoteUrl, from: CommitId, to: CommitId) -> Option<String> {
        let (forge, repository) = Forge::of(url)?;
        Some(match forge {
            Forge::GitLab => format!("{repository}/-/compare/{from}...{to}"),
            Forge::Bitbucket => format!("{repository}/branches/compare/{to}..{from}"),
            Forge::GitHub | Forge::Gitea => format!("{repository}/compare/{from}...{to}"),
        })
    }

    /// The address of a request that was merged into this repository. `None` as for a comparison.
    pub(crate) fn of_merged(url: &RemoteUrl, number: u64) -> Option<String> {
        let (forge, repository) = Forge::of(url)?;
        Some(match forge {
            Forge::GitHub => format!("{repository}/pull/{number}"),
            Forge::GitLab => format!("{repository}/-/merge_requests/{number}"),
            Forge::Bitbucket => format!("{repository}/pull-requests/{number}"),
            Forge::Gitea => format!("{repository}/pulls/{number}"),
        })
    }

    /// The address of a commit. `None` as for a comparison.
    pub(crate) fn of_commit(url: &RemoteUrl, commit: CommitId) -> Option<String> {
        let (forge, repository) = Forge::of(url)?;
        Some(match forge {
            Forge::GitHub | Forge::Gitea => format!("{repository}/commit/{commit}"),
            Forge::GitLab => format!("{repository}/-/commit/{commit}"),
            Forge::Bitbucket => format!("{repository}/commits/{commit}"),
        })
    }

    /// The ref of a request, to merge it into another repository than its own: of the forge whose addresses look so.
    pub(crate) fn ref_of_request(word: &str, number: u64) -> String {
        if word.contains("/merge_requests/") {
            format!("refs/merge-requests/{number}/head")
        } else if word.contains("/pull-requests/") {
            format!("refs/pull-requests/{number}/from")
        } else {
            format!("refs/pull/{number}/head")
        }
    }

    /// Understands a word that is the address of a page. `None` for urls of git, names and paths.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let address = word.split(['?', '#']).next()?.trim_end_matches('/');
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (scheme, rest),
            Some(_) => return None,
            None => ("https", address),
        };
        let (host, path) = rest.split_once('/')?;
        let host = host.strip_prefix("www.").filter(|bare| FORGES.contains(bare)).unwrap_or(host);
        let is_forge = FORGES.contains(&host.to_ascii_lowercase().as_str());
        // A url with a user or a password is written by hand.
        if host.contains('@') || (!address.contains("://") && !is_forge) {
            return None;
        }
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let repository = |parts: &[&str]| format!("{scheme}://{host}/{}", parts.join("/"));
        // On GitLab, groups can have any number of parts and any name, and only `-` ends the repository. Elsewhere, a
        // repository has two parts.
        let is_page = |at: usize| match parts.get(at) {
            Some(&"-") => true,
            Some(part) => {
                host != "gitlab.com" && at == 2 && PAGES.contains(part) && (is_forge || at + 1 < parts.len())
            }
            None => false,
        };
        let at = (2..parts.len()).find(|&at| is_page(at));
        let Some(at) = at.filter(|_| !path.ends_with(".git")) else {
            // `https://host/web.git` is a url of git; with a query, or without a scheme, it was pasted.
            let is_url = address == word && address.contains("://");
            return (!is_url && parts.len() >= 2)
                .then(|| Self { repository: repository(&parts), shows: Shows::Repository });
        };
        let page: &[&str] = if parts[at] == "-" { &parts[at + 1..] } else { &parts[at..] };
        Some(Self { repository: repository(&parts[..at]), shows: Shows::of(page) })
    }

    /// The name of the repository as its url writes it.
    pub(crate) fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

/// A kind of forge, which decides how its addresses look. Forgejo is like Gitea.
#[derive(Clone, Copy)]
enum Forge {
    GitHub,
    GitLab,
    Bitbucket,
    Gitea,
}

impl Forge {
    /// The forge of a repository by the name of its host, and the address of the repository there.
    fn of(url: &RemoteUrl) -> Option<(Self, String)> {
        let bare = bare_url(url.as_str());
        let (host, path) = match (bare.split_once("://"), split_scp(bare)) {
            (Some(("http" | "https" | "ssh", rest)), _) => rest.split_once('/')?,
            (None, Some((_, host, path))) => (host, path),
            _ => return None,
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let is_plain =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/~".contains(&byte));
        if !is_plain(host) || !is_plain(path) {
            return None;
        }
        let is_of = |forge: &str| host.split('.').any(|part| part == forge);
        let forge = if is_of("gitlab") {
            Self::GitLab
        } else if host == "bitbucket.org" {
            Self::Bitbucket
        } else if is_of("github") {
            Self::GitHub
        } else if ["gitea", "forgejo", "codeberg"].into_iter().any(is_of) {
            Self::Gitea
        } else {
            return None;
        };
        Some((forge, format!("https://{host}/{}", path.trim_matches('/'))))
    }
}

impl Shows {
    fn of(page: &[&str]) -> Self {
        let branch = |name: &str, path: &[&str]| Self::Branch {
            name: name.to_owned(),
            directory: path.first().map(|part| (*part).to_owned()),
        };
        match page {
            ["pull" | "pulls" | "merge_requests" | "pull-requests", number, ..] => {
                // The address of its patch or diff.
                let number = number.strip_suffix(".patch").or(number.strip_suffix(".diff")).unwrap_or(number);
                number.parse().map_or(Self::Repository, Self::Request)
            }
            ["commit" | "commits" | "tree" | "blob" | "src", id, ..] if CommitId::parse(id).is_ok() => {
                CommitId::parse(id).map_or(Self::Repository, Self::Commit)
            }
            // Gitea and Forgejo.
            ["src", "commit", id, ..] => CommitId::parse(id).map_or(Self::Repository, Self::Commit),
            ["src", "tag", name, ..] => Self::Tag((*name).to_owned()),
            ["src", "branch", name, path @ ..] => branch(name, path),
            // The only part after the branch is a file.
            ["blob" | "blame", name, _] => branch(name, &[]),
            ["tree" | "blob" | "blame" | "src" | "commits", name, path @ ..] => branch(name, path),
            _ => Self::Repository,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        match WebPage::parse(word) {
            None => "no page".to_owned(),
            Some(WebPage { repository, shows }) => format!("{repository} {shows:?}"),
        }
    }

    #[test]
    fn a_comparison_has_the_address_of_its_forge() {
        let [from, to] = ["a", "b"].map(|digit| CommitId::parse(&digit.repeat(40)).expect("a commit"));
        let all = [
            "https://github.com/OCA/web.git",
            "https://me:secret@github.com/OCA/web",
            "git@github.com:OCA/web.git",
            "ssh://git@gitlab.example.com/acme/odoo/web.git",
            "https://codeberg.org/acme/web",
            "https://bitbucket.org/acme/web.git",
            "https://git.example.com/acme/web",
            "https://example.com:8443/acme/web",
            "https://github.com/OCA/web)x",
            "../github.com/web",
        ]
        .map(|url| {
            let parsed = RemoteUrl::parse(url).expect("a url");
            format!("{url} -> {}\n", WebPage::of_comparison(&parsed, from, to).as_deref().unwrap_or("-"))
        });
        let all = all.concat().replace(&from.to_string(), "A").replace(&to.to_string(), "B");
        insta::assert_snapshot!(all, @"
        https://github.com/OCA/web.git -> https://github.com/OCA/web/compare/A...B
        https://me:secret@github.com/OCA/web -> https://github.com/OCA/web/compare/A...B
        git@github.com:OCA/web.git -> https://github.com/OCA/web/compare/A...B
        ssh://git@gitlab.example.com/acme/odoo/web.git -> https://gitlab.example.com/acme/odoo/web/-/compare/A...B
        https://codeberg.org/acme/web -> https://codeberg.org/acme/web/compare/A...B
        https://bitbucket.org/acme/web.git -> https://bitbucket.org/acme/web/branches/compare/B..A
        https://git.example.com/acme/web -> -
        https://example.com:8443/acme/web -> -
        https://github.com/OCA/web)x -> -
        ../github.com/web -> -
        ");
    }

    #[test]
    fn a_merged_request_and_a_commit_have_the_address_of_their_forge() {
        let commit = CommitId::parse(&"a".repeat(40)).expect("a commit");
        let all = [
            "https://me:secret@github.com/OCA/web.git",
            "git@gitlab.example.com:acme/odoo/web.git",
            "https://codeberg.org/acme/web",
            "https://bitbucket.org/acme/web.git",
            "https://git.example.com/acme/web",
        ]
        .map(|url| {
            let url = RemoteUrl::parse(url).expect("a url");
            let pages = [WebPage::of_merged(&url, 12), WebPage::of_commit(&url, commit)];
            pages.map(|page| format!("{}\n", page.as_deref().unwrap_or("-"))).concat()
        });
        insta::assert_snapshot!(all.concat().replace(&commit.to_string(), "A"), @"
        https://github.com/OCA/web/pull/12
        https://github.com/OCA/web/commit/A
        https://gitlab.example.com/acme/odoo/web/-/merge_requests/12
        https://gitlab.example.com/acme/odoo/web/-/commit/A
        https://codeberg.org/acme/web/pulls/12
        https://codeberg.org/acme/web/commit/A
        https://bitbucket.org/acme/web/pull-requests/12
        https://bitbucket.org/acme/web/commits/A
        -
        -
        ");
    }

    #[test]
    fn pages_of_forges_are_understood() {
        let commit = "0123456789012345678901234567890123456789";
        let all = [
            "https://github.com/OCA/web",
            "https://github.com/OCA/web.git",
            "https://github.com/OCA/web/",
            "github.com/OCA/web",
            "www.github.com/OCA/web/",
            "https://github.com/OCA/web?tab=readme-ov-file#readme",
            "https://github.com/OCA/web/tree/18.0",
            "https://github.com/OCA/web/tree/18.0/web_responsive/static",
            "https://github.com/OCA/web/blob/18.0/README.md",
            "https://github.com/OCA/web/pull/2950/files#diff-1",
            "https://github.com/OCA/web/pulls",
            "https://github.com/OCA/web/issues/12",
            &format!("https://github.com/OCA/web/commit/{commit}"),
            "https://gitlab.com/acme/odoo/web/-/tree/18.0/web_x?ref_type=heads",
            "https://git.example.com/acme/web/-/merge_requests/7/diffs",
            "https://codeberg.org/acme/web/src/branch/18.0/web_x",
            "https://codeberg.org/acme/web/src/tag/v1",
            "https://gitlab.com/acme/odoo/src",
            "https://git.example.com/acme/src/wiki",
            "https://bitbucket.org/acme/web/src/18.0/web_x/",
            "https://bitbucket.org/acme/web/pull-requests/3",
            "git@github.com:OCA/web.git",
            "ssh://git@github.com/OCA/web.git",
            "web",
            "OCA/web",
            "../web/tree/x",
        ]
        .map(|word| format!("{word} -> {}\n", shown(word)))
        .concat();
        insta::assert_snapshot!(all, @r#"
        https://github.com/OCA/web -> no page
        https://github.com/OCA/web.git -> no page
        https://github.com/OCA/web/ -> https://github.com/OCA/web Repository
        github.com/OCA/web -> https://github.com/OCA/web Repository
        www.github.com/OCA/web/ -> https://github.com/OCA/web Repository
        https://github.com/OCA/web?tab=readme-ov-file#readme -> https://github.com/OCA/web Repository
        https://github.com/OCA/web/tree/18.0 -> https://github.com/OCA/web Branch { name: "18.0", directory: None }
        https://github.com/OCA/web/tree/18.0/web_responsive/static -> https://github.com/OCA/web Branch { name: "18.0", directory: Some("web_responsive") }
        https://github.com/OCA/web/blob/18.0/README.md -> https://github.com/OCA/web Branch { name: "18.0", directory: None }
        https://github.com/OCA/web/pull/2950/files#diff-1 -> https://github.com/OCA/web Request(2950)
        https://github.com/OCA/web/pulls -> https://github.com/OCA/web Repository
        https://github.com/OCA/web/issues/12 -> https://github.com/OCA/web Repository
        https://github.com/OCA/web/commit/0123456789012345678901234567890123456789 -> https://github.com/OCA/web Commit(0123456789012345678901234567890123456789)
        https://gitlab.com/acme/odoo/web/-/tree/18.0/web_x?ref_type=heads -> https://gitlab.com/acme/odoo/web Branch { name: "18.0", directory: Some("web_x") }
        https://git.example.com/acme/web/-/merge_requests/7/diffs -> https://git.example.com/acme/web Request(7)
        https://codeberg.org/acme/web/src/branch/18.0/web_x -> https://codeberg.org/acme/web Branch { name: "18.0", directory: Some("web_x") }
        https://codeberg.org/acme/web/src/tag/v1 -> https://codeberg.org/acme/web Tag("v1")
        https://gitlab.com/acme/odoo/src -> no page
        https://git.example.com/acme/src/wiki -> no page
        https://bitbucket.org/acme/web/src/18.0/web_x/ -> https://bitbucket.org/acme/web Branch { name: "18.0", directory: Some("web_x") }
        https://bitbucket.org/acme/web/pull-requests/3 -> https://bitbucket.org/acme/web Request(3)
        git@github.com:OCA/web.git -> no page
        ssh://git@github.com/OCA/web.git -> no page
        web -> no page
        OCA/web -> no page
        ../web/tree/x -> no page
        "#);
    }
}
