//! `oca`, the submodule and lockfile manager for OCA repositories.
//!
//! The map. Arrows point down only, over any number of steps; `tests/it/rooms.rs` checks it:
//!
//! ```text
//! {main, fuzz} → cli → commands → complete → ops → session → output → json → error → {check, diff} → {plan, import} → facts
//!                       → {progress, page} → report → forge
//!                       → {config, lock, git, addons, catalogue, odoo_conf, export, sbom}
//!                       → {patch, merge, requirements, source} → {fs, flags}
//!                       → {repo, pool, schema}
//! ```
//!
//! - `complete` offers values for a command line that is typed in a shell. It only reads files.
//! - `config` turns `repos.toml` into profiles; `lock` reads and writes `oca.lock.json`. Neither knows the other: only
//!   `plan` sees both.
//! - Only `git` knows git2, HTTP and superprojects. `addons` reads modules through the trait
//!   [`FileTree`](repo::FileTree) and does not know git; `facts` connects the two.
//! - `forge` asks forges about pull and merge requests. It sends its questions through `git`.
//! - `catalogue` knows the names of OCA's repositories and remembers their modules; `ops` asks the servers.
//! - `check` looks for problems in the modules of a profile: `plan`'s inventory in, findings out.
//! - `diff` compares two locks by their facts: two locks in, plain data out. It also has the rule by which
//!   click-odoo-update compares modules.
//! - `import` reads the files of other tools, and makes a `repos.toml` and pins from them.
//! - `source` reads what the files of a module declare and use: text in, plain data out.
//! - `requirements` merges Python requirements, `odoo_conf` edits an odoo.conf: text in, text out.
//! - `patch` reads, writes and applies patches, and computes the trees that they give; it reads trees and blobs through
//!   the trait [`Objects`](repo::Objects). `merge` has the rules for files that OCA's bots write. `git` merges with
//!   both.
//! - `export` chooses, writes and verifies plain files; it reads trees and blobs through the trait
//!   [`Objects`](repo::Objects).
//! - `page` writes the page of `oca report`: plain data in, HTML out.
//! - `sbom` writes what an export holds as CycloneDX and SPDX: an inventory in, text out; `ops` makes the inventory.
//! - `schema` has the JSON Schemas of the files and the reports, as text.
//! - `report` describes what happened, as plain data with its words; `progress` reports it while it happens.
//! - `ops` has the steps that several commands share, with their notes and warnings. Commands do not call each other.
//! - `session` is one run in one project: its files, its profile, its paths.
//! - Only `output` writes to the terminal: the rooms above it pass texts and reports to its `Printer`. `json` has the types
//!   of the reports of `--format json`. `error` chooses exit codes, messages and hints.

mod addons;
mod catalogue;
mod check;
mod cli;
mod commands;
mod complete;
mod config;
mod diff;
mod error;
#[expect(clippy::disallowed_methods, reason = "an export is written file by file")]
mod export;
mod facts;
mod flags;
mod forge;
#[expect(clippy::disallowed_methods, reason = "the room that writes files")]
mod fs;
#[cfg(any(fuzzing, test))]
pub mod fuzz;
#[expect(clippy::disallowed_methods, reason = "stores and checkouts are its own")]
mod git;
mod import;
mod json;
mod lock;
mod merge;
mod odoo_conf;
mod ops;
mod output;
mod page;
mod patch;
mod plan;
mod pool;
mod progress;
mod repo;
mod report;
mod requirements;
mod sbom;
mod schema;
mod session;
mod source;

use std::process::ExitCode;
use std::sync::OnceLock;

/// The exit code of a command line that is not valid.
const USAGE: u8 = 2;
/// The exit code of a panic, by sysexits(3).
const FAULT: u8 = 70;
/// In bytes. Enough for clap and the deepest nesting that a parser allows.
const STACK: usize = 8 << 20;

/// Runs the command line of the process. Exit codes: 0 done, 1 the answer is no, 2 usage or configuration,
/// 3 network or git failed, 4 a pinned commit is gone, 70 oca has a fault, 130 interrupted.
pub fn main() -> ExitCode {
    // Starting a thread and filling its own heap takes as long as parsing the command line.
    if has_room() {
        return start();
    }
    match std::thread::Builder::new().name("main".to_owned()).stack_size(STACK).spawn(start) {
        Ok(thread) => thread.join().expect("a panic ends the process"),
        // The system allows no more threads.
        Err(_) => start(),
    }
}

/// Whether the first thread has a large enough stack: `ulimit -s` can give it little.
#[cfg(unix)]
fn has_room() -> bool {
    use rustix::process::{Resource, getrlimit};
    getrlimit(Resource::Stack).current.is_none_or(|limit| limit >= STACK as u64)
}

#[cfg(not(unix))]
fn has_room() -> bool {
    false
}

/// It lives as long as the process, because a panic can happen in each thread.
static PRINTER: OnceLock<output::Printer> = OnceLock::new();

fn start() -> ExitCode {
    // After a panic, no state of the run is used: the release has no code to unwind the stack.
    std::panic::set_hook(Box::new(|fault| output::end_with_fault(PRINTER.get(), fault.location(), FAULT)));
    if let Some((shell, arguments)) = complete::request() {
        complete::answer(shell, arguments, cli::Cli::whole);
        return ExitCode::SUCCESS;
    }
    let arguments: Vec<_> = std::env::args_os().collect();
    let format = cli::machine_format(&arguments);
    let cli = match cli::Cli::of(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            if let Some(format) = format.filter(|_| error.use_stderr()) {
                let (message, hint) = cli::in_words(&error);
                output::tell_usage(format, message, hint, USAGE);
            }
            return ExitCode::from(output::tell_of_clap(&error, USAGE));
        }
    };
    git::prepare();
    // If oca is the first process of a container, an interrupt without a handler is ignored.
    let _without = ctrlc::set_handler(|| {
        output::tell_interrupt();
        std::process::exit(130)
    });
    let printer = PRINTER.get_or_init(|| output::Printer::new(&cli.global, format));
    match commands::run(&cli.command, &cli.global, printer, cli::Cli::whole) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            printer.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
