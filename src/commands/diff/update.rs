//! The modules that a database must update: `odoo-bin -u`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::side::{ReadLock, Source};
use crate::diff::{Loaded, LockDiff, ModuleChange, ModuleDiff, RepoChange, Step, shared};
use crate::error::Error;
use crate::fs::write_out;
use crate::git::Superproject;
use crate::lock::LockedProfile;
use crate::ops::{Contents, ToUpdate, to_update};
use crate::output::Printer;
use crate::repo::{MANIFESTS, ModuleName, Rules, counted, first_names, profile_list};
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
        tell_of_gone(diff, own.as_ref(), session.printer);
        tell_of_odoo(diff, session.printer);
    }
    Ok(names)
}

/// Prints the list, with commas, or writes it to the file.
pub(super) fn deliver(
    names: &BTreeSet<String>,
    output: Option<&Path>,
    printer: &Printer,
) -> Result<(), Error> {
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = if list.is_empty() { String::new() } else { format!("{}\n", list.join(",")) };
    match output {
        Some(file) => write_out(file, text.as_bytes())?,
        None => printer.data(&text),
    }
    printer.note(&format!("{} to update", counted(list.len(), "module", "modules")));
    Ok(())
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
    let has_crossed = move |module: &&ModuleDiff<'l>| match module.change {
        ModuleChange::Removed(_) => own.is_some_and(|own| own.has_now(module.name)),
        ModuleChange::Added(_) => own.is_some_and(|own| own.had_before(module.name)),
        ModuleChange::IntoOdoo(_) | ModuleChange::OutOfOdoo(_) => true,
        ModuleChange::Changed(_) => false,
    };
    diff.modules.iter().filter(has_crossed).map(|module| module.name)
}

/// Modules that are gone are in no list: Odoo would refuse their names.
fn tell_of_gone(diff: &LockDiff<'_>, own: Option<&OwnModules>, printer: &Printer) {
    let is_own = |name| own.is_some_and(|own| own.has_now(name));
    let gone = diff.modules.iter().filter(|module| matches!(module.change, ModuleChange::Removed(_)));
    let gone: Vec<String> =
        gone.filter(|module| !is_own(module.name)).map(|module| module.name.to_string()).collect();
    if !gone.is_empty() {
        printer
            .warning(&format!("uninstall before you deploy, because they are gone: {}", first_names(&gone)));
    }
}

/// If one of the locks does not have Odoo itself, it is not known which of its files changed.
fn tell_of_odoo(diff: &LockDiff<'_>, printer: &Printer) {
    for repo in &diff.repos {
        let (repo, what) = match repo.change {
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

/// The user's own modules in two revisions, or in a revision and the work tree.
struct OwnModules {
    /// Those that exist now, as absolute paths.
    directories: Vec<PathBuf>,
    superproject: Superproject,
    from: String,
    /// `None` for the work tree.
    to: Option<String>,
}

impl OwnModules {
    /// `None` if there are none, or if git does not have both sides; then this warns.
    fn of(read: &Step<ReadLock>, diff: &LockDiff<'_>, session: &Session<'_>) -> Result<Option<Self>, Error> {
        let profiles =
            session.config.profiles.iter().filter(|profile| diff.profiles.contains(&profile.name.as_str()));
        let mut directories = Vec::new();
        for profile in profiles {
            for local in &profile.locals {
                directories.extend(session.own_directory(profile, local)?.filter(|path| path.is_dir()));
            }
        }
        directories.sort();
        directories.dedup();
        if directories.is_empty() {
            return Ok(None);
        }
        let revisions = match (&read.from.source, &read.to.source) {
            (Source::Revision(from), Source::Revision(to)) => Some((from.clone(), Some(to.clone()))),
            (Source::Revision(from), Source::Working) => Some((from.clone(), None)),
            _ => None,
        };
        let (Some((from, to)), Some(superproject)) = (revisions, Superproject::around(session.root())?)
        else {
            session.printer.warning(
                "your own modules are not compared, because a lock is not from git: add those that changed to the list",
            );
            return Ok(None);
        };
        Ok(Some(Self { directories, superproject, from, to }))
    }

    fn had_before(&self, module: &ModuleName) -> bool {
        self.directories.iter().any(|directory| self.is_at(Some(&self.from), directory, module.as_str()))
    }

    fn has_now(&self, module: &ModuleName) -> bool {
        self.directories.iter().any(|directory| self.is_at(self.to.as_deref(), directory, module.as_str()))
    }

    /// Whether a directory has a module in a revision, or in the work tree.
    fn is_at(&self, revision: Option<&str>, directory: &Path, module: &str) -> bool {
        MANIFESTS.iter().any(|name| {
            let file = directory.join(module).join(name);
            match revision {
                Some(revision) => self.superproject.has_at(revision, &file),
                None => file.is_file(),
            }
        })
    }

    /// The modules that both sides have, with a difference.
    fn changed(&self, loaded: &Loaded, printer: &Printer) -> Result<BTreeSet<String>, Error> {
        let to = self.to.as_deref();
        let mut names = BTreeSet::new();
        for directory in &self.directories {
            let Some(files) = self.superproject.changed_files(&self.from, to, directory)? else {
                printer.warning(&format!(
                    "`{}` is not compared, because it is not in this repository: add its modules that changed to the list",
                    directory.display()
                ));
                continue;
            };
            let changed = files.iter().filter_map(|path| {
                let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
                let (module, below) = parts.split_first().filter(|(_, below)| !below.is_empty())?;
                loaded.reads(below, false).then(|| std::str::from_utf8(module).ok()).flatten()
            });
            let changed: BTreeSet<&str> = changed.collect();
            let is_in = |revision, module: &str| self.is_at(revision, directory, module);
            let in_both = |module: &&str| is_in(Some(&*self.from), module) && is_in(to, module);
            names.extend(changed.into_iter().filter(in_both).map(str::to_owned));
        }
        Ok(names)
    }
}
