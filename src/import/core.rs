//! Chooses the repositories for `[core]`: one for each part of Odoo itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::odoo::{Recognised, Sign};
use super::places::Places;
use super::{Note, Repo, RepoMerge, note, own};
use crate::config::{is_checkouts_path, is_inside, refuse_entry};
use crate::repo::{CorePart, Edition, Reference, RepoName, Series};

/// A repository of the file, and what it is of Odoo itself.
pub(super) type Entry = (Repo, Option<Recognised>);

/// The repositories of an import: those for `[core]`, those of modules, and those that are left out.
pub(super) struct Choice {
    pub(super) core: BTreeMap<CorePart, Repo>,
    /// The repositories of modules.
    pub(super) repos: Vec<Repo>,
    /// The parts of Odoo itself that are left out.
    pub(super) odoos: Vec<(CorePart, Repo)>,
    pub(super) notes: Vec<Note>,
}

/// Whether the repository is a part of Odoo itself, by more than a name.
pub(super) fn is_part(entry: &Entry) -> bool {
    entry.1.is_some_and(|found| found.sign > Sign::Name)
}

/// The series of Odoo's own branch. `None` if there is no such branch, or if there are several.
pub(super) fn series(entries: &[Entry]) -> Option<Series> {
    let odoos = entries.iter().filter(|entry| is_part(entry) && part_of(entry) == Some(CorePart::Odoo));
    let series: BTreeSet<Option<Series>> = odoos.map(|(repo, _)| series_of(repo)).collect();
    match series.len() {
        1 => series.into_iter().next().flatten(),
        _ => None,
    }
}

fn part_of(entry: &Entry) -> Option<CorePart> {
    entry.1.map(|found| found.part)
}

/// The series of the branch from which the repository starts.
pub(super) fn series_of(repo: &Repo) -> Option<Series> {
    let reference = match &repo.merge_base {
        Some((_, base)) => base.as_ref(),
        None => repo.reference.as_ref(),
    };
    reference.and_then(Reference::as_branch).and_then(|branch| Series::parse(branch).ok())
}

/// Chooses among repositories that are the same part: the surest, then one of the series, then the first of the file.
pub(super) fn choose(entries: Vec<Entry>, series: Series) -> Choice {
    let best = |part| {
        let odoos =
            entries.iter().enumerate().filter(|(_, entry)| is_part(entry) && part_of(entry) == Some(part));
        odoos.max_by_key(|(at, (repo, found))| {
            let is_of_series = repo.reference.is_none() || series_of(repo) == Some(series);
            (found.map(|found| found.sign), is_of_series, std::cmp::Reverse(*at))
        })
    };
    // Enterprise and the themes are nothing without Odoo.
    let chosen: BTreeMap<CorePart, usize> = match best(CorePart::Odoo) {
        Some(_) => CorePart::ALL.into_iter().filter_map(|part| Some((part, best(part)?.0))).collect(),
        None => BTreeMap::new(),
    };
    let shown = |part| chosen.get(&part).map(|at| entries[*at].0.path.display().to_string());
    let names: BTreeMap<CorePart, String> =
        CorePart::ALL.into_iter().filter_map(|part| Some((part, shown(part)?))).collect();
    let mut choice =
        Choice { core: BTreeMap::new(), repos: Vec::new(), odoos: Vec::new(), notes: Vec::new() };
    for (at, (repo, found)) in entries.into_iter().enumerate() {
        choice.put(repo, found, chosen.values().any(|chosen| *chosen == at), &names);
    }
    choice
}

impl Choice {
    fn put(
        &mut self,
        repo: Repo,
        found: Option<Recognised>,
        is_chosen: bool,
        chosen: &BTreeMap<CorePart, String>,
    ) {
        let Some(Recognised { part, sign, is_named }) = found else { return self.repos.push(repo) };
        let path = repo.path.display().to_string();
        if is_chosen {
            if sign == Sign::Place && !is_named {
                let item = format!("`{path}` is taken for {}", what(part));
                self.notes.push(repo.place.note(note::GUESSED, &path, item));
            }
            if repo.modules.as_ref().is_some_and(|modules| !modules.is_empty()) {
                let item = format!("the choice of modules in `{path}`");
                self.notes.push(repo.place.note(note::CHOICE, &path, item));
            }
            self.core.insert(part, repo);
        } else if sign > Sign::Name && part == CorePart::Themes && chosen.is_empty() {
            // Without Odoo itself, its themes are modules as all others.
            self.repos.push(repo);
        } else if sign == Sign::Name {
            let item = format!("`{path}` has a name of {}, but is taken", what(part));
            self.notes.push(repo.place.note(note::LOOKALIKE, &path, item));
            self.repos.push(repo);
        } else {
            if let Some(other) = chosen.get(&part) {
                let item = format!(
                    "`{path}`{} is {} like `{other}`, which `[core]` has, and is left out: to use it instead, change \
                     `[core]`; if it has modules of others, run `oca add {}`",
                    at(&repo),
                    what(part),
                    repo.url
                );
                self.notes.push(repo.place.note(note::ODOO_TWICE, &path, item));
                self.notes.extend(merges(&repo));
            }
            self.odoos.push((part, repo));
        }
    }

