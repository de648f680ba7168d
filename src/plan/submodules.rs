//! The submodules that the lock asks for, against what the surrounding repository has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::git::{GitModules, SubmoduleEntry, SubmoduleName, SubmodulePath, Superproject};
use crate::repo::{CommitId, RepoName};
use crate::report::SubmoduleDifference as Difference;

/// A submodule that the lock asks for.
#[derive(Clone, Debug)]
pub(crate) struct Submodule {
    pub(crate) repo: RepoName,
    /// Its name is settled by what is there already.
    pub(crate) entry: SubmoduleEntry,
    pub(crate) commit: CommitId,
}

/// What a surrounding repository has.
pub(crate) struct Found<'a> {
    pub(crate) superproject: &'a Superproject,
    pub(crate) modules: GitModules,
    pub(crate) gitlinks: BTreeMap<String, CommitId>,
    /// The project, relative to its top.
    pub(crate) project: String,
    /// The directories of checkouts, relative to its top: they are oca's alone.
    pub(crate) directories: BTreeSet<String>,
    /// What repositories that say nothing else are below.
    pub(crate) base_url: String,
}

/// How the two differ, and what makes them the same.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) differences: Vec<Difference>,
    /// All that the lock asks for and that can be submodules, by their names.
    pub(crate) submodules: Vec<Submodule>,
    /// Names of entries that are to go, and nothing else with them.
    pub(crate) stale: Vec<SubmoduleName>,
    /// Paths of gitlinks that are to go, and nothing else with them.
    pub(crate) phantoms: Vec<String>,
    /// Submodules that are to go with their work trees.
    pub(crate) removals: Vec<Removal>,
    /// Submodules that are to be elsewhere.
    pub(crate) moves: Vec<Relocation>,
    /// What is in the way of a submodule: its path, and a tracked file.
    pub(crate) collisions: Vec<(RepoName, String, String)>,
    /// Entries without a gitlink that are none of oca's business.
    pub(crate) foreign: Vec<SubmodulePath>,
    /// Entries whose work trees cannot be what they say: the project is in them, or they are in another submodule.
    pub(crate) untouchable: Vec<SubmodulePath>,
}

/// A submodule that nobody declares.
#[derive(Clone, Debug)]
pub(crate) struct Removal {
    pub(crate) repo: RepoName,
    pub(crate) path: SubmodulePath,
    pub(crate) name: SubmoduleName,
}

/// A submodule that stands elsewhere than where it is declared.
#[derive(Clone, Debug)]
pub(crate) struct Relocation {
    pub(crate) name: SubmoduleName,
    pub(crate) from: SubmodulePath,
    pub(crate) to: SubmodulePath,
}

/// Compares what the lock asks for with what is there.
pub(crate) fn compare_submodules(
    wanted: &[Submodule],
    found: &Found<'_>,
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

/// Whether the work tree of a submodule may be moved or removed: the project is not in it, and it is in no other one.
fn is_touchable(path: &SubmodulePath, wanted: &BTreeMap<&str, &Submodule>, found: &Found<'_>) -> bool {
    let is_around = |inner: &str| SubmodulePath::parse(inner).is_ok_and(|inner| inner.is_in(path));
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    let mut is_inside = above.map(|above| wanted.contains_key(above) || found.gitlinks.contains_key(above));
    !is_around(&found.project)
        && !found.directories.iter().any(|directory| is_around(directory))
        && !is_inside.any(|is_inside| is_inside)
}

struct Comparer<'a> {
    found: &'a Found<'a>,
    entries: Vec<SubmoduleEntry>,
    /// The names of all entries.
    names: BTreeSet<SubmoduleName>,
    /// By path.
    wanted: BTreeMap<&'a str, &'a Submodule>,
    /// What is compared of each url.
    bare_urls: HashMap<String, String>,
    /// The names of the entries that stay.
    kept: BTreeSet<SubmoduleName>,
    comparison: Comparison,
}

