//! `oca lock --check`: compares the lock with `repos.toml` and, with `--upstream`, with the remotes.

use std::collections::BTreeSet;

use super::Args;
use crate::config::Mode;
use crate::error::{Error, MergeError};
use crate::facts::ReadOptions;
use crate::flags::Format;
use crate::git::{Git, SubmodulePath};
use crate::json::{FreshnessReport, GitlinksKind};
use crate::lock::{self, Lock, LockedRepo, Pin, StepTexts, untrue};
use crate::ops::submodules::{Survey, remaining};
use crate::ops::{
    MergeJob, OfPin, Remotes, Watch, merge_job, read, refuse_missing_patches, warn_of_conflicts_with_odoo,
    warn_of_ignored, warn_of_missing_known,
};
use crate::plan::{self, Declared, Moves};
use crate::repo::{Pending, RemoteUrl};
use crate::report::{Difference, Done, Failure, MergeNote, StepDifference, Trouble};
use crate::session::Session;

/// Compares the lock with `repos.toml`, and its bytes with the bytes that oca would write.
pub(super) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let file = session.lock_file();
    let bytes = lock::read_file(&file)?;
    let lock = session.of_git(bytes.as_deref().map(|bytes| Lock::parse(bytes, &file)).transpose())?;
    session.refuse_unmerged()?;
    if lock.is_some() {
        refuse_missing_patches(session)?;
    }
    let mut differences = session.differences(lock.as_ref())?;
    if let (Some(lock), Some(bytes)) = (&lock, &bytes)
        && !lock.is_laid_out_as(bytes)
    {
        differences.push(Difference::Layout);
    }
    let faults = lock.as_ref().map(|lock| lock.step_faults(&file)).unwrap_or_default();
    differences.extend(faults.iter().map(|fault| Difference::Step(StepDifference::File(fault.to_string()))));
    if let Some(lock) = &lock {
        if differences.is_empty() {
            warn_of_missing_known(session, lock, |_| true)?;
        }
        warn_of_ignored(session, lock);
    }
    let (mut submodules, mut remain, mut is_unpushed) = (Vec::new(), 0, false);
    let mut gitlinks = (session.config.mode == Mode::Submodule).then_some(GitlinksKind::NotCompared);
    if let Some(lock) = lock.as_ref().filter(|_| differences.is_empty()) {
        if gitlinks.is_none() {
            let paths = remaining(session, lock)?;
            remain = paths.len();
            let still = |path: SubmodulePath| Difference::StillSubmodule { path: path.to_string() };
            differences.extend(paths.into_iter().map(still));
        } else if let Some(survey) = Survey::take(session, lock)? {
            submodules = survey.differences().to_vec();
            is_unpushed = survey.is_unpushed()?;
            gitlinks = Some(GitlinksKind::Compared);
        } else {
            session.printer.note("there is no git repository here, so no gitlinks are compared");
        }
        differences.extend(submodules.iter().cloned().map(Difference::Submodule));
    }
    let mut failures = Vec::new();
    if let Some(lock) = lock.as_ref().filter(|_| args.upstream) {
        let (more, failed) = upstream(args, session, lock)?;
        differences.extend(more);
        failures = failed;
    }
    let failed = (!failures.is_empty()).then_some(Error::Repos { failures });
    match args.format.format {
        Format::Human => {
            differences.iter().for_each(|difference| session.printer.data_line(difference));
        }
        Format::Json => session.printer.json(&FreshnessReport::of(&differences, gitlinks, failed.as_ref())),
    }
    if let Some(failed) = failed {
        return Err(failed);
    }
    if !submodules.is_empty() {
        return Err(Error::Submodules { differences: submodules, is_unpushed });
    }
    if remain > 0 {
        return Err(Error::StillSubmodules { count: remain });
    }
    if let Some(lock) = lock.as_ref().filter(|_| differences.is_empty()) {
        warn_of_conflicts_with_odoo(session, lock)?;
    }
    match (lock, differences.is_empty()) {
        (_, true) => Ok(()),
        (None, _) => Err(Error::NoLock { file }),
        (Some(_), false) if differences.len() == faults.len() => {
            Err(Error::Steps { directory: lock::STEPS.into(), faults })
        }
        (Some(_), false) => Err(refused(&differences, file)),
    }
}

