//! `oca list`: lists the modules of the profile.

use crate::addons::version::semver_of;
use crate::complete;
use crate::config::{self, Profile};
use crate::error::Error;
use crate::flags::{Format, FormatArg};
use crate::json::ListReport;
use crate::lock::Lock;
use crate::ops::{named_repos, refuse_unknown};
use crate::output::{Cell, Table, Tone};
use crate::plan::{Inventory, Placed, Standing};
use crate::repo::{ModuleName, counted};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # List the selected modules
  oca list
  # List the modules of one repository, selected or not
  oca list --all sale-workflow
  # Print names for a script
  oca list --format json | jq -r '.modules[].name'";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories, of your own directories, or of modules [default: all]
    #[arg(value_name = "NAME", add = complete::list_names())]
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
    let names = names(args, session, &lock, &inventory)?;
    let is_named = |module: &&Placed<'_>| {
        names.is_empty() || names.iter().any(|name| name == module.name || name == module.home.name())
    };
    let modules: Vec<&Placed<'_>> = inventory.modules.iter().filter(is_listed).filter(is_named).collect();
    match args.format.format {
        Format::Json => session.printer.json(&ListReport::of(profile, &modules, &blocked)),
        Format::Human => {
            let mut table = Table::default();
            for module in &modules {
                let version = module.manifest.version.clone().unwrap_or_default();
                let remark = match blocked.get(module.name) {
                    Some(missing) => Cell::toned(format!("lacks `{missing}`"), Tone::Bad),
                    None if module.selected && is_refused(module, profile) => {
                        Cell::toned(format!("not for Odoo {}", profile.odoo), Tone::Bad)
                    }
                    None if module.selected => Cell::from(String::new()),
                    None => Cell::toned("not selected", Tone::Odd),
                };
                let home = Cell::toned(module.home.name(), Tone::Dim);
                table.row([Cell::from(module.name.to_owned()), version.into(), home, remark]);
            }
            session.printer.table(&table);
            session.printer.detail(&counted(modules.len(), "module", "modules"));
        }
    }
    Ok(())
}

/// Whether Odoo does not install a module because of its version.
fn is_refused(module: &Placed<'_>, profile: &Profile) -> bool {
    profile.odoo.refuses_others() && semver_of(module.manifest.version(), profile.odoo).is_none()
}

/// The names of modules, own directories and repositories that the words mean. Fails if the profile has none of them.
fn names(
    args: &Args,
    session: &Session<'_>,
    lock: &Lock,
    inventory: &Inventory<'_>,
) -> Result<Vec<String>, Error> {
    let profile = inventory.profile;
    let mut names = Vec::new();
    for word in &args.names {
        let name = word.trim_end_matches('/');
        let is_local = profile.locals.iter().any(|local| local.path.as_str().trim_end_matches('/') == name);
        if is_local || inventory.modules.iter().any(|module| module.name == name) {
            names.push(name.to_owned());
            continue;
        }
        match named_repos(session, [profile], std::slice::from_ref(word)) {
            Ok(repos) => {
                for repo in profile.core.iter().filter(|repo| repos.contains(&repo.name)) {
                    tell_of_odoo(session, &format!("`{}` is Odoo itself", repo.name));
                }
                names.extend(repos.iter().map(ToString::to_string));
            }
            Err(error) if !may_be_module(name, &error) => return Err(error),
            Err(error) => {
                let Standing::Core(_) = inventory.standing(name) else {
                    refuse_unknown(session, inventory, lock, &[name.to_owned()])?;
                    return Err(error);
                };
                tell_of_odoo(session, &format!("`{name}` is a module of Odoo itself"));
                names.push(name.to_owned());
            }
        }
    }
    Ok(names)
}

/// Whether a word that names no repository is more likely the name of a module.
fn may_be_module(name: &str, error: &Error) -> bool {
    match error {
        Error::UnknownRepo { known, has, .. } => {
            ModuleName::parse(name).is_ok() && (has.is_some() || config::near(name, known).is_none())
        }
        _ => false,
    }
}

fn tell_of_odoo(session: &Session<'_>, what: &str) {
    session.printer.note(&format!("{what}, whose modules are not listed"));
}
