//! Does the work for all repositories: asks, fetches, reads, and says what was done.

use super::task::{Task, base_and_tip};
use crate::error::Error;
use crate::facts::{self, ReadOptions};
use crate::git::{self, Git, Remote, Snapshot};
use crate::lock::{Digest, LockedRepo, Pin, StepTexts};
use crate::ops::ahead::Ahead;
use crate::ops::careful::{Candidate, Care, Chosen, Remark, choose, doubt, rewritten};
use crate::ops::given::refuse_other_series;
use crate::ops::merging::MergedSteps;
use crate::ops::remotes::{Remotes, Watch, outcome_of};
use crate::plan::{Action, Declared, Moves};
use crate::repo::{CommitId, RepoName};
use crate::report::{Done, Failure, Held, MergeNote, Trouble, WhyHeld};
use crate::session::Session;

/// The results of the tasks.
#[derive(Default)]
pub(super) struct Performed<'t> {
    pub(super) resolved: Vec<(&'t Task<'t>, Read)>,
    /// The old entries of the repositories whose merges failed.
    pub(super) kept: Vec<LockedRepo>,
    /// The merges that failed.
    pub(super) failures: Vec<Failure>,
}

impl Performed<'_> {
    /// The entries that moved, or whose merges did, and that can be given back.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let candidate = |(task, Read { repo: new, .. }): &(&Task<'_>, Read)| {
            let old = task.old.filter(|old| old.is_whole() && !task.is_by_hand())?;
            let is_read_alike = old.pin == new.pin && old.addons == new.addons && old.core == new.core;
            let has_moved = old.commit != new.commit || old.merges != new.merges;
            (is_read_alike && has_moved).then(|| Candidate { old: old.clone(), new: new.clone() })
        };
        self.resolved.iter().filter_map(candidate).collect()
    }

    /// The repositories that stay because their newer commits are too young.
    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        self.resolved.iter().filter_map(|(_, Read { repo, young, .. })| {
            let (pin, commit) = (repo.pin.clone(), repo.commit);
            young.clone().map(|why| Held { pin, commit, why })
        })
    }

    /// Prints the outcome of each, but not of those that are `held`. Fails if a history was rewritten and the user does
    /// not want that.
    pub(super) fn tell(&self, session: &Session<'_>, care: Care, held: &[Held]) -> Result<(), Error> {
        let printer = session.printer;
        let is_held = |repo: &LockedRepo| held.iter().any(|held| held.pin == repo.pin);
        let told = || self.resolved.iter().filter(|(_, read)| !is_held(&read.repo));
        for (task, Read { repo, .. }) in told().filter(|_| !care.is_foreseen) {
            printer.outcome(&outcome_of(*task, Ok(locked(task, repo))));
        }
        for (_, Read { repo, notes, remarks, .. }) in told() {
            remarks.iter().for_each(|remark| remark.tell(session, repo));
            for note in notes.iter().filter(|_| !care.is_foreseen) {
                let text = note.to_string();
                if note.is_warning() { printer.warning(&text) } else { printer.note(&text) }
            }
        }
        // It does not depend on whether the entry moves.
        for (_, Read { repo, remarks, .. }) in self.resolved.iter().filter(|(_, read)| is_held(&read.repo)) {
            remarks
                .iter()
                .filter(|remark| remark.is_about_rewriting())
                .for_each(|remark| remark.tell(session, repo));
        }
        let rewritten =
            self.resolved.iter().filter(|(_, read)| read.remarks.iter().any(Remark::is_about_rewriting));
        let names: Vec<RepoName> = rewritten.map(|(task, _)| task.declared.pin.name.clone()).collect();
        if care.no_rewrites && !names.is_empty() { Err(Error::Rewritten { names }) } else { Ok(()) }
    }
}

