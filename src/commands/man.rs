//! `oca man`: prints or writes the man pages.

use clap::ValueHint;

use crate::error::Error;
use crate::flags::Destination;
use crate::fs::{create_directory, write_if_changed};
use crate::output::{Printer, man_pages};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Read the page of oca
  oca man | man -l -
  # Write the pages of all commands to where man finds them
  oca man -o ~/.local/share/man/man1";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Write all pages into this directory; without it, or with `-`, the page of `oca` goes to stdout
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<Destination>,
}

/// `whole` is the command line of the program.
pub(crate) fn run(args: &Args, whole: clap::Command, printer: &Printer) -> Result<(), Error> {
    let pages = man_pages(whole, Session::source_date()?);
    let Some(directory) = args.output.as_ref().and_then(Destination::path) else {
        pages.iter().take(1).for_each(|page| printer.data(&page.text));
        return Ok(());
    };
    create_directory(directory)?;
    for page in &pages {
        write_if_changed(&directory.join(&page.file), page.text.as_bytes())?;
    }
    printer.note(&format!("{} man pages are in `{}`", pages.len(), directory.display()));
    Ok(())
}
