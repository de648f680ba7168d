//! The directories of the user's own modules that an image must have.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::{Local, Profile};
use crate::error::{Error, Message, OwnError};
use crate::lock::Lock;
use crate::session::Session;

/// Fails if an own directory that belongs into the image does not exist: `.dockerignore` may leave it out of the build.
/// Directories outside the project are not looked for, because a build cannot see them.
pub(crate) fn refuse_missing_own(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<(), Error> {
    for local in profile.locals.iter().filter(|local| local.image.is_some()) {
        let Some(directory) = session.own_directory(profile, local)? else { continue };
        let Some(path) = in_project(session, &directory).filter(|_| !directory.is_dir()) else { continue };
        if may_be_missing(local, profile, lock) {
            tell_of_missing(session, &path);
            continue;
        }
        let file = session.config.file.clone();
        return Err(OwnError::Here { path, file, line: local.line }.into());
    }
    Ok(())
}

/// Warns if the lock has what the modules in an own directory need, and the project does not have that directory. Only the
/// lock of a profile that selects modules knows it. A build of an image can have the two files alone, so it does not fail.
pub(crate) fn warn_of_missing_known(
    session: &Session<'_>,
    lock: &Lock,
    is_asked: impl Fn(&Local) -> bool,
) -> Result<(), Error> {
    let mut told = BTreeSet::new();
    for profile in &session.config.profiles {
        for local in profile.locals.iter().filter(|local| is_asked(local) && is_known(local, profile, lock)) {
            let Some(directory) = session.own_directory(profile, local)? else { continue };
            let Some(path) = in_project(session, &directory).filter(|_| !directory.is_dir()) else {
                continue;
            };
            if !told.insert(path.clone()) {
                continue;
            }
            let (file, line) = (session.config.file.clone(), local.line);
            let refused = if local.image.is_some() { ", and `oca export` will refuse that" } else { "" };
            for Message { error, hint, .. } in Error::from(OwnError::Here { path, file, line }).messages() {
                let text = format!("{error}; the lock has what its modules need{refused}");
                session.printer.warning(&text);
                hint.iter().for_each(|hint| session.printer.hint(hint));
            }
        }
    }
    Ok(())
}

/// Fails if the `image` of an own directory does not exist: the `Dockerfile` may not copy it.
pub(crate) fn refuse_missing_in_image(
    session: &Session<'_>,
    profile: &Profile,
    lock: &Lock,
) -> Result<(), Error> {
    for local in &profile.locals {
        let Some(image) = &local.image else { continue };
        let image = Session::image_entry(image)?;
        if Path::new(&image).is_dir() {
            continue;
        }
        if may_be_missing(local, profile, lock) {
            tell_of_missing(session, &image);
            continue;
        }
        let directory = session.set_entry(&local.path)?;
        let path = directory.and_then(|directory| in_project(session, &directory));
        let file = session.config.file.clone();
        return Err(OwnError::InImage { path, image, file, line: local.line }.into());
    }
    Ok(())
}

/// The path of a directory relative to the project. `None` if it is outside.
fn in_project(session: &Session<'_>, directory: &Path) -> Option<String> {
    directory.strip_prefix(session.root()).ok().map(|path| path.display().to_string())
}

/// Whether it is the directory of the presets, and the lock knows no modules in it.
fn may_be_missing(local: &Local, profile: &Profile, lock: &Lock) -> bool {
    local.is_of_presets() && !is_known(local, profile, lock)
}

/// Whether the lock has what modules in this directory need.
fn is_known(local: &Local, profile: &Profile, lock: &Lock) -> bool {
    let depends = lock.profiles.get(&profile.name).map(|locked| &locked.local_depends);
    depends.and_then(|depends| depends.get(local.path.as_str())).is_some_and(|known| !known.is_empty())
}

/// `.dockerignore` may leave out a directory that the user has.
fn tell_of_missing(session: &Session<'_>, path: &str) {
    let text = format!("`{path}` of `[[local]]` does not exist, so the image has no modules from it");
    session.printer.note(&text);
}
