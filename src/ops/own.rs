//! The directories of the user's own modules that an image must have.

use crate::config::{Local, Profile};
use crate::error::{Error, OwnError};
use crate::lock::Lock;
use crate::session::Session;

/// Fails if an own directory that belongs into the image does not exist: `.dockerignore` may leave it out of the build.
/// Directories outside the project are not looked for, because a build cannot see them.
pub(crate) fn refuse_missing_own(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<(), Error> {
    for local in required(profile, lock).filter(|local| local.image.is_some()) {
        let Some(directory) = session.own_directory(profile, local)? else { continue };
        if !directory.is_dir() && directory.starts_with(session.root()) {
            let (path, file) = (local.name().to_owned(), session.config.file.clone());
            return Err(OwnError::Here { path, file, line: local.line }.into());
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
    for local in required(profile, lock) {
        let Some(image) = &local.image else { continue };
        let image = Session::image_entry(image)?;
        if !std::path::Path::new(&image).is_dir() {
            let (path, file) = (local.name().to_owned(), session.config.file.clone());
            return Err(OwnError::InImage { path, image, file, line: local.line }.into());
        }
    }
    Ok(())
}

/// The own directories that must exist. That of the presets may be missing, unless the lock knows modules in it.
fn required<'p>(profile: &'p Profile, lock: &'p Lock) -> impl Iterator<Item = &'p Local> {
    let depends = lock.profiles.get(&profile.name).map(|locked| &locked.local_depends);
    let is_known = move |local: &Local| {
        depends.and_then(|depends| depends.get(local.path.as_str())).is_some_and(|names| !names.is_empty())
    };
    profile.locals.iter().filter(move |local| !local.is_of_presets() || is_known(local))
}
