//! `oca sync`: makes the checkouts what the lock says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::ahead::Ahead;
use super::lock;
use super::submodules::{self, How, Survey};
use super::target::{Target, confirm_tree};
use crate::cli::{Format, FormatArg};
use crate::config::{Mode, Profile};
use crate::error::{Error, counted};
use crate::fs::{Context, create_directory, read_if_there, remove_directory, write_if_changed};
use crate::git::{self, ASIDE_PREFIX, Built, Checkout, CheckoutError, Content, Git, Head, Module, Remote};
use crate::lock::{Lock, LockedRepo, Pin};
use crate::output::{json, render_outcome, render_planned};
use crate::plan::{self, Moves};
use crate::progress::Progress;
use crate::repo::RepoName;
use crate::report::{Outcome, RepoOutcome, Step};
use crate::session::Session;

/// What the `.gitignore` among the checkouts says, so that the surrounding repository does not swallow them.
pub(super) const KEEP_OUT: &[u8] = b"*\n";

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
    let is_submodules = session.config.mode == Mode::Submodule;
    // What is nobody's goes from the directories of all profiles.
    let others: &[Profile] = if args.prune || is_submodules { &session.config.profiles } else { &[] };
    session.profiles()?.into_iter().chain(others).try_for_each(|profile| session.refuse_links(profile))?;
    if is_submodules {
        submodules::refuse_unfit(session)?;
    }
    if !args.dry_run {
        clear_leftovers(session)?;
    }
    let (lock, ahead) = current_lock(args, session)?;
    let mut survey = if is_submodules {
        Some(Survey::needed(session, &lock)?)
    } else {
        submodules::dissolve(session, &lock, args.dry_run)?;
        None
    };
    if let Some(survey) = survey.as_ref().filter(|_| !args.dry_run) {
        survey.relocate()?;
    }
    let (targets, mut outcomes) = targets(session, &lock, survey.as_ref())?;
    let (ready, work): (Vec<Target<'_>>, Vec<Target<'_>>) =
        targets.into_iter().partition(|target| target.is_ready() && !(args.force && target.has_work()));
    outcomes.extend(ready.iter().map(|target| target.outcome(target.confirmed())));
    if !work.is_empty() {
        outcomes.extend(if args.dry_run {
            foresee(session, &work, args.force)
        } else {
            place(session, &work, &ahead, args.force)?
        });
    }
    let mut kept = BTreeSet::new();
    if let Some(survey) = &mut survey {
        let settled = survey.settle(How { force: args.force, prune: args.prune, dry: args.dry_run })?;
        kept.extend(settled.iter().map(|repo| repo.name.clone()));
        outcomes.extend(survey.collisions().into_iter().chain(settled));
    }
    if args.prune {
        outcomes.extend(prune(session, args, &kept)?);
    }
    finish(session, args, survey.as_ref(), outcomes)
}

/// The lock as declared: updated where something is not pinned yet, unless that is forbidden. With it, the checkouts
/// that were built meanwhile.
fn current_lock(args: &Args, session: &Session<'_>) -> Result<(Lock, Ahead), Error> {
    let old = session.lock_as_it_stands()?;
    let differences = plan::differences(&session.config, old.as_ref(), &session.local_depends()?);
    let file = session.lock_file();
    match old {
        Some(lock) if differences.is_empty() => Ok((lock, Ahead::default())),
        None if args.locked => Err(Error::NoLock { file }),
        Some(_) if args.locked => Err(Error::Stale { file, differences, locked: true }),
        old => {
            let ahead = if args.dry_run { Ahead::default() } else { Ahead::of_sync(session)? };
            let updated = match lock::update(session, old, &Moves::Missing, &ahead) {
                Ok(updated) => updated,
                Err(error) => {
                    ahead.discard();
                    return Err(error);
                }
            };
            if !args.dry_run {
                updated.save(session)?;
            }
            Ok((updated.lock, ahead))
        }
    }
}

/// The checkouts of the profiles asked for, each directory once, in path order; and those that are left alone
/// before anything is asked for.
fn targets<'a>(
    session: &'a Session<'_>,
    lock: &'a Lock,
    survey: Option<&Survey<'_>>,
) -> Result<(Vec<Target<'a>>, Vec<RepoOutcome>), Error> {
    let mut seen = BTreeSet::new();
    let (mut targets, mut failures) = (Vec::new(), Vec::new());
    for profile in session.profiles()? {
        for selected in plan::selected(profile, lock) {
            let path = session.checkout(profile, &selected.repo.name)?;
            if session.config.skips(&selected.repo.name) || !seen.insert(path.clone()) {
                continue;
            }
            let module = survey.and_then(|survey| survey.module(&path));
            if survey.is_some() && module.is_none() {
                // A tracked file is in the way, which is told of for all profiles.
                continue;
            }
            let checkout = Checkout::new(path);
            let head = match checkout.head() {
                Ok(head) => head,
                Err(error) => {
                    let outcome = Outcome::CheckoutFailed { step: Step::Inspect, error };
                    let Pin { name, url, .. } = selected.locked.pin.clone();
                    failures.push(RepoOutcome { name, url: url.to_string(), outcome });
                    continue;
                }
            };
            targets.push(Target {
                head,
                module,
                checkout,
                origin: session.origin(&selected.repo.url, &selected.repo.reference)?,
                url: session.remote_url(&selected.repo.url)?,
                depth: session.config.depth(selected.repo),
                locked: selected.locked,
            });
        }
    }
    Ok((targets, failures))
}

