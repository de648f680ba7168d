//! `oca upgrade`: `oca lock --upgrade` in short.

use super::lock;
use crate::complete;
use crate::error::Error;
use crate::flags::FormatArg;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Show what would change
  oca upgrade --dry-run
  # Move all pins that may move
  oca upgrade
  # Move one pin
  oca upgrade web
  # Move only to tested and compatible versions
  oca upgrade --cooldown '7 days' --max-bump minor --only-clean";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories, or merges such as `web#2950` [default: all without `hold`]
    #[arg(value_name = "NAME", add = complete::pins_to_move())]
    names: Vec<String>,
    /// Also move Odoo itself, which `[core]` declares; without names, move only that
    #[arg(long)]
    core: bool,
    /// Also remove the merges that are merged upstream from `repos.toml`
    #[arg(long)]
    drop_merged: bool,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    care: lock::CareArgs,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let Args { names, core, drop_merged, dry_run, care, format } = args;
    let upgrade =
        lock::Upgrade { core: *core, dry_run: *dry_run, drop_merged: *drop_merged, care: care.care() };
    lock::upgrade(names, upgrade, format.format, session)
}
