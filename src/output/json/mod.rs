//! The shapes that machines read. They keep: a rename inside is no break outside, and each carries a version.

mod check;
mod modules;

use std::path::PathBuf;

use serde::Serialize;

pub(crate) use check::findings;
pub(crate) use modules::{modules, tree, why};

use crate::config::Profile;
use crate::export::{Alteration, FileState};
use crate::lock::Change;
use crate::repo::{CommitId, RepoName, Series};
use crate::report::{
    Difference, Done, NAMED, Outdated, RepoOutcome, RepoStatus, State, SubmoduleDifference, Trouble,
    Verified, Whereabouts,
};
use crate::requirements::{Conflict, Flag, Merged, Need, System};

pub(super) const VERSION: u32 = 1;

/// One object, indented, with a newline at the end.
pub(super) fn render(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("text and numbers always serialize");
    text.push('\n');
    text
}

pub(crate) fn freshness(differences: &[Difference]) -> String {
    #[derive(Serialize)]
    struct Freshness {
        version: u32,
        fresh: bool,
        differences: Vec<String>,
    }
    render(&Freshness {
        version: VERSION,
        fresh: differences.is_empty(),
        differences: differences.iter().map(ToString::to_string).collect(),
    })
}

/// How submodules differ from the lock, and what is no difference.
pub(crate) fn submodules(differences: &[SubmoduleDifference], notes: &[String]) -> String {
    #[derive(Serialize)]
    struct Submodules<'a> {
        version: u32,
        fresh: bool,
        differences: Vec<One<'a>>,
        notes: &'a [String],
    }
    #[derive(Serialize)]
    struct One<'a> {
        kind: &'static str,
        path: Option<&'a str>,
        message: String,
    }
    fn one(difference: &SubmoduleDifference) -> One<'_> {
        use SubmoduleDifference as Is;
        let (kind, path) = match difference {
            Is::Missing { path } => ("missing", Some(path)),
            Is::Phantom { path, .. } => ("phantom", Some(path)),
            Is::NoGitlink { path } => ("no-gitlink", Some(path)),
            Is::Stale { path, .. } => ("stale", Some(path)),
            Is::Duplicate { path, .. } => ("duplicate", Some(path)),
            Is::Commit { path, .. } => ("commit", Some(path)),
            Is::Url { path, .. } => ("url", Some(path)),
            Is::Branch { path, .. } => ("branch", Some(path)),
            Is::Path { found, .. } => ("path", Some(found)),
            Is::Second { path, .. } => ("second", Some(path)),
            Is::Undeclared { path } => ("undeclared", Some(path)),
            Is::Tracked { path, .. } => ("tracked", Some(path)),
            Is::Unstaged => ("unstaged", None),
        };
        One { kind, path: path.map(String::as_str), message: difference.to_string() }
    }
    let fresh = differences.is_empty();
    render(&Submodules { version: VERSION, fresh, differences: differences.iter().map(one).collect(), notes })
}

pub(crate) fn changes(changes: &[Change]) -> String {
    #[derive(Serialize)]
    struct Changes<'a> {
        version: u32,
        changes: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a RepoName,
        change: &'static str,
        from: Option<CommitId>,
        to: Option<CommitId>,
    }
    let one = |change| {
        let (name, change, from, to) = match change {
            &Change::Added { ref pin, commit } => (&pin.name, "added", None, Some(commit)),
            &Change::Removed { ref pin, commit } => (&pin.name, "removed", Some(commit), None),
            &Change::Moved { ref pin, from, to } => (&pin.name, "moved", Some(from), Some(to)),
            Change::Reread { pin } => (&pin.name, "reread", None, None),
        };
        One { name, change, from, to }
    };
    render(&Changes { version: VERSION, changes: changes.iter().map(one).collect() })
}

/// A directory that `oca export --layers` made.
#[derive(Serialize)]
pub(crate) struct Layer {
    pub(crate) profile: String,
    pub(crate) path: PathBuf,
    pub(crate) files: usize,
}

/// The layers in the order in which they are copied.
pub(crate) fn layers(layers: &[Layer]) -> String {
    #[derive(Serialize)]
    struct Layers<'a> {
        version: u32,
        layers: &'a [Layer],
    }
    render(&Layers { version: VERSION, layers })
}