/// Fetches what is missing and puts it in place, all repositories at once.
fn place(
    session: &Session<'_>,
    work: &[Target<'_>],
    ahead: &Ahead,
    force: bool,
) -> Result<Vec<RepoOutcome>, Error> {
    if !ahead.is_prepared() {
        prepare_directories(session)?;
    }
    let names: Vec<&RepoName> = work.iter().map(Target::name).collect();
    let pools = session.pools()?;
    let git = session.git()?;
    let outcomes = {
        let watcher = session.printer.watch(&names);
        let watcher = watcher.as_ref();
        pools.fetch_then(
            work,
            |place, target| {
                watcher.started(place);
                match ahead.take(target) {
                    Some(built) => Ok(Ready::Built(built)),
                    None => fetch(git, target, force, &Watch { watcher, place }),
                }
            },
            |place, target, fetched| {
                watcher.step(place, "checking out");
                let outcome = fetched.and_then(|ready| {
                    let placed = match ready {
                        Ready::Built(built) => target.checkout.settle(built).map_err(CheckoutError::from),
                        Ready::Stored(remote, content) => target.checkout.place(&remote, &content, force),
                        Ready::Placed => Ok(()),
                    };
                    placed.map_err(Outcome::not_placed)?;
                    let absorbed = target.module.as_ref().map_or(Ok(()), Module::absorb);
                    absorbed.map_err(Outcome::not_placed)?;
                    Ok(target.done())
                });
                let outcome = outcome.unwrap_or_else(|failure| failure);
                watcher.finished(place, &outcome);
                target.outcome(outcome)
            },
        )
    };
    session.tell_warnings(git);
    Ok(outcomes)
}

/// What there is to be put in place.
enum Ready<'a> {
    Built(Built),
    Stored(Box<Remote<'a>>, Content<'a>),
    /// All of it is, but for its git directory perhaps.
    Placed,
}

struct Watch<'a> {
    watcher: &'a dyn Progress,
    place: usize,
}

/// Brings what the checkout needs into the store; asks no server for a checkout that will be left alone, or that
/// needs nothing but its git directory moved.
fn fetch<'a>(
    git: &'a Git,
    target: &'a Target<'_>,
    force: bool,
    watch: &Watch<'_>,
) -> Result<Ready<'a>, Outcome> {
    let failed = |error| Outcome::Failed(error);
    let LockedRepo { pin, commit, .. } = target.locked;
    let head = target.wake(force)?;
    if let Some(obstacle) = target.obstacle(&head)
        && (!force || !matches!(obstacle, CheckoutError::NotGit { .. } | CheckoutError::Unborn { .. }))
    {
        return Err(Outcome::Kept(obstacle));
    }
    if target.is_placed(&head) && !(force && target.has_work()) {
        return Ok(Ready::Placed);
    }
    let remote = git.remote(&target.url).map_err(failed)?;
    if let (Head::Complete(_) | Head::Other(Some(_)), false) = (&head, force) {
        let failed = |error| Outcome::CheckoutFailed { step: Step::Inspect, error };
        target.checkout.recover().map_err(failed)?;
        if let Some(obstacle) = target.checkout.in_the_way(Some(&remote), &target.origin).map_err(failed)? {
            return Err(Outcome::Kept(obstacle));
        }
    }
    watch.watcher.step(watch.place, "fetching");
    let meter = |bytes| watch.watcher.received(watch.place, bytes);
    let ends = remote.fetch_files(*commit, &pin.reference, target.depth, &meter).map_err(failed)?;
    confirm_tree(target.locked, remote.tree(*commit, &pin.reference, &meter).map_err(failed)?.id())?;
    let content = Content { commit: *commit, ends, depth: target.depth, origin: &target.origin };
    Ok(Ready::Stored(Box::new(remote), content))
}

/// What [`place`] would do, as far as it can be told without asking a server.
fn foresee(session: &Session<'_>, work: &[Target<'_>], force: bool) -> Vec<RepoOutcome> {
    let foreseen = |target: &Target<'_>| {
        let outcome = match &target.head {
            head if target.is_placed(head) || (force && !matches!(head, Head::Link(_))) => {
                let obstacle = target.module.as_ref().and_then(Module::obstacle);
                obstacle.map_or_else(|| target.done(), Outcome::Kept)
            }
            Head::Complete(_) | Head::Other(Some(_)) => {
                // Nothing is made for a dry run: where there is no cache yet, it knows of no commit.
                let git = session.git().ok();
                let remote = git.and_then(|git| git.remote(&target.url).ok());
                let obstacle = target.checkout.in_the_way(remote.as_ref(), &target.origin);
                kept_for(obstacle).unwrap_or_else(|| target.done())
            }
            head => target.obstacle(head).map_or_else(|| target.done(), Outcome::Kept),
        };
        target.outcome(outcome)
    };
    work.iter().map(foreseen).collect()
}