/// Chooses the error by its hint: a plain `oca lock` repairs neither pins nor forged entries.
fn refused(differences: &[Difference], file: std::path::PathBuf) -> Error {
    let (mut unreachable, mut untrue) = (Vec::new(), Vec::new());
    let (mut steps, mut forged) = (Vec::new(), Vec::new());
    for difference in differences {
        match difference {
            Difference::Step(StepDifference::ByHand { what, .. } | StepDifference::Unproven { what }) => {
                steps.push(what.clone());
            }
            Difference::Step(StepDifference::Untrue { what }) => forged.push(what.clone()),
            Difference::Step(StepDifference::Astray(_)) => {}
            Difference::Unreachable { name, .. } => unreachable.push(name.clone()),
            Difference::Untrue { name, commit, .. } => untrue.push((name.clone(), *commit)),
            _ => return Error::StaleAsReported { file, count: differences.len() },
        }
    }
    untrue.dedup();
    if !forged.is_empty() {
        MergeError::Forged { steps: forged }.into()
    } else if !untrue.is_empty() {
        Error::Untrue { pins: untrue }
    } else if !unreachable.is_empty() {
        Error::Unreachable { names: unreachable }
    } else if !steps.is_empty() {
        MergeError::Unproven { steps }.into()
    } else {
        MergeError::Astray.into()
    }
}

/// The differences that the remotes show, and the remotes that could not be reached.
fn upstream(
    args: &Args,
    session: &Session<'_>,
    lock: &Lock,
) -> Result<(Vec<Difference>, Vec<Failure>), Error> {
    let steps = StepTexts::gather(&session.lock_file(), lock);
    let accepted: BTreeSet<String> = args.accept.iter().cloned().collect();
    let known: BTreeSet<String> = lock.repos.iter().flat_map(step_names).collect();
    if let Some(word) = accepted.iter().find(|word| !known.contains(*word)).cloned() {
        return Err(MergeError::Unknown { word, known: known.into_iter().collect() }.into());
    }
    let declared = plan::declared(&session.config);
    let pins = declared.iter().filter_map(|declared| Some((declared, lock.repo(&declared.pin)?)));
    let pins: Vec<Pinned<'_>> = pins
        .map(|(declared, locked)| {
            let url = session.remote_url(&declared.url)?;
            let merges = merge_job(session, declared, &Moves::Missing, Some((locked, &steps)))?;
            Ok(Pinned { declared, locked, url, merges })
        })
        .collect::<Result<_, Error>>()?;
    let remotes = Remotes::of(session)?;
    let answers = remotes.ask(&pins, |pinned, watch| {
        watch.step("asking");
        Ok((Done::UpToDate, pinned.ask(remotes.git, &accepted, watch)?))
    })?;
    let (found, failures) = answers.sorted();
    let mut differences = Vec::new();
    for (_, (more, notes)) in found {
        differences.extend(more);
        for note in notes.iter().filter(|note| note.is_warning()) {
            if args.strict {
                differences.push(Difference::Step(StepDifference::Astray(note.to_string())));
            } else {
                session.printer.warning(&note.to_string());
            }
        }
    }
    Ok((differences, failures))
}

/// The merges and patches of an entry, as they are typed.
fn step_names(repo: &LockedRepo) -> impl Iterator<Item = String> {
    let Pending { merges, patches } = &repo.pin.pending;
    let merges = merges.iter().map(|merge| merge.source.of(&repo.pin.name));
    merges.chain(patches.iter().cloned())
}

/// The differences of an entry, and what is normal after a request moved.
type Found = (Vec<Difference>, Vec<MergeNote>);

/// A declared repository and its entry in the lock.
struct Pinned<'a> {
    declared: &'a Declared,
    locked: &'a LockedRepo,
    url: RemoteUrl,
    merges: Option<MergeJob<'a>>,
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
    fn ask(&self, git: &Git, accepted: &BTreeSet<String>, watch: &Watch<'_>) -> Result<Found, Trouble> {
        let Self { declared: Declared { pin, series, .. }, locked, url, merges } = self;
        let meter = |bytes| watch.received(bytes);
        let Pin { name, reference, .. } = pin;
        let commit = locked.commit;
        let snapshot = git.remote(url).map_err(Trouble::Remote)?.at(commit, reference, &meter);
        let is_led_to = reference.full_name().is_none() || snapshot.is_led_to().map_err(Trouble::Remote)?;
        let mut differences = Vec::new();
        if !is_led_to {
            let (name, reference) = (name.clone(), reference.clone());
            differences.push(Difference::Unreachable { name, reference, commit });
        }
        let (mut content, mut notes) = (snapshot, Vec::new());
        if let Some(job) = merges {
            let proof = job.prove(git, &content, locked, accepted, watch)?;
            differences.extend(proof.differences.into_iter().map(Difference::Step));
            notes = proof.notes;
            content = job.as_locked(content, locked)?;
        }
        let source = ReadOptions { addons: &locked.addons, series: *series, core: locked.core };
        if locked.is_unreadable() {
            return Ok((differences, notes));
        }
        match read(&content, pin, &source) {
            Ok(found) => {
                let (merges, patches) = (locked.merges.clone(), locked.patches.clone());
                let found = LockedRepo { merges, patches, ..found };
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
        Ok((differences, notes))
    }
}
