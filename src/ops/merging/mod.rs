//! Makes the steps of a repository: resolves what is merged into it, and merges it onto the base.
//!
//! What did not change is used again. A merge that the base has meanwhile contributes nothing. The rest is merged anew;
//! only if that conflicts, if a person resolved it, or if its commit is gone, its recorded step is merged onto the new
//! base. So nobody has to resolve a conflict twice.

mod check;
mod open;
mod replay;
mod start;

use std::sync::Arc;

pub(super) use open::{Answer, AnswerStep, Made, Opened, Opening};
use replay::Replayed;

use super::remotes::Watch;
use crate::git::merging::{self, Label, Merge, Merging, Outcome, Unmerged};
use crate::git::{Git, Remote, Snapshot, StepCommit};
use crate::lock::{LockedMerge, LockedPatch, LockedRepo, LockedStep, StepTexts, StepWay};
use crate::patch::{About, Fingerprint, Header, Patch, UserPatch, parse_user, render};
use crate::plan::{Declared, Move};
use crate::repo::{
    AddonsDirectory, CommitId, FileTree, MergeSource, ModuleName, PendingMerge, Reference, RemoteUrl,
    RepoPath, TreeId, WebPage, one_line,
};
use crate::report::{ConflictWith, MergeConflict, MergeNote, MergeNoteKind, Trouble};

/// What is merged into a repository, and how.
pub(crate) struct MergeJob<'a> {
    pub(super) declared: &'a Declared,
    /// The url of each merge for requests; `None` is the repository's own.
    pub(super) urls: Vec<Option<RemoteUrl>>,
    pub(super) moves: Vec<Move>,
    /// The patches of the user, in the order of the pin.
    pub(super) patches: Vec<UserFile>,
    /// The entry of the old lock, with the texts of its steps. Its base is of the same remote.
    pub(super) old: Option<(&'a LockedRepo, &'a StepTexts)>,
    /// The first merges, if `oca resolve` made them already.
    pub(super) answers: &'a [Answer],
}

/// A patch of the user.
pub(crate) struct UserFile {
    /// SHA-256 of the text with `\n` line ends.
    pub(super) digest: [u8; 32],
    pub(super) text: Vec<u8>,
}

/// What the merges of a repository give.
pub(super) struct MergedSteps {
    pub(super) merges: Vec<LockedMerge>,
    pub(super) patches: Vec<LockedPatch>,
    pub(super) texts: StepTexts,
    pub(super) notes: Vec<MergeNote>,
}

impl MergeJob<'_> {
    /// Makes all steps on top of `snapshot`, which is the base and gets them. `tip` is the head of its branch, if the
    /// remote was asked.
    pub(super) fn run(
        &self,
        git: &Git,
        snapshot: &mut Snapshot<'_, '_>,
        tip: Option<CommitId>,
        watch: &Watch<'_>,
    ) -> Result<MergedSteps, Trouble> {
        watch.step("merging");
        let base = snapshot.clone();
        let mut series = Series::new(self, git, &base, tip)?;
        let mut merges = Vec::new();
        for position in 0..self.declared.pin.pending.merges.len() {
            let mut merge = series.merge(position, watch)?;
            // Before the first step, all of it is in the base.
            merge.is_absorbed |= merge.way.is_none() && series.steps.is_empty();
            merges.push(merge);
        }
        let mut patches = Vec::new();
        for position in 0..self.declared.pin.pending.patches.len() {
            patches.push(series.patch(position)?);
        }
        let Series { steps, notes, .. } = series;
        let mut made = steps.into_iter();
        let mut texts = StepTexts::default();
        let mut lock = |way: Option<StepWay>| -> Result<Option<LockedStep>, Trouble> {
            let Some((way, (patch, tree))) = way.zip(way.and_then(|_| made.next())) else { return Ok(None) };
            let text = render(&patch);
            let fingerprint = Fingerprint::of(&text);
            texts.add(fingerprint.exact, Arc::from(text));
            let commit = snapshot.add_step(patch, tree).map_err(Trouble::Remote)?;
            Ok(Some(LockedStep { way, tree, commit, fingerprint }))
        };
        let merges = merges
            .into_iter()
            .map(|Resolved { reference, commit, way, is_absorbed }| {
                Ok(LockedMerge { reference, commit, step: lock(way)?, is_absorbed })
            })
            .collect::<Result<_, Trouble>>()?;
        let patches = std::iter::zip(&self.patches, patches)
            .map(|(file, way)| Ok(LockedPatch { content: file.digest, step: lock(way)? }))
            .collect::<Result<_, Trouble>>()?;
        Ok(MergedSteps { merges, patches, texts, notes })
    }

    /// The content of the entry, with the steps of the lock.
    pub(crate) fn as_locked<'g, 'm>(
        &self,
        base: Snapshot<'g, 'm>,
        locked: &LockedRepo,
    ) -> Result<Snapshot<'g, 'm>, Trouble> {
        let step = |step: &LockedStep| {
            let patch = self.old.and_then(|(_, texts)| texts.patch(step))?;
            Some(StepCommit { patch, tree: step.tree, commit: step.commit })
        };
        match locked.steps().map(step).collect() {
            Some(steps) => Ok(base.with_steps(steps)),
            None => Err(self.failed("", merging::Error::Forgotten)),
        }
    }

    fn failed(&self, what: &str, error: merging::Error) -> Trouble {
        match error {
            // The base or an object of it.
            merging::Error::Git(error) if what.is_empty() => Trouble::Remote(error),
            error => {
                let what = if what.is_empty() { self.declared.pin.name.to_string() } else { what.to_owned() };
                Trouble::Merge { what, error: Box::new(error) }
            }
        }
    }

    /// A merge as it is typed.
    fn what(&self, pending: &PendingMerge) -> String {
        pending.source.of(&self.declared.pin.name)
    }

    fn pending(&self, position: usize) -> &PendingMerge {
        &self.declared.pin.pending.merges[position]
    }

    fn old(&self) -> Option<&LockedRepo> {
        self.old.map(|(old, _)| old)
    }

    /// The merge of the old lock for the same source, and whether all of its declaration is the same.
    fn old_merge(&self, pending: &PendingMerge) -> Option<(usize, &LockedMerge, bool)> {
        let old = self.old()?;
        let of_old = old.pin.pending.merges.iter().zip(&old.merges).enumerate();
        let mut same = of_old.filter(|(_, (known, _))| known.source == pending.source);
        let (position, (known, locked)) = same.next()?;
        Some((position, locked, known == pending))
    }
}

