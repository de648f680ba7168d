//! `oca sync`: makes the checkouts what the lock says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::lock::{self, Ahead};
use crate::cli::{Format, FormatArg};
use crate::error::{Error, counted};
use crate::fs::{Context, write_if_changed};
use crate::git::{ASIDE_PREFIX, Checkout, CheckoutError, Content, Head, Origin, Remote};
use crate::lock::{Lock, LockedRepo};
use crate::output::json;
use crate::plan::{self, Moves};
use crate::progress::Progress;
use crate::repo::{RemoteUrl, RepoName};
use crate::report::{Outcome, RepoOutcome};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Fail where the lock is not what is declared, instead of updating it
    #[arg(long)]
    locked: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Discard changes, untracked files and local commits in the checkouts
    #[arg(long)]
    force: bool,
    /// Remove checkouts that no profile declares
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let _claim = session.claim()?;
    let lock = current_lock(args, session)?;
    let targets = targets(session, &lock)?;
    let (ready, work): (Vec<Target<'_>>, Vec<Target<'_>>) =
        targets.into_iter().partition(|target| target.is_ready() && !(args.force && target.has_work()));
    let mut outcomes: Vec<RepoOutcome> =
        ready.iter().map(|target| target.outcome(Outcome::UpToDate)).collect();
    if !work.is_empty() {
        outcomes.extend(if args.dry_run {
            foresee(session, &work, args.force)
        } else {
            place(session, &work, args.force)?
        });
    }
    if args.prune {
        outcomes.extend(prune(session, args)?);
    }
    finish(session, args, outcomes)
}

/// The lock as declared: updated where something is not pinned yet, unless that is forbidden.
fn current_lock(args: &Args, session: &Session<'_>) -> Result<Lock, Error> {
    let old = session.lock()?;
    let differences = plan::differences(&session.config, old.as_ref(), &session.local_depends()?);
    let file = session.lock_file();
    match old {
        Some(lock) if differences.is_empty() => Ok(lock),
        None if args.locked => Err(Error::NoLock { file }),
        Some(_) if args.locked => Err(Error::Stale { file, differences, locked: true }),
        old => {
            let ahead = if args.dry_run { Ahead::new() } else { wanted(session)? };
            let updated = lock::update(session, old, &Moves::Missing, &ahead)?;
            if !args.dry_run {
                updated.save(session)?;
            }
            Ok(updated.lock)
        }
    }
}

/// What this sync will check out, whatever the commits turn out to be.
fn wanted(session: &Session<'_>) -> Result<Ahead, Error> {
    let repos = session.profiles()?.into_iter().flat_map(|profile| &profile.repos);
    let wanted = repos.filter(|repo| !session.config.skips(&repo.name));
    Ok(wanted.map(|repo| (plan::pin(repo), session.config.depth(repo))).collect())
}

/// A directory and what it should hold.
struct Target<'a> {
    locked: &'a LockedRepo,
    checkout: Checkout,
    origin: Origin,
    /// Where requests go, with what secrets were written.
    url: RemoteUrl,
    depth: u32,
    head: Head,
}

impl Target<'_> {
    fn name(&self) -> &RepoName {
        &self.locked.pin.name
    }

    /// By HEAD and the marker alone: files are `oca status`'s business.
    fn is_ready(&self) -> bool {
        matches!(&self.head, Head::Complete(placed) if placed.commit == self.locked.commit
            && placed.depth == self.depth && placed.url == self.origin.url)
    }

    /// What `--force` discards; where it cannot be told, there may be some.
    fn has_work(&self) -> bool {
        !self.checkout.local_work(None).is_ok_and(|work| work.is_none())
    }

    fn outcome(&self, outcome: Outcome) -> RepoOutcome {
        RepoOutcome { name: self.name().clone(), url: self.locked.pin.url.to_string(), outcome }
    }

    fn done(&self) -> Outcome {
        let to = self.locked.commit;
        match &self.head {
            Head::Absent | Head::HalfClone | Head::NotGit | Head::Link | Head::Other(None) => {
                Outcome::Created(to)
            }
            Head::Complete(placed) if placed.commit == to => Outcome::Refreshed(to),
            Head::Complete(placed) => Outcome::Moved { from: Some(placed.commit), to },
            Head::Other(Some(from)) if *from == to => Outcome::Refreshed(to),
            Head::Other(Some(from)) => Outcome::Moved { from: Some(*from), to },
        }
    }
}

