//! `oca list`: the modules of the profile.

use crate::cli::{Format, FormatArg};
use crate::error::{Error, counted};
use crate::output::{Table, json};
use crate::plan;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let locals = session.local_modules(profile)?;
    let modules = plan::modules(profile, &lock, &locals);
    match args.format.format {
        Format::Json => session.printer.data(&json::modules(profile, &modules)),
        Format::Human => {
            let mut table = Table::default();
            for module in &modules {
                let version = module.manifest.version.clone().unwrap_or_default();
                table.row([module.name.to_owned(), version, module.repo.to_owned()]);
            }
            session.printer.data(&table.to_string());
            session.printer.detail(&counted(modules.len(), "module", "modules"));
        }
    }
    Ok(())
}
