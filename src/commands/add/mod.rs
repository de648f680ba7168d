//! `oca add`: adds repositories, the repository of a module, or merges to `repos.toml` and the lock.

mod absent;
mod core;
mod merges;
mod modules;
mod named;

use merges::AddedMerge;
use named::NamedRepo;

use crate::complete;
use crate::config::{ModuleRequest, Profile, Repo};
use crate::error::{EditError, Error, MergeError};
use crate::flags::FormatArg;
use crate::ops::{Rewrite, tell, tell_of_hooks, warn_of_conflicts_with_odoo, warn_of_lacking};
use crate::repo::{Reference, RepoName, Series, bare_url};
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
    let warnings = addition.remark();
    let Addition { rewrite, done, .. } = addition;
    let rewritten = rewrite.finish()?;
    if rewritten.is_some() {
        done.iter().for_each(|line| session.printer.note(line));
        warnings.iter().for_each(|warning| session.printer.warning(warning));
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
