//! `oca add`: adds repositories, or the repository of a module, to `repos.toml` and the lock.

use crate::addons::core::Core;
use crate::catalogue;
use crate::config::{self, ModuleRequest, Profile, Repo};
use crate::error::{EditError, Error};
use crate::flags::FormatArg;
use crate::git;
use crate::ops::search::{self, Search};
use crate::ops::{Rewrite, tell};
use crate::repo::{RemoteUrl, RepoName, bare_url, last_part, redact};
use crate::report::Trouble;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names of OCA repositories, or urls of any repository
    #[arg(value_name = "NAME|URL", required_unless_present = "modules")]
    repos: Vec<String>,
    /// Add the repository that has this module; with a NAME or URL, select this module of it
    #[arg(long = "module", value_name = "MODULE", value_parser = ModuleRequest::parse)]
    modules: Vec<ModuleRequest>,
    #[command(flatten)]
    format: FormatArg,
}

/// A repository to add.
struct NamedRepo {
    name: RepoName,
    /// The url, if the user gave one.
    url: Option<RemoteUrl>,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let targets: Vec<NamedRepo> =
        args.repos.iter().map(|word| NamedRepo::parse(word)).collect::<Result<_, _>>()?;
    if targets.len() > 1 && !args.modules.is_empty() {
        return Err(EditError::ModuleOfSeveral.into());
    }
    let rewrite = Rewrite::begin(session)?;
    let profile = rewrite.session.profile()?.clone();
    let mut addition = Addition { rewrite, profile, done: Vec::new(), named: Vec::new() };
    for target in &targets {
        addition.repo(target)?;
        for request in &args.modules {
            addition.module_of(&target.name, request, true)?;
        }
    }
    if targets.is_empty() {
        for (name, request) in addition.owners(&args.modules)? {
            addition.repo(&NamedRepo { name: name.clone(), url: None })?;
            addition.module_of(&name, request, false)?;
        }
    }
    let Addition { rewrite, done, named, .. } = addition;
    let rewritten = rewrite.finish().map_err(|error| with_near_names(error, &named))?;
    done.iter().for_each(|line| session.printer.note(line));
    tell(rewritten.as_ref(), args.format.format, session.printer);
    Ok(())
}

impl NamedRepo {
    /// A word with a slash or a colon is a url or a path; its last part is the name.
    fn parse(word: &str) -> Result<Self, Error> {
        let bad_name = |invalid| Error::BadName { invalid };
        if !word.contains(['/', ':', '\\']) {
            return Ok(Self { name: RepoName::parse(word).map_err(bad_name)?, url: None });
        }
        let url = RemoteUrl::parse(word).map_err(bad_name)?;
        let shown = redact(word);
        Ok(Self { name: RepoName::parse(last_part(&shown)).map_err(bad_name)?, url: Some(url) })
    }
}

/// The additions to one profile.
struct Addition<'a> {
    rewrite: Rewrite<'a>,
    profile: Profile,
    /// Messages about the additions.
    done: Vec<String>,
    /// New repositories that were given only by name.
    named: Vec<RepoName>,
}

