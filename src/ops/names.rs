//! Repositories that the user names on the command line.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::Profile;
use crate::error::{Error, MergeError};
use crate::plan::{self, Movable};
use crate::repo::{CorePart, MergeRef, MergeSource, RemoteUrl, RepoName, Shows, WebPage, bare_url, redact};
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
        let mut repos = profiles.iter().flat_map(|profile| profile.all_repos());
        if repos.all(|repo| repo.name != name) {
            return Err(unknown_repo(session, name));
        }
        names.insert(name);
    }
    Ok(names)
}

/// Something to merge, as the user names it: `web#2950`, `web#18.0-fix`, `web#URL REF`, or the address of a request.
pub(crate) struct NamedMerge {
    /// The repository that the user names: a name, `OCA/web`, or a url.
    pub(crate) repo: String,
    pub(crate) source: MergeSource,
    /// The ref of a pasted address, in case that the merge goes into another repository.
    pub(crate) elsewhere: Option<MergeRef>,
}

impl NamedMerge {
    /// `None` if the word names no merge.
    pub(crate) fn parse(word: &str) -> Result<Option<Self>, Error> {
        let page = WebPage::parse(word);
        if let Some(WebPage { repository, shows: Shows::Request(number) }) = &page {
            let elsewhere = MergeRef::named(&WebPage::ref_of_request(word, *number)).ok();
            let source = MergeSource::request(*number);
            return Ok(Some(Self { repo: repository.clone(), source, elsewhere }));
        }
        let Some((repo, merge)) = word.split_once('#').filter(|(repo, _)| !repo.is_empty()) else {
            return Ok(None);
        };
        let is_number = !merge.is_empty() && merge.bytes().all(|byte| byte.is_ascii_digit());
        // Behind an address, other words are places on the page.
        if (page.is_some() || repo.contains(':')) && !is_number {
            return Ok(None);
        }
        let text = match WebPage::parse(merge) {
            _ if is_number => format!("#{merge}"),
            Some(WebPage { repository, shows: Shows::Branch { name, directory: None } }) => {
                format!("{}.git {name}", bare_url(&repository))
            }
            _ => merge.to_owned(),
        };
        let source = MergeSource::parse(&text).map_err(|invalid| MergeError::Invalid {
            word: redact(merge),
            repo: redact(repo),
            why: invalid.to_string(),
        })?;
        Ok(Some(Self { repo: repo.to_owned(), source, elsewhere: None }))
    }

    /// Whether a declared merge of a repository with this url is meant.
    fn is(&self, declared: &MergeSource, is_of_repo: bool) -> bool {
        let named = self.source.without_secret();
        let is_url = |url: &RemoteUrl| bare_url(url.as_str()) == bare_url(&self.repo);
        let is_elsewhere = || {
            declared.url.as_ref().is_some_and(is_url) && self.elsewhere.as_ref() == Some(&declared.reference)
        };
        is_of_repo && (*declared == named || named.url.is_none() && declared.reference == named.reference)
            || is_elsewhere()
    }
}

/// A declared patch, as the user names it: `web#patches/web-title.patch`. `None` if the word names none.
pub(crate) fn named_patch(session: &Session<'_>, word: &str) -> Option<(RepoName, String)> {
    let (repo, path) = word.split_once('#')?;
    let name = repo_name(session, repo).ok()?;
    let path = crate::fs::slashed(&crate::fs::normal(Path::new(path)));
    let mut repos = session.config.profiles.iter().flat_map(Profile::all_repos);
    repos.any(|repo| repo.name == name && repo.patches.contains(&path)).then_some((name, path))
}

/// What the words name: repositories, and merges as `web#2950` or by the address of a request. Fails if no profile
/// declares one of them.
pub(crate) fn movables(session: &Session<'_>, words: &[String]) -> Result<BTreeSet<Movable>, Error> {
    words.iter().map(|word| movable(session, word)).collect()
}

/// What one word names.
pub(crate) fn movable(session: &Session<'_>, word: &str) -> Result<Movable, Error> {
    let declared = plan::declared(&session.config);
    let Some(named) = NamedMerge::parse(word)? else {
        let repo = repo_name(session, word)?;
        return if declared.iter().any(|declared| declared.pin.name == repo) {
            Ok(repo.into())
        } else {
            Err(unknown_repo(session, repo))
        };
    };
    let repo = repo_name(session, &named.repo).ok();
    let merges = || {
        let pins = declared.iter().map(|declared| &declared.pin);
        let merges = pins.flat_map(|pin| pin.pending.merges.iter().map(|merge| (&pin.name, &merge.source)));
        let merges = merges.map(|(name, source)| (name.clone(), source.clone()));
        merges.collect::<BTreeSet<_>>().into_iter()
    };
    let is_it = |(name, source): &(RepoName, MergeSource)| named.is(source, repo.as_ref() == Some(name));
    let exact = merges()
        .find(|(name, source)| repo.as_ref() == Some(name) && *source == named.source.without_secret());
    let found: Vec<(RepoName, MergeSource)> = match exact {
        Some(exact) => vec![exact],
        None => merges().filter(is_it).collect(),
    };
    let shown = |merges: &mut dyn Iterator<Item = (RepoName, MergeSource)>| {
        merges.map(|(name, source)| source.of(&name)).collect()
    };
    match &found[..] {
        [(repo, source)] => Ok(Movable { repo: repo.clone(), merge: Some(source.clone()) }),
        [] => {
            let repo = match repo {
                Some(repo) => repo,
                None => repo_name(session, &named.repo)?,
            };
            if declared.iter().all(|declared| declared.pin.name != repo) {
                return Err(unknown_repo(session, repo));
            }
            let word = named.source.of(&repo);
            let known = shown(&mut merges().filter(|(name, _)| *name == repo));
            Err(MergeError::Unknown { word, known }.into())
        }
        _ => {
            let known = shown(&mut found.iter().cloned());
            Err(MergeError::Several { word: redact(word), known }.into())
        }
    }
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
    if let Some(profile) = profiles.iter().find(|profile| profile.all_repos().any(|repo| repo.name == name)) {
        return Error::RepoElsewhere { name, profile: profile.name.clone() };
    }
    if let Some(part) = CorePart::of_name(&name) {
        let has_core = profiles.iter().any(|profile| !profile.core.is_empty());
        return Error::NotInCore { part, has_core };
    }
    let repos = profiles.iter().flat_map(Profile::all_repos);
    let known: BTreeSet<String> = repos.map(|repo| repo.name.to_string()).collect();
    let lock = session.lock_as_it_stands().ok().flatten().unwrap_or_default();
    let mut locked = lock.repos.iter();
    let has = locked.find(|locked| locked.facts.modules.iter().any(|module| module.name == *name.as_str()));
    let has = has.map(|locked| locked.pin.name.clone());
    Error::UnknownRepo { has, name, known: known.into_iter().collect() }
}
