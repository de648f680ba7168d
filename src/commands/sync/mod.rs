//! `oca sync`: checks out the locked commits.

mod finish;
mod prune;

use std::collections::{BTreeSet, HashSet};

use crate::complete;
use crate::config::{Mode, Profile, Repo};
use crate::error::Error;
use crate::flags::FormatArg;
use crate::git::{Built, CheckoutContent, CheckoutError, Discard, Git, Head, Module, Origin, Snapshot};
use crate::lock::{Lock, LockedRepo, Pin};
use crate::ops::submodules::{self, How, Survey};
use crate::ops::{
    Ahead, CheckoutTarget, Contents, OpenMerges, Remotes, WantedCheckout, Watch, clear_leftovers,
    confirm_trees, keep_out_of_directories, named_repos, outcome_of, prepare_directories, record_core,
    tell_of_tracked, unfollowed, update, wanted, warn_of_unfollowed,
};
use crate::plan::{Moves, Relocation};
use crate::repo::{CommitId, Reference, RepoName};
use crate::report::{Done, Failure, Outcome, RepoOutcome, Trouble};
use crate::session::Session;
use finish::finish;
use prune::prune;

const EXAMPLES: &str = "\
Examples:
  # Pin what has no pin yet, then check everything out
  oca sync
  # In CI: fail if the lock is out of date
  oca sync --locked
  # Check out one repository
  oca sync web
  # Show which checkouts would be removed
  oca sync --prune --dry-run";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories [default: all]
    #[arg(value_name = "NAME", conflicts_with = "prune", add = complete::repos())]
    names: Vec<String>,
    /// Fail if the lock is out of date, instead of updating it
    #[arg(long)]
    locked: bool,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Discard changes, untracked files and local commits in the checkouts
    #[arg(long)]
    force: bool,
    /// With submodules: push the commits of merges to the `push-url`, with git, and stage them
    #[arg(long, conflicts_with = "dry_run")]
    push: bool,
    /// Remove checkouts that no profile declares
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let _claim = session.claim()?;
    let is_submodules = session.config.mode == Mode::Submodule;
    let names = named_repos(session, session.profiles()?, &args.names)?;
    if is_submodules && !names.is_empty() {
        return Err(Error::SyncOfSome);
    }
    if args.push && !is_submodules {
        return Err(Error::NotSubmodules { file: session.config.file.clone() });
    }
    // `--prune` works on the directories of all profiles.
    let others: &[Profile] = if args.prune || is_submodules { &session.config.profiles } else { &[] };
    session.profiles()?.into_iter().chain(others).try_for_each(|profile| session.refuse_links(profile))?;
    if is_submodules {
        submodules::refuse_unfit(session)?;
    }
    if !args.dry_run {
        clear_leftovers(session)?;
    }
    let (lock, ahead, unmerged) = current_lock(args, session, &names)?;
    let mut survey = if is_submodules {
        Some(Survey::needed(session, &lock)?)
    } else {
        submodules::dissolve(session, &lock, args.dry_run)?;
        None
    };
    let relocations = match &survey {
        Some(survey) => survey.relocate(args.dry_run)?,
        None => Vec::new(),
    };
    if !args.dry_run {
        for Relocation { repo, from, to, .. } in &relocations {
            let done = Done::Relocated { from: from.to_string(), to: to.to_string() };
            session.printer.note(&format!("{repo}: {done}"));
        }
    }
    let (mut targets, mut outcomes) = targets(session, &lock, survey.as_ref(), &relocations, args.force)?;
    if !names.is_empty() {
        targets.retain(|target| names.contains(&target.locked.pin.name));
        outcomes.retain(|outcome| names.contains(&outcome.name));
    }
    let (ready, work): (Vec<CheckoutTarget<'_>>, Vec<CheckoutTarget<'_>>) =
        targets.into_iter().partition(|target| target.is_ready() && !(args.force && target.has_work()));
    outcomes.extend(ready.iter().map(|target| outcome_of(target, target.ready(args.dry_run))));
    if work.is_empty() && !args.dry_run {
        keep_out_of_directories(session)?;
    } else {
        outcomes.extend(if args.dry_run {
            foresee(session, &work, args.force)
        } else {
            place(session, &lock, &work, &ahead, args.force)?
        });
    }
    if !args.dry_run {
        record_core(session)?;
        tell_of_tracked(session)?;
    }
    let mut kept = BTreeSet::new();
    if let Some(survey) = &mut survey {
        let pushed = if args.push { push_merges(session, &lock)? } else { HashSet::new() };
        let how = How { force: args.force, prune: args.prune, dry: args.dry_run };
        let settled = survey.settle(how, &pushed)?;
        kept.extend(settled.iter().map(|repo| repo.name.clone()));
        outcomes.extend(survey.collisions().into_iter().chain(settled));
    }
    if args.prune {
        outcomes.extend(prune(session, args, &kept)?);
    }
    finish(session, args, survey.as_ref(), outcomes, unmerged)
}

