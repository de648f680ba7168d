//! Makes the steps of a repository one after another.

use std::collections::BTreeSet;

use super::MergeJob;
use super::replay::{OldStep, Replayed};
use super::start::Start;
use crate::addons::manifest::parse;
use crate::addons::version::series_of;
use crate::git::merging::{self, Conflict, Label, Merge, Merging, Outcome, Unmerged};
use crate::git::{Git, Remote, Snapshot};
use crate::lock::{LockedMerge, StepWay};
use crate::ops::Watch;
use crate::patch::Patch;
use crate::plan::Move;
use crate::repo::{
    AddonsDirectory, CommitId, FileTree, MANIFESTS, MergeSource, ModuleName, PendingMerge, Reference,
    RemoteUrl, RepoPath, Series, TreeId, WebPage,
};
use crate::report::{ConflictWith, MergeConflict, MergeNote, MergeNoteKind, Trouble};
/// A merge with its commit, and the way in which its step was made. `None` if it changes nothing.
pub(super) struct Resolved {
    pub(super) reference: Reference,
    pub(super) commit: CommitId,
    pub(super) way: Option<StepWay>,
    /// Whether the base has it.
    pub(super) is_absorbed: bool,
}

/// What is merged: a merge with its commit, and the commit from which it starts.
#[derive(Clone, Copy)]
pub(super) struct Input<'s> {
    pub(super) pending: &'s PendingMerge,
    pub(super) head: &'s Snapshot<'s, 's>,
    pub(super) ancestor: CommitId,
}

/// The steps that are being made.
pub(super) struct StepMaker<'a> {
    pub(super) job: &'a MergeJob<'a>,
    pub(super) git: &'a Git,
    pub(super) base: &'a Snapshot<'a, 'a>,
    pub(super) tip: Option<CommitId>,
    pub(super) merging: Merging<'a>,
    pub(super) steps: Vec<(Patch, TreeId)>,
    pub(super) notes: Vec<MergeNote>,
    /// The trees before the steps of the old lock, once they are known. Shorter if the text of a step is missing.
    pub(super) before: Option<Vec<TreeId>>,
    /// Whether a person finishes the merge that conflicts.
    pub(super) opens: bool,
    pub(super) opened: Option<Unmerged>,
    /// The number of steps before each merge.
    pub(super) before_merges: Vec<usize>,
    /// What the merge that is being made was resolved to.
    pub(super) current: Option<(Reference, CommitId)>,
}

