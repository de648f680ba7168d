//! The user's own modules in two revisions, or in a revision and the work tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::side::{ReadLock, Source};
use crate::addons::discover::{self, Survey, Unreadable};
use crate::addons::folder::Folder;
use crate::addons::manifest::MAX_BYTES;
use crate::diff::{Loaded, LockDiff, Reading, Step, names_file};
use crate::error::Error;
use crate::git::Superproject;
use crate::output::Printer;
use crate::repo::{AddonsDirectory, Content, FileTree, MANIFESTS, ModuleName, Series};
use crate::session::Session;

pub(super) struct OwnModules {
    superproject: Superproject,
    /// `None` is the work tree.
    revisions: Step<Option<String>>,
    directories: Vec<OwnDirectory>,
}

/// A directory of `[[local]]`.
struct OwnDirectory {
    /// As an absolute path. It need not exist.
    path: PathBuf,
    /// Below the top of the repository.
    below: String,
    surveys: Step<Survey>,
}

/// The files of a revision or of the work tree.
struct Files<'r> {
    tree: Box<dyn FileTree + 'r>,
    /// The path of a directory of `[[local]]` in it.
    top: String,
}

impl OwnModules {
    /// `None` if there are none, or if git does not have both sides; then this warns.
    pub(super) fn of(
        read: &Step<ReadLock>,
        diff: &LockDiff<'_>,
        session: &Session<'_>,
    ) -> Result<Option<Self>, Error> {
        let paths = directories(diff, session)?;
        if paths.is_empty() {
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
        let revisions = Step { from: Some(from), to };
        let mut own = Self { superproject, revisions, directories: Vec::new() };
        for path in paths {
            let Some(below) = own.superproject.directory_below(&path)? else {
                session.printer.warning(&format!(
                    "`{}` is not compared, because it is not in this repository: add its modules that changed to the list",
                    path.display()
                ));
                continue;
            };
            let survey =
                |revision: &Option<String>| own.survey(revision.as_deref(), &path, &below, diff.series.to);
            let surveys = Step { from: survey(&own.revisions.from)?, to: survey(&own.revisions.to)? };
            tell_of_links(&path, &surveys.to, session.printer);
            own.directories.push(OwnDirectory { path, below, surveys });
        }
        Ok(Some(own))
    }

    /// The modules of a directory in a revision, or in the work tree.
    fn survey(
        &self,
        revision: Option<&str>,
        path: &Path,
        below: &str,
        series: Series,
    ) -> Result<Survey, Error> {
        let Some(Files { tree, top }) = self.tree(revision, path, below)? else {
            return Ok(Survey::default());
        };
        let survey = AddonsDirectory::parse(&top).map(|top| {
            discover::find(&*tree, &[top], series).and_then(|found| discover::read(&*tree, found))
        });
        survey.unwrap_or_else(|_| Ok(Survey::default())).map_err(|error| Error::UnreadableFolder { error })
    }

    /// The files of a revision, or of the work tree.
    fn tree(&self, revision: Option<&str>, path: &Path, below: &str) -> Result<Option<Files<'_>>, Error> {
        let top = if below.is_empty() { "." } else { below };
        Ok(match revision {
            Some(revision) => {
                let tree = self.superproject.tree_at(revision)?;
                tree.map(|tree| Files { tree: Box::new(tree), top: top.to_owned() })
            }
            None => Some(Files { tree: Box::new(Folder::new(path)), top: ".".to_owned() }),
        })
    }

    pub(super) fn had_before(&self, module: &ModuleName) -> bool {
        self.directories.iter().any(|own| has(&own.surveys.from, module))
    }

    pub(super) fn has_now(&self, module: &ModuleName) -> bool {
        self.directories.iter().any(|own| has(&own.surveys.to, module))
    }

    /// The modules that are not there any more, or not installable any more.
    pub(super) fn gone(&self) -> impl Iterator<Item = &ModuleName> {
        let before = self.directories.iter().flat_map(|own| &own.surveys.from.modules);
        let is_unreadable = |name: &ModuleName| {
            let mut unreadable = self.directories.iter().flat_map(|own| &own.surveys.to.unreadable);
            unreadable.any(|module| module.name == name.as_str())
        };
        before.map(|module| &module.name).filter(move |name| !self.has_now(name) && !is_unreadable(name))
    }

