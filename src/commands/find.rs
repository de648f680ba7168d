//! `oca find`: finds the repositories that have a module.

use std::collections::BTreeMap;

use crate::addons::core::Core;
use crate::complete;
use crate::error::Error;
use crate::flags::{Format, FormatArg, Global};
use crate::json::FindReport;
use crate::ops::search::{Search, SearchResult, known};
use crate::output::{Printer, Table};
use crate::plan;
use crate::repo::Series;
use crate::report::Whereabouts;
use crate::session::{Session, open_git};

const EXAMPLES: &str = "\
Examples:
  # Find the repository that has a module
  oca find mis_builder
  # Find modules by a part of the name
  oca find responsive
  # Search in another series
  oca find web_responsive --odoo 17.0";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of modules, or parts of names
    #[arg(value_name = "MODULE", required = true, add = complete::find_modules())]
    modules: Vec<String>,
    /// The Odoo series [default: the series of the profile]
    #[arg(long, value_name = "SERIES", value_parser = Series::parse, add = complete::series())]
    odoo: Option<Series>,
    /// Ignore answers cached within the last day
    #[arg(long)]
    refresh: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let session = match Session::open(global, printer) {
        Err(Error::NoConfig { .. }) => None,
        opened => Some(opened?),
    };
    let profile = match session.as_ref().map(Session::profile).transpose() {
        // With `--odoo`, no profile is needed.
        Err(_) if args.odoo.is_some() => None,
        chosen => chosen?,
    };
    let odoo = args.odoo.or(profile.map(|profile| profile.odoo)).ok_or(Error::NoSeries)?;
    let known = match (&session, profile) {
        (Some(session), Some(profile)) if profile.odoo == odoo => known(session)?,
        _ => BTreeMap::new(),
    };
    let lock = session.as_ref().map(Session::lock).transpose()?.flatten().unwrap_or_default();
    let core = match profile.filter(|profile| profile.odoo == odoo) {
        Some(profile) => plan::odoo(profile, &lock),
        None => Core::new(odoo, profile.map(|profile| profile.edition).unwrap_or_default()),
    };
    let is_unknown = |module: &String| !core.contains(module) && !known.contains_key(module);
    let found = if args.modules.iter().any(is_unknown) {
        Some(search(session.as_ref(), global, printer, odoo, args.refresh)?)
    } else {
        None
    };
    let whereabouts: Vec<Whereabouts> = args
        .modules
        .iter()
        .map(|module| {
            let repos = match (known.get(module), &found) {
                (Some(repo), _) => vec![repo.clone()],
                (None, Some(found)) if is_unknown(module) => found.repos_with(module),
                (None, _) => Vec::new(),
            };
            let (is_core, is_known) = (core.contains(module), known.contains_key(module));
            let is_nowhere = repos.is_empty() && !is_core;
            let containing = found.as_ref().filter(|_| is_nowhere).map(|found| found.containing(module));
            let containing = containing.unwrap_or_default();
            Whereabouts { module: module.clone(), is_core, is_known, repos, containing }
        })
        .collect();
    let unasked = found.as_ref().map(|found| found.unasked.as_slice()).unwrap_or_default();
    match args.format.format {
        Format::Json => printer.json(&FindReport::of(odoo, &whereabouts, unasked)),
        Format::Human => tell(&whereabouts, printer),
    }
    let is_absent = |there: &&Whereabouts| there.repos.is_empty() && !there.is_core;
    let nowhere = whereabouts.iter().filter(is_absent).filter(|there| there.containing.is_empty());
    let nowhere: Vec<&str> = nowhere.map(|there| there.module.as_str()).collect();
    match found {
        Some(found) if !nowhere.is_empty() => Err(found.nowhere(&nowhere, odoo)),
        // Only parts of names were found, as a script has to know.
        _ if whereabouts.iter().any(|there| is_absent(&there)) => Err(Error::Silent),
        _ => Ok(()),
    }
}

fn search(
    session: Option<&Session<'_>>,
    global: &Global,
    printer: &Printer,
    odoo: Series,
    refresh: bool,
) -> Result<SearchResult, Error> {
    match session {
        Some(session) => Search::of_project(session, odoo)?.run(refresh),
        None => Search::of_oca(&open_git(global)?, global, printer, odoo).run(refresh),
    }
}

fn tell(whereabouts: &[Whereabouts], printer: &Printer) {
    let mut table = Table::default();
    for there in whereabouts {
        there.repos.iter().for_each(|repo| table.row([repo.to_string(), there.module.clone()]));
        for (module, repos) in &there.containing {
            repos.iter().for_each(|repo| table.row([repo.to_string(), module.clone()]));
        }
    }
    printer.table(&table);
    for Whereabouts { module, is_core, is_known, repos, containing } in whereabouts {
        match repos.first() {
            _ if !containing.is_empty() => {
                printer.note(&format!("no module has the name `{module}`; these contain it"));
            }
            _ if *is_core => printer.note(&format!("`{module}` is Odoo's own")),
            Some(repo) if *is_known => printer.note(&format!("the profile has `{repo}` already")),
            _ => {}
        }
    }
}
