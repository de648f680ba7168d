//! What an update of the lock gives, and what is said about it.

use super::merged_lock::stage_merged;
use super::{is_being_merged, warn_of_ignored};
use crate::error::Error;
use crate::fs::Written;
use crate::lock::{Change, Lock, LockedPatch, LockedRepo, LockedStep, Pin, StepTexts, changes};
use crate::repo::{CommitId, MergeSource, RepoName, counted};
use crate::report::{Failure, Held};
use crate::session::Session;

/// An updated lock, and the changes to the old one.
pub(crate) struct Updated {
    pub(crate) lock: Lock,
    pub(crate) changes: Vec<Change>,
    pub(crate) old: Option<Lock>,
    /// The texts of all steps of the lock.
    pub(crate) steps: StepTexts,
    /// The repositories that kept their old entries, because a merge failed.
    pub(super) failures: Vec<Failure>,
    /// The repositories that the upgrade left as they are.
    pub(crate) held: Vec<Held>,
    /// Whether the old lock had merge conflicts, so that only its pins were known.
    pub(super) settled: bool,
}

impl Updated {
    /// Writes the lock if it changed. If git merges it, it is staged.
    pub(crate) fn save(&self, session: &Session<'_>) -> Result<Written, Error> {
        let written = self.lock.save(&session.lock_file(), &self.steps)?;
        // If a merge failed, an entry is still the one of before the conflict.
        if self.is_complete() && (self.settled || is_being_merged(session, self.old.as_ref())) {
            stage_merged(session, &self.lock);
        }
        Ok(written)
    }

    /// The lock, and the repositories that kept their old entries because a merge failed.
    pub(crate) fn into_parts(self) -> (Lock, Vec<Failure>) {
        (self.lock, self.failures)
    }

    /// Whether no merge failed.
    pub(crate) fn is_complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// Fails if a merge failed. Everything else was done.
    pub(crate) fn finish(self) -> Result<(), Error> {
        let failures = self.failures;
        if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
    }

    /// The same lock, compared with an older one.
    pub(crate) fn since(self, old: Option<Lock>) -> Self {
        Self { changes: changes(&old.clone().unwrap_or_default(), &self.lock), old, ..self }
    }

    /// Drops the changes "read again": the old lock had only pins, so every entry would be listed.
    pub(crate) fn settled(mut self) -> Self {
        self.changes.retain(|change| !matches!(change, Change::Reread { .. }));
        Self { settled: true, ..self }
    }

    /// Reports the changes.
    pub(crate) fn tell(&self, session: &Session<'_>) {
        let printer = session.printer;
        for Held { pin, commit, why } in &self.held {
            let is_alone = self.lock.repos.iter().filter(|repo| repo.pin.name == pin.name).count() == 1;
            let of = if is_alone { String::new() } else { format!(" ({})", pin.reference) };
            printer.note(&format!("{}{of}: stays at {}: {why}", pin.name, commit.short()));
        }
        for change in &self.changes {
            match change {
                Change::Removed { .. } if self.is_replaced(change) => {}
                Change::Removed { pin, commit } => printer.note(&self.removed_line(pin, *commit)),
                Change::Reread { pin } => printer.note(&format!("{}: read again", pin.name)),
                Change::Merge { pin, source, from, to } => {
                    printer.note(&self.merge_line(pin, source, *from, *to));
                }
                Change::Added { pin, .. } => {
                    for (source, commit) in self.merges(pin) {
                        printer.note(&self.merge_line(pin, source, None, Some(commit)));
                    }
                }
                Change::Moved { .. } => {}
            }
        }
        self.lock.repos.iter().flat_map(|repo| self.patch_lines(repo)).for_each(|line| printer.note(&line));
        for (name, profile) in &self.lock.profiles {
            let old = self.old.as_ref().and_then(|old| old.profiles.get(name));
            if !self.settled && old.is_some_and(|old| !old.is_whole(name)) {
                printer.note(&format!("profile `{name}`: computed again"));
            }
            if let Some(modules) = &profile.modules
                && old.is_none_or(|old| old.modules.as_ref() != Some(modules))
            {
                let count = counted(modules.len(), "module", "modules");
                printer.note(&format!("profile `{name}`: {count} selected"));
            }
        }
        let total = counted(self.lock.repos.len(), "repository", "repositories");
        let repos = self.lock.repos.iter().filter(|repo| repo.core.is_none());
        let modules: usize = repos.map(|repo| repo.facts.modules.len()).sum();
        let modules = counted(modules, "module", "modules");
        let changed = self.changes.iter().filter(|change| !self.is_replaced(change)).count();
        match (changed, &self.old) {
            (0, Some(old)) if *old == self.lock => {
                printer.note(&format!("{total} with {modules}, nothing changed"));
            }
            (0, _) if self.settled => printer.note(&format!("{total} with {modules}, merged")),
            (0, Some(_)) => printer.note(&format!("{total} with {modules}, only the profiles changed")),
            (changed, _) => printer.note(&format!("{total} with {modules}, {changed} changed")),
        }
        warn_of_ignored(session, &self.lock);
    }

