//! The Python requirements of a profile: those of its repositories, of the user's own modules, and of Odoo itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::addons::discover::{self, Unreadable};
use crate::config::Profile;
use crate::error::Error;
use crate::facts::LocalModules;
use crate::fs::read_if_there;
use crate::lock::{Lock, LockedModule};
use crate::plan::{self, Selected};
use crate::requirements::{
    Author, Conflict, Merged, ModuleNeeds, Parsed, Python, Repository, Settings, UnreadableNeeds, merge,
    parse_constraints, text_of,
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
        let unreadable = survey.unreadable.iter().map(|Unreadable { path, line, why, .. }| UnreadableNeeds {
            path,
            line: *line,
            why,
        });
        let (unread, unreadable) = (unread.as_deref(), unreadable.collect());
        Repository { name, author: Author::User, lines: requirements, unread, unreadable, modules }
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
        unreadable: Vec::new(),
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

/// What to type after conflicts that depend on markers. `python` is the version that a flag names.
pub(crate) fn hint_of_markers(profile: &Profile, python: Option<&String>) -> Option<&'static str> {
    let declared = &profile.requirements;
    if python.or(declared.python.as_ref()).is_none() {
        Some("set the Python version of the image: `python` in `[requirements]`, or `--python-version`")
    } else if declared.platform.is_none() {
        Some("if a marker names the machine, set `platform` in `[requirements]`")
    } else {
        None
    }
}

/// What to type after a conflict that depends on markers.
pub(super) fn hint_of_possible(profile: &Profile, conflict: &Conflict) -> String {
    hint_of_markers(profile, None).map_or_else(|| conflict.hint(), str::to_owned)
}

/// Warns of requirements that exclude those of Odoo itself, and of lines of Odoo that cannot be read. `oca requirements`
/// fails for the same reasons. It also reads the user's constraints, which this does not.
pub(crate) fn warn_of_conflicts_with_odoo(session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let mut warnings: Vec<(String, String)> = Vec::new();
    for profile in &session.config.profiles {
        let found = merged_with_odoo(session, profile, lock)?;
        let problems = found.problems.iter().filter(|problem| problem.origin().is_of_odoo());
        let problems = problems.map(|problem| (problem.to_string(), problem.hint()));
        let with_odoo = |conflict: &&Conflict| conflict.is_with_odoo();
        let certain = found.conflicts.iter().filter(with_odoo);
        let certain = certain.map(|conflict| (conflict.to_string(), conflict.hint()));
        let possible = found.warnings.iter().filter(with_odoo);
        let possible = possible.map(|conflict| (conflict.to_string(), hint_of_possible(profile, conflict)));
        for warning in problems.chain(certain).chain(possible) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    for (at, (text, hint)) in warnings.iter().enumerate() {
        session.printer.warning(text);
        if warnings.get(at + 1).is_none_or(|(_, next)| next != hint) {
            session.printer.hint(hint);
        }
    }
    Ok(())
}

/// The requirements of a profile that surely conflict with each other, with its constraints, or with those of Odoo
/// itself.
pub(super) fn conflicts(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
) -> Result<Vec<Conflict>, Error> {
    Ok(merged(session, profile, lock)?.conflicts)
}

/// The requirements of a profile, compared with its constraints and with those of Odoo itself.
pub(super) fn merged(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Merged, Error> {
    let constraints = Parsed::concat([constraints(session, profile)?, of_odoo(profile, lock)]);
    merged_with(session, profile, lock, &constraints)
}

/// The requirements of a profile, compared with those of Odoo itself. Empty if Odoo has none.
fn merged_with_odoo(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Merged, Error> {
    let odoo = of_odoo(profile, lock);
    if odoo.is_empty() {
        return Ok(Merged::default());
    }
    merged_with(session, profile, lock, &odoo)
}

/// The requirements of a profile, with these constraints.
fn merged_with(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
    constraints: &Parsed,
) -> Result<Merged, Error> {
    let locals = session.set_directories(profile)?;
    let required = Parsed::concat(requiring(profile, lock, &locals).iter().map(Repository::read));
    merged_lines(session, profile, &required, constraints)
}

/// Merges lines as the profile declares it.
pub(super) fn merged_lines(
    session: &Session<'_>,
    profile: &Profile,
    required: &Parsed,
    constraints: &Parsed,
) -> Result<Merged, Error> {
    let declared = &profile.requirements;
    let python = declared.python.as_deref().map(|word| Python::parse(word, declared.platform));
    let python = python.transpose().map_err(|invalid| Error::BadName { invalid })?;
    Ok(merge(required, constraints, &merging(session, profile, python)))
}

pub(crate) fn constraints(session: &Session<'_>, profile: &Profile) -> Result<Parsed, Error> {
    let mut parts = Vec::new();
    for template in &profile.requirements.constraints {
        let (shown, file) = session.constraint(template)?;
        let missing =
            || Error::NoConstraints { file: shown.clone().into(), config: session.config.file.clone() };
        let text = read_if_there(&file)?.ok_or_else(missing)?;
        let text = text_of(&text).map_err(|_| Error::NotUtf8 { file: file.clone(), line: 1 })?;
        parts.push(parse_constraints(&shown, &text.lines().collect::<Vec<_>>()));
    }
    Ok(Parsed::concat(parts))
}
