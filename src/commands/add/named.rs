//! The repositories that the user names: by a name, a url, or the address of a web page.

use crate::config::ModuleRequest;
use crate::error::{EditError, Error};
use crate::repo::{RemoteUrl, RepoName, Shows, WebPage, bare_url, last_part, redact};
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
}

impl NamedRepo {
    pub(super) fn named(name: RepoName) -> Self {
        Self { name, url: None, branch: None, module: None }
    }

    /// Accepts a name, `OCA/web`, a url or a path whose last part is the name, and the address of a web page.
    pub(super) fn parse(word: &str, session: &Session<'_>) -> Result<Self, Error> {
        let bad_name = |invalid| Error::BadName { invalid };
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
            Shows::Request(number) => Err(EditError::PastedRequest { name, number: *number }.into()),
        }
    }
}
