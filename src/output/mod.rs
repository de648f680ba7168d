//! The terminal: the only room that prints. Only data goes to stdout.

mod bars;
mod cache;
mod findings;
pub(crate) mod github;
mod table;
mod tree;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

pub(crate) use cache::{render_pruned_total, render_store};
pub(crate) use findings::render_findings;
pub(crate) use table::Table;
pub(crate) use tree::{render_tree, render_why};

use crate::error::{Error, grouped_failures};
use crate::flags::{ColorChoice, Global};
use crate::json::Versioned;
use crate::progress::Progress;
use crate::repo::{RepoName, counted, plain};
use crate::report::{Done, Failure, Trouble};

/// Prints the data and the messages of a run.
pub(crate) struct Printer {
    quiet: bool,
    verbose: bool,
    bars: bool,
    color: bool,
}

#[derive(Clone, Copy)]
enum Tone {
    Error,
    Warning,
    Hint,
}

impl Printer {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = io::stderr().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            bars: terminal && !global.quiet && !global.no_progress && !dumb,
            color: match global.color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !no_color && !dumb,
            },
        }
    }

    /// Prints data to stdout. If the reader closes the pipe, this is no error, and the exit code does not change.
    pub(crate) fn data(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return;
            }
            self.line(Tone::Error, &format!("cannot write to stdout: {error}"));
            std::process::exit(2);
        }
    }

    /// A table, to stdout. On a terminal, its rows fit the width.
    pub(crate) fn table(&self, table: &Table) {
        self.data(&table.render(platform_width()));
    }

    /// A report of [`json`](crate::json), to stdout.
    pub(crate) fn json(&self, report: &impl Serialize) {
        self.data(&Versioned::new(report).render());
    }

    /// Prints a message to stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            write_stderr(&format!("{text}\n"));
        }
    }

    /// Names the next step. People at a terminal see it; the logs of CI and of scripts do not need it.
    pub(crate) fn next(&self, text: &str) {
        if self.bars {
            self.note(&format!("next: {text}"));
        }
    }

    /// Whether `-v` was given, so that details are worth computing.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Prints a message that only `-v` shows.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            write_stderr(&format!("{text}\n"));
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            self.line(Tone::Warning, text);
        }
    }

    /// Prints the hint after a warning.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            self.line(Tone::Hint, text);
        }
    }

    /// Prints an error with its causes and its hint.
    pub(crate) fn error(&self, error: &Error) {
        match error {
            Error::Silent => {}
            Error::Repos { failures } => self.failures(failures),
            Error::Unsupported { uses } => {
                uses.iter().for_each(|used| self.line(Tone::Error, &used.to_string()));
                self.line(Tone::Hint, "delete what this oca cannot do yet, or install a newer one");
            }
            Error::Conflicts { conflicts, problems } => {
                let hints: Vec<Option<String>> =
                    problems.iter().map(|problem| Some(problem.hint())).collect();
                for (problem, hint) in problems.iter().zip(told_once(&hints)) {
                    self.line(Tone::Error, &problem.to_string());
                    self.advise(hint);
                }
                for conflict in conflicts {
                    self.line(Tone::Error, &conflict.to_string());
                    self.line(Tone::Hint, conflict.hint());
                }
            }
            Error::Needed { removed, unmet } => {
                for unmet in unmet {
                    self.line(Tone::Error, &unmet.needed(removed));
                    self.line(Tone::Hint, &format!("take `{}` off its `modules` first", unmet.module));
                }
            }
            Error::StillNeeded { needed } => {
                for needed in needed {
                    self.line(Tone::Error, &needed.to_string());
                    self.line(Tone::Hint, &format!("run `oca why {}`", needed.module));
                }
            }
            Error::Unmet { unmet } => {
                for unmet in unmet {
                    self.line(Tone::Error, &unmet.to_string());
                    self.line(Tone::Hint, &unmet.hint());
                }
            }
            _ => {
                if let Error::Lacking { findings, default, .. } = error {
                    for finding in findings {
                        self.line(Tone::Error, &finding.to_string());
                        self.line(Tone::Hint, &finding.hint(default.as_deref()));
                    }
                }
                if let Error::ImportUnlocked { cause, .. } = error {
                    self.error(cause);
                }
                self.line(Tone::Error, &error.to_string());
                if let Error::Differs { differences, .. } = error {
                    differences.iter().for_each(|difference| write_stderr(&format!("  {difference}\n")));
                }
                causes(error);
                self.advise(error.hint().as_deref());
            }
        }
    }

    /// Prints every failed repository, by name, then their number.
    fn failures(&self, failures: &[Failure]) {
        let words = grouped_failures(failures);
        let hints: Vec<Option<String>> = words.iter().map(|words| words.hint.clone()).collect();
        for (words, hint) in words.iter().zip(told_once(&hints)) {
            self.line(Tone::Error, &words.error);
            if let Some(cause) = &words.cause {
                write_stderr(&format!("caused by: {cause}\n"));
            }
            self.advise(hint);
        }
        if failures.len() > 1 {
            let count = counted(failures.len(), "repository", "repositories");
            self.line(Tone::Error, &format!("{count} failed"));
        }
    }

    /// Prints the hint after an error.
    fn advise(&self, hint: Option<&str>) {
        hint.into_iter().for_each(|hint| self.line(Tone::Hint, hint));
    }

    fn line(&self, tone: Tone, text: &str) {
        let (word, code) = match tone {
            Tone::Error => ("error", "1;31"),
            Tone::Warning => ("warning", "1;33"),
            Tone::Hint => ("hint", "1;36"),
        };
        if self.color {
            write_raw(&format!("\x1b[{code}m{word}:\x1b[0m {}\n", plain(text)));
        } else {
            write_stderr(&format!("{word}: {text}\n"));
        }
    }

    /// Shows the progress of these repositories: bars on a terminal, else one line for each, in this order.
    pub(crate) fn watch(&self, names: &[&RepoName]) -> Box<dyn Progress + '_> {
        let names = names.iter().map(ToString::to_string).collect();
        if self.quiet {
            Box::new(bars::Silent)
        } else if self.bars {
            Box::new(bars::Bars::new(names, self.verbose))
        } else {
            Box::new(bars::ProgressLines::new(names, self.verbose))
        }
    }
}