/// What was done, or would be done by a `dry` run: the same shape, in other words.
pub(crate) fn outcomes(outcomes: &[RepoOutcome], dry: bool) -> String {
    #[derive(Serialize)]
    struct Outcomes<'a> {
        version: u32,
        repos: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a RepoName,
        outcome: &'static str,
        commit: Option<CommitId>,
        message: String,
    }
    fn one_outcome(repo: &RepoOutcome, dry: bool) -> One<'_> {
        let (outcome, commit) = match &repo.outcome {
            Ok(Done::Locked { to, .. }) => ("locked", Some(*to)),
            Ok(Done::UpToDate) => ("up-to-date", None),
            Ok(Done::Outdated) => ("outdated", None),
            Ok(Done::Created(commit)) => ("created", Some(*commit)),
            Ok(Done::Moved { to, .. }) => ("moved", Some(*to)),
            Ok(Done::Refreshed(commit)) => ("refreshed", Some(*commit)),
            Ok(Done::Removed) => ("removed", None),
            Ok(Done::Exported { .. }) => ("exported", None),
            Ok(Done::Listed(_)) => ("listed", None),
            Ok(Done::PassedOver(_)) => ("not-there", None),
            Err(Trouble::Export(_)) => ("refused", None),
            Err(Trouble::Kept(_)) => ("kept", None),
            Err(_) => ("failed", None),
        };
        One { name: &repo.name, outcome, commit, message: repo.words(dry) }
    }
    let repos = outcomes.iter().map(|repo| one_outcome(repo, dry)).collect();
    render(&Outcomes { version: VERSION, repos })
}

pub(crate) fn status(repos: &[RepoStatus]) -> String {
    #[derive(Serialize)]
    struct Status<'a> {
        version: u32,
        repos: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        state: &'static str,
        locked: Option<CommitId>,
        actual: Option<CommitId>,
        detail: Option<&'a str>,
    }
    fn one(repo: &RepoStatus) -> One<'_> {
        let RepoStatus { name, state, locked, actual, detail } = repo;
        let (name, detail) = (name.as_str(), detail.as_deref());
        One { name, state: state_name(*state), locked: *locked, actual: *actual, detail }
    }
    render(&Status { version: VERSION, repos: repos.iter().map(one).collect() })
}

fn state_name(state: State) -> &'static str {
    match state {
        State::Clean => "clean",
        State::Missing => "missing",
        State::OtherCommit => "other-commit",
        State::Dirty => "dirty",
        State::LocalCommits => "local-commits",
        State::NotGit => "not-git",
        State::Undeclared => "undeclared",
        State::Skipped => "skipped",
        State::Unreadable => "unreadable",
    }
}

pub(crate) fn verified(repos: &[Verified]) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        verified: bool,
        repos: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: Option<&'a RepoName>,
        verified: bool,
        /// How many were compared.
        files: usize,
        trouble: Option<&'a str>,
        alterations: Vec<File>,
        /// How many more there are.
        more: usize,
    }
    #[derive(Serialize)]
    struct File {
        path: String,
        state: &'static str,
    }
    fn one(repo: &Verified) -> One<'_> {
        let file = |file: &Alteration| File {
            path: file.path.to_string_lossy().into_owned(),
            state: match file.state {
                FileState::Altered => "altered",
                FileState::Mode => "other-mode",
                FileState::Missing => "missing",
                FileState::Extra => "extra",
            },
        };
        One {
            name: repo.name.as_ref(),
            verified: repo.is_fine(),
            files: repo.files,
            trouble: repo.trouble.as_deref(),
            alterations: repo.alterations.iter().take(NAMED).map(file).collect(),
            more: repo.alterations.len().saturating_sub(NAMED),
        }
    }
    let fine = repos.iter().all(Verified::is_fine);
    render(&All { version: VERSION, verified: fine, repos: repos.iter().map(one).collect() })
}