/// A merge with its commit, and the way in which its step was made. `None` if it changes nothing.
struct Resolved {
    reference: Reference,
    commit: CommitId,
    way: Option<StepWay>,
    /// Whether the base has it.
    is_absorbed: bool,
}

/// The steps that are being made.
struct Series<'a> {
    job: &'a MergeJob<'a>,
    git: &'a Git,
    base: &'a Snapshot<'a, 'a>,
    tip: Option<CommitId>,
    merging: Merging<'a>,
    steps: Vec<(Patch, TreeId)>,
    notes: Vec<MergeNote>,
    /// The trees before the steps of the old lock, once they are known. Shorter if the text of a step is missing.
    before: Option<Vec<TreeId>>,
    /// Whether a person finishes the merge that conflicts.
    opens: bool,
    opened: Option<Unmerged>,
    /// What the merge that is being made was resolved to.
    current: Option<(Reference, CommitId)>,
}

impl<'a> Series<'a> {
    fn new(
        job: &'a MergeJob<'a>,
        git: &'a Git,
        base: &'a Snapshot<'a, 'a>,
        tip: Option<CommitId>,
    ) -> Result<Self, Trouble> {
        let merging = Merging::new(base).map_err(|error| job.failed("", error))?;
        let (steps, notes) = (Vec::new(), Vec::new());
        Ok(Self {
            job,
            git,
            base,
            tip,
            merging,
            steps,
            notes,
            before: None,
            opens: false,
            opened: None,
            current: None,
        })
    }