    /// The edition, if Enterprise is used without being in `[core]`.
    pub(super) fn edition(&self) -> Edition {
        let is_enterprise = self.odoos.iter().any(|(part, _)| *part == CorePart::Enterprise);
        let is_left_out = is_enterprise && self.core.is_empty();
        if is_left_out { Edition::Enterprise } else { Edition::Community }
    }

    /// The directories of Enterprise without Odoo itself, for `before` of `[addons-path]`. Adds the notes about it.
    pub(super) fn before(&mut self, places: &Places) -> Vec<String> {
        if !self.core.is_empty() {
            return Vec::new();
        }
        let mut before = Vec::new();
        for (_, repo) in &self.odoos {
            let directory = places.absolute(&repo.path);
            let below =
                places.below(&directory).filter(|path| refuse_entry(path).is_ok() && !path.contains('$'));
            let below = below.filter(|_| own::has_modules(&directory));
            let (path, at) = (repo.path.display().to_string(), at(repo));
            self.notes.push(match below {
                Some(_) => {
                    let item = format!(
                        "`{path}`{at} is Odoo Enterprise without Odoo itself: oca does not check it out, and \
                         `[addons-path]` names its directory; to pin it, declare both in `[core]`"
                    );
                    repo.place.note(note::ALONE, &path, item)
                }
                None => repo.place.note(note::ENTERPRISE, &path, format!("`{path}`{at}")),
            });
            self.notes.extend(merges(repo));
            before.extend(below);
        }
        before
    }
}

fn what(part: CorePart) -> &'static str {
    match part {
        CorePart::Odoo => "Odoo itself",
        CorePart::Enterprise => "Odoo Enterprise",
        CorePart::Themes => "the themes of Odoo",
    }
}

fn at(repo: &Repo) -> String {
    match (&repo.commit, &repo.reference) {
        (Some(commit), _) => format!(" at commit `{commit}`"),
        (None, Some(reference)) => format!(" at {reference}"),
        (None, None) => String::new(),
    }
}

/// The notes about what is merged into a repository that is left out.
fn merges(repo: &Repo) -> Vec<Note> {
    let path = repo.path.display().to_string();
    let merges = repo.merges.iter();
    let note = |RepoMerge { merge, place, .. }: &RepoMerge| {
        place.note(note::ODOO_MERGE, &path, format!("the merge of `{merge}` into `{path}`"))
    };
    merges.map(note).collect()
}

/// The directories around which the checkouts of `[core]` are placed.
pub(super) struct Ground<'a> {
    pub(super) places: &'a Places,
    /// The directory of the checkouts of modules, below the project, and the names in it.
    pub(super) checkouts: &'a str,
    pub(super) names: &'a [RepoName],
    /// The directories of the user's own modules, as absolute paths.
    pub(super) own: &'a BTreeSet<PathBuf>,
}

impl Ground<'_> {
    /// The checkouts of `[core]`, below the project. They stay where they are, if `repos.toml` can say so.
    pub(super) fn paths(
        &self,
        core: &BTreeMap<CorePart, Repo>,
        notes: &mut Vec<Note>,
    ) -> BTreeMap<CorePart, String> {
        let mut paths: BTreeMap<CorePart, String> = BTreeMap::new();
        // Odoo first: where it is matters most.
        for (part, repo) in core.iter().rev() {
            let place = self.places.absolute(&repo.path);
            let stays = self.places.below(&place).filter(|path| self.fits(path, &paths));
            let path = stays.unwrap_or_else(|| {
                let path = self.new_directory(*part, &paths);
                let (name, from) = (part.name(), self.places.shown(&place));
                let item = format!("the checkout of `{name}` will be in `{path}`, not in `{from}`");
                notes.push(repo.place.note(note::ALONE, name.as_str(), item));
                path
            });
            paths.insert(*part, path);
        }
        paths
    }

    /// Whether a checkout can be there: nothing else is in it, and it is in no other checkout.
    fn fits(&self, path: &str, others: &BTreeMap<CorePart, String>) -> bool {
        let directory = self.places.project().join(path);
        let checkouts = self.names.iter().map(|name| format!("{}/{name}", self.checkouts));
        let mut others = checkouts.chain(others.values().cloned());
        is_checkouts_path(path)
            && !is_inside(self.checkouts, path)
            && !others.any(|other| is_inside(path, &other) || is_inside(&other, path))
            && !self.own.iter().any(|own| own.starts_with(&directory))
    }

    fn new_directory(&self, part: CorePart, others: &BTreeMap<CorePart, String>) -> String {
        let name = part.directory();
        let numbered = (2..100).map(|number| format!("{name}-{number}"));
        let is_free = |path: &String| {
            let directory = self.places.project().join(path);
            let is_empty = std::fs::read_dir(&directory).map_or(true, |mut entries| entries.next().is_none());
            self.fits(path, others) && (is_empty || directory.join(".git").exists())
        };
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| name.to_owned())
    }
}
