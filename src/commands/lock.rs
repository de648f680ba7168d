//! `oca lock`: pins what is declared, checks the pins, or moves them.

use std::collections::BTreeMap;

use super::ahead::Ahead;
use super::submodules::Survey;
use crate::cli::{Format, FormatArg};
use crate::config::Mode;
use crate::error::{Error, counted};
use crate::facts::{self, Source};
use crate::fs::Written;
use crate::git::{Git, Remote};
use crate::lock::{Change, Dispute, Lock, LockedRepo, Pin, REQUIREMENTS, Side, Sides, changes};
use crate::output::json;
use crate::plan::{self, Action, Declared, Moves};
use crate::progress::Progress;
use crate::repo::{CommitId, RemoteUrl, RepoName};
use crate::report::{Difference, Outcome, RepoOutcome};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Pin a repository to a commit by hand
    #[arg(value_name = "NAME@COMMIT", conflicts_with_all = ["check", "upgrade"])]
    pins: Vec<String>,
    /// Only say whether the lock is what is declared; reads no cache and asks no server
    #[arg(long, conflicts_with = "upgrade")]
    check: bool,
    /// With `--check`: ask the servers too whether each branch or tag still leads to its pin
    #[arg(long, requires = "check")]
    upstream: bool,
    /// Move these repositories, or all that are not held, to the heads of their branches
    #[arg(long, value_name = "NAME", num_args = 0..)]
    upgrade: Option<Vec<String>>,
    /// After a merge with conflicts in the lock: where both sides moved a pin, take ours
    #[arg(long, conflicts_with_all = ["check", "theirs"])]
    ours: bool,
    /// The same, and take theirs
    #[arg(long, conflicts_with = "check")]
    theirs: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    if args.check {
        return check(args, session);
    }
    let moves = args.moves()?;
    let _claim = session.claim()?;
    let updated = match settled(args, session)? {
        Some(pins) => update(session, Some(pins), &moves, &Ahead::default())?.settled(),
        None => update(session, session.lock()?, &moves, &Ahead::default())?,
    };
    updated.save(session)?;
    match args.format.format {
        Format::Human => updated.tell(session),
        Format::Json => session.printer.data(&json::changes(&updated.changes)),
    }
    Ok(())
}

impl Args {
    fn moves(&self) -> Result<Moves, Error> {
        if !self.pins.is_empty() {
            return Ok(Moves::To(self.commits()?));
        }
        Ok(match &self.upgrade {
            None => Moves::Missing,
            Some(names) if names.is_empty() => Moves::All,
            Some(names) => Moves::Named(names.iter().map(|name| self::name(name)).collect::<Result<_, _>>()?),
        })
    }

    fn commits(&self) -> Result<BTreeMap<RepoName, CommitId>, Error> {
        let mut commits = BTreeMap::new();
        for word in &self.pins {
            let (name, commit) = pin(word)?;
            if commits.insert(name.clone(), commit).is_some_and(|other| other != commit) {
                return Err(Error::TwoPins { word: word.clone(), name });
            }
        }
        Ok(commits)
    }
}

fn pin(word: &str) -> Result<(RepoName, CommitId), Error> {
    let bad = |why: String| Error::BadPin { word: word.to_owned(), why };
    let Some((name, commit)) = word.split_once('@') else {
        return Err(Error::PinWithoutCommit { word: word.to_owned() });
    };
    let name = RepoName::parse(name).map_err(|invalid| bad(invalid.to_string()))?;
    let commit = CommitId::parse(commit).map_err(|invalid| bad(invalid.to_string()))?;
    Ok((name, commit))
}

fn name(word: &str) -> Result<RepoName, Error> {
    RepoName::parse(word).map_err(|invalid| Error::BadName { invalid })
}

/// The pins of a lock that holds git's conflict markers; `None` for one without.
fn settled(args: &Args, session: &Session<'_>) -> Result<Option<Lock>, Error> {
    let file = session.lock_file();
    let Some(bytes) = crate::fs::read_if_there(&file)? else { return Ok(None) };
    let Some(sides) = Sides::parse(&bytes, &file)? else { return Ok(None) };
    let disputes = sides.disputes();
    let chosen = if args.theirs { Side::Theirs } else { Side::Ours };
    if !disputes.is_empty() && !args.ours && !args.theirs {
        return Err(Error::Disputed { file, disputes });
    }
    for Dispute { pin, ours, theirs } in disputes {
        let (word, commit) = if chosen == Side::Ours { ("ours", ours) } else { ("theirs", theirs) };
        session.printer.note(&format!("{}: {word} is at {}", pin.name, commit.short()));
    }
    Ok(Some(sides.pins(chosen)))
}

