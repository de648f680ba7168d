//! The terminal: the only room that prints. Only data goes to stdout.

mod bars;
mod cache;
mod colour;
mod diagram;
mod diff;
mod findings;
pub(crate) mod github;
mod man;
mod table;
mod tone;
mod tree;
mod wrapped;

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

pub(crate) use cache::{render_pruned_total, render_store};
pub(crate) use diagram::{dot, mermaid};
pub(crate) use diff::{
    Limit, MOST, human, human_deep, markdown, outdated_markdown, outdated_rows, summary, summary_deep,
};
pub(crate) use findings::render_findings;
pub(crate) use man::man_pages;
pub(crate) use table::{Cell, Table};
pub(crate) use tone::Tone;
pub(crate) use tree::{print_tree, print_why};

use crate::error::{Error, Message};
use crate::flags::{Global, MachineFormat};
use crate::json::{FailureReport, Versioned, code_quality_of};
use crate::progress::Progress;
use crate::repo::{RepoName, one_line, plain};
use crate::report::{Done, RepoOutcome, Trouble};
use colour::has_colour;
use tone::without_colour;

/// Prints the data and the messages of a run.
pub(crate) struct Printer {
    quiet: bool,
    verbose: bool,
    bars: bool,
    /// Whether stderr gets colour.
    color: bool,
    /// Whether stdout gets colour.
    data_color: bool,
    /// The format of the report, if machines read it.
    format: Option<MachineFormat>,
    /// Whether something was printed to stdout.
    has_data: AtomicBool,
}

/// Whether a repository gets its line as soon as its work is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lines {
    Live,
    /// The caller prints the lines with [`Printer::outcome`].
    Later,
}

#[derive(Clone, Copy)]
enum Word {
    Error,
    Warning,
    Hint,
}

impl Printer {
    /// `format` is that of the report, if machines read it.
    pub(crate) fn new(global: &Global, format: Option<MachineFormat>) -> Self {
        let terminal = io::stderr().is_terminal();
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        let colour = |is_terminal| has_colour(global.color, is_terminal, |name| std::env::var_os(name));
        Self {
            quiet: global.quiet,
            verbose: global.verbose,
            bars: terminal && !global.quiet && !global.no_progress && !dumb,
            color: colour(terminal),
            data_color: colour(io::stdout().is_terminal()),
            format,
            has_data: AtomicBool::new(false),
        }
    }

    /// Prints data to stdout. If the reader closes the pipe, this is no error, and the exit code does not change.
    pub(crate) fn data(&self, text: &str) {
        self.has_data.store(true, Ordering::Relaxed);
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            if error.kind() == io::ErrorKind::BrokenPipe {
                return;
            }
            self.line(Word::Error, &unwritten(&error));
            std::process::exit(2);
        }
    }

    /// Prints one sentence of data for people to stdout. On a terminal, its lines fit the width.
    pub(crate) fn data_line(&self, text: &impl std::fmt::Display) {
        self.text(&format!("{}\n", one_line(&text.to_string())));
    }

    /// A table, to stdout. On a terminal, its rows fit the width.
    pub(crate) fn table(&self, table: &Table) {
        self.painted(&table.render(width_of(&io::stdout())));
    }

    /// Sentences, to stdout. On a terminal, the lines fit the width.
    pub(crate) fn text(&self, text: &str) {
        self.painted(&wrapped::wrapped(text, width_of(&io::stdout())));
    }

    /// Data with colours, to stdout. The colours are removed if stdout gets none.
    fn painted(&self, text: &str) {
        if self.data_color { self.data(text) } else { self.data(&without_colour(text)) }
    }

    /// A report of [`json`](crate::json), to stdout.
    pub(crate) fn json(&self, report: &impl Serialize) {
        self.data(&Versioned::new(report).render());
    }

    /// Prints a message to stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            write_wrapped(&format!("{text}\n"));
        }
    }

    /// Prints a command to stderr, on one line, so that it can be copied.
    pub(crate) fn command(&self, line: &str) {
        if !self.quiet {
            write_stderr(&format!("{line}\n"));
        }
    }

    /// Names the next step. People at a terminal see it; the logs of CI and of scripts do not need it.
    pub(crate) fn next(&self, text: &str) {
        if self.bars {
            self.next_for_all(text);
        }
    }

    /// Names a next step that scripts must not miss either.
    pub(crate) fn next_for_all(&self, text: &str) {
        self.note(&format!("next: {text}"));
    }

    /// Whether `-v` was given, so that details are worth computing.
    pub(crate) fn is_verbose(&self) -> bool {
        self.verbose
    }

    /// Prints a message that only `-v` shows.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            write_wrapped(&format!("{text}\n"));
        }
    }

    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            self.line(Word::Warning, text);
        }
    }

    /// Prints the hint after a warning.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            self.line(Word::Hint, text);
        }
    }

    /// Prints the messages of an error to stderr. A machine also gets them on stdout, if there is no report.
    pub(crate) fn error(&self, error: &Error) {
        for Message { error, causes, hint, .. } in error.messages() {
            self.line(Word::Error, &error);
            causes.iter().for_each(|cause| write_wrapped(&format!("caused by: {cause}\n")));
            hint.iter().for_each(|hint| self.line(Word::Hint, hint));
        }
        self.failure(|| FailureReport::of(error));
    }

    fn failure(&self, report: impl FnOnce() -> FailureReport) {
        if let Some(format) = self.format.filter(|_| !self.has_data.load(Ordering::Relaxed)) {
            self.data(&rendered(format, &report()));
        }
    }

    fn line(&self, word: Word, text: &str) {
        let (word, code) = match word {
            Word::Error => ("error", "1;31"),
            Word::Warning => ("warning", "1;33"),
            Word::Hint => ("hint", "1;36"),
        };
        let word = if self.color { format!("\x1b[{code}m{word}:\x1b[0m") } else { format!("{word}:") };
        write_raw(&wrapped::wrapped(&format!("{word} {}\n", plain(text)), width_of(&io::stderr())));
    }

    /// Shows the progress of these repositories: bars on a terminal, else one line for each, in this order.
    pub(crate) fn watch(&self, names: &[&RepoName], lines: Lines) -> Box<dyn Progress + '_> {
        let names = names.iter().map(ToString::to_string).collect();
        if self.bars {
            Box::new(bars::Bars::new(names, self.verbose, lines))
        } else if self.quiet || lines == Lines::Later {
            Box::new(bars::Silent)
        } else {
            Box::new(bars::ProgressLines::new(names, self.verbose))
        }
    }
}

