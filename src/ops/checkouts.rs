//! The directories of the checkouts and their content.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::old_core::recorded_core;
use crate::addons::discover::manifest_of;
use crate::addons::folder::Folder;
use crate::config::{Mode, Repo};
use crate::error::Error;
use crate::fs::{Context, create_directory, read_if_there, remove_directory, write_if_changed};
use crate::git::{ASIDE_PREFIX, Checkout, Superproject};
use crate::lock::{Lock, LockedRepo};
use crate::plan;
use crate::repo::{RepoName, first_names};
use crate::session::Session;

/// The content of the `.gitignore` among the checkouts: it keeps the surrounding repository from tracking them.
const KEEP_OUT: &[u8] = b"*\n";

/// The first line of a `.gitignore` that lists the checkouts, because the user's own modules are beside them.
const LISTED: &str =
    "# Written by oca. It names the checkouts only, because your own modules are here, too.\n";

/// A checkout that a profile asks for.
pub(crate) struct WantedCheckout<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) locked: &'a LockedRepo,
    pub(crate) checkout: Checkout,
    /// `skip` in `repos.local.toml` lists the repository: oca must not touch it.
    pub(crate) is_skipped: bool,
}

/// The checkouts of the requested profiles, in path order. If several profiles share a directory, the first one counts.
pub(crate) fn wanted<'a>(session: &'a Session<'_>, lock: &'a Lock) -> Result<Vec<WantedCheckout<'a>>, Error> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for profile in session.profiles()? {
        for selected in plan::placed(profile, lock) {
            let plan::Selected { repo, locked, .. } = selected;
            let path = session.checkout(profile, &repo.name)?;
            if seen.insert(path.clone()) {
                let is_skipped = session.config.skips(&repo.name);
                all.push(WantedCheckout { repo, locked, checkout: Checkout::new(path), is_skipped });
            }
        }
    }
    Ok(all)
}

/// The directories of the checkouts of the requested profiles.
fn directories(session: &Session<'_>) -> Result<BTreeSet<PathBuf>, Error> {
    session.profiles()?.into_iter().map(|profile| session.checkouts(profile)).collect()
}

/// The directories that contain the checkouts of Odoo itself.
fn core_parents(session: &Session<'_>) -> Result<BTreeSet<PathBuf>, Error> {
    let mut parents = BTreeSet::new();
    for profile in session.profiles()? {
        let checkouts = session.core_checkouts(profile)?;
        parents.extend(checkouts.iter().filter_map(|path| path.parent()).map(Path::to_owned));
    }
    Ok(parents)
}

/// Keeps the surrounding repository from tracking the checkouts in the directories that exist. The user may have added
/// own modules to them.
pub(crate) fn keep_out_of_directories(session: &Session<'_>) -> Result<(), Error> {
    if session.config.mode != Mode::Clone {
        return Ok(());
    }
    let directories = directories(session)?;
    let mut present = directories.iter().filter(|directory| directory.is_dir());
    present.try_for_each(|directory| keep_out(session, directory))
}

/// Warns about checkouts of Odoo itself that the surrounding repository does not ignore. They are not in a directory of
/// their own, and the `.gitignore` beside them is the user's.
pub(crate) fn tell_of_tracked(session: &Session<'_>) -> Result<(), Error> {
    if session.config.mode != Mode::Clone {
        return Ok(());
    }
    if session.profiles()?.iter().all(|profile| profile.core.is_empty()) {
        return Ok(());
    }
    let Ok(Some(superproject)) = Superproject::around(session.root()) else { return Ok(()) };
    let mut told = BTreeSet::new();
    for profile in session.profiles()? {
        for repo in &profile.core {
            let below = Session::checkout_below(profile, repo)?;
            let path = session.absolute(&below);
            if session.config.skips(&repo.name) || !path.is_dir() || !told.insert(below.clone()) {
                continue;
            }
            if !superproject.ignores(&path) {
                session.printer.warning(&format!("the surrounding git repository does not ignore `{below}`"));
                session
                    .printer
                    .hint(&format!("add the line `/{below}/` to `.gitignore` beside `repos.toml`"));
            }
        }
    }
    Ok(())
}

/// Creates the directories of the checkouts, and keeps the surrounding repository from tracking them.
pub(crate) fn prepare_directories(session: &Session<'_>) -> Result<(), Error> {
    let parents = core_parents(session)?;
    directories(session)?.iter().chain(&parents).try_for_each(|directory| create_directory(directory))?;
    keep_out_of_directories(session)
}

/// Removes what killed runs left among the checkouts; the caller holds the project's lock. If something cannot be
/// removed, it is only a warning.
pub(crate) fn clear_leftovers(session: &Session<'_>) -> Result<(), Error> {
    for directory in directories(session)?.into_iter().chain(core_parents(session)?) {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX)
                && let Err(error) = remove_directory(&entry.path())
            {
                let why = &error.source;
                session.printer.warning(&format!("{error} of a killed run: {why}"));
            }
        }
    }
    Ok(())
}