/// The checkouts of the profiles asked for, each directory once, in path order.
fn targets<'a>(session: &'a Session<'_>, lock: &'a Lock) -> Result<Vec<Target<'a>>, Error> {
    let mut targets: Vec<Target<'a>> = Vec::new();
    for profile in session.profiles()? {
        for selected in plan::selected(profile, lock) {
            let path = session.checkout(profile, &selected.repo.name)?;
            let known = targets.iter().any(|target| target.checkout.path() == path);
            if known || session.config.skips(&selected.repo.name) {
                continue;
            }
            let checkout = Checkout::new(path);
            targets.push(Target {
                head: checkout.head()?,
                checkout,
                origin: session.origin(&selected.repo.url, &selected.repo.reference)?,
                url: session.remote_url(&selected.repo.url)?,
                depth: session.config.depth(selected.repo),
                locked: selected.locked,
            });
        }
    }
    Ok(targets)
}

/// Fetches what is missing and puts it in place, all repositories at once.
fn place(session: &Session<'_>, work: &[Target<'_>], force: bool) -> Result<Vec<RepoOutcome>, Error> {
    prepare_directories(work)?;
    let names: Vec<&RepoName> = work.iter().map(Target::name).collect();
    let pools = session.pools()?;
    let outcomes = {
        let watcher = session.printer.watch(&names);
        let watcher = watcher.as_ref();
        pools.fetch_then(
            work,
            |place, target| {
                watcher.started(place);
                fetch(session, target, force, &Watch { watcher, place })
            },
            |place, target, fetched| {
                watcher.step(place, "checking out");
                let outcome = fetched.and_then(|(remote, content)| {
                    target.checkout.place(&remote, &content, force).map_err(Outcome::Kept)?;
                    Ok(target.done())
                });
                let outcome = outcome.unwrap_or_else(|failure| failure);
                watcher.finished(place, &outcome);
                target.outcome(outcome)
            },
        )
    };
    session.git().warnings().iter().for_each(|warning| session.printer.warning(warning));
    Ok(outcomes)
}

struct Watch<'a> {
    watcher: &'a dyn Progress,
    place: usize,
}

/// Brings what the checkout needs into the store; asks no server for a checkout that will be left alone.
fn fetch<'a>(
    session: &'a Session<'_>,
    target: &'a Target<'_>,
    force: bool,
    watch: &Watch<'_>,
) -> Result<(Remote<'a>, Content<'a>), Outcome> {
    let failed = |error| Outcome::Failed(error);
    let LockedRepo { pin, commit, .. } = target.locked;
    if !force && let Some(obstacle) = target.checkout.obstacle(&target.head) {
        return Err(Outcome::Kept(obstacle));
    }
    let remote = session.git().remote(&target.url).map_err(failed)?;
    if let (Head::Complete(_) | Head::Other(Some(_)), false) = (&target.head, force) {
        target.checkout.recover().map_err(failed)?;
        let work = target.checkout.local_work(Some(&remote)).map_err(failed)?;
        if !work.is_none() {
            return Err(Outcome::Kept(CheckoutError::LocalWork(work)));
        }
    }
    watch.watcher.step(watch.place, "fetching");
    let meter = |bytes| watch.watcher.received(watch.place, bytes);
    let ends = remote.fetch_files(*commit, &pin.reference, target.depth, &meter).map_err(failed)?;
    let content = Content { commit: *commit, ends, depth: target.depth, origin: &target.origin };
    Ok((remote, content))
}

/// What [`place`] would do, as far as it can be told without asking a server.
fn foresee(session: &Session<'_>, work: &[Target<'_>], force: bool) -> Vec<RepoOutcome> {
    let one = |target: &Target<'_>| {
        let outcome = match &target.head {
            _ if force => target.done(),
            Head::Complete(_) | Head::Other(Some(_)) => {
                let remote = session.git().remote(&target.url).ok();
                match target.checkout.local_work(remote.as_ref()) {
                    Ok(work) if work.is_none() => target.done(),
                    Ok(work) => Outcome::Kept(CheckoutError::LocalWork(work)),
                    Err(error) => Outcome::Kept(error.into()),
                }
            }
            head => target.checkout.obstacle(head).map_or_else(|| target.done(), Outcome::Kept),
        };
        target.outcome(outcome)
    };
    work.iter().map(one).collect()
}

