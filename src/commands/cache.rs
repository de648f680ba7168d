//! `oca cache`: the directory of fetched objects.

use crate::catalogue;
use crate::cli::Global;
use crate::error::Error;
use crate::git;
use crate::output::Printer;
use crate::session::cache_directory;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Print where it is
    Dir,
    /// Print how much it holds, in bytes
    Size,
    /// Delete it; no checkout depends on it
    Clean,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let cache = cache_directory(global)?;
    match args.action {
        Action::Dir => printer.data(&format!("{}\n", cache.display())),
        Action::Size => printer.data(&format!("{}\n", git::size_of_cache(&cache))),
        Action::Clean => {
            git::clean_cache(&cache)?;
            catalogue::clean(&cache)?;
        }
    }
    Ok(())
}
