//! What goes wrong with git and the network, told so that the caller can choose exit code and hint.

use std::time::Duration;

use crate::repo::{CommitId, Reference};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the remote has no {reference}")]
    MissingReference { reference: Reference },
    #[error("commit `{commit}` no longer exists on the remote")]
    Vanished { commit: CommitId },
    #[error("the server gives out branches only, and {reference} does not lead to commit `{commit}`")]
    OutOfReach { reference: Reference, commit: CommitId },
    #[error("not found: {what}")]
    NotFound { what: String },
    #[error("not authorised; {}", tried_in_words(tried))]
    Unauthorised { tried: Vec<String> },
    #[error("the server forbids it (status 403)")]
    Forbidden,
    #[error("the server answered with status {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("the server does not speak git: it answered with `{content_type}`")]
    NotGit { content_type: String },
    #[error("the server breaks git's protocol: {why}")]
    Protocol { why: String },
    #[error("the server talks without end")]
    Endless,
    #[error("the server says: {message}")]
    Remote { message: String },
    #[error("nothing came for {}", seconds(*after))]
    Stalled { after: Duration },
    #[error("the connection failed: {why}")]
    Connection { why: String },
    #[error("refused to follow a redirect from `{from}` to `{to}`")]
    Redirect { from: String, to: String },
    #[error("the remote cannot be asked because oca is offline")]
    Offline,
    #[error("cannot run `{program}`: {why}")]
    Program { program: String, why: String },
    #[error("{message}")]
    Ssh { message: String },
    #[error("the store lacks an object that it should have: {why}")]
    Damaged { why: String },
    #[error("it uses git's `{extension}`, which libgit2 cannot read")]
    Extension { extension: String, convert: &'static str },
    #[error("{why}")]
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
            _ => false,
        }
    }

    /// What to type next; `url` is the declared one, without secrets.
    pub(crate) fn hint(&self, url: &str) -> Option<String> {
        Some(match self {
            Self::MissingReference { .. } => format!("see what there is with `git ls-remote {url}`"),
            Self::Vanished { .. } | Self::OutOfReach { .. } => {
                "move the pin with `oca lock --upgrade NAME`, or pin a commit that exists with `oca lock NAME@COMMIT`"
                    .to_owned()
            }
            Self::NotFound { .. } => format!("check the url; `git ls-remote {url}` should list its branches"),
            Self::Unauthorised { .. } | Self::Ssh { .. } => {
                format!("check that `git ls-remote {url}` works without a prompt")
            }
            Self::Forbidden => "check the rights of the token in use".to_owned(),
            Self::Offline => "run it once without `--offline`".to_owned(),
            Self::Extension { convert, .. } => format!("convert it with `{convert}`"),
            Self::Damaged { .. } => "run `oca cache clean` and try again".to_owned(),
            Self::Stalled { .. } | Self::Connection { .. } => {
                "check the network and the proxy, then try again".to_owned()
            }
            Self::NotGit { .. } => {
                "check the url, and whether the network wants you to sign in first".to_owned()
            }
            Self::Redirect { .. } => "if it moved there, write that url in `repos.toml`".to_owned(),
            Self::Status { .. } => "try again later".to_owned(),
            Self::Protocol { .. } | Self::Endless | Self::Remote { .. } => {
                format!("check that `git ls-remote {url}` works, then try again")
            }
            Self::Program { .. } => "install it, or name another in `GIT_SSH_COMMAND`".to_owned(),
            Self::Git { .. } | Self::File(_) => return None,
        })
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn tried_in_words(tried: &[String]) -> String {
    if tried.is_empty() {
        "no credentials were found".to_owned()
    } else {
        format!("tried {}", tried.join(", then "))
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        use git2::{ErrorClass, ErrorCode};
        let message = error.message().to_owned();
        if let Some(extension) = message.strip_prefix("unsupported extension name extensions.") {
            let convert = match extension {
                "partialclone" => "git fetch --refetch && git config --unset extensions.partialClone",
                "refstorage" => "git refs migrate --ref-format=files",
                _ => "git update-index --no-split-index && git sparse-checkout disable",
            };
            return Self::Extension { extension: extension.to_owned(), convert };
        }
        match (error.class(), error.code()) {
            (_, ErrorCode::Timeout) => Self::Stalled { after: super::STALL },
            (_, ErrorCode::Auth) => Self::Unauthorised { tried: Vec::new() },
            (ErrorClass::Net, _) => Self::Connection { why: message },
            (ErrorClass::Odb, ErrorCode::NotFound) => Self::Damaged { why: message },
            _ => Self::Git { why: message },
        }
    }
}
