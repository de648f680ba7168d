//! Turns submodules back into ordinary clones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{STAGED, checkouts};
use crate::error::Error;
use crate::git::{self, GitModules, Module, SubmodulePath, Superproject, SuperprojectChange};
use crate::lock::Lock;
use crate::ops::{keep_out, undeclared};
use crate::plan;
use crate::repo::{RepoName, counted, first_names, one_line, size};
use crate::session::Session;

/// Nobody frees a disk for fewer bytes.
const WORTH_FREEING: u64 = 100_000;

/// Turns remaining submodules into ordinary checkouts, as `mode = "clone"` requires; their content stays as it is.
///
/// If the surrounding repository cannot be read, nothing is done: this mode does not need it.
pub(crate) fn dissolve(session: &Session<'_>, lock: &Lock, dry: bool) -> Result<(), Error> {
    match dissolve_readable(session, lock, dry) {
        Err(error) if is_unreadable(&error) => {
            session.printer.detail(&format!("the surrounding repository is not changed: {error}"));
            Ok(())
        }
        other => other,
    }
}

/// Whether the surrounding repository cannot be read, or its `.gitmodules`.
fn is_unreadable(error: &Error) -> bool {
    matches!(error, Error::Git(git::Error::Extension { .. } | git::Error::ModulesMalformed { .. }))
}

/// The surrounding repository, and the path of the project in it. `None` if it can have no submodules.
fn surrounding(session: &Session<'_>) -> Result<Option<(Superproject, String)>, Error> {
    if !git::may_have_submodules(session.root()) {
        return Ok(None);
    }
    let Some(superproject) = Superproject::around(session.root())? else { return Ok(None) };
    let top = superproject.path_of(session.root());
    Ok(top.map(|top| (superproject, top)))
}

fn dissolve_readable(session: &Session<'_>, lock: &Lock, dry: bool) -> Result<(), Error> {
    let Some((superproject, top)) = surrounding(session)? else { return Ok(()) };
    let found = find(session, lock, &superproject, &top)?;
    match found.submodules.len() + found.dormant.len() {
        0 if dry => Ok(()),
        0 => Ok(superproject.end_journal()?),
        count if dry => {
            let submodules = counted(count, "submodule", "submodules");
            session.printer.note(&format!("{submodules} would become ordinary checkouts"));
            Ok(())
        }
        _ => apply(session, &superproject, found),
    }
}

/// The submodules in the places of checkouts, which [`dissolve`] would turn into ordinary ones. In this mode, nobody moves
/// their gitlinks, so git would check out old commits.
pub(crate) fn remaining(session: &Session<'_>, lock: &Lock) -> Result<Vec<SubmodulePath>, Error> {
    match remaining_readable(session, lock) {
        Err(error) if is_unreadable(&error) => Ok(Vec::new()),
        other => other,
    }
}

fn remaining_readable(session: &Session<'_>, lock: &Lock) -> Result<Vec<SubmodulePath>, Error> {
    let Some((superproject, top)) = surrounding(session)? else { return Ok(Vec::new()) };
    let (modules, gitlinks) = (superproject.modules()?, superproject.gitlinks()?);
    let entries = modules.entries();
    let is_submodule = |path: &SubmodulePath| {
        gitlinks.contains_key(&**path) || entries.iter().any(|entry| entry.path == *path)
    };
    Ok(places(session, lock, &superproject, &top)?.into_keys().filter(is_submodule).collect())
}

/// What is left of submodules at the paths of checkouts.
struct Found {
    /// Their repositories, one for each path.
    submodules: Vec<RepoName>,
    /// Those without a work tree, of which only the git directory is left.
    dormant: Vec<(RepoName, Module)>,
    /// The git directories that become those of checkouts.
    released: Vec<Module>,
    /// `.gitmodules` without them.
    modules: GitModules,
    change: SuperprojectChange,
}

