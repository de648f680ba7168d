//! Compares the surrounding repository with the lock.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use super::{STAGED, checkouts, directory, joined, no_superproject};
use crate::error::Error;
use crate::fs::slashed;
use crate::git::{CheckoutError, GitModules, Module, SubmoduleEntry, SubmodulePath, Superproject};
use crate::lock::{Lock, LockedRepo};
use crate::plan::{self, Comparison, Submodule, SuperprojectState};
use crate::repo::{CommitId, RepoName, counted, one_line};
use crate::report::{RepoOutcome, SubmoduleDifference, Trouble};
use crate::session::Session;

/// The surrounding repository, compared with the lock.
pub(crate) struct Survey<'s> {
    pub(crate) session: &'s Session<'s>,
    pub(crate) superproject: Superproject,
    /// The path of the project below the top of the superproject.
    top: String,
    pub(crate) modules: GitModules,
    pub(crate) comparison: Comparison,
    pub(crate) directories: BTreeSet<String>,
    /// Whether [`settle`](Self::settle) changed the index.
    pub(crate) is_staged: bool,
}

impl<'s> Survey<'s> {
    /// For a project with submodules. Fails if no repository surrounds the project.
    pub(crate) fn needed(session: &'s Session<'s>, lock: &Lock) -> Result<Self, Error> {
        Self::take(session, lock)?.ok_or_else(|| no_superproject(session))
    }

    /// The same, but returns `None` if no repository surrounds the project.
    pub(crate) fn take(session: &'s Session<'s>, lock: &Lock) -> Result<Option<Self>, Error> {
        let Some(superproject) = Superproject::around(session.root())? else { return Ok(None) };
        let Some(top) = superproject.path_of(session.root()) else { return Ok(None) };
        let wanted = wanted(session, lock, &top)?;
        let directories = session.config.profiles.iter().map(|profile| directory(profile, &top));
        let directories: BTreeSet<String> = directories.collect::<Result<_, _>>()?;
        let found = SuperprojectState {
            superproject: &superproject,
            modules: superproject.modules()?,
            gitlinks: superproject.gitlinks()?,
            project: top.clone(),
            directories,
            base_url: session.remote_url(session.config.base.as_url())?.without_secret().as_str().to_owned(),
        };
        let comparison = plan::compare_submodules(&wanted, &found)?;
        let SuperprojectState { modules, directories, .. } = found;
        Ok(Some(Self { session, superproject, top, modules, comparison, directories, is_staged: false }))
    }

    pub(crate) fn differences(&self) -> &[SubmoduleDifference] {
        &self.comparison.differences
    }

    /// The git directory of the checkout at a path; `None` if a tracked file occupies the path.
    pub(crate) fn module(&self, checkout: &Path) -> Option<Module> {
        let path = self.path_of(checkout)?;
        let submodule = self.comparison.submodules.iter().find(|submodule| *submodule.entry.path == *path)?;
        Some(self.module_of(&submodule.entry))
    }

    /// The path of a checkout, as in `.gitmodules`.
    pub(crate) fn path_of(&self, checkout: &Path) -> Option<String> {
        Some(joined(&self.top, &slashed(checkout.strip_prefix(self.session.root()).ok()?)))
    }

    pub(crate) fn module_of(&self, entry: &SubmoduleEntry) -> Module {
        self.superproject.module(&entry.name, &entry.path)
    }

    /// The submodules whose paths are occupied by tracked files.
    pub(crate) fn collisions(&self) -> Vec<RepoOutcome> {
        let outcome = |(name, path, file): &(RepoName, String, String)| {
            let (path, file) = (path.clone(), file.clone());
            let outcome = Err(Trouble::Kept(CheckoutError::Tracked { path, file }));
            RepoOutcome { name: name.clone(), url: String::new(), outcome }
        };
        self.comparison.collisions.iter().map(outcome).collect()
    }

    /// Whether commits of merges must be pushed before anything can be staged.
    pub(crate) fn is_unpushed(&self) -> Result<bool, Error> {
        Ok(!self.unpushed(&HashSet::new())?.is_empty())
    }

    /// The repositories whose merges are not what the index has. Perhaps nobody pushed their commits.
    pub(crate) fn unpushed(&self, pushed: &HashSet<CommitId>) -> Result<Vec<RepoName>, Error> {
        let gitlinks = self.superproject.gitlinks()?;
        let merged = self.comparison.submodules.iter().filter(|submodule| submodule.is_merged);
        let is_new = |one: &&Submodule| {
            gitlinks.get(&*one.entry.path) != Some(&one.commit) && !pushed.contains(&one.commit)
        };
        Ok(merged.filter(is_new).map(|submodule| submodule.repo.clone()).collect())
    }

    /// Whether something was staged.
    pub(crate) fn is_staged(&self) -> bool {
        self.is_staged
    }

