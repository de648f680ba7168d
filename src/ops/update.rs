//! Updates the lock: keeps the entries that are still valid, resolves and reads the rest.

use std::collections::BTreeMap;

use super::ahead::Ahead;
use super::careful::{Candidate, Care, Chosen, Remark, choose, doubt, hold_back, rewritten};
use super::given::{keep_imported, refuse_other_series};
use super::merging::{Answer, MergeJob, MergedSteps, UserFile};
use super::names::unknown_movable;
use super::newer_enterprise::warn_of_newer_enterprise;
use super::remotes::{OfPin, Remotes, Watch, outcome_of};
use super::updated::Updated;
use crate::config::Merge;
use crate::error::{Error, MergeError, PinError};
use crate::facts::{self, ReadOptions};
use crate::fs;
use crate::git::{self, Git, Remote, Snapshot};
use crate::lock::{self, Digest, Lock, LockedRepo, Pin, REQUIREMENTS, StepTexts, changes};
use crate::plan::{self, Action, Declared, Moves, Present};
use crate::repo::{CommitId, RemoteUrl, RepoName, TreeId};
use crate::report::{Done, Failure, Held, MergeNote, Trouble, WhyHeld};
use crate::session::Session;

/// Resolves and reads what `moves` asks for, and keeps everything else. Writes nothing.
pub(crate) fn update(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_with(session, old, StepTexts::default(), moves, ahead)
}

/// The same, as careful as the user wants it.
pub(crate) fn upgrade(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    care: Care,
) -> Result<Updated, Error> {
    let made = (StepTexts::default(), &AllAnswers::default());
    update_carefully(session, old, made, moves, &Ahead::default(), care)
}

/// The same. `texts` are those of steps of the old lock that are not written yet.
pub(super) fn update_with(
    session: &Session<'_>,
    old: Option<Lock>,
    texts: StepTexts,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_resolved(session, old, (texts, &AllAnswers::default()), moves, ahead)
}

/// The same, with merges that are made already.
pub(super) fn update_resolved(
    session: &Session<'_>,
    old: Option<Lock>,
    made: (StepTexts, &AllAnswers),
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    update_carefully(session, old, made, moves, ahead, Care::default())
}

fn update_carefully(
    session: &Session<'_>,
    old: Option<Lock>,
    (texts, answers): (StepTexts, &AllAnswers),
    moves: &Moves,
    ahead: &Ahead,
    care: Care,
) -> Result<Updated, Error> {
    let declared = plan::declared(&session.config);
    if let Some(name) = plan::undeclared(&declared, moves).into_iter().next() {
        return Err(unknown_movable(session, name));
    }
    if let Some(refused) = plan::refused(&declared, moves).into_iter().next() {
        return Err(PinError::Refused { file: session.config.file.clone(), refused }.into());
    }
    let mut old_steps =
        old.as_ref().map(|old| StepTexts::gather(&session.lock_file(), old)).unwrap_or_default();
    old_steps.extend(texts);
    let old = old.map(|old| keep_imported(session, &declared, old));
    let old = old.map(|old| without_lost_steps(without_forgeries(session, &declared, old), &old_steps));
    let present = session.present()?;
    let known = Known { lock: old.as_ref(), steps: &old_steps, present: &present, answers };
    let tasks = declared.iter().map(|declared| task(session, declared, &known, moves));
    let tasks: Vec<Task<'_>> = tasks.collect::<Result<_, Error>>()?;
    let (kept, work): (Vec<Task<'_>>, Vec<Task<'_>>) =
        tasks.into_iter().partition(|task| matches!(task.action, Action::Keep(_)));
    let mut repos: Vec<LockedRepo> = kept.iter().filter_map(Task::kept).collect();
    let local = &present.local_depends;
    let assemble = |mut repos: Vec<LockedRepo>| {
        repos.sort_by(|a, b| a.pin.cmp(&b.pin));
        let mut lock = Lock { repos, ..Lock::default() };
        lock.profiles = plan::profiles(&session.config, &lock, old.as_ref(), local)
            .map_err(|unmet| Error::Unmet { unmet })?;
        Ok(lock)
    };
    let performed =
        if work.is_empty() { Performed::default() } else { perform(session, &work, moves, ahead, care)? };
    repos.extend(
        performed.kept.iter().chain(performed.resolved.iter().map(|(_, resolved)| &resolved.repo)).cloned(),
    );
    let candidates = performed.candidates();
    let (lock, mut held) = match &old {
        Some(old) => hold_back(session, care, old, repos, candidates, &assemble)?,
        None => (assemble(repos)?, Vec::new()),
    };
    performed.tell(session, care, &held)?;
    held.extend(performed.held());
    let Performed { resolved, failures, .. } = performed;
    let mut steps = old_steps.clone();
    resolved.into_iter().for_each(|(_, read)| steps.extend(read.steps));
    warn_of_unreadable(session, &lock);
    for profile in &session.config.profiles {
        for directory in plan::unseen(profile, old.as_ref(), local) {
            let name = &profile.name;
            session
                .printer
                .note(&format!("profile `{name}`: `{directory}` does not exist, so the selection may lack what its modules need"));
        }
    }
    warn_of_newer_enterprise(session, old.as_ref(), &lock);
    let changes = changes(&old.clone().unwrap_or_default(), &lock);
    Ok(Updated { lock, changes, old, steps, failures, held, settled: false })
}

