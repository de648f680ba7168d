//! `oca why`: shows which modules depend on a module, and why it is selected.

use crate::complete;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::WhyReport;
use crate::ops::refuse_unknown;
use crate::output::print_why;
use crate::plan::Inventory;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Show why a module is selected
  oca why web_responsive
  # Show which modules need a module of Odoo
  oca why sale";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Modules; they may be Odoo's own, missing or not selected
    #[arg(required = true, value_name = "MODULE", add = complete::modules())]
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
        Format::Human => print_why(session.printer, &inventory, &args.modules),
        Format::Json => session.printer.json(&WhyReport::of(&inventory, &args.modules)),
    }
    Ok(())
}
