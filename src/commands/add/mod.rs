//! `oca add`: adds repositories, the repository of a module, or merges to `repos.toml` and the lock.

mod core;
mod merges;
mod named;

use std::collections::BTreeSet;

use merges::AddedMerge;
use named::NamedRepo;

use crate::catalogue;
use crate::complete;
use crate::config::{self, ModuleRequest, Profile, Repo};
use crate::error::{EditError, Error, MergeError};
use crate::flags::FormatArg;
use crate::git;
use crate::ops::search::{self, Search};
use crate::ops::{Rewrite, lacking_for, tell, tell_of_hooks, warn_of_conflicts_with_odoo, warn_of_lacking};
use crate::plan;
use crate::repo::{Reference, RepoName, Series, bare_url};
use crate::report::{Failure, Problem, Trouble};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Add a repository of OCA
  oca add server-ux
  # Add the repositories that have a module and its dependencies
  oca add --module mis_builder
  # Merge a pull request into a repository
  oca add web#2950
  # Merge a branch of a fork
  oca add 'web#https://github.com/acme/web.git 18.0-fix'
  # Add a repository of your own
  oca add https://git.example.com/acme/addons.git";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of OCA repositories, urls of any repository, or addresses of their web pages; to merge a pull request,
    /// `NAME#NUMBER` or its address; to merge a branch, `NAME#BRANCH` or `'NAME#URL BRANCH'`
    #[arg(value_name = "NAME|URL", required_unless_present = "modules", add = complete::new_repos())]
    repos: Vec<String>,
    /// Add the repository that has this module, and the repositories that have its dependencies; with a NAME or URL,
    /// select this module of it
    #[arg(
        long = "module",
        value_name = "MODULE",
        value_parser = ModuleRequest::parse,
        add = complete::find_modules()
    )]
    modules: Vec<ModuleRequest>,
    /// Select only single modules from now on: the profile gets a list `modules` with these modules
    #[arg(long, requires = "modules", conflicts_with = "repos")]
    only: bool,
    /// Do not add the repositories that the dependencies of the modules need
    #[arg(long)]
    no_deps: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let targets: Vec<NamedRepo> =
        args.repos.iter().map(|word| NamedRepo::parse(word, session)).collect::<Result<_, _>>()?;
    if targets.len() > 1 && !args.modules.is_empty() {
        return Err(EditError::ModuleOfSeveral.into());
    }
    if let Some((target, merge)) = targets.iter().find_map(|target| Some((target, target.merge.as_ref()?)))
        && !args.modules.is_empty()
    {
        return Err(MergeError::OfModule { word: merge.of(&target.name) }.into());
    }
    let rewrite = Rewrite::begin(session)?;
    let profile = rewrite.session.profile()?.clone();
    let mut addition = Addition { rewrite, profile, done: Vec::new(), named: Vec::new(), merges: Vec::new() };
    if args.only {
        addition.select_only();
    }
    for target in &targets {
        addition.repo(target)?;
        for request in args.modules.iter().chain(&target.module) {
            addition.module_of(&target.name, request, true)?;
        }
        if let Some(source) = &target.merge {
            addition.merge(&target.name, source)?;
        }
    }
    if targets.is_empty() {
        for (name, request) in addition.owners(&args.modules)? {
            addition.repo(&NamedRepo::named(name.clone()))?;
            addition.module_of(&name, request, false)?;
        }
    }
    addition.lock()?;
    if !args.no_deps {
        let of_pages = targets.iter().filter_map(|target| target.module.as_ref());
        let modules = args.modules.iter().chain(of_pages).map(|request| request.name.clone());
        addition.needed_by(&modules.collect::<Vec<_>>())?;
    }
    addition.remark();
    let Addition { rewrite, done, .. } = addition;
    let rewritten = rewrite.finish()?;
    if rewritten.is_some() {
        done.iter().for_each(|line| session.printer.note(line));
    }
    tell(rewritten.as_ref(), args.format.format, session.printer);
    if let Some(rewritten) = &rewritten {
        warn_of_lacking(&rewritten.session, &rewritten.updated.lock)?;
        warn_of_conflicts_with_odoo(&rewritten.session, &rewritten.updated.lock)?;
        tell_of_hooks(&rewritten.session, &rewritten.updated);
        if !rewritten.updated.changes.is_empty() {
            session.printer.next("`oca sync` checks it out");
        }
    }
    rewritten.map_or(Ok(()), |rewritten| rewritten.updated.finish())
}

