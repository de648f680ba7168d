//! Converts a declaration into a new `repos.toml`: the series, the names, and one directory for all checkouts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::around::Around;
use super::names::names;
use super::odoo::{self, OdooPart};
use super::own::{self, Own};
use super::places::{Content, Places};
use super::{Declaration, DefaultBranch, Error, Import, ImportedMerges, Note, Repo, note};
use crate::config::{Fresh, FreshRepo, refuse_addons_directory, refuse_entry, refuse_module};
use crate::repo::{CommitId, Reference, RemoteUrl, RepoName, Series, one_line};

pub(super) fn settle(
    mut declaration: Declaration,
    path: &Path,
    around: &Around<'_>,
) -> Result<Import, Error> {
    let (odoos, repos): (Vec<Repo>, Vec<Repo>) =
        std::mem::take(&mut declaration.repos).into_iter().partition(|repo| odoo::part(repo).is_some());
    let mut usable = Vec::new();
    for repo in repos {
        let checked = refuse_words(&repo);
        let key = repo.path.to_string_lossy().into_owned();
        usable.extend(declaration.accept(&key, checked)?.map(|()| repo));
    }
    let (repos, mode) = (usable, declaration.mode);
    let Declaration { base, series, locals, has_pins, mut notes, refused, .. } = declaration;
    if repos.is_empty() {
        let first = refused.into_iter().next().map(|(key, error)| naming(&key, error));
        return Err(
            first.unwrap_or_else(|| Error::Empty { path: path.to_owned(), has_odoo: !odoos.is_empty() })
        );
    }
    notes.extend(refused.into_iter().filter_map(|(key, error)| left_out(&key, error)));
    let places = Places::new(&base, around.project())?;
    let own = own_modules(&places, &locals, repos.iter().chain(&odoos));
    let odoo = choose_series(around, series, &repos, &odoos, &own);
    let odoo = odoo.ok_or_else(|| Error::NoSeries { path: path.to_owned() })?;
    let names = names(&repos, &mut notes)?;
    let content = Content { mode, repos: &repos, names: &names, odoos: &odoos, own: &own.directories };
    let path = places.common(&content, &mut notes);
    let edition = odoo::edition(&odoos);
    let before = before(&odoos, &places, &mut notes);
    let locals = local_paths(&places, &locals, &own);
    let mut settled = Settled {
        odoo,
        repos: Vec::new(),
        pins: BTreeMap::new(),
        merges: Vec::new(),
        heads: Vec::new(),
        notes,
    };
    for (repo, name) in repos.into_iter().zip(names) {
        settled.add(repo, name);
    }
    let Settled { repos, pins, merges, heads, mut notes, .. } = settled;
    notes.sort_by(|one, other| one.place.cmp(&other.place));
    let fresh = Fresh { odoo, edition, path, mode, before, locals, repos };
    Ok(Import { fresh, pins: has_pins.then_some(pins), merges, heads, notes })
}

/// The repositories of the new file, and what belongs to them.
struct Settled {
    odoo: Series,
    repos: Vec<FreshRepo>,
    pins: BTreeMap<RepoName, CommitId>,
    merges: Vec<ImportedMerges>,
    heads: Vec<DefaultBranch>,
    notes: Vec<Note>,
}

