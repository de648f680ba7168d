//! What changed between two locks, as the text of a pull request.
//!
//! Versions, licences and requirements are free text of a manifest, and anybody can write the title of a request. So they
//! stand in code spans, in which nothing is a link, a mention or HTML.

use std::fmt::Write;

use super::changelog::{MostEntries, ShownLog, entries, fragments, history, modules};
use super::deep::{Style, parts};
use super::human::back;
use super::{
    GONE, INTO_ODOO, OUT_OF_ODOO, OfRepo, arrival, by_repo, departure, gone, remarks, required, signed,
    summary, versions,
};
use crate::diff::deep::Deep;
use crate::diff::{Changelogs, Home, LockDiff, MergeDiff, ModuleChange, News, RepoChange, Step, Told};
use crate::lock::LockedRepo;
use crate::repo::{CommitId, RepoName, counted, in_short, one_line};

/// The most characters of the description of a pull request on GitHub.
pub(crate) const MOST: usize = 65_536;

/// A limit of the text.
#[derive(Clone, Copy)]
pub(crate) struct Limit {
    /// In characters.
    pub(crate) most: usize,
    /// The command that writes everything.
    pub(crate) whole: &'static str,
}

/// Enough characters for the line that counts what is not shown.
const RESERVE: usize = 300;

/// The most entries of one log, if the text has a limit.
const MOST_ENTRIES: MostEntries = MostEntries { of_repo: 30, of_module: 10 };

/// The most new lines of the `HISTORY` of one module.
const MOST_LINES: usize = 20;

/// A line of the text, and what it tells about. A block of lines is not cut.
struct Line {
    text: String,
    about: Option<About>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum About {
    Repo,
    Module,
    Entry,
}

/// The text, which keeps to the limit. If it is longer, its last lines are left out, and a line counts them.
pub(crate) fn markdown<'l>(
    diffs: &[LockDiff<'l>],
    changelogs: &Changelogs<'l>,
    deeps: &[Deep],
    limit: Option<Limit>,
) -> String {
    let all = MostEntries { of_repo: usize::MAX, of_module: usize::MAX };
    let most_entries = if limit.is_some() { MOST_ENTRIES } else { all };
    let deeps = deeps.iter().map(Some).chain(std::iter::repeat(None));
    let both = diffs.iter().zip(deeps);
    let lines: Vec<Line> =
        both.flat_map(|(diff, deep)| lines(diff, changelogs, deep, most_entries)).collect();
    let length = |line: &Line| line.text.chars().count() + 1;
    let limit = limit.filter(|limit| lines.iter().map(length).sum::<usize>() > limit.most);
    let Some(Limit { most, whole }) = limit else {
        return lines.into_iter().map(|line| line.text + "\n").collect();
    };
    let mut room = most.saturating_sub(RESERVE);
    let fitting = lines.iter().take_while(|line| {
        let left = room.checked_sub(length(line));
        room = left.unwrap_or(0);
        left.is_some()
    });
    let (shown, left_out) = lines.split_at(fitting.count());
    let count = |about| left_out.iter().filter(|line| line.about == Some(about)).count();
    let repos = counted(count(About::Repo), "repository", "repositories");
    let modules = counted(count(About::Module), "module", "modules");
    let left_out = match count(About::Entry) {
        0 => format!("{repos} and {modules}"),
        count => format!("{repos}, {modules}, and {}", entries(count)),
    };
    let mut text: String = shown.iter().map(|line| format!("{}\n", line.text)).collect();
    let _infallible = writeln!(text, "\n_Not shown here: {left_out}. `{whole}` writes everything._");
    text
}

fn lines<'l>(
    diff: &LockDiff<'l>,
    changelogs: &Changelogs<'l>,
    deep: Option<&Deep>,
    most: MostEntries,
) -> Vec<Line> {
    let mut lines = Lines(Vec::new());
    let profiles: Vec<String> = diff.profiles.iter().map(|name| code(name)).collect();
    let series = match diff.series {
        Step { from, to } if from == to => format!("Odoo {to}"),
        Step { from, to } => format!("Odoo {from} → {to}"),
    };
    lines.plain(format!("## {series}: {}", profiles.join(", ")));
    lines.plain(String::new());
    lines.plain(format!("{}.", summary(diff)));
    let gone: Vec<_> = gone(diff).collect();
    if !gone.is_empty() {
        lines.heading(&format!("Gone: {GONE}"));
    }
    for home in gone {
        let repo = code(home.repo.pin.name.as_str());
        lines.about(About::Module, format!("- {} of {repo}", versioned(&home)));
    }
    // It comes early, so that it is not left out.
    for (heading, sentences) in
        deep.map(|deep| parts(deep, &Style { name: code, text: code })).unwrap_or_default()
    {
        lines.heading(&capital(&heading));
        sentences.into_iter().for_each(|sentence| lines.plain(format!("- {sentence}")));
    }
    for (name, OfRepo { changes, modules }) in by_repo(diff) {
        if changes.is_empty() {
            lines.repo(&format!("{}: same commit", code(name.as_str())));
        }
        let mut logs = Vec::new();
        for change in changes {
            of_repo(&mut lines, name, change, diff);
            if let Some(log) = ShownLog::of(changelogs, diff, change, &modules, most) {
                lines.plain(format!("- {}", log.summary()));
                log.of_repo().for_each(|told| lines.about(About::Entry, of_entry(told, "- ", true)));
                logs.push(log);
            }
        }
        for module in modules {
            lines.about(About::Module, of_module(module));
            for told in logs.iter().flat_map(|log| log.of_module(module)) {
                lines.about(About::Entry, of_entry(told, "  - ", false));
            }
            changelogs.of_module(module).into_iter().for_each(|news| of_news(&mut lines, news));
        }
        for rest in logs.iter().flat_map(ShownLog::rest) {
            lines.plain(format!("- not shown: {rest}"));
        }
    }
    let mut required = required(diff).peekable();
    if required.peek().is_some() {
        lines.heading("Requirements");
    }
    for (what, names) in required {
        lines.plain(format!("- {what}: {}", signed(names, &code)));
    }
    lines.0
}

