//! `oca upgrade`: `oca lock --upgrade` in short.

use super::lock;
use crate::error::Error;
use crate::flags::FormatArg;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names of repositories [default: all without `hold`]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    lock::upgrade(&args.names, args.dry_run, args.format.format, session)
}
