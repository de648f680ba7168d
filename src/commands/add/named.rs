//! The repositories and merges that the user names: by a name, a url, or the address of a web page.

use crate::config::{ModuleRequest, Profile, Repo};
use crate::error::{EditError, Error};
use crate::ops::NamedMerge;
use crate::repo::{CorePart, MergeSource, RemoteUrl, RepoName, Shows, WebPage, bare_url, last_part, redact};
use crate::session::Session;

/// A repository to add.
pub(super) struct NamedRepo {
    pub(super) name: RepoName,
    /// The url, if the user gave one.
    pub(super) url: Option<RemoteUrl>,
    /// The branch of a pasted address.
    pub(super) branch: Option<String>,
    /// The module of a pasted address.
    pub(super) module: Option<ModuleRequest>,
    /// What to merge into it. The repository may be declared already.
    pub(super) merge: Option<MergeSource>,
}

impl NamedRepo {
    pub(super) fn named(name: RepoName) -> Self {
        Self { name, url: None, branch: None, module: None, merge: None }
    }

    /// Accepts a name, `OCA/web`, a url or a path whose last part is the name, and the address of a web page. What
    /// `[core]` declares has its name there.
    pub(super) fn parse(word: &str, session: &Session<'_>) -> Result<Self, Error> {
        Ok(Self::of_word(word, session)?.renamed_in_core(session))
    }

    /// The same with the name of a part of Odoo itself: a repository with another url than that of `[core]` is known by
    /// its name on forges, a word without url only by that url.
    fn renamed_in_core(self, session: &Session<'_>) -> Self {
        let mut repos = session.config.profiles.iter().flat_map(|profile| &profile.repos);
        if repos.any(|repo| repo.name == self.name) {
            return self;
        }
        let name = self.name.as_str();
        let part = CorePart::of_repository(name).filter(|_| self.url.is_some());
        let core = session.config.profiles.iter().flat_map(|profile| &profile.core);
        let is_it = |repo: &&Repo| match part {
            Some(part) => repo.name == part.name(),
            None => self.url.is_none() && last_part(repo.url.as_str()).eq_ignore_ascii_case(name),
        };
        let found = core.clone().find(|repo| repo.name == self.name).or_else(|| core.clone().find(is_it));
        Self { name: found.map_or(self.name.clone(), |repo| repo.name.clone()), ..self }
    }

    fn of_word(word: &str, session: &Session<'_>) -> Result<Self, Error> {
        let bad_name = |invalid| Error::BadName { invalid };
        if !session.absolute(word).exists()
            && let Some(merge) = NamedMerge::parse(word)?
        {
            return Self::of_merge(merge, session);
        }
        if let Some(page) = WebPage::parse(word) {
            return Self::of_page(&page);
        }
        if !word.contains(['/', ':', '\\']) {
            return Ok(Self::named(RepoName::parse(word).map_err(bad_name)?));
        }
        if let Some((organisation, name)) = word.split_once('/')
            && let (Ok(_), Ok(name)) = (RepoName::parse(organisation), RepoName::parse(name))
            && !session.absolute(word).exists()
            && let Some(url) = session.config.base.beside(organisation, &name)
        {
            return Ok(Self { url: Some(url), ..Self::named(name) });
        }
        let url = RemoteUrl::parse(word).map_err(bad_name)?;
        let shown = redact(word);
        Ok(Self { url: Some(url), ..Self::named(RepoName::parse(last_part(&shown)).map_err(bad_name)?) })
    }

    fn of_merge(merge: NamedMerge, session: &Session<'_>) -> Result<Self, Error> {
        let NamedMerge { repo, source, elsewhere } = merge;
        if let Some(name) = session.repo_of(&repo) {
            return Ok(Self { merge: Some(source), ..Self::named(name) });
        }
        let target = match &elsewhere {
            Some(_) => Self::of_page(&WebPage { repository: repo, shows: Shows::Repository })?,
            None => Self::of_word(&repo, session)?,
        };
        let target = target.renamed_in_core(session);
        let mut repos = session.config.profiles.iter().flat_map(Profile::all_repos);
        match (repos.any(|known| known.name == target.name), elsewhere, &target.url) {
            // A request of another repository of this name, such as the one that was forked.
            (true, Some(reference), Some(_)) => {
                let merge = Some(MergeSource { url: target.url, reference });
                Ok(Self { merge, ..Self::named(target.name) })
            }
            _ => Ok(Self { merge: Some(source), ..target }),
        }
    }

    fn of_page(page: &WebPage) -> Result<Self, Error> {
        let bad_name = |invalid| Error::BadName { invalid };
        let name = RepoName::parse(bare_url(page.name())).map_err(bad_name)?;
        let url = RemoteUrl::parse(&format!("{}.git", bare_url(&page.repository))).map_err(bad_name)?;
        let repo = Self { url: Some(url), ..Self::named(name.clone()) };
        match &page.shows {
            Shows::Repository => Ok(repo),
            Shows::Branch { name: branch, directory } => {
                let module = directory.as_deref().filter(|directory| !directory.contains('.'));
                let module = module.and_then(|directory| ModuleRequest::parse(directory).ok());
                Ok(Self { branch: Some(branch.clone()), module, ..repo })
            }
            Shows::Tag(tag) => Err(EditError::PastedTag { name, tag: tag.clone() }.into()),
            Shows::Commit(commit) => Err(EditError::PastedCommit { name, commit: *commit }.into()),
            Shows::Request(number) => Ok(Self { merge: Some(MergeSource::request(*number)), ..repo }),
        }
    }
}
