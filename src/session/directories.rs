//! The directories of modules on this machine: the user's own ones, and those around the checkouts. Each is read once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Session;
use crate::addons::discover::Unreadable;
use crate::config::{Local, Position, Profile, Surround, Template, Unusable};
use crate::error::Error;
use crate::facts::LocalModules;
use crate::plan::{self, LocalDepends};
use crate::pool;
use crate::repo::Series;

/// A directory that a profile asks for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct AskedDirectory {
    name: String,
    position: Position,
    directory: PathBuf,
    series: Series,
}

/// Directories that were already read: many profiles ask for the same ones.
#[derive(Default)]
pub(super) struct Directories {
    read: Mutex<HashMap<AskedDirectory, Arc<LocalModules>>>,
}

impl Directories {
    /// The modules of these directories, in their order. Directories that are not in the cache are read now.
    fn read(&self, asked: &[AskedDirectory]) -> Result<Vec<Arc<LocalModules>>, Error> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&AskedDirectory> = asked.iter().filter(|asked| !read.contains_key(asked)).collect();
        let found = pool::each(&new, |AskedDirectory { name, position, directory, series }| {
            LocalModules::read(name.clone(), *position, directory.clone(), *series)
        });
        for (asked, found) in std::iter::zip(new, found) {
            let found = found.map_err(|error| Error::UnreadableFolder { error })?;
            read.insert(asked.clone(), Arc::new(found));
        }
        Ok(asked.iter().map(|asked| Arc::clone(&read[asked])).collect())
    }
}