/// A heading that begins with a capital letter.
fn capital(heading: &str) -> String {
    let mut chars = heading.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

struct Lines(Vec<Line>);

impl Lines {
    fn plain(&mut self, text: String) {
        self.0.push(Line { text, about: None });
    }

    fn about(&mut self, about: About, text: String) {
        self.0.push(Line { text, about: Some(about) });
    }

    fn heading(&mut self, text: &str) {
        self.plain(String::new());
        self.plain(format!("### {text}"));
        self.plain(String::new());
    }

    fn repo(&mut self, text: &str) {
        self.plain(String::new());
        self.about(About::Repo, format!("### {text}"));
        self.plain(String::new());
    }
}

fn of_repo(lines: &mut Lines, name: &RepoName, change: &RepoChange<'_>, diff: &LockDiff<'_>) {
    let title = code(name.as_str());
    let repos = match change {
        RepoChange::Added(repo) => {
            return lines.repo(&format!("{title}: {} at {}", arrival(repo), short(repo.commit)));
        }
        RepoChange::Removed(repo) => {
            return lines.repo(&format!("{title}: {}, was at {}", departure(repo), short(repo.commit)));
        }
        RepoChange::Changed(repos) => repos,
    };
    let Step { from, to } = repos.commits();
    let moves = if from == to { "same commit".to_owned() } else { moved(from, to) };
    lines.repo(&match repos.page() {
        Some(page) => format!("{title}: [{moves}]({page})"),
        None => format!("{title}: {moves}"),
    });
    details(repos, diff).into_iter().for_each(|detail| lines.plain(format!("- {detail}")));
}

fn details(repos: &Step<&LockedRepo>, diff: &LockDiff<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let Step { from, to } = repos.references();
    if from != to {
        let [from, to] = [from, to].map(|reference| code(&reference.to_string().replace('`', "")));
        lines.push(format!("follows {to}, not {from}"));
    }
    if !repos.urls().is_same() {
        lines.push(format!("comes from {}", code(repos.urls().to.as_str())));
    }
    let name = &repos.to.pin.name;
    lines.extend(repos.merges().iter().map(|merge| of_merge(name, merge)));
    let patches = repos.patches();
    lines.extend(patches.more.iter().map(|path| format!("new patch {}", code(path))));
    lines.extend(patches.fewer.iter().map(|path| format!("no patch {} any more", code(path))));
    lines.extend(repos.changed_patches().iter().map(|path| format!("changed patch {}", code(path))));
    lines.extend(back(repos, diff).map(|command| format!("to take it back: {}", code(&command))));
    lines
}

fn of_merge(name: &RepoName, merge: &MergeDiff<'_>) -> String {
    let what = code(&merge.source.of(name));
    match merge.commits {
        Step { from: Some(from), to: Some(to) } => format!("merge {what}: {}", moved(from, to)),
        Step { from: None, to: Some(to) } => format!("new merge {what} at {}", short(to)),
        Step { to: None, .. } => format!("no merge {what} any more"),
    }
}

fn of_module(module: &ModuleChange<'_>) -> String {
    match module {
        ModuleChange::Added(home) => format!("- {}: **new**", versioned(home)),
        ModuleChange::Removed(home) => format!("- {}: **gone**", versioned(home)),
        ModuleChange::IntoOdoo(home) => format!("- {}: {INTO_ODOO}", versioned(home)),
        ModuleChange::OutOfOdoo(home) => format!("- {}: {OUT_OF_ODOO}", versioned(home)),
        ModuleChange::Changed(changed) => {
            let versions = versions(changed, &code, "→");
            let words = [code(module.name().as_str()), versions].join(" ");
            format!("- {}: {}", words.trim_end(), remarks(changed, &code).join("; "))
        }
    }
}

/// A request or a commit, with a link to its page.
fn of_entry(told: &Told<'_, '_>, start: &str, with_modules: bool) -> String {
    let name = code(&told.name());
    let name = match &told.page {
        Some(page) => format!("[{name}]({})", quiet(page)),
        None => name,
    };
    let names = modules(told, &code).filter(|_| with_modules);
    let names = names.map(|names| format!(": {names}")).unwrap_or_default();
    format!("{start}{name} {}{names}", code(&told.entry.title))
}

/// GitHub would write into each request that this pull request mentions it. Through this address of GitHub, it does not.
fn quiet(page: &str) -> String {
    match page.strip_prefix("https://github.com/") {
        Some(path) => format!("https://redirect.github.com/{path}"),
        None => page.to_owned(),
    }
}

fn of_news(lines: &mut Lines, news: &News) {
    if let Some(fragments) = fragments(news, &code) {
        lines.plain(format!("  - {fragments}"));
    }
    let (history, more) = history(news, MOST_LINES);
    if history.is_empty() {
        return;
    }
    let longest = history.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let text: String = history.iter().map(|line| format!("    {}\n", in_short(line))).collect();
    let more = if more > 0 { format!("    ({more} more)\n") } else { String::new() };
    lines.plain(format!("  - history:\n    {fence}text\n{text}{more}    {fence}"));
}

/// The name of a module, and its version if the lock has it.
fn versioned(home: &Home<'_>) -> String {
    let version = home.version().map(|version| format!(" {}", code(version)));
    format!("{}{}", code(home.module.name.as_str()), version.unwrap_or_default())
}

pub(super) fn moved(from: CommitId, to: CommitId) -> String {
    format!("{} → {}", short(from), short(to))
}

fn short(commit: CommitId) -> String {
    code(&commit.short())
}

/// A code span, by the rules of `CommonMark`: its fence is longer than each run of backticks inside.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if longest > 0 || text.is_empty() { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}
