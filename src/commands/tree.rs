//! `oca tree`: shows the dependencies of modules.

use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::TreeReport;
use crate::lock::Lock;
use crate::output::render_tree;
use crate::plan::{self, Inventory, Standing};
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
    refuse_unknown(&inventory, &lock, &args.modules)?;
    match args.format.format {
        Format::Human => session.printer.data(&render_tree(&inventory, &args.modules)),
        Format::Json => session.printer.json(&TreeReport::of(&inventory, &args.modules)),
    }
    Ok(())
}

/// Fails for names that no module has, that are not Odoo's own, and that no module depends on.
pub(super) fn refuse_unknown(inventory: &Inventory<'_>, lock: &Lock, names: &[String]) -> Result<(), Error> {
    let needed = inventory.names();
    let is_unknown = |name: &&String| {
        matches!(inventory.standing(name), Standing::Missing(_)) && !needed.contains(name.as_str())
    };
    let Some(name) = names.iter().find(is_unknown) else { return Ok(()) };
    let profile = &inventory.profile.name;
    let elsewhere = plan::elsewhere(lock, profile, name).next();
    let elsewhere = elsewhere.map(|(profile, repo)| (profile.to_owned(), repo.clone()));
    let near = inventory.near(name);
    Err(Error::UnknownModule { name: name.clone(), profile: profile.clone(), elsewhere, near })
}