/// Compares the lock with what is declared, and with the bytes that oca would write.
fn check(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let file = session.lock_file();
    let bytes = crate::fs::read_if_there(&file)?;
    let lock = bytes.as_deref().map(|bytes| Lock::parse(bytes, &file)).transpose()?;
    let mut differences = plan::differences(&session.config, lock.as_ref(), &session.local_depends()?);
    if let (Some(lock), Some(bytes)) = (&lock, &bytes)
        && !lock.is_laid_out_as(bytes)
    {
        differences.push(Difference::Layout);
    }
    let mut submodules = Vec::new();
    if let Some(lock) =
        lock.as_ref().filter(|_| differences.is_empty() && session.config.mode == Mode::Submodule)
        && let Some(survey) = Survey::take(session, lock)?
    {
        submodules = survey.differences().to_vec();
        differences.extend(submodules.iter().cloned().map(Difference::Submodule));
    }
    let mut failures = Vec::new();
    if let Some(lock) = lock.as_ref().filter(|_| args.upstream) {
        let (gone, failed) = upstream(session, lock)?;
        differences.extend(gone);
        failures = failed;
    }
    match args.format.format {
        Format::Human => {
            differences.iter().for_each(|difference| session.printer.data(&format!("{difference}\n")));
        }
        Format::Json => session.printer.data(&json::freshness(&differences)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    let unreachable = |difference: &Difference| match difference {
        Difference::Unreachable { name, .. } => Some(name.clone()),
        _ => None,
    };
    let names: Vec<RepoName> = differences.iter().filter_map(unreachable).collect();
    if !names.is_empty() && names.len() == differences.len() {
        return Err(Error::Unreachable { names });
    }
    if !submodules.is_empty() {
        return Err(Error::Submodules { differences: submodules });
    }
    match (lock, differences.is_empty()) {
        (_, true) => Ok(()),
        (None, _) => Err(Error::NoLock { file }),
        (Some(_), false) => Err(Error::Stale { file, differences, locked: false }),
    }
}

/// A lock that is what is declared, and how it came from the old one.
pub(super) struct Updated {
    pub(super) lock: Lock,
    pub(super) changes: Vec<Change>,
    old: Option<Lock>,
    /// Whether the old lock was in conflict, so that only its pins were known.
    settled: bool,
}

impl Updated {
    /// Writes the lock, where it changed.
    pub(super) fn save(&self, session: &Session<'_>) -> Result<Written, Error> {
        Ok(self.lock.save(&session.lock_file())?)
    }

    /// Without facts in the old lock, each repository would count as read anew.
    fn settled(mut self) -> Self {
        self.changes.retain(|change| !matches!(change, Change::Reread { .. }));
        Self { settled: true, ..self }
    }

    /// Says what changed.
    pub(super) fn tell(&self, session: &Session<'_>) {
        let printer = session.printer;
        for change in &self.changes {
            match change {
                Change::Removed { .. } if self.is_replaced(change) => {}
                Change::Removed { pin, .. } => printer.note(&format!("{}: removed from the lock", pin.name)),
                Change::Reread { pin } => printer.note(&format!("{}: read anew", pin.name)),
                Change::Added { .. } | Change::Moved { .. } => {}
            }
        }
        for (name, profile) in &self.lock.profiles {
            let old = self.old.as_ref().and_then(|old| old.profiles.get(name));
            if let Some(modules) = &profile.modules
                && old.is_none_or(|old| old.modules.as_ref() != Some(modules))
            {
                let count = counted(modules.len(), "module", "modules");
                printer.note(&format!("profile `{name}`: {count} selected"));
            }
        }
        let total = counted(self.lock.repos.len(), "repository", "repositories");
        let modules: usize = self.lock.repos.iter().map(|repo| repo.facts.modules.len()).sum();
        let modules = counted(modules, "module", "modules");
        let changed = self.changes.iter().filter(|change| !self.is_replaced(change)).count();
        match (changed, &self.old) {
            (0, Some(old)) if *old == self.lock => {
                printer.note(&format!("{total} with {modules}, nothing changed"));
            }
            (0, _) if self.settled => printer.note(&format!("{total} with {modules}, merged")),
            (changed, _) => printer.note(&format!("{total} with {modules}, {changed} changed")),
        }
    }

    /// An edited branch or url is a new pin: told of by the line that says where it is now.
    fn is_replaced(&self, change: &Change) -> bool {
        let comes = |name: &RepoName| {
            let mut others = self.changes.iter();
            others.any(|other| matches!(other, Change::Added { pin, .. } if pin.name == *name))
        };
        matches!(change, Change::Removed { pin, .. } if comes(&pin.name))
    }
}

/// The pins that their references no longer lead to, and the remotes that could not be asked.
fn upstream(session: &Session<'_>, lock: &Lock) -> Result<(Vec<Difference>, Vec<RepoOutcome>), Error> {
    let declared = plan::declared(&session.config);
    let pins = declared.iter().filter_map(|declared| Some((declared, lock.repo(&declared.pin)?)));
    let pins: Vec<_> = pins
        .filter(|(declared, _)| declared.pin.reference.full_name().is_some())
        .map(|(declared, locked)| Ok((declared, locked, session.remote_url(&declared.url)?)))
        .collect::<Result<_, Error>>()?;
    let names: Vec<&RepoName> = pins.iter().map(|(declared, ..)| &declared.pin.name).collect();
    let git = session.git()?;
    let answers = {
        let watcher = session.printer.watch(&names);
        session.pools()?.fetch(&pins, |place, (declared, locked, url)| {
            watcher.started(place);
            watcher.step(place, "asking");
            let meter = |bytes| watcher.received(place, bytes);
            let remote = git.remote(url);
            let answer =
                remote.and_then(|remote| remote.leads_to(&declared.pin.reference, locked.commit, &meter));
            let answer = answer.map_err(Outcome::Failed);
            watcher.finished(place, answer.as_ref().map_or_else(|outcome| outcome, |_| &Outcome::UpToDate));
            answer
        })
    };
    session.tell_warnings(git);
    let (mut gone, mut failures) = (Vec::new(), Vec::new());
    for ((declared, locked, _), answer) in pins.iter().zip(answers) {
        let Pin { name, reference, url } = declared.pin.clone();
        match answer {
            Ok(true) => {}
            Ok(false) => gone.push(Difference::Unreachable { name, reference, commit: locked.commit }),
            Err(outcome) => failures.push(RepoOutcome { name, url: url.to_string(), outcome }),
        }
    }
    Ok((gone, failures))
}

/// Resolves and reads what the moves ask for, everything else kept. Nothing is written.
pub(super) fn update(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    let declared = plan::declared(&session.config);
    if let Some(name) = plan::undeclared(&declared, moves).into_iter().next() {
        let known = declared.iter().map(|declared| declared.pin.name.to_string()).collect();
        return Err(Error::UnknownRepo { name, known });
    }
    if let Some(refused) = plan::refused(&declared, moves).into_iter().next() {
        return Err(Error::RefusedPin { file: session.config.file.clone(), refused });
    }
    let tasks = declared.iter().map(|declared| task(session, declared, old.as_ref(), moves));
    let tasks: Vec<Task<'_>> = tasks.collect::<Result<_, Error>>()?;
    let (kept, work): (Vec<Task<'_>>, Vec<Task<'_>>) =
        tasks.into_iter().partition(|task| matches!(task.action, Action::Keep(_)));
    let mut repos: Vec<LockedRepo> = kept.iter().filter_map(Task::kept).collect();
    if !work.is_empty() {
        repos.extend(perform(session, &work, ahead)?);
    }
    repos.sort_by(|a, b| a.pin.cmp(&b.pin));
    let mut lock = Lock { repos, ..Lock::default() };
    warn_of_unreadable(session, &lock);
    let local = session.local_depends()?;
    lock.profiles = plan::profiles(&session.config, &lock, old.as_ref(), &local)
        .map_err(|unmet| Error::Unmet { unmet })?;
    for profile in &session.config.profiles {
        for directory in plan::unseen(profile, old.as_ref(), &local) {
            let name = &profile.name;
            session
                .printer
                .note(&format!("profile `{name}` is selected without `{directory}`: it is not there"));
        }
    }
    let changes = changes(&old.clone().unwrap_or_default(), &lock);
    Ok(Updated { lock, changes, old, settled: false })
}

/// What is to be done for one repository, with what it needs.
struct Task<'a> {
    declared: &'a Declared,
    action: Action<'a>,
    old: Option<&'a LockedRepo>,
    url: RemoteUrl,
}

impl Task<'_> {
    fn kept(&self) -> Option<LockedRepo> {
        match self.action {
            Action::Keep(repo) => Some(repo.clone()),
            _ => None,
        }
    }
}