/// Does all tasks in parallel. If some fail, the error names all of them. If only merges fail, and the old entries of
/// their repositories are still what is declared, the others go on.
///
/// Nothing is printed before it is known whether the lock changes.
pub(super) fn perform<'t>(
    session: &Session<'_>,
    work: &'t [Task<'t>],
    moves: &Moves,
    ahead: &Ahead,
    care: Care,
) -> Result<Performed<'t>, Error> {
    let remotes = Remotes::of(session)?.without_lines();
    let resolved = remotes.each(
        work,
        |task, watch| resolve(remotes.git, task, ahead, care, watch),
        |task, resolved, watch| {
            if let Some((snapshot, ends)) = &resolved.files {
                watch.step("checking out");
                ahead.build(&resolved.read.repo, snapshot, ends);
            }
            Ok((locked(task, &resolved.read.repo), resolved.read))
        },
    )?;
    let kept = |(task, failure): &(&Task<'_>, Failure)| {
        let old = task.old.filter(|_| failure.trouble.is_of_merge())?;
        (old.is_whole() && old.pin == task.declared.pin).then(|| old.clone())
    };
    let (resolved, failures) = resolved.sorted_with_jobs();
    let kept: Vec<LockedRepo> = failures.iter().filter_map(kept).collect();
    let of_task = |(task, failure): (&Task<'_>, Failure)| {
        let profiles = task.declared.profiles.clone();
        Failure { profiles, ..failure }
    };
    let failures: Vec<Failure> = failures.into_iter().map(of_task).collect();
    if kept.len() < failures.len() {
        return Err(Error::Repos { failures });
    }
    if let Moves::To { commits, any_series: false } = moves {
        let read: Vec<&LockedRepo> = resolved.iter().map(|(_, read)| &read.repo).collect();
        refuse_other_series(session, commits, &read)?;
    }
    Ok(Performed { resolved, kept, failures })
}

fn locked(task: &Task<'_>, repo: &LockedRepo) -> Done {
    let to = repo.commit;
    match task.old {
        Some(old) if old.commit == to && old.is_pin_only() => Done::Locked { from: None, to },
        Some(old) if old.commit == to => Done::UpToDate,
        old => Done::Locked { from: old.map(|old| old.commit), to },
    }
}

/// What was read for a task.
struct Resolved<'a> {
    read: Read,
    /// The snapshot and the ends of its history, if its files were fetched.
    files: Option<(Snapshot<'a, 'static>, Vec<CommitId>)>,
}

/// The new entry, and what is said about it.
pub(super) struct Read {
    pub(super) repo: LockedRepo,
    pub(super) steps: StepTexts,
    notes: Vec<MergeNote>,
    remarks: Vec<Remark>,
    /// Why it stays at its commit, if the newer ones are too young.
    young: Option<WhyHeld>,
}

impl Read {
    fn of(repo: LockedRepo) -> Self {
        let (steps, notes) = (StepTexts::default(), Vec::new());
        Self { repo, steps, notes, remarks: Vec::new(), young: None }
    }
}

