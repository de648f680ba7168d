//! Updates the lock: keeps the entries that are still valid, resolves and reads the rest.

use std::collections::BTreeMap;

use super::ahead::Ahead;
use super::given::{keep_imported, refuse_other_series};
use super::names::unknown_repo;
use super::remotes::{OfPin, Remotes, Watch};
use crate::error::{Error, PinError};
use crate::facts::{self, ReadOptions};
use crate::fs::Written;
use crate::git::{self, Git, Remote, Snapshot};
use crate::lock::{Change, Digest, Lock, LockedRepo, Pin, REQUIREMENTS, changes};
use crate::plan::{self, Action, Declared, Moves};
use crate::repo::{CommitId, RemoteUrl, RepoName, TreeId, counted};
use crate::report::{Done, Trouble};
use crate::session::Session;

/// An updated lock, and the changes to the old one.
pub(crate) struct Updated {
    pub(crate) lock: Lock,
    pub(crate) changes: Vec<Change>,
    pub(super) old: Option<Lock>,
    /// Whether the old lock had merge conflicts, so that only its pins were known.
    settled: bool,
}

impl Updated {
    /// Writes the lock if it changed.
    pub(crate) fn save(&self, session: &Session<'_>) -> Result<Written, Error> {
        Ok(self.lock.save(&session.lock_file())?)
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
        for change in &self.changes {
            match change {
                Change::Removed { .. } if self.is_replaced(change) => {}
                Change::Removed { pin, .. } => printer.note(&format!("{}: removed from the lock", pin.name)),
                Change::Reread { pin } => printer.note(&format!("{}: read again", pin.name)),
                Change::Added { .. } | Change::Moved { .. } => {}
            }
        }
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
        let modules: usize = self.lock.repos.iter().map(|repo| repo.facts.modules.len()).sum();
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

/// Resolves and reads what `moves` asks for, and keeps everything else. Writes nothing.
pub(crate) fn update(
    session: &Session<'_>,
    old: Option<Lock>,
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Updated, Error> {
    let declared = plan::declared(&session.config);
    if let Some(name) = plan::undeclared(&declared, moves).into_iter().next() {
        return Err(unknown_repo(session, name));
    }
    if let Some(refused) = plan::refused(&declared, moves).into_iter().next() {
        return Err(PinError::Refused { file: session.config.file.clone(), refused }.into());
    }
    let old = old.map(|old| keep_imported(session, &declared, old));
    let old = old.map(|old| without_forgeries(session, &declared, old));
    let tasks = declared.iter().map(|declared| task(session, declared, old.as_ref(), moves));
    let tasks: Vec<Task<'_>> = tasks.collect::<Result<_, Error>>()?;
    let (kept, work): (Vec<Task<'_>>, Vec<Task<'_>>) =
        tasks.into_iter().partition(|task| matches!(task.action, Action::Keep(_)));
    let mut repos: Vec<LockedRepo> = kept.iter().filter_map(Task::kept).collect();
    if !work.is_empty() {
        repos.extend(perform(session, &work, moves, ahead)?);
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
                .note(&format!("profile `{name}`: `{directory}` does not exist, so the selection may lack what its modules need"));
        }
    }
    let changes = changes(&old.clone().unwrap_or_default(), &lock);
    Ok(Updated { lock, changes, old, settled: false })
}

/// Marks entries whose tree is not the tree of their commit, as far as the cache knows; they are read again.
fn without_forgeries(session: &Session<'_>, declared: &[Declared], mut lock: Lock) -> Lock {
    let found: BTreeMap<Pin, TreeId> = match session.git() {
        Ok(git) => declared
            .iter()
            .filter_map(|declared| {
                let commit = lock.repo(&declared.pin).filter(|locked| locked.is_whole())?.commit;
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
            let (name, commit) = (&locked.pin.name, locked.commit.short());
            session.printer.warning(&format!(
                "`{name}`: the tree in the lock is not the tree of commit `{commit}`; the entry is read again"
            ));
        }
        is_forged
    });
    lock
}

/// The work for one repository.
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

    /// Whether the commit of a branch or tag was given by hand, on the command line or by an edit of the lock.
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
        // If no request is made, an unset variable in the url is no problem.
        Action::Keep(_) => declared.url.clone(),
        _ => session.remote_url(&declared.url)?,
    };
    let old = old.and_then(|lock| lock.repo(&declared.pin));
    Ok(Task { declared, action, old, url })
}

impl OfPin for Task<'_> {
    fn pin(&self) -> &Pin {
        &self.declared.pin
    }
}