fn task<'a>(
    session: &Session<'_>,
    declared: &'a Declared,
    old: Option<&'a Lock>,
    moves: &Moves,
) -> Result<Task<'a>, Error> {
    let action = plan::action(declared, old, moves);
    let url = match action {
        // A variable that only a request needs may be unset where none is made.
        Action::Keep(_) => declared.url.clone(),
        _ => session.remote_url(&declared.url)?,
    };
    let old = old.and_then(|lock| lock.repo(&declared.pin));
    Ok(Task { declared, action, old, url })
}

/// Does all tasks at once; where some fail, all of them are told.
fn perform(session: &Session<'_>, work: &[Task<'_>], ahead: &Ahead) -> Result<Vec<LockedRepo>, Error> {
    let names: Vec<&RepoName> = work.iter().map(|task| &task.declared.pin.name).collect();
    let pools = session.pools()?;
    let git = session.git()?;
    let results = {
        let watcher = session.printer.watch(&names);
        let watcher = watcher.as_ref();
        pools.fetch_then(
            work,
            |place, task| {
                watcher.started(place);
                resolve(git, task, ahead, place, watcher)
            },
            |place, task, resolved| {
                let (outcome, repo) = match resolved {
                    Ok(Resolved { repo, files }) => {
                        if let Some((remote, ends)) = files {
                            watcher.step(place, "checking out");
                            ahead.build(&repo.pin, &remote, repo.commit, &ends);
                        }
                        (locked(task, &repo), Some(repo))
                    }
                    Err(facts::Error::Git(error)) => (Outcome::Failed(error), None),
                    Err(facts::Error::NoDirectory(missing)) => (Outcome::NoAddons(missing), None),
                };
                watcher.finished(place, &outcome);
                (outcome, repo)
            },
        )
    };
    session.tell_warnings(git);
    let mut failures = Vec::new();
    let mut repos = Vec::new();
    for (task, (outcome, repo)) in work.iter().zip(results) {
        match repo {
            Some(repo) => repos.push(repo),
            None => failures.push(RepoOutcome {
                name: task.declared.pin.name.clone(),
                url: task.declared.pin.url.to_string(),
                outcome,
            }),
        }
    }
    if failures.is_empty() { Ok(repos) } else { Err(Error::Repos { failures }) }
}