impl<'a> StepMaker<'a> {
    pub(super) fn new(
        job: &'a MergeJob<'a>,
        git: &'a Git,
        base: &'a Snapshot<'a, 'a>,
        tip: Option<CommitId>,
    ) -> Result<Self, Trouble> {
        job.gather(base, tip);
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
            before_merges: Vec::new(),
            current: None,
        })
    }

    pub(super) fn merge(&mut self, position: usize, watch: &Watch<'_>) -> Result<Resolved, Trouble> {
        let job = self.job;
        let pending = job.pending(position);
        let what = job.what(pending);
        self.before_merges.push(self.steps.len());
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
        let locked = old.map(|(_, locked, _)| locked);
        let (way, is_absorbed) = self.anew(pending, &head, moved, (locked, old_step))?;
        Ok(Resolved { is_absorbed, ..resolved(way) })
    }

    /// Makes a merge that is not as it was: the way, `None` if it changes nothing, and whether the base has it.
    fn anew(
        &mut self,
        pending: &PendingMerge,
        head: &Snapshot<'_, '_>,
        moved: Move,
        (old, old_step): (Option<&LockedMerge>, Option<OldStep<'_>>),
    ) -> Result<(Option<StepWay>, bool), Trouble> {
        let what = self.job.what(pending);
        let ancestor = match (self.start(pending, head), &old_step) {
            (Ok(Start::From(ancestor)), _) => ancestor,
            (Ok(Start::Absorbed), _) => return Ok((None, true)),
            (Ok(Start::Reverted), _) => return Ok((None, false)),
            (Err(Trouble::Merge { error, .. }), Some(step)) if matches!(&*error, merging::Error::Git(error) if error.is_gone()) =>
            {
                self.note(&what, MergeNoteKind::CommitGone);
                let way = self.replay(&what, step)?;
                return Ok((way, self.is_all_in_base(way)));
            }
            (Err(trouble), _) => return Err(trouble),
        };
        if old.is_none() {
            self.note_landed(pending, head);
        }
        let input = Input { pending, head, ancestor };
        let is_kept = old.is_some_and(|old| old.commit == head.commit());
        if let Some(old) = old
            && moved == Move::Ask
            && !is_kept
            && merging::distance(head, old.commit).is_ok_and(|distance| distance.is_none())
        {
            self.note(&what, MergeNoteKind::Rewritten);
        }
        let by_hand = old_step.as_ref().filter(|step| step.locked.way == StepWay::Resolved);
        if let Some(step) = by_hand.filter(|_| is_kept)
            && let Some(Replayed(way)) = self.replay_if_it_fits(&what, step)?
        {
            return Ok((way, self.is_all_in_base(way)));
        }
        // Nobody resolves again what was resolved for an older commit of the request.
        if let Some((step, old)) = by_hand.zip(old)
            && let Some(new) = self.carry(step, old.commit, input)?
        {
            let way = self.take(&what, new, StepWay::Resolved)?;
            return Ok((way, self.is_all_in_base(way)));
        }
        let way = match self.outcome(input)? {
            Outcome::Step(step) => {
                if let Some((found, wanted)) = self.other_series(input)? {
                    self.note(&what, MergeNoteKind::OtherSeries { found, wanted });
                }
                self.take(&what, *step, StepWay::Made)?
            }
            Outcome::Conflicts(conflicts) => {
                let step = old_step.as_ref().filter(|_| is_kept);
                let replayed = step.map(|step| self.replay_if_it_fits(&what, step)).transpose()?.flatten();
                match replayed {
                    Some(Replayed(way)) => way,
                    None => return Err(self.conflict(what, input, conflicts, by_hand.zip(old))?),
                }
            }
        };
        Ok((way, self.is_all_in_base(way)))
    }

    /// Whether a merge changes nothing because the base has all of it, and not one of the steps before it.
    pub(super) fn is_all_in_base(&self, way: Option<StepWay>) -> bool {
        way.is_none() && self.steps.is_empty()
    }

    /// What is said about a merge that conflicts. If a person finishes it, it is opened; `earlier` is what a person made of
    /// it for an older base or an older commit.
    fn conflict(
        &mut self,
        what: String,
        input: Input<'_>,
        mut conflicts: Vec<Conflict>,
        earlier: Option<(&OldStep<'_>, &LockedMerge)>,
    ) -> Result<Trouble, Trouble> {
        if let Some((found, wanted)) = self.other_series(input)? {
            return Ok(Trouble::OtherSeries { what, found, wanted });
        }
        let with = self.conflict_with(input);
        if self.opens {
            let again = earlier.map(|(step, old)| self.open_again(&what, step, old.commit, input));
            let unmerged = match again.transpose()?.flatten() {
                Some(again) => again,
                None => self.with_merge(input, Merging::open)?,
            };
            conflicts.clone_from(&unmerged.conflicts);
            self.opened = Some(unmerged);
        }
        let repo = self.job.declared.pin.name.clone();
        Ok(Trouble::Conflict(MergeConflict { repo, what, with, conflicts }))
    }

    /// The series for which the changed modules of a merge are, and the wanted one, if it is another.
    fn other_series(&mut self, input: Input<'_>) -> Result<Option<(Series, Series)>, Trouble> {
        let wanted = self.job.declared.series;
        let manifests = self.with_merge(input, |merging, merge| merging.changed_files(merge, &MANIFESTS))?;
        let series = |text: &Vec<u8>| series_of(parse(text).ok()?.manifest.version());
        let found: BTreeSet<Series> = manifests.iter().filter_map(series).collect();
        let is_other = !found.contains(&wanted);
        Ok(found.into_iter().next_back().filter(|_| is_other).map(|found| (found, wanted)))
    }

    /// The remote of a merge.
    pub(super) fn remote_of(&self, position: usize) -> Result<Remote<'a>, Trouble> {
        let what = self.job.what(self.job.pending(position));
        match &self.job.urls[position] {
            Some(url) => self.git.remote(url).map_err(|error| self.job.failed(&what, error.into())),
            None => Ok(self.base.remote().clone()),
        }
    }

    /// Merges onto the result so far.
    pub(super) fn outcome(&mut self, input: Input<'_>) -> Result<Outcome, Trouble> {
        self.with_merge(input, Merging::merge)
    }

    /// Does something with a merge, its modules and its label.
    pub(super) fn with_merge<R>(
        &mut self,
        input: Input<'_>,
        act: impl FnOnce(&mut Merging<'a>, &Merge<'_>) -> Result<R, merging::Error>,
    ) -> Result<R, Trouble> {
        let directories = self.directories(input)?;
        let Input { pending, head, ancestor } = input;
        let url = self.address(&pending.source, head.reference());
        let label = Label { title: None, url: Some(&url) };
        let merge = Merge { head, ancestor, modules: &directories, label };
        act(&mut self.merging, &merge).map_err(|error| self.job.failed(&self.job.what(pending), error))
    }

    /// Whether a merge conflicts with the base alone, or with which of the merges before it.
    fn conflict_with(&self, input: Input<'_>) -> ConflictWith {
        let directories = self.directories(input).unwrap_or_default();
        let Input { head, ancestor, .. } = input;
        let merge = Merge { head, ancestor, modules: &directories, label: Label::default() };
        let fits = |result: &mut Merging<'_>| matches!(result.merge(&merge), Ok(Outcome::Step(_)));
        let Ok(mut result) = Merging::new(self.base) else { return ConflictWith::Base };
        if self.steps.is_empty() || !fits(&mut result) {
            return ConflictWith::Base;
        }
        let conflicts = |(patch, _): &(Patch, TreeId)| result.reuse(patch).is_ok() && !fits(&mut result);
        let first = self.steps.iter().position(conflicts);
        let merge = first.and_then(|first| self.before_merges.iter().rposition(|before| *before == first));
        ConflictWith::Earlier { what: merge.map(|position| self.job.what(self.job.pending(position))) }
    }

    /// Adds a step of a merge. An empty one is no step.
    pub(super) fn take(
        &mut self,
        what: &str,
        step: merging::Step,
        way: StepWay,
    ) -> Result<Option<StepWay>, Trouble> {
        if step.is_empty() {
            let is_in_base = self.steps.is_empty();
            self.note(what, if is_in_base { MergeNoteKind::Contained } else { MergeNoteKind::Empty });
            return Ok(None);
        }
        self.note_ruled(what, &step);
        self.accept(step)?;
        Ok(Some(way))
    }

    pub(super) fn accept(&mut self, step: merging::Step) -> Result<(), Trouble> {
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

    pub(super) fn note(&mut self, what: &str, kind: MergeNoteKind) {
        self.notes.push(MergeNote { what: what.to_owned(), kind });
    }

    /// The directories of the modules of a merge: in the addons directories, where the request or its base has them.
    fn directories(&self, input: Input<'_>) -> Result<Vec<RepoPath>, Trouble> {
        let Input { pending, head, ancestor } = input;
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
