//! Every way in which a command can fail: one variant for each room's error and for each refusal of a command.
//!
//! The errors of the rooms know no exit codes. Exit code and hint are chosen here.

mod diff;
mod edit;
mod exit_code;
mod failure;
mod hint;
mod merge;
mod message;
mod outside;
mod own;
mod pin;
mod place;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub(crate) use diff::DiffError;
pub(crate) use edit::{EditError, NotAskedWhy};
pub(crate) use merge::{MergeError, PatchBase};
pub(crate) use message::Message;
pub(crate) use outside::Outside;
pub(crate) use own::OwnError;
pub(crate) use pin::PinError;

use crate::lock::{Dispute, Side};
use crate::odoo_conf::Malformed;
use crate::repo::{
    CommitId, CorePart, Invalid, RepoName, Series, UnreadableTree, counted, first_names, one_line,
    quoted_list,
};
use crate::report::{Difference, Failure, Finding, StillNeeded, SubmoduleDifference, Unmet};
use crate::requirements::{Conflict, RequirementProblem};
use crate::{config, export, fs, git, import, lock};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("`SOURCE_DATE_EPOCH` must be a Unix timestamp, not `{word}`")]
    BadDate { word: String },
    #[error("{invalid}")]
    BadName { invalid: Invalid },
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error("some requirements conflict with each other")]
    Conflicts { conflicts: Vec<Conflict>, problems: Vec<RequirementProblem> },
    #[error(transparent)]
    Cache(fs::Error),
    #[error("`{path}` contains a comma, which Odoo does not support in an addons path")]
    Comma { path: String },
    #[error(
        "`{}` contains a control character, which would break the line in odoo.conf",
        crate::repo::one_line(path)
    )]
    ControlInPath { path: String },
    #[error("`{}` is out of date{}", file.display(), lines(differences))]
    Differs { file: PathBuf, differences: Vec<String>, command: String },
    #[error("`{}` has conflicting pins for {}{}", file.display(), counted(disputes.len(), "repository", "repositories"), dispute_list(disputes))]
    Disputed {
        file: PathBuf,
        disputes: Vec<DatedDispute>,
        /// What the user chose already.
        named: BTreeMap<RepoName, Side>,
        /// Whether all servers said if one of the two commits contains the other.
        is_asked: bool,
    },
    /// A merge that asks no server: it is not known whether one of two commits contains the other.
    #[error("both sides changed the entries of {} in `{}`{}", first_names(names), file.display(), dispute_list(disputes))]
    ChangedByBoth { file: PathBuf, names: Vec<String>, disputes: Vec<DatedDispute> },
    #[error("in submodule mode, `oca sync` works on all repositories")]
    SyncOfSome,
    #[error("`{flag}` needs `--upgrade`")]
    OnlyForUpgrade { flag: &'static str },
    #[error(
        "the lock is not changed, because the history was rewritten, or may have been: {}",
        quoted_list(names)
    )]
    Rewritten { names: Vec<RepoName> },
    #[error("`{name}` is named for both `--ours` and `--theirs`")]
    NamedForBoth { name: RepoName },
    #[error("with `--system`, `--check` needs the file to compare")]
    NothingToCheck,
    #[error("`--ours` and `--theirs` cannot both stand for all repositories")]
    BothSides,
    #[error(transparent)]
    Diff(#[from] DiffError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("`{}` already exists", file.display())]
    Exists { file: PathBuf },
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error("`{}` is an incomplete export", directory.display())]
    ExportUnfinished { directory: PathBuf },
    #[error("`{}` contains links to the checkouts instead of files", directory.display())]
    ExportOfLinks { directory: PathBuf },
    #[error(transparent)]
    File(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    /// Neither the lock nor the old text could be written.
    #[error("`{}` is changed, but the lock is not", file.display())]
    HalfRewritten {
        file: PathBuf,
        #[source]
        cause: Box<Error>,
    },
    /// Both would be one directory tree of the image.
    #[error("`{core}`, the `core` of `[image]`, and `{other}` are in one another in the container")]
    ImageNested { core: String, other: String },
    #[error(transparent)]
    Import(#[from] import::Error),
    /// The import is written, but the project will not have the same modules.
    #[error("`{}` is written, but parts of `{}` are not in it: {lost}", file.display(), from.display())]
    ImportIncomplete { file: PathBuf, from: PathBuf, lost: String },
    /// A request would send a variable to a host that only the imported file names.
    #[error(
        "`oca init` sends no environment variable to a server, but the url or branch of {} contains one",
        first_names(names)
    )]
    ImportRevealing { names: Vec<String> },
    /// The import is written, but its lock is not complete; `cause` is the reason. `lost` says what else is left out.
    /// `pinned` is the lock with the pins, if there are any.
    #[error("`{}` is written, but its pins could not be locked{}", file.display(), and_lost(lost))]
    ImportUnlocked {
        file: PathBuf,
        lost: String,
        cause: Box<Error>,
        pinned: Option<PathBuf>,
        command: String,
    },
    #[error("the selection of profile `{profile}` lacks {}", counted(findings.len(), "module", "modules"))]
    Lacking { profile: String, findings: Vec<Finding>, default: Option<String> },
    #[error("`{}` is a symlink, but the checkouts of profile `{profile}` need a directory there", path.display())]
    LinkedPath { path: PathBuf, profile: String },
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// Of a lock that the user named, in place of that of the project.
    #[error(transparent)]
    NamedLock { error: lock::Error },
    /// There is no such file.
    #[error("there is no `{}`", file.display())]
    NoNamedLock { file: PathBuf },
    #[error("profile `{profile}` in `{}` has its checkouts in `{path}` and your modules in `{local}`, but the checkouts must not contain your modules", file.display())]
    MixedPaths { file: PathBuf, profile: String, path: String, local: String },
    /// The remaining selection needs modules of the repositories to remove.
    #[error("some of these repositories are still needed")]
    Needed { removed: Vec<RepoName>, unmet: Vec<Unmet> },
    #[error("no repository under `{base}` could be reached")]
    NoAnswer {
        base: String,
        #[source]
        error: git::Error,
    },
    #[error("there is no `repos.toml` here or in a parent directory")]
    NoConfig { place: Outside },
    #[error("`--lock` names the lock of an export, but no export is named")]
    NoExport,
    #[error("there is no `{}`, which `{}` lists in `constraints`", file.display(), config.display())]
    NoConstraints { file: PathBuf, config: PathBuf },
    #[error("`--core` asks for the requirements of Odoo, but {}", without_core(profile, *is_declared))]
    NoCoreRequirements { profile: String, is_declared: bool },
    #[error("there is no cache directory: neither `OCA_CACHE_DIR` nor a home directory is set")]
    NoCache,
    #[error("profile `{profile}` does not have Odoo itself, because there is no `[core]`")]
    NoCore { profile: String },
    #[error("`{}` is a name of Odoo itself, but {}", part.word(), not_in_core(*part, *has_core))]
    NotInCore { part: CorePart, has_core: bool },
    #[error("there is no `{}`", file.display())]
    NoLock { file: PathBuf },
    #[error("the Odoo series is unknown: there is no `repos.toml` here or in a parent directory")]
    NoSeries,
    #[error("`mode = \"submodule\"` needs `{}` to be inside a git repository", directory.display())]
    NoSuperproject { directory: PathBuf },
    #[error("`{}` does not set `mode = \"submodule\"`", file.display())]
    NotSubmodules { file: PathBuf },
    #[error("none of the {asked} repositories asked has {} for Odoo {odoo}", quoted_list(modules))]
    Nowhere { modules: Vec<String>, odoo: Series, near: Vec<String>, asked: usize, unasked: usize },
    #[error("`{}` is not an export of oca", directory.display())]
    NotAnExport { directory: PathBuf },
    #[error("Odoo would refuse `{}`: {why}", path.display())]
    NotAnAddonsDirectory { path: PathBuf, why: &'static str, cure: String },
    #[error("`{}` has no profile `{profile}`, but the export is of that profile", file.display())]
    ProfileNotLocked { file: PathBuf, profile: String },
    /// `checked` says that the file was only checked.
    #[error("Python, and so Odoo, refuses `{}` at line {}: {malformed}", file.display(), malformed.line)]
    OdooConf { file: PathBuf, malformed: Malformed, checked: bool },
    #[error("`{}` is not UTF-8 at line {line}", file.display())]
    NotUtf8 { file: PathBuf, line: usize },
    #[error("`{}` is a path that is not UTF-8", path.display())]
    PathNotUtf8 { path: PathBuf },
    #[error("this command works on one profile, so it does not accept `--all-profiles`")]
    OneProfile,
    /// The repositories that failed.
    #[error("{} failed", counted(failures.len(), "repository", "repositories"))]
    Repos { failures: Vec<Failure> },
    #[error("the url of `{name}` contains a user or password, and `.gitmodules` would publish it")]
    SecretInSubmodule { name: RepoName },
    #[error(
        "`skip` in `repos.local.toml` lists {}, so an export of Odoo itself would not be complete",
        quoted_list(names)
    )]
    SkippedCore { names: Vec<String> },
    /// The answer is no, and the report already says why.
    #[error("")]
    Silent,
    #[error("`{}` is out of date{}: {}", file.display(), because(*locked), difference_list(differences))]
    Stale { file: PathBuf, differences: Vec<Difference>, locked: bool },
    /// The same, if the report has the differences.
    #[error("`{}` is out of date: {}", file.display(), difference_count(*count))]
    StaleAsReported { file: PathBuf, count: usize },
    /// The lock is up to date, but the files of its steps are not there, or not as it says. The report has the faults.
    #[error("`{}` does not match the lock: {}", directory.display(), difference_count(faults.len()))]
    Steps { directory: PathBuf, faults: Vec<lock::Error> },
    /// The lock is up to date, but the surrounding repository does not match it. The report has the differences.
    #[error("`.gitmodules` and the index do not match the lock: {}", difference_count(differences.len()))]
    Submodules {
        differences: Vec<SubmoduleDifference>,
        /// Whether commits of merges must be pushed before they can be staged.
        is_unpushed: bool,
    },
    /// Somebody changed the mode, and did not convert the submodules.
    #[error("the change to `mode = \"clone\"` is not complete: {}", still_submodules(*count))]
    StillSubmodules { count: usize },
    #[error("cannot start threads: {why}")]
    Threads { why: String },
    #[error("`{}` is an export of profile `{found}`, not of profile `{asked}`", directory.display())]
    OtherProfile { directory: PathBuf, found: String, asked: String },
    #[error("`{}` has several profiles", file.display())]
    WhichProfile { file: PathBuf },
    #[error("{} cannot be reached from {} declared branch or tag", counted(names.len(), "pin", "pins"), if names.len() == 1 { "its" } else { "their" })]
    Unreachable { names: Vec<RepoName> },
    #[error("the lock is wrong about {}", counted(pins.len(), "commit", "commits"))]
    Untrue { pins: Vec<(RepoName, CommitId)> },
    #[error("profile `{profile}` has no module `{name}`")]
    UnknownModule {
        name: String,
        profile: String,
        /// Another profile that has it, and the repository.
        elsewhere: Option<(String, RepoName)>,
        near: Option<String>,
    },
    /// One of the user's own directories is a module but for one file.
    #[error(
        "profile `{profile}` has no module `{name}`: `{path}` has no `__init__.py`, so it is not a module"
    )]
    WithoutInit { name: String, profile: String, path: String },
    #[error("the profile has no repository `{name}`, but profile `{profile}` has it")]
    RepoElsewhere { name: RepoName, profile: String },
    #[error("no profile has a repository `{name}`")]
    UnknownRepo {
        name: RepoName,
        known: Vec<String>,
        /// The repository that has a module of this name.
        has: Option<RepoName>,
    },
    #[error("{error}")]
    UnreadableFolder { error: UnreadableTree },
    #[error("some requested modules do not exist")]
    Unmet { unmet: Vec<Unmet> },
    /// The remaining selection needs modules of the repositories to remove, directly or not.
    #[error("some of these repositories are still needed")]
    StillNeeded { needed: Vec<StillNeeded> },
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error(transparent)]
    Own(#[from] OwnError),
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error(transparent)]
    Unusable(#[from] config::Unusable),
}

