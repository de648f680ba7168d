//! Names of repositories.

use std::fmt;

use super::Invalid;

/// The name of a repository. The directory of its checkout has the same name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RepoName(String);

impl RepoName {
    /// Accepts `[A-Za-z0-9][A-Za-z0-9._-]*`, except names that a file system or git reserves.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let refuse = |why| Err(Invalid::new(word, "repository name", why));
        if !word.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return refuse("it must begin with a letter or a digit");
        }
        if !word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            return refuse("it must contain only letters, digits, `.`, `_` and `-`");
        }
        if word.ends_with('.') || word.to_ascii_lowercase().ends_with(".git") {
            return refuse("it must not end with `.` or `.git`");
        }
        if is_windows_device(word) {
            return refuse("Windows reserves this name for a device");
        }
        Ok(Self(word.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn is_windows_device(word: &str) -> bool {
    let stem = word.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |prefix| stem.strip_prefix(prefix).is_some_and(|rest: &str| matches!(rest.as_bytes(), [b'0'..=b'9']));
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_directory_are_refused() {
        for word in [
            "", ".", "..", ".git", "a/b", "a\\b", "-x", "a b", "é", "web.git", "web.", "CON", "com1.x", "nul",
        ] {
            assert!(RepoName::parse(word).is_err(), "{word}");
        }
        for word in ["web", "l10n-spain", "a.b_c-d", "0x", "console", "com10"] {
            assert!(RepoName::parse(word).is_ok(), "{word}");
        }
    }
}
