//! `oca cache`: shows, cleans and prunes the cache of fetched objects.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use crate::catalogue;
use crate::error::Error;
use crate::flags::{Format, FormatArg, Global};
use crate::git::{self, Pruned, Pruning, StoreSize};
use crate::json::{CachePruneReport, CacheSizeReport};
use crate::lock::Lock;
use crate::output::{Printer, render_pruned_total, render_store};
use crate::pool::Pools;
use crate::repo::CommitId;
use crate::session::cache_directory;
use crate::source::{clean_kept, prune_kept};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Print the path of the cache
    Dir,
    /// Print the size in bytes; with `-v`, also per repository
    Size(FormatArg),
    /// Delete old, damaged and leftover objects and repack the rest; no checkout depends on the cache
    Prune(PruneArgs),
    /// Delete the cache; no checkout depends on it
    Clean,
}

#[derive(clap::Args, Debug)]
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

/// The commits that the locks of this machine pin, of those whose projects used the store. A lock that is not there any
/// more, or that cannot be read, pins nothing.
fn pinned(store: &git::Store) -> HashSet<CommitId> {
    let locks = store.locks().into_iter().filter_map(|file| Lock::load(&file).ok().flatten());
    locks.flat_map(|lock| lock.repos.into_iter().map(|repo| repo.commit)).collect()
}

/// Prunes all stores in parallel. If one fails, the others are still pruned.
fn prune(cache: &Path, args: &PruneArgs, global: &Global, printer: &Printer) -> Result<(), Error> {
    const DAY: Duration = Duration::from_hours(24);
    let pruning = Pruning { older_than: DAY * args.older_than, dry_run: args.dry_run };
    let stores = git::stores(cache)?;
    let mut results: Vec<Result<Pruned, git::Error>> =
        git::leftovers(cache, pruning)?.into_iter().map(Ok).collect();
    results.extend(Pools::new(global.jobs)?.fetch(&stores, |_, store| store.prune(pruning, &pinned(store))));
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
