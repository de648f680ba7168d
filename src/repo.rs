//! The vocabulary that every room shares: names, urls, references, ids, and the trait for "a tree of files".
//!
//! Knows nothing of files, of git or of the terminal. Each type is valid once it exists.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a word is not what it should be; completes the sentence "`word` is not a …: …".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{word}` is not a valid {what}: {why}")]
pub(crate) struct Invalid {
    pub(crate) word: String,
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
}

impl Invalid {
    fn new(word: &str, what: &'static str, why: &'static str) -> Self {
        Self { word: word.to_owned(), what, why }
    }
}

/// Makes a type read from and written to JSON as the text it parses and displays.
macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

serde_as_text!(RepoName, RemoteUrl, CommitId, TreeId, Series);

/// The name of a repository, which is also the name of its checkout's directory.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RepoName(String);

impl RepoName {
    /// Accepts `[A-Za-z0-9][A-Za-z0-9._-]*`, but no name that a file system or git keeps for itself.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let refuse = |why| Err(Invalid::new(word, "repository name", why));
        if !word.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return refuse("it must begin with a letter or a digit");
        }
        if !word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            return refuse("only letters, digits, `.`, `_` and `-` may stand in it");
        }
        if word.ends_with('.') || word.to_ascii_lowercase().ends_with(".git") {
            return refuse("it must not end in `.` or `.git`");
        }
        if is_windows_device(word) {
            return refuse("Windows keeps that name for a device");
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

fn is_windows_device(word: &str) -> bool {
    let stem = word.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |prefix| stem.strip_prefix(prefix).is_some_and(|rest: &str| matches!(rest.as_bytes(), [b'0'..=b'9']));
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// Where a repository comes from, as a person wrote it: `${VAR}` unexpanded, perhaps relative.
///
/// Shown without the password or token that its userinfo may hold.
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct RemoteUrl(String);

impl RemoteUrl {
    /// Accepts urls of git's own transports, `user@host:path` and paths.
    ///
    /// The scheme is looked at even where `${VAR}` stands in the rest; what a variable brings
    /// is parsed again once it is expanded.
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let refuse = |why| Err(Invalid::new(&redact(word), "git url", why));
        if word.is_empty() || word.starts_with('-') {
            return refuse("it must not be empty nor begin with `-`");
        }
        if word.chars().any(|c| c.is_control() || c == ' ') {
            return refuse("blanks and control characters may not stand in it");
        }
        if word.contains("::") && !word.contains("://[") {
            return refuse("remote helpers such as `ext::` are not supported");
        }
        if let Some((scheme, rest)) = word.split_once("://") {
            if !scheme.contains('$') && !["https", "http", "ssh", "git", "file"].contains(&scheme) {
                return refuse("the scheme must be https, http, ssh, git or file");
            }
            if rest.is_empty() || (scheme != "file" && rest.starts_with(['/', '-'])) {
                return refuse("it names no host");
            }
            if rest.split('@').nth(1).is_some_and(|host| host.starts_with('-')) {
                return refuse("its host must not begin with `-`");
            }
        } else if let Some((_, host, _)) = split_scp(word)
            && host.starts_with('-')
        {
            return refuse("its host must not begin with `-`");
        }
        Ok(Self(word.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A path that is known to be one, whatever characters stand in it.
    pub(crate) fn from_path(path: &std::path::Path) -> Self {
        Self(path.to_string_lossy().into_owned())
    }

    /// The same without userinfo that could be a secret: all of it for http(s), the password for the rest.
    #[must_use]
    pub(crate) fn without_secret(&self) -> Self {
        Self(strip_userinfo(&self.0, None))
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

/// Splits `user@host:path` or `host:path` into (user, host, path) as git does: the colon comes
/// before any slash, and a single letter before it is a Windows drive.
pub(crate) fn split_scp(word: &str) -> Option<(Option<&str>, &str, &str)> {
    if word.contains("://") || word.starts_with(['/', '.']) {
        return None;
    }
    let (before, path) = word.split_once(':')?;
    if before.contains('/') || before.len() < 2 || before.contains('$') {
        return None;
    }
    match before.rsplit_once('@') {
        Some((user, host)) => Some((Some(user), host, path)),
        None => Some((None, before, path)),
    }
}

/// Replaces what may be secret in a url by `***`.
pub(crate) fn redact(url: &str) -> String {
    strip_userinfo(url, Some("***"))
}

fn strip_userinfo(url: &str, stand_in: Option<&str>) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..authority_end].rfind('@') else { return url.to_owned() };
    let (userinfo, host_and_path) = (&rest[..at], &rest[at + 1..]);
    let user = userinfo.split(':').next().unwrap_or_default();
    // Over http a lone user name is as often a token as a name; over ssh it is needed and no secret.
    let keep_user = !scheme.starts_with("http");
    match (keep_user, stand_in, userinfo.contains(':')) {
        (true, Some(stand_in), true) => format!("{scheme}://{user}:{stand_in}@{host_and_path}"),
        (true, _, _) => format!("{scheme}://{user}@{host_and_path}"),
        (false, Some(stand_in), _) => format!("{scheme}://{stand_in}@{host_and_path}"),
        (false, None, _) => format!("{scheme}://{host_and_path}"),
    }
}

/// What a repository is asked for: a branch to follow, a tag, or a commit by its id.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Reference {
    Branch(String),
    Tag(String),
    Rev(CommitId),
}

impl Reference {
    /// A branch, if `word` may name one by git's rules (`git check-ref-format --branch`).
    pub(crate) fn branch(word: &str) -> Result<Self, Invalid> {
        check_ref_name(word, "branch name")?;
        Ok(Self::Branch(word.to_owned()))
    }

    /// A tag, by the same rules.
    pub(crate) fn tag(word: &str) -> Result<Self, Invalid> {
        check_ref_name(word, "tag name")?;
        Ok(Self::Tag(word.to_owned()))
    }

    /// The full name of the ref on the remote, where it is one.
    pub(crate) fn full_name(&self) -> Option<String> {
        match self {
            Self::Branch(name) => Some(format!("refs/heads/{name}")),
            Self::Tag(name) => Some(format!("refs/tags/{name}")),
            Self::Rev(_) => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch(name) => write!(f, "branch `{name}`"),
            Self::Tag(name) => write!(f, "tag `{name}`"),
            Self::Rev(commit) => write!(f, "commit `{commit}`"),
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
        return refuse("it must not begin with `-` or `/`, nor end with `/` or `.`");
    }
    let forbidden = |c: char| c.is_control() || c == '\u{7f}' || " ~^:?*[\\".contains(c);
    if word.chars().any(forbidden) || word.contains("..") || word.contains("@{") || word.contains("//") {
        return refuse("git allows no blanks, `..`, `@{`, `//` nor any of `~^:?*[\\` in it");
    }
    if word.split('/').any(|part| part.starts_with('.') || part.ends_with(".lock")) {
        return refuse("no part of it may begin with `.` or end with `.lock`");
    }
    Ok(())
}

/// Defines an id of git: 20 bytes, written as 40 lower-case hexadecimal digits.
macro_rules! object_id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The id of a git ", $what, ", always whole.")]
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub(crate) struct $name([u8; 20]);

        impl $name {
            pub(crate) fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            pub(crate) fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

object_id!(CommitId, "commit");
object_id!(TreeId, "tree");
object_id!(BlobId, "blob");

/// Lets an id be read from text.
macro_rules! id_from_text {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Accepts 40 hexadecimal digits; an abbreviation or a ref name is no id.
            pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
                let mut bytes = [0; 20];
                decode_hex(word, &mut bytes).ok_or_else(|| {
                    Invalid::new(word, concat!($what, " id"), "it must be 40 hexadecimal digits")
                })?;
                Ok(Self(bytes))
            }
        }
    };
}

id_from_text!(CommitId, "commit");
id_from_text!(TreeId, "tree");
id_from_text!(BlobId, "blob");

impl CommitId {
    /// The first ten digits, for people.
    pub(crate) fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

fn decode_hex(word: &str, bytes: &mut [u8; 20]) -> Option<()> {
    let digits = word.as_bytes();
    if digits.len() != 40 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|value| u8::try_from(value).ok());
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(())
}

/// A series of Odoo such as `18.0`; it names branches and decides which rules of Odoo hold.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Series {
    major: u16,
    minor: u16,
}

impl Series {
    pub(crate) fn parse(word: &str) -> Result<Self, Invalid> {
        let number = |digits: &str| {
            let plain =
                digits.chars().all(|c| c.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
            plain.then(|| digits.parse().ok()).flatten()
        };
        word.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| Invalid::new(word, "Odoo series", "it must be two numbers such as `18.0`"))
    }

    pub(crate) fn major(self) -> u16 {
        self.major
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Which Odoo runs, and so whether the Enterprise modules are there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Edition {
    #[default]
    Community,
    Enterprise,
}

/// When Odoo installs a module by itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum AutoInstall {
    #[default]
    Never,
    /// As soon as everything in `depends` is installed.
    WhenDependsAre,
    /// As soon as these are.
    When(Vec<String>),
}

/// A tree of files, wherever it is kept: a tree of git or a folder. Paths are relative, with `/`.
pub(crate) trait FileTree {
    /// The direct children of a directory (`""` is the root), sorted by name; none where there is no such directory.
    ///
    /// A name that is not UTF-8 is left out: no module and no file that is read by name has one.
    fn entries(&self, directory: &str) -> Result<Vec<Entry>, UnreadableTree>;

    /// The content of a file, or `None` where there is none at that path.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, UnreadableTree>;
}

/// A direct child of a directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: EntryKind,
    /// The id of the tree of git that a directory is, where it comes from git.
    pub(crate) tree: Option<TreeId>,
}

/// What a child of a directory is. A gitlink and a device are `Other`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum EntryKind {
    File,
    Directory,
    Symlink,
    Other,
}

