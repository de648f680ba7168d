//! Where submodules are: what `.gitmodules` and the index call their paths and names becomes a place below the work tree
//! or below git's directory here, or is refused, by git's own rules.

use std::path::{Path, PathBuf};

use crate::git::Error;
use crate::repo::{is_text, refuse_everywhere};

/// The path of a submodule below the top of the work tree, with `/` between its parts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct SubmodulePath(String);

/// What git calls a submodule: the path of its git directory below the one of them all.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct SubmoduleName(String);

impl SubmodulePath {
    /// A leading `./` and a final `/` are no part of it.
    pub(crate) fn parse(path: &str) -> Result<Self, &'static str> {
        let path = path.trim_end_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path);
        path.split('/').try_for_each(refuse_part)?;
        Ok(Self(path.to_owned()))
    }

    /// The same of a path that `repos.toml` declares.
    pub(crate) fn declared(path: &str) -> Result<Self, Error> {
        Self::parse(path).map_err(|why| Error::NoSubmodulePath { path: path.to_owned(), why })
    }

    /// What a new submodule there is called.
    pub(crate) fn as_name(&self) -> SubmoduleName {
        SubmoduleName(self.0.clone())
    }

    /// Whether it is this directory, or in it.
    pub(crate) fn is_in(&self, directory: &str) -> bool {
        is_in(self.as_str(), directory)
    }
}

impl SubmoduleName {
    pub(crate) fn parse(name: &str) -> Result<Self, &'static str> {
        let refuse = |part: &str| match part {
            _ if part.contains(char::is_control) => Err("the name holds a control character"),
            _ if cfg!(windows) && part.contains(':') => Err("Windows cannot have the name"),
            _ => refuse_everywhere(part.as_bytes()),
        };
        name.split(['/', '\\']).try_for_each(refuse)?;
        Ok(Self(name.to_owned()))
    }

    /// Whether the git directory of one would lie in that of the other, which git refuses.
    pub(crate) fn collides_with(&self, other: &Self) -> bool {
        is_in(self.as_str(), other) || is_in(other, self)
    }
}

fn is_in(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What git's `verify_path` refuses on any platform: the work tree may be on another one tomorrow.
fn refuse_part(part: &str) -> Result<(), &'static str> {
    match part {
        _ if part.contains('\\') => Err("the path holds a `\\`"),
        _ if part.contains(char::is_control) => Err("the path holds a control character"),
        // On Windows `C:x` leaves the directory as much as `C:/x` does.
        _ if part.as_bytes().get(1) == Some(&b':') => Err("the path begins with a drive"),
        _ if cfg!(windows) && part.contains(':') => Err("Windows cannot have the path"),
        _ => refuse_everywhere(part.as_bytes())
            .map_err(|_| "the path leads out of the work tree or into `.git`, or is empty"),
    }
}

/// A place below a directory that is ours or the user's own.
#[derive(Clone, Debug)]
pub(super) struct Place {
    base: PathBuf,
    path: PathBuf,
}

impl Place {
    pub(super) fn of_git_directory(git: &Path, name: &SubmoduleName) -> Self {
        Self { base: git.to_owned(), path: git.join("modules").join(name) }
    }

    pub(super) fn of_work_tree(top: &Path, path: &SubmodulePath) -> Self {
        Self { base: top.to_owned(), path: top.join(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directories above it, the nearest first, as far as they are below the base.
    pub(super) fn above(&self) -> impl Iterator<Item = &Path> {
        self.path.ancestors().skip(1).take_while(|above| *above != self.base)
    }

    /// Call this before you change something there: at this moment, no symbolic link leads elsewhere.
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
    fn names_stay_among_the_git_directories_and_none_is_in_another() {
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
