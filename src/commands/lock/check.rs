//! `oca lock --check`: compares the lock with `repos.toml` and, with `--upstream`, with the remotes.

use super::Args;
use crate::config::Mode;
use crate::error::Error;
use crate::facts::ReadOptions;
use crate::flags::Format;
use crate::git::{Git, Meter};
use crate::json::FreshnessReport;
use crate::lock::{self, Lock, LockedRepo, Pin, untrue};
use crate::ops::submodules::Survey;
use crate::ops::{OfPin, Remotes, read};
use crate::plan::{self, Declared};
use crate::repo::RemoteUrl;
use crate::report::{Difference, Done, Failure, Trouble};
use crate::session::Session;

/// Compares the lock with `repos.toml`, and its bytes with the bytes that oca would write.
pub(super) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let file = session.lock_file();
    let bytes = lock::read_file(&file)?;
    let lock = bytes.as_deref().map(|bytes| Lock::parse(bytes, &file)).transpose()?;
    let mut differences = session.differences(lock.as_ref())?;
    if let (Some(lock), Some(bytes)) = (&lock, &bytes)
        && !lock.is_laid_out_as(bytes)
    {
        differences.push(Difference::Layout);
    }
    let faults = lock.as_ref().map(|lock| lock.step_faults(&file)).unwrap_or_default();
    differences.extend(faults.iter().map(|fault| Difference::Step(fault.to_string())));
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
        let (more, failed) = upstream(session, lock)?;
        differences.extend(more);
        failures = failed;
    }
    match args.format.format {
        Format::Human => {
            differences.iter().for_each(|difference| session.printer.data_line(difference));
        }
        Format::Json => session.printer.json(&FreshnessReport::of(&differences)),
    }
    if !failures.is_empty() {
        return Err(Error::Repos { failures });
    }
    if !submodules.is_empty() {
        return Err(Error::Submodules { differences: submodules });
    }
    match (lock, differences.is_empty()) {
        (_, true) => Ok(()),
        (None, _) => Err(Error::NoLock { file }),
        (Some(_), false) => Err(refused(differences, file)),
    }
}

/// Chooses the error by its hint: a plain `oca lock` repairs neither pins nor forged entries.
fn refused(differences: Vec<Difference>, file: std::path::PathBuf) -> Error {
    let (mut unreachable, mut untrue) = (Vec::new(), Vec::new());
    for difference in &differences {
        match difference {
            Difference::Unreachable { name, .. } => unreachable.push(name.clone()),
            Difference::Untrue { name, commit, .. } => untrue.push((name.clone(), *commit)),
            _ => return Error::Stale { file, differences, locked: false },
        }
    }
    untrue.dedup();
    if untrue.is_empty() { Error::Unreachable { names: unreachable } } else { Error::Untrue { pins: untrue } }
}

/// The differences that the remotes show, and the remotes that could not be reached.
fn upstream(session: &Session<'_>, lock: &Lock) -> Result<(Vec<Difference>, Vec<Failure>), Error> {
    let declared = plan::declared(&session.config);
    let pins = declared.iter().filter_map(|declared| Some((declared, lock.repo(&declared.pin)?)));
    let pins: Vec<Pinned<'_>> = pins
        .map(|(declared, locked)| Ok(Pinned { declared, locked, url: session.remote_url(&declared.url)? }))
        .collect::<Result<_, Error>>()?;
    let remotes = Remotes::of(session)?;
    let answers = remotes.ask(&pins, |pinned, watch| {
        watch.step("asking");
        Ok((Done::UpToDate, pinned.ask(remotes.git, &|bytes| watch.received(bytes))?))
    })?;
    let (found, failures) = answers.sorted();
    Ok((found.into_iter().flat_map(|(_, differences)| differences).collect(), failures))
}

/// A declared repository and its entry in the lock.
struct Pinned<'a> {
    declared: &'a Declared,
    locked: &'a LockedRepo,
    url: RemoteUrl,
}

impl OfPin for Pinned<'_> {
    fn pin(&self) -> &Pin {
        &self.declared.pin
    }
}

impl Pinned<'_> {
    /// Checks that the branch or tag contains the commit, and that every field of the entry is true.
    ///
    /// For a declared `rev`, it is only checked that the remote serves the commit.
    fn ask(&self, git: &Git, meter: Meter<'_>) -> Result<Vec<Difference>, Trouble> {
        let Self { declared: Declared { pin, series, .. }, locked, url } = self;
        let Pin { name, reference, .. } = pin;
        let commit = locked.commit;
        let snapshot = git.remote(url).map_err(Trouble::Remote)?.at(commit, reference, meter);
        let is_led_to = reference.full_name().is_none() || snapshot.is_led_to().map_err(Trouble::Remote)?;
        let mut differences = Vec::new();
        if !is_led_to {
            let (name, reference) = (name.clone(), reference.clone());
            differences.push(Difference::Unreachable { name, reference, commit });
        }
        match read(&snapshot, pin, &ReadOptions { addons: &locked.addons, series: *series }) {
            Ok(found) => {
                differences.extend(untrue(locked, &found).into_iter().map(|untrue| Difference::Untrue {
                    name: name.clone(),
                    commit,
                    untrue,
                }));
            }
            // If no branch contains the commit, the server may have deleted it.
            Err(_) if !is_led_to => {}
            Err(trouble) => return Err(trouble),
        }
        Ok(differences)
    }
}
