//! Pins whose commits were not resolved by oca: those that the user gives, and those that an import brings.

use std::collections::{BTreeMap, BTreeSet};

use crate::addons::version::series_of;
use crate::error::{Error, PinError};
use crate::lock::{Lock, LockedRepo, Pin};
use crate::plan::{self, Declared, Movable};
use crate::repo::{CommitId, RepoName, Series};
use crate::session::Session;

/// Fails if a commit that the user gave has modules for another series only.
pub(super) fn refuse_other_series(
    session: &Session<'_>,
    commits: &BTreeMap<Movable, CommitId>,
    read: &[&LockedRepo],
) -> Result<(), Error> {
    for profile in &session.config.profiles {
        let pins: BTreeSet<Pin> = profile.all_repos().map(plan::pin).collect();
        for repo in read.iter().filter(|repo| pins.contains(&repo.pin)) {
            let (name, commit) = (&repo.pin.name, repo.commit);
            if commits.contains_key(&name.clone().into())
                && let Some(found) = other_series(repo, profile.odoo)
            {
                let (name, profile, wanted) = (name.clone(), profile.name.clone(), profile.odoo);
                return Err(PinError::OtherSeries { name, commit, found, wanted, profile }.into());
            }
        }
    }
    Ok(())
}

/// The series of the modules, if no module is for the wanted one.
fn other_series(repo: &LockedRepo, wanted: Series) -> Option<Series> {
    let series: BTreeSet<Series> =
        repo.facts.modules.iter().filter_map(|module| series_of(module.manifest.version())).collect();
    if series.contains(&wanted) { None } else { series.into_iter().next_back() }
}

/// Keeps the commits of an import whose urls were corrected in `repos.toml` since. Warns about commits that are lost,
/// because `repos.toml` names another branch or tag.
pub(super) fn keep_imported(session: &Session<'_>, declared: &[Declared], lock: Lock) -> Lock {
    let known: Vec<Pin> = lock.repos.iter().map(|repo| repo.pin.clone()).collect();
    let wanted: BTreeSet<&Pin> = declared.iter().map(|declared| &declared.pin).collect();
    let mut new: BTreeMap<&RepoName, Vec<&Pin>> = BTreeMap::new();
    for pin in wanted.iter().filter(|pin| !known.iter().any(|known| known.has_base_of(pin))) {
        new.entry(&pin.name).or_default().push(pin);
    }
    let is_wanted = |repo: &LockedRepo| wanted.iter().any(|pin| pin.has_base_of(&repo.pin));
    let mut repos = lock.repos;
    for repo in repos.iter_mut().filter(|repo| repo.is_pin_only() && !is_wanted(repo)) {
        let Pin { name, reference, .. } = &repo.pin;
        match new.get(name).map(Vec::as_slice).unwrap_or_default() {
            [pin] if pin.reference == *reference => repo.pin.url = pin.url.clone(),
            [pin, ..] => session.printer.warning(&format!(
                "`{name}`: commit `{}` is not kept, because it was pinned for {reference}, and `{}` names {}",
                repo.commit,
                session.config.file.display(),
                pin.reference
            )),
            [] => {}
        }
    }
    repos.sort_by(|a, b| a.pin.cmp(&b.pin));
    Lock { repos, ..lock }
}
