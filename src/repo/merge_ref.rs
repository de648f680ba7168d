//! What a merge names on its remote.

use std::fmt;

use super::{CommitId, Invalid, Reference};

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
    /// A branch or tag, a full ref such as `refs/pull/2950/head`, or a full commit id.
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
