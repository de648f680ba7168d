//! What a shell offers for a command line that somebody types: the values of arguments, and how each shell gets them.
//!
//! The script of `oca completions` calls `oca` back with [`VARIABLE`]. Such a run only reads files: `repos.toml`, the lock
//! and what `oca find` remembers. It asks no server, writes nothing, and prints nothing but candidates. If something is
//! wrong with the files, there are fewer candidates.
//!
//! Names come from files that others write. So [`answer`] drops what a shell could run or misread, and quotes the rest.

mod bash;
mod offered;
mod project;
mod shell;
mod values;

use std::ffi::OsString;
use std::io::Write as _;
use std::panic;

pub(crate) use shell::Shell;
pub(crate) use values::{
    find_modules, list_names, merges, modules, new_repos, pins, pins_to_move, profiles, removable, repos,
    series,
};

/// If it names a shell, the run answers the script of that shell. It is not for users.
const VARIABLE: &str = "_OCA_COMPLETE";

/// The request of a shell script. `None` in every other run, even if a user exports the variable.
pub(crate) fn request() -> Option<(Shell, Vec<OsString>)> {
    let shell = Shell::of_name(std::env::var_os(VARIABLE)?.to_str()?)?;
    let mut arguments = std::env::args_os().skip(1);
    (arguments.next()? == "--").then(|| (shell, arguments.collect()))
}

/// Prints the candidates for a request. `whole` makes the command line of the program.
pub(crate) fn answer(shell: Shell, arguments: Vec<OsString>, whole: fn() -> clap::Command) {
    // The terminal belongs to the command line that is typed: a fault offers nothing, and says nothing.
    panic::set_hook(Box::new(|_| std::process::exit(0)));
    let lines = shell.lines(arguments, whole());
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let _gone = std::io::stdout().write_all(text.as_bytes());
}