fn locked(task: &Task<'_>, repo: &LockedRepo) -> Outcome {
    let from = task.old.map(|old| old.commit);
    if from == Some(repo.commit) { Outcome::UpToDate } else { Outcome::Locked { from, to: repo.commit } }
}

/// What is to be locked and, where the files came with it, where they are and where their history ends.
struct Resolved<'a> {
    repo: LockedRepo,
    files: Option<(Remote<'a>, Vec<CommitId>)>,
}

fn resolve<'a>(
    git: &'a Git,
    task: &Task<'_>,
    ahead: &Ahead,
    place: usize,
    watcher: &dyn Progress,
) -> Result<Resolved<'a>, facts::Error> {
    let kept = |repo: &LockedRepo| Ok(Resolved { repo: repo.clone(), files: None });
    let meter = |bytes| watcher.received(place, bytes);
    let remote = git.remote(&task.url)?;
    let Declared { pin, addons, series, .. } = task.declared;
    let commit = match task.action {
        Action::Keep(repo) => return kept(repo),
        Action::Set(commit) | Action::Reread(commit) => commit,
        Action::Resolve { old } => {
            watcher.step(place, "asking");
            let commit = remote.resolve(&pin.reference)?;
            if let Some(old) = old.filter(|old| old.commit == commit) {
                return kept(old);
            }
            commit
        }
    };
    let mut ends = None;
    if let Some(depth) = ahead.depth(pin) {
        watcher.step(place, "fetching");
        ends = Some(remote.fetch_files(commit, &pin.reference, depth, &meter)?);
    }
    watcher.step(place, "reading");
    let source = Source { commit, reference: &pin.reference, addons, series: *series };
    let facts = facts::read(&remote, &source, &meter)?;
    let tree = remote.tree(commit, &pin.reference, &meter)?.id();
    let repo = LockedRepo { pin: pin.clone(), addons: addons.clone(), commit, tree, facts };
    Ok(Resolved { repo, files: ends.map(|ends| (remote, ends)) })
}

fn warn_of_unreadable(session: &Session<'_>, lock: &Lock) {
    for repo in &lock.repos {
        if let Some(why) = repo.facts.unread_requirements() {
            session.printer.warning(&format!("`{}/{REQUIREMENTS}`: {why}; it is left out", repo.pin.name));
        }
        for manifest in repo.facts.unreadable_manifests() {
            let (name, path, line, why) = (&repo.pin.name, &manifest.path, manifest.line, &manifest.why);
            session
                .printer
                .warning(&format!("`{name}/{path}` at line {line}: {why}; the module is left out"));
        }
    }
}
