//! Every way in which a command ends without having done what was asked: one variant per room or refusal.
//!
//! The rooms' own errors know nothing of exit codes; the choice of code and hint is made here.

mod edit;
mod failure;

use std::path::{Path, PathBuf};

pub(crate) use edit::EditError;
pub(crate) use failure::{FailureWords, failure_words};

use crate::lock::Dispute;
use crate::plan::RefusedPin;
use crate::repo::{CommitId, Invalid, RepoName, Series, UnreadableTree, counted, one_line};
use crate::report::{Difference, Failure, SubmoduleDifference, Trouble, Unmet};
use crate::requirements::{Conflict, Problem};
use crate::{config, export, fs, git, import, lock};

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
    #[error(transparent)]
    Cache(fs::Error),
    #[error("`{path}` holds a comma, which Odoo cannot escape in its addons path")]
    Comma { path: String },
    #[error(
        "`{}` holds a control character, which would end its line in odoo.conf",
        crate::repo::one_line(path)
    )]
    ControlInPath { path: String },
    #[error("`{}` is not what oca would write", file.display())]
    Differs { file: PathBuf, differences: Vec<String>, command: String },
    #[error("`{}` has two sides that pin {} differently{}", file.display(), counted(disputes.len(), "repository", "repositories"), dispute_list(disputes))]
    Disputed { file: PathBuf, disputes: Vec<Dispute> },
    #[error(transparent)]
    Edit(#[from] EditError),
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
    Import(#[from] import::Error),
    /// An import without its pins: `cause` kept them from being locked.
    #[error("`{}` is written, but its pins are not locked", file.display())]
    ImportUnlocked { file: PathBuf, cause: Box<Error>, lock_in_the_way: Option<PathBuf>, command: String },
    #[error("profile `{profile}` has its checkouts in `{}`, which is a symlink", path.display())]
    LinkedPath { path: PathBuf, profile: String },
    #[error(transparent)]
    Lock(#[from] lock::Error),
    #[error("profile `{profile}` in `{}` mixes its checkouts in `{path}` with the own modules in `{local}`", file.display())]
    MixedPaths { file: PathBuf, profile: String, path: String, local: String },
    /// What is left asks for modules of repositories that were to be removed.
    #[error("repositories are needed that were to be removed")]
    Needed { removed: Vec<RepoName>, unmet: Vec<Unmet> },
    #[error("no repository below `{base}` could be asked")]
    NoAnswer {
        base: String,
        #[source]
        error: git::Error,
    },
    #[error("there is no `repos.toml` here or in a directory above")]
    NoConfig,
    #[error("there is no `{}`, which `{}` names in `constraints`", file.display(), config.display())]
    NoConstraints { file: PathBuf, config: PathBuf },
    #[error("there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set")]
    NoCache,
    #[error("there is no `{}`", file.display())]
    NoLock { file: PathBuf },
    #[error("there is no `repos.toml` here or in a directory above to say for which series")]
    NoSeries,
    #[error("`mode = \"submodule\"` needs a git repository around `{}`", directory.display())]
    NoSuperproject { directory: PathBuf },
    #[error("`{}` does not say `mode = \"submodule\"`", file.display())]
    NotSubmodules { file: PathBuf },
    #[error("no OCA repository has {} on {odoo}", quoted(modules))]
    Nowhere { modules: Vec<String>, odoo: Series, near: Vec<String>, unasked: usize },
    #[error("`{}` is not an export of oca", directory.display())]
    NotAnExport { directory: PathBuf },
    #[error("Odoo would refuse `{}`: {why}", path.display())]
    NotAnAddonsDirectory { path: PathBuf, why: &'static str, cure: String },
    #[error("`{}` has no profile `{profile}`, which was exported", file.display())]
    ProfileNotLocked { file: PathBuf, profile: String },
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("`--all-profiles` was given to a command that is about one profile")]
    OneProfile,
    #[error("`{word}` is not `NAME@COMMIT`: there is no `@`")]
    PinWithoutCommit { word: String },
    /// What failed and what was kept from being done, by repository.
    #[error("{} failed", counted(failures.len(), "repository", "repositories"))]
    Repos { failures: Vec<Failure> },
    #[error("the url of `{name}` holds a user or password, which `.gitmodules` would show to everybody")]
    SecretInSubmodule { name: RepoName },
    /// The answer is no, and the report has said why.
    #[error("")]
    Silent,
    #[error("`{}` is out of date{}: {}", file.display(), because(*locked), difference_list(differences))]
    Stale { file: PathBuf, differences: Vec<Difference>, locked: bool },
    /// The lock is what is declared, and the surrounding repository is not what the lock says.
    #[error("`.gitmodules` and the index are not what the lock says: {}", first_of(differences))]
    Submodules { differences: Vec<SubmoduleDifference> },
    #[error("{}", refused_pin(file, refused))]
    RefusedPin { file: PathBuf, refused: RefusedPin },
    #[error("cannot start threads: {why}")]
    Threads { why: String },
    #[error("`{}` is an export of profile `{found}`, not of `{asked}`", directory.display())]
    OtherProfile { directory: PathBuf, found: String, asked: String },
    #[error("`{}` has several profiles", file.display())]
    WhichProfile { file: PathBuf },
    #[error("{} cannot be reached from where {} declared", counted(names.len(), "pin", "pins"), if names.len() == 1 { "it is" } else { "they are" })]
    Unreachable { names: Vec<RepoName> },
    #[error("the lock is wrong about {}", counted(pins.len(), "commit", "commits"))]
    Untrue { pins: Vec<(RepoName, CommitId)> },
    #[error("`{word}` contradicts another commit that is given for `{name}`")]
    TwoPins { word: String, name: RepoName },
    #[error("profile `{profile}` has no module `{name}`")]
    UnknownModule {
        name: String,
        profile: String,
        /// A profile that has it, and the repository it has it from.
        elsewhere: Option<(String, RepoName)>,
        near: Option<String>,
    },
    #[error("no profile has a repository `{name}`")]
    UnknownRepo { name: RepoName, known: Vec<String> },
    #[error("{} not supported yet", counted(uses.len(), "key is", "keys are"))]
    Unsupported { uses: Vec<config::Unsupported> },
    #[error("{error}")]
    UnreadableFolder { error: UnreadableTree },
    #[error("modules are asked for that are not there")]
    Unmet { unmet: Vec<Unmet> },
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
            | Self::Disputed { .. }
            | Self::Export(export::Error::NoCheckout { .. } | export::Error::Stranger { .. })
            | Self::ExportUnfinished { .. }
            | Self::Lock(
                lock::Error::Edited { .. } | lock::Error::Twice { .. } | lock::Error::Dangling { .. },
            )
            | Self::NoLock { .. }
            | Self::NotAnAddonsDirectory { .. }
            | Self::Nowhere { unasked: 0, .. }
            | Self::OtherProfile { .. }
            | Self::ProfileNotLocked { .. }
            | Self::Silent
            | Self::Stale { .. }
            | Self::Submodules { .. }
            | Self::Unreachable { .. }
            | Self::Untrue { .. } => 1,
            Self::BadDate { .. }
            | Self::BadName { .. }
            | Self::BadPin { .. }
            | Self::Cache(_)
            | Self::Comma { .. }
            | Self::Config(_)
            | Self::ControlInPath { .. }
            | Self::Exists { .. }
            | Self::Export(_)
            | Self::ExportOfLinks { .. }
            | Self::File(_)
            | Self::Import(_)
            | Self::LinkedPath { .. }
            | Self::Lock(_)
            | Self::MixedPaths { .. }
            | Self::Needed { .. }
            | Self::NoCache
            | Self::NoConfig
            | Self::NoSeries
            | Self::NoSuperproject { .. }
            | Self::NotSubmodules { .. }
            | Self::NotAnExport { .. }
            | Self::NoConstraints { .. }
            | Self::NotUtf8 { .. }
            | Self::OneProfile
            | Self::PinWithoutCommit { .. }
            | Self::RefusedPin { .. }
            | Self::SecretInSubmodule { .. }
            | Self::Threads { .. }
            | Self::TwoPins { .. }
            | Self::UnknownModule { .. }
            | Self::UnknownRepo { .. }
            | Self::Unmet { .. }
            | Self::UnreadableFolder { .. }
            | Self::Unsupported { .. }
            | Self::Unusable(_)
            | Self::WhichProfile { .. } => 2,
            Self::Nowhere { .. } => 3,
            Self::Edit(error) => error.exit_code(),
            Self::Git(error) | Self::NoAnswer { error, .. } => git_code(error),
            Self::ImportUnlocked { cause, .. } => cause.exit_code(),
            Self::Repos { failures } => {
                failures.iter().map(|failure| trouble_code(&failure.trouble)).max().unwrap_or(3)
            }
        }
    }

    /// What to type next.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::BadPin { .. } => Some("write the whole commit id, 40 hexadecimal digits".to_owned()),
            Self::Cache(_) => Some("name another directory with `--cache-dir` or `OCA_CACHE_DIR`".to_owned()),
            Self::Comma { .. } | Self::ControlInPath { .. } => {
                Some("move it to a path without such characters".to_owned())
            }
            Self::Config(error) => error.hint(),
            Self::Conflicts { conflicts, .. } if !conflicts.is_empty() => {
                Some("change one of them; oca does not choose between them".to_owned())
            }
            Self::Differs { command, .. } => Some(format!("run `{command}`")),
            Self::Disputed { .. } => Some("run `oca lock --ours` or `oca lock --theirs`".to_owned()),
            Self::Edit(error) => Some(error.hint()),
            Self::Exists { .. } => Some("edit it, or move it away first".to_owned()),
            Self::Export(error) => error.hint(),
            Self::ExportOfLinks { .. } => {
                Some("run `oca verify` without it to look at the checkouts".to_owned())
            }
            Self::ExportUnfinished { .. } => Some("run `oca export` again".to_owned()),
            Self::Git(error) => error.hint("URL"),
            Self::Import(error) => error.hint(),
            Self::ImportUnlocked { lock_in_the_way: Some(lock), command, .. } => {
                Some(format!("move `{}` away, then pin them with `{command}`", lock.display()))
            }
            Self::ImportUnlocked { command, .. } => Some(format!("pin them with `{command}`")),
            Self::LinkedPath { .. } => {
                Some("put a directory in its place, or set another `path` in `repos.toml`".to_owned())
            }
            Self::Lock(error) => error.hint(),
            Self::MixedPaths { .. } => {
                Some("give the profile a `path` that neither holds nor is in a `[[local]]` one".to_owned())
            }
            Self::NoAnswer { base, error } => error.hint(&format!("{base}/web.git")),
            Self::NoCache => Some("set `OCA_CACHE_DIR`".to_owned()),
            Self::NoConfig => Some("run `oca init`, or name the file with `--config`".to_owned()),
            Self::NoConstraints { .. } => {
                Some("write the file, or take it off the list in `[requirements]`".to_owned())
            }
            Self::NoSeries => Some("name it with `--odoo`, such as `--odoo 18.0`".to_owned()),
            Self::NoSuperproject { .. } => Some("run `git init`, or set `mode = \"clone\"`".to_owned()),
            Self::NotSubmodules { .. } => Some("write that into it, then run `oca sync`".to_owned()),
            Self::Nowhere { near, unasked, .. } => Some(after_nowhere(near, *unasked)),
            Self::NotAnAddonsDirectory { cure, .. } => Some(cure.clone()),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::OneProfile | Self::WhichProfile { .. } => Some("name it with `--profile`".to_owned()),
            Self::OtherProfile { found, .. } => {
                Some(format!("if you mean that one, give `--profile {}`", crate::repo::one_line(found)))
            }
            Self::PinWithoutCommit { word } => {
                Some(format!("to move it to the head of its branch, run `oca lock --upgrade {word}`"))
            }
            Self::RefusedPin { file, refused: RefusedPin::Declared { name, .. } } => {
                Some(format!("change `rev` of `{name}` in `{}`, then run `oca lock`", file.display()))
            }
            Self::RefusedPin { refused: RefusedPin::Ambiguous { name, .. }, .. } => {
                Some(format!("write the commit as `rev` into the `override.{name}` of a profile"))
            }
            Self::SecretInSubmodule { .. } => {
                Some("leave it out of the url, and set a token for its host".to_owned())
            }
            Self::NoLock { .. } | Self::Stale { .. } => {
                Some("run `oca lock` and commit the result".to_owned())
            }
            Self::Submodules { .. } => Some("run `oca submodules` and commit the result".to_owned()),
            Self::Unreachable { names } => {
                let names: Vec<&str> = names.iter().map(RepoName::as_str).collect();
                Some(format!(
                    "move with `oca lock --upgrade {}`, or declare the commit as `rev`",
                    names.join(" ")
                ))
            }
            Self::Untrue { pins } => {
                let pins = pins.iter().map(|(name, commit)| format!(" {name}@{commit}"));
                Some(format!("run `oca lock{}`, which reads them anew", pins.collect::<String>()))
            }
            Self::TwoPins { .. } => Some("keep one of the two".to_owned()),
            Self::UnknownModule { elsewhere: Some((profile, repo)), .. } => {
                Some(format!("`{repo}` of profile `{profile}` has it: give `--profile {profile}`"))
            }
            Self::Threads { .. } => Some("raise what `ulimit -u` and `ulimit -v` allow".to_owned()),
            Self::UnknownModule { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::UnknownModule { .. } => Some("run `oca list --all` to see what is there".to_owned()),
            Self::UnknownRepo { name, known } => {
                Some(config::near_or_all(name.as_str(), known, "repositories here are"))
            }
            Self::Unusable(error) => error.hint(),
            Self::BadDate { .. }
            | Self::BadName { .. }
            | Self::Conflicts { .. }
            | Self::File(_)
            | Self::Needed { .. }
            | Self::NotAnExport { .. }
            | Self::ProfileNotLocked { .. }
            | Self::Repos { .. }
            | Self::Silent
            | Self::Unmet { .. }
            | Self::UnreadableFolder { .. }
            | Self::Unsupported { .. } => None,
        }
    }
}

