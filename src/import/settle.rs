//! Converts a declaration into a new `repos.toml`: the series, the names, and one directory for all checkouts.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::around::{Around, SERIES};
use super::comments::left_out as left_out_comment;
use super::core::{self, Choice, Entry, Ground};
use super::names::{names, refuse_nameless};
use super::odoo;
use super::own::{self, Own};
use super::places::{Common, Content, Places};
use super::{Declaration, DefaultBranch, Error, Import, Note, Repo, RepoMerge, has_variable, note};
use crate::config::{
    Fresh, FreshCore, FreshRepo, Merge, Mode, Remarks, core_addons, refuse_addons_directory, refuse_entry,
    refuse_module,
};
use crate::repo::{
    CommitId, CorePart, MergeRef, MergeSource, Reference, RemoteUrl, RepoName, Series, one_line,
};

pub(super) fn settle(
    mut declaration: Declaration,
    path: &Path,
    around: &Around<'_>,
) -> Result<Import, Error> {
    let mut usable = Vec::new();
    for repo in std::mem::take(&mut declaration.repos) {
        let checked = refuse_words(&repo).and_then(|()| refuse_nameless(&repo));
        let key = repo.path.to_string_lossy().into_owned();
        usable.extend(declaration.accept(&key, checked)?.map(|()| repo));
    }
    let (mode, keeps_directories) = (declaration.mode, declaration.keeps_directories);
    let Declaration { base, series, locals, has_pins, mut notes, refused, .. } = declaration;
    let places = Places::new(&base, around.project())?;
    let entries: Vec<Entry> = usable
        .into_iter()
        .map(|repo| {
            let found = odoo::recognise(&repo, &places.absolute(&repo.path));
            (repo, found)
        })
        .collect();
    if entries.is_empty() {
        let first = refused.into_iter().next().map(|(key, error)| naming(&key, error));
        return Err(first.unwrap_or_else(|| Error::Empty { path: path.to_owned(), has_odoo: false }));
    }
    notes.extend(refused.into_iter().filter_map(|(key, error)| left_out(&key, error)));
    let own = own_modules(&places, &locals, entries.iter().map(|(repo, _)| repo));
    let odoo = choose_series(path, around, series, &entries, &own)?;
    let mut choice = core::choose(entries, odoo);
    if choice.repos.is_empty() && choice.core.is_empty() {
        return Err(Error::Empty { path: path.to_owned(), has_odoo: true });
    }
    let (before, edition) = (choice.before(&places), choice.edition());
    let Choice { core, repos, odoos, notes: chosen } = choice;
    notes.extend(chosen);
    // A checkout that stays where it is has the name of its directory. Where they are depends on all of these names.
    let here = names(&repos, !core.is_empty(), |_| true, &mut Vec::new())?;
    let of_core: BTreeSet<PathBuf> = core.values().map(|repo| places.absolute(&repo.path)).collect();
    let odoos: BTreeSet<PathBuf> = odoos.iter().map(|(_, repo)| places.absolute(&repo.path)).collect();
    let content =
        Content { mode, repos: &repos, names: &here, core: &of_core, odoos: &odoos, own: &own.directories };
    let Common { path, chosen, moved } = places.common(&content);
    let stays = |repo: &Repo| keeps_directories || repo.path.parent() == chosen.as_deref();
    let names = names(&repos, !core.is_empty(), stays, &mut notes)?;
    notes.extend(places.moved(&moved, &path, &Content { names: &names, ..content }));
    let ground = Ground { places: &places, checkouts: &path, names: &names, own: &own.directories };
    let paths = ground.paths(&core, &mut notes);
    let locals = local_paths(&places, &locals, &own);
    let mut settled = Settled {
        odoo,
        mode,
        pins: BTreeMap::new(),
        merge_pins: BTreeMap::new(),
        heads: Vec::new(),
        revealing: BTreeSet::new(),
        notes,
    };
    let core = core.into_iter().zip(paths.into_values());
    let core = core.map(|((part, repo), path)| settled.core(part, repo, path)).collect();
    let repos = repos.into_iter().zip(names).map(|(repo, name)| settled.repo(repo, name)).collect();
    let Settled { pins, merge_pins, heads, revealing, mut notes, .. } = settled;
    notes.sort_by(|one, other| one.place.cmp(&other.place));
    let fresh = Fresh { odoo, edition, path, mode, before, locals, core, repos };
    Ok(Import { fresh, pins: has_pins.then_some(pins), merge_pins, heads, revealing, notes })
}

