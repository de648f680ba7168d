//! Converts paths of a format into paths of the new `repos.toml`, and chooses the directory of the checkouts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{Error, Note, Repo, note};
use crate::config::{Mode, PATH, is_checkouts_path};
use crate::fs::{Context, normal};
use crate::repo::{RepoName, first_names};

pub(super) struct Places {
    base: PathBuf,
    project: PathBuf,
}

/// The repositories of an import, as far as they matter for their directories.
pub(super) struct Content<'a> {
    pub(super) mode: Mode,
    pub(super) repos: &'a [Repo],
    pub(super) names: &'a [RepoName],
    /// The directories of Odoo itself, as absolute paths: those of `[core]`, and those that are left out.
    pub(super) core: &'a BTreeSet<PathBuf>,
    pub(super) odoos: &'a BTreeSet<PathBuf>,
    /// The directories of the user's own modules, as absolute paths.
    pub(super) own: &'a BTreeSet<PathBuf>,
}

/// The directory of the checkouts.
pub(super) struct Common {
    /// As `repos.toml` names it.
    pub(super) path: String,
    /// The same as the format has it. `None` if no checkout stays where it is.
    pub(super) chosen: Option<PathBuf>,
    /// The other directories, with the checkouts in them by their places in the list.
    pub(super) moved: Vec<(PathBuf, Vec<usize>)>,
}

impl Places {
    pub(super) fn new(base: &Path, project: &Path) -> Result<Self, Error> {
        let absolute = |path: &Path| std::path::absolute(path).at("find", path);
        Ok(Self { base: normal(&absolute(base)?), project: normal(&absolute(project)?) })
    }

    pub(super) fn project(&self) -> &Path {
        &self.project
    }

    /// A path of the format as an absolute path.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.base.join(path))
    }

    /// An absolute path as a path below the project. `None` if it is outside.
    pub(super) fn below(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.project).ok()?;
        let parts = below.components().map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// An absolute path as messages show it.
    pub(super) fn shown(&self, directory: &Path) -> String {
        match directory.strip_prefix(&self.project) {
            Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
            Ok(below) => below.display().to_string(),
            Err(_) => directory.display().to_string(),
        }
    }

    /// The directory of most checkouts, if the file can name it.
    pub(super) fn common(&self, content: &Content<'_>) -> Common {
        let Content { repos, .. } = content;
        let mut groups: Vec<(PathBuf, Vec<usize>)> = Vec::new();
        let mut group_of: BTreeMap<&Path, usize> = BTreeMap::new();
        for (at, repo) in repos.iter().enumerate() {
            let parent = repo.path.parent().unwrap_or(Path::new(""));
            let group = *group_of.entry(parent).or_insert(groups.len());
            if group == groups.len() {
                groups.push((parent.to_owned(), Vec::new()));
            }
            groups[group].1.push(at);
        }
        groups.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
        let fits = |(parent, members): &&(PathBuf, Vec<usize>)| {
            let directories = members.iter().filter_map(|at| repos[*at].path.file_name()?.to_str());
            self.is_free(&self.absolute(parent), &directories.collect(), content)
        };
        // A few checkouts elsewhere do not decide for the others.
        let largest = groups.first().map_or(0, |(_, members)| members.len());
        let mut large = groups.iter().take_while(|(_, members)| 2 * members.len() >= largest);
        let chosen = large.find(fits).map(|(parent, _)| parent);
        let path = chosen.and_then(|parent| self.below(&self.absolute(parent)));
        let path = path.unwrap_or_else(|| self.new_directory(content));
        let chosen = chosen.cloned();
        groups.retain(|(parent, _)| Some(parent) != chosen.as_ref());
        Common { path, chosen, moved: groups }
    }

    /// The note about the checkouts that do not stay where they are.
    pub(super) fn moved(
        &self,
        groups: &[(PathBuf, Vec<usize>)],
        path: &str,
        content: &Content<'_>,
    ) -> Option<Note> {
        let Content { repos, names, own, .. } = content;
        let (first, _) = groups.first()?.1.split_first()?;
        let more = match groups.iter().map(|(_, members)| members.len()).sum::<usize>() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let directories: Vec<PathBuf> = groups.iter().map(|(parent, _)| self.absolute(parent)).collect();
        let is_own = |directory: &&PathBuf| own.contains(*directory);
        let why = match directories.iter().filter(is_own).count() {
            0 => "",
            1 if directories.len() == 1 => ": your own modules are there",
            _ => ": your own modules are in some of them",
        };
        let from: Vec<String> = directories.iter().map(|directory| self.shown(directory)).collect();
        let (name, from) = (&names[*first], first_names(&from));
        let item = format!("the checkout of `{name}`{more} will be in `{path}`, not in {from}{why}");
        Some(repos[*first].place.note(note::ALONE, name.as_str(), item))
    }

    /// A directory with nothing else in it, for checkouts that cannot stay where they are.
    fn new_directory(&self, content: &Content<'_>) -> String {
        let names = std::iter::once(PATH.to_owned())
            .chain(std::iter::once(format!("{PATH}-repos")))
            .chain((2..).map(|number| format!("{PATH}-repos-{number}")));
        let directories: BTreeSet<&str> = content.names.iter().map(RepoName::as_str).collect();
        let mut free =
            names.take(100).filter(|name| self.is_free(&self.project.join(name), &directories, content));
        free.next().unwrap_or_else(|| PATH.to_owned())
    }

    /// Whether a directory can contain the checkouts. It must be inside the project and contain nothing else, because
    /// git will ignore all of its content.
    fn is_free(&self, directory: &Path, directories: &BTreeSet<&str>, content: &Content<'_>) -> bool {
        let Content { mode, core, odoos, own, .. } = content;
        let Some(below) = self.below(directory) else { return false };
        let is_here = |odoo: &&PathBuf| odoo.parent() == Some(directory);
        let odoo = core.iter().chain(*odoos).filter(is_here).filter_map(|odoo| odoo.file_name()?.to_str());
        let odoo: Vec<&str> = odoo.collect();
        // In submodule mode, the directory of the checkouts must belong to oca alone.
        if !is_checkouts_path(&below)
            || (*mode == Mode::Submodule && odoos.iter().any(|odoo| is_here(&odoo)))
            || core.iter().chain(*odoos).any(|odoo| directory.starts_with(odoo))
            || own.iter().any(|own| own.starts_with(directory))
            || has_twin(directory)
        {
            return false;
        }
        let Ok(entries) = std::fs::read_dir(directory) else { return true };
        let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.all(|name| {
            name.starts_with('.')
                || directories.contains(name.as_str())
                || odoo.contains(&name.as_str())
                // git does not look into other repositories.
                || directory.join(&name).join(".git").exists()
        })
    }
}

/// Whether another entry differs only by case. On some file systems, that is the same directory.
fn has_twin(directory: &Path) -> bool {
    let (Some(parent), Some(name)) = (directory.parent(), directory.file_name()) else { return false };
    let Some(name) = name.to_str() else { return false };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|other| other != name && other.to_lowercase() == name.to_lowercase())
}
