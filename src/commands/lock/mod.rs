//! `oca lock`: pins what is declared, checks the pins, or moves them.

mod check;

use std::collections::BTreeMap;

use super::ahead::Ahead;
use crate::cli::{Format, FormatArg};
use crate::error::{Error, counted};
use crate::facts::{self, Source};
use crate::fs::Written;
use crate::git::{self, Git, Meter, Remote};
use crate::lock::{self, Change, Digest, Dispute, Lock, LockedRepo, Pin, REQUIREMENTS, Side, Sides, changes};
use crate::output::json;
use crate::plan::{self, Action, Declared, Moves};
use crate::progress::Progress;
use crate::repo::{CommitId, RemoteUrl, RepoName, redact};
use crate::report::{Outcome, RepoOutcome};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Pin a repository to a commit by hand
    #[arg(value_name = "NAME@COMMIT", conflicts_with_all = ["check", "upgrade"])]
    pins: Vec<String>,
    /// Only say whether the lock is what is declared; reads no cache and asks no server
    #[arg(long, conflicts_with = "upgrade")]
    check: bool,
    /// With `--check`: ask the servers too whether each branch or tag still leads to its pin, and compare all that the
    /// lock says of each commit with the commit itself
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
        return check::run(args, session);
    }
    let moves = args.moves()?;
    let _claim = session.claim()?;
    let updated = match settled(args, session)? {
        Some(pins) => update(session, Some(pins), &moves, &Ahead::default())?.settled(),
        None => update(session, session.lock_as_it_stands()?, &moves, &Ahead::default())?,
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
    // It may be a url with a password.
    let word = redact(word);
    let bad = |why: String| Error::BadPin { word: word.clone(), why };
    let Some((name, commit)) = word.split_once('@') else {
        return Err(Error::PinWithoutCommit { word: word.clone() });
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
    let Some(bytes) = lock::read_file(&file)? else { return Ok(None) };
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

    /// Whether somebody wrote the commit by hand, on the command line or into the lock, for a branch or tag.
    fn is_by_hand(&self) -> bool {
        let is_by_hand = match self.action {
            Action::Set(_) => true,
            Action::Reread(_) => self.old.is_some_and(|old| !old.is_whole()),
            Action::Keep(_) | Action::Resolve { .. } => false,
        };
        is_by_hand && self.declared.pin.reference.full_name().is_some()
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
                    Ok(Resolved { repo, files, doubt }) => {
                        if let Some((remote, ends)) = files {
                            watcher.step(place, "checking out");
                            ahead.build(&repo.pin, &remote, repo.commit, &ends);
                        }
                        (locked(task, &repo), Some((repo, doubt)))
                    }
                    Err(error) => (failed(error), None),
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
            Some((repo, doubt)) => {
                doubt.iter().for_each(|doubt| doubt.tell(session, &repo));
                repos.push(repo);
            }
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

fn failed(error: facts::Error) -> Outcome {
    match error {
        facts::Error::Git(error) => Outcome::Failed(error),
        facts::Error::NoDirectory(missing) => Outcome::NoAddons(missing),
    }
}

/// What is to be locked and, where the files came with it, where they are and where their history ends.
struct Resolved<'a> {
    repo: LockedRepo,
    files: Option<(Remote<'a>, Vec<CommitId>)>,
    doubt: Option<Doubt>,
}

/// What is wrong with a commit that did not come from its branch or tag.
enum Doubt {
    /// The branch or tag does not lead to it.
    Astray,
    /// The remote could not be asked.
    Unasked(git::Error),
}

impl Doubt {
    fn tell(&self, session: &Session<'_>, repo: &LockedRepo) {
        let LockedRepo { pin: Pin { name, reference, .. }, commit, .. } = repo;
        match self {
            Self::Astray => {
                session.printer.warning(&format!(
                    "`{name}`: commit `{commit}` is not on {reference}; `oca lock --check --upstream` will refuse it"
                ));
                session
                    .printer
                    .hint(&format!("to keep it, write `rev = \"{commit}\"` for `{name}` in `repos.toml`"));
            }
            Self::Unasked(error) => session
                .printer
                .note(&format!("{name}: not checked that {reference} leads to {}: {error}", commit.short())),
        }
    }
}

fn resolve<'a>(
    git: &'a Git,
    task: &Task<'_>,
    ahead: &Ahead,
    place: usize,
    watcher: &dyn Progress,
) -> Result<Resolved<'a>, facts::Error> {
    let kept = |repo: &LockedRepo| Ok(Resolved { repo: repo.clone(), files: None, doubt: None });
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
    let repo = read(&remote, pin, &source, &meter)?;
    let doubt = if task.is_by_hand() { doubt(&remote, &repo, &meter) } else { None };
    Ok(Resolved { repo, files: ends.map(|ends| (remote, ends)), doubt })
}

/// The entry of a pin at a commit, read from it.
fn read(
    remote: &Remote<'_>,
    pin: &Pin,
    source: &Source<'_>,
    meter: Meter<'_>,
) -> Result<LockedRepo, facts::Error> {
    let (tree, facts) = facts::read(remote, source, meter)?;
    let (addons, commit) = (source.addons.to_vec(), source.commit);
    let repo = LockedRepo { pin: pin.clone(), addons, commit, tree, facts, digest: Digest::default() };
    Ok(repo.sealed())
}

fn doubt(remote: &Remote<'_>, repo: &LockedRepo, meter: Meter<'_>) -> Option<Doubt> {
    match remote.leads_to(&repo.pin.reference, repo.commit, meter) {
        Ok(true) => None,
        Ok(false) => Some(Doubt::Astray),
        Err(error) => Some(Doubt::Unasked(error)),
    }
}

fn warn_of_unreadable(session: &Session<'_>, lock: &Lock) {
    for repo in &lock.repos {
        if let Some(why) = repo.facts.unread_requirements() {
            session.printer.warning(&format!("`{}/{REQUIREMENTS}`: {why}; it is left out", repo.pin.name));
        }
        for manifest in repo.facts.unreadable_manifests() {
            let (name, path, line, why) = (&repo.pin.name, &manifest.path, manifest.line, &manifest.why);
            session.printer.warning(&match line {
                0 => format!("`{name}/{path}`: {why}"),
                line => format!("`{name}/{path}` at line {line}: {why}; the module is left out"),
            });
        }
    }
}
