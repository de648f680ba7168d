//! The submodules that the lock asks for, against what the surrounding repository has.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{GitModules, SubmoduleEntry, Superproject};
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
    pub(crate) stale: Vec<String>,
    /// Paths of gitlinks that are to go, and nothing else with them.
    pub(crate) phantoms: Vec<String>,
    /// Submodules that are to go with their work trees.
    pub(crate) removals: Vec<Removal>,
    /// Submodules that are to be elsewhere.
    pub(crate) moves: Vec<Relocation>,
    /// What is in the way of a submodule: its path, and a tracked file.
    pub(crate) collisions: Vec<(RepoName, String, String)>,
    /// Entries without a gitlink that are none of oca's business.
    pub(crate) foreign: Vec<String>,
}

/// A submodule that nobody declares.
#[derive(Clone, Debug)]
pub(crate) struct Removal {
    pub(crate) repo: RepoName,
    pub(crate) path: String,
    pub(crate) name: String,
}

/// A submodule that stands elsewhere than where it is declared.
#[derive(Clone, Debug)]
pub(crate) struct Relocation {
    pub(crate) name: String,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// Compares what the lock asks for with what is there.
pub(crate) fn compare_submodules(
    wanted: &[Submodule],
    found: &Found<'_>,
) -> Result<Comparison, crate::git::Error> {
    let mut comparer = Comparer {
        found,
        entries: found.modules.entries(),
        wanted: wanted.iter().map(|submodule| (submodule.entry.path.as_str(), submodule)).collect(),
        kept: BTreeSet::new(),
        comparison: Comparison::default(),
    };
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

struct Comparer<'a> {
    found: &'a Found<'a>,
    entries: Vec<SubmoduleEntry>,
    /// By path.
    wanted: BTreeMap<&'a str, &'a Submodule>,
    /// The names of the entries that stay.
    kept: BTreeSet<String>,
    comparison: Comparison,
}

impl Comparer<'_> {
    fn tell(&mut self, difference: Difference) {
        self.comparison.differences.push(difference);
    }

    /// A tracked file cannot be replaced by a gitlink without losing it.
    fn collides(&mut self, submodule: &Submodule, file: String) {
        let path = submodule.entry.path.clone();
        self.tell(Difference::Tracked { path: path.clone(), file: file.clone() });
        self.comparison.collisions.push((submodule.repo.clone(), path, file));
    }

    fn compare(&mut self, submodule: &Submodule) {
        let path = &submodule.entry.path;
        let gitlink = self.found.gitlinks.get(path).copied();
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
                    found: from.clone(),
                    path: to.clone(),
                });
                self.comparison.moves.push(Relocation { name: name.clone(), from, to });
            }
            (None, None, None) => self.tell(Difference::Missing { path: path.clone() }),
            (None, None, Some(commit)) => self.tell(Difference::Phantom { path: path.clone(), commit }),
            (Some(_), _, None) => self.tell(Difference::NoGitlink { path: path.clone() }),
            (Some(_), _, Some(_)) => {}
        }
        if let Some(found) = gitlink.filter(|found| *found != submodule.commit) {
            self.tell(Difference::Commit { path: path.clone(), locked: submodule.commit, found });
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
        let path = || wanted.path.clone();
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
        let at = || self.entries.iter().filter(|entry| entry.path == path);
        let name = self.found.superproject.name_at(path);
        at().find(|entry| Some(&entry.name) == name.as_ref()).or_else(|| at().next())
    }

    /// The entry of the same repository at a path that nothing is declared for: by another convention, or an older
    /// one. One that is a submodule itself is not taken from there for a gitlink that is here already.
    fn elsewhere(&self, submodule: &Submodule, has_gitlink: bool) -> Option<SubmoduleEntry> {
        let is_live = |entry: &&SubmoduleEntry| self.found.gitlinks.contains_key(&entry.path);
        let same = || {
            self.entries.iter().filter(|entry| {
                !self.wanted.contains_key(entry.path.as_str())
                    && !self.kept.contains(&entry.name)
                    && self.is_same_repository(entry, submodule)
            })
        };
        let live = same().find(is_live).filter(|_| !has_gitlink);
        live.or_else(|| same().find(|entry| !is_live(entry))).cloned()
    }

    /// What a new entry is called: as its git directory that is there already, or else as its path.
    fn free_name(&self, path: &str) -> String {
        let is_free = |name: &String| !self.entries.iter().any(|entry| entry.name == *name);
        let candidates = self.found.superproject.name_at(path).into_iter().chain([path.to_owned()]);
        let numbered = (2..).map(|number| format!("{path}-{number}"));
        candidates.chain(numbered).find(is_free).expect("there is always another number")
    }

    /// All that is there and not declared.
    fn look_at_others(&mut self) {
        let found = self.found;
        for entry in self.entries.clone() {
            if self.kept.contains(&entry.name) {
                continue;
            }
            let path = entry.path.clone();
            let is_declared = self.wanted.contains_key(path.as_str());
            let same = self.wanted.values().find(|wanted| self.is_same_repository(&entry, wanted));
            let same = same.map(|submodule| submodule.repo.clone());
            if self.comparison.collisions.iter().any(|(_, collided, _)| *collided == path) {
                continue;
            }
            if is_declared {
                self.tell(Difference::Duplicate { path, name: entry.name.clone() });
                self.comparison.stale.push(entry.name);
            } else if found.gitlinks.contains_key(&path) {
                let own = self.own_name(&path);
                let difference = match (&own, same.clone()) {
                    (Some(_), _) => Difference::Undeclared { path: path.clone() },
                    (None, Some(repo)) => Difference::Second { repo, path: path.clone() },
                    (None, None) => continue,
                };
                self.tell(difference);
                if let Some(repo) = own.or(same) {
                    self.comparison.removals.push(Removal { repo, path, name: entry.name });
                }
            } else if same.is_some() || self.own_name(&path).is_some() || self.is_below_base(&entry.url) {
                self.tell(Difference::Stale { path, name: entry.name.clone() });
                self.comparison.stale.push(entry.name);
            } else {
                self.comparison.foreign.push(path);
            }
        }
        let known: BTreeSet<String> = self.entries.iter().map(|entry| entry.path.clone()).collect();
        for (path, commit) in &found.gitlinks {
            if !known.contains(path) && !self.wanted.contains_key(path.as_str()) {
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
        let bare = |url: &str| {
            let url = self.found.superproject.absolute_url(url);
            url.trim_end_matches('/').trim_end_matches(".git").to_owned()
        };
        bare(one) == bare(other)
    }
}
