//! Every way in which a command ends without having done what was asked: one variant per room or refusal.
//!
//! The rooms' own errors know nothing of exit codes; the choice of code and hint is made here.

use std::path::PathBuf;

use crate::repo::{Invalid, RepoName, UnreadableTree};
use crate::report::{Difference, Outcome, RepoOutcome};
use crate::requirements::{Conflict, Problem};
use crate::{config, export, fs, git, lock};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`SOURCE_DATE_EPOCH` is `{word}`, which is no number of seconds since 1970")]
    BadDate { word: String },
    #[error("{invalid}")]
    BadName { invalid: Invalid },
    #[error("`{word}` is not `NAME@COMMIT`: {why}")]
    BadPin { word: String, why: String },
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error("requirements exclude each other")]
    Conflicts { conflicts: Vec<Conflict>, problems: Vec<Problem> },
    #[error("`{}` is not what oca would write", file.display())]
    Differs { file: PathBuf, differences: Vec<String>, command: String },
    #[error("`{}` already exists", file.display())]
    Exists { file: PathBuf },
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error("`{}` is a half-written export", directory.display())]
    ExportUnfinished { directory: PathBuf },
    #[error("`{}` holds links to the checkouts, and no files of its own", directory.display())]
    ExportOfLinks { directory: PathBuf },
    #[error(transparent)]
    File(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Lock(#[from] lock::Error),
    #[error("there is no `{}`", file.display())]
    MissingFile { file: PathBuf },
    #[error("there is no `repos.toml` here or in a directory above")]
    NoConfig,
    #[error("there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set")]
    NoCache,
    #[error("there is no `{}`", file.display())]
    NoLock { file: PathBuf },
    #[error("`{}` is not an export of oca", directory.display())]
    NotAnExport { directory: PathBuf },
    #[error("Odoo would refuse `{}`: {why}", path.display())]
    NotAnAddonsDirectory { path: PathBuf, why: &'static str },
    #[error("`{}` has no profile `{profile}`, which was exported", file.display())]
    ProfileNotLocked { file: PathBuf, profile: String },
    /// What failed and what was kept from being done, by repository.
    #[error("{} failed", counted(failures.len(), "repository", "repositories"))]
    Repos { failures: Vec<RepoOutcome> },
    /// The answer is no, and the report has said why.
    #[error("")]
    Silent,
    #[error("`{}` is out of date{}: {}", file.display(), because(*locked), difference_list(differences))]
    Stale { file: PathBuf, differences: Vec<Difference>, locked: bool },
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error("`{}` is an export of profile `{found}`, not of `{asked}`", directory.display())]
    OtherProfile { directory: PathBuf, found: String, asked: String },
    #[error("no profile has a repository `{name}`")]
    UnknownRepo { name: RepoName, known: Vec<String> },
    #[error("{}", uses.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unsupported { uses: Vec<config::Unsupported> },
    #[error("{error}")]
    UnreadableFolder { error: UnreadableTree },
    #[error(transparent)]
    Unusable(#[from] config::Unusable),
}

impl Error {
    /// By the contract of the tool: 1 the answer is no, 2 usage or configuration, 3 network or git, 4 a pinned
    /// commit is gone.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Conflicts { .. }
            | Self::Differs { .. }
            | Self::Export(export::Error::NoCheckout { .. } | export::Error::Stranger { .. })
            | Self::ExportUnfinished { .. }
            | Self::NoLock { .. }
            | Self::NotAnAddonsDirectory { .. }
            | Self::OtherProfile { .. }
            | Self::ProfileNotLocked { .. }
            | Self::Silent
            | Self::Stale { .. } => 1,
            Self::BadDate { .. }
            | Self::BadName { .. }
            | Self::BadPin { .. }
            | Self::Config(_)
            | Self::Exists { .. }
            | Self::Export(_)
            | Self::ExportOfLinks { .. }
            | Self::File(_)
            | Self::Lock(_)
            | Self::MissingFile { .. }
            | Self::NoCache
            | Self::NoConfig
            | Self::NotAnExport { .. }
            | Self::Threads(_)
            | Self::UnknownRepo { .. }
            | Self::UnreadableFolder { .. }
            | Self::Unsupported { .. }
            | Self::Unusable(_) => 2,
            Self::Git(error) => git_code(error),
            Self::Repos { failures } => {
                failures.iter().map(|failure| outcome_code(&failure.outcome)).max().unwrap_or(3)
            }
        }
    }

    /// What to type next.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::BadPin { .. } => Some("write the whole commit id, 40 hexadecimal digits".to_owned()),
            Self::Config(error) => error.hint(),
            Self::Conflicts { conflicts, .. } if !conflicts.is_empty() => {
                Some("change one of them; oca does not choose between them".to_owned())
            }
            Self::Differs { command, .. } => Some(format!("run `{command}`")),
            Self::Exists { .. } => Some("edit it, or move it away first".to_owned()),
            Self::Export(error) => error.hint(),
            Self::ExportOfLinks { .. } => {
                Some("run `oca verify` without it to look at the checkouts".to_owned())
            }
            Self::ExportUnfinished { .. } => Some("run `oca export` again".to_owned()),
            Self::Git(error) => error.hint("URL"),
            Self::Lock(error) => error.hint(),
            Self::NoCache => Some("set `OCA_CACHE_DIR`".to_owned()),
            Self::NoConfig => Some("run `oca init`, or name the file with `--config`".to_owned()),
            Self::NoLock { .. } => Some("run `oca lock` and commit the result".to_owned()),
            Self::NotAnAddonsDirectory { .. } => {
                Some("remove it from the path, or put a module in it".to_owned())
            }
            Self::Stale { .. } => Some("run `oca lock` and commit the result".to_owned()),
            Self::UnknownRepo { name, known } => config::did_you_mean(name.as_str(), known),
            Self::Unusable(error) => error.hint(),
            Self::BadDate { .. }
            | Self::BadName { .. }
            | Self::Conflicts { .. }
            | Self::File(_)
            | Self::MissingFile { .. }
            | Self::NotAnExport { .. }
            | Self::OtherProfile { .. }
            | Self::ProfileNotLocked { .. }
            | Self::Repos { .. }
            | Self::Silent
            | Self::Threads(_)
            | Self::UnreadableFolder { .. }
            | Self::Unsupported { .. } => None,
        }
    }
}

fn git_code(error: &git::Error) -> u8 {
    if matches!(error, git::Error::Vanished { .. }) { 4 } else { 3 }
}

fn outcome_code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Failed(error) | Outcome::Kept(git::CheckoutError::Git(error)) => git_code(error),
        // A disk that is full, or a store that is damaged; not what the repository holds.
        Outcome::Refused(export::Error::File(_)) => 2,
        Outcome::Refused(export::Error::Objects(_) | export::Error::Store { .. }) => 3,
        _ => 1,
    }
}

fn because(locked: bool) -> &'static str {
    if locked { ", and `--locked` was given" } else { "" }
}

fn difference_list(differences: &[Difference]) -> String {
    match differences {
        [] => "it is not as oca writes it".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => {
            format!("{first}, and {}", counted(rest.len(), "more difference", "more differences"))
        }
    }
}

/// "1 repository", "3 repositories".
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
