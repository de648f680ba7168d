//! References: a branch, a tag or a commit.

use std::fmt;

use super::{CommitId, Invalid, is_invisible};

/// What `repos.toml` wants of a repository: a branch to follow, a tag, or a commit by its id.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Reference {
    Branch(String),
    Tag(String),
    Rev(CommitId),
    /// A ref by its full name, such as `refs/pull/2950/head`. Only merges use it.
    Full(String),
}

impl Reference {
    /// A branch, if `word` is valid by git's rules (`git check-ref-format --branch`).
    pub(crate) fn branch(word: &str) -> Result<Self, Invalid> {
        check_ref_name(word, "branch name")?;
        Ok(Self::Branch(word.to_owned()))
    }

    /// A tag, by the same rules.
    pub(crate) fn tag(word: &str) -> Result<Self, Invalid> {
        check_ref_name(word, "tag name")?;
        Ok(Self::Tag(word.to_owned()))
    }

    /// A ref by its full name, by the same rules.
    pub(crate) fn full(word: &str) -> Result<Self, Invalid> {
        let name = word.strip_prefix("refs/").ok_or_else(|| {
            Invalid::new(word, "name of a ref", "it must begin with `refs/`, such as `refs/heads/18.0`")
        })?;
        check_ref_name(name, "name of a ref")?;
        Ok(Self::Full(word.to_owned()))
    }

    /// The name of the branch, if it is one.
    pub(crate) fn as_branch(&self) -> Option<&str> {
        match self {
            Self::Branch(name) => Some(name),
            Self::Tag(_) | Self::Rev(_) | Self::Full(_) => None,
        }
    }

    /// The full name of the ref on the remote, such as `refs/heads/18.0`. `None` for a commit.
    pub(crate) fn full_name(&self) -> Option<String> {
        match self {
            Self::Branch(name) => Some(format!("refs/heads/{name}")),
            Self::Tag(name) => Some(format!("refs/tags/{name}")),
            Self::Rev(_) => None,
            Self::Full(name) => Some(name.clone()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) => write!(f, "branch `{name}`"),
            Self::Tag(name) => write!(f, "tag `{name}`"),
            Self::Rev(commit) => write!(f, "commit `{commit}`"),
            Self::Full(name) => write!(f, "ref `{name}`"),
        }
    }
}

fn check_ref_name(word: &str, what: &'static str) -> Result<(), Invalid> {
    let refuse = |why| Err(Invalid::new(word, what, why));
    if word.is_empty() || word == "@" || word == "HEAD" || word.starts_with("refs/") {
        return refuse("it must be a plain name such as `18.0`");
    }
    if CommitId::parse(word).is_ok() {
        return refuse("it looks like a commit id; write it as `rev`");
    }
    if word.starts_with(['-', '/']) || word.ends_with(['/', '.']) {
        return refuse("it must not begin with `-` or `/`, or end with `/` or `.`");
    }
    let forbidden = |c: char| is_invisible(c) || " ~^:?*[\\".contains(c);
    if word.chars().any(forbidden) || word.contains("..") || word.contains("@{") || word.contains("//") {
        return refuse(
            "it must not contain blanks, invisible characters, `..`, `@{`, `//` or any of `~^:?*[\\`",
        );
    }
    if word.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
        return refuse("its parts must not begin with `.` or end with `.lock`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_names_follow_git() {
        for word in [
            "",
            "HEAD",
            "@",
            "-x",
            "a..b",
            "a b",
            "x.lock",
            "a/.b",
            "refs/heads/x",
            "a:b",
            "a@{1",
            "x/",
            "x.",
        ] {
            assert!(Reference::branch(word).is_err(), "{word}");
        }
        assert!(Reference::branch(&"a".repeat(40)).is_err());
        for word in ["heads/x", "refs/", "refs/x y", "refs/-x", "refs/heads/../x", "refs/refs/x"] {
            assert!(Reference::full(word).is_err(), "{word}");
        }
        assert!(Reference::full("refs/pull/2950/head").is_ok());
        for word in ["18.0", "18.0-fix/x", "é"] {
            assert!(Reference::branch(word).is_ok(), "{word}");
        }
    }
}
