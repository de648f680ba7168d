//! `oca tree`: shows the dependencies of modules.

use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::TreeReport;
use crate::ops::refuse_unknown;
use crate::output::print_tree;
use crate::plan::Inventory;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The modules to start with
    #[arg(required = true, value_name = "MODULE")]
    modules: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let (locals, around) = (session.local_modules(profile)?, session.surrounding_modules(profile)?);
    let inventory = Inventory::new(profile, &lock, &locals, &around);
    refuse_unknown(session, &inventory, &lock, &args.modules)?;
    match args.format.format {
        Format::Human => print_tree(session.printer, &inventory, &args.modules),
        Format::Json => session.printer.json(&TreeReport::of(&inventory, &args.modules)),
    }
    Ok(())
}
