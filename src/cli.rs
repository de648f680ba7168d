//! The command line: global flags, and the list of subcommands.

use clap::Parser;

use crate::commands::Command;
use crate::flags::Global;

/// The submodule and lockfile manager for OCA repositories of Odoo add-ons.
#[derive(Debug, Parser)]
#[command(name = "oca", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}
