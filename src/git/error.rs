//! What goes wrong with git and the network, told so that the caller can choose exit code and hint.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::repo::{CommitId, Reference, UnreadableTree, in_short, quotation, redact, typed};

/// What ssh says of a connection that was lost, or that a busy server did not take.
const LOST_SSH: [&str; 4] =
    ["Connection reset by", "Connection closed by", "closed by remote host", "Broken pipe"];

/// What servers say over ssh and `git://` of a repository that is not there.
const ABSENT: [&str; 4] =
    ["not found", "not exported", "does not exist", "does not appear to be a git repository"];

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the remote has no {reference}")]
    MissingReference { reference: Reference },
    #[error("commit `{commit}` no longer exists on the remote")]
    Vanished { commit: CommitId },
    #[error("the server gives out branches only, and {reference} does not lead to commit `{commit}`")]
    OutOfReach { reference: Reference, commit: CommitId },
    #[error("not found: {}", in_short(what))]
    NotFound { what: String },
    #[error("not authorised; {}", tried_in_words(tried))]
    Unauthorised { tried: Vec<String> },
    #[error("the server forbids it (status 403)")]
    Forbidden,
    #[error("the server answered with status {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("the server does not speak git: it answered with {}", literal(content_type))]
    NotGit { content_type: String },
    #[error("the server breaks git's protocol: {}", in_short(why))]
    Protocol { why: String },
    #[error("the server talks without end")]
    Endless,
    #[error("{}", server_in_words(message))]
    Remote { message: String },
    #[error("nothing came for {}", seconds(*after))]
    Stalled { after: Duration },
    #[error("the server is too slow: too little came within {}", seconds(*within))]
    Slow { within: Duration },
    #[error("the connection failed: {}", in_short(why))]
    Connection { why: String },
    #[error("the server's certificate is not trusted: {}", in_short(why))]
    Certificate { why: String },
    #[error("no secure connection can be made: {}", in_short(why))]
    Tls { why: String },
    #[error("cannot read `{}`, which `{setting}` names: {why}", path.display())]
    Authorities { setting: &'static str, path: PathBuf, why: String },
    #[error("the url of the proxy is not one that oca understands")]
    Proxy,
    #[error("refused to follow a redirect from {} to {}", literal(from), literal(to))]
    Redirect { from: String, to: String },
    #[error("the remote cannot be asked because oca is offline")]
    Offline,
    #[error("cannot run `{program}`: {why}")]
    Program { program: String, why: String },
    #[error("{}", ssh_in_words(message))]
    Ssh { message: String },
    #[error("the cache is damaged: {}", in_short(why))]
    Damaged { why: String },
    #[error("the cache was deleted meanwhile")]
    CacheGone,
    #[error("the repository in `{}` is damaged: {why}", path.display())]
    DamagedCheckout { path: PathBuf, why: String },
    #[error("the repository at `{}` is damaged: {why}", path.display())]
    DamagedRemote { path: PathBuf, why: String },
    #[error("it uses git's `{extension}`, which libgit2 cannot read")]
    Extension { extension: String, convert: &'static str },
    #[error("`{}` is there: git is at work in this repository, or was killed", lock.display())]
    IndexLocked { lock: PathBuf },
    #[error("`{}` is a symbolic link, which git refuses too", file.display())]
    ModulesLink { file: PathBuf },
    #[error("`{}` at line {line}: {why}", file.display())]
    ModulesMalformed { file: PathBuf, line: usize, why: String },
    /// The disk is full, a right is missing, or the system has no more of something.
    #[error("{}{}", path.as_ref().map(|path| format!("cannot work in `{}`: ", path.display())).unwrap_or_default(), in_short(why))]
    System { path: Option<PathBuf>, why: String },
    #[error("`{}` cannot be checked out: {why}", in_short(path))]
    Impossible { path: String, why: String },
    #[error("`{path}` cannot be the path of a submodule: {why}")]
    NoSubmodulePath { path: String, why: &'static str },
    #[error("`{}` is a symbolic link, and what it leads to is left alone", link.display())]
    LinkOnTheWay { link: PathBuf },
    #[error("the git directory of another submodule is in `{}`", git.display())]
    NestedModule { git: PathBuf },
    #[error("{}", in_short(why))]
    Git { why: String },
    #[error(transparent)]
    File(#[from] crate::fs::Error),
}

impl Error {
    /// Whether the same request may go well a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            // Who was silent for so long has been waited for: a stall is told at once.
            Self::Connection { .. } | Self::Protocol { .. } => true,
            Self::Ssh { message } => {
                message.is_empty() || LOST_SSH.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// Whether it says no more than that there is no such repository, or no such branch of it.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::MissingReference { .. } | Self::NotFound { .. } => true,
            // Forges ask strangers who they are, lest they tell what is private.
            Self::Unauthorised { .. } => true,
            Self::Remote { message } | Self::Ssh { message } => {
                let message = message.to_lowercase();
                ABSENT.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// The same error, where it was met in a checkout.
    pub(super) fn in_checkout(self, path: &Path) -> Self {
        match self {
            Self::Damaged { why } => Self::DamagedCheckout { path: path.to_owned(), why },
            other => other.at(path),
        }
    }

    /// The same error, where it is one of the system that names no path.
    pub(super) fn at(self, path: &Path) -> Self {
        match self {
            Self::System { path: None, why } if !why.contains(std::path::MAIN_SEPARATOR) => {
                Self::System { path: Some(path.to_owned()), why }
            }
            other => other,
        }
    }

    /// The same error of a remote that is a path. Someone may have left the scheme off a url with a password.
    pub(super) fn at_path(self, path: &Path) -> Self {
        let path = path.to_string_lossy();
        let shown = redact(&path);
        if shown == path {
            return self;
        }
        let hide = |text: String| text.replace(&*path, &shown);
        let hidden = |path: PathBuf| PathBuf::from(hide(path.to_string_lossy().into_owned()));
        match self {
            Self::NotFound { what } => Self::NotFound { what: hide(what) },
            Self::Git { why } => Self::Git { why: hide(why) },
            Self::System { path, why } => Self::System { path: path.map(hidden), why: hide(why) },
            Self::DamagedRemote { path, why } => Self::DamagedRemote { path: hidden(path), why: hide(why) },
            Self::File(error) => Self::File(crate::fs::Error { path: hidden(error.path), ..error }),
            other => other,
        }
    }

    /// What to type next.
    pub(crate) fn hint(&self, of: Asked<'_>) -> Option<String> {
        let list = || match of.url {
            Some(url) => format!("`git ls-remote {}`", typed(url)),
            None => "`git ls-remote`".to_owned(),
        };
        Some(match self {
            Self::MissingReference { .. } => format!("see what there is with {}", list()),
            Self::Vanished { .. } | Self::OutOfReach { .. } => match of.name {
                Some(name) => format!(
                    "move the pin with `oca lock --upgrade {name}`, or pin a commit that exists with `oca lock {name}@COMMIT`"
                ),
                None => "move the pin with `oca lock --upgrade`".to_owned(),
            },
            Self::NotFound { .. } => format!("check the url; {} should list its branches", list()),
            Self::Unauthorised { .. } | Self::Ssh { .. } => {
                format!("check that {} works without a prompt", list())
            }
            Self::Forbidden => "check the rights of the token in use".to_owned(),
            Self::Offline => "run it once without `--offline`".to_owned(),
            Self::Extension { convert, .. } => format!("convert it with `{convert}`"),
            Self::DamagedCheckout { path, .. } => {
                format!(
                    "see what is wrong with `git -C {} fsck`, or move it away to have it made anew",
                    typed_path(path)
                )
            }
            Self::DamagedRemote { path, .. } => {
                format!("see what is wrong with `git -C {} fsck`", typed_path(path))
            }
            Self::CacheGone => "run it again".to_owned(),
            Self::Damaged { .. } => "run `oca cache clean` and try again".to_owned(),
            Self::Stalled { .. } | Self::Slow { .. } | Self::Connection { .. } => {
                "check the network and the proxy, then try again".to_owned()
            }
            Self::Certificate { .. } => {
                "name its authority's file in git's `http.sslCAInfo`, or in the variable `SSL_CERT_FILE`"
                    .to_owned()
            }
            Self::Authorities { setting: setting @ "SSL_CERT_DIR", .. } => {
                format!("name directories of certificates in `{setting}`, or unset it")
            }
            Self::Authorities { setting, .. } => {
                format!("name a file of certificates in `{setting}`, or unset it")
            }
            Self::Proxy => {
                "check git's `http.proxy` and the variables `https_proxy` and `http_proxy`".to_owned()
            }
            Self::NotGit { .. } => {
                "check the url, and whether the network wants you to sign in first".to_owned()
            }
            Self::Redirect { .. } => "if it moved there, write that url in `repos.toml`".to_owned(),
            Self::Status { .. } => "try again later".to_owned(),
            Self::Protocol { .. } | Self::Endless | Self::Remote { .. } | Self::Tls { .. } => {
                format!("check that {} works, then try again", list())
            }
            Self::Program { .. } => "install it, or name another in `GIT_SSH_COMMAND`".to_owned(),
            Self::IndexLocked { .. } => {
                "wait for the other git; where there is none, delete the file".to_owned()
            }
            Self::ModulesLink { .. } => "put a file in its place".to_owned(),
            Self::ModulesMalformed { .. } => {
                "correct the line; after a merge, settle its conflicts first".to_owned()
            }
            Self::Impossible { .. } => {
                let pin = of.name.map(|name| format!(" with `oca lock {name}@COMMIT`")).unwrap_or_default();
                format!("tell the maintainers of the repository, and pin an older commit{pin}")
            }
            Self::LinkOnTheWay { .. } => "put the directory itself in its place".to_owned(),
            Self::NoSubmodulePath { .. } => "change `path` in `repos.toml`".to_owned(),
            Self::NestedModule { .. } => {
                "give one of the two another name: `git mv` and `git submodule add --name` do".to_owned()
            }
            Self::Git { .. } | Self::System { .. } | Self::File(_) => return None,
        })
    }
}

/// What was asked for when an error came: what a hint can name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// Of the repository, in `repos.toml`.
    pub(crate) name: Option<&'a str>,
    /// Without secrets.
    pub(crate) url: Option<&'a str>,
}

fn typed_path(path: &Path) -> String {
    typed(&path.to_string_lossy())
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn server_in_words(message: &str) -> String {
    if message.is_empty() {
        "the server refused, and gave no reason".to_owned()
    } else {
        format!("the server says: {}", quotation(message))
    }
}

fn ssh_in_words(message: &str) -> String {
    /// As much as is shown. What was wrong comes last, after greetings and warnings.
    const END: usize = 280;
    match message.char_indices().rev().nth(END) {
        _ if message.is_empty() => "ssh closed the connection".to_owned(),
        Some((start, _)) => format!("ssh says: {}", quotation(&format!("...{}", &message[start..]))),
        None => format!("ssh says: {}", quotation(message)),
    }
}

fn literal(word: &str) -> String {
    format!("`{}`", in_short(word).replace('`', "'"))
}

fn tried_in_words(tried: &[String]) -> String {
    if tried.is_empty() {
        "no credentials were found".to_owned()
    } else {
        format!("tried {}", tried.join(", then "))
    }
}

/// Whether libgit2 ends a message with the system's words for what no other run of oca would do better.
fn is_of_the_system(message: &str) -> bool {
    use std::io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    // Too many open files, in this process and in all: these have no kind.
    const NO_MORE_FILES: [i32; 2] = [23, 24];
    let Some(words) = message.rsplit(": ").next() else { return false };
    let is_it = |code: i32| {
        let error = std::io::Error::from_raw_os_error(code);
        let kinds = [FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull];
        (kinds.contains(&error.kind()) || NO_MORE_FILES.contains(&code))
            && error.to_string().split(" (os error").next() == Some(words)
    };
    (1..140).any(is_it)
}

impl From<UnreadableTree> for Error {
    fn from(error: UnreadableTree) -> Self {
        match error {
            UnreadableTree::Damaged { .. } => Self::Damaged { why: error.to_string() },
            UnreadableTree::Impossible { path, why } => Self::Impossible { path, why },
        }
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        use git2::{ErrorClass, ErrorCode};
        let message = error.message();
        // libgit2 may quote the url.
        let message = if message.contains("://") { redact(message) } else { message.to_owned() };
        if let Some(extension) = message.strip_prefix("unsupported extension name extensions.") {
            let convert = match extension {
                "partialclone" => "git fetch --refetch && git config --unset extensions.partialClone",
                "refstorage" => "git refs migrate --ref-format=files",
                _ => "git update-index --no-split-index && git sparse-checkout disable",
            };
            return Self::Extension { extension: extension.to_owned(), convert };
        }
        if let Some(extension) = message.strip_prefix("unsupported mandatory extension: ") {
            let (extension, convert) = match extension.trim_matches('\'') {
                "link" => ("split index", "git update-index --no-split-index"),
                "sdir" => ("sparse index", "git sparse-checkout reapply --no-sparse-index"),
                other => (other, "git update-index --index-version 2"),
            };
            return Self::Extension { extension: extension.to_owned(), convert };
        }
        if let Some(message) = message.strip_prefix("remote error: ") {
            return Self::Remote { message: message.trim().to_owned() };
        }
        // libgit2 loses the server's words where it waits for the end of a shallow history.
        if message == "unexpected packet type" {
            return Self::Remote { message: String::new() };
        }
        match (error.class(), error.code()) {
            (_, ErrorCode::Timeout) => Self::Stalled { after: super::pace::limits().stall },
            (_, ErrorCode::Auth) => Self::Unauthorised { tried: Vec::new() },
            (ErrorClass::Net, _) => Self::Connection { why: message },
            // What libgit2 says where the disk does not take the index.
            (ErrorClass::None, ErrorCode::GenericError) if message == "no error" => {
                Self::System { path: None, why: "a file cannot be written; the disk may be full".to_owned() }
            }
            _ if is_of_the_system(&message) => Self::System { path: None, why: message },
            (ErrorClass::Odb | ErrorClass::Zlib, _) => Self::Damaged { why: message },
            _ => Self::Git { why: message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_all_the_words_of_the_system_are_its_words() {
        for message in
            ["could not write: No space left on device", "Permission denied", "x: Too many open files"]
        {
            assert!(is_of_the_system(message), "{message}");
        }
        for message in
            ["", "x: ", "object not found: N", "x: No space", "x: P", "x: No space left on device ("]
        {
            assert!(!is_of_the_system(message), "{message}");
        }
    }

    #[test]
    fn what_the_system_says_is_on_one_line() {
        let error =
            Error::System { path: None, why: "cannot open \u{1b}[31m\nx: Permission denied".to_owned() };
        assert_eq!(error.to_string(), "cannot open \\u{1b}[31m\\nx: Permission denied");
    }

    #[test]
    fn a_server_that_gives_no_reason_is_not_quoted() {
        let refused = git2::Error::from_str("unexpected packet type");
        assert_eq!(Error::from(refused).to_string(), "the server refused, and gave no reason");
        let refused = git2::Error::from_str("remote error: no");
        assert_eq!(Error::from(refused).to_string(), "the server says: \"no\"");
    }
}