    /// The merges of an entry, with their commits.
    fn merges<'l>(&'l self, pin: &'l Pin) -> impl Iterator<Item = (&'l MergeSource, CommitId)> {
        let locked = self.lock.repo(pin).map(|locked| &locked.merges[..]).unwrap_or_default();
        pin.pending.merges.iter().zip(locked).map(|(merge, locked)| (&merge.source, locked.commit))
    }

    /// The patches of an entry that are new or changed.
    fn patch_lines(&self, repo: &LockedRepo) -> Vec<String> {
        let old = self.old.as_ref().and_then(|old| old.base_of(&repo.pin));
        let known: Vec<(&String, [u8; 32])> = old.into_iter().flat_map(patches).map(content).collect();
        let new = patches(repo).filter(|patch| !known.contains(&content(*patch)));
        let line = |(path, patch): (&String, &LockedPatch)| {
            let step = self.step_words(patch.step.as_ref()?).unwrap_or_default();
            Some(format!("{}#{path}: applied{step}", repo.pin.name))
        };
        new.filter_map(line).collect()
    }

    /// The number of files that a step changes, and its author.
    fn step_words(&self, step: &LockedStep) -> Option<String> {
        let patch = self.steps.patch(step)?;
        Some(format!(", {} by {}", counted(patch.files().len(), "file", "files"), patch.header().name))
    }

    /// What happened to a merge; with its author and the number of changed files, if it has a step.
    fn merge_line(
        &self,
        pin: &Pin,
        source: &MergeSource,
        from: Option<CommitId>,
        to: Option<CommitId>,
    ) -> String {
        let what = source.of(&pin.name);
        let step = || {
            let locked = self.lock.repo(pin)?;
            let position = pin.pending.merges.iter().position(|merge| merge.source == *source)?;
            self.step_words(locked.merges.get(position)?.step.as_ref()?)
        };
        let step = step().unwrap_or_default();
        match (from, to) {
            (None, Some(to)) => format!("{what}: merged at {}{step}", to.short()),
            (Some(from), Some(to)) => format!("{what}: {} -> {}{step}", from.short(), to.short()),
            (_, None) => format!("{what}: not merged any more"),
        }
    }

    /// What happened to an entry that is gone. If one side of a merge edited the url or the branch, and the other side moved
    /// the pin, only the entry of the second one is gone.
    fn removed_line(&self, pin: &Pin, commit: CommitId) -> String {
        let Pin { name, url, reference, .. } = pin;
        let others = self.lock.repos.iter().filter(|repo| repo.pin.name == *name);
        let Some(other) = others.max_by_key(|repo| repo.pin.reference == *reference) else {
            return format!("{name}: removed from the lock");
        };
        let (gone, stays) = if other.pin.url == *url {
            (reference.to_string(), other.pin.reference.to_string())
        } else {
            (format!("`{url}`"), format!("`{}`", other.pin.url))
        };
        format!(
            "{name}: the entry for {gone} at {} is removed from the lock; the one for {stays} is at {}",
            commit.short(),
            other.commit.short()
        )
    }

    /// An edited branch or url is a new pin, which has its own line in the report.
    fn is_replaced(&self, change: &Change) -> bool {
        let comes = |name: &RepoName| {
            let mut others = self.changes.iter();
            others.any(|other| matches!(other, Change::Added { pin, .. } if pin.name == *name))
        };
        matches!(change, Change::Removed { pin, .. } if comes(&pin.name))
    }
}

/// The patches of an entry, with their paths.
fn patches(repo: &LockedRepo) -> impl Iterator<Item = (&String, &LockedPatch)> {
    repo.pin.pending.patches.iter().zip(&repo.patches)
}

/// A patch by its path and the digest of its content.
fn content<'l>((path, locked): (&'l String, &'l LockedPatch)) -> (&'l String, [u8; 32]) {
    (path, locked.content)
}
