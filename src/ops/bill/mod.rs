//! The bill of materials of a profile: what an export of it holds, and what that needs. From the lock, and the patches
//! beside it; nothing is fetched.

mod needs;
mod parts;
mod steps;

use std::sync::Arc;

use crate::config::{Position, Profile};
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::Lock;
use crate::plan::{self, by_offer};
use crate::repo::{Layout, Packaging, counted};
use crate::sbom::{Component, Inventory, Kind};
use crate::session::Session;
use needs::Needs;
use parts::{core, own, repository};

/// The inventory of a profile. `locals` are the directories of own modules to include, which an export does not hold.
///
/// Warns of requirements that cannot be read, because they are missing in it.
pub(crate) fn bill(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    locals: &[Arc<LocalModules>],
) -> Result<Inventory, Error> {
    let packaging = profile.packaging();
    let offers = plan::offers(profile, lock);
    let entries = by_offer(&offers, packaging.layout);
    let mut export = of_export(profile, &packaging);
    let own_at =
        |position| locals.iter().filter(move |local| local.position == position).map(|local| own(local));
    export.parts.extend(own_at(Position::Before));
    for (offer, entries) in offers.iter().zip(&entries).filter(|(_, entries)| !entries.is_empty()) {
        let modules = entries.iter().flat_map(|entry| entry.modules.iter().copied());
        export.parts.push(repository(session, lock, offer.locked, modules, &packaging.rules)?);
    }
    export.parts.extend(own_at(Position::After));
    let odoo = plan::core(profile, lock);
    let around = odoo.iter().map(|odoo| core(session, lock, odoo)).collect::<Result<Vec<_>, _>>()?;
    let mut inventory = Inventory { export, around };
    let mut needs = Needs::new(&inventory, profile, lock, &odoo, locals);
    needs.of_modules(profile, lock, locals);
    let unread = needs.of_python(session, profile, lock, locals, &mut inventory)?
        + needs.of_system(profile, lock, locals, &mut inventory);
    needs.put_into(&mut inventory);
    if unread > 0 {
        let count = counted(unread, "requirement", "requirements");
        session.printer.warning(&format!("{count} cannot be read, so the SBOM does not have them"));
        session.printer.hint("run `oca requirements` and `oca requirements --system` to see them");
    }
    Ok(inventory)
}

/// The export itself, without its parts.
fn of_export(profile: &Profile, packaging: &Packaging) -> Component {
    let mut export = Component::new(Kind::Export, format!("export:{}", profile.name), &profile.name);
    export.add_property("oca:odoo", &profile.odoo.to_string());
    export.add_property(
        "oca:layout",
        match packaging.layout {
            Layout::Repos => "repos",
            Layout::Flat => "flat",
        },
    );
    let rules = &packaging.rules;
    for language in rules.languages.iter().flatten() {
        export.add_property("oca:language", language);
    }
    for part in rules.drops() {
        export.add_property("oca:drop", part);
    }
    export
}