impl Settled {
    fn add(&mut self, repo: Repo, name: RepoName) {
        let reference = repo.reference.clone().unwrap_or_else(|| Reference::Branch(self.odoo.to_string()));
        match (&reference, repo.commit) {
            (Reference::Rev(declared), Some(commit)) if *declared != commit => {
                let item =
                    format!("the pin of `{name}` to `{commit}` is left out: the file declares `{declared}`");
                self.notes.push(repo.place.note(note::PIN, name.as_str(), item));
            }
            (Reference::Rev(_), _) | (_, None) => {}
            (_, Some(commit)) => {
                self.pins.insert(name.clone(), commit);
            }
        }
        let url = without_secret(&repo.url).inspect(|_| {
            let item = format!("the user and the password in the url of `{name}`");
            self.notes.push(repo.place.note(note::SECRET, name.as_str(), item));
        });
        self.merges(&repo, &name, &reference);
        if repo.follows_head {
            let item = format!(
                "`{name}` names no branch, which means the default branch of its remote: oca uses the branch `{}` of the series",
                self.odoo
            );
            let note = repo.place.note(note::NO_VERSION, name.as_str(), item);
            self.heads.push(DefaultBranch { name: name.clone(), note });
        }
        self.repos.push(FreshRepo {
            name,
            url: url.unwrap_or(repo.url),
            reference,
            modules: repo.modules,
            addons: repo.addons,
            hold: repo.hold,
            merges: Vec::new(),
            depth: repo.depth,
        });
    }

    fn merges(&mut self, repo: &Repo, name: &RepoName, reference: &Reference) {
        if repo.merges.is_empty() {
            return;
        }
        let is_in_commit = repo.merge_base.is_some();
        if !is_in_commit {
            let notes = repo.merges.iter().map(|(merge, place)| {
                place.note(note::MERGE, name.as_str(), format!("the merge of `{merge}` into `{name}`"))
            });
            self.notes.extend(notes);
        }
        let own = || (repo.url.clone(), Some(reference.clone()));
        self.merges.push(ImportedMerges {
            name: name.clone(),
            base: repo.merge_base.clone().unwrap_or_else(own),
            merges: repo.merges.iter().map(|(merge, _)| merge.clone()).collect(),
            is_in_commit,
        });
    }
}

/// Refuses a word with which `repos.toml` could not be read. Its place is known here.
fn refuse_words(repo: &Repo) -> Result<(), Error> {
    let modules = repo.modules.iter().flatten().map(|module| refuse_module(module));
    let directories = repo.addons.iter().map(|directory| refuse_addons_directory(directory));
    modules.chain(directories).collect::<Result<(), String>>().map_err(|why| repo.place.refuse(why))
}

/// The error of an entry, with its key.
fn naming(key: &str, error: Error) -> Error {
    match error {
        Error::Refused { place, why, hint }
            if !key.is_empty() && place.spot.key() != key && !why.contains(&format!("`{key}`")) =>
        {
            let why = one_line(&format!("`{key}` cannot be imported: {why}"));
            Error::Refused { place, why, hint }
        }
        other => other,
    }
}

/// The note about an entry that cannot be read.
fn left_out(key: &str, error: Error) -> Option<Note> {
    let Error::Refused { place, why, hint } = error else { return None };
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Some(place.note(note::REFUSED, key, format!("`{key}` is left out: {why}{hint}")))
}

/// The user's own modules, with the directories that the format declares.
fn own_modules<'r>(places: &Places, locals: &[PathBuf], repos: impl Iterator<Item = &'r Repo>) -> Own {
    let checkouts: BTreeSet<PathBuf> = repos.map(|repo| places.absolute(&repo.path)).collect();
    let mut own = own::find(places.project(), &checkouts);
    own.directories.extend(locals.iter().map(|local| places.absolute(local)));
    own
}