impl From<rayon::ThreadPoolBuildError> for Error {
    /// Its causes say the same words again.
    fn from(error: rayon::ThreadPoolBuildError) -> Self {
        Self::Threads { why: error.to_string() }
    }
}

fn after_nowhere(near: &[String], unasked: usize) -> String {
    match unasked {
        _ if !near.is_empty() => format!("did you mean {}?", quoted(near)),
        0 => "check the name; where it is new, ask again with `oca find --refresh`".to_owned(),
        _ => "run it again: not all repositories could be asked".to_owned(),
    }
}

fn git_code(error: &git::Error) -> u8 {
    match error {
        git::Error::Vanished { .. } => 4,
        git::Error::ModulesLink { .. }
        | git::Error::ModulesMalformed { .. }
        | git::Error::LinkOnTheWay { .. }
        | git::Error::NestedModule { .. }
        | git::Error::File(_)
        | git::Error::System { .. }
        | git::Error::Authorities { .. }
        | git::Error::NoSubmodulePath { .. } => 2,
        _ => 3,
    }
}

fn trouble_code(trouble: &Trouble) -> u8 {
    match trouble {
        Trouble::Remote(error) | Trouble::Checkout { error, .. } => git_code(error),
        // A disk that is full, or a store that is damaged; not what the repository holds.
        Trouble::NoAddons(_) | Trouble::Export(export::Error::File(_)) => 2,
        Trouble::Export(export::Error::Objects(_) | export::Error::Store { .. }) => 3,
        _ => 1,
    }
}

