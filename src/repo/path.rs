//! Names from outside that become parts of paths: from git trees, from locks, from the manifests of exports.
//!
//! A name becomes one of these types or is refused. So later code need not check again that a path stays below its
//! root.

use std::borrow::Cow;
use std::fmt;

use super::name::is_windows_device;
use super::{Invalid, plain};

/// How deeply directories may be nested: libgit2 cannot read a work tree that is deeper.
pub(crate) const DEEPEST: usize = 98;
/// The longest path on Linux, in bytes.
const LONGEST: usize = 4096;

/// One part of a path in a git tree: bytes that can only name a direct child of a directory.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct PathPart(Vec<u8>);

impl PathPart {
    /// Accepts names that git checks out on every platform. On Windows, the name must also be valid there. The error is
    /// the reason.
    pub(crate) fn parse(name: &[u8]) -> Result<Self, &'static str> {
        refuse_everywhere(name)?;
        if cfg!(windows) {
            refuse_on_windows(name)?;
        }
        Ok(Self(name.to_owned()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name, or `None` if it is not UTF-8.
    pub(crate) fn as_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Display for PathPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain::shown(&self.0))
    }
}

/// Refuses names that no part of a path from outside may have. The error is the reason.
pub(crate) fn refuse_everywhere(name: &[u8]) -> Result<(), &'static str> {
    match name {
        b"" => Err("the name is empty"),
        b"." | b".." => Err("the name leads to another directory"),
        _ if name.contains(&0) => Err("the name contains a NUL byte"),
        _ if name.contains(&b'/') => Err("the name contains a `/`"),
        _ if is_dot_git(name) => Err("some file systems treat the name as `.git`"),
        _ => Ok(()),
    }
}

fn refuse_on_windows(name: &[u8]) -> Result<(), &'static str> {
    let text =
        std::str::from_utf8(name).map_err(|_| "the name is not UTF-8, and Windows does not allow that")?;
    if text.contains(|c: char| c.is_control() || "\\:*?\"<>|".contains(c)) || text.ends_with(['.', ' ']) {
        return Err("Windows does not allow the name");
    }
    if is_windows_device(text) { Err("Windows reserves the name for a device") } else { Ok(()) }
}

/// Whether some file system treats a name as `.git`, as in git's `is_ntfs_dotgit` and `is_hfs_dotgit`: in upper case,
/// as a short name, with characters that NTFS drops at the end or HFS+ ignores.
pub(crate) fn is_dot_git(name: &[u8]) -> bool {
    name.split(|&byte| byte == b'\\').any(|part| {
        let part = spelled_out(part);
        *part == *b".git" || *part == *b"git~1"
    })
}

/// The same for `.gitmodules`, which git refuses as a symlink.
pub(crate) fn is_dot_gitmodules(name: &[u8]) -> bool {
    let name = spelled_out(name);
    let is_short =
        |start: &[u8]| name.starts_with(start) && name[start.len()..].iter().all(u8::is_ascii_digit);
    *name == *b".gitmodules" || is_short(b"gitmod~") || is_short(b"gi7eba~")
}

/// Whether some file system treats a name as this one, which is in lower case.
pub(crate) fn is_file_name(name: &[u8], wanted: &str) -> bool {
    *spelled_out(name) == *wanted.as_bytes()
}

/// The files in the directory of `repos.toml` that oca or git reads or writes there. `.git` is refused in every place.
pub(crate) const OWN_FILES: [&str; 7] = [
    "repos.toml",
    "repos.local.toml",
    "oca.lock.json",
    "oca.lock.d",
    ".gitignore",
    ".gitmodules",
    ".gitattributes",
];

/// Whether a tidied path is one of the project's own files, or inside it.
pub(crate) fn is_own_file(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    OWN_FILES.iter().any(|file| is_file_name(first.as_bytes(), file))
}

/// A name as the most lenient file systems compare it: without the characters that HFS+ ignores, without the stream
/// name, the dots and the blanks at its end that NTFS drops, in lower case.
fn spelled_out(name: &[u8]) -> Cow<'_, [u8]> {
    let length = |name: &[u8]| {
        let file = name.split(|&byte| byte == b':').next().unwrap_or_default();
        file.len() - file.iter().rev().take_while(|&&byte| byte == b'.' || byte == b' ').count()
    };
    // Most names are written so. There is one for each file of a repository.
    if name.is_ascii() && !name.iter().any(u8::is_ascii_uppercase) {
        return Cow::Borrowed(&name[..length(name)]);
    }
    let text = String::from_utf8_lossy(name);
    let ignored = |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let mut kept =
        text.chars().filter(|&c| !ignored(c)).collect::<String>().to_ascii_lowercase().into_bytes();
    kept.truncate(length(&kept));
    Cow::Owned(kept)
}

/// A path below the root of a repository. The root itself is the empty path.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Accepts a path that is not the root, with `/` between its parts. The error is the reason.
    pub(crate) fn parse(path: &[u8]) -> Result<Self, &'static str> {
        let mut parts = path.split(|&byte| byte == b'/');
        parts.try_fold(Self::default(), |above, part| above.join(&PathPart::parse(part)?))
    }

    pub(crate) fn join(&self, part: &PathPart) -> Result<Self, &'static str> {
        if self.parts().count() > DEEPEST {
            return Err("its directories are nested too deeply");
        }
        let path = if self.0.is_empty() { part.0.clone() } else { [&self.0, &b"/"[..], &part.0].concat() };
        if path.len() >= LONGEST { Err("the path is too long") } else { Ok(Self(path)) }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|part| !part.is_empty())
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str(".") } else { f.write_str(&plain::shown(&self.0)) }
    }
}