    fn merge(&mut self, position: usize, watch: &Watch<'_>) -> Result<Resolved, Trouble> {
        let job = self.job;
        let pending = job.pending(position);
        let what = job.what(pending);
        // The answers are those of the first merges, so each must be of the merge at its place.
        let answer = job.answers.get(position);
        if let Some(answer) = answer.filter(|answer| answer.source == pending.source.without_secret()) {
            return self.answer(&what, answer);
        }
        let old = job.old_merge(pending);
        let remote = self.remote_of(position)?;
        let moved = job.moves[position];
        let (reference, commit) =
            self.commit_of(&remote, pending, moved, old.map(|(_, locked, _)| locked))?;
        self.current = Some((reference.clone(), commit));
        let resolved = |way| Resolved { reference: reference.clone(), commit, way, is_absorbed: false };
        let old_step = old
            .filter(|(.., is_same)| *is_same)
            .and_then(|(position, locked, _)| self.old_step(position, locked.step.as_ref()?));
        if let Some((position, locked, true)) = old
            && locked.commit == commit
            && self.is_where_old_was(position)
        {
            match (&locked.step, &old_step) {
                (None, _) => return Ok(Resolved { is_absorbed: locked.is_absorbed, ..resolved(None) }),
                (Some(_), Some(step)) => return Ok(resolved(Some(self.reuse(step)?))),
                // Its text is missing: it is made again.
                (Some(_), None) => {}
            }
        }
        watch.step("merging");
        let head = remote.at(commit, &reference, self.base.meter());
        let ancestor = match (self.start(pending, &head), &old_step) {
            (Ok(Some(ancestor)), _) => ancestor,
            (Ok(None), _) => return Ok(Resolved { is_absorbed: true, ..resolved(None) }),
            (Err(Trouble::Merge { error, .. }), Some(step)) if matches!(&*error, merging::Error::Git(error) if error.is_gone()) =>
            {
                self.note(&what, MergeNoteKind::CommitGone);
                return self.replay(&what, step).map(resolved);
            }
            (Err(trouble), _) => return Err(trouble),
        };
        let is_kept = old.is_some_and(|(_, locked, _)| locked.commit == commit);
        if let Some((_, locked, _)) = old
            && moved == Move::Ask
            && !is_kept
            && merging::distance(&head, locked.commit).is_ok_and(|distance| distance.is_none())
        {
            self.note(&what, MergeNoteKind::Rewritten);
        }
        let by_hand = old_step.as_ref().filter(|step| step.locked.way == StepWay::Resolved);
        if let Some(step) = by_hand.filter(|_| is_kept)
            && let Some(Replayed(way)) = self.replay_if_it_fits(&what, step)?
        {
            return Ok(resolved(way));
        }
        // Nobody resolves again what was resolved for an older commit of the request.
        if let Some((step, (_, locked, _))) = by_hand.zip(old)
            && let Some(new) = self.carry(step, locked.commit, (pending, &reference, &head, ancestor))?
        {
            return self.take(&what, new, StepWay::Resolved).map(resolved);
        }
        match self.outcome(pending, &reference, &head, ancestor)? {
            Outcome::Step(step) => self.take(&what, *step, StepWay::Made).map(resolved),
            Outcome::Conflicts(conflicts) => {
                if let Some(step) = old_step.filter(|_| is_kept)
                    && let Some(Replayed(way)) = self.replay_if_it_fits(&what, &step)?
                {
                    return Ok(resolved(way));
                }
                let with = self.conflict_with(pending, &head, ancestor);
                if self.opens {
                    self.opened =
                        Some(self.with_merge((pending, &reference, &head, ancestor), |merging, merge| {
                            merging.open(merge)
                        })?);
                }
                let repo = job.declared.pin.name.clone();
                Err(Trouble::Conflict(MergeConflict { repo, what, with, conflicts }))
            }
        }
    }