/// The old lock, the texts of its steps, and what else is known.
pub(super) struct Known<'a> {
    pub(super) lock: Option<&'a Lock>,
    pub(super) steps: &'a StepTexts,
    pub(super) present: &'a Present,
    pub(super) answers: &'a AllAnswers,
}

/// The merges that `oca resolve` made already, by repository.
#[derive(Default)]
pub(super) struct AllAnswers(pub(super) Vec<Answers>);

/// The merges of one repository that are made already.
pub(super) struct Answers {
    pub(super) pin: Pin,
    pub(super) base: CommitId,
    pub(super) answers: Vec<Answer>,
}

impl AllAnswers {
    fn of(&self, declared: &Declared) -> Option<&Answers> {
        self.0.iter().find(|answers| answers.pin == declared.pin)
    }
}

/// Marks entries with a step whose text is missing or was changed; they are made again.
fn without_lost_steps(mut lock: Lock, steps: &StepTexts) -> Lock {
    lock.distrust(|locked| locked.steps().any(|step| steps.patch(step).is_none()));
    lock
}

/// Marks entries whose tree is not the tree of their commit, as far as the cache knows; they are read again.
fn without_forgeries(session: &Session<'_>, declared: &[Declared], mut lock: Lock) -> Lock {
    let found: BTreeMap<Pin, TreeId> = match session.git() {
        Ok(git) => declared
            .iter()
            .filter_map(|declared| {
                let commit = lock.repo(&declared.pin).filter(|locked| locked.is_whole())?.head();
                Some((
                    declared.pin.clone(),
                    git.known_tree(&session.remote_url(&declared.url).ok()?, commit)?,
                ))
            })
            .collect(),
        // Without a cache, no tree is known.
        Err(_) => BTreeMap::new(),
    };
    lock.distrust(|locked| {
        let is_forged = found.get(&locked.pin).is_some_and(|found| *found != locked.tree);
        if is_forged {
            let (name, commit) = (&locked.pin.name, locked.head().short());
            session.printer.warning(&format!(
                "`{name}`: the tree in the lock is not the tree of commit `{commit}`; the entry is read again"
            ));
        }
        is_forged
    });
    lock
}

/// The work for one repository.
pub(super) struct Task<'a> {
    declared: &'a Declared,
    pub(super) action: Action<'a>,
    old: Option<&'a LockedRepo>,
    pub(super) url: RemoteUrl,
    /// What is merged into it. `None` if nothing is.
    pub(super) merges: Option<MergeJob<'a>>,
    /// Whether `oca resolve` found the commit.
    is_answered: bool,
}

impl Task<'_> {
    fn kept(&self) -> Option<LockedRepo> {
        match self.action {
            Action::Keep(repo) => Some(repo.clone()),
            _ => None,
        }
    }

    /// The old entry, if the remote is asked for its branch or tag again.
    fn moved_from(&self) -> Option<&LockedRepo> {
        self.old.filter(|_| matches!(self.action, Action::Resolve { .. }))
    }

    /// Whether the commit of a branch or tag was given by hand, on the command line or by an edit of the lock.
    fn is_by_hand(&self) -> bool {
        let is_by_hand = match self.action {
            Action::Set(_) => !self.is_answered,
            Action::Reread(_) => self.old.is_some_and(|old| !old.is_whole()),
            Action::Keep(_) | Action::Resolve { .. } => false,
        };
        is_by_hand && self.declared.pin.reference.full_name().is_some()
    }
}