/// An entry of a tree of git, as raw as git keeps it: its name is bytes, its mode whatever number was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TreeEntry {
    pub(crate) mode: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) id: [u8; 20],
}

impl TreeEntry {
    pub(crate) fn kind(&self) -> EntryKind {
        match self.mode & 0o170_000 {
            0o100_000 => EntryKind::File,
            0o040_000 => EntryKind::Directory,
            0o120_000 => EntryKind::Symlink,
            _ => EntryKind::Other,
        }
    }

    pub(crate) fn is_executable(&self) -> bool {
        self.kind() == EntryKind::File && self.mode & 0o100 != 0
    }

    pub(crate) fn tree(&self) -> TreeId {
        TreeId::from_bytes(self.id)
    }

    pub(crate) fn blob(&self) -> BlobId {
        BlobId::from_bytes(self.id)
    }
}

/// Trees and blobs by their ids, wherever they are kept.
pub(crate) trait Objects {
    /// All entries of a tree, in git's order.
    fn tree(&self, id: TreeId) -> Result<Vec<TreeEntry>, UnreadableTree>;

    fn blob(&self, id: BlobId) -> Result<Vec<u8>, UnreadableTree>;
}

/// A tree of files could not be read: a damaged store, or a folder without permission.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`: {why}")]
pub(crate) struct UnreadableTree {
    pub(crate) path: String,
    pub(crate) why: String,
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