/// Where modules are, and the repositories that could not be asked.
pub(crate) fn whereabouts(odoo: Series, modules: &[Whereabouts], unasked: &[RepoName]) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        odoo: Series,
        modules: Vec<One<'a>>,
        unasked: &'a [RepoName],
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        /// Odoo's own.
        core: bool,
        /// In the lock of the profile already.
        locked: bool,
        repos: &'a [RepoName],
    }
    fn one(there: &Whereabouts) -> One<'_> {
        let Whereabouts { module, is_core, is_known, repos } = there;
        One { name: module, core: *is_core, locked: *is_known, repos }
    }
    render(&All { version: VERSION, odoo, modules: modules.iter().map(one).collect(), unasked })
}

pub(crate) fn outdated(repos: &[Outdated]) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        repos: Vec<One<'a>>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a RepoName,
        locked: CommitId,
        head: CommitId,
        hold: bool,
    }
    fn one(repo: &Outdated) -> One<'_> {
        One { name: &repo.name, locked: repo.locked, head: repo.head, hold: repo.hold }
    }
    let repos = repos.iter().map(one).collect();
    render(&All { version: VERSION, repos })
}

pub(crate) fn requirements(merged: &Merged) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        requirements: Vec<One<'a>>,
        conflicts: Vec<Clash<'a>>,
        warnings: Vec<Clash<'a>>,
        problems: Vec<String>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        extras: &'a [String],
        specifier: &'a str,
        marker: Option<&'a str>,
        line: String,
        flag: Option<&'static str>,
        origins: Vec<String>,
    }
    #[derive(Serialize)]
    struct Clash<'a> {
        name: &'a str,
        lines: Vec<ClashLine<'a>>,
    }
    #[derive(Serialize)]
    struct ClashLine<'a> {
        requirement: &'a str,
        origin: String,
    }
    fn clash(conflict: &Conflict) -> Clash<'_> {
        let lines = conflict.lines.iter();
        let lines = lines.map(|(requirement, origin)| ClashLine { requirement, origin: origin.to_string() });
        Clash { name: &conflict.name, lines: lines.collect() }
    }
    let requirements = merged.requirements.iter().map(|requirement| One {
        name: &requirement.name,
        extras: &requirement.extras,
        specifier: &requirement.specifier,
        marker: requirement.marker.as_deref(),
        line: requirement.to_string(),
        flag: requirement.flag.map(|flag| match flag {
            Flag::ExactPin => "exact-pin",
            Flag::DirectReference => "direct-reference",
        }),
        origins: requirement.origins.iter().map(ToString::to_string).collect(),
    });
    render(&All {
        version: VERSION,
        requirements: requirements.collect(),
        conflicts: merged.conflicts.iter().map(clash).collect(),
        warnings: merged.warnings.iter().map(clash).collect(),
        problems: merged.problems.iter().map(ToString::to_string).collect(),
    })
}

pub(crate) fn system(needs: &System) -> String {
    #[derive(Serialize)]
    struct All<'a> {
        version: u32,
        packages: Vec<One<'a>>,
        programs: Vec<One<'a>>,
        problems: Vec<String>,
    }
    #[derive(Serialize)]
    struct One<'a> {
        name: &'a str,
        origins: Vec<String>,
    }
    fn listed(needs: &[Need]) -> Vec<One<'_>> {
        let origins = |need: &Need| need.origins.iter().map(ToString::to_string).collect();
        needs.iter().map(|need| One { name: &need.name, origins: origins(need) }).collect()
    }
    render(&All {
        version: VERSION,
        packages: listed(&needs.packages),
        programs: listed(&needs.programs),
        problems: needs.problems.iter().map(ToString::to_string).collect(),
    })
}

/// One entry of an addons path.
#[derive(Serialize)]
pub(crate) struct PathEntry {
    pub(crate) path: String,
    /// `before`, `local`, `repository` or `after`.
    pub(crate) kind: &'static str,
    pub(crate) repo: Option<String>,
}

pub(crate) fn addons_path(profile: &Profile, entries: &[PathEntry]) -> String {
    #[derive(Serialize)]
    struct Path<'a> {
        version: u32,
        profile: &'a str,
        odoo: String,
        addons_path: &'a [PathEntry],
    }
    render(&Path {
        version: VERSION,
        profile: &profile.name,
        odoo: profile.odoo.to_string(),
        addons_path: entries,
    })
}
