//! Repositories that the user names on the command line.

use std::collections::BTreeSet;

use crate::config::Profile;
use crate::error::Error;
use crate::repo::{RepoName, WebPage, redact};
use crate::session::Session;

/// The repository that a word names: its name, `OCA/web`, its url, or the address of a page of it. A url or an address
/// must be that of a declared repository.
pub(crate) fn repo_name(session: &Session<'_>, word: &str) -> Result<RepoName, Error> {
    let page = WebPage::parse(word);
    let meant = page.as_ref().map_or(word, |page| &page.repository);
    // The shell completes the names of directories with a slash.
    let meant = meant.trim_end_matches('/');
    match session.repo_of(meant) {
        Some(name) => Ok(name),
        None => RepoName::parse(&redact(meant)).map_err(|invalid| Error::BadName { invalid }),
    }
}

/// The named repositories of these profiles. Fails if none of them has one of the words. Empty if no word is given,
/// which stands for all.
pub(crate) fn named_repos<'p>(
    session: &Session<'_>,
    profiles: impl IntoIterator<Item = &'p Profile>,
    words: &[String],
) -> Result<BTreeSet<RepoName>, Error> {
    let profiles: Vec<&Profile> = profiles.into_iter().collect();
    let mut names = BTreeSet::new();
    for word in words {
        let name = repo_name(session, word)?;
        let mut repos = profiles.iter().flat_map(|profile| &profile.repos);
        if repos.all(|repo| repo.name != name) {
            return Err(unknown_repo(session, name));
        }
        names.insert(name);
    }
    Ok(names)
}

/// The error for a repository that is not declared in the profiles of the command.
pub(crate) fn unknown_repo(session: &Session<'_>, name: RepoName) -> Error {
    let profiles = &session.config.profiles;
    if let Some(profile) = profiles.iter().find(|profile| profile.repos.iter().any(|repo| repo.name == name))
    {
        return Error::RepoElsewhere { name, profile: profile.name.clone() };
    }
    let repos = profiles.iter().flat_map(|profile| &profile.repos);
    let known: BTreeSet<String> = repos.map(|repo| repo.name.to_string()).collect();
    let lock = session.lock_as_it_stands().ok().flatten().unwrap_or_default();
    let mut locked = lock.repos.iter();
    let has = locked.find(|locked| locked.facts.modules.iter().any(|module| module.name == *name.as_str()));
    let has = has.map(|locked| locked.pin.name.clone());
    Error::UnknownRepo { has, name, known: known.into_iter().collect() }
}