/// The up-to-date lock. If needed and allowed, it is updated first; the checkouts that were built meanwhile are returned
/// with it, and the repositories that kept their old entries because a merge failed.
fn current_lock(
    args: &Args,
    session: &Session<'_>,
    names: &BTreeSet<RepoName>,
) -> Result<(Lock, Ahead, Vec<Failure>), Error> {
    let old = session.lock_as_it_stands()?;
    let discard = Some(names).filter(|_| args.force && !args.dry_run);
    let open = OpenMerges::to_discard(session, old.as_ref(), discard)?;
    let differences = session.differences(old.as_ref())?;
    let file = session.lock_file();
    match old {
        Some(lock) if differences.is_empty() => Ok((lock, Ahead::default(), Vec::new())),
        None if args.locked => Err(Error::NoLock { file }),
        Some(_) if args.locked => Err(Error::Stale { file, differences, locked: true }),
        old => {
            open.discard(session)?;
            let is_whole = !args.dry_run && args.names.is_empty();
            let ahead = if is_whole { Ahead::of_sync(session)? } else { Ahead::default() };
            let updated = update(session, old, &Moves::Missing, &ahead).and_then(|updated| {
                if !args.dry_run {
                    updated.save(session)?;
                }
                Ok(updated.into_parts())
            });
            match updated {
                Ok((lock, failures)) => Ok((lock, ahead, failures)),
                Err(error) => {
                    ahead.discard();
                    Err(error)
                }
            }
        }
    }
}

/// The checkouts of the requested profiles, each directory once, in path order; and the outcomes of those that are left
/// alone or cannot be read. `force` discards an open merge.
fn targets<'a>(
    session: &'a Session<'_>,
    lock: &'a Lock,
    survey: Option<&Survey<'_>>,
    relocations: &[Relocation],
    force: bool,
) -> Result<(Vec<CheckoutTarget<'a>>, Vec<RepoOutcome>), Error> {
    let (mut targets, mut outcomes) = (Vec::new(), Vec::new());
    for WantedCheckout { repo, locked, checkout, is_skipped } in wanted(session, lock)? {
        let module = survey.and_then(|survey| survey.module(checkout.path()));
        // If a tracked file occupies the path, this is reported once for all profiles.
        if is_skipped || (survey.is_some() && module.is_none()) {
            continue;
        }
        let mut outcome = |outcome| {
            let Pin { name, url, .. } = locked.pin.clone();
            outcomes.push(RepoOutcome { name, url: url.to_string(), outcome });
        };
        let head = match checkout.head() {
            Ok(head) => head,
            Err(error) => {
                outcome(Err(Trouble::not_inspected(error)));
                continue;
            }
        };
        if let Some(branch) = checkout.in_work() {
            outcome(Ok(Done::InWork(branch)));
            continue;
        }
        if checkout.is_resolving() && !force {
            let path = checkout.path().to_owned();
            outcome(Err(Trouble::Kept(CheckoutError::Resolving { path })));
            continue;
        }
        let path = survey.and_then(|survey| survey.path_of(checkout.path()));
        let relocation = relocations.iter().find(|moved| path.as_deref() == Some(&*moved.to));
        targets.push(CheckoutTarget {
            relocated: relocation.map(|moved| (moved.from.to_string(), moved.to.to_string())),
            head,
            module,
            checkout,
            origin: origin(session, repo, locked)?,
            url: session.remote_url(&repo.url)?,
            depth: session.config.depth(repo),
            locked,
        });
    }
    Ok((targets, outcomes))
}

/// The origin of a checkout. The commits of merges in a submodule are on a fork.
fn origin(session: &Session<'_>, repo: &Repo, locked: &LockedRepo) -> Result<Origin, Error> {
    match &repo.push {
        Some(push) if session.config.mode == Mode::Submodule && locked.steps().next().is_some() => {
            session.origin(&push.fetch, &Reference::Branch(submodules::pushed_branch(locked)))
        }
        _ => session.origin(&repo.url, &repo.reference),
    }
}

/// Fetches the missing commits and checks them out, all repositories in parallel.
fn place(
    session: &Session<'_>,
    lock: &Lock,
    work: &[CheckoutTarget<'_>],
    ahead: &Ahead,
    force: bool,
) -> Result<Vec<RepoOutcome>, Error> {
    if !ahead.is_prepared() {
        prepare_directories(session)?;
    }
    let remotes = Remotes::of(session)?;
    let contents = Contents::new(session, lock);
    let placed = remotes.each(
        work,
        |target, watch| match ahead.take(target) {
            Some(built) => Ok(Ready::Built(built)),
            None => fetch(remotes.git, &contents, target, force, watch),
        },
        |target, ready, watch| {
            watch.step("checking out");
            let placed = match ready {
                Ready::Built(built) => target.checkout.settle(built).map_err(CheckoutError::from),
                Ready::Stored { snapshot, ends } => {
                    let (tree, depth, origin) = (target.locked.tree, target.depth, &target.origin);
                    let content = CheckoutContent { snapshot: &snapshot, tree, ends: &ends, depth, origin };
                    target.checkout.place(&content, Discard::forced(force))
                }
                Ready::Placed => Ok(()),
            };
            placed.map_err(Trouble::not_placed)?;
            if force {
                target.checkout.forget_resolve().map_err(Trouble::not_inspected)?;
            }
            target.module.as_ref().map_or(Ok(()), Module::absorb).map_err(Trouble::not_placed)?;
            let tree = target.locked.tree;
            let objects = target.checkout.tree(tree).map_err(Trouble::not_inspected)?;
            Ok((target.done(force), unfollowed(&objects, tree)?))
        },
    )?;
    for (target, found) in placed.values() {
        warn_of_unfollowed(session.printer, &target.locked.pin.name, found);
    }
    Ok(placed.outcomes())
}

/// The content to put in place.
enum Ready<'a> {
    Built(Built),
    Stored {
        snapshot: Box<Snapshot<'a, 'static>>,
        ends: Vec<CommitId>,
    },
    /// Already in place; perhaps its git directory has to be moved.
    Placed,
}

