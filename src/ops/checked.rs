//! What `oca check` finds in a profile.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::in_front::in_front;
use super::lacking::known;
use crate::check::{self, PathEntry, Subject};
use crate::config::{Profile, Surround, Template};
use crate::error::Error;
use crate::lock::Lock;
use crate::plan::{self, Inventory};
use crate::report::{Finding, Severity};
use crate::session::Session;

/// The result of checking a profile.
pub(crate) struct Checked {
    pub(crate) findings: Vec<Finding>,
    /// The words in `ignore` that hide nothing.
    pub(crate) unused: Vec<String>,
    /// The names of the modules that were checked.
    pub(crate) modules: BTreeSet<String>,
    /// The modules that nobody asked for and that cannot be installed.
    pub(crate) blocked: BTreeSet<String>,
    /// Whether the modules of its Odoo are not known.
    pub(crate) is_unlisted: bool,
}

/// Checks the modules of a profile. With `is_strict`, modules that nobody asked for are checked like all others.
pub(crate) fn checked(
    session: &Session<'_>,
    inventory: &Inventory<'_>,
    lock: &Lock,
    is_strict: bool,
) -> Result<Checked, Error> {
    let profile = inventory.profile;
    let entries = entries(session, profile, lock)?;
    let wanted =
        if is_strict { inventory.given().map(|module| module.name).collect() } else { inventory.wanted() };
    let known = known(session, profile.odoo);
    let subject = Subject { inventory, lock, entries: &entries, wanted: &wanted, known: &known };
    let mut findings = check::findings(&subject);
    findings.extend(in_front(session, profile, lock)?);
    let unused = check::ignore(&mut findings, &profile.check.ignore);
    let unused = unused.into_iter().map(str::to_owned).collect();
    let unasked = findings.iter().filter(|finding| finding.severity() == Severity::Note);
    let bad: BTreeSet<&str> = unasked.flat_map(Finding::blocks).collect();
    let dependants = inventory.blocked_by(|name| bad.contains(name)).into_keys();
    let own = inventory.given().map(|module| module.name).filter(|name| bad.contains(name));
    let blocked = dependants.chain(own).map(str::to_owned).collect();
    let modules = inventory.given().map(|module| module.name.to_owned()).collect();
    Ok(Checked { unused, modules, blocked, is_unlisted: !inventory.knows_odoo(), findings })
}

/// The entries of the path, without those whose variables are unset.
fn entries(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Vec<PathEntry>, Error> {
    let mut entries = Vec::new();
    let mut add = |template: &Template, path: Option<PathBuf>| {
        let name = template.as_str().to_owned();
        entries.extend(path.map(|path| PathEntry { path, name, line: profile.line }));
    };
    let Surround { before, after } = session.config.addons_path(profile);
    for template in before.iter().chain(&after) {
        add(template, session.set_entry(template)?);
    }
    for local in &profile.locals {
        add(&local.path, session.own_directory(profile, local)?);
    }
    for selected in plan::placed(profile, lock) {
        let (name, line) = (&selected.repo.name, selected.repo.line);
        let checkout = session.checkout(profile, name)?;
        for directory in plan::path_entries(&selected) {
            entries.push(match directory.as_str() {
                "." => PathEntry { path: checkout.clone(), name: name.to_string(), line },
                directory => {
                    PathEntry { path: checkout.join(directory), name: format!("{name}/{directory}"), line }
                }
            });
        }
    }
    Ok(entries)
}