/// Why a checkout has to be left alone, if it has.
fn kept_for(obstacle: Result<Option<CheckoutError>, git::Error>) -> Option<Outcome> {
    match obstacle {
        Ok(obstacle) => obstacle.map(Outcome::Kept),
        Err(error) => Some(Outcome::CheckoutFailed { step: Step::Inspect, error }),
    }
}

/// Makes the directories of the checkouts, and keeps them out of the surrounding repository.
pub(super) fn prepare_directories(session: &Session<'_>) -> Result<(), Error> {
    let directories = session.profiles()?.into_iter().map(|profile| session.checkouts(profile));
    for directory in directories.collect::<Result<BTreeSet<PathBuf>, Error>>()? {
        create_directory(&directory)?;
        if session.config.mode == Mode::Clone {
            keep_out(session, &directory)?;
        }
    }
    Ok(())
}

/// Clears away what killed runs left among the checkouts; the caller has the project for itself. What cannot be
/// removed is in nobody's way.
fn clear_leftovers(session: &Session<'_>) -> Result<(), Error> {
    let directories = session.profiles()?.into_iter().map(|profile| session.checkouts(profile));
    for directory in directories.collect::<Result<BTreeSet<PathBuf>, Error>>()? {
        for entry in std::fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(ASIDE_PREFIX)
                && let Err(error) = remove_directory(&entry.path())
            {
                let why = &error.source;
                session.printer.warning(&format!("{error}, which a killed run left: {why}"));
            }
        }
    }
    Ok(())
}

/// Keeps the checkouts out of the surrounding repository, unless the user has a word of their own in that.
pub(super) fn keep_out(session: &Session<'_>, directory: &Path) -> Result<(), Error> {
    let ignore = directory.join(".gitignore");
    if !ignore.is_symlink() && !ignore.exists() {
        write_if_changed(&ignore, KEEP_OUT)?;
        return Ok(());
    }
    let text = read_if_there(&ignore)?.unwrap_or_default();
    if !String::from_utf8_lossy(&text).lines().any(|line| line.trim_end() == "*") {
        let (ignore, why) = (ignore.display(), "the surrounding repository may swallow the checkouts");
        session.printer.warning(&format!("`{ignore}` has no line `*`: {why}"));
    }
    Ok(())
}

/// Removes checkouts of ours that no profile declares, and in which nobody works. Submodules are told of already.
fn prune(
    session: &Session<'_>,
    args: &Args,
    submodules: &BTreeSet<RepoName>,
) -> Result<Vec<RepoOutcome>, Error> {
    let mut outcomes = Vec::new();
    for (path, name) in undeclared(session)? {
        if submodules.contains(&name) {
            continue;
        }
        let checkout = Checkout::new(path);
        let work =
            || checkout.whole_work().map(|work| (!work.is_none()).then_some(CheckoutError::LocalWork(work)));
        let kept = if args.force { None } else { kept_for(work()) };
        let outcome = kept.unwrap_or_else(|| {
            let removed = if args.dry_run { Ok(()) } else { checkout.remove() };
            match removed {
                Ok(()) => Outcome::Removed,
                Err(error) => Outcome::CheckoutFailed { step: Step::Remove, error },
            }
        });
        // What a dry run would do is told at its end.
        if !args.dry_run && !outcome.is_failure() {
            session.printer.note(&format!("{name}: {}", render_outcome(&outcome)));
        }
        outcomes.push(RepoOutcome { name, url: String::new(), outcome });
    }
    Ok(outcomes)
}

/// Checkouts that oca made, below a profile's path, and that no profile declares there.
pub(super) fn undeclared(session: &Session<'_>) -> Result<BTreeMap<PathBuf, RepoName>, Error> {
    let mut declared = BTreeSet::new();
    let mut directories = BTreeSet::new();
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
                found.insert(path, name);
            }
        }
    }
    Ok(found)
}

fn finish(
    session: &Session<'_>,
    args: &Args,
    survey: Option<&Survey<'_>>,
    outcomes: Vec<RepoOutcome>,
) -> Result<(), Error> {
    if let Format::Json = args.format.format {
        session.printer.data(&json::outcomes(&outcomes, args.dry_run));
    } else if args.dry_run {
        let told = outcomes
            .iter()
            .filter(|repo| !matches!(repo.outcome, Outcome::UpToDate) && !repo.outcome.is_failure());
        for RepoOutcome { name, outcome, .. } in told {
            session.printer.data(&format!("{name}: {}\n", render_planned(outcome)));
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
    if let Some(survey) = survey {
        survey.tell(args.dry_run);
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}