impl Error {
    /// The repositories that failed, if that is the error or its cause.
    pub(crate) fn failures_mut(&mut self) -> Option<&mut Vec<Failure>> {
        match self {
            Self::Repos { failures } => Some(failures),
            Self::Merge(MergeError::NotRewritten { cause, .. }) => cause.failures_mut(),
            _ => None,
        }
    }
}

impl From<rayon::ThreadPoolBuildError> for Error {
    /// The causes of this error repeat its words, so they are dropped.
    fn from(error: rayon::ThreadPoolBuildError) -> Self {
        Self::Threads { why: error.to_string() }
    }
}

/// What two sides decided differently, and the days of their commits as far as they are known.
#[derive(Debug)]
pub(crate) struct DatedDispute {
    pub(crate) dispute: Dispute,
    pub(crate) ours: Option<String>,
    pub(crate) theirs: Option<String>,
}

impl From<Dispute> for DatedDispute {
    fn from(dispute: Dispute) -> Self {
        Self { dispute, ours: None, theirs: None }
    }
}

/// One line for each conflict, to follow the error.
fn dispute_list(disputes: &[DatedDispute]) -> String {
    let line = |DatedDispute { dispute, ours, theirs }: &DatedDispute| {
        let Dispute { pin, merge, .. } = dispute;
        let side = |commit: CommitId, day: &Option<String>| {
            let day = day.iter().map(|day| format!(" of {day}")).collect::<String>();
            format!("`{}`{day}", commit.short())
        };
        let (ours, theirs) = (side(dispute.ours, ours), side(dispute.theirs, theirs));
        let what = match merge {
            Some(merge) => format!("`{}`", merge.of(&pin.name)),
            None => format!("`{}` at {}", pin.name, pin.reference),
        };
        if dispute.is_of_resolutions() {
            return format!(
                "{what} at `{}`: the two sides resolved it in different ways",
                dispute.ours.short()
            );
        }
        format!("{what}: ours {ours}, theirs {theirs}")
    };
    lines(&disputes.iter().map(line).collect::<Vec<_>>())
}

/// Lines that follow the first one of a message.
fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// What an import leaves out besides its pins.
fn and_lost(lost: &str) -> String {
    if lost.is_empty() { String::new() } else { format!(", and these parts are not in it: {lost}") }
}

/// Why a profile has no requirements of Odoo itself.
fn without_core(profile: &str, is_declared: bool) -> String {
    let why = if is_declared { "`requirements = false` in `[core]`" } else { "no `[core]`" };
    format!("profile `{profile}` has {why}")
}

fn not_in_core(part: CorePart, has_core: bool) -> String {
    if has_core {
        format!("`[core]` declares no `{}`", part.word())
    } else {
        "`repos.toml` has no `[core]`".to_owned()
    }
}

fn because(locked: bool) -> &'static str {
    if locked { ", and `--locked` was given" } else { "" }
}

fn difference_list(differences: &[Difference]) -> String {
    if differences.is_empty() {
        "it is not formatted as oca writes it".to_owned()
    } else {
        first_of(differences)
    }
}

fn still_submodules(count: usize) -> String {
    counted(count, "checkout is still a submodule", "checkouts are still submodules")
}

fn difference_count(count: usize) -> String {
    counted(count, "difference", "differences")
}

/// The first difference, and the number of the others.
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