fn find(session: &Session<'_>, lock: &Lock, superproject: &Superproject, top: &str) -> Result<Found, Error> {
    let modules = superproject.modules()?;
    let (entries, gitlinks) = (modules.entries(), superproject.gitlinks()?);
    let mut dormant = dormant(session, superproject, top)?;
    let mut found = Found {
        submodules: Vec::new(),
        dormant: Vec::new(),
        released: Vec::new(),
        modules,
        change: SuperprojectChange::default(),
    };
    for (path, repo) in places(session, lock, superproject, top)? {
        let mut is_submodule = false;
        for entry in entries.iter().filter(|entry| entry.path == path) {
            found.released.push(superproject.module(&entry.name, &path));
            found.modules.remove(&entry.name);
            found.change.forget.push(entry.name.clone());
            is_submodule = true;
        }
        if gitlinks.contains_key(&*path) {
            found.change.unstage.push(path.to_string());
            is_submodule = true;
        }
        // Somebody else changed the mode: a pull takes the entry and the gitlink, but not the git directory.
        if !is_submodule && let Some(name) = superproject.name_at(&path) {
            found.released.push(superproject.module(&name, &path));
            found.change.forget.push(name);
            is_submodule = true;
        }
        // With `submodule.recurse`, a pull takes the work tree, too. If the git directory stayed, git could not make the
        // submodule again later.
        if is_submodule {
            found.submodules.push(repo);
        } else if let Some(module) = dormant.remove(&path) {
            found.dormant.push((repo, module));
        }
    }
    Ok(found)
}

/// The paths of the checkouts, with their repositories. A checkout that is no longer declared stays until
/// `oca sync --prune` removes it.
fn places(
    session: &Session<'_>,
    lock: &Lock,
    superproject: &Superproject,
    top: &str,
) -> Result<BTreeMap<SubmodulePath, RepoName>, Error> {
    let declared = checkouts(&session.config.profiles, top)?.into_iter();
    let declared = declared.filter(|(_, repo)| lock.repo(&plan::pin(repo)).is_some());
    let mut places: BTreeMap<SubmodulePath, RepoName> =
        declared.map(|(path, repo)| (path, repo.name.clone())).collect();
    for (path, name) in undeclared(session)? {
        let below = superproject.path_of(&path).and_then(|path| SubmodulePath::parse(&path).ok());
        places.extend(below.map(|path| (path, name)));
    }
    Ok(places)
}

fn apply(session: &Session<'_>, superproject: &Superproject, found: Found) -> Result<(), Error> {
    session.config.profiles.iter().try_for_each(|profile| session.refuse_links(profile))?;
    superproject.refuse_locked()?;
    let mut dissolved: BTreeSet<RepoName> = found.submodules.into_iter().collect();
    for (repo, module) in found.dormant {
        // If it cannot be used, or never was, the checkout is made anew.
        match wake(&module) {
            Ok(true) => drop(dissolved.insert(repo)),
            Ok(false) => {}
            Err(error) => {
                session.printer.warning(&format!("the former submodule of `{repo}` is not used: {error}"));
            }
        }
    }
    found.released.iter().try_for_each(Module::release)?;
    dissolved.iter().for_each(|name| session.printer.note(&format!("{name}: no longer a submodule")));
    let is_staged = superproject.apply(&found.modules, &found.change)?;
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        if directory.is_dir() {
            keep_out(session, &directory)?;
        }
    }
    if is_staged {
        session.printer.note(STAGED);
    }
    tell_unused(session, superproject);
    Ok(())
}

/// Makes a checkout of a dormant git directory. Returns whether there is one: a git directory that was never used is only
/// removed.
fn wake(module: &Module) -> Result<bool, git::Error> {
    module.wake()?;
    let is_used = module.leads_here();
    module.release()?;
    Ok(is_used)
}

/// The git directories of former submodules without a work tree, by the paths of the checkouts that this run makes.
fn dormant(
    session: &Session<'_>,
    superproject: &Superproject,
    top: &str,
) -> Result<BTreeMap<SubmodulePath, Module>, Error> {
    let mut dormant = BTreeMap::new();
    for (path, repo) in checkouts(session.profiles()?, top)? {
        let module = superproject.module(&path.as_name(), &path);
        if module.is_dormant() && !session.config.skips(&repo.name) {
            dormant.insert(path, module);
        }
    }
    Ok(dormant)
}

/// Names what is left of the submodules: git itself never deletes their git directories.
fn tell_unused(session: &Session<'_>, superproject: &Superproject) {
    let Ok(modules) = superproject.modules() else { return };
    let unused = superproject.unused_modules(&modules);
    let own = |path: &Path| path.strip_prefix(session.root()).unwrap_or(path).display().to_string();
    let paths: Vec<String> = unused.paths.iter().map(|path| own(path)).collect();
    let (holds, them) = match paths.as_slice() {
        [_, ..] if !unused.others => (format!("`{}` still holds", own(&unused.directory)), "it"),
        [only] => (format!("`{only}` still holds"), "it"),
        many => (format!("{} still hold", first_names(many)), "them"),
    };
    if unused.bytes >= WORTH_FREEING {
        let size = size(unused.bytes);
        session.printer.note(&one_line(&format!(
            "{holds} {size} of former submodules: if you need no branch and no stash there, delete {them}"
        )));
    }
}
