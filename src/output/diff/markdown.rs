//! What changed between two locks, as the text of a pull request.
//!
//! Versions, licences and requirements are free text of a manifest. So they stand in code spans, in which nothing is a
//! link, a mention or HTML.

use std::fmt::Write;

use super::human::back;
use super::{
    GONE, INTO_ODOO, OUT_OF_ODOO, OfRepo, arrival, by_repo, departure, gone, remarks, required, signed,
    summary, versions,
};
use crate::diff::{Home, LockDiff, MergeDiff, ModuleChange, RepoChange, Step};
use crate::lock::LockedRepo;
use crate::repo::{CommitId, RepoName, counted, one_line};

/// The most characters of the description of a pull request on GitHub.
pub(crate) const MOST: usize = 65_536;

/// Enough characters for the line that counts what is not shown.
const RESERVE: usize = 300;

/// A line of the text, and what it tells about.
struct Line {
    text: String,
    about: Option<About>,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum About {
    Repo,
    Module,
}

/// The text of at most `most` characters. If it is longer, its last lines are left out, and a line counts them.
pub(crate) fn markdown(diffs: &[LockDiff<'_>], most: Option<usize>) -> String {
    let lines: Vec<Line> = diffs.iter().flat_map(lines).collect();
    let length = |line: &Line| line.text.chars().count() + 1;
    let most = most.filter(|most| lines.iter().map(length).sum::<usize>() > *most);
    let Some(most) = most else { return lines.into_iter().map(|line| line.text + "\n").collect() };
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
    let mut text: String = shown.iter().map(|line| format!("{}\n", line.text)).collect();
    let _infallible = writeln!(
        text,
        "\n_Not shown here: {repos} and {modules}. `oca diff --format markdown -o FILE` writes everything._"
    );
    text
}

fn lines(diff: &LockDiff<'_>) -> Vec<Line> {
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
    for (name, OfRepo { changes, modules }) in by_repo(diff) {
        if changes.is_empty() {
            lines.repo(&format!("{}: same commit", code(name.as_str())));
        }
        changes.iter().for_each(|change| of_repo(&mut lines, name, change));
        for module in modules {
            lines.about(About::Module, of_module(module));
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

fn of_repo(lines: &mut Lines, name: &RepoName, change: &RepoChange<'_>) {
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
    details(repos).into_iter().for_each(|detail| lines.plain(format!("- {detail}")));
}

fn details(repos: &Step<&LockedRepo>) -> Vec<String> {
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
    lines.extend(back(repos).map(|command| format!("to take it back: {}", code(&command))));
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

/// The name of a module, and its version if the lock has it.
fn versioned(home: &Home<'_>) -> String {
    let version = home.version().map(|version| format!(" {}", code(version)));
    format!("{}{}", code(home.module.name.as_str()), version.unwrap_or_default())
}

fn moved(from: CommitId, to: CommitId) -> String {
    format!("{} → {}", short(from), short(to))
}

fn short(commit: CommitId) -> String {
    code(&commit.short())
}

/// A code span, by the rules of `CommonMark`: its fence is longer than each run of backticks inside.
fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if longest > 0 || text.is_empty() { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}