/// The paths of `[[local]]`: first those that the format declares.
fn local_paths(places: &Places, locals: &[PathBuf], own: &Own) -> Vec<String> {
    let declared = locals.iter().map(|local| places.absolute(local));
    let mut paths: Vec<String> = Vec::new();
    for directory in declared.chain(own.directories.iter().cloned()) {
        let Some(path) = places.below(&directory) else { continue };
        let path = if path.is_empty() { ".".to_owned() } else { path };
        if refuse_entry(&path).is_ok() && !path.contains('$') && !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// The directories of Odoo that are there, for `before` of `[addons-path]`. Adds the notes about Odoo itself.
fn before(odoos: &[Repo], places: &Places, notes: &mut Vec<Note>) -> Vec<String> {
    let (mut community, mut enterprise) = (Vec::new(), Vec::new());
    for repo in odoos {
        let part = odoo::part(repo);
        let directory = places.absolute(&repo.path);
        let modules = if part == Some(OdooPart::Enterprise) { directory } else { directory.join("addons") };
        let path = places.below(&modules).filter(|path| refuse_entry(path).is_ok() && !path.contains('$'));
        let found = path.filter(|_| own::has_modules(&modules));
        notes.extend(odoo::notes(repo, found.is_some()));
        if part == Some(OdooPart::Enterprise) { enterprise.extend(found) } else { community.extend(found) }
    }
    // Enterprise replaces some modules of Odoo, so it comes first.
    enterprise.into_iter().chain(community).collect()
}

/// The series: of `--odoo`, the format, the branches, or the files and the modules of the project.
fn choose_series(
    around: &Around<'_>,
    declared: Option<Series>,
    repos: &[Repo],
    odoos: &[Repo],
    own: &Own,
) -> Option<Series> {
    let reference = |repo: &'_ Repo| match &repo.merge_base {
        Some((_, base)) => base.clone(),
        None => repo.reference.clone(),
    };
    let branches = repos.iter().chain(odoos).filter_map(|repo| match reference(repo) {
        Some(Reference::Branch(branch)) => Series::parse(&branch).ok(),
        _ => None,
    });
    let branches = most_common(branches);
    // If all repositories name their branches, the branches are right. Else the project says what the others follow.
    let has_open = repos.iter().any(|repo| repo.reference.is_none());
    let (first, second) = if has_open { (around.named(), branches) } else { (branches, around.named()) };
    around.asked().or(declared).or(first).or(second).or_else(|| most_common(own.series.iter().copied()))
}

/// The most common series. If two are equally common, the newer one.
fn most_common(all: impl Iterator<Item = Series>) -> Option<Series> {
    let mut counts: BTreeMap<Series, usize> = BTreeMap::new();
    for series in all {
        *counts.entry(series).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(series, count)| (*count, *series)).map(|(series, _)| series)
}

/// The url without a literal user and password, if it has them. A variable does not count.
fn without_secret(url: &RemoteUrl) -> Option<RemoteUrl> {
    let bare = url.without_secret();
    let authority = url.as_str().split_once("://")?.1.split('/').next()?;
    let (userinfo, _) = authority.rsplit_once('@')?;
    (bare != *url && !userinfo.contains("${")).then_some(bare)
}

#[cfg(test)]
mod tests {
    use crate::import::{ImportedMerges, Surroundings, read};
    use crate::repo::Reference;

    /// A later version can write them: the repository, and the remote and reference of each merge, in order.
    #[test]
    fn merges_stay_typed_values() {
        let project = tempfile::tempdir().expect("a directory");
        let file = project.path().join("repos.yaml");
        let text = "web:\n  remotes:\n    oca: https://github.com/OCA/web.git\n    acme: https://github.com/acme/web.git\n  \
                    merges: [oca 16.0, oca refs/pull/12/head, acme 16.0-fix]\n";
        crate::fs::write_if_changed(&file, text.as_bytes()).expect("a file");
        let around = Surroundings { project: project.path(), series: None, variable: &|_| None };
        let import = read(&file, &around).expect("an import");
        let [ImportedMerges { name, base: (url, reference), merges, is_in_commit }] = &import.merges[..]
        else {
            panic!("one repository")
        };
        assert_eq!((name.as_str(), url.as_str()), ("web", "https://github.com/OCA/web.git"));
        assert_eq!(*reference, Some(Reference::Branch("16.0".to_owned())));
        let merges: Vec<String> = merges.iter().map(ToString::to_string).collect();
        assert_eq!(merges, ["refs/pull/12/head", "https://github.com/acme/web.git 16.0-fix"]);
        assert!(!is_in_commit);
        assert!(import.fresh.repos[0].merges.is_empty());
    }
}