    /// Reports the differences at the end of a sync.
    pub(crate) fn tell(&self, dry: bool) {
        let printer = self.session.printer;
        if dry && !self.differences().is_empty() {
            let differences = counted(self.differences().len(), "difference", "differences");
            printer.note(&format!("{differences} in `.gitmodules` and the index would be repaired:"));
            self.differences().iter().for_each(|difference| printer.note(&format!("  {difference}")));
        }
        self.passed_over().iter().for_each(|text| printer.warning(text));
        if self.is_staged {
            // Nobody declared these paths, so nobody expects that they change.
            for difference in self.differences() {
                if let SubmoduleDifference::Phantom { path, commit } = difference
                    && !self.comparison.submodules.iter().any(|one| *one.entry.path == **path)
                {
                    printer.note(&one_line(&format!(
                        "`{path}`: its gitlink at `{commit}` has no entry in `.gitmodules` and is removed from the index"
                    )));
                }
            }
            printer.note(STAGED);
        }
    }

    /// Messages about entries that are ignored because their paths are not allowed.
    fn passed_over(&self) -> Vec<String> {
        let untouchable = self.comparison.untouchable.iter().map(|path| {
            format!(
                "the entry with the path `{path}` is skipped: the project or another submodule is in the way"
            )
        });
        let passed_over = self.modules.passed_over().into_iter().chain(untouchable);
        passed_over.map(|text| one_line(&format!("`.gitmodules`: {text}"))).collect()
    }

    /// Remarks that are not differences.
    pub(crate) fn notes(&self) -> Result<Vec<String>, Error> {
        let mut notes = self.passed_over();
        let top = self.superproject.directory();
        // Without a profile there is nothing to remark.
        let asked = checkouts(self.session.profiles().unwrap_or_default(), &self.top)?;
        let asked = asked.iter().filter(|(_, repo)| !self.session.config.skips(&repo.name));
        let asked: BTreeSet<&SubmodulePath> = asked.map(|(path, _)| path).collect();
        for Submodule { entry, .. } in &self.comparison.submodules {
            let path = &entry.path;
            if !top.join(&**path).join(".git").exists() && asked.contains(path) {
                notes.push(format!("`{path}` is not populated: run `oca sync`"));
            }
            if top.join(&**path).join(".gitmodules").exists() {
                notes.push(format!("`{path}` contains submodules, and oca does not touch them"));
            }
        }
        for path in &self.comparison.foreign {
            notes.push(format!(
                "`{path}` is in `.gitmodules`, but has no gitlink, and oca does not manage it"
            ));
        }
        let (staged, committed) = (self.superproject.gitlinks()?, self.superproject.committed_gitlinks()?);
        let paths: BTreeSet<&String> = staged.keys().chain(committed.keys()).collect();
        let differing = paths.into_iter().filter(|path| staged.get(*path) != committed.get(*path)).count();
        if differing > 0 {
            let gitlinks = counted(differing, "gitlink is", "gitlinks are");
            notes.push(format!("{gitlinks} staged and not committed: see `git diff --cached --submodule`"));
        }
        Ok(notes)
    }
}

/// The branch of the fork that has the merges of a repository. The same content has the same branch.
pub(crate) fn pushed_branch(locked: &LockedRepo) -> String {
    format!("oca/{}", locked.tree)
}

/// The submodules that all profiles together declare, in path order.
fn wanted(session: &Session<'_>, lock: &Lock, top: &str) -> Result<Vec<Submodule>, Error> {
    let mut wanted = Vec::new();
    for (path, repo) in checkouts(&session.config.profiles, top)? {
        let Some(locked) = lock.repo(&plan::pin(repo)) else { continue };
        let url = session.remote_url(&repo.url)?;
        if url.without_secret() != url {
            return Err(Error::SecretInSubmodule { name: repo.name.clone() });
        }
        let branch = repo.reference.as_branch().map(str::to_owned);
        // The commits of merges are on the fork only.
        let (url, branch) = match &repo.push {
            Some(push) if locked.steps().next().is_some() => {
                (session.remote_url(&push.fetch)?, Some(pushed_branch(locked)))
            }
            _ => (url, branch),
        };
        let url = url.as_str().to_owned();
        let entry = SubmoduleEntry { name: path.as_name(), path, url, branch, shallow: repo.depth != 0 };
        let is_merged = locked.steps().next().is_some();
        // A `rev` is declared, and the command cannot tell two pins of one name apart.
        let pins = lock.repos.iter().filter(|other| other.pin.name == repo.name).count();
        let is_movable = !is_merged && repo.reference.full_name().is_some() && pins == 1;
        let (repo, commit) = (repo.name.clone(), locked.head());
        wanted.push(Submodule { repo, entry, commit, is_merged, is_movable });
    }
    Ok(wanted)
}
