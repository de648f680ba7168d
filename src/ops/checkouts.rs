//! The directories of the checkouts and their content.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::config::{Mode, Repo};
use crate::error::Error;
use crate::fs::{Context, create_directory, read_if_there, remove_directory, write_if_changed};
use crate::git::{ASIDE_PREFIX, Checkout};
use crate::lock::{Lock, LockedRepo};
use crate::plan;
use crate::repo::RepoName;
use crate::session::Session;

/// The content of the `.gitignore` among the checkouts: it keeps the surrounding repository from tracking them.
pub(crate) const KEEP_OUT: &[u8] = b"*\n";

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
        for selected in plan::selected(profile, lock) {
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

/// Creates the directories of the checkouts, and keeps the surrounding repository from tracking them.
pub(crate) fn prepare_directories(session: &Session<'_>) -> Result<(), Error> {
    for directory in directories(session)? {
        create_directory(&directory)?;
        if session.config.mode == Mode::Clone {
            keep_out(session, &directory)?;
        }
    }
    Ok(())
}

/// Removes what killed runs left among the checkouts; the caller holds the project's lock. If something cannot be
/// removed, it is only a warning.
pub(crate) fn clear_leftovers(session: &Session<'_>) -> Result<(), Error> {
    for directory in directories(session)? {
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
pub(crate) fn keep_out(session: &Session<'_>, directory: &Path) -> Result<(), Error> {
    let ignore = directory.join(".gitignore");
    if !ignore.is_symlink() && !ignore.exists() {
        write_if_changed(&ignore, KEEP_OUT)?;
        return Ok(());
    }
    let text = read_if_there(&ignore)?.unwrap_or_default();
    if !String::from_utf8_lossy(&text).lines().any(|line| line.trim_end() == "*") {
        let (ignore, why) = (ignore.display(), "the surrounding git repository may track the checkouts");
        session.printer.warning(&format!("`{ignore}` has no line `*`: {why}"));
    }
    Ok(())
}

/// Checkouts that oca made in a profile's directory and that no profile declares.
pub(crate) fn undeclared(session: &Session<'_>) -> Result<BTreeMap<PathBuf, RepoName>, Error> {
    let mut declared = BTreeSet::new();
    let mut directories = BTreeSet::new();
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        declared.extend(profile.repos.iter().map(|repo| directory.join(repo.name.as_str())));
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
    Ok(found)
}