    /// The remote of a merge.
    fn remote_of(&self, position: usize) -> Result<Remote<'a>, Trouble> {
        let what = self.job.what(self.job.pending(position));
        match &self.job.urls[position] {
            Some(url) => self.git.remote(url).map_err(|error| self.job.failed(&what, error.into())),
            None => Ok(self.base.remote().clone()),
        }
    }

    /// Merges onto the result so far.
    fn outcome(
        &mut self,
        pending: &PendingMerge,
        reference: &Reference,
        head: &Snapshot<'_, '_>,
        ancestor: CommitId,
    ) -> Result<Outcome, Trouble> {
        self.with_merge((pending, reference, head, ancestor), Merging::merge)
    }

    /// Does something with a merge, its modules and its label.
    fn with_merge<R>(
        &mut self,
        (pending, reference, head, ancestor): (&PendingMerge, &Reference, &Snapshot<'_, '_>, CommitId),
        act: impl FnOnce(&mut Merging<'a>, &Merge<'_>) -> Result<R, merging::Error>,
    ) -> Result<R, Trouble> {
        let directories = self.directories(pending, head, ancestor)?;
        let url = self.address(&pending.source, reference);
        let label = Label { title: None, url: Some(&url) };
        let merge = Merge { head, ancestor, modules: &directories, label };
        act(&mut self.merging, &merge).map_err(|error| self.job.failed(&self.job.what(pending), error))
    }

    /// Whether a merge conflicts with the base alone.
    fn conflict_with(
        &self,
        pending: &PendingMerge,
        head: &Snapshot<'_, '_>,
        ancestor: CommitId,
    ) -> ConflictWith {
        if self.steps.is_empty() {
            return ConflictWith::Base;
        }
        let directories = self.directories(pending, head, ancestor).unwrap_or_default();
        let merge = Merge { head, ancestor, modules: &directories, label: Label::default() };
        let alone = Merging::new(self.base).and_then(|mut alone| alone.merge(&merge));
        match alone {
            Ok(Outcome::Step(_)) => ConflictWith::Earlier,
            _ => ConflictWith::Base,
        }
    }

    fn patch(&mut self, position: usize) -> Result<Option<StepWay>, Trouble> {
        let job = self.job;
        let path = &job.declared.pin.pending.patches[position];
        let file = &job.patches[position];
        let old = job.old().and_then(|old| {
            let place = old.pin.pending.patches.iter().position(|known| known == path)?;
            Some((place, &old.patches[place]))
        });
        let same = old.filter(|(_, locked)| locked.content == file.digest);
        let old_step = same.and_then(|(place, locked)| {
            let merges = job.old().map_or(0, |old| old.merges.len());
            self.old_step(merges + place, locked.step.as_ref()?)
        });
        if let Some((place, locked)) = same
            && self.is_where_old_was(job.old().map_or(0, |old| old.merges.len()) + place)
        {
            match (&locked.step, &old_step) {
                (None, _) => return Ok(None),
                (Some(_), Some(step)) => return self.reuse(step).map(Some),
                (Some(_), None) => {}
            }
        }
        let failed = |error: merging::Error| job.failed(path, error);
        let user = parse_user(&file.text).map_err(|error| failed(error.into()))?;
        let header = header_of(&user, path);
        match self.merging.apply_user(&user, header) {
            Ok(step) if step.is_empty() => {
                self.note(path, MergeNoteKind::EmptyPatch);
                Ok(None)
            }
            Ok(step) => {
                self.accept(step)?;
                Ok(Some(StepWay::Made))
            }
            // It was applied to another base; perhaps its step can be merged.
            Err(error) => {
                let replayed = old_step.map(|step| self.replay_if_it_fits(path, &step)).transpose()?;
                replayed.flatten().map(|Replayed(way)| way).ok_or_else(|| failed(error))
            }
        }
    }

    /// Adds a step of a merge. An empty one is no step.
    fn take(&mut self, what: &str, step: merging::Step, way: StepWay) -> Result<Option<StepWay>, Trouble> {
        if step.is_empty() {
            let is_in_base = self.steps.is_empty();
            self.note(what, if is_in_base { MergeNoteKind::Contained } else { MergeNoteKind::Empty });
            return Ok(None);
        }
        self.note_ruled(what, &step);
        self.accept(step)?;
        Ok(Some(way))
    }

    fn accept(&mut self, step: merging::Step) -> Result<(), Trouble> {
        self.merging.accept(&step).map_err(|error| self.job.failed("", error))?;
        self.steps.push((step.patch, step.tree));
        Ok(())
    }

    /// Names the conflicts in files of OCA's bots, which rules decided.
    fn note_ruled(&mut self, what: &str, step: &merging::Step) {
        if !step.ruled.is_empty() {
            let paths = step.ruled.iter().map(|ruled| ruled.path.to_string()).collect();
            self.note(what, MergeNoteKind::Ruled(paths));
        }
    }

    fn note(&mut self, what: &str, kind: MergeNoteKind) {
        self.notes.push(MergeNote { what: what.to_owned(), kind });
    }

    /// The directories of the modules of a merge: in the addons directories, where the request or its base has them.
    fn directories(
        &self,
        pending: &PendingMerge,
        head: &Snapshot<'_, '_>,
        ancestor: CommitId,
    ) -> Result<Vec<RepoPath>, Trouble> {
        let Some(modules) = &pending.modules else { return Ok(Vec::new()) };
        let addons = &self.job.declared.addons;
        let ancestor = self.base.beside(ancestor);
        let trees = [head, &ancestor].map(|snapshot| snapshot.tree().map_err(Trouble::Remote));
        let trees = trees.into_iter().collect::<Result<Vec<_>, Trouble>>()?;
        let find = |module: &ModuleName| {
            let path = |directory: &AddonsDirectory| directory.join(module);
            let has = |path: &String| {
                trees.iter().any(|tree| tree.entries(path).is_ok_and(|entries| !entries.is_empty()))
            };
            let found = addons.iter().map(path).find(has);
            let path = found.unwrap_or_else(|| addons.first().map(path).unwrap_or_default());
            RepoPath::parse(path.as_bytes()).unwrap_or_default()
        };
        Ok(modules.iter().map(find).collect())
    }

    /// The address of a request or a branch for people, without secrets.
    fn address(&self, source: &MergeSource, reference: &Reference) -> String {
        let own = &self.job.declared.pin.url;
        let url = source.url.as_ref().map_or_else(|| own.clone(), RemoteUrl::without_secret);
        let page = source.as_request().and_then(|number| WebPage::of_request(own, reference, number));
        page.unwrap_or_else(|| format!("{url} {}", source.reference))
    }
}

/// What a step says about a patch of the user.
fn header_of(user: &UserPatch, path: &str) -> Header {
    let title = one_line(path);
    user.about().unwrap_or(&About::default()).header(&title)
}