/// Keeps the surrounding repository from tracking the checkouts, unless the user has a `.gitignore` there.
///
/// If the user has own modules in the directory, git must see them. Then only the checkouts are ignored.
pub(crate) fn keep_out(session: &Session<'_>, directory: &Path) -> Result<(), Error> {
    let ignore = directory.join(".gitignore");
    let text = if ignore.is_symlink() { None } else { Some(read_if_there(&ignore)?) };
    if let Some(text) = &text
        && text.as_ref().is_none_or(|text| is_keep_out(text))
    {
        let names = declared_in(session, directory);
        let own = own_modules(directory, &names);
        let wanted = if own.is_empty() { KEEP_OUT.to_vec() } else { listed(directory, &names) };
        if text.as_deref() == Some(KEEP_OUT) && !own.is_empty() {
            let (directory, own) = (directory.display(), first_names(&own));
            session.printer.note(&format!(
                "`{directory}` has your own modules in {own}: git ignores only the checkouts there from now on"
            ));
        }
        write_if_changed(&ignore, &wanted)?;
        return Ok(());
    }
    let text = read_if_there(&ignore)?.unwrap_or_default();
    if !String::from_utf8_lossy(&text).lines().any(|line| line.trim_end() == "*") {
        let (ignore, why) = (ignore.display(), "the surrounding git repository may track the checkouts");
        session.printer.warning(&format!("`{ignore}` has no line `*`: {why}"));
    }
    Ok(())
}

/// Whether this is the text of a `.gitignore` that oca wrote among the checkouts.
pub(crate) fn is_keep_out(text: &[u8]) -> bool {
    text == KEEP_OUT || text.starts_with(LISTED.as_bytes())
}

/// A `.gitignore` for itself, for the checkouts, and for what a killed run leaves.
fn listed(directory: &Path, names: &BTreeSet<String>) -> Vec<u8> {
    let is_checkout = |name: &String| directory.join(name).join(".git").exists();
    let checkouts: BTreeSet<String> =
        children(directory).into_iter().filter(is_checkout).chain(names.iter().cloned()).collect();
    let lines: String = checkouts.iter().map(|name| format!("/{name}/\n")).collect();
    format!("{LISTED}/.gitignore\n/{ASIDE_PREFIX}*\n{lines}").into_bytes()
}

/// The directories among the checkouts that contain modules of the user.
fn own_modules(directory: &Path, names: &BTreeSet<String>) -> Vec<String> {
    let is_own = |name: &String| {
        let path = directory.join(name);
        let is_module = |path: &Path| manifest_of(&Folder::new(path), "").is_some();
        !names.contains(name)
            && !path.is_symlink()
            && !path.join(".git").exists()
            && (is_module(&path) || children(&path).iter().any(|below| is_module(&path.join(below))))
    };
    children(directory).into_iter().filter(is_own).collect()
}

/// The names of the directories in a directory, sorted. Hidden ones are left out.
fn children(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = directories.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// The names of the checkouts that some profile declares in a directory.
fn declared_in(session: &Session<'_>, directory: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for profile in &session.config.profiles {
        // If a variable of another profile is unset, its checkouts are not here.
        if session.checkouts(profile).is_ok_and(|path| path == directory) {
            names.extend(profile.repos.iter().map(|repo| repo.name.as_str().to_owned()));
        }
        for path in session.core_checkouts(profile).unwrap_or_default() {
            let name = path.file_name().filter(|_| path.parent() == Some(directory));
            names.extend(name.and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names
}

/// Checkouts that oca made in a profile's directory, or of Odoo itself, and that no profile declares.
pub(crate) fn undeclared(session: &Session<'_>) -> Result<BTreeMap<PathBuf, RepoName>, Error> {
    let mut declared = BTreeSet::new();
    let mut directories = BTreeSet::new();
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        declared.extend(profile.repos.iter().map(|repo| directory.join(repo.name.as_str())));
        declared.extend(session.core_checkouts(profile)?);
        directories.insert(directory);
    }
    let mut found = BTreeMap::new();
    for directory in directories.iter().filter(|directory| directory.is_dir()) {
        for entry in std::fs::read_dir(directory).at("read", directory)? {
            let path = entry.at("read", directory)?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| RepoName::parse(name).ok());
            let Some(name) = name.filter(|_| !declared.contains(&path) && !directories.contains(&path))
            else {
                continue;
            };
            if Checkout::new(path.clone()).is_ours() {
                found.insert(path, name);
            }
        }
    }
    let contains_other =
        |path: &Path| declared.iter().chain(&directories).any(|other| other.starts_with(path));
    for path in recorded_core(session).into_iter().filter(|path| !contains_other(path)) {
        let name = path.file_name().and_then(|name| RepoName::parse(name.to_str()?).ok());
        found.extend(name.map(|name| (path, name)));
    }
    Ok(found)
}
