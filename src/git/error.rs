//! Errors of git and the network. The caller chooses the exit code and the hint by the variant.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::server_words::says_later;
use crate::repo::{CommitId, Reference, UnreadableTree, in_short, quotation, redact};

/// Parts of ssh's messages if a connection was lost, or if a busy server did not accept it.
const LOST_SSH: [&str; 4] =
    ["Connection reset by", "Connection closed by", "closed by remote host", "Broken pipe"];

/// Parts of what servers say over ssh and `git://` if a repository does not exist.
const ABSENT: [&str; 4] =
    ["not found", "not exported", "does not exist", "does not appear to be a git repository"];

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the remote has no {reference}")]
    MissingReference { reference: Reference },
    #[error("commit `{commit}` does not exist on the remote")]
    Vanished { commit: CommitId },
    #[error("`{tag}` is an annotated tag, not a commit; it names commit `{commit}`")]
    IsTag { tag: CommitId, commit: CommitId },
    #[error("the server only sends branches, and commit `{commit}` is not in the history of {reference}")]
    OutOfReach { reference: Reference, commit: CommitId },
    #[error("not found: {}", in_short(what))]
    NotFound { what: String },
    #[error(
        "not found: {}; {} was sent with the request and may lack the right to read it",
        in_short(what),
        credential
    )]
    NotFoundAs { what: String, credential: String },
    #[error("not authorised; {}", tried_in_words(tried))]
    Unauthorised { tried: Vec<String> },
    #[error("the server denies access (status 403)")]
    Forbidden,
    #[error(
        "the server denies access (status 403); {credential} was sent with the request and may lack the right to read the \
         repository"
    )]
    ForbiddenAs { credential: String },
    #[error("the server answered with status {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("the server does not speak git: the content type of its answer is {}", literal(content_type))]
    NotGit { content_type: String },
    #[error("the server only serves files (git's dumb protocol), which oca does not support")]
    Dumb,
    #[error("the server violates the git protocol: {}", in_short(why))]
    Protocol { why: String },
    #[error("the server sent too much data")]
    Endless,
    #[error("the server sent a pack that takes too long to unpack")]
    Unpacking,
    #[error("the remote sent more than {} MB of history", limit / 1_000_000)]
    TooMuchHistory { limit: u64 },
    /// The remote is a shallow copy itself.
    #[error("the remote does not have the history of commit `{commit}`")]
    Shallow { commit: CommitId },
    #[error("{}", server_in_words(message))]
    Remote { message: String },
    #[error("no data for {}", seconds(*after))]
    Stalled { after: Duration },
    #[error("the server is too slow: too little data within {}", seconds(*within))]
    Slow { within: Duration },
    #[error("the connection failed: {}", in_short(why))]
    Connection { why: String },
    #[error("the server's certificate is not trusted: {}", in_short(why))]
    Certificate { why: String },
    #[error("the proxy's certificate is not trusted: {}", in_short(why))]
    CertificateOfProxy { why: String },
    #[error("cannot make a secure connection: {}", in_short(why))]
    Tls { why: String },
    #[error("cannot read `{}`, set by `{setting}`: {why}", path.display())]
    Authorities { setting: &'static str, path: PathBuf, why: String },
    #[error("cannot read `{}`, set by `{variable}`: {why}", path.display())]
    Secret { variable: String, path: PathBuf, why: String },
    #[error("cannot read `{}` at line {line}: {why}", path.display())]
    Netrc { path: PathBuf, line: usize, why: String },
    #[error("git's `{setting}` is set, and oca does not support it")]
    Unsupported { setting: &'static str },
    #[error("git's {} is not UTF-8, and oca cannot follow it", literal(setting))]
    NotText { setting: String },
    #[error("`{}` is included by too many files of git's configuration, one in another", file.display())]
    TooManyIncludes { file: PathBuf },
    #[error("the url of the proxy is not valid or not supported")]
    Proxy,
    #[error("refused to follow a redirect from {} to {}", literal(from), literal(to))]
    Redirect { from: String, to: String },
    #[error("the remote cannot be asked because oca is offline")]
    Offline,
    #[error("cannot run `{program}`: {why}")]
    Program { program: String, why: String },
    #[error("{}", ssh_in_words(message))]
    Ssh { message: String },
    /// A step of a lock does not give what the lock says. Steps are counted from 1.
    #[error("step {number} is wrong: {why}")]
    WrongStep { number: usize, why: super::WrongStep },
    #[error("the cache is damaged: {}", in_short(why))]
    Damaged { why: String },
    #[error("the cache was deleted while oca was using it")]
    CacheGone,
    #[error("the repository in `{}` is damaged: {why}", path.display())]
    DamagedCheckout { path: PathBuf, why: String },
    #[error("the repository at `{}` is damaged: {why}", path.display())]
    DamagedRemote { path: PathBuf, why: String },
    #[error("the repository at `{}` is a partial clone, and git objects are missing in it", path.display())]
    PartialRemote {
        path: PathBuf,
        /// The remote that has the objects.
        from: String,
        is_bare: bool,
    },
    #[error("this repository uses git's `{extension}`, which libgit2 cannot read")]
    Extension { extension: String, convert: &'static str },
    #[error("`{}` exists: git is running in this repository, or was killed", lock.display())]
    IndexLocked { lock: PathBuf },
    #[error("`{}` is a symlink, and git refuses it", file.display())]
    ModulesLink { file: PathBuf },
    #[error("`{}` at line {line}: {why}", file.display())]
    ModulesMalformed { file: PathBuf, line: usize, why: String },
    /// A line of `objects/info/alternates`.
    #[error("`{}` at line {line}: {why}", file.display())]
    Borrowed { file: PathBuf, line: usize, why: &'static str },
    /// The disk is full, a permission is missing, or a limit of the system is reached.
    #[error("{}{}", path.as_ref().map(|path| format!("cannot work in `{}`: ", path.display())).unwrap_or_default(), in_short(why))]
    System { path: Option<PathBuf>, why: String },
    #[error("`{}` cannot be checked out: {why}", in_short(path))]
    Impossible { path: String, why: String },
    #[error("`{path}` cannot be the path of a submodule: {why}")]
    NoSubmodulePath { path: String, why: &'static str },
    #[error("`{}` is a symlink, and oca does not write through symlinks", link.display())]
    LinkOnTheWay { link: PathBuf },
    #[error("`{}` contains the git directory of another submodule", git.display())]
    NestedModule { git: PathBuf },
    #[error("{}", in_short(why))]
    Git { why: String },
    #[error(transparent)]
    File(#[from] crate::fs::Error),
}

impl Error {
    /// Whether the remote does not exist, or does not have what was asked for.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(
            self,
            Self::Vanished { .. }
                | Self::OutOfReach { .. }
                | Self::MissingReference { .. }
                | Self::NotFound { .. }
                | Self::NotFoundAs { .. }
        )
    }

    /// Whether the server says that the repository is not there, or closed.
    pub(super) fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. } | Self::NotFoundAs { .. } | Self::Forbidden | Self::ForbiddenAs { .. }
        )
    }

    /// Whether the same request may succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            // 501 and 505 say that the server never does what it was asked for. 403 is a status only with a time.
            Self::Status { status, .. } => {
                matches!(*status, 403 | 408 | 425 | 429) || (*status >= 500 && !matches!(*status, 501 | 505))
            }
            Self::Remote { message } => says_later(message),
            // A stall is not retried: oca has already waited for the whole limit.
            Self::Connection { .. } | Self::Protocol { .. } => true,
            Self::Ssh { message } => {
                message.is_empty() || LOST_SSH.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// Whether it only means that the repository, or the branch in it, does not exist.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::MissingReference { .. } | Self::NotFound { .. } | Self::NotFoundAs { .. } => true,
            // For a missing repository, forges ask for credentials, so that they do not reveal private ones.
            Self::Unauthorised { .. } => true,
            Self::Remote { message } | Self::Ssh { message } => {
                let message = message.to_lowercase();
                ABSENT.iter().any(|words| message.contains(words))
            }
            _ => false,
        }
    }

    /// The same error, if it occurred in the checkout at `path`.
    pub(super) fn in_checkout(self, path: &Path) -> Self {
        match self {
            Self::Damaged { why } => Self::DamagedCheckout { path: path.to_owned(), why },
            other => other.at(path),
        }
    }

    /// The same error. If it is an error of the system without a path, `path` is added.
    pub(super) fn at(self, path: &Path) -> Self {
        match self {
            Self::System { path: None, why } if !why.contains(std::path::MAIN_SEPARATOR) => {
                Self::System { path: Some(path.to_owned()), why }
            }
            other => other,
        }
    }

    /// The same error of a remote that is a path, without a password: the path may be a url that lacks its scheme.
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
            Self::PartialRemote { path, from, is_bare } => {
                Self::PartialRemote { path: hidden(path), from, is_bare }
            }
            Self::Borrowed { file, line, why } => Self::Borrowed { file: hidden(file), line, why },
            Self::File(error) => Self::File(crate::fs::Error { path: hidden(error.path), ..error }),
            other => other,
        }
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn server_in_words(message: &str) -> String {
    if message.is_empty() {
        "the server refused the request without a reason".to_owned()
    } else {
        format!("the server says: {}", quotation(message))
    }
}

fn ssh_in_words(message: &str) -> String {
    /// Characters that are shown, from the end: the error comes last, after greetings and warnings.
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

impl From<UnreadableTree> for Error {
    fn from(error: UnreadableTree) -> Self {
        match error {
            UnreadableTree::Damaged { .. } => Self::Damaged { why: error.to_string() },
            UnreadableTree::Impossible { path, why } => Self::Impossible { path, why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_system_is_shown_on_one_line() {
        let error =
            Error::System { path: None, why: "cannot open \u{1b}[31m\nx: Permission denied".to_owned() };
        assert_eq!(error.to_string(), "cannot open \\u{1b}[31m\\nx: Permission denied");
    }
}