/// What belongs to the repositories of the new file.
struct Settled {
    odoo: Series,
    mode: Mode,
    pins: BTreeMap<RepoName, CommitId>,
    merge_pins: BTreeMap<(RepoName, MergeSource), CommitId>,
    heads: Vec<DefaultBranch>,
    revealing: BTreeSet<RepoName>,
    notes: Vec<Note>,
}

impl Settled {
    /// A part of Odoo itself. All its modules are taken, and `hold` has its own default.
    fn core(&mut self, part: CorePart, repo: Repo, path: String) -> FreshCore {
        let usual = core_addons(part, self.odoo);
        let mut addons = repo.addons.clone();
        addons.retain(|directory| directory != "." && usual.iter().all(|usual| **usual != **directory));
        if !addons.is_empty() {
            addons.splice(0..0, usual.iter().map(ToString::to_string));
        }
        let repo = self.repo(Repo { modules: None, addons, hold: false, ..repo }, part.name());
        FreshCore { part, path, repo }
    }

    /// A repository with its final name.
    fn repo(&mut self, repo: Repo, name: RepoName) -> FreshRepo {
        let mut reference =
            repo.reference.clone().unwrap_or_else(|| Reference::Branch(self.odoo.to_string()));
        match (&reference, repo.commit) {
            // The tools check out the pin.
            (Reference::Rev(declared), Some(commit)) if *declared != commit => {
                let item = format!(
                    "`{name}` is pinned to `{commit}`, but declared as `{declared}`: oca keeps the pin as `rev`"
                );
                self.notes.push(repo.place.note(note::PIN, name.as_str(), item));
                reference = Reference::Rev(commit);
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
        let (merges, of_merges) = self.merges(&repo, &name, &reference);
        let urls = merges.iter().filter_map(|merge| merge.pending.source.url.as_ref());
        if repo.is_expanded || urls.chain([&repo.url]).any(|url| has_variable(url.as_str())) {
            self.revealing.insert(name.clone());
        }
        if repo.follows_head {
            let item = format!(
                "`{name}` names no branch, which means the default branch of its remote: oca uses the branch `{}` of the series",
                self.odoo
            );
            let note = repo.place.note(note::NO_VERSION, name.as_str(), item);
            self.heads.push(DefaultBranch { name: name.clone(), note });
        }
        FreshRepo {
            name,
            url: url.unwrap_or(repo.url),
            reference,
            modules: repo.modules,
            addons: repo.addons,
            hold: repo.hold,
            merges,
            depth: repo.depth,
            remarks: Remarks { own: repo.remarks, of_merges },
        }
    }

    /// What is merged into a repository, each source once, and the remarks about it.
    fn merges(
        &mut self,
        repo: &Repo,
        name: &RepoName,
        reference: &Reference,
    ) -> (Vec<Merge>, BTreeMap<MergeSource, Vec<String>>) {
        let (mut merges, mut known, mut of_merges) = (Vec::new(), HashSet::new(), BTreeMap::new());
        // The commit of the repository contains them.
        if repo.merge_base.is_some() {
            repo.merges.iter().for_each(|merge| self.leave_out_comments(merge));
            return (merges, of_merges);
        }
        for found in &repo.merges {
            let RepoMerge { merge, place, commit, remarks } = found;
            let mut merge = merge.clone();
            let source = &mut merge.pending.source;
            if source.reference == MergeRef::Name(format!("${{{SERIES}}}")) {
                source.reference = MergeRef::Name(self.odoo.to_string());
            }
            if self.mode == Mode::Submodule {
                let item = format!("the merge of `{merge}` into `{name}`");
                self.notes.push(place.note(note::MERGE, name.as_str(), item));
                self.leave_out_comments(found);
                continue;
            }
            let bare = source.url.as_ref().and_then(without_secret);
            let has_secret = bare.is_some();
            source.url = bare.or_else(|| source.url.take());
            let is_base = source.url.is_none() && is_same(&source.reference, reference);
            if is_base || !known.insert(source.clone()) {
                self.leave_out_comments(found);
                continue;
            }
            if has_secret {
                let item = format!("the user and the password in the url of a merge of `{name}`");
                self.notes.push(place.note(note::SECRET, name.as_str(), item));
            }
            if let (Some(commit), false) = (commit, matches!(source.reference, MergeRef::Commit(_))) {
                self.merge_pins.insert((name.clone(), source.without_secret()), *commit);
            }
            of_merges.insert(source.clone(), remarks.clone());
            merges.push(merge);
        }
        (merges, of_merges)
    }

    /// The comments about a merge that is not in the new file.
    fn leave_out_comments(&mut self, merge: &RepoMerge) {
        self.notes.extend(merge.remarks.iter().map(|comment| left_out_comment(&merge.place, comment)));
    }
}

/// Whether a ref to merge is that of the repository itself.
fn is_same(merge: &MergeRef, own: &Reference) -> bool {
    let full = own.full_name();
    match merge {
        MergeRef::Commit(commit) => *own == Reference::Rev(*commit),
        MergeRef::Request(_) => false,
        MergeRef::Name(_) | MergeRef::Full(_) => full.is_some_and(|full| merge.full_names().contains(&full)),
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
    let what = if key.is_empty() { "a part".to_owned() } else { format!("`{key}`") };
    Some(place.note(note::REFUSED, key, format!("{what} is left out: {why}{hint}")))
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
    let mut known: HashSet<String> = HashSet::new();
    for directory in declared.chain(own.directories.iter().cloned()) {
        let Some(path) = places.below(&directory) else { continue };
        let path = if path.is_empty() { ".".to_owned() } else { path };
        if refuse_entry(&path).is_ok() && !path.contains('$') && known.insert(path.clone()) {
            paths.push(path);
        }
    }
    paths
}

/// The series: of `--odoo`, the format, Odoo itself, the branches, or the files and the modules of the project. If several
/// are equally common, oca does not choose between them.
fn choose_series(
    path: &Path,
    around: &Around<'_>,
    declared: Option<Series>,
    entries: &[Entry],
    own: &Own,
) -> Result<Series, Error> {
    let branches = most_common(entries.iter().filter_map(|(repo, _)| core::series_of(repo)));
    let named: Vec<Series> = around.named().into_iter().collect();
    // If all repositories name their branches, the branches are right. Else the project says what the others follow.
    let has_open = entries.iter().any(|entry| !core::is_part(entry) && entry.0.reference.is_none());
    let (first, second) = if has_open { (named, branches) } else { (branches, named) };
    if let Some(series) = around.asked().or(declared).or_else(|| core::series(entries)) {
        return Ok(series);
    }
    let found = [first, second, most_common(own.series.iter().copied())];
    match found.iter().find(|found| found.len() == 1).or_else(|| found.iter().find(|found| found.len() > 1)) {
        Some(found) if found.len() == 1 => Ok(found[0]),
        Some(several) => Err(Error::SeveralSeries { path: path.to_owned(), series: several.clone() }),
        None => Err(Error::NoSeries { path: path.to_owned() }),
    }
}

/// The most common series. They are several if they are equally common.
fn most_common(all: impl Iterator<Item = Series>) -> Vec<Series> {
    let mut counts: BTreeMap<Series, usize> = BTreeMap::new();
    for series in all {
        *counts.entry(series).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or_default();
    counts.into_iter().filter(|(_, count)| *count == most).map(|(series, _)| series).collect()
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
    use crate::import::{Surroundings, read};

    /// The repository's own remote needs no url, whatever its address looks like. What says nothing new is left out.
    #[test]
    fn merges_are_written_in_their_shortest_form() {
        let project = tempfile::tempdir().expect("a directory");
        let file = project.path().join("repos.yaml");
        let text = "web:\n  remotes:\n    oca: https://github.com/OCA/web.git\n    acme: https://me:secret@github.com/acme/web.git\n    \
                    same: https://github.com/OCA/web\n  merges: [oca 16.0, oca refs/pull/12/head, acme 16.0-fix, same pull/7/head, \
                    acme refs/merge-requests/3/head, same 16.0, acme 16.0-fix, oca refs/pull/12/merge]\n";
        crate::fs::write_if_changed(&file, text.as_bytes()).expect("a file");
        let around = Surroundings { project: project.path(), series: None, variable: &|_| None };
        let import = read(&file, &around).expect("an import");
        let text = import.fresh.render();
        let merges = text.split("merges = [\n").nth(1).expect("merges");
        assert_eq!(
            merges,
            "  \"#12\",\n  \"https://github.com/acme/web.git 16.0-fix\",\n  \"#7\",\n  \
             \"https://github.com/acme/web.git refs/merge-requests/3/head\",\n  \"refs/pull/12/merge\",\n]\n"
        );
        let notes: Vec<String> = import.notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes.iter().filter(|note| note.contains("the password")).count(), 2, "{notes:?}");
    }
}
