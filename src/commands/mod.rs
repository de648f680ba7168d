//! One file for each subcommand: its arguments and its steps. No parsing, no wording, no git.

mod add;
mod addons_path;
mod cache;
mod check;
mod completions;
mod diff;
mod export;
mod find;
mod init;
mod list;
mod lock;
mod man;
mod merge_lock;
mod outdated;
mod patch;
mod remove;
mod report;
mod requirements;
mod resolve;
mod sbom;
mod schema;
mod status;
mod submodules;
mod sync;
mod tree;
mod upgrade;
mod verify;
mod why;
mod work;

use crate::config::Mode;
use crate::error::Error;
use crate::flags::Global;
use crate::fs::Context;
use crate::ops::{find_survivors, is_open};
use crate::output::Printer;
use crate::report::Failure;
use crate::session::Session;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Write a repos.toml
    Init(init::Args),
    /// Add repositories to repos.toml and the lock
    Add(add::Args),
    /// Remove repositories from repos.toml and the lock
    Remove(remove::Args),
    /// Find the OCA repository that has a module
    Find(find::Args),
    /// Pin repositories to commits in oca.lock.json, check the pins, or move them
    Lock(lock::Args),
    /// Move the pins to the heads of their branches, like `oca lock --upgrade`
    ///
    /// It changes only the lock. `oca sync` then checks out the new commits, and moves the gitlinks of submodules.
    #[command(visible_alias = "update")]
    Upgrade(upgrade::Args),
    /// Keep your commits in a checkout as a patch file
    Patch(patch::Args),
    /// Resolve a merge or a patch that conflicts, in the checkout
    Resolve(resolve::Args),
    /// Work on a request or a branch in a checkout
    Work(work::Args),
    /// Check out the locked commits
    Sync(sync::Args),
    /// Write the modules of the profile as plain files, for an image
    Export(export::Args),
    /// Compare the content of the checkouts or of an export with the lock
    Verify(verify::Args),
    /// Print the addons path
    AddonsPath(addons_path::Args),
    /// Print the merged Python requirements
    Requirements(requirements::Args),
    /// Print an SBOM of what an export holds, as CycloneDX or SPDX
    Sbom(sbom::Args),
    /// Compare the checkouts with the lock
    ///
    /// The exit code is 1 unless each checkout is clean or skipped.
    Status(status::Args),
    Submodules(submodules::Args),
    /// Compare the lock with the remotes
    Outdated(outdated::Args),
    /// Show what changed between two locks
    Diff(diff::Args),
    /// List the modules of the profile
    List(list::Args),
    /// Show the dependencies of modules
    Tree(tree::Args),
    /// Show which modules depend on a module, and why it is selected
    Why(why::Args),
    /// Check the modules of the profile for problems
    Check(check::Args),
    /// Write a page about the project: sizes, dependencies, pins, requirements, findings
    ///
    /// The page is one HTML file that needs nothing else. The same lock gives the same page.
    Report(report::Args),
    /// Show, clean or prune the cache of fetched objects
    Cache(cache::Args),
    /// Print the script with which a shell completes the command line
    Completions(completions::Args),
    /// Print or write the man pages
    Man(man::Args),
    /// Print the JSON Schema of a file or of a report
    Schema(schema::Args),
    /// Merge three locks, as git's merge driver for oca.lock.json
    #[command(hide = true)]
    MergeLock(merge_lock::Args),
}

/// Runs a command. `whole` makes the command line of the program, for the command that describes it.
pub(crate) fn run(
    command: &Command,
    global: &Global,
    printer: &Printer,
    whole: fn() -> clap::Command,
) -> Result<(), Error> {
    if let Some(directory) = &global.directory {
        std::env::set_current_dir(directory).at("enter", directory)?;
    }
    let session = || Session::open(global, printer);
    let mut done = run_one(command, global, printer, session, whole);
    if let Err(error) = &mut done
        && let Some(failures) = error.failures_mut()
    {
        let has_force = match command {
            Command::Resolve(_) | Command::Patch(_) => false,
            Command::Work(args) => args.is_done(),
            _ => true,
        };
        failures.iter_mut().for_each(|failure| failure.has_force = has_force);
        if failures.iter().any(|failure| failure.is_gone() || failure.needs_person())
            && let Ok(session) = session()
        {
            find_survivors(&session, failures);
            failures.iter_mut().for_each(|failure| describe(&session, failure));
        }
    }
    done
}

/// Adds to a failure what its hint depends on.
fn describe(session: &Session<'_>, failure: &mut Failure) {
    failure.in_submodules = session.config.mode == Mode::Submodule;
    if session.usual_profile().is_some_and(|usual| failure.profiles.contains(&usual.name)) {
        failure.profiles.clear();
    }
    failure.is_open = is_open(session, failure);
}

fn run_one<'a>(
    command: &Command,
    global: &'a Global,
    printer: &'a Printer,
    session: impl Fn() -> Result<Session<'a>, Error>,
    whole: fn() -> clap::Command,
) -> Result<(), Error> {
    match command {
        Command::Init(args) => init::run(args, global, printer),
        Command::Add(args) => add::run(args, &session()?),
        Command::Remove(args) => remove::run(args, &session()?),
        Command::Find(args) => find::run(args, global, printer),
        Command::Lock(args) => lock::run(args, &session()?),
        Command::Upgrade(args) => upgrade::run(args, &session()?),
        Command::Patch(args) => patch::run(args, &session()?),
        Command::Resolve(args) => resolve::run(args, &session()?),
        Command::Work(args) => work::run(args, &session()?),
        Command::Sync(args) => sync::run(args, &session()?),
        Command::Export(args) => export::run(args, &session()?),
        Command::Verify(args) => verify::run(args, global, printer),
        Command::AddonsPath(args) => addons_path::run(args, &session()?),
        Command::Requirements(args) => requirements::run(args, &session()?),
        Command::Sbom(args) => sbom::run(args, &session()?),
        Command::Status(args) => status::run(args, &session()?),
        Command::Submodules(args) => submodules::run(args, &session()?),
        Command::Outdated(args) => outdated::run(args, &session()?),
        Command::Diff(args) => diff::run(args, global, printer),
        Command::List(args) => list::run(args, &session()?),
        Command::Tree(args) => tree::run(args, &session()?),
        Command::Why(args) => why::run(args, &session()?),
        Command::Check(args) => check::run(args, &session()?),
        Command::Report(args) => report::run(args, &session()?),
        Command::Cache(args) => cache::run(args, global, printer),
        Command::Completions(args) => completions::run(args, printer),
        Command::Man(args) => man::run(args, whole(), printer),
        Command::Schema(args) => schema::run(args, printer),
        Command::MergeLock(args) => merge_lock::run(args),
    }
}
