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
    /// Reads `#2950`, a branch or tag, a full ref such as `refs/pull/2950/head`, or a full commit id.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        if let Some(digits) = word.strip_prefix('#') {
            let is_number = !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit());
            let number = digits.parse().ok().filter(|_| is_number);
            let why = "it must be a number after `#`, such as `#2950`";
            return number.map(Self::Request).ok_or_else(|| Invalid::new(word, "request", why));
        }
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
    fn a_merge_names_a_request_a_ref_or_a_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for (word, expected) in [
            ("#2950", MergeRef::Request(2950)),
            ("18.0-fix", MergeRef::Name("18.0-fix".to_owned())),
            ("refs/pull/1/merge", MergeRef::Full("refs/pull/1/merge".to_owned())),
            (commit, MergeRef::Commit(CommitId::parse(commit).expect("an id"))),
        ] {
            let read = MergeRef::parse(word).expect(word);
            assert_eq!((read.to_string().as_str(), &read), (word, &expected));
        }
        for word in
            ["", "#", "#0", "#01", "#+1", "#1 ", "#99999999999999999999", "a b", "-x", "refs/", "HEAD"]
        {
            assert!(MergeRef::parse(word).is_err(), "{word}");
        }
    }
}