    /// The modules that both sides have, with a difference. Warns about modules that changed and cannot be read.
    pub(super) fn changed(&self, loaded: &Loaded, printer: &Printer) -> Result<BTreeSet<String>, Error> {
        let mut names = BTreeSet::new();
        for own in &self.directories {
            let Step { from: Some(from), to } = &self.revisions else { continue };
            let files = self.superproject.changed_files(from, to.as_deref(), &own.below)?.unwrap_or_default();
            let (mut changed, mut open) = (BTreeSet::new(), Vec::new());
            for file in &files {
                let parts: Vec<&[u8]> = file.split(|byte| *byte == b'/').collect();
                let Some((module, below)) = parts.split_first().filter(|(_, below)| !below.is_empty()) else {
                    continue;
                };
                let Ok(module) = std::str::from_utf8(module) else { continue };
                match loaded.reading(below) {
                    Reading::Always => drop(changed.insert(module)),
                    Reading::IfNamed => open.push((module, &file[module.len() + 1..])),
                    Reading::Never => {}
                }
            }
            self.add_named(own, open, &mut changed)?;
            for Unreadable { name, path, line, why } in &own.surveys.to.unreadable {
                if changed.contains(name.as_str()) {
                    let manifest = path.rsplit('/').next().unwrap_or(path);
                    printer.warning(&format!(
                        "`{}/{name}/{manifest}` at line {line}: {why}; the module is not in the list",
                        own.path.display()
                    ));
                }
            }
            let before = own.surveys.from.modules.iter().map(|module| &module.name);
            let in_both = before.filter(|name| has(&own.surveys.to, name) && changed.contains(name.as_str()));
            names.extend(in_both.map(ToString::to_string));
        }
        Ok(names)
    }

    /// Adds the modules whose manifest names one of these files.
    fn add_named<'f>(
        &self,
        own: &OwnDirectory,
        open: Vec<(&'f str, &[u8])>,
        changed: &mut BTreeSet<&'f str>,
    ) -> Result<(), Error> {
        if open.is_empty() {
            return Ok(());
        }
        let tree = self.tree(self.revisions.to.as_deref(), &own.path, &own.below)?;
        let Some(Files { tree, top }) = tree else { return Ok(()) };
        for (module, file) in open {
            if changed.contains(module) {
                continue;
            }
            for name in MANIFESTS {
                let text = tree.read(&format!("{top}/{module}/{name}"), MAX_BYTES);
                if let Some(Content::Bytes(text)) = text.map_err(|error| Error::UnreadableFolder { error })?
                    && names_file(&text, file)
                {
                    changed.insert(module);
                }
            }
        }
        Ok(())
    }
}

/// The directories of `[[local]]` of the profiles, as absolute paths. Warns about those that do not exist.
pub(super) fn directories(diff: &LockDiff<'_>, session: &Session<'_>) -> Result<Vec<PathBuf>, Error> {
    let profiles = session.config.profiles.iter();
    let mut directories = Vec::new();
    for profile in profiles.filter(|profile| diff.profiles.contains(&profile.name.as_str())) {
        directories.extend(session.own_paths(profile)?);
    }
    directories.sort();
    directories.dedup();
    Ok(directories)
}

fn has(survey: &Survey, module: &ModuleName) -> bool {
    survey.modules.iter().any(|found| found.name == *module)
}

/// Warns of modules that are symlinks: git has the target of a symlink, not the files behind it.
fn tell_of_links(directory: &Path, survey: &Survey, printer: &Printer) {
    let modules = survey.modules.iter().map(|module| directory.join(module.name.as_str()));
    for link in modules.chain([directory.to_owned()]).filter(|path| path.is_symlink()) {
        printer.warning(&format!(
            "`{}` is a symlink, so what is behind it is not compared: add it to the list if it changed",
            link.display()
        ));
    }
}