impl Addition<'_> {
    fn repo(&mut self, target: &NamedRepo) -> Result<(), Error> {
        let NamedRepo { name, url } = target;
        let config = &self.rewrite.session.config;
        let known = self.known(name);
        if let (Some(url), Some(known)) = (url, &known)
            && bare_url(url.as_str()) != bare_url(known.url.as_str())
        {
            return Err(EditError::OtherUrl { name: name.clone(), known: known.url.to_string() }.into());
        }
        let profile = &self.profile.name;
        if self.profile.repos.iter().any(|repo| repo.name == *name) || self.rewrite.draft.names(profile, name)
        {
            let from = self.rewrite.draft.inherited_from(profile, name);
            let from = from.map(|from| format!(", from profile `{from}`")).unwrap_or_default();
            self.say(&format!("profile `{profile}` has `{name}` already{from}"));
            return Ok(());
        }
        match url.as_ref().filter(|url| bare_url(url.as_str()) != bare_url(config.base.url_of(name).as_str()))
        {
            Some(url) if known.is_none() => self.rewrite.draft.set_url(name, url.as_str())?,
            Some(_) => {}
            None => self.named.push(name.clone()),
        }
        self.rewrite.draft.add_repo(profile, name)?;
        self.done.push(format!("added `{name}` to profile `{profile}`"));
        Ok(())
    }

    /// Makes sure that a module of a repository is selected, in the list that decides about it. If the repository is new
    /// and named together with modules, only these modules are selected. Otherwise, a profile without `modules` takes the
    /// whole repository.
    fn module_of(&mut self, name: &RepoName, request: &ModuleRequest, is_named: bool) -> Result<(), Error> {
        let module = request.to_string();
        let is_new = self.profile.repos.iter().all(|repo| repo.name != *name);
        let of_repo = self.known(name).and_then(|repo| repo.modules);
        let (requests, owner) = match (&self.profile.modules, of_repo) {
            (Some(requests), _) => (requests.clone(), None),
            (None, Some(requests)) => (requests, Some(name)),
            (None, None) if is_new && is_named => (Vec::new(), Some(name)),
            (None, None) if request.requirement.is_some() => {
                let (profile, name) = (self.profile.name.clone(), name.clone());
                return Err(EditError::VersionOfWhole { wanted: module, profile, name }.into());
            }
            (None, None) => return if is_named { self.refuse_lacking(name, request) } else { Ok(()) },
        };
        let whose = owner.map_or(format!("profile `{}`", self.profile.name), |repo| format!("`{repo}`"));
        if let Some(there) = requests.iter().find(|there| there.name == request.name) {
            if request.requirement.is_some() && there != request {
                let (list, there) = (format!("`modules` of {whose}"), there.to_string());
                return Err(EditError::OtherVersion { list, there, wanted: module }.into());
            }
            self.say(&format!("`{there}` is already requested"));
            return Ok(());
        }
        match owner {
            None => self.rewrite.draft.select(&self.profile.name, &module)?,
            Some(repo) => self.rewrite.draft.select_of(repo, &module)?,
        }
        self.done.push(format!("added `{module}` to the modules of {whose}"));
        Ok(())
    }

    /// Fails if the lock shows that a repository of the profile does not have the module.
    fn refuse_lacking(&self, name: &RepoName, request: &ModuleRequest) -> Result<(), Error> {
        let lock = self.rewrite.session.lock()?;
        let repo = self.profile.repos.iter().find(|repo| repo.name == *name);
        let locked = lock.as_ref().zip(repo).and_then(|(lock, repo)| lock.repo(&crate::plan::pin(repo)));
        let lacks = locked
            .is_some_and(|locked| locked.facts.modules.iter().all(|module| module.name != *request.name));
        if lacks {
            return Err(EditError::Lacks { name: name.clone(), module: request.name.clone() }.into());
        }
        Ok(())
    }

    /// The repositories that have these modules: a repository of the profile, else the only OCA repository.
    fn owners<'r>(&self, requests: &'r [ModuleRequest]) -> Result<Vec<(RepoName, &'r ModuleRequest)>, Error> {
        let session = &self.rewrite.session;
        let core = Core::new(self.profile.odoo, self.profile.edition);
        let known = search::known(session)?;
        let mut owners = Vec::new();
        let mut unknown = Vec::new();
        for request in requests {
            match known.get(&request.name) {
                Some(repo) => owners.push((repo.clone(), request)),
                None if core.contains(&request.name) => {
                    self.say(&format!("`{}` is Odoo's own", request.name));
                }
                None => unknown.push(request),
            }
        }
        if unknown.is_empty() {
            return Ok(owners);
        }
        let found = Search::of_project(session, self.profile.odoo)?.run(false)?;
        let locked = session.lock()?;
        let mut nowhere = Vec::new();
        for request in unknown {
            let module = &request.name;
            let repos = found.repos_with(module);
            let of_profile = self.profile.repos.iter().find(|repo| repos.contains(&repo.name));
            match (of_profile, &repos[..]) {
                (Some(repo), _)
                    if locked.as_ref().is_some_and(|lock| lock.repo(&crate::plan::pin(repo)).is_some()) =>
                {
                    return Err(
                        EditError::PinLacks { name: repo.name.clone(), module: module.clone() }.into()
                    );
                }
                (Some(repo), _) => owners.push((repo.name.clone(), request)),
                (None, []) => nowhere.push(module.as_str()),
                (None, [repo]) => owners.push((repo.clone(), request)),
                (None, _) => return Err(EditError::SeveralRepos { module: module.clone(), repos }.into()),
            }
        }
        if nowhere.is_empty() { Ok(owners) } else { Err(found.nowhere(&nowhere, self.profile.odoo)) }
    }

    /// A repository as this profile declares it, or as another profile does.
    fn known(&self, name: &RepoName) -> Option<Repo> {
        let others = self.rewrite.session.config.profiles.iter();
        let mut repos = std::iter::once(&self.profile).chain(others).flat_map(|profile| &profile.repos);
        repos.find(|repo| repo.name == *name).cloned()
    }

    fn say(&self, text: &str) {
        self.rewrite.session.printer.note(text);
    }
}

/// If a new repository does not exist and its name is not one of OCA's, suggests the OCA repository with a similar name.
fn with_near_names(error: Error, named: &[RepoName]) -> Error {
    let Error::Repos { mut failures } = error else { return error };
    let oca: Vec<RepoName> = catalogue::names().collect();
    let oca: Vec<&str> = oca.iter().map(RepoName::as_str).collect();
    for failure in failures.iter_mut().filter(|failure| named.contains(&failure.name)) {
        let near = config::near(failure.name.as_str(), &oca).filter(|near| *near != failure.name.as_str());
        if let Trouble::Remote(git::Error::NotFound { .. } | git::Error::Unauthorised { .. }) =
            failure.trouble
        {
            failure.near = near.map(str::to_owned);
        }
    }
    Error::Repos { failures }
}
