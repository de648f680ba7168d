//! Repositories that the user names on the command line.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::repo::{RepoName, WebPage, redact};
use crate::session::Session;

/// The repository that a word names: its name, `OCA/web`, its url, or the address of a page of it.
pub(crate) fn repo_name(session: &Session<'_>, word: &str) -> Result<RepoName, Error> {
    let page = WebPage::parse(word);
    let word = page.as_ref().map_or(word, WebPage::name);
    let name = match session.repo_of(word) {
        Some(name) => return Ok(name),
        None => redact(word),
    };
    RepoName::parse(&name).map_err(|invalid| Error::BadName { invalid })
}

/// The named repositories. Fails if a profile of the command does not have one of them. Empty if no word is given, which
/// stands for all.
pub(crate) fn named_repos(session: &Session<'_>, words: &[String]) -> Result<BTreeSet<RepoName>, Error> {
    let mut names = BTreeSet::new();
    for word in words {
        let name = repo_name(session, word)?;
        let repos = || session.config.profiles.iter().flat_map(|profile| &profile.repos);
        if repos().all(|repo| repo.name != name) {
            return Err(unknown_repo(session, name));
        }
        names.insert(name);
    }
    Ok(names)
}

/// The error for a repository that no profile declares.
pub(crate) fn unknown_repo(session: &Session<'_>, name: RepoName) -> Error {
    let repos = session.config.profiles.iter().flat_map(|profile| &profile.repos);
    let known = repos.map(|repo| repo.name.to_string()).collect();
    let lock = session.lock_as_it_stands().ok().flatten().unwrap_or_default();
    let mut locked = lock.repos.iter();
    let has = locked.find(|locked| locked.facts.modules.iter().any(|module| module.name == *name.as_str()));
    Error::UnknownRepo { has: has.map(|locked| locked.pin.name.clone()), name, known }
}
