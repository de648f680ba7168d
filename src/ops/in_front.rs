//! Entries of `before` that are in front of the Odoo that `[core]` pins.

use std::collections::BTreeSet;
use std::path::Path;

use crate::addons::discover::manifest_of;
use crate::addons::folder::Folder;
use crate::check;
use crate::config::Profile;
use crate::error::Error;
use crate::lock::Lock;
use crate::plan;
use crate::report::{Finding, InFront, Problem, Spot};
use crate::session::Session;

/// The findings for the entries of `before` of a profile: Odoo loads their modules in place of the locked ones. None
/// without `[core]`.
pub(crate) fn in_front(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Vec<Finding>, Error> {
    let mut findings = here(session, profile, lock)?;
    findings.extend(in_image(profile));
    Ok(findings)
}

/// Warns about these findings, but for those in `ignore` of `[check]`. `is_image` chooses the path.
pub(crate) fn warn_of_in_front(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    is_image: bool,
) -> Result<(), Error> {
    let mut findings = if is_image { in_image(profile) } else { here(session, profile, lock)? };
    check::ignore(&mut findings, &profile.check.ignore);
    for finding in findings {
        session.printer.warning(&finding.to_string());
        session.printer.hint(&finding.hint(None));
    }
    Ok(())
}

fn here(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Vec<Finding>, Error> {
    let mut core = plan::core(profile, lock);
    core.retain(|selected| !session.config.skips(&selected.repo.name));
    let modules = core.iter().flat_map(|selected| &selected.modules);
    let names: BTreeSet<&str> = modules.map(|module| module.name.as_str()).collect();
    let checkouts = core.iter().map(|selected| session.checkout(profile, &selected.repo.name));
    let checkouts = checkouts.collect::<Result<Vec<_>, _>>()?;
    let mut findings = Vec::new();
    for template in &session.config.addons_path(profile).before {
        let Some(directory) = session.set_entry(template)? else { continue };
        let what = if checkouts.iter().any(|checkout| directory.starts_with(checkout)) {
            InFront::Itself
        } else {
            let hidden = among(&directory, &names);
            if hidden.is_empty() {
                continue;
            }
            InFront::Hides(hidden)
        };
        findings.push(finding(profile, template.as_str(), "[addons-path]", what));
    }
    Ok(findings)
}

/// Which of these modules a directory has.
fn among(directory: &Path, names: &BTreeSet<&str>) -> Vec<String> {
    let folder = Folder::new(directory);
    names.iter().filter(|name| manifest_of(&folder, name).is_some()).map(|name| (*name).to_owned()).collect()
}

/// The image is not here, so only paths tell: those below `core`, and those of an installed Odoo.
fn in_image(profile: &Profile) -> Vec<Finding> {
    let Some(core) = profile.image.core.as_ref().filter(|_| !profile.core.is_empty()) else {
        return Vec::new();
    };
    // A variable may be unset on this machine.
    let core = Session::image_entry(core).ok();
    let mut findings = Vec::new();
    for template in &profile.image.before {
        let Ok(entry) = Session::image_entry(template) else { continue };
        let path = Path::new(&entry);
        let what = if core.as_ref().is_some_and(|core| path.starts_with(core)) {
            InFront::Itself
        } else if path.ends_with("odoo/addons") || path.ends_with("openerp/addons") {
            InFront::Another
        } else {
            continue;
        };
        findings.push(finding(profile, template.as_str(), "[image]", what));
    }
    findings
}

fn finding(profile: &Profile, entry: &str, table: &'static str, what: InFront) -> Finding {
    Finding {
        problem: Problem::InFront { entry: entry.to_owned(), table, what },
        module: None,
        repo: None,
        spot: Spot::Declaration(profile.line),
        profiles: vec![profile.name.clone()],
    }
}
