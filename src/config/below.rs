//! Paths below the project: relative ones that leave it nowhere, and directories of checkouts.

use crate::repo::{is_dot_git, is_file_name};

/// Why a path is not below the directory that it is relative to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum NotBelow {
    #[error("it must be relative")]
    Absolute,
    #[error("it must not contain `..`")]
    Parent,
    #[error("it must name a directory or a file, not `.`")]
    Itself,
    #[error("it must not contain `.git`, because git uses that name")]
    Git,
    #[error("write `/`, not `\\`")]
    Backslash,
    #[error("the project has a file of its own there")]
    OwnFile,
    #[error("only a shell knows what `~` means; the path is relative to `repos.toml`")]
    Home,
}

/// The files in the directory of `repos.toml` that oca or git reads or writes there. `.git` is refused in every place.
pub(super) const OWN_FILES: [&str; 7] = [
    "repos.toml",
    "repos.local.toml",
    "oca.lock.json",
    "oca.lock.d",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
];

/// Tidies a directory of checkouts. None of the project's own files may be in its place.
pub(super) fn checkouts_below(path: &str) -> Result<String, NotBelow> {
    let tidied = below(path)?;
    let first = tidied.split('/').next().unwrap_or_default();
    if first.starts_with('~') {
        return Err(NotBelow::Home);
    }
    if is_own_file(&tidied) { Err(NotBelow::OwnFile) } else { Ok(tidied) }
}

/// Whether a tidied path is one of the project's own files, or inside it.
pub(crate) fn is_own_file(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    OWN_FILES.iter().any(|file| is_file_name(first.as_bytes(), file))
}

/// Whether a tidied path is another one, or inside it. Some file systems ignore case.
pub(crate) fn is_inside(inner: &str, outer: &str) -> bool {
    let [inner, outer] = [inner, outer].map(str::to_lowercase);
    inner.strip_prefix(&outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Tidies a relative path that stays below its root.
pub(super) fn below(path: &str) -> Result<String, NotBelow> {
    if path.contains('\\') {
        return Err(NotBelow::Backslash);
    }
    // On Windows, `C:x` leaves the directory as `C:/x` does.
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Err(NotBelow::Absolute);
    }
    if path.split('/').any(|part| part == "..") {
        return Err(NotBelow::Parent);
    }
    if path.split('/').any(|part| is_dot_git(part.as_bytes())) {
        return Err(NotBelow::Git);
    }
    let tidied = tidy(path);
    if tidied.is_empty() {
        return Err(NotBelow::Itself);
    }
    Ok(tidied)
}

pub(super) fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_root() {
        for (path, why) in [
            ("/x", NotBelow::Absolute),
            ("C:x", NotBelow::Absolute),
            ("C:/x", NotBelow::Absolute),
            ("..", NotBelow::Parent),
            ("a/../b", NotBelow::Parent),
            (".", NotBelow::Itself),
            ("", NotBelow::Itself),
            ("./", NotBelow::Itself),
            ("a/.Git/b", NotBelow::Git),
            ("a\\b", NotBelow::Backslash),
        ] {
            assert_eq!(below(path), Err(why), "{path}");
        }
        assert_eq!(below("./a//b/.").as_deref(), Ok("a/b"));
        assert_eq!(below("..a/b..").as_deref(), Ok("..a/b.."));
    }

    #[test]
    fn the_files_of_the_project_are_no_place_for_checkouts() {
        for path in
            ["repos.toml", "./REPOS.toml/x", "oca.lock.d/a", ".gitignore", "repos.toml.", ".gitmodules "]
        {
            assert_eq!(checkouts_below(path), Err(NotBelow::OwnFile), "{path}");
        }
        for path in ["~", "~/odoo", "~me/odoo"] {
            assert_eq!(checkouts_below(path), Err(NotBelow::Home), "{path}");
        }
        for path in ["oca", "x/repos.toml", "repos.toml-19", "a~b"] {
            assert_eq!(checkouts_below(path).as_deref(), Ok(path));
        }
    }

    #[test]
    fn a_path_is_inside_another_whatever_its_case() {
        assert!(is_inside("a/b", "A") && is_inside("A", "a"));
        assert!(!is_inside("ab", "a") && !is_inside("a", "a/b"));
    }
}