/// Makes the directories of the checkouts, keeps them out of the surrounding repository, and clears away what a
/// killed run left.
fn prepare_directories(work: &[Target<'_>]) -> Result<(), Error> {
    let parents: std::collections::BTreeSet<&Path> =
        work.iter().filter_map(|target| target.checkout.path().parent()).collect();
    for parent in parents {
        std::fs::create_dir_all(parent).at("create", parent)?;
        let ignore = parent.join(".gitignore");
        if !ignore.exists() {
            write_if_changed(&ignore, b"*\n")?;
        }
        for entry in std::fs::read_dir(parent).at("read", parent)? {
            let entry = entry.at("read", parent)?;
            if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX) {
                std::fs::remove_dir_all(entry.path()).at("remove", &entry.path())?;
            }
        }
    }
    Ok(())
}

/// Removes checkouts of ours that no profile declares, and in which nobody works.
fn prune(session: &Session<'_>, args: &Args) -> Result<Vec<RepoOutcome>, Error> {
    let mut outcomes = Vec::new();
    for (name, path) in undeclared(session)? {
        let checkout = Checkout::new(path);
        let outcome = prune_one(&checkout, args).map_or_else(Outcome::Kept, |()| Outcome::Removed);
        let note = format!("{name}: {}", crate::output::render_outcome(&outcome));
        if !outcome.is_failure() {
            session.printer.note(&note);
        }
        outcomes.push(RepoOutcome { name, url: String::new(), outcome });
    }
    Ok(outcomes)
}

fn prune_one(checkout: &Checkout, args: &Args) -> Result<(), CheckoutError> {
    if !args.force {
        let work = checkout.whole_work()?;
        if !work.is_none() {
            return Err(CheckoutError::LocalWork(work));
        }
    }
    if !args.dry_run {
        checkout.remove()?;
    }
    Ok(())
}

/// Checkouts that oca made, below a profile's path, and that no profile declares there.
pub(super) fn undeclared(session: &Session<'_>) -> Result<BTreeMap<RepoName, PathBuf>, Error> {
    let mut declared = std::collections::BTreeSet::new();
    let mut directories = std::collections::BTreeSet::new();
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        declared.extend(profile.repos.iter().map(|repo| directory.join(repo.name.as_str())));
        directories.insert(directory);
    }
    let mut found = BTreeMap::new();
    for directory in directories.iter().filter(|directory| directory.is_dir()) {
        for entry in std::fs::read_dir(directory).at("read", directory)? {
            let path = entry.at("read", directory)?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| RepoName::parse(name).ok());
            let Some(name) = name.filter(|_| !declared.contains(&path) && !directories.contains(&path))
            else {
                continue;
            };
            if Checkout::new(path.clone()).is_ours() {
                found.insert(name, path);
            }
        }
    }
    Ok(found)
}

fn finish(session: &Session<'_>, args: &Args, outcomes: Vec<RepoOutcome>) -> Result<(), Error> {
    if let Format::Json = args.format.format {
        session.printer.data(&json::outcomes(&outcomes));
    } else if args.dry_run {
        let told = outcomes.iter().filter(|repo| !matches!(repo.outcome, Outcome::UpToDate));
        for RepoOutcome { name, outcome, .. } in told {
            session.printer.data(&format!("{name}: {}\n", crate::output::render_outcome(outcome)));
        }
    }
    let total = counted(outcomes.len(), "repository", "repositories");
    let (failures, done): (Vec<RepoOutcome>, Vec<RepoOutcome>) =
        outcomes.into_iter().partition(|repo| repo.outcome.is_failure());
    let changed = done.iter().filter(|repo| !matches!(repo.outcome, Outcome::UpToDate)).count();
    let verb = if args.dry_run { "would change" } else { "changed" };
    match changed {
        0 if failures.is_empty() => session.printer.note(&format!("{total} up to date")),
        changed => session.printer.note(&format!("{total}, {changed} {verb}")),
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}
