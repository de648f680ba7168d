//! The modules that a database must update: `odoo-bin -u`.

use std::collections::{BTreeMap, BTreeSet};

use super::own::OwnModules;
use super::side::ReadLock;
use crate::diff::{Home, Loaded, LockDiff, ModuleChange, RepoChange, Step, shared};
use crate::error::Error;
use crate::lock::{Lock, LockedProfile};
use crate::ops::{Contents, ToUpdate, to_update};
use crate::output::Printer;
use crate::plan;
use crate::repo::{ModuleName, Rules, first_names, one_line, profile_list};
use crate::session::Session;

/// The names, sorted.
pub(super) fn names(
    read: &Step<ReadLock>,
    diffs: &[LockDiff<'_>],
    session: &Session<'_>,
) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    let locks = Step { from: &read.from.lock, to: &read.to.lock };
    let contents = Step { from: &read.from, to: &read.to };
    let contents = contents.map(|read| Contents::new(session, &read.lock).with_texts(read.texts.clone()));
    for diff in diffs {
        if !diff.series.is_same() {
            let Step { from, to } = diff.series;
            session.printer.warning(&format!(
                "{} from Odoo {from} to {to}: an update does not migrate a database to another series",
                profiles_go(&diff.profiles)
            ));
            continue;
        }
        let profiles = diff.profiles.iter().filter_map(|name| locks.to.profiles.get(*name));
        let loaded = Loaded { rules: rules(profiles), series: diff.series.to };
        let homes = shared(&locks, &diff.profiles);
        let ToUpdate { modules, unread } = to_update(session, &contents, homes, &loaded)?;
        for failure in unread {
            session.printer.warning(&format!(
                "`{}`: its old or its new commit could not be read, so each of its modules with other files is listed: {}",
                failure.name, failure.trouble
            ));
        }
        names.extend(modules.into_iter().map(ToString::to_string));
        let own = OwnModules::of(read, diff, session)?;
        if let Some(own) = &own {
            names.extend(own.changed(&loaded, session.printer)?);
        }
        names.extend(crossed(diff, own.as_ref()).map(ToString::to_string));
        names.extend(overtaken(&locks, diff, own.as_ref()).map(ToString::to_string));
        tell_of_gone(locks.to, diff, own.as_ref(), session.printer);
        tell_of_odoo(diff, session.printer);
    }
    drop_refused(&mut names, session.printer);
    Ok(names)
}

/// Leaves out the names that Odoo would not read as the name of one module, and warns about them.
pub(super) fn drop_refused(names: &mut BTreeSet<String>, printer: &Printer) {
    names.retain(|name| {
        let refused = refused_by_odoo(name);
        if let Some(why) = refused {
            printer.warning(&format!("`{}` is not in the list: {why}", one_line(name)));
        }
        refused.is_none()
    });
}

/// Why `-u` would not read a name as the name of one module. [`ModuleName`] refuses commas and a `-` at the beginning.
fn refused_by_odoo(name: &str) -> Option<&'static str> {
    if name == "all" {
        Some("`-u` takes `all` as all modules, so rename the module")
    } else if name.contains(char::is_whitespace) {
        Some("the name contains a blank, so rename the module")
    } else {
        None
    }
}

/// The names with commas, as a line. Without names, there is no line.
pub(super) fn list(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!("{}\n", names.join(",")) }
}

fn profiles_go(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let verb = if names.len() == 1 { "goes" } else { "go" };
    format!("{} {verb}", profile_list(&names))
}

/// The languages that one of the profiles exports; all, if one of them exports all.
fn rules<'l>(profiles: impl Iterator<Item = &'l LockedProfile>) -> Rules {
    let languages: Option<Vec<Vec<String>>> =
        profiles.map(|profile| profile.packaging.rules.languages.clone()).collect();
    Rules { languages: languages.map(|languages| languages.concat()), ..Rules::default() }
}

