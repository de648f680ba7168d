//! Gathers the data of the page of `oca report`: from the lock, from the sizes of the files in the cache and, if asked,
//! from the servers.

mod bytes;
mod homes;
mod modules;
mod needs;
mod news;

use sha2::{Digest, Sha256};

use super::checked::checked;
use crate::config::Profile;
use crate::error::Error;
use crate::lock::Lock;
use crate::page::{Finding, Page};
use crate::plan::Inventory;
use crate::repo::{Layout, Packaging, hexadecimal};
use crate::report;
use crate::session::Session;

/// What the page is about.
pub(crate) struct Wanted<'a> {
    pub(crate) title: String,
    pub(crate) profile: &'a Profile,
    /// Whether the servers are asked for newer commits.
    pub(crate) outdated: bool,
}

/// The data of the page. Fetches the files that are missing in the cache, unless oca is offline.
pub(crate) fn gather(session: &Session<'_>, lock: &Lock, wanted: Wanted<'_>) -> Result<Page, Error> {
    let Wanted { title, profile, outdated } = wanted;
    let measured = bytes::measure(session, profile, lock)?;
    let (locals, around) = (session.local_modules(profile)?, session.surrounding_modules(profile)?);
    let inventory = Inventory::new(profile, lock, &locals, &around);
    let homes = homes::homes(profile, lock, &measured);
    let requirements = needs::needs(session, profile, lock, &locals)?;
    Ok(Page {
        project: title,
        profile: profile.name.clone(),
        odoo: profile.odoo.to_string(),
        digest: hexadecimal(&Sha256::digest(lock.render().as_bytes())),
        rules: rules(&profile.packaging()),
        modules: modules::modules(&inventory, &homes, &measured),
        homes,
        requirements: requirements.python,
        conflicts: requirements.conflicts,
        system: requirements.system,
        findings: findings(session, &inventory, lock)?,
        outdated: if outdated { Some(news::ask(session, lock)?) } else { None },
    })
}

/// What an export leaves out, in words.
fn rules(packaging: &Packaging) -> Vec<String> {
    let Packaging { layout, rules } = packaging;
    let mut words = Vec::new();
    if *layout == Layout::Flat {
        words.push("one directory for all modules".to_owned());
    }
    match rules.languages.as_deref() {
        None => {}
        Some([]) => words.push("no translations".to_owned()),
        Some(languages) => words.push(format!("only the languages {}", languages.join(", "))),
    }
    words.extend(rules.drops().map(|part| format!("without {part}")));
    words
}

fn findings(session: &Session<'_>, inventory: &Inventory<'_>, lock: &Lock) -> Result<Vec<Finding>, Error> {
    let default = session.config.default_profile.as_deref();
    let finding = |finding: report::Finding| Finding {
        severity: finding.severity(),
        code: finding.problem.rule().code,
        text: finding.to_string(),
        hint: finding.hint(default),
        modules: finding.modules().into_iter().map(str::to_owned).collect(),
    };
    let found = checked(session, inventory, lock, false)?.findings;
    // As in the report of the command, with its profile.
    Ok(crate::check::folded(vec![found]).into_iter().map(finding).collect())
}