/// The additions to one profile.
struct Addition<'a> {
    rewrite: Rewrite<'a>,
    profile: Profile,
    /// Messages about the additions.
    done: Vec<String>,
    /// New repositories that were given only by name.
    named: Vec<RepoName>,
    merges: Vec<AddedMerge>,
}

impl Addition<'_> {
    /// Locks the draft in memory.
    fn lock(&mut self) -> Result<(), Error> {
        match self.rewrite.lock() {
            Ok(_) => Ok(()),
            Err(error) => Err(self.after_conflict(self.explained(error))),
        }
    }

    /// Gives the profile a list `modules`. Its repositories stay, but only the modules that are asked for count.
    fn select_only(&mut self) {
        if self.profile.modules.is_none() {
            self.done.push(format!("profile `{}` selects single modules from now on", self.profile.name));
            self.profile.modules = Some(Vec::new());
        }
    }

    /// Adds the repositories that have what these modules need, directly or not.
    fn needed_by(&mut self, modules: &[String]) -> Result<(), Error> {
        let mut tried: BTreeSet<String> = BTreeSet::new();
        loop {
            let mut missing = self.missing_for(modules)?;
            missing.retain(|(module, _)| tried.insert(module.clone()));
            if missing.is_empty() {
                return Ok(());
            }
            // If nobody can be asked, the selection stays as it is, and a warning names what it lacks.
            let search = Search::of_project(&self.rewrite.session, self.profile.odoo);
            let Ok(found) = search.and_then(|search| search.run(false)) else { return Ok(()) };
            let before = self.done.len();
            for (module, needer) in &missing {
                if let [repo] = &found.repos_with(module)[..] {
                    self.bring(repo, module, needer)?;
                }
            }
            if self.done.len() == before {
                return Ok(());
            }
            self.lock()?;
        }
    }

    /// What these modules need and nothing provides, each with a module that needs it.
    fn missing_for(&mut self, modules: &[String]) -> Result<Vec<(String, String)>, Error> {
        let session = &self.rewrite.session;
        self.profile = session.config.profile(Some(&self.profile.name))?.clone();
        let lock = self.rewrite.locked().expect("the draft is locked");
        let findings = lacking_for(session, &self.profile, lock, modules)?;
        let missing = findings.into_iter().filter_map(|finding| match finding.problem {
            Problem::Missing { needed_by, .. } => {
                let needer = needed_by.into_iter().find(|needer| needer.is_wanted)?;
                Some((finding.module?, needer.module))
            }
            _ => None,
        });
        Ok(missing.collect())
    }

    /// Adds the repository of a module that another module needs.
    fn bring(&mut self, repo: &RepoName, module: &str, needer: &str) -> Result<(), Error> {
        if self.profile.repos.iter().any(|has| has.name == *repo)
            || self.rewrite.draft.names(&self.profile.name, repo)
        {
            return Ok(());
        }
        self.repo(&NamedRepo::named(repo.clone()))?;
        if let Some(line) = self.done.last_mut() {
            *line = format!("{line}: `{needer}` needs its `{module}`");
        }
        // If the profile takes only some modules of its repositories, it takes only this one of the new repository.
        let takes_parts =
            self.profile.modules.is_none() && self.profile.repos.iter().any(|repo| repo.modules.is_some());
        match ModuleRequest::parse(module) {
            Ok(request) if takes_parts => self.module_of(repo, &request, true),
            _ => Ok(()),
        }
    }

    fn repo(&mut self, target: &NamedRepo) -> Result<(), Error> {
        let NamedRepo { name, url, branch, .. } = target;
        let config = &self.rewrite.session.config;
        let known = self.known(name);
        if let (Some(url), Some(known)) = (url, &known)
            && bare_url(url.as_str()) != bare_url(known.url.as_str())
        {
            let (name, header, known) =
                (name.clone(), self.shared_list(name).header(), known.url.to_string());
            return Err(EditError::OtherUrl { name, header, known }.into());
        }
        if let Some(branch) = branch {
            self.refuse_branch(name, known.as_ref(), branch)?;
        }
        let profile = &self.profile.name;
        if self.is_in_core(target) {
            return Ok(());
        }
        if self.profile.repos.iter().any(|repo| repo.name == *name) || self.rewrite.draft.names(profile, name)
        {
            if target.merge.is_some() {
                return Ok(());
            }
            let from = self.rewrite.draft.inherited_from(profile, name);
            let from = from.map(|from| format!(", from profile `{from}`")).unwrap_or_default();
            self.say(&format!("profile `{profile}` has `{name}` already{from}"));
            return Ok(());
        }
        self.mind_core(name)?;
        match url.as_ref().filter(|url| bare_url(url.as_str()) != bare_url(config.base.url_of(name).as_str()))
        {
            Some(url) if known.is_none() => self.rewrite.draft.set_url(name, url.as_str())?,
            Some(_) => {}
            None => self.named.push(name.clone()),
        }
        let is_other = |branch: &&String| **branch != self.profile.odoo.to_string() && known.is_none();
        if let Some(branch) = branch.as_ref().filter(is_other) {
            self.rewrite.draft.set_branch(name, branch)?;
        }
        self.rewrite.draft.add_repo(profile, name)?;
        self.done.push(format!("added `{name}` to profile `{profile}`"));
        Ok(())
    }

    /// Fails if the branch of a pasted address is not the declared one, or is that of another series.
    fn refuse_branch(&self, name: &RepoName, known: Option<&Repo>, branch: &str) -> Result<(), Error> {
        let asked = Reference::Branch(branch.to_owned());
        let is_fit = match known {
            Some(known) => known.reference == asked,
            None => Series::parse(branch).map_or(true, |series| series == self.profile.odoo),
        };
        if is_fit {
            return Ok(());
        }
        let wanted =
            known.map_or(Reference::Branch(self.profile.odoo.to_string()), |known| known.reference.clone());
        let (name, header, branch) = (name.clone(), self.shared_list(name).header(), branch.to_owned());
        Err(EditError::OtherBranch { name, header, branch, wanted }.into())
    }

    /// Makes sure that a module of a repository is selected, in the list that decides about it. If the repository is new
    /// and named together with modules, only these modules are selected. Otherwise, a profile without `modules` takes the
    /// whole repository.
    fn module_of(&mut self, name: &RepoName, request: &ModuleRequest, is_named: bool) -> Result<(), Error> {
        if self.has_in_core(name) {
            return self.refuse_not_of_odoo(name, &request.name);
        }
        let module = request.to_string();
        let is_new = self.profile.repos.iter().all(|repo| repo.name != *name);
        let of_repo = self.known(name).and_then(|repo| repo.modules);
        let (requests, owner) = match (&self.profile.modules, of_repo) {
            (Some(requests), _) => (requests.clone(), None),
            (None, Some(requests)) => (requests, Some(name)),
            (None, None) if self.profile.repos.is_empty() && !is_named => (Vec::new(), None),
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
        let lock = session.lock()?.unwrap_or_default();
        let core = plan::odoo(&self.profile, &lock);
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
        let mut repos = std::iter::once(&self.profile).chain(others).flat_map(Profile::all_repos);
        repos.find(|repo| repo.name == *name).cloned()
    }

    fn say(&self, text: &str) {
        self.rewrite.session.printer.note(text);
    }
}

