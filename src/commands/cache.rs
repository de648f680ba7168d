//! `oca cache`: shows, cleans and prunes the cache of fetched objects.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::catalogue;
use crate::error::Error;
use crate::flags::{Format, FormatArg, Global};
use crate::git::{self, PinnedCommits, Pruned, Pruning, StoreSize};
use crate::json::{CachePruneReport, CacheSizeReport};
use crate::lock::Lock;
use crate::output::{Printer, render_pruned_total, render_store};
use crate::pool::Pools;
use crate::repo::CommitId;
use crate::session::cache_directory;
use crate::source::{clean_kept, prune_kept};

const EXAMPLES: &str = "\
Examples:
  # See how large the cache is, by repository
  oca cache size -v
  # Delete what was not used for two months
  oca cache prune --older-than 60";

const DIR_EXAMPLES: &str = "\
Examples:
  # Keep the cache between the jobs of a CI
  oca cache dir";

const SIZE_EXAMPLES: &str = "\
Examples:
  # See how large the cache is, by repository
  oca cache size -v
  # Print the bytes for a script
  oca cache size --format json";

const PRUNE_EXAMPLES: &str = "\
Examples:
  # Show what would be deleted
  oca cache prune --dry-run
  # Delete what was not used for two months
  oca cache prune --older-than 60";

const CLEAN_EXAMPLES: &str = "\
Examples:
  # Start again with an empty cache
  oca cache clean";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Print the path of the cache
    #[command(after_long_help = DIR_EXAMPLES)]
    Dir,
    /// Print the size in bytes; with `-v`, also per repository
    #[command(after_long_help = SIZE_EXAMPLES)]
    Size(FormatArg),
    /// Delete old, damaged and leftover objects and repack the rest; no checkout depends on the cache
    Prune(PruneArgs),
    /// Delete the cache; no checkout depends on it
    #[command(after_long_help = CLEAN_EXAMPLES)]
    Clean,
}

#[derive(clap::Args, Debug)]
#[command(after_long_help = PRUNE_EXAMPLES)]
struct PruneArgs {
    /// Delete the objects of repositories that were not used for this long
    #[arg(long, value_name = "DAYS", default_value = "30")]
    older_than: u32,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let cache = cache_directory(global)?;
    match &args.action {
        Action::Dir => printer.data(&format!("{}\n", cache.display())),
        Action::Size(FormatArg { format }) => size(&cache, *format, printer)?,
        Action::Prune(args) => prune(&cache, args, global, printer)?,
        Action::Clean => {
            for store in git::clean_cache(&cache)? {
                printer.note(&format!("{store}: kept, because another oca is using it"));
            }
            catalogue::clean(&cache)?;
            clean_kept(&cache)?;
        }
    }
    Ok(())
}

fn size(cache: &Path, format: Format, printer: &Printer) -> Result<(), Error> {
    let bytes = git::size_of_cache(cache);
    let sizes = || -> Result<Vec<StoreSize>, Error> {
        let stores = git::stores(cache)?;
        Ok(stores.iter().map(git::Store::size).collect::<Result<_, _>>()?)
    };
    match format {
        Format::Json => printer.json(&CacheSizeReport::of(bytes, &sizes()?)),
        Format::Human => {
            if printer.is_verbose() {
                let lines = sizes()?;
                lines
                    .iter()
                    .for_each(|store| printer.detail(&format!("{}: {}", store.name, render_store(store))));
            }
            printer.data(&format!("{}\n", crate::repo::size(bytes)));
        }
    }
    Ok(())
}

/// The commits that a lock pins. `None` if it cannot be read.
type Pins = Option<HashSet<CommitId>>;

/// What the locks of all projects pin that used one of the stores, by their files. A lock that does not exist any more pins
/// nothing.
fn locks(stores: &[git::Store], printer: &Printer) -> HashMap<PathBuf, Pins> {
    let commits = |lock: Lock| lock.repos.iter().map(|repo| repo.commit).collect();
    let mut locks = HashMap::new();
    for file in stores.iter().flat_map(git::Store::locks) {
        locks.entry(file).or_insert_with_key(|file| match Lock::load(file) {
            Ok(lock) => Some(lock.map(commits).unwrap_or_default()),
            Err(error) => {
                printer.warning(&format!("{error}; the cache keeps what this lock may pin"));
                None
            }
        });
    }
    locks
}

fn pinned(store: &git::Store, locks: &HashMap<PathBuf, Pins>) -> PinnedCommits {
    let mut pinned = PinnedCommits::default();
    for lock in store.locks().iter().filter_map(|file| locks.get(file)) {
        match lock {
            Some(commits) => pinned.commits.extend(commits),
            None => pinned.is_unknown = true,
        }
    }
    pinned
}

/// Prunes all stores in parallel. If one fails, the others are still pruned.
fn prune(cache: &Path, args: &PruneArgs, global: &Global, printer: &Printer) -> Result<(), Error> {
    const DAY: Duration = Duration::from_hours(24);
    let pruning = Pruning { older_than: DAY * args.older_than, dry_run: args.dry_run };
    let stores = git::stores(cache)?;
    let locks = locks(&stores, printer);
    let mut results: Vec<Result<Pruned, git::Error>> =
        git::leftovers(cache, pruning)?.into_iter().map(Ok).collect();
    results.extend(
        Pools::new(global.jobs())?.fetch(&stores, |_, store| store.prune(pruning, &pinned(store, &locks))),
    );
    let (pruned, failures): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let pruned: Vec<Pruned> = pruned.into_iter().flatten().collect();
    let sources = prune_kept(cache, pruning.older_than, args.dry_run)?;
    let lines = pruned.iter().filter_map(|store| {
        let words = store.fate.words(args.dry_run)?;
        Some(format!("{}: {words}", store.name))
    });
    let lines = lines.chain(sources.words(args.dry_run));
    match args.format.format {
        Format::Json => printer.json(&CachePruneReport::of(&pruned, &sources, args.dry_run)),
        Format::Human if args.dry_run => lines.for_each(|line| printer.data_line(&line)),
        Format::Human => lines.for_each(|line| printer.note(&line)),
    }
    printer.note(&render_pruned_total(&pruned, args.dry_run));
    failures.into_iter().find_map(Result::err).map_or(Ok(()), |error| Err(error.into()))
}
