//! Converts a declaration into a new `repos.toml`: the series, the names, and one directory for all checkouts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::{Declaration, Error, Import, Note, Repo, Surroundings};
use crate::config::{
    Fresh, FreshRepo, Mode, PATH, is_checkouts_path, refuse_addons_directory, refuse_module,
};
use crate::fs::{Context, normal};
use crate::repo::{Edition, Reference, RemoteUrl, RepoName, Series};

pub(super) fn settle(
    declaration: Declaration,
    path: &Path,
    around: &Surroundings<'_>,
) -> Result<Import, Error> {
    let Declaration { base, mode, series, locals, repos, has_pins, mut notes } = declaration;
    let (odoos, repos): (Vec<Repo>, Vec<Repo>) = repos.into_iter().partition(|repo| is_odoo(&repo.url));
    let has_enterprise = odoos.iter().any(|repo| last_part(&repo.url) == "enterprise");
    let edition = if has_enterprise { Edition::Enterprise } else { Edition::Community };
    notes.extend(odoos.iter().map(left_out));
    if repos.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    let all = || repos.iter().chain(&odoos);
    let odoo = around.series.or(series).or_else(|| most_common(all()));
    let odoo = odoo.ok_or_else(|| Error::NoSeries { path: path.to_owned() })?;
    let places = Places::new(&base, around.project)?;
    let names = names(&repos, &mut notes)?;
    // In submodule mode, the directory of the checkouts must belong to oca alone, so Odoo itself must not be in it.
    let others: &[Repo] = if mode == Mode::Submodule { &odoos } else { &[] };
    let path = places.common(&repos, &names, others, &mut notes);
    let locals = locals.iter().filter_map(|local| places.below(local)).collect();
    let mut pins = BTreeMap::new();
    let mut fresh = Vec::new();
    for (repo, name) in repos.into_iter().zip(names) {
        // Refuse a module here if `repos.toml` could not be read with it, because its place is known here.
        let modules = repo.modules.iter().flatten().map(|module| refuse_module(module));
        let directories = repo.addons.iter().map(|directory| refuse_addons_directory(directory));
        modules.chain(directories).collect::<Result<(), String>>().map_err(|why| repo.place.refuse(why))?;
        let reference = repo.reference.unwrap_or_else(|| Reference::Branch(odoo.to_string()));
        match (&reference, repo.commit) {
            (Reference::Rev(declared), Some(commit)) if *declared != commit => {
                let text =
                    format!("the pin of `{name}` to `{commit}` is left out: the file declares `{declared}`");
                notes.push(repo.place.note(text));
            }
            (Reference::Rev(_), _) | (_, None) => {}
            (_, Some(commit)) => {
                pins.insert(name.clone(), commit);
            }
        }
        let url = without_secret(&repo.url).inspect(|_| {
            let text = format!(
                "the user and the password in the url of `{name}` are left out: set a token for the host"
            );
            notes.push(repo.place.note(text));
        });
        if !repo.merges.is_empty() {
            let text =
                format!("`merges` of `{name}` is imported, but this version of oca cannot apply it yet");
            notes.push(repo.place.note(text));
        }
        fresh.push(FreshRepo {
            name,
            url: url.unwrap_or(repo.url),
            reference,
            modules: repo.modules,
            addons: repo.addons,
            hold: repo.hold,
            merges: repo.merges,
            depth: repo.depth,
        });
    }
    notes.sort_by(|one, other| one.place.cmp(&other.place));
    let fresh = Fresh { odoo, edition, path, mode, locals, repos: fresh };
    Ok(Import { fresh, pins: has_pins.then_some(pins), notes })
}

/// Whether the url is Odoo itself, OCB, or Odoo Enterprise.
fn is_odoo(url: &RemoteUrl) -> bool {
    ["odoo", "ocb", "enterprise"].contains(&last_part(url).as_str())
}

/// The last part of a url, without `.git` and in lower case.
fn last_part(url: &RemoteUrl) -> String {
    let url = url.as_str();
    let last = url.rsplit(['/', ':']).next().unwrap_or_default();
    last.strip_suffix(".git").unwrap_or(last).to_lowercase()
}

fn left_out(repo: &Repo) -> Note {
    let at = match (&repo.commit, &repo.reference) {
        (Some(commit), _) => format!(" at commit `{commit}`"),
        (None, Some(reference)) => format!(" at {reference}"),
        (None, None) => String::new(),
    };
    let path = repo.path.display();
    repo.place.note(format!(
        "`{path}`{at} is Odoo itself and is left out: name its directories in `before` of `[addons-path]`"
    ))
}