impl Addition<'_> {
    /// If a new repository does not exist, says whether its name is that of a module, or which OCA repository has a
    /// similar name.
    fn explained(&self, error: Error) -> Error {
        let Error::Repos { failures } = &error else { return error };
        let odoo = self.profile.odoo;
        let is_named = |failure: &&Failure| self.named.contains(&failure.name);
        for failure in failures.iter().filter(is_named).filter(|failure| is_absent(failure)) {
            let module = failure.name.as_str();
            // The names of repositories have no `_`, and those of modules have no `-`.
            if module.contains('-') || catalogue::names().any(|name| name == failure.name) {
                continue;
            }
            let found = Search::of_project(&self.rewrite.session, odoo).and_then(|search| search.run(false));
            if let Some(repo) = found.ok().and_then(|found| found.repos_with(module).into_iter().next()) {
                return EditError::ModuleAsRepo { module: module.to_owned(), repo }.into();
            }
        }
        with_near_names(error, &self.named)
    }
}

/// Suggests the OCA repository with a similar name for new repositories that do not exist.
fn with_near_names(error: Error, named: &[RepoName]) -> Error {
    let Error::Repos { mut failures } = error else { return error };
    let oca: Vec<RepoName> = catalogue::names().collect();
    let oca: Vec<&str> = oca.iter().map(RepoName::as_str).collect();
    let is_named = |failure: &&mut Failure| named.contains(&failure.name);
    for failure in failures.iter_mut().filter(is_named).filter(|failure| is_absent(failure)) {
        let near = config::near(failure.name.as_str(), &oca).filter(|near| *near != failure.name.as_str());
        failure.near = near.map(str::to_owned);
    }
    Error::Repos { failures }
}

/// Whether the repository does not exist, or is hidden from strangers as if it did not.
fn is_absent(failure: &Failure) -> bool {
    match &failure.trouble {
        Trouble::Remote(git::Error::MissingReference { .. }) => false,
        Trouble::Remote(error) => error.is_absence(),
        _ => false,
    }
}