/// Fetches what the checkout needs into the store. Asks no server if the checkout will not change, or if only its git
/// directory has to be moved.
fn fetch<'a>(
    git: &'a Git,
    contents: &Contents<'_>,
    target: &CheckoutTarget<'_>,
    force: bool,
    watch: &Watch<'_>,
) -> Result<Ready<'a>, Trouble> {
    let head = target.wake(force)?;
    target.confirm(&head)?;
    if let Some(obstacle) = target.obstacle(&head)
        && (!force || !matches!(obstacle, CheckoutError::NotGit { .. } | CheckoutError::Unborn { .. }))
    {
        return Err(Trouble::Kept(obstacle));
    }
    if target.is_placed(&head) && !(force && target.has_work()) {
        return Ok(Ready::Placed);
    }
    let remote = git.remote(&target.url).map_err(Trouble::Remote)?;
    if let (Head::Unfilled(_) | Head::Complete(_) | Head::Other(Some(_)), false) = (&head, force) {
        target.checkout.recover().map_err(Trouble::not_inspected)?;
        let obstacle =
            target.checkout.in_the_way(Some(&remote), &target.origin).map_err(Trouble::not_inspected)?;
        if let Some(obstacle) = obstacle {
            return Err(Trouble::Kept(obstacle));
        }
    }
    watch.step("fetching");
    let meter = |bytes| watch.received(bytes);
    let snapshot = contents.of(remote, target.locked, &meter)?;
    let ends = snapshot.files(target.depth).map_err(Trouble::Remote)?;
    confirm_trees(target.locked, &snapshot.tree().map_err(Trouble::Remote)?)?;
    Ok(Ready::Stored { snapshot: Box::new(snapshot.unmetered()), ends })
}

/// Pushes the commits of the merges of the requested profiles, each from its checkout to a branch that its tree names.
/// Returns the pushed commits.
fn push_merges(session: &Session<'_>, lock: &Lock) -> Result<HashSet<CommitId>, Error> {
    let (mut pushed, mut failures) = (HashSet::new(), Vec::new());
    for WantedCheckout { repo, locked, checkout, is_skipped } in wanted(session, lock)? {
        let Some(push) = repo.push.as_ref().filter(|_| locked.steps().next().is_some() && !is_skipped) else {
            continue;
        };
        let branch = submodules::pushed_branch(locked);
        let url = session.remote_url(&push.url)?;
        match checkout.push(&url, locked.head(), &branch) {
            Ok(()) => {
                pushed.insert(locked.head());
                session.printer.note(&format!("{}: pushed to branch `{branch}` of {url}", repo.name));
            }
            Err(error) => {
                let trouble = Trouble::Push {
                    base: locked.commit,
                    reference: repo.reference.clone(),
                    error: Box::new(error),
                };
                failures.push(Failure::new(repo.name.clone(), url.to_string(), trouble));
            }
        }
    }
    if failures.is_empty() { Ok(pushed) } else { Err(Error::Repos { failures }) }
}

/// Predicts what [`place`] would do, without asking a server.
fn foresee(session: &Session<'_>, work: &[CheckoutTarget<'_>], force: bool) -> Vec<RepoOutcome> {
    work.iter().map(|target| outcome_of(target, foreseen(session, target, force))).collect()
}

fn foreseen(session: &Session<'_>, target: &CheckoutTarget<'_>, force: bool) -> Outcome {
    let head = &target.head;
    target.confirm(head)?;
    let obstacle = match head {
        _ if target.is_placed(head) || (force && !matches!(head, Head::Link(_))) => {
            target.module.as_ref().and_then(Module::obstacle)
        }
        Head::Unfilled(_) | Head::Complete(_) | Head::Other(Some(_)) => {
            // A dry run creates nothing: without a cache, no commit of the remote is known.
            let git = session.git().ok();
            let remote = git.and_then(|git| git.remote(&target.url).ok());
            target.checkout.in_the_way(remote.as_ref(), &target.origin).map_err(Trouble::not_inspected)?
        }
        head => target.obstacle(head),
    };
    obstacle.map_or_else(|| Ok(target.done(force)), |obstacle| Err(Trouble::Kept(obstacle)))
}