/// The series that most branches have as their name. If two are equally common, the newer one.
fn most_common<'r>(repos: impl Iterator<Item = &'r Repo>) -> Option<Series> {
    let mut counts: BTreeMap<Series, usize> = BTreeMap::new();
    for repo in repos {
        if let Some(Reference::Branch(branch)) = &repo.reference
            && let Ok(series) = Series::parse(branch)
        {
            *counts.entry(series).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(series, count)| (*count, *series)).map(|(series, _)| series)
}

/// The name of each repository, taken from its directory or else from its url. All names differ, even if case is
/// ignored.
fn names(repos: &[Repo], notes: &mut Vec<Note>) -> Result<Vec<RepoName>, Error> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for repo in repos {
        let directory = repo.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let above = repo.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let candidates = [
            directory.to_owned(),
            last_part(&repo.url),
            format!("{}-{directory}", above.unwrap_or_default()),
            format!("{}-{}", owner(&repo.url), last_part(&repo.url)),
        ];
        let mut free = candidates.iter().filter_map(|word| RepoName::parse(word).ok());
        let name = free.find(|name| taken.insert(name.as_str().to_lowercase())).ok_or_else(|| {
            let why = format!("there is no free name for the repository in `{}`", repo.path.display());
            repo.place.refuse_with_hint(why, "rename its directory: each repository needs its own name")
        })?;
        if name.as_str() != directory {
            let text = format!("the repository in `{}` gets the name `{name}`", repo.path.display());
            notes.push(repo.place.note(text));
        }
        names.push(name);
    }
    Ok(names)
}

/// The next to last part of a url.
fn owner(url: &RemoteUrl) -> &str {
    url.as_str().rsplit(['/', ':']).nth(1).unwrap_or_default()
}

/// Converts paths of the format into paths of the new file.
struct Places {
    base: PathBuf,
    project: PathBuf,
}

impl Places {
    fn new(base: &Path, project: &Path) -> Result<Self, Error> {
        let absolute = |path: &Path| std::path::absolute(path).at("find", path);
        Ok(Self { base: normal(&absolute(base)?), project: normal(&absolute(project)?) })
    }

    /// A path of the format as a path below the project. `None` if it is outside.
    fn below(&self, path: &Path) -> Option<String> {
        let path = normal(&self.base.join(path));
        let below = path.strip_prefix(&self.project).ok()?;
        let parts = below.components().map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        });
        Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// The directory of most checkouts, if the file can name it. Adds a note for the checkouts in other directories.
    fn common(&self, repos: &[Repo], names: &[RepoName], others: &[Repo], notes: &mut Vec<Note>) -> String {
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
            let is_shared = others.iter().any(|other| other.path.parent() == Some(parent));
            !is_shared && self.is_free(parent, &directories.collect())
        };
        let chosen = groups.iter().find(fits).map(|(parent, _)| parent);
        let path = chosen.and_then(|parent| self.below(parent));
        let path = path.unwrap_or_else(|| PATH.to_owned());
        for (parent, members) in groups.iter().filter(|(parent, _)| Some(parent) != chosen) {
            let [first, rest @ ..] = members.as_slice() else { continue };
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            let (name, from) = (&names[*first], self.base.join(parent));
            let from = normal(&from);
            let from = from.strip_prefix(&self.project).unwrap_or(&from).display().to_string();
            let from = if from.is_empty() { ".".to_owned() } else { from };
            let text = format!("the checkout of `{name}`{more} will be in `{path}`, not in `{from}`");
            notes.push(repos[*first].place.note(text));
        }
        path
    }

    /// Whether a directory can contain the checkouts. It must be inside the project and contain nothing else, because
    /// git will ignore all of its content.
    fn is_free(&self, parent: &Path, directories: &BTreeSet<&str>) -> bool {
        let Some(below) = self.below(parent) else { return false };
        let is_plain = is_checkouts_path(&below);
        let Ok(entries) = std::fs::read_dir(self.base.join(parent)) else { return is_plain };
        let mut names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        is_plain && names.all(|name| name.starts_with('.') || directories.contains(name.as_str()))
    }
}

/// The url without a literal user and password, if it has them. A variable does not count.
fn without_secret(url: &RemoteUrl) -> Option<RemoteUrl> {
    let bare = url.without_secret();
    let authority = url.as_str().split_once("://")?.1.split('/').next()?;
    let (userinfo, _) = authority.rsplit_once('@')?;
    (bare != *url && !userinfo.contains("${")).then_some(bare)
}
