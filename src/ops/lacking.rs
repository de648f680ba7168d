//! Modules that a selection needs and that nothing provides.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::catalogue::Catalogue;
use crate::check::{self, Subject};
use crate::config::Profile;
use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{Inventory, selects};
use crate::repo::Series;
use crate::report::{Finding, Severity};
use crate::session::Session;

/// What the selection of a profile lacks, as `oca check` reports it. A profile that takes whole repositories selects
/// nothing.
pub(crate) fn lacking(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Vec<Finding>, Error> {
    if !selects(profile) {
        return Ok(Vec::new());
    }
    missing(session, profile, lock, &|inventory| inventory.wanted())
}

/// What these modules of a profile lack.
pub(crate) fn lacking_for(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    modules: &[String],
) -> Result<Vec<Finding>, Error> {
    missing(session, profile, lock, &|inventory| {
        inventory.with_needs(modules.iter().filter_map(|name| inventory.first(name)).collect())
    })
}

fn missing(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    wanted: &dyn for<'i> Fn(&'i Inventory<'_>) -> HashSet<&'i str>,
) -> Result<Vec<Finding>, Error> {
    let known = known(session, profile.odoo);
    let locals = session.set_directories(profile)?;
    let find = |around: &[_]| {
        let inventory = Inventory::new(profile, lock, &locals, around);
        let wanted = wanted(&inventory);
        let subject = Subject { inventory: &inventory, lock, entries: &[], wanted: &wanted, known: &known };
        let mut findings = check::missing(&subject);
        check::ignore(&mut findings, &profile.check.ignore);
        findings.retain(|finding| finding.severity() == Severity::Error);
        findings
    };
    let findings = find(&[]);
    // Odoo's own directories have hundreds of modules, so they are read only if something is missing.
    if findings.is_empty() { Ok(findings) } else { Ok(find(&session.surrounding_modules(profile)?)) }
}

/// Returns the OCA repository that has a module, as far as an earlier search knows. Without a cache, or if `base-url`
/// needs an unset variable, nothing is known.
pub(crate) fn known(session: &Session<'_>, odoo: Series) -> impl Fn(&str) -> Option<String> {
    let catalogue: OnceCell<Option<Catalogue>> = OnceCell::new();
    move |name| {
        let catalogue = catalogue.get_or_init(|| session.catalogue(odoo).ok());
        catalogue.as_ref()?.repos_with(name).first().map(ToString::to_string)
    }
}

/// What the selections of all profiles lack, one list for each profile.
pub(crate) fn lacking_in_all(session: &Session<'_>, lock: &Lock) -> Result<Vec<Vec<Finding>>, Error> {
    session.config.profiles.iter().map(|profile| lacking(session, profile, lock)).collect()
}

/// Warns about everything that the selections of the profiles lack.
pub(crate) fn warn_of_lacking(session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let default = session.config.default_profile.as_deref();
    for finding in check::folded(lacking_in_all(session, lock)?) {
        session.printer.warning(&finding.to_string());
        session.printer.hint(&finding.hint(default));
    }
    Ok(())
}