pub(super) fn task<'a>(
    session: &Session<'_>,
    declared: &'a Declared,
    known: &Known<'a>,
    moves: &Moves,
) -> Result<Task<'a>, Error> {
    let answered = known.answers.of(declared);
    let action = match answered {
        Some(answered) => Action::Set(answered.base),
        None => plan::action(declared, known.lock, moves, known.present),
    };
    let is_answered = answered.is_some();
    let old = known.lock.and_then(|lock| lock.base_of(&declared.pin));
    // If no request is made, an unset variable in the url is no problem.
    if let Action::Keep(_) = action {
        return Ok(Task { declared, action, old, url: declared.url.clone(), merges: None, is_answered });
    }
    let url = session.remote_url(&declared.url)?;
    let mut merges = merge_job(session, declared, moves, old.map(|old| (old, known.steps)))?;
    if let (Some(job), Some(answered)) = (&mut merges, answered) {
        job.answers = &answered.answers;
    }
    Ok(Task { declared, action, old, url, merges, is_answered })
}

/// What is merged into a repository. `None` if nothing is.
pub(crate) fn merge_job<'a>(
    session: &Session<'_>,
    declared: &'a Declared,
    moves: &Moves,
    old: Option<(&'a LockedRepo, &'a StepTexts)>,
) -> Result<Option<MergeJob<'a>>, Error> {
    if declared.pin.pending.is_empty() {
        return Ok(None);
    }
    let url =
        |merge: &Merge| merge.pending.source.url.as_ref().map(|url| session.remote_url(url)).transpose();
    let urls = declared.merges.iter().map(url).collect::<Result<_, Error>>()?;
    let patches = declared.pin.pending.patches.iter().map(|path| user_file(session, path));
    let patches = patches.collect::<Result<_, Error>>()?;
    let moves = plan::merge_moves(declared, moves);
    Ok(Some(MergeJob { declared, urls, moves, patches, old, answers: &[] }))
}

impl OfPin for Task<'_> {
    fn pin(&self) -> &Pin {
        &self.declared.pin
    }
}

/// What became of the tasks.
#[derive(Default)]
struct Performed<'t> {
    resolved: Vec<(&'t Task<'t>, Read)>,
    /// The old entries of the repositories whose merges failed.
    kept: Vec<LockedRepo>,
    /// The merges that failed.
    failures: Vec<Failure>,
}

impl Performed<'_> {
    /// The entries that moved to a new commit of their branch or tag, and can be given back.
    fn candidates(&self) -> Vec<Candidate> {
        let candidate = |(task, Read { repo: new, .. }): &(&Task<'_>, Read)| {
            let old = task.moved_from()?;
            (old.is_whole() && old.pin == new.pin && old != new)
                .then(|| Candidate { old: old.clone(), new: new.clone() })
        };
        self.resolved.iter().filter_map(candidate).collect()
    }

    /// The repositories that stay because their newer commits are too young.
    fn held(&self) -> impl Iterator<Item = Held> {
        self.resolved.iter().filter_map(|(_, Read { repo, young, .. })| {
            let (name, commit) = (repo.pin.name.clone(), repo.commit);
            young.clone().map(|why| Held { name, commit, why })
        })
    }

    /// Prints what became of each, but not of those that are `held`. Fails if a history was rewritten and the user does
    /// not want that.
    fn tell(&self, session: &Session<'_>, care: Care, held: &[Held]) -> Result<(), Error> {
        let printer = session.printer;
        let is_held = |repo: &LockedRepo| {
            held.iter().any(|held| held.name == repo.pin.name && held.commit != repo.commit)
        };
        let told = || self.resolved.iter().filter(|(_, read)| !is_held(&read.repo));
        for (task, Read { repo, .. }) in told() {
            printer.outcome(&outcome_of(*task, Ok(locked(task, repo))));
        }
        for (_, Read { repo, notes, remarks, .. }) in told() {
            remarks.iter().for_each(|remark| remark.tell(session, repo));
            for note in notes {
                let text = note.to_string();
                if note.is_warning() { printer.warning(&text) } else { printer.note(&text) }
            }
        }
        let rewritten = told().filter(|(_, read)| read.remarks.iter().any(Remark::is_about_rewriting));
        let names: Vec<RepoName> = rewritten.map(|(task, _)| task.declared.pin.name.clone()).collect();
        if care.no_rewrites && !names.is_empty() { Err(Error::Rewritten { names }) } else { Ok(()) }
    }
}