impl Printer {
    /// Prints the line of a repository that [`watch`](Self::watch) did not print.
    pub(crate) fn outcome(&self, repo: &RepoOutcome) {
        let line = line_for(repo.name.as_str(), repo.outcome.as_ref(), self.verbose);
        line.iter().for_each(|line| self.note(line));
    }
}

/// The line that is worth telling while work goes on; failures are told at the end.
fn line_for(name: &str, outcome: Result<&Done, &Trouble>, verbose: bool) -> Option<String> {
    use Done::{Listed, Outdated, PassedOver, Refreshed, UpToDate};
    let done = outcome.ok()?;
    let is_news =
        !matches!(done, UpToDate | Outdated | Listed(_) | PassedOver(_) | Refreshed { by_force: false, .. });
    (is_news || verbose).then(|| format!("{name}: {done}"))
}

/// What a machine reads in place of a report.
fn rendered(format: MachineFormat, report: &FailureReport) -> String {
    match format {
        MachineFormat::Json => Versioned::new(report).render(),
        MachineFormat::Github => github::failures(report),
        MachineFormat::Gitlab => code_quality_of(report),
    }
}

/// Tells a machine why a command line is not valid. clap tells the others.
pub(crate) fn tell_usage(format: MachineFormat, message: String, hint: Option<String>, exit_code: u8) {
    let report = rendered(format, &FailureReport::one(message, hint, exit_code));
    // The program ends with an error anyway.
    let _unheard = io::stdout().lock().write_all(report.as_bytes());
}

/// Prints the help, the version, or what is wrong with a command line, in the words of clap. The result is the exit code:
/// `failed` if the help cannot be written. As with data, a closed pipe is no error.
pub(crate) fn tell_of_clap(error: &clap::Error, failed: u8) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(failed);
    match error.print().and_then(|()| io::stdout().lock().flush()) {
        Err(fault) if !error.use_stderr() && fault.kind() != io::ErrorKind::BrokenPipe => {
            write_stderr(&format!("error: {}\n", unwritten(&fault)));
            failed
        }
        _ => code,
    }
}

fn unwritten(error: &io::Error) -> String {
    format!("cannot write to stdout: {error}")
}

/// Says that the run was interrupted.
pub(crate) fn tell_interrupt() {
    write_raw(&format!("{}interrupted: run it again\n", below_bars()));
}

/// Reports a panic in one line, and ends the process. Panics of other threads at the same time have the same cause, so
/// they wait for the end.
pub(crate) fn end_with_fault(
    printer: Option<&Printer>,
    place: Option<&std::panic::Location<'_>>,
    exit_code: u8,
) -> ! {
    static ENDING: Mutex<()> = Mutex::new(());
    let _others_wait = ENDING.lock();
    let place = place.map(|place| format!(" at `{}:{}`", place.file(), place.line())).unwrap_or_default();
    write_stderr(&format!("{}error: oca has a fault{place} and stopped\n", below_bars()));
    let where_to = env!("CARGO_PKG_REPOSITORY");
    write_stderr(&format!("hint: please report it at {where_to}/issues, with this line and the command\n"));
    if let Some(printer) = printer {
        let report = || FailureReport::one("oca has a fault and stopped".to_owned(), None, exit_code);
        printer.failure(report);
    }
    std::process::exit(exit_code.into())
}

/// Goes below the bars of the progress on a terminal.
fn below_bars() -> &'static str {
    if io::stderr().is_terminal() { "\n" } else { "" }
}

/// The columns of a terminal. `None` if the stream is not one, or if its width is unknown.
#[cfg(unix)]
fn width_of(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    Some(usize::from(size.ws_col)).filter(|&width| width > 0)
}

#[cfg(not(unix))]
fn width_of(_: &impl Write) -> Option<usize> {
    None
}

/// Prints a message to stderr. On a terminal, its lines fit the width.
fn write_wrapped(text: &str) {
    write_raw(&wrapped::wrapped(&plain(text), width_of(&io::stderr())));
}

/// Makes a message safe to print: it may quote manifests or answers of servers.
fn write_stderr(text: &str) {
    write_raw(&plain(text));
}

fn write_raw(text: &str) {
    // If stderr is closed too, nothing can be reported.
    let _unheard = io::stderr().lock().write_all(text.as_bytes());
}