impl Session<'_> {
    /// The modules in the profile's own directories, in the order of the file. Warns about modules that cannot be read.
    pub(crate) fn local_modules(&self, profile: &Profile) -> Result<Vec<Arc<LocalModules>>, Error> {
        let all = self.own_directories(profile)?;
        for local in &all {
            for Unreadable { path, line, why, .. } in &local.survey.unreadable {
                let place = format!("`{}/{path}` at line {line}", local.name);
                self.printer.warning(&format!("{place}: {why}; the module is ignored"));
            }
        }
        Ok(all)
    }

    /// The same, without warnings about unreadable modules. A directory that does not exist is reported and counts as
    /// empty.
    pub(crate) fn own_directories(&self, profile: &Profile) -> Result<Vec<Arc<LocalModules>>, Error> {
        let paths = self.own_paths(profile)?.into_iter();
        let asked = profile.locals.iter().zip(paths);
        let asked = asked.map(|(local, path)| asked_for(&local.path, local.position, path, profile));
        self.directories.read(&asked.collect::<Vec<_>>())
    }

    /// The path of each own directory of a profile, in the order of the file. A directory that does not exist is reported.
    /// Fails if a variable in a path is unset.
    pub(crate) fn own_paths(&self, profile: &Profile) -> Result<Vec<PathBuf>, Error> {
        let path = |local: &Local| {
            let directory = match self.own_directory(profile, local)? {
                Some(directory) => directory,
                // This says which variable is unset.
                None => self.entry(&local.path)?,
            };
            if !directory.is_dir() {
                self.tell_of_missing(local);
            }
            Ok(directory)
        };
        profile.locals.iter().map(path).collect()
    }

    /// A directory of own modules: `path` here, and `image` in a container, but the other one if only that exists. `None`
    /// if a variable in `path` is unset.
    pub(crate) fn own_directory(&self, profile: &Profile, local: &Local) -> Result<Option<PathBuf>, Error> {
        let path = self.set_entry(&local.path)?;
        let image = local.image.as_ref().map(|image| self.set_entry(image)).transpose()?.flatten();
        let exists = |directory: &Option<PathBuf>| directory.as_ref().is_some_and(|path| path.is_dir());
        let in_image = exists(&image) && (!exists(&path) || self.is_in_image(profile)?);
        Ok(if in_image { image } else { path })
    }

    /// The same, without a word about directories that do not exist or whose variables are unset.
    pub(crate) fn set_directories(&self, profile: &Profile) -> Result<Vec<Arc<LocalModules>>, Error> {
        let present = self.present_directories(profile)?.into_iter().map(|(_, asked)| asked);
        self.directories.read(&present.collect::<Vec<_>>())
    }

    /// The own directories of a profile that exist. If a variable in a path is unset, the directory counts as missing.
    fn present_directories<'p>(
        &self,
        profile: &'p Profile,
    ) -> Result<Vec<(&'p Template, AskedDirectory)>, Error> {
        let mut present = Vec::new();
        for local in &profile.locals {
            let directory = self.own_directory(profile, local)?;
            if let Some(directory) = directory.filter(|directory| directory.is_dir()) {
                present.push((&local.path, asked_for(&local.path, local.position, directory, profile)));
            }
        }
        Ok(present)
    }

    /// The modules in the existing directories of `[addons-path]`, in path order; in a container, in those of `[image]`. A
    /// directory may be missing, and a variable in its path may be unset.
    pub(crate) fn surrounding_modules(&self, profile: &Profile) -> Result<Vec<Arc<LocalModules>>, Error> {
        let Surround { before, after } = self.config.addons_path(profile);
        let mut asked = self.surrounding(profile, [&before, &after], "[addons-path]")?;
        let image = &profile.image;
        if asked.is_empty() && self.is_in_image(profile)? {
            asked = self.surrounding(profile, [&image.before, &image.after], "[image]")?;
        }
        self.directories.read(&asked)
    }

    fn surrounding(
        &self,
        profile: &Profile,
        [before, after]: [&[Template]; 2],
        table: &str,
    ) -> Result<Vec<AskedDirectory>, Error> {
        let mut asked = Vec::new();
        for (templates, position) in [(before, Position::Before), (after, Position::After)] {
            for template in templates {
                match self.set_entry(template)? {
                    Some(directory) if directory.is_dir() => {
                        asked.push(asked_for(template, position, directory, profile));
                    }
                    _ => self.printer.detail(&format!("`{template}` of `{table}` does not exist here")),
                }
            }
        }
        Ok(asked)
    }

    /// Whether this is a container of an image: the `root` of `[image]` is here, and the checkouts are not.
    pub(crate) fn is_in_image(&self, profile: &Profile) -> Result<bool, Error> {
        let root = self.set_entry(&profile.image.root)?;
        Ok(root.is_some_and(|root| root.is_dir()) && !self.checkouts(profile)?.is_dir())
    }

    /// The dependencies of the own modules, for profiles that select modules.
    ///
    /// If a variable in the path of a directory is unset, the directory counts as missing.
    pub(crate) fn local_depends(&self) -> Result<LocalDepends, Error> {
        let mut asked = Vec::new();
        let mut all = LocalDepends::new();
        for profile in self.config.profiles.iter().filter(|profile| plan::selects(profile)) {
            all.insert(profile.name.clone(), std::collections::BTreeMap::new());
            asked.extend(
                self.present_directories(profile)?.into_iter().map(|(path, asked)| (profile, path, asked)),
            );
        }
        let directories: Vec<AskedDirectory> = asked.iter().map(|(_, _, asked)| asked.clone()).collect();
        let read = self.directories.read(&directories)?;
        for ((profile, path, _), local) in std::iter::zip(asked, read) {
            all.entry(profile.name.clone()).or_default().insert(path.as_str().to_owned(), local.depends());
        }
        Ok(all)
    }

    /// An absolute entry of the addons path on this machine; `None` if a variable in it is unset.
    pub(crate) fn set_entry(&self, template: &Template) -> Result<Option<PathBuf>, Error> {
        match self.entry(template) {
            Err(Error::Unusable(Unusable::Unset(_))) => Ok(None),
            directory => directory.map(Some),
        }
    }

    /// The absence of the directory of the presets is reported only with `--verbose`. Any other directory was declared by
    /// the user, so its absence is probably a mistake.
    fn tell_of_missing(&self, local: &Local) {
        let text = format!("`{}` of `[[local]]` does not exist, so it is left out", local.path);
        if local.is_of_presets() {
            self.printer.detail(&text);
        } else {
            self.printer.warning(&text);
        }
    }
}

fn asked_for(path: &Template, position: Position, directory: PathBuf, profile: &Profile) -> AskedDirectory {
    let name = path.as_str().trim_end_matches('/').to_owned();
    AskedDirectory { name, position, directory, series: profile.odoo }
}