impl Comparer<'_> {
    fn tell(&mut self, difference: Difference) {
        self.comparison.differences.push(difference);
    }

    /// A tracked file cannot be replaced by a gitlink without losing it.
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
                self.comparison.moves.push(Relocation { name: name.clone(), from, to });
            }
            (None, None, None) => self.tell(Difference::Missing { path: path.to_string() }),
            (None, None, Some(commit)) => self.tell(Difference::Phantom { path: path.to_string(), commit }),
            (Some(_), _, None) => self.tell(Difference::NoGitlink { path: path.to_string() }),
            (Some(_), _, Some(_)) => {}
        }
        if let Some(found) = gitlink.filter(|found| *found != submodule.commit) {
            self.tell(Difference::Commit { path: path.to_string(), locked: submodule.commit, found });
        }
        let mut wanted = SubmoduleEntry { name: name.clone(), ..submodule.entry.clone() };
        if let Some(old) = &here {
            self.compare_entry(old, &wanted);
        }
        if let Some(old) = entry.filter(|old| self.is_same_url(&old.url, &wanted.url)) {
            // Whether relative, or with `.git` at its end, is the user's affair.
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

    /// The entry of a path. Of several, the one whose git directory is there, or else the first.
    fn entry_at(&self, path: &str) -> Option<&SubmoduleEntry> {
        let at = || self.entries.iter().filter(|entry| *entry.path == *path);
        let name = self.found.superproject.name_at(path);
        at().find(|entry| Some(&entry.name) == name.as_ref()).or_else(|| at().next())
    }

    /// The entry of the same repository at a path that nothing is declared for: by another convention, or an older
    /// one. One that is a submodule itself is not taken from there for a gitlink that is here already.
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

    /// What a new entry is called: as its git directory that is there already, or else as its path.
    fn free_name(&self, path: &SubmodulePath) -> SubmoduleName {
        let is_free = |name: &SubmoduleName| {
            !self.names.iter().chain(&self.kept).any(|other| name.collides_with(other))
        };
        let candidates = self.found.superproject.name_at(path).into_iter();
        let numbered = (2..).map(|number| format!("{path}-{number}"));
        // Below a name that is taken already no number helps.
        let elsewhere = (1..).map(|number| format!("oca-{number}/{path}"));
        let words = std::iter::once(path.to_string())
            .chain(numbered.zip(elsewhere).flat_map(|(one, other)| [one, other]));
        let words = words.filter_map(|word| SubmoduleName::parse(&word).ok());
        candidates.chain(words).find(is_free).expect("there is always another number")
    }

    /// All that is there and not declared.
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

    /// The repository that a path in a directory of checkouts is of.
    fn own_name(&self, path: &str) -> Option<RepoName> {
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
        RepoName::parse(name).ok().filter(|_| self.found.directories.contains(directory))
    }

    fn is_below_base(&self, url: &str) -> bool {
        let base = format!("{}/", self.found.base_url.trim_end_matches('/'));
        self.found.superproject.absolute_url(url).starts_with(&base)
    }

    /// The same url, and no other branch: a repository may well be there a second time, for another series.
    fn is_same_repository(&self, entry: &SubmoduleEntry, wanted: &Submodule) -> bool {
        let is_same_branch = entry.branch.is_none() || entry.branch == wanted.entry.branch;
        is_same_branch && self.is_same_url(&entry.url, &wanted.entry.url)
    }

    fn is_same_url(&self, one: &str, other: &str) -> bool {
        self.bare_urls.get(one) == self.bare_urls.get(other)
    }

    fn note_urls(&mut self) {
        let superproject = self.found.superproject;
        let bare = |url: &str| {
            let url = superproject.absolute_url(url);
            url.trim_end_matches('/').trim_end_matches(".git").to_owned()
        };
        let wanted = self.wanted.values().map(|submodule| &submodule.entry);
        let urls = self.entries.iter().chain(wanted).map(|entry| &entry.url);
        self.bare_urls = urls.map(|url| (url.clone(), bare(url))).collect();
    }
}
