//! Writes `.gitmodules`, git's configuration and the index, so that they match the lock.

use std::collections::HashSet;
use std::path::Path;

use super::joined;
use super::survey::Survey;
use crate::error::{Error, MergeError};
use crate::fs::{read_if_there, remove_file};
use crate::git::{self, Active, CheckoutError, SubmoduleEntry, SuperprojectChange};
use crate::ops::checkouts::is_keep_out;
use crate::plan::{Comparison, Relocation, Removal, Submodule};
use crate::repo::{CommitId, RepoName};
use crate::report::{Done, Outcome, RepoOutcome, Trouble};

/// The flags of the command that decide what may be removed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct How {
    pub(crate) force: bool,
    pub(crate) prune: bool,
    pub(crate) dry: bool,
}

impl Survey<'_> {
    /// Moves work trees to their declared paths without changing them. If the new path is occupied, the work tree
    /// stays. Returns those that are moved; a `dry` run moves nothing, and returns those that would be.
    pub(crate) fn relocate(&self, dry: bool) -> Result<Vec<Relocation>, Error> {
        let mut moved = Vec::new();
        for relocation in &self.comparison.moves {
            let Relocation { name, from, to, .. } = relocation;
            let found = if dry {
                self.superproject.can_move_work_tree(from, to)
            } else {
                self.superproject.move_work_tree(from, to)
            };
            match found {
                Ok(true) if dry => moved.push(relocation.clone()),
                Ok(true) => {
                    self.superproject.module(name, to).connect()?;
                    moved.push(relocation.clone());
                }
                Ok(false) => {}
                Err(error @ git::Error::LinkOnTheWay { .. }) => {
                    self.session.printer.warning(&format!("`{from}` is not moved: {error}"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(moved)
    }

    /// Removes undeclared submodules, then writes `.gitmodules`, git's configuration and the index.
    /// `pushed` are the commits of merges that were just pushed.
    pub(crate) fn settle(&mut self, how: How, pushed: &HashSet<CommitId>) -> Result<Vec<RepoOutcome>, Error> {
        let unpushed = if how.dry { Vec::new() } else { self.unpushed(pushed)? };
        if !unpushed.is_empty() {
            return Err(MergeError::Unpushed { repos: unpushed }.into());
        }
        let mut outcomes = Vec::new();
        let mut removed = Vec::new();
        for removal in &self.comparison.removals {
            let outcome = self.remove(removal, how);
            if let Ok(done) = &outcome {
                removed.push(removal.clone());
                // A dry run reports everything at its end.
                if !how.dry {
                    self.session.printer.note(&format!("{}: {done}", removal.repo));
                }
            }
            outcomes.push(RepoOutcome { name: removal.repo.clone(), url: String::new(), outcome });
        }
        if !how.dry {
            self.directories.iter().try_for_each(|directory| self.superproject.sweep(directory))?;
        }
        let before = self.modules.entries();
        for name in self.comparison.stale.iter().chain(removed.iter().map(|removal| &removal.name)) {
            self.modules.remove(name);
        }
        for submodule in &self.comparison.submodules {
            self.modules.put(&submodule.entry);
        }
        if how.prune {
            outcomes.extend(self.prune(how));
        }
        if how.dry {
            return Ok(outcomes);
        }
        self.is_staged = self.superproject.apply(&self.modules, &self.change(&removed, &before)?)?;
        self.stop_ignoring()?;
        self.warn_of_paths(&before);
        Ok(outcomes)
    }

    fn change(&self, removed: &[Removal], before: &[SubmoduleEntry]) -> Result<SuperprojectChange, Error> {
        let Comparison { submodules, stale, phantoms, moves, .. } = &self.comparison;
        let gitlinks = self.superproject.gitlinks()?;
        let gone = removed.iter().map(|removal| &removal.path).chain(moves.iter().map(|moved| &moved.from));
        let gone = phantoms
            .iter()
            .cloned()
            .chain(gone.map(ToString::to_string))
            .filter(|path| gitlinks.contains_key(path.as_str()));
        let top = self.superproject.directory();
        let populated = submodules.iter().filter(|one| top.join(&*one.entry.path).join(".git").exists());
        let active = populated.map(|Submodule { entry, .. }| Active {
            name: entry.name.clone(),
            url: self.superproject.absolute_url(&entry.url),
            has_new_url: !has_url(before, entry),
        });
        Ok(SuperprojectChange {
            stage: submodules.iter().map(|one| (one.entry.path.clone(), one.commit)).collect(),
            unstage: gone.collect(),
            active: active.collect(),
            forget: stale.iter().chain(removed.iter().map(|removal| &removal.name)).cloned().collect(),
        })
    }

    /// Removes the work tree of a submodule without local work. Its commits stay in its git directory, unless `--prune`
    /// removes that, too.
    fn remove(&self, removal: &Removal, how: How) -> Outcome {
        let module = self.superproject.module(&removal.name, &removal.path);
        let checkout = module.checkout();
        module.refuse_links().map_err(Trouble::not_removed)?;
        let head = checkout.head().map_err(Trouble::not_inspected)?;
        if head.commit().is_some() {
            let mut work = checkout.whole_work().map_err(Trouble::not_inspected)?;
            if !how.prune {
                work = git::LocalWork { commit: None, references: Vec::new(), ..work };
            }
            if !work.is_none() && !how.force {
                return Err(Trouble::Kept(CheckoutError::LocalWork(work)));
            }
            if how.dry {
                return Ok(Done::Removed);
            }
            module.absorb().map_err(Trouble::not_placed)?;
            checkout.remove().map_err(Trouble::not_removed)?;
        } else if how.dry {
            return Ok(Done::Removed);
        }
        module.remove_empty_work_tree();
        let left = if how.prune { module.remove() } else { module.abandon() };
        left.map(|()| Done::Removed).map_err(Trouble::not_removed)
    }

    /// Deletes the git directories of submodules that were removed before, if they contain no local work.
    fn prune(&self, how: How) -> Vec<RepoOutcome> {
        let mut outcomes = Vec::new();
        for directory in &self.directories {
            for (name, module) in self.superproject.abandoned(directory, &self.modules) {
                let Some(repo) = name.rsplit('/').next().and_then(|name| RepoName::parse(name).ok()) else {
                    continue;
                };
                let outcome = match module.own_commits() {
                    Ok(work) if !work.is_none() && !how.force => {
                        Err(Trouble::Kept(CheckoutError::LocalWork(work)))
                    }
                    Err(error) if !how.force => Err(Trouble::not_removed(error)),
                    _ if how.dry => Ok(Done::Removed),
                    _ => module.remove().map(|()| Done::Removed).map_err(Trouble::not_removed),
                };
                outcomes.push(RepoOutcome { name: repo, url: String::new(), outcome });
            }
        }
        outcomes
    }

    /// Warns if a new url is a path on this machine: nobody else can fetch from it.
    fn warn_of_paths(&self, before: &[SubmoduleEntry]) {
        let submodules = self.comparison.submodules.iter();
        let mut paths =
            submodules.filter(|one| Path::new(&one.entry.url).is_absolute() && !has_url(before, &one.entry));
        if let Some(Submodule { entry, .. }) = paths.next() {
            let text = format!("`.gitmodules` names paths of this machine, such as `{}`", entry.url);
            self.session.printer.warning(&text);
        }
    }

    /// Removes the `.gitignore` files that oca wrote among the checkouts: the surrounding repository tracks them now.
    fn stop_ignoring(&self) -> Result<(), Error> {
        for directory in &self.directories {
            let ignore = joined(directory, ".gitignore");
            let file = self.superproject.directory().join(&ignore);
            if read_if_there(&file)?.is_some_and(|text| is_keep_out(&text))
                && !self.superproject.tracks(&ignore)?
            {
                remove_file(&file)?;
            }
        }
        Ok(())
    }
}

/// Whether an entry already had this url.
fn has_url(before: &[SubmoduleEntry], entry: &SubmoduleEntry) -> bool {
    before.iter().any(|old| old.name == entry.name && old.url == entry.url)
}
