//! Compares the submodules that the lock requires with those of the surrounding repository.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::git::{GitModules, SubmoduleEntry, SubmoduleName, SubmodulePath, Superproject};
use crate::repo::{CommitId, RepoName, bare_url};
use crate::report::SubmoduleDifference as Difference;

/// A submodule that the lock requires.
#[derive(Clone, Debug)]
pub(crate) struct Submodule {
    pub(crate) repo: RepoName,
    /// If the submodule exists already, [`compare_submodules`] keeps its name.
    pub(crate) entry: SubmoduleEntry,
    pub(crate) commit: CommitId,
    /// Whether the commit is that of merges, which only a fork has.
    pub(crate) is_merged: bool,
    /// Whether `oca lock NAME@COMMIT` can pin the repository to the commit of its gitlink.
    pub(crate) is_movable: bool,
}

/// The submodules of the surrounding repository.
pub(crate) struct SuperprojectState<'a> {
    pub(crate) superproject: &'a Superproject,
    pub(crate) modules: GitModules,
    pub(crate) gitlinks: BTreeMap<String, CommitId>,
    /// The directory of the project, relative to the top of the repository.
    pub(crate) project: String,
    /// The directories of checkouts, relative to the top. Everything in them belongs to oca.
    pub(crate) directories: BTreeSet<String>,
    /// The `base-url` of `repos.toml`.
    pub(crate) base_url: String,
}

/// The differences, and what to do about them.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<Difference>,
    /// All that the lock requires and that can be submodules, with their final names.
    pub(crate) submodules: Vec<Submodule>,
    /// Names of entries to remove. Nothing else is removed with them.
    pub(crate) stale: Vec<SubmoduleName>,
    /// Paths of gitlinks to remove. Nothing else is removed with them.
    pub(crate) phantoms: Vec<String>,
    /// Submodules to remove with their work trees.
    pub(crate) removals: Vec<Removal>,
    /// Submodules to move to another path.
    pub(crate) moves: Vec<Relocation>,
    /// Submodules that cannot be made because of a tracked file: the repository, the path, the file.
    pub(crate) collisions: Vec<(RepoName, String, String)>,
    /// Entries without a gitlink that do not belong to oca.
    pub(crate) foreign: Vec<SubmodulePath>,
    /// Entries that oca must not touch: the project is inside their work tree, or they are inside another submodule.
    pub(crate) untouchable: Vec<SubmodulePath>,
}

/// A submodule that no profile declares.
#[derive(Clone, Debug)]
pub(crate) struct Removal {
    pub(crate) repo: RepoName,
    pub(crate) path: SubmodulePath,
    pub(crate) name: SubmoduleName,
}

/// A submodule at another path than the declared one.
#[derive(Clone, Debug)]
pub(crate) struct Relocation {
    pub(crate) repo: RepoName,
    pub(crate) name: SubmoduleName,
    pub(crate) from: SubmodulePath,
    pub(crate) to: SubmodulePath,
}

/// Compares the required submodules with the existing ones.
pub(crate) fn compare_submodules(
    wanted: &[Submodule],
    found: &SuperprojectState<'_>,
) -> Result<Comparison, crate::git::Error> {
    let wanted_at: BTreeMap<&str, &Submodule> =
        wanted.iter().map(|submodule| (&*submodule.entry.path, submodule)).collect();
    let entries = found.modules.entries();
    let names = entries.iter().map(|entry| entry.name.clone()).collect();
    let (entries, untouchable): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| is_touchable(&entry.path, &wanted_at, found));
    let untouchable = untouchable.into_iter().map(|entry| entry.path).collect();
    let mut comparer = Comparer {
        found,
        entries,
        names,
        wanted: wanted_at,
        bare_urls: HashMap::new(),
        kept: BTreeSet::new(),
        comparison: Comparison { untouchable, ..Comparison::default() },
    };
    comparer.note_urls();
    for submodule in wanted {
        match found.superproject.tracked_in_place_of(&submodule.entry.path)? {
            Some(file) => comparer.collides(submodule, file),
            None => comparer.compare(submodule),
        }
    }
    comparer.look_at_others();
    let is_staged = found.superproject.has_staged(&found.modules)?;
    let mut comparison = comparer.comparison;
    if !is_staged {
        comparison.differences.push(Difference::Unstaged);
    }
    Ok(comparison)
}

