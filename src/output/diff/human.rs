//! What changed between two locks, for people.

use super::changelog::{MostEntries, ShownLog, fragments, history, modules};
use super::{
    GONE, INTO_ODOO, OUT_OF_ODOO, OfRepo, arrival, by_repo, departure, gone, remarks, required, signed,
    versions,
};
use crate::diff::{
    Changelogs, Home, LockDiff, MergeDiff, ModuleChange, News, RepoChange, Step, Told, VersionStep,
};
use crate::lock::LockedRepo;
use crate::output::{Cell, Table, Tone};
use crate::repo::{CommitId, RepoName, in_short, typed};

/// The most entries of one log.
const MOST_ENTRIES: MostEntries = MostEntries { of_repo: 10, of_module: 3 };

/// The most new lines of the `HISTORY` of one module.
const MOST_LINES: usize = 6;

/// One table: a repository has a row, and its modules have rows below it. What is gone comes first.
pub(crate) fn human<'l>(diff: &LockDiff<'l>, changelogs: &Changelogs<'l>) -> Table {
    let mut table = Table::default();
    let row = |table: &mut Table, cells: &[&str]| table.row(cells.iter().map(|cell| (*cell).to_owned()));
    if !diff.series.is_same() {
        let Step { from, to } = diff.series;
        row(&mut table, &[&format!("Odoo {from} -> {to}")]);
    }
    let mut gone = gone(diff).peekable();
    if gone.peek().is_some() {
        table.row([Cell::toned(format!("gone: {GONE}"), Tone::Bad)]);
    }
    for home in gone {
        let version = home.version().unwrap_or_default();
        row(&mut table, &[&format!("  {}", home.module.name), version, home.repo.pin.name.as_str()]);
    }
    for (name, OfRepo { changes, modules }) in by_repo(diff) {
        if changes.is_empty() {
            table.row([Cell::toned(name.as_str(), Tone::Name), "same commit".to_owned().into()]);
        }
        let mut logs = Vec::new();
        for change in changes {
            of_repo(&mut table, name, change, diff);
            if let Some(log) = ShownLog::of(changelogs, diff, change, &modules, MOST_ENTRIES) {
                table.row([format!("  {}", log.summary())]);
                log.of_repo().for_each(|told| table.row([format!("  {}", of_entry(told, true))]));
                logs.push(log);
            }
        }
        for module in modules {
            table.row(of_module(module));
            for told in logs.iter().flat_map(|log| log.of_module(module)) {
                table.row([format!("    {}", of_entry(told, false))]);
            }
            changelogs.of_module(module).into_iter().for_each(|news| of_news(&mut table, news));
        }
        let mut rest = logs.iter().flat_map(ShownLog::rest).peekable();
        if rest.peek().is_some() {
            let rest: Vec<String> = rest.collect();
            table.row([format!("  not shown: {}; `--format json` has all", rest.join(", "))]);
        }
    }
    for (what, names) in required(diff) {
        row(&mut table, &[&format!("{what}:"), &signed(names, &str::to_owned)]);
    }
    table
}

fn of_repo(table: &mut Table, name: &RepoName, change: &RepoChange<'_>, diff: &LockDiff<'_>) {
    let cell = Cell::toned(name.as_str(), Tone::Name);
    let (repos, reference) = match change {
        RepoChange::Added(repo) => {
            let arrival = Cell::toned(format!("{} at {}", arrival(repo), repo.commit.short()), Tone::Good);
            return table.row([cell, arrival, repo.pin.reference.to_string().replace('`', "").into()]);
        }
        RepoChange::Removed(repo) => {
            let departure = format!("{}, was at {}", departure(repo), repo.commit.short());
            return table.row([cell, Cell::toned(departure, Tone::Bad)]);
        }
        RepoChange::Changed(repos) => (repos, repos.references().to.to_string().replace('`', "")),
    };
    let Step { from, to } = repos.commits();
    let moves = if from == to { "same commit".to_owned() } else { moved(from, to) };
    table.row([cell, moves.into(), reference.into()]);
    details(repos, diff).into_iter().for_each(|detail| table.row([format!("  {detail}")]));
}