fn refused_pin(file: &Path, refused: &RefusedPin) -> String {
    match refused {
        RefusedPin::Declared { name, declared, asked } => {
            format!(
                "`{name}` cannot be pinned to `{asked}`: `{}` declares commit `{declared}`",
                file.display()
            )
        }
        RefusedPin::Ambiguous { name, references } => {
            let references: Vec<String> = references.iter().map(ToString::to_string).collect();
            format!("`{name}` has several pins: {}", references.join(", "))
        }
    }
}

/// A line for each, to follow an error.
fn dispute_list(disputes: &[Dispute]) -> String {
    let line = |Dispute { pin, ours, theirs }: &Dispute| {
        format!(
            "\n  `{}` at {}: ours `{}`, theirs `{}`",
            pin.name,
            pin.reference,
            ours.short(),
            theirs.short()
        )
    };
    disputes.iter().map(line).collect()
}

fn because(locked: bool) -> &'static str {
    if locked { ", and `--locked` was given" } else { "" }
}

fn difference_list(differences: &[Difference]) -> String {
    if differences.is_empty() { "it is not as oca writes it".to_owned() } else { first_of(differences) }
}

/// The first of some differences, and how many more there are.
fn first_of(differences: &[impl ToString]) -> String {
    match differences {
        [] => String::new(),
        [one] => one_line(&one.to_string()),
        [first, rest @ ..] => {
            format!(
                "{}, and {}",
                one_line(&first.to_string()),
                counted(rest.len(), "more difference", "more differences")
            )
        }
    }
}

fn quoted(words: &[impl ToString]) -> String {
    words.iter().map(|word| format!("`{}`", word.to_string())).collect::<Vec<_>>().join(", ")
}
