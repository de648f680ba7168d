//! `oca list`: lists the modules of the profile.

use crate::config::Profile;
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::ListReport;
use crate::ops::{repo_name, unknown_repo};
use crate::output::Table;
use crate::plan::{Inventory, Placed};
use crate::repo::{counted, first_names};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names of repositories, of your own directories, or of modules [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
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
    let around;
    let mut whole = None;
    if !inventory.blocked_by(|_| true).is_empty() {
        // Odoo's own directories have hundreds of modules, so they are read only if something is missing.
        around = session.surrounding_modules(profile)?;
        whole = Some(Inventory::new(profile, &lock, &locals, &around));
    }
    let blocked = whole.as_ref().map(Inventory::blocked).unwrap_or_default();
    let is_listed = |module: &&Placed<'_>| (args.all || module.selected) && inventory.is_first(module);
    let is_named = |module: &&Placed<'_>| {
        args.names.is_empty()
            || args.names.iter().any(|name| name == module.name || name == module.home.name())
    };
    let modules: Vec<&Placed<'_>> = inventory.modules.iter().filter(is_listed).filter(is_named).collect();
    refuse_unknown(args, session, profile, &inventory)?;
    match args.format.format {
        Format::Json => session.printer.json(&ListReport::of(profile, &modules, &blocked)),
        Format::Human => {
            let mut table = Table::default();
            for module in &modules {
                let version = module.manifest.version.clone().unwrap_or_default();
                let remark = match blocked.get(module.name) {
                    Some(missing) => format!(
                        "lacks {}",
                        first_names(&missing.iter().map(ToString::to_string).collect::<Vec<_>>())
                    ),
                    None if module.selected => String::new(),
                    None => "not selected".to_owned(),
                };
                let row = [module.name.to_owned(), version, module.home.name().to_owned()];
                table.row(row.into_iter().chain([remark]));
            }
            session.printer.table(&table);
            session.printer.detail(&counted(modules.len(), "module", "modules"));
        }
    }
    Ok(())
}

/// Fails if a name is neither a repository or directory of the profile nor a module in it.
fn refuse_unknown(
    args: &Args,
    session: &Session<'_>,
    profile: &Profile,
    inventory: &Inventory<'_>,
) -> Result<(), Error> {
    let is_known = |name: &str| {
        profile.repos.iter().any(|repo| repo.name.as_str() == name)
            || profile.locals.iter().any(|local| local.path.as_str() == name)
            || inventory.modules.iter().any(|module| module.name == name)
    };
    match args.names.iter().find(|name| !is_known(name)) {
        Some(name) => match repo_name(session, name) {
            Ok(name) => Err(unknown_repo(session, name)),
            Err(error) => Err(error),
        },
        None => Ok(()),
    }
}
