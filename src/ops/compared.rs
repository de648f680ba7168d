//! Repositories before and now, with the modules that may differ.

use std::collections::BTreeMap;

use super::remotes::OfPin;
use crate::config::Profile;
use crate::diff::{Home, Step};
use crate::error::Error;
use crate::lock::{LockedRepo, Pin};
use crate::repo::RemoteUrl;
use crate::session::Session;

/// A repository before and now, with those of its modules that may differ.
pub(super) struct Compared<'l> {
    pub(super) repos: Step<&'l LockedRepo>,
    pub(super) urls: Step<RemoteUrl>,
    pub(super) modules: Vec<Step<Home<'l>>>,
}

impl OfPin for Compared<'_> {
    fn pin(&self) -> &Pin {
        &self.repos.to.pin
    }
}

/// The modules by the repositories that have them.
pub(super) fn by_repository<'l>(
    session: &Session<'_>,
    homes: Vec<Step<Home<'l>>>,
) -> Result<Vec<Compared<'l>>, Error> {
    let mut by_pins: BTreeMap<(&Pin, &Pin), Vec<Step<Home<'l>>>> = BTreeMap::new();
    for both in homes {
        by_pins.entry((&both.from.repo.pin, &both.to.repo.pin)).or_default().push(both);
    }
    let mut compared = Vec::new();
    for modules in by_pins.into_values() {
        let Some(first) = modules.first() else { continue };
        let repos = Step { from: first.from.repo, to: first.to.repo };
        let urls = Step { from: declared_url(session, repos.from)?, to: declared_url(session, repos.to)? };
        compared.push(Compared { repos, urls, modules });
    }
    Ok(compared)
}

/// The url for requests: as it is declared, with its secrets, if it is declared.
pub(super) fn declared_url(session: &Session<'_>, locked: &LockedRepo) -> Result<RemoteUrl, Error> {
    let mut declared = session.config.profiles.iter().flat_map(Profile::all_repos);
    let declared = declared.find(|repo| repo.url.without_secret() == locked.pin.url);
    session.remote_url(declared.map_or(&locked.pin.url, |repo| &repo.url))
}
