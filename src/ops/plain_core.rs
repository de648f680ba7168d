//! Odoo itself, declared as a repository of modules.

use std::collections::BTreeSet;

use crate::config::Profile;
use crate::repo::CorePart;
use crate::session::Session;

/// Says that `[core]` is the place for Odoo itself.
pub(crate) fn tell_of_plain_core(session: &Session<'_>) {
    let names = |profile: &Profile| {
        let names = profile.repos.iter().map(|repo| repo.name.to_string());
        names.filter(|name| CorePart::of_repository(name).is_some()).collect::<Vec<_>>()
    };
    let found: BTreeSet<String> = session.config.profiles.iter().flat_map(names).collect();
    for name in found {
        session.printer.note(&plain_core(&name));
    }
}

/// The note about one repository.
pub(crate) fn plain_core(name: &str) -> String {
    format!("if `{name}` is Odoo itself, declare it in `[core]`: then its modules count as Odoo's own")
}
