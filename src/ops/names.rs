//! Repositories that the user names on the command line.

use std::collections::BTreeSet;

use crate::config::Profile;
use crate::error::{Error, MergeError};
use crate::plan::{self, Movable};
use crate::repo::{MergeSource, RepoName, Shows, WebPage, redact};
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

/// What the words name: repositories, and merges as `web#2950` or by the address of a request. Fails if no profile
/// declares one of them.
pub(crate) fn movables(session: &Session<'_>, words: &[String]) -> Result<BTreeSet<Movable>, Error> {
    words.iter().map(|word| movable(session, word)).collect()
}

/// What one word names.
pub(crate) fn movable(session: &Session<'_>, word: &str) -> Result<Movable, Error> {
    let page = WebPage::parse(word);
    let (word, merge) = match (&page, word.split_once('#')) {
        (Some(WebPage { repository, shows: Shows::Request(number) }), _) => {
            (repository.as_str(), Some(number.to_string()))
        }
        (None, Some((word, merge))) => (word, Some(merge.to_owned())),
        _ => (word, None),
    };
    let repo = repo_name(session, word)?;
    let declared = plan::declared(&session.config);
    let of_repo = || declared.iter().filter(|declared| declared.pin.name == repo);
    if of_repo().next().is_none() {
        return Err(unknown_repo(session, repo));
    }
    let Some(merge) = merge else { return Ok(repo.into()) };
    let mut sources = of_repo().flat_map(|declared| &declared.pin.pending.merges).map(|merge| &merge.source);
    let is_it = |source: &&MergeSource| match source.as_request() {
        Some(number) => merge.parse() == Ok(number),
        None => source.reference.to_string() == merge,
    };
    if let Some(source) = sources.find(is_it) {
        return Ok(Movable { repo, merge: Some(source.clone()) });
    }
    let merges = of_repo().flat_map(|declared| &declared.pin.pending.merges);
    let known: BTreeSet<String> = merges.map(|merge| merge.source.of(&repo)).collect();
    Err(MergeError::Unknown { word: format!("{repo}#{merge}"), known: known.into_iter().collect() }.into())
}

/// The error for something that no profile declares.
pub(crate) fn unknown_movable(session: &Session<'_>, movable: Movable) -> Error {
    match movable.merge {
        Some(_) => MergeError::Unknown { word: movable.to_string(), known: Vec::new() }.into(),
        None => unknown_repo(session, movable.repo),
    }
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
