//! The command line: global flags, and the list of subcommands.

use clap::Parser;
use clap::error::ContextValue;

use crate::commands::Command;
use crate::flags::Global;
use crate::repo::redact;

/// The submodule and lockfile manager for OCA repositories of Odoo add-ons.
#[derive(Debug, Parser)]
#[command(name = "oca", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
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