/// Whether the work tree of a submodule may be moved or removed: it does not contain the project, and it is not inside
/// another submodule.
fn is_touchable(
    path: &SubmodulePath,
    wanted: &BTreeMap<&str, &Submodule>,
    found: &SuperprojectState<'_>,
) -> bool {
    let is_around = |inner: &str| SubmodulePath::parse(inner).is_ok_and(|inner| inner.is_in(path));
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    let mut is_inside = above.map(|above| wanted.contains_key(above) || found.gitlinks.contains_key(above));
    !is_around(&found.project)
        && !found.directories.iter().any(|directory| is_around(directory))
        && !is_inside.any(|is_inside| is_inside)
}

struct Comparer<'a> {
    found: &'a SuperprojectState<'a>,
    entries: Vec<SubmoduleEntry>,
    /// The names of all entries.
    names: BTreeSet<SubmoduleName>,
    /// By path.
    wanted: BTreeMap<&'a str, &'a Submodule>,
    /// The form in which each url is compared.
    bare_urls: HashMap<String, String>,
    /// The names of the entries that stay.
    kept: BTreeSet<SubmoduleName>,
    comparison: Comparison,
}

impl Comparer<'_> {
    fn tell(&mut self, difference: Difference) {
        self.comparison.differences.push(difference);
    }

    /// A tracked file is in the way. A gitlink in its place would lose it.
    fn collides(&mut self, submodule: &Submodule, file: String) {
        let path = submodule.entry.path.to_string();
        self.tell(Difference::Tracked { path: path.clone(), file: file.clone() });
        self.comparison.collisions.push((submodule.repo.clone(), path, file));
    }

    fn compare(&mut self, submodule: &Submodule) {
        let path = &submodule.entry.path;
        let gitlink = self.found.gitlinks.get(&**path).copied();
        let here = self.entry_at(path).cloned();
        let entry = here.clone().or_else(|| self.elsewhere(submodule, gitlink.is_some()));
        let name = match &entry {
            Some(entry) => entry.name.clone(),
            None => self.free_name(path),
        };
        match (&here, &entry, gitlink) {
            (None, Some(old), _) => {
                let (from, to) = (old.path.clone(), path.clone());
                self.tell(Difference::Path {
                    repo: submodule.repo.clone(),
                    found: from.to_string(),
                    path: to.to_string(),
                });
                let repo = submodule.repo.clone();
                self.comparison.moves.push(Relocation { repo, name: name.clone(), from, to });
            }
            (None, None, None) => self.tell(Difference::Missing { path: path.to_string() }),
            (None, None, Some(commit)) => self.tell(Difference::Phantom { path: path.to_string(), commit }),
            (Some(_), _, None) => self.tell(Difference::NoGitlink { path: path.to_string() }),
            (Some(_), _, Some(_)) => {}
        }
        if let Some(found) = gitlink.filter(|found| *found != submodule.commit) {
            let pin = submodule.is_movable.then(|| submodule.repo.clone());
            self.tell(Difference::Commit { path: path.to_string(), locked: submodule.commit, found, pin });
        }
        let mut wanted = SubmoduleEntry { name: name.clone(), ..submodule.entry.clone() };
        if let Some(old) = &here {
            self.compare_entry(old, &wanted);
        }
        if let Some(old) = entry.filter(|old| self.is_same_url(&old.url, &wanted.url)) {
            // The user decides whether the url is relative, or ends with `.git`.
            wanted.url = old.url;
        }
        self.kept.insert(name);
        self.comparison.submodules.push(Submodule { entry: wanted, ..submodule.clone() });
    }

    fn compare_entry(&mut self, found: &SubmoduleEntry, wanted: &SubmoduleEntry) {
        let path = || wanted.path.to_string();
        if !self.is_same_url(&found.url, &wanted.url) {
            let (declared, found) = (wanted.url.clone(), found.url.clone());
            self.tell(Difference::Url { path: path(), declared, found });
        }
        if found.branch != wanted.branch {
            let (declared, found) = (wanted.branch.clone(), found.branch.clone());
            self.tell(Difference::Branch { path: path(), declared, found });
        }
    }

    /// The entry of a path. If there are several, the one whose git directory exists, or else the first.
    fn entry_at(&self, path: &str) -> Option<&SubmoduleEntry> {
        let at = || self.entries.iter().filter(|entry| *entry.path == *path);
        let name = self.found.superproject.name_at(path);
        at().find(|entry| Some(&entry.name) == name.as_ref()).or_else(|| at().next())
    }

    /// The entry of the same repository at a path that is not declared, such as an older path. If the declared path has
    /// a gitlink already, an entry with its own gitlink stays where it is.
    fn elsewhere(&self, submodule: &Submodule, has_gitlink: bool) -> Option<SubmoduleEntry> {
        let is_live = |entry: &&SubmoduleEntry| self.found.gitlinks.contains_key(&*entry.path);
        let same = || {
            self.entries.iter().filter(|entry| {
                !self.wanted.contains_key(&*entry.path)
                    && !self.kept.contains(&entry.name)
                    && self.is_same_repository(entry, submodule)
            })
        };
        let live = same().find(is_live).filter(|_| !has_gitlink);
        live.or_else(|| same().find(|entry| !is_live(entry))).cloned()
    }

    /// The name of a new entry: the name of its existing git directory, or else its path.
    fn free_name(&self, path: &SubmodulePath) -> SubmoduleName {
        let is_free = |name: &SubmoduleName| {
            !self.names.iter().chain(&self.kept).any(|other| name.collides_with(other))
        };
        let candidates = self.found.superproject.name_at(path).into_iter();
        let numbered = (2..).map(|number| format!("{path}-{number}"));
        // If a parent of the path is taken as a name, a number at the end does not help.
        let elsewhere = (1..).map(|number| format!("oca-{number}/{path}"));
        let words = std::iter::once(path.to_string())
            .chain(numbered.zip(elsewhere).flat_map(|(one, other)| [one, other]));
        let words = words.filter_map(|word| SubmoduleName::parse(&word).ok());
        candidates.chain(words).find(is_free).expect("there is always another number")
    }

    /// Handles everything that exists but is not declared.
    fn look_at_others(&mut self) {
        let found = self.found;
        for entry in self.entries.clone() {
            if self.kept.contains(&entry.name) {
                continue;
            }
            let path = entry.path.clone();
            let is_declared = self.wanted.contains_key(&*path);
            let same = self.wanted.values().find(|wanted| self.is_same_repository(&entry, wanted));
            let same = same.map(|submodule| submodule.repo.clone());
            if self.comparison.collisions.iter().any(|(_, collided, _)| **collided == *path) {
                continue;
            }
            if is_declared {
                self.tell(Difference::Duplicate { path: path.to_string(), name: entry.name.to_string() });
                self.comparison.stale.push(entry.name);
            } else if found.gitlinks.contains_key(&*path) {
                let own = self.own_name(&path);
                let difference = match (&own, same.clone()) {
                    (Some(_), _) => Difference::Undeclared { path: path.to_string() },
                    (None, Some(repo)) => Difference::Second { repo, path: path.to_string() },
                    (None, None) => continue,
                };
                self.tell(difference);
                if let Some(repo) = own.or(same) {
                    self.comparison.removals.push(Removal { repo, path, name: entry.name });
                }
            } else if same.is_some() || self.own_name(&path).is_some() || self.is_below_base(&entry.url) {
                self.tell(Difference::Stale { path: path.to_string(), name: entry.name.to_string() });
                self.comparison.stale.push(entry.name);
            } else {
                self.comparison.foreign.push(path);
            }
        }
        let untouchable = self.comparison.untouchable.iter();
        let known: BTreeSet<SubmodulePath> =
            self.entries.iter().map(|entry| &entry.path).chain(untouchable).cloned().collect();
        for (path, commit) in &found.gitlinks {
            if !known.contains(path.as_str()) && !self.wanted.contains_key(path.as_str()) {
                self.tell(Difference::Phantom { path: path.clone(), commit: *commit });
                self.comparison.phantoms.push(path.clone());
            }
        }
    }

    /// The repository to which a path in a directory of checkouts belongs.
    fn own_name(&self, path: &str) -> Option<RepoName> {
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
        RepoName::parse(name).ok().filter(|_| self.found.directories.contains(directory))
    }

    fn is_below_base(&self, url: &str) -> bool {
        let base = format!("{}/", self.found.base_url.trim_end_matches('/'));
        self.found.superproject.absolute_url(url).starts_with(&base)
    }

    /// Whether the url is the same, and the branch is not another one: a repository can be there twice, for two series.
    fn is_same_repository(&self, entry: &SubmoduleEntry, wanted: &Submodule) -> bool {
        let is_same_branch = entry.branch.is_none() || entry.branch == wanted.entry.branch;
        is_same_branch && self.is_same_url(&entry.url, &wanted.entry.url)
    }

    fn is_same_url(&self, one: &str, other: &str) -> bool {
        self.bare_urls.get(one) == self.bare_urls.get(other)
    }

    fn note_urls(&mut self) {
        let superproject = self.found.superproject;
        let bare = |url: &str| bare_url(&superproject.absolute_url(url)).to_owned();
        let wanted = self.wanted.values().map(|submodule| &submodule.entry);
        let urls = self.entries.iter().chain(wanted).map(|entry| &entry.url);
        self.bare_urls = urls.map(|url| (url.clone(), bare(url))).collect();
    }
}