/// The lines below the row of a repository.
fn details(repos: &Step<&LockedRepo>, diff: &LockDiff<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if !repos.references().is_same() {
        lines.push(format!("was on {}", repos.references().from));
    }
    if !repos.urls().is_same() {
        lines.push(format!("was at `{}`", repos.urls().from));
    }
    lines.extend(repos.page());
    let name = &repos.to.pin.name;
    lines.extend(repos.merges().iter().map(|merge| of_merge(name, merge)));
    let patches = repos.patches();
    lines.extend(patches.more.iter().map(|path| format!("patch `{path}`: new")));
    lines.extend(patches.fewer.iter().map(|path| format!("patch `{path}`: gone")));
    lines.extend(repos.changed_patches().iter().map(|path| format!("patch `{path}`: changed")));
    lines.extend(back(repos, diff).map(|command| format!("take back: {command}")));
    lines
}

/// The command that moves a repository and its merges back. `None` if nothing of it moved, if its branch or url is another
/// one, or if it has several pins.
pub(super) fn back(repos: &Step<&LockedRepo>, diff: &LockDiff<'_>) -> Option<String> {
    let Step { from, to } = repos.commits();
    let is_only = !diff.several.contains(&repos.to.pin.name);
    if !is_only || !repos.from.pin.has_base_of(&repos.to.pin) {
        return None;
    }
    let name = &repos.to.pin.name;
    let base = (from != to).then(|| format!(" {name}@{from}"));
    let merges = repos.merges();
    let merges = merges.iter().filter_map(|merge| match merge.commits {
        Step { from: Some(from), to: Some(_) } => {
            Some(format!(" {}", typed(&format!("{}@{from}", merge.source.of(name)))))
        }
        _ => None,
    });
    let words: String = base.into_iter().chain(merges).collect();
    (!words.is_empty()).then(|| format!("oca lock{words}"))
}

fn of_merge(name: &RepoName, merge: &MergeDiff<'_>) -> String {
    let what = merge.source.of(name);
    match merge.commits {
        Step { from: Some(from), to: Some(to) } => format!("{what}: {}", moved(from, to)),
        Step { from: None, to: Some(to) } => format!("{what}: merged at {}", to.short()),
        Step { to: None, .. } => format!("{what}: not merged any more"),
    }
}

fn of_module(module: &ModuleChange<'_>) -> [Cell; 3] {
    let name = Cell::from(format!("  {}", module.name()));
    let version = |home: &Home<'_>| Cell::from(home.version().unwrap_or_default().to_owned());
    match module {
        ModuleChange::Added(home) => [name, version(home), Cell::toned("new", Tone::Good)],
        ModuleChange::Removed(home) => [name, version(home), Cell::toned("gone", Tone::Bad)],
        ModuleChange::IntoOdoo(home) => [name, version(home), Cell::toned(INTO_ODOO, Tone::Odd)],
        ModuleChange::OutOfOdoo(home) => [name, version(home), Cell::toned(OUT_OF_ODOO, Tone::Odd)],
        ModuleChange::Changed(changed) => {
            let versions = versions(changed, &str::to_owned, "->");
            let remarks = remarks(changed, &str::to_owned).join("; ");
            let is_odd = changed.is_without_version()
                || matches!(changed.version, Some(VersionStep::Major | VersionStep::Back));
            let remarks = if is_odd { Cell::toned(remarks, Tone::Odd) } else { remarks.into() };
            [name, versions.into(), remarks]
        }
    }
}

/// A request or a commit. Titles are of strangers: a cell of a table is one line without escapes.
fn of_entry(told: &Told<'_, '_>, with_modules: bool) -> String {
    let names = modules(told, &str::to_owned).filter(|_| with_modules);
    let names = names.map(|names| format!(" ({names})")).unwrap_or_default();
    format!("{} {}{names}", told.name(), told.entry.title)
}

fn of_news(table: &mut Table, news: &News) {
    table_lines(table, fragments(news, &str::to_owned));
    let (lines, more) = history(news, MOST_LINES);
    table_lines(table, lines.into_iter().map(|line| format!("| {}", in_short(line))));
    let word = if more == 1 { "line" } else { "lines" };
    table_lines(table, (more > 0).then(|| format!("| ({more} more {word})")));
}

/// Lines below the row of a module.
fn table_lines(table: &mut Table, lines: impl IntoIterator<Item = String>) {
    lines.into_iter().for_each(|line| table.row([format!("    {line}")]));
}

fn moved(from: CommitId, to: CommitId) -> String {
    format!("{} -> {}", from.short(), to.short())
}
