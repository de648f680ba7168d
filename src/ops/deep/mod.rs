//! What a step of the lock means for the modules that use what changed.
//!
//! Only what is needed is fetched: first the files that differ in the changed modules, then the files of the modules that
//! depend on a module that took something away, then those of the modules on which these depend.

mod differing;
mod listing;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use differing::{Changed, changed as differing_modules};
pub(crate) use listing::read_folder;
use reading::{Side, Sources, Wanted, read_modules};

use super::content::Contents;
use super::remotes::Remotes;
use crate::diff::deep::{ApiChanges, Deep, DeepModule, Member, UnreadFile, World, find, scripts_to_run};
use crate::diff::{Home, LockDiff, Step, homes, shared};
use crate::error::Error;
use crate::lock::Lock;
use crate::repo::CorePart;
use crate::report::Failure;
use crate::session::Session;
use crate::source::{ModuleFacts, Source};

/// A module of the user's own, with its files.
#[derive(Debug)]
pub(crate) struct OwnModule {
    pub(crate) name: String,
    pub(crate) depends: Vec<String>,
    pub(crate) files: BTreeMap<String, Source>,
}

/// How often modules are read before the result is taken as it is. Each turn reads what the last one showed to be needed.
const MOST_TURNS: usize = 8;

/// What a difference of the locks means, and the repositories that could not be read.
pub(crate) fn deep(
    session: &Session<'_>,
    contents: &Step<Contents<'_>>,
    locks: &Step<&Lock>,
    diff: &LockDiff<'_>,
    own: Vec<OwnModule>,
) -> Result<(Deep, Vec<Failure>), Error> {
    let remotes = Remotes::of(session)?.without_lines();
    let mut sources = Sources::new(session.git()?.cache());
    let (differing, mut failures) =
        differing_modules(&remotes, session, contents, shared(locks, &diff.profiles), &sources)?;
    let mut by_name: BTreeMap<&str, Home<'_>> = BTreeMap::new();
    for home in homes(locks.to, &diff.profiles) {
        by_name.entry(home.module.name.as_str()).or_insert(home);
    }
    let own_facts: Vec<(OwnModule, ModuleFacts)> = own.into_iter().map(with_facts).collect();
    by_name.retain(|name, _| !own_facts.iter().any(|(own, _)| own.name == *name));

    // The modules that may have taken something away are read as a whole, before and now.
    let mut wanted = Vec::new();
    for Changed { homes, .. } in differing.iter().filter(|module| module.may_break) {
        wanted.push(Wanted { side: Side::Old, home: homes.from });
        wanted.push(Wanted { side: Side::New, home: homes.to });
    }
    failures.extend(read_modules(&remotes, session, contents, wanted, &mut sources)?);
    let mut changes: BTreeMap<String, ApiChanges> = BTreeMap::new();
    for Changed { homes, .. } in differing.iter().filter(|module| module.may_break) {
        let name = homes.to.module.name.as_str();
        let both = (sources.facts(Side::Old, &homes.from), sources.facts(Side::New, &homes.to));
        if let (Some(old), Some(new)) = both {
            changes.insert(name.to_owned(), ApiChanges::between(name, old, new));
        }
    }

    let breaking: BTreeSet<&str> =
        changes.iter().filter(|(_, changes)| !changes.is_empty()).map(|(name, _)| name.as_str()).collect();
    let world = world(&by_name, &own_facts, &sources);
    let mut open: BTreeSet<&str> = world.dependants(&breaking);
    let (mut findings, mut asked) = (crate::diff::deep::Findings::default(), BTreeSet::new());
    if !breaking.is_empty() {
        for _ in 0..MOST_TURNS {
            open.retain(|name| asked.insert((*name).to_owned()));
            let homes = open.iter().filter_map(|name| by_name.get(name));
            let wanted = homes.map(|home| Wanted { side: Side::New, home: *home }).collect();
            failures.extend(read_modules(&remotes, session, contents, wanted, &mut sources)?);
            let (found, more) = find(&self::world(&by_name, &own_facts, &sources), &changes);
            findings = found;
            open = more
                .into_iter()
                .filter_map(|name| by_name.get_key_value(name))
                .map(|(name, _)| *name)
                .collect();
            if open.iter().all(|name| asked.contains(*name)) {
                break;
            }
        }
    }
    let knows_odoo = by_name.values().any(|home| home.repo.core == Some(CorePart::Odoo));
    let unread = unread(&differing, &sources, &own_facts, &asked, &by_name);
    let modules = modules(diff, differing, changes);
    failures.sort_by(|a, b| a.name.cmp(&b.name));
    failures.dedup_by(|a, b| a.name == b.name);
    Ok((Deep { modules, findings, unread, knows_odoo }, failures))
}

fn with_facts(mut own: OwnModule) -> (OwnModule, ModuleFacts) {
    let facts = ModuleFacts::of(&own.name, std::mem::take(&mut own.files));
    (own, facts)
}

fn world<'w>(
    by_name: &BTreeMap<&'w str, Home<'w>>,
    own: &'w [(OwnModule, ModuleFacts)],
    sources: &'w Sources,
) -> World<'w> {
    let mut world = World::default();
    for (name, home) in by_name {
        let depends = home.module.manifest.depends.iter().map(String::as_str).collect();
        world.modules.insert(name, Member { depends, facts: sources.facts(Side::New, home) });
    }
    for (module, facts) in own {
        let depends = module.depends.iter().map(String::as_str).collect();
        world.modules.insert(&module.name, Member { depends, facts: Some(facts) });
    }
    world
}

fn unread(
    differing: &[Changed<'_>],
    sources: &Sources,
    own: &[(OwnModule, ModuleFacts)],
    asked: &BTreeSet<String>,
    by_name: &BTreeMap<&str, Home<'_>>,
) -> Vec<UnreadFile> {
    let mut files = BTreeSet::new();
    for Changed { homes, .. } in differing {
        for (side, home) in [(Side::Old, &homes.from), (Side::New, &homes.to)] {
            if let Some(facts) = sources.facts(side, home) {
                files.extend(UnreadFile::of(&home.module.name, &facts.unread, side == Side::Old));
            }
        }
    }
    for home in asked.iter().filter_map(|name| by_name.get(name.as_str())) {
        if let Some(facts) = sources.facts(Side::New, home) {
            files.extend(UnreadFile::of(&home.module.name, &facts.unread, false));
        }
    }
    for (module, facts) in own {
        files.extend(UnreadFile::of(&module.name, &facts.unread, false));
    }
    files.into_iter().collect()
}

fn modules(
    diff: &LockDiff<'_>,
    differing: Vec<Changed<'_>>,
    mut changes: BTreeMap<String, ApiChanges>,
) -> Vec<DeepModule> {
    let module = |Changed { homes, paths, .. }: Changed<'_>| {
        let name = homes.to.module.name.to_string();
        let versions = homes.map(|home| home.version());
        let scripts = match versions {
            Step { from: Some(from), to: Some(to) } => {
                scripts_to_run(Step { from, to }, diff.series, paths.iter().map(String::as_str))
            }
            _ => Vec::new(),
        };
        let changes = changes.remove(&name).unwrap_or_default();
        DeepModule { name, version: versions.to.map(str::to_owned), changes, scripts }
    };
    let mut modules: Vec<DeepModule> = differing.into_iter().map(module).collect();
    modules.retain(|module| !module.changes.is_empty() || !module.scripts.is_empty());
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    modules
}
