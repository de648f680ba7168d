//! What changed between two locks: for people, and as the text of a pull request.

mod changelog;
mod deep;
mod human;
mod markdown;
mod outdated;

use std::collections::BTreeMap;

pub(crate) use deep::{human_deep, summary_deep};
pub(crate) use human::human;
pub(crate) use markdown::{Limit, MOST, markdown};
pub(crate) use outdated::{outdated_markdown, outdated_rows};

use crate::diff::{Changed, Home, LockDiff, ModuleChange, Names, RepoChange, Step};
use crate::lock::LockedRepo;
use crate::repo::{AutoInstall, RepoName, counted};

/// What is told of one repository: how it changed, unless only the choice of its modules did, and its modules.
#[derive(Default)]
struct OfRepo<'d, 'l> {
    changes: Vec<&'d RepoChange<'l>>,
    /// The modules that it has now and that are new or changed, and those that Odoo itself took over.
    modules: Vec<&'d ModuleChange<'l>>,
}

/// The repositories with their modules, by name.
fn by_repo<'d, 'l>(diff: &'d LockDiff<'l>) -> BTreeMap<&'l RepoName, OfRepo<'d, 'l>> {
    let mut repos: BTreeMap<&RepoName, OfRepo<'_, '_>> = BTreeMap::new();
    for repo in &diff.repos {
        repos.entry(repo.name()).or_default().changes.push(repo);
    }
    for module in &diff.modules {
        if !matches!(module, ModuleChange::Removed(_)) {
            repos.entry(&module.home().repo.pin.name).or_default().modules.push(module);
        }
    }
    repos
}

/// What to do about modules that are gone. The lock does not know the user's own modules, nor an Odoo elsewhere.
const GONE: &str = "uninstall before you deploy, if nothing else has them";

/// The modules that are gone, as they were.
fn gone<'l>(diff: &LockDiff<'l>) -> impl Iterator<Item = Home<'l>> {
    diff.modules.iter().filter_map(|module| match module {
        ModuleChange::Removed(home) => Some(*home),
        _ => None,
    })
}

/// What is said of a module that went into Odoo itself, or came out of it, where the lock does not have Odoo.
const INTO_ODOO: &str = "not gone: Odoo itself has it";
const OUT_OF_ODOO: &str = "new here: Odoo itself had it";

/// How a repository is there now: Odoo itself is somewhere else if it is not in the lock.
fn arrival(repo: &LockedRepo) -> &'static str {
    if repo.core.is_some() { "in the lock now" } else { "added" }
}

/// How a repository is not there any more.
fn departure(repo: &LockedRepo) -> &'static str {
    if repo.core.is_some() { "not in the lock any more" } else { "removed" }
}

/// The versions of a changed module, each in the words of `quoted`. Empty if the lock does not have the new one.
fn versions(changed: &Changed<'_>, quoted: &dyn Fn(&str) -> String, arrow: &str) -> String {
    match changed.versions() {
        Step { from: Some(from), to: Some(to) } if from != to => {
            format!("{} {arrow} {}", quoted(from), quoted(to))
        }
        Step { to, .. } => to.map(quoted).unwrap_or_default(),
    }
}

/// What is known of a changed module beside its version, each as a part of a sentence. `quoted` writes a name.
fn remarks(changed: &Changed<'_>, quoted: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut remarks = Vec::new();
    if changed.is_relocated() {
        remarks.push(format!("moved from {}", quoted(changed.homes.from.repo.pin.name.as_str())));
    }
    if let Some(step) = changed.version {
        remarks.push(step.word().to_owned());
    }
    if changed.is_without_version() {
        remarks.push("changed without a version".to_owned());
    }
    for (what, names) in [
        ("depends on", changed.depends()),
        ("Python:", changed.python()),
        ("programs:", changed.bin()),
        ("Debian packages:", changed.deb()),
    ] {
        if !names.is_empty() {
            remarks.push(format!("{what} {}", signed(&names, quoted)));
        }
    }
    for (what, step) in [("licence", changed.licenses()), ("maturity", changed.maturity())] {
        if let Step { from: Some(from), to: Some(to) } = step
            && from != to
        {
            remarks.push(format!("{what} {} -> {}", quoted(from), quoted(to)));
        }
    }
    if !changed.auto_install().is_same() {
        remarks.push(match changed.auto_install().to {
            AutoInstall::Never => "no longer installed automatically".to_owned(),
            AutoInstall::WhenDependsAre | AutoInstall::When(_) => "installed automatically".to_owned(),
        });
    }
    remarks
}

/// The names that came with `+`, and those that went with `-`.
fn signed(names: &Names<'_>, quoted: &dyn Fn(&str) -> String) -> String {
    let more = names.more.iter().map(|name| format!("+{}", quoted(name)));
    let fewer = names.fewer.iter().map(|name| format!("-{}", quoted(name)));
    more.chain(fewer).collect::<Vec<_>>().join(", ")
}

/// What the profiles require that they did not require before, or no longer.
fn required<'d>(diff: &'d LockDiff<'_>) -> impl Iterator<Item = (&'static str, &'d Names<'d>)> {
    let all = [
        ("Python", &diff.python),
        ("Odoo's requirements", &diff.odoo_python),
        ("programs", &diff.bin),
        ("Debian packages", &diff.deb),
    ];
    all.into_iter().filter(|(_, names)| !names.is_empty())
}

/// How many repositories and modules came, changed and went: "2 repositories (1 added, 1 changed), 0 modules".
pub(crate) fn summary(diff: &LockDiff<'_>) -> String {
    let repo = |change: &RepoChange<'_>| match change {
        RepoChange::Added(_) => "added",
        RepoChange::Changed(_) => "changed",
        RepoChange::Removed(_) => "removed",
    };
    let module = |change: &ModuleChange<'_>| match change {
        ModuleChange::Added(_) => "added",
        ModuleChange::Changed(_) | ModuleChange::IntoOdoo(_) | ModuleChange::OutOfOdoo(_) => "changed",
        ModuleChange::Removed(_) => "removed",
    };
    let repos = tally(diff.repos.iter().map(repo), "repository", "repositories");
    format!("{repos}, {}", tally(diff.modules.iter().map(module), "module", "modules"))
}

/// How many things there are, and how many of them with each word, in the order of the words.
fn tally(words: impl Iterator<Item = &'static str>, one: &str, many: &str) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    let total = counted(counts.values().sum(), one, many);
    let parts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    if parts.is_empty() { total } else { format!("{total} ({})", parts.join(", ")) }
}