/// Does all tasks in parallel. If some fail, the error names all of them. If only merges fail, and the old entries of
/// their repositories are still what is declared, the others go on.
///
/// Nothing is printed before it is known whether the lock changes.
fn perform<'t>(
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
    let failures: Vec<Failure> = failures.into_iter().map(|(_, failure)| failure).collect();
    if kept.len() < failures.len() {
        return Err(Error::Repos { failures });
    }
    if let Moves::To { commits, any_series: false } = moves {
        let read: Vec<&LockedRepo> = resolved.iter().map(|(_, read)| &read.repo).collect();
        refuse_other_series(session, commits, &read)?;
    }
    Ok(Performed { resolved, kept, failures })
}

/// Reads a patch of the user, beside `repos.toml`.
fn user_file(session: &Session<'_>, path: &str) -> Result<UserFile, Error> {
    let file = session.root().join(path);
    let text = fs::read_if_there(&file)?.ok_or(MergeError::NoPatch { file })?;
    Ok(UserFile { digest: lock::digest_of_patch(&text), text })
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
struct Read {
    repo: LockedRepo,
    steps: StepTexts,
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
                commit = old.unwrap_or(commit);
                young = Some(why);
            }
        }
    }
    let mut resolved = match task.action {
        Action::Resolve { old: Some(old) } if old.commit == commit => {
            Resolved { read: Read::of(old.clone()), files: None }
        }
        _ => {
            let at = |remote, commit| resolve_at(git, remote, (commit, tip), task, ahead, watch);
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

/// The commit of the base, and the head of its branch, if it is known or needed.
pub(super) fn base_and_tip(
    task: &Task<'_>,
    remote: &Remote<'_>,
    watch: &Watch<'_>,
) -> Result<(CommitId, Option<CommitId>), Trouble> {
    let reference = &task.declared.pin.reference;
    match task.action {
        Action::Resolve { .. } => {
            watch.step("asking");
            if let Some(job) = &task.merges {
                job.ask(remote, reference).map_err(Trouble::Remote)?;
            }
            let commit = remote.resolve(reference).map_err(Trouble::Remote)?;
            Ok((commit, Some(commit)))
        }
        Action::Set(commit) | Action::Reread(commit) | Action::Keep(&LockedRepo { commit, .. }) => {
            // A request may start from a commit that is newer than the pin.
            let tip = |job: &MergeJob<'_>| {
                reference.full_name()?;
                job.ask(remote, reference).and_then(|()| remote.resolve(reference)).ok()
            };
            Ok((commit, task.merges.as_ref().and_then(tip)))
        }
    }
}

/// Reads the entry at a commit; with the head of its branch, if it is known.
fn resolve_at<'a>(
    git: &'a Git,
    remote: Remote<'a>,
    (commit, tip): (CommitId, Option<CommitId>),
    task: &Task<'_>,
    ahead: &Ahead,
    watch: &Watch<'_>,
) -> Result<Resolved<'a>, Trouble> {
    let Declared { pin, core, addons, series, .. } = task.declared;
    let meter = |bytes| watch.received(bytes);
    let mut snapshot = remote.at(commit, &pin.reference, &meter);
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
    if let Some(old) = task.moved_from().filter(|old| old.commit != commit)
        && snapshot.remote().sends_parts()
    {
        watch.step("comparing");
        remarks.extend(rewritten(&snapshot, old, &repo));
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

fn warn_of_unreadable(session: &Session<'_>, lock: &Lock) {
    for repo in &lock.repos {
        if let Some(why) = repo.facts.unread_requirements() {
            session
                .printer
                .warning(&format!("`{}/{REQUIREMENTS}`: {why}; the file is ignored", repo.pin.name));
        }
        for manifest in repo.facts.unreadable_manifests() {
            let (name, path, line, why) = (&repo.pin.name, &manifest.path, manifest.line, &manifest.why);
            session.printer.warning(&match line {
                0 => format!("`{name}/{path}`: {why}"),
                line => format!("`{name}/{path}` at line {line}: {why}; the module is ignored"),
            });
        }
    }
}