    #[test]
    fn urls_that_run_commands_are_refused() {
        for word in [
            "",
            "-uevil",
            "ext::sh -c x",
            "ext::x",
            "fd::3",
            "ftp://host/x",
            "ssh://-oProxyCommand=x/y",
            "ssh://git@-oProxyCommand=x/y",
            "git@-evil:x",
            "https://",
            "https:///x",
            "a\nb",
        ] {
            assert!(RemoteUrl::parse(word).is_err(), "{word}");
        }
        for word in [
            "https://host/x.git",
            "http://[::1]:80/x",
            "ssh://git@host:22/x",
            "git@host:a/b.git",
            "file:///x",
            "../x",
            "/x",
            "C:/x",
            "${BASE}/web.git",
            "https://${HOST}/web.git",
            "git://host/x",
        ] {
            assert!(RemoteUrl::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        let shown = |word: &str| RemoteUrl::parse(word).expect("a url").to_string();
        assert_eq!(shown("https://tok@host/x"), "https://***@host/x");
        assert_eq!(shown("https://me:p@ss@host/x"), "https://***@host/x");
        assert_eq!(shown("ssh://git:pass@host/x"), "ssh://git:***@host/x");
        assert_eq!(shown("ssh://git@host/x"), "ssh://git@host/x");
        assert_eq!(shown("git@host:x"), "git@host:x");
        let bare = RemoteUrl::parse("https://me:p@host/x").expect("a url").without_secret();
        assert_eq!(bare.as_str(), "https://host/x");
    }

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
        for word in ["18.0", "18.0-fix/x", "é"] {
            assert!(Reference::branch(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn ids_are_whole() {
        let id = "0123456789abcdef0123456789ABCDEF01234567";
        assert_eq!(CommitId::parse(id).expect("an id").to_string(), id.to_ascii_lowercase());
        for word in ["HEAD", "0123456", "", &id[1..], "g123456789abcdef0123456789abcdef01234567"] {
            assert!(CommitId::parse(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_series_is_two_numbers() {
        assert!(Series::parse("9.0").expect("a series") < Series::parse("18.0").expect("a series"));
        for word in ["18", "18.0.1", "", ".", "18.", "saas-1", "018.0", "+1.0"] {
            assert!(Series::parse(word).is_err(), "{word}");
        }
    }
}
