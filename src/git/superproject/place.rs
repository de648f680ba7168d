//! Places of submodules. Paths and names from `.gitmodules` and the index are checked by git's own rules. A valid one
//! is a place below the work tree or below the git directory.

use std::path::{Path, PathBuf};

use crate::git::Error;
use crate::repo::{is_text, refuse_everywhere};

/// The path of a submodule relative to the top of the work tree, with `/` between its parts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct SubmodulePath(String);

/// The name of a submodule: the path of its git directory below `.git/modules`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct SubmoduleName(String);

impl SubmodulePath {
    /// Checks a path. A leading `./` and a final `/` are removed. The error says why the path is refused.
    pub(crate) fn parse(path: &str) -> Result<Self, &'static str> {
        let path = path.trim_end_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path);
        path.split('/').try_for_each(refuse_part)?;
        Ok(Self(path.to_owned()))
    }

    /// The same for a path that `repos.toml` declares.
    pub(crate) fn declared(path: &str) -> Result<Self, Error> {
        Self::parse(path).map_err(|why| Error::NoSubmodulePath { path: path.to_owned(), why })
    }

    /// The name for a new submodule at this path.
    pub(crate) fn as_name(&self) -> SubmoduleName {
        SubmoduleName(self.0.clone())
    }

    /// Whether the path is this directory or in it.
    pub(crate) fn is_in(&self, directory: &str) -> bool {
        is_in(self.as_str(), directory)
    }
}

impl SubmoduleName {
    pub(crate) fn parse(name: &str) -> Result<Self, &'static str> {
        let refuse = |part: &str| match part {
            _ if part.contains(char::is_control) => Err("the name contains a control character"),
            _ if cfg!(windows) && part.contains(':') => Err("Windows does not allow this name"),
            _ => refuse_everywhere(part.as_bytes()),
        };
        name.split(['/', '\\']).try_for_each(refuse)?;
        Ok(Self(name.to_owned()))
    }

    /// Whether the git directory of one would be in that of the other. Git refuses this.
    pub(crate) fn collides_with(&self, other: &Self) -> bool {
        is_in(self.as_str(), other) || is_in(other, self)
    }
}

fn is_in(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Refuses what git's `verify_path` refuses on any platform, because the work tree may be used on another platform
/// later.
fn refuse_part(part: &str) -> Result<(), &'static str> {
    match part {
        _ if part.contains('\\') => Err("the path contains a `\\`"),
        _ if part.contains(char::is_control) => Err("the path contains a control character"),
        // On Windows, `C:x` leaves the directory, like `C:/x`.
        _ if part.as_bytes().get(1) == Some(&b':') => Err("the path begins with a drive letter"),
        _ if cfg!(windows) && part.contains(':') => Err("Windows does not allow this path"),
        _ => refuse_everywhere(part.as_bytes())
            .map_err(|_| "the path leads out of the work tree or into `.git`, or is empty"),
    }
}

/// A path below a base directory that is trusted: the git directory or the top of the work tree.
#[derive(Clone, Debug)]
pub(super) struct ModulePlace {
    base: PathBuf,
    path: PathBuf,
}

impl ModulePlace {
    pub(super) fn of_git_directory(git: &Path, name: &SubmoduleName) -> Self {
        Self { base: git.to_owned(), path: git.join("modules").join(name) }
    }

    pub(super) fn of_work_tree(top: &Path, path: &SubmodulePath) -> Self {
        Self { base: top.to_owned(), path: top.join(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directories above it up to the base, the nearest first. The base is not included.
    pub(super) fn above(&self) -> impl Iterator<Item = &Path> {
        self.path.ancestors().skip(1).take_while(|above| *above != self.base)
    }

    /// Call this before you change something there. It refuses a symbolic link at this path or above it, below the
    /// base.
    pub(super) fn refuse_links(&self) -> Result<(), Error> {
        match std::iter::once(&*self.path).chain(self.above()).find(|path| path.is_symlink()) {
            Some(link) => Err(Error::LinkOnTheWay { link: link.to_owned() }),
            None => Ok(()),
        }
    }
}

is_text!(SubmodulePath, SubmoduleName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_the_work_tree_and_out_of_git() {
        for path in [
            "",
            ".",
            "./",
            "/",
            "..",
            "../x",
            "/x",
            "a/../../b",
            "a//b",
            "a/./b",
            "./../x",
            "a\\b",
            "..\\x",
            "C:x",
            "a/C:/b",
            "a\nb",
            "a\0b",
            "\u{1b}[31m",
            ".git",
            ".git/modules/x",
            "a/.GIT/b",
            "git~1",
            "a/GIT~1",
            ".git.",
            ".git /x",
            ".git::$INDEX_ALLOCATION",
            ".g\u{200c}it",
            "\u{feff}.git/hooks",
        ] {
            assert!(SubmodulePath::parse(path).is_err(), "{path:?}");
        }
        for (path, expected) in
            [("oca/web/", "oca/web"), ("./oca/web", "oca/web"), ("-x", "-x"), ("caf\u{e9} b", "caf\u{e9} b")]
        {
            assert_eq!(SubmodulePath::parse(path).as_deref(), Ok(expected));
        }
        let path = SubmodulePath::parse("oca/web").expect("a path");
        assert!(path.is_in("oca") && path.is_in("oca/web") && !path.is_in("oc") && !path.is_in("oca/web/x"));
    }

    #[test]
    fn names_stay_below_the_git_directory_and_none_is_in_another() {
        for name in
            ["", ".", "..", "../x", "/x", "a/../../b", "a\\..\\b", "a//b", "a/", "a\nb", "a\0", "a/.git"]
        {
            assert!(SubmoduleName::parse(name).is_err(), "{name:?}");
        }
        let name = |name| SubmoduleName::parse(name).expect("a name");
        assert!(name("oca/web").collides_with(&name("oca")) && name("a").collides_with(&name("a/hooks")));
        assert!(
            !name("oca/web").collides_with(&name("oca/web-2")) && !name("x..y").collides_with(&name("x"))
        );
    }
}