/// The line that is worth telling while work goes on; failures are told at the end.
fn line_for(name: &str, outcome: Result<&Done, &Trouble>, verbose: bool) -> Option<String> {
    use Done::{Listed, Outdated, PassedOver, UpToDate};
    let done = outcome.ok()?;
    let is_quiet = matches!(done, UpToDate | Outdated | Listed(_) | PassedOver(_)) && !verbose;
    (!is_quiet).then(|| format!("{name}: {done}"))
}

/// The hints of several errors in a row. If the same hint repeats, only the last one is kept.
fn told_once(hints: &[Option<String>]) -> impl Iterator<Item = Option<&str>> {
    hints.iter().enumerate().map(|(at, hint)| hint.as_deref().filter(|_| hints.get(at + 1) != Some(hint)))
}

/// Reports a panic in one line. Panics of other threads at the same time have the same cause.
pub(crate) fn tell_fault(place: Option<&std::panic::Location<'_>>) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if TOLD.swap(true, Ordering::Relaxed) {
        return;
    }
    let place = place.map(|place| format!(" at `{}:{}`", place.file(), place.line())).unwrap_or_default();
    write_stderr(&format!("error: oca has a fault{place} and stopped\n"));
    let where_to = env!("CARGO_PKG_REPOSITORY");
    write_stderr(&format!("hint: please report it at {where_to}/issues, with this line and the command\n"));
}

fn causes(error: &dyn std::error::Error) {
    let mut cause = error.source();
    while let Some(error) = cause {
        write_stderr(&format!("caused by: {error}\n"));
        cause = error.source();
    }
}

/// The columns of the terminal on stdout. `None` if it is no terminal.
fn platform_width() -> Option<usize> {
    #[cfg(unix)]
    return rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| usize::from(size.ws_col));
    #[cfg(not(unix))]
    None
}

/// Makes a message safe to print: it may quote manifests or answers of servers.
fn write_stderr(text: &str) {
    write_raw(&plain(text));
}

fn write_raw(text: &str) {
    // If stderr is closed too, nothing can be reported.
    let _unheard = io::stderr().lock().write_all(text.as_bytes());
}
