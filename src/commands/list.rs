//! `oca list`: lists the modules of the profile.

use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::ListReport;
use crate::output::Table;
use crate::plan::{Inventory, Placed};
use crate::repo::counted;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Show modules that the profile does not select, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let locals = session.local_modules(profile)?;
    let inventory = Inventory::new(profile, &lock, &locals, &[]);
    let is_listed = |module: &&Placed<'_>| (args.all || module.selected) && inventory.is_first(module);
    let modules: Vec<&Placed<'_>> = inventory.modules.iter().filter(is_listed).collect();
    match args.format.format {
        Format::Json => session.printer.json(&ListReport::of(profile, &modules)),
        Format::Human => {
            let mut table = Table::default();
            for module in &modules {
                let version = module.manifest.version.clone().unwrap_or_default();
                let left_out = if module.selected { "" } else { "not selected" };
                let row = [module.name.to_owned(), version, module.home.name().to_owned()];
                table.row(row.into_iter().chain([left_out.to_owned()]));
            }
            session.printer.data(&table.to_string());
            session.printer.detail(&counted(modules.len(), "module", "modules"));
        }
    }
    Ok(())
}
