//! The command line: global flags, and the list of subcommands.

use clap::error::ContextValue;
use clap::{CommandFactory, Parser};

use crate::commands::Command;
use crate::complete;
use crate::flags::Global;
use crate::repo::redact;

const EXAMPLES: &str = "\
Examples:
  # Start a project with 14 repositories of OCA, and check them out
  oca init --odoo 18.0 --preset standard && oca sync
  # Add the repository that has a module
  oca add --module mis_builder
  # In CI: fail if the lock is out of date or the modules have problems
  oca lock --check && oca check
  # Write the modules as plain files, for an image
  oca export build/addons
  # See the examples of a command
  oca help add";

/// The submodule and lockfile manager for OCA repositories of Odoo add-ons.
#[derive(Debug, Parser)]
#[command(name = "oca", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The whole command line, with what shells offer for its arguments. `--profile` is declared in a room that knows no
    /// profiles.
    pub(crate) fn whole() -> clap::Command {
        Self::command().mut_arg("profile", |arg| arg.add(complete::profiles()))
    }

    /// The arguments of the process. If they are not valid, the process ends with exit code 2.
    pub(crate) fn of_process() -> Self {
        Self::try_parse().unwrap_or_else(|mut error| {
            hide_secrets(&mut error);
            error.exit()
        })
    }
}

/// Hides the passwords of urls: clap quotes an argument that is not valid.
fn hide_secrets(error: &mut clap::Error) {
    let is_secret = |word: &String| redact(word) != *word;
    let quoted: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(word) if is_secret(word) => Some((kind, ContextValue::String(redact(word)))),
            _ => None,
        })
        .collect();
    for (kind, value) in quoted {
        error.insert(kind, value);
    }
}