fn resolve<'a>(
    git: &'a Git,
    task: &Task<'_>,
    ahead: &Ahead,
    care: Care,
    watch: &Watch<'_>,
) -> Result<Resolved<'a>, Trouble> {
    let remote = git.remote(&task.url).map_err(Trouble::Remote)?;
    let pin = &task.declared.pin;
    let (mut commit, tip) = match task.action {
        Action::Keep(repo) => return Ok(Resolved { read: Read::of(repo.clone()), files: None }),
        _ => base_and_tip(task, &remote, watch)?,
    };
    let (mut remarks, mut young) = (Vec::new(), None);
    if let Action::Resolve { .. } = task.action {
        let old = task.old.map(|old| old.commit);
        match choose(&remote, task.declared, commit, old, care, &|bytes| watch.received(bytes))? {
            Chosen::Head => {}
            Chosen::Older(younger) => {
                commit = younger.commit;
                remarks.push(Remark::Younger(younger));
            }
            Chosen::Pin(why) => {
                let head = commit;
                commit = old.unwrap_or(head);
                if let Some(old) = task.old.filter(|_| remote.sends_parts()) {
                    let head = remote.clone().at(head, &pin.reference, &|_| ());
                    remarks.extend(rewritten(&head, old, None));
                }
                young = Some(why);
            }
        }
    }
    let mut resolved = match task.action {
        Action::Resolve { old: Some(old) } if old.commit == commit => {
            Resolved { read: Read::of(old.clone()), files: None }
        }
        _ => {
            let at = |remote, commit| resolve_at(git, remote, (commit, tip), task, (ahead, care), watch);
            match at(remote, commit) {
                // The lock has commits only. A `rev` must be one, too.
                Err(Trouble::Remote(git::Error::IsTag { commit, .. }))
                    if pin.reference.full_name().is_some() =>
                {
                    let remote = git.remote(&task.url).map_err(Trouble::Remote)?;
                    at(remote, commit)
                }
                other => other,
            }?
        }
    };
    resolved.read.remarks.extend(remarks);
    resolved.read.young = young;
    Ok(resolved)
}

/// Reads the entry at a commit; with the head of its branch, if it is known.
fn resolve_at<'a>(
    git: &'a Git,
    remote: Remote<'a>,
    (commit, tip): (CommitId, Option<CommitId>),
    task: &Task<'_>,
    (ahead, care): (&Ahead, Care),
    watch: &Watch<'_>,
) -> Result<Resolved<'a>, Trouble> {
    let Declared { pin, core, addons, series, .. } = task.declared;
    let meter = |bytes| watch.received(bytes);
    let mut snapshot = remote.at(commit, &pin.reference, &meter).since(task.changes_since());
    let depth = ahead.depth(pin);
    let bring = |snapshot: &Snapshot<'_, '_>| {
        watch.step("fetching");
        depth.map(|depth| snapshot.files(depth)).transpose().map_err(Trouble::Remote)
    };
    let mut ends = bring(&snapshot)?;
    let mut merged = None;
    if let Some(job) = &task.merges {
        merged = Some(job.run(git, &mut snapshot, tip, watch)?);
        ends = bring(&snapshot)?;
    }
    watch.step("reading");
    let mut repo = read(&snapshot, pin, &ReadOptions { addons, series: *series, core: *core })?;
    let (mut steps, mut notes) = (StepTexts::default(), Vec::new());
    if let Some(MergedSteps { merges, patches, texts, notes: said }) = merged {
        repo = LockedRepo { merges, patches, ..repo }.sealed();
        (steps, notes) = (texts, said);
    }
    let mut remarks: Vec<Remark> =
        if task.is_by_hand() { doubt(&snapshot) } else { None }.into_iter().collect();
    if let Some(old) = task.moved_from().filter(|old| old.commit != commit) {
        if snapshot.remote().sends_parts() {
            watch.step("comparing");
            remarks.extend(rewritten(&snapshot, old, Some(&repo)));
        } else if care.no_rewrites {
            remarks.push(Remark::OnlyWhole);
        }
    }
    let read = Read { steps, notes, remarks, ..Read::of(repo) };
    Ok(Resolved { read, files: ends.map(|ends| (snapshot.unmetered(), ends)) })
}

/// Reads the entry of a pin from its content. It has no merges yet.
pub(crate) fn read(
    snapshot: &Snapshot<'_, '_>,
    pin: &Pin,
    source: &ReadOptions<'_>,
) -> Result<LockedRepo, Trouble> {
    let (tree, facts) = facts::read(snapshot, source)?;
    let (addons, commit) = (source.addons.to_vec(), snapshot.commit());
    let (pin, digest) = (pin.clone(), Digest::default());
    let (merges, patches, core) = (Vec::new(), Vec::new(), source.core);
    Ok(LockedRepo { pin, core, addons, commit, tree, merges, patches, facts, digest }.sealed())
}
