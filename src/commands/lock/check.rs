//! `oca lock --check`: the lock against what is declared and, with `--upstream`, against the remotes.

use super::Args;
use crate::config::Mode;
use crate::error::Error;
use crate::facts::Source;
use crate::flags::Format;
use crate::git::{Git, Meter};
use crate::lock::{self, Lock, LockedRepo, Pin, untrue};
use crate::ops::submodules::Survey;
use crate::ops::{failed, read};
use crate::output::json;
use crate::plan::{self, Declared};
use crate::repo::{RemoteUrl, RepoName, one_line};
use crate::report::{Difference, Outcome, RepoOutcome};
use crate::session::Session;

/// Compares the lock with what is declared, and with the bytes that oca would write.
pub(super) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let file = session.lock_file();
    let bytes = lock::read_file(&file)?;
    let lock = bytes.as_deref().map(|bytes| Lock::parse(bytes, &file)).transpose()?;
    let mut differences = plan::differences(&session.config, lock.as_ref(), &session.local_depends()?);
    if let (Some(lock), Some(bytes)) = (&lock, &bytes)
        && !lock.is_laid_out_as(bytes)
    {
        differences.push(Difference::Layout);
    }
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
            let line = |difference: &Difference| format!("{}\n", one_line(&difference.to_string()));
            differences.iter().for_each(|difference| session.printer.data(&line(difference)));
        }
        Format::Json => session.printer.data(&json::freshness(&differences)),
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

/// The error with the hint that helps: `oca lock` mends neither pins nor an entry that looks whole.
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

/// What the remotes say of the lock, and those that could not be asked.
fn upstream(session: &Session<'_>, lock: &Lock) -> Result<(Vec<Difference>, Vec<RepoOutcome>), Error> {
    let declared = plan::declared(&session.config);
    let pins = declared.iter().filter_map(|declared| Some((declared, lock.repo(&declared.pin)?)));
    let pins: Vec<Pinned<'_>> = pins
        .map(|(declared, locked)| Ok(Pinned { declared, locked, url: session.remote_url(&declared.url)? }))
        .collect::<Result<_, Error>>()?;
    let names: Vec<&RepoName> = pins.iter().map(|pinned| &pinned.declared.pin.name).collect();
    let git = session.git()?;
    let answers = {
        let watcher = session.printer.watch(&names);
        session.pools()?.fetch(&pins, |place, pinned| {
            watcher.started(place);
            watcher.step(place, "asking");
            let answer = pinned.ask(git, &|bytes| watcher.received(place, bytes));
            watcher.finished(place, answer.as_ref().map_or_else(|outcome| outcome, |_| &Outcome::UpToDate));
            answer
        })
    };
    session.tell_warnings(git);
    let (mut differences, mut failures) = (Vec::new(), Vec::new());
    for (pinned, answer) in pins.iter().zip(answers) {
        let Pin { name, url, .. } = pinned.declared.pin.clone();
        match answer {
            Ok(found) => differences.extend(found),
            Err(outcome) => failures.push(RepoOutcome { name, url: url.to_string(), outcome }),
        }
    }
    Ok((differences, failures))
}

/// A pin and what the lock says of it.
struct Pinned<'a> {
    declared: &'a Declared,
    locked: &'a LockedRepo,
    url: RemoteUrl,
}

impl Pinned<'_> {
    /// Whether the branch or tag leads to the commit, and whether all that the lock says of the commit is so.
    ///
    /// A commit that is declared by its id is one that the remote gives out; more no server tells.
    fn ask(&self, git: &Git, meter: Meter<'_>) -> Result<Vec<Difference>, Outcome> {
        let Self { declared: Declared { pin, series, .. }, locked, url } = self;
        let Pin { name, reference, .. } = pin;
        let commit = locked.commit;
        let remote = git.remote(url).map_err(Outcome::Failed)?;
        let is_led_to = reference.full_name().is_none()
            || remote.leads_to(reference, commit, meter).map_err(Outcome::Failed)?;
        let mut differences = Vec::new();
        if !is_led_to {
            let (name, reference) = (name.clone(), reference.clone());
            differences.push(Difference::Unreachable { name, reference, commit });
        }
        let source = Source { commit, reference, addons: &locked.addons, series: *series };
        match read(&remote, pin, &source, meter) {
            Ok(found) => {
                differences.extend(untrue(locked, &found).into_iter().map(|untrue| Difference::Untrue {
                    name: name.clone(),
                    commit,
                    untrue,
                }));
            }
            // A commit that nothing leads to may be gone.
            Err(_) if !is_led_to => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(differences)
    }
}
