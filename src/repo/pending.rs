//! Pending merges: where a change is that a project merges into a repository.

use std::fmt;

use super::{CommitId, Invalid, ModuleName, Reference, RemoteUrl, redact};

/// The changes of a project to a repository, in the order in which they are made: first the merges, then the patches.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Pending {
    pub(crate) merges: Vec<PendingMerge>,
    /// Paths relative to `repos.toml` and below its directory, tidied.
    pub(crate) patches: Vec<String>,
}

impl Pending {
    /// Each merge and each patch in words.
    pub(crate) fn words(&self) -> Vec<String> {
        self.merges.iter().map(ToString::to_string).chain(self.patches.iter().cloned()).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.merges.is_empty() && self.patches.is_empty()
    }
}

/// A pull request or a branch to merge.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct PendingMerge {
    pub(crate) source: MergeSource,
    /// Only the files of these modules. `None` stands for the whole change.
    pub(crate) modules: Option<Vec<ModuleName>>,
    /// Only its own difference. The commits of the branch on which it is based do not come along.
    pub(crate) pick: bool,
}

/// Without secrets.
impl fmt::Display for PendingMerge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, modules, pick } = self;
        source.fmt(f)?;
        if let Some(modules) = modules {
            let names: Vec<&str> = modules.iter().map(ModuleName::as_str).collect();
            write!(f, " [{}]", names.join(" "))?;
        }
        f.write_str(if *pick { " (pick)" } else { "" })
    }
}

/// Where a change is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct MergeSource {
    /// `None` means the repository's own url. A request is always on the repository itself.
    pub(crate) url: Option<RemoteUrl>,
    pub(crate) reference: MergeRef,
}

impl MergeSource {
    pub(crate) fn request(number: u64) -> Self {
        Self { url: None, reference: MergeRef::Request(number) }
    }

    /// `#NUMBER`, `REF`, or `URL REF`. Inverse of the text that it shows, except for secrets.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let refuse = |word: &str, why| Err(Invalid::new(word, "merge", why));
        match words[..] {
            [number] if number.starts_with('#') => match number[1..].parse() {
                Ok(request @ 1..) if number[1..].bytes().all(|byte| byte.is_ascii_digit()) => {
                    Ok(Self::request(request))
                }
                _ => refuse(number, "it is not the number of a request"),
            },
            [url] if url.contains(':') => refuse(url, "it has no ref after the url"),
            [reference] => Ok(Self { url: None, reference: MergeRef::named(reference)? }),
            [url, reference] => {
                Ok(Self { url: Some(RemoteUrl::parse(url)?), reference: MergeRef::named(reference)? })
            }
            _ => refuse(&redact(text), "it must be `#NUMBER`, `REF` or `URL REF`"),
        }
    }

    /// The same, without a user and a password in the url.
    #[must_use]
    pub(crate) fn without_secret(&self) -> Self {
        Self { url: self.url.as_ref().map(RemoteUrl::without_secret), reference: self.reference.clone() }
    }

    /// The number of the request, if it is one.
    pub(crate) fn as_request(&self) -> Option<u64> {
        match self.reference {
            MergeRef::Request(number) => Some(number),
            MergeRef::Name(_) | MergeRef::Full(_) | MergeRef::Commit(_) => None,
        }
    }

    /// The merge with the name of its repository, such as `web#2950` or `web#URL REF`: so it is typed on the command
    /// line. Without secrets.
    pub(crate) fn of(&self, repo: &super::RepoName) -> String {
        format!("{repo}#{}", self.to_string().trim_start_matches('#'))
    }
}

/// Without secrets.
impl fmt::Display for MergeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.iter().try_for_each(|url| write!(f, "{url} "))?;
        self.reference.fmt(f)
    }
}

/// The part of a remote to merge.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum MergeRef {
    /// A pull or merge request, by its number.
    Request(u64),
    /// A branch or a tag, as git's commands take it.
    Name(String),
    /// A ref by its full name.
    Full(String),
    Commit(CommitId),
}

impl MergeRef {
    /// A branch or tag, a full ref such as `refs/pull/2950/head`, or a full commit id, as git accepts them.
    pub(crate) fn named(word: &str) -> Result<Self, Invalid> {
        if let Ok(commit) = CommitId::parse(word) {
            return Ok(Self::Commit(commit));
        }
        if word.starts_with("refs/") {
            return Reference::full(word).map(|_| Self::Full(word.to_owned()));
        }
        Reference::branch(word).map(|_| Self::Name(word.to_owned()))
    }

    /// The refs that it can be, by their full names, in the order in which they count. Empty for a commit.
    pub(crate) fn full_names(&self) -> Vec<String> {
        match self {
            // GitHub, Gitea and Forgejo; GitLab; Bitbucket Server.
            Self::Request(number) => vec![
                format!("refs/pull/{number}/head"),
                format!("refs/merge-requests/{number}/head"),
                format!("refs/pull-requests/{number}/from"),
            ],
            Self::Name(name) => vec![format!("refs/heads/{name}"), format!("refs/tags/{name}")],
            Self::Full(name) => vec![name.clone()],
            Self::Commit(_) => Vec::new(),
        }
    }
}

impl fmt::Display for MergeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(number) => write!(f, "#{number}"),
            Self::Name(name) | Self::Full(name) => f.write_str(name),
            Self::Commit(commit) => write!(f, "{commit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_names_a_ref_or_a_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (word, expected) in [
            ("18.0-fix", MergeRef::Name("18.0-fix".to_owned())),
            ("refs/pull/1/merge", MergeRef::Full("refs/pull/1/merge".to_owned())),
            (commit, MergeRef::Commit(CommitId::parse(commit).expect("an id"))),
        ] {
            let read = MergeRef::named(word).expect(word);
            assert_eq!((read.to_string().as_str(), &read), (word, &expected));
        }
        for word in ["", "a b", "-x", "refs/", "refs/a..b", "HEAD"] {
            assert!(MergeRef::named(word).is_err(), "{word}");
        }
        assert_eq!(MergeRef::Request(7).to_string(), "#7");
        assert_eq!(MergeRef::Request(7).full_names()[1], "refs/merge-requests/7/head");
    }
}