/// Does all tasks in parallel. If some fail, the error names all of them.
///
/// Nothing is printed before it is known that all succeeded: otherwise the lock does not change.
fn perform(
    session: &Session<'_>,
    work: &[Task<'_>],
    moves: &Moves,
    ahead: &Ahead,
) -> Result<Vec<LockedRepo>, Error> {
    let remotes = Remotes::of(session)?.without_lines();
    let resolved = remotes.each(
        work,
        |task, watch| resolve(remotes.git, task, ahead, watch),
        |task, resolved, watch| {
            let Resolved { repo, files, doubt } = resolved;
            if let Some((snapshot, ends)) = files {
                watch.step("checking out");
                ahead.build(&repo, &snapshot, &ends);
            }
            Ok((locked(task, &repo), (repo, doubt)))
        },
    )?;
    let (resolved, outcomes) = resolved.all_with_outcomes()?;
    let (repos, doubts): (Vec<LockedRepo>, Vec<Option<Doubt>>) = resolved.into_iter().unzip();
    if let Moves::To { commits, any_series: false } = moves {
        refuse_other_series(session, commits, &repos)?;
    }
    outcomes.iter().for_each(|outcome| session.printer.outcome(outcome));
    for (repo, doubt) in repos.iter().zip(doubts) {
        doubt.iter().for_each(|doubt| doubt.tell(session, repo));
    }
    Ok(repos)
}

fn locked(task: &Task<'_>, repo: &LockedRepo) -> Done {
    let to = repo.commit;
    match task.old {
        Some(old) if old.commit == to && old.is_pin_only() => Done::Locked { from: None, to },
        Some(old) if old.commit == to => Done::UpToDate,
        old => Done::Locked { from: old.map(|old| old.commit), to },
    }
}

/// The new entry; with the snapshot and the ends of its history, if its files were fetched.
struct Resolved<'a> {
    repo: LockedRepo,
    files: Option<(Snapshot<'a, 'static>, Vec<CommitId>)>,
    doubt: Option<Doubt>,
}

/// The problem with a commit that was given by hand.
enum Doubt {
    /// The branch or tag does not contain it.
    Astray,
    /// The remote could not be reached.
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
            Self::Unasked(error) => session.printer.note(&format!(
                "{name}: could not check that {reference} contains {}: {error}",
                commit.short()
            )),
        }
    }
}

fn resolve<'a>(
    git: &'a Git,
    task: &Task<'_>,
    ahead: &Ahead,
    watch: &Watch<'_>,
) -> Result<Resolved<'a>, Trouble> {
    let kept = |repo: &LockedRepo| Ok(Resolved { repo: repo.clone(), files: None, doubt: None });
    let remote = git.remote(&task.url).map_err(Trouble::Remote)?;
    let pin = &task.declared.pin;
    let commit = match task.action {
        Action::Keep(repo) => return kept(repo),
        Action::Set(commit) | Action::Reread(commit) => commit,
        Action::Resolve { old } => {
            watch.step("asking");
            let commit = remote.resolve(&pin.reference).map_err(Trouble::Remote)?;
            if let Some(old) = old.filter(|old| old.commit == commit) {
                return kept(old);
            }
            commit
        }
    };
    match resolve_at(remote, commit, task, ahead, watch) {
        // The lock has commits only. A `rev` must be one, too.
        Err(Trouble::Remote(git::Error::IsTag { commit, .. })) if pin.reference.full_name().is_some() => {
            let remote = git.remote(&task.url).map_err(Trouble::Remote)?;
            resolve_at(remote, commit, task, ahead, watch)
        }
        other => other,
    }
}

fn resolve_at<'a>(
    remote: Remote<'a>,
    commit: CommitId,
    task: &Task<'_>,
    ahead: &Ahead,
    watch: &Watch<'_>,
) -> Result<Resolved<'a>, Trouble> {
    let Declared { pin, addons, series, .. } = task.declared;
    let meter = |bytes| watch.received(bytes);
    let snapshot = remote.at(commit, &pin.reference, &meter);
    let mut ends = None;
    if let Some(depth) = ahead.depth(pin) {
        watch.step("fetching");
        ends = Some(snapshot.files(depth).map_err(Trouble::Remote)?);
    }
    watch.step("reading");
    let repo = read(&snapshot, pin, &ReadOptions { addons, series: *series })?;
    let doubt = if task.is_by_hand() { doubt(&snapshot) } else { None };
    Ok(Resolved { repo, files: ends.map(|ends| (snapshot.unmetered(), ends)), doubt })
}

/// Reads the entry of a pin from its commit.
pub(crate) fn read(
    snapshot: &Snapshot<'_, '_>,
    pin: &Pin,
    source: &ReadOptions<'_>,
) -> Result<LockedRepo, Trouble> {
    let (tree, facts) = facts::read(snapshot, source)?;
    let (addons, commit) = (source.addons.to_vec(), snapshot.commit());
    let repo = LockedRepo { pin: pin.clone(), addons, commit, tree, facts, digest: Digest::default() };
    Ok(repo.sealed())
}

fn doubt(snapshot: &Snapshot<'_, '_>) -> Option<Doubt> {
    match snapshot.is_led_to() {
        Ok(true) => None,
        Ok(false) => Some(Doubt::Astray),
        Err(error) => Some(Doubt::Unasked(error)),
    }
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
