//! The modules of `oca add`: which repository has them, what they need, and the lists that select them.

use std::collections::BTreeSet;

use super::Addition;
use super::named::NamedRepo;
use crate::config::ModuleRequest;
use crate::error::{EditError, Error};
use crate::ops::lacking_for;
use crate::ops::search::{self, Search};
use crate::plan;
use crate::repo::RepoName;
use crate::report::Problem;

impl Addition<'_> {
    /// Adds the repositories that have what these modules need, directly or not.
    pub(super) fn needed_by(&mut self, modules: &[String]) -> Result<(), Error> {
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

    /// Makes sure that a module of a repository is selected, in the list that decides about it. If the repository is new
    /// and named together with modules, only these modules are selected. Otherwise, a profile without `modules` takes the
    /// whole repository.
    pub(super) fn module_of(
        &mut self,
        name: &RepoName,
        request: &ModuleRequest,
        is_named: bool,
    ) -> Result<(), Error> {
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
        let locked = lock.as_ref().zip(repo).and_then(|(lock, repo)| lock.repo(&plan::pin(repo)));
        let lacks = locked
            .is_some_and(|locked| locked.facts.modules.iter().all(|module| module.name != *request.name));
        if lacks {
            return Err(EditError::Lacks { name: name.clone(), module: request.name.clone() }.into());
        }
        Ok(())
    }

    /// The repositories that have these modules: a repository of the profile, else the only OCA repository.
    pub(super) fn owners<'r>(
        &self,
        requests: &'r [ModuleRequest],
    ) -> Result<Vec<(RepoName, &'r ModuleRequest)>, Error> {
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
                    if locked.as_ref().is_some_and(|lock| lock.repo(&plan::pin(repo)).is_some()) =>
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
}
