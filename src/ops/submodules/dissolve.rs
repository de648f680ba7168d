//! Turns submodules back into ordinary clones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{STAGED, checkouts};
use crate::error::Error;
use crate::git::{self, Module, SubmodulePath, Superproject, SuperprojectChange};
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
        Err(Error::Git(error @ (git::Error::Extension { .. } | git::Error::ModulesMalformed { .. }))) => {
            session.printer.detail(&format!("the surrounding repository is not changed: {error}"));
            Ok(())
        }
        other => other,
    }
}

fn dissolve_readable(session: &Session<'_>, lock: &Lock, dry: bool) -> Result<(), Error> {
    if !git::may_have_submodules(session.root()) {
        return Ok(());
    }
    let Some(superproject) = Superproject::around(session.root())? else { return Ok(()) };
    let Some(top) = superproject.path_of(session.root()) else { return Ok(()) };
    let mut modules = superproject.modules()?;
    let (entries, gitlinks) = (modules.entries(), superproject.gitlinks()?);
    let mut change = SuperprojectChange::default();
    let mut released: Vec<Module> = Vec::new();
    let mut dissolved: BTreeSet<RepoName> = BTreeSet::new();
    let mut woken: Vec<(RepoName, &Module)> = Vec::new();
    let declared = checkouts(&session.config.profiles, &top)?.into_iter();
    let declared = declared.filter(|(_, repo)| lock.repo(&plan::pin(repo)).is_some());
    let mut checkouts: BTreeMap<SubmodulePath, RepoName> =
        declared.map(|(path, repo)| (path, repo.name.clone())).collect();
    // A checkout that is no longer declared stays until `oca sync --prune` removes it.
    for (path, name) in undeclared(session)? {
        let below = superproject.path_of(&path).and_then(|path| SubmodulePath::parse(&path).ok());
        checkouts.extend(below.map(|path| (path, name)));
    }
    let dormant = dormant(session, &superproject, &top)?;
    for (path, repo) in checkouts {
        for entry in entries.iter().filter(|entry| entry.path == path) {
            released.push(superproject.module(&entry.name, &path));
            modules.remove(&entry.name);
            change.forget.push(entry.name.clone());
            dissolved.insert(repo.clone());
        }
        if gitlinks.contains_key(&*path) {
            change.unstage.push(path.to_string());
            dissolved.insert(repo.clone());
        }
        // Somebody else changed the mode: a pull takes the entry and the gitlink, but not the git directory.
        if !dissolved.contains(&repo)
            && let Some(name) = superproject.name_at(&path)
        {
            released.push(superproject.module(&name, &path));
            change.forget.push(name);
            dissolved.insert(repo.clone());
        }
        // With `submodule.recurse`, a pull takes the work tree, too. If the git directory stayed, git could not make the
        // submodule again later.
        if !dissolved.contains(&repo)
            && let Some(module) = dormant.get(&path)
        {
            woken.push((repo, module));
        }
    }
    if dissolved.is_empty() && woken.is_empty() {
        return if dry { Ok(()) } else { Ok(superproject.end_journal()?) };
    }
    if dry {
        let count = counted(dissolved.len() + woken.len(), "submodule", "submodules");
        session.printer.note(&format!("{count} would become ordinary checkouts"));
        return Ok(());
    }
    session.config.profiles.iter().try_for_each(|profile| session.refuse_links(profile))?;
    superproject.refuse_locked()?;
    for (repo, module) in woken {
        // If it cannot be used, the checkout is made anew.
        match module.wake().and_then(|()| module.release()) {
            Ok(()) => drop(dissolved.insert(repo)),
            Err(error) => {
                session.printer.warning(&format!("the former submodule of `{repo}` is not used: {error}"));
            }
        }
    }
    released.iter().try_for_each(Module::release)?;
    dissolved.iter().for_each(|name| session.printer.note(&format!("{name}: no longer a submodule")));
    let is_staged = superproject.apply(&modules, &change)?;
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        if directory.is_dir() {
            keep_out(session, &directory)?;
        }
    }
    if is_staged {
        session.printer.note(STAGED);
    }
    tell_unused(session, &superproject);
    Ok(())
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
