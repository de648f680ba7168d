//! The Python requirements of a profile: those of its repositories, of the user's own modules, and of Odoo itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::addons::discover;
use crate::config::Profile;
use crate::error::Error;
use crate::facts::LocalModules;
use crate::lock::{Lock, LockedModule};
use crate::plan::{self, Selected};
use crate::requirements::{
    Author, Conflict, ModuleNeeds, Parsed, Python, Repository, RequirementProblem, Settings, merge,
};
use crate::session::Session;

/// The repositories of the profile and the user's own directories, with their modules.
pub(crate) fn requiring<'a>(
    profile: &'a Profile,
    lock: &'a Lock,
    locals: &'a [Arc<LocalModules>],
) -> Vec<Repository<'a>> {
    let locked = plan::selected(profile, lock).into_iter().map(|selected| {
        let paths: BTreeSet<String> = selected.modules.iter().map(|module| module.path()).collect();
        let module = |module: &'a LockedModule| ModuleNeeds {
            path: format!("{}/__manifest__.py", module.path()),
            manifest: &module.manifest,
            is_selected: paths.contains(&module.path()),
        };
        let modules = selected.locked.facts.modules.iter().map(module).collect();
        Repository { modules, ..file_of(&selected, Author::Other) }
    });
    let own = locals.iter().map(|local| {
        let LocalModules { name, requirements, unread, survey, .. } = local.as_ref();
        let module = |module: &'a discover::DiscoveredModule| ModuleNeeds {
            path: module.manifest_path.clone(),
            manifest: &module.manifest,
            is_selected: true,
        };
        let modules = survey.modules.iter().map(module).collect();
        Repository { name, author: Author::User, lines: requirements, unread: unread.as_deref(), modules }
    });
    locked.chain(own).collect()
}

/// A repository with its own lines only.
fn file_of<'a>(selected: &Selected<'a>, author: Author) -> Repository<'a> {
    let facts = &selected.locked.facts;
    Repository {
        name: selected.repo.name.as_str(),
        author,
        lines: &facts.requirements,
        unread: facts.unread_requirements(),
        modules: Vec::new(),
    }
}

/// The lines of Odoo itself: the `requirements.txt` of each locked repository of `[core]`. None with
/// `requirements = false`.
pub(crate) fn of_odoo(profile: &Profile, lock: &Lock) -> Parsed {
    let core = if profile.requirements.core { plan::core(profile, lock) } else { Vec::new() };
    Parsed::concat(core.iter().map(|selected| file_of(selected, Author::Odoo).read()))
}

/// How the requirements of a profile are merged, for a Python. Without one, for those of its series.
pub(crate) fn merging(session: &Session<'_>, profile: &Profile, python: Option<Python>) -> Settings {
    let declared = &profile.requirements;
    Settings {
        python: python.or_else(|| Python::any_of(profile.odoo.pythons())),
        ignore: declared.ignore.clone(),
        overrides: declared.overrides.clone(),
        file: session.config.file.display().to_string(),
    }
}

/// Warns of requirements that exclude those of Odoo itself, and of lines of Odoo that cannot be read. Reads no
/// constraints of the user. `oca requirements` fails for the same reasons.
pub(crate) fn warn_of_conflicts_with_odoo(session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for profile in &session.config.profiles {
        let found = found(session, profile, lock)?;
        let problems = found.problems.iter().map(|problem| (problem.to_string(), problem.hint()));
        let conflicts = found.conflicts.iter().map(|conflict| (conflict.to_string(), conflict.hint()));
        for (text, hint) in problems.chain(conflicts) {
            if told.insert(text.clone()) {
                session.printer.warning(&text);
                session.printer.hint(&hint);
            }
        }
    }
    Ok(())
}

/// What is wrong with the lines of Odoo itself in a profile.
#[derive(Default)]
struct Found {
    problems: Vec<RequirementProblem>,
    conflicts: Vec<Conflict>,
}

fn found(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Found, Error> {
    let odoo = of_odoo(profile, lock);
    if odoo.is_empty() {
        return Ok(Found::default());
    }
    let locals = session.set_directories(profile)?;
    let required = Parsed::concat(requiring(profile, lock, &locals).iter().map(Repository::read));
    let declared = &profile.requirements;
    let python = declared.python.as_deref().map(|word| Python::parse(word, declared.platform));
    let python = python.transpose().map_err(|invalid| Error::BadName { invalid })?;
    let mut merged = merge(&required, &odoo, &merging(session, profile, python));
    merged.problems.retain(|problem| problem.origin().is_of_odoo());
    let mut conflicts = merged.conflicts;
    conflicts.extend(merged.warnings);
    conflicts.retain(Conflict::is_with_odoo);
    Ok(Found { problems: merged.problems, conflicts })
}