/// The modules that came from a repository to the user's own ones or to an Odoo that is not in the lock, or the other way.
/// Their files may be other ones.
fn crossed<'l>(diff: &LockDiff<'l>, own: Option<&OwnModules>) -> impl Iterator<Item = &'l ModuleName> {
    let has_crossed = move |module: &&ModuleChange<'l>| match module {
        ModuleChange::Removed(_) => own.is_some_and(|own| own.has_now(module.name())),
        ModuleChange::Added(_) => own.is_some_and(|own| own.had_before(module.name())),
        ModuleChange::IntoOdoo(_) | ModuleChange::OutOfOdoo(_) => true,
        ModuleChange::Changed(_) => false,
    };
    diff.modules.iter().filter(has_crossed).map(ModuleChange::name)
}

/// The modules of which another one is the first on the addons path now: one of the user's own came or went, or the
/// repositories have another order.
fn overtaken<'l>(
    locks: &Step<&'l Lock>,
    diff: &LockDiff<'l>,
    own: Option<&OwnModules>,
) -> impl Iterator<Item = &'l ModuleName> {
    let mut names = BTreeSet::new();
    for profile in &diff.profiles {
        let first = locks.map(|lock| first_homes(lock, profile));
        for (name, to) in first.to {
            let Some(from) = first.from.get(name) else { continue };
            let is_other = from.repo.pin.name != to.repo.pin.name && from.module.tree != to.module.tree;
            let is_own = own.is_some_and(|own| own.had_before(name) != own.has_now(name));
            if is_other || is_own {
                names.insert(name);
            }
        }
    }
    names.into_iter()
}

/// The first module of each name on the path of a profile.
fn first_homes<'l>(lock: &'l Lock, profile: &str) -> BTreeMap<&'l ModuleName, Home<'l>> {
    let mut homes = BTreeMap::new();
    let offers =
        lock.profiles.get(profile).map(|profile| plan::locked_offers(profile, lock)).unwrap_or_default();
    for offer in offers {
        for module in offer.modules {
            homes.entry(&module.name).or_insert(Home { repo: offer.locked, module });
        }
    }
    homes
}

/// Modules that are gone are in no list: Odoo would refuse their names.
fn tell_of_gone(lock: &Lock, diff: &LockDiff<'_>, own: Option<&OwnModules>, printer: &Printer) {
    let is_own = |name| own.is_some_and(|own| own.has_now(name));
    let gone = diff.modules.iter().filter(|module| matches!(module, ModuleChange::Removed(_)));
    let mut gone: BTreeSet<&ModuleName> = gone.map(ModuleChange::name).filter(|name| !is_own(name)).collect();
    if let Some(own) = own {
        let profiles = diff.profiles.iter().filter_map(|name| lock.profiles.get(*name));
        let repos = profiles.flat_map(|profile| &profile.repos).filter_map(|pin| lock.repo(pin));
        let locked: BTreeSet<&ModuleName> =
            repos.flat_map(|repo| &repo.facts.modules).map(|module| &module.name).collect();
        gone.extend(own.gone().filter(|name| !locked.contains(name)));
    }
    let gone: Vec<String> = gone.into_iter().map(ToString::to_string).collect();
    if !gone.is_empty() {
        printer
            .warning(&format!("uninstall before you deploy, because they are gone: {}", first_names(&gone)));
    }
}

/// If one of the locks does not have Odoo itself, it is not known which of its files changed.
fn tell_of_odoo(diff: &LockDiff<'_>, printer: &Printer) {
    for repo in &diff.repos {
        let (repo, what) = match repo {
            RepoChange::Added(repo) => (repo, "is in the lock now, and was not before"),
            RepoChange::Removed(repo) => (repo, "is not in the lock any more"),
            RepoChange::Changed(_) => continue,
        };
        if repo.core.is_some() {
            printer.warning(&format!(
                "`{}` {what}, so its modules are not compared: add those that changed to the list",
                repo.pin.name
            ));
        }
    }
}