/// Refuses text that cannot name a module or an addons directory. The rules are the same on every platform, because
/// locks are shared between platforms.
fn refused_in_text(word: &str) -> Result<(), &'static str> {
    refuse_everywhere(word.as_bytes())?;
    if word.starts_with('-') {
        return Err("the name begins with `-`");
    }
    if word.contains('\\') || word.contains(plain::is_invisible) {
        return Err("the name contains a `\\` or an invisible character");
    }
    if word.contains(',') {
        Err("the name contains a comma, and Odoo's addons path cannot escape it")
    } else {
        Ok(())
    }
}

/// The name of a module. Its directory has the same name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct ModuleName(String);

impl ModuleName {
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        refused_in_text(word).map_err(|why| Invalid::new(word, "module name", why))?;
        Ok(Self(word.to_owned()))
    }
}

/// A directory of a repository that contains modules; `.` is the repository itself.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct AddonsDirectory(String);

impl AddonsDirectory {
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        if word != "." {
            word.split('/')
                .try_for_each(refused_in_text)
                .map_err(|why| Invalid::new(word, "addons directory", why))?;
        }
        Ok(Self(word.to_owned()))
    }

    pub(crate) fn root() -> Self {
        Self(".".to_owned())
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0 == "."
    }

    /// The path of a child, relative to the repository.
    pub(crate) fn join(&self, name: &str) -> String {
        if self.0 == "." { name.to_owned() } else { format!("{}/{name}", self.0) }
    }
}

/// Implements the traits of text for types that wrap a `String`.
macro_rules! is_text {
    ($($type:ident),*) => {$(
        impl $type {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<std::path::Path> for $type {
            fn as_ref(&self) -> &std::path::Path {
                std::path::Path::new(&self.0)
            }
        }

        impl PartialEq<str> for $type {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $type {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    )*};
}

pub(crate) use is_text;

is_text!(ModuleName, AddonsDirectory);

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_spelling_of_dot_git_is_a_part() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            "git~1",
            "GIT~1",
            ".git.",
            ".git ",
            ".git. .",
            ".git::$INDEX_ALLOCATION",
            ".git:x",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".GI\u{202e}T",
            "git~1 .",
            ".git\\hooks",
            "a\\.git",
            "a\\GIT~1",
        ] {
            assert!(PathPart::parse(name.as_bytes()).is_err(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "/", "a/../b", "../x", "a\0b"] {
            assert!(PathPart::parse(name.as_bytes()).is_err(), "{name}");
        }
        for name in [
            "git",
            ".gitx",
            ".gitignore",
            ".gitmodules",
            "git~2",
            "x.git",
            "...",
            " .git",
            "caf\u{e9}",
            "a b",
        ] {
            assert!(PathPart::parse(name.as_bytes()).is_ok(), "{name}");
        }
        #[cfg(not(windows))]
        for name in [&b"caf\xe9"[..], b"a\nb", b"a\\b", b"-x", b"aux"] {
            assert!(PathPart::parse(name).is_ok(), "{name:?}");
        }
        for name in [".GitModules", ".gitmodules .", "gitmod~1", "GI7EBA~1", ".gitmodule\u{200d}s"] {
            assert!(is_dot_gitmodules(name.as_bytes()), "{name}");
        }
        assert!(!is_dot_gitmodules(b".gitmodules.txt"));
    }

    #[test]
    fn modules_and_their_directories_have_plain_names() {
        for word in ["", ".", "..", "-x", "a,b", "a\\b", "a/b", "a\nb", "\u{1b}[31m", ".git"] {
            assert!(ModuleName::parse(word).is_err(), "{word:?}");
        }
        for word in ["web_x", "l10n-x", "M\u{f6}dul", "a b"] {
            assert!(ModuleName::parse(word).is_ok(), "{word}");
        }
        for word in
            ["", "/", "/etc", "a/", "a//b", "./a", "a/../b", "..", "a/.git/b", "a,b", "a/-b", "a\\b", "a/b\n"]
        {
            assert!(AddonsDirectory::parse(word).is_err(), "{word:?}");
        }
        for word in [".", "addons", "a/b/c"] {
            assert!(AddonsDirectory::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn a_path_has_a_greatest_depth_and_length() {
        let deep = |parts: usize| RepoPath::parse(vec!["d"; parts].join("/").as_bytes());
        assert!(deep(DEEPEST + 1).is_ok() && deep(DEEPEST + 2).is_err());
        assert!(RepoPath::parse(&[b'x'; LONGEST]).is_err());
    }

    proptest! {
        #[test]
        fn every_path_stays_below_its_root(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            if let Ok(path) = RepoPath::parse(&bytes) {
                prop_assert_eq!(path.as_bytes(), &bytes[..]);
                prop_assert!(path.parts().all(|part| PathPart::parse(part).is_ok()));
                let text = String::from_utf8_lossy(path.as_bytes()).into_owned();
                let is_plain = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(Path::new(&text).components().all(is_plain));
            }
        }
    }
}
