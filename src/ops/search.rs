//! Searches for modules in all OCA repositories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::remotes::{Job, Remotes, Watch};
use crate::addons::discover::may_be_module;
use crate::catalogue::{self, Catalogue};
use crate::config::{self, BaseUrl};
use crate::error::Error;
use crate::flags::Global;
use crate::git::{self, Git};
use crate::lock::Lock;
use crate::output::Printer;
use crate::plan;
use crate::repo::{Entry, Reference, RemoteUrl, RepoName, Series, counted, first_names};
use crate::report::{Done, Failure, Trouble};
use crate::session::Session;

/// All modules of the profile's repositories in the lock, selected or not, each with the first repository that has it.
pub(crate) fn known(session: &Session<'_>) -> Result<BTreeMap<String, RepoName>, Error> {
    let mut known = BTreeMap::new();
    let lock = session.lock()?.unwrap_or_else(Lock::default);
    for selected in plan::selected(session.profile()?, &lock) {
        for module in &selected.locked.facts.modules {
            known.entry(module.name.to_string()).or_insert_with(|| selected.repo.name.clone());
        }
    }
    Ok(known)
}

/// A search in all OCA repositories below one url, for one series.
pub(crate) struct Search<'a> {
    remotes: Remotes<'a>,
    offline: bool,
    odoo: Series,
    /// Expanded, without a secret.
    base: RemoteUrl,
    catalogue: Catalogue,
    repos: Vec<SearchedRepo>,
}

/// A repository that may have modules.
struct SearchedRepo {
    name: RepoName,
    url: RemoteUrl,
}

impl Job for &SearchedRepo {
    fn name(&self) -> &RepoName {
        &self.name
    }

    fn url(&self) -> String {
        self.url.without_secret().to_string()
    }
}

/// The answer of a repository.
enum SearchAnswer {
    Modules(Vec<String>),
    /// The repository or the branch does not exist.
    NotThere(git::Error),
    /// Not asked, because no repository before it answered.
    Unasked,
}

/// Repositories with their answers.
type Reached<'p> = Vec<(&'p SearchedRepo, SearchAnswer)>;

/// Repositories without an answer; with the reason if they were asked.
type Unreached = Vec<(RepoName, Option<git::Error>)>;

/// The result of a search.
pub(crate) struct SearchResult {
    catalogue: Catalogue,
    /// How many repositories answered, now or within the last day.
    asked: usize,
    /// Repositories about which nothing is known, because they could not be asked.
    pub(crate) unasked: Vec<RepoName>,
}

impl SearchResult {
    pub(crate) fn repos_with(&self, module: &str) -> Vec<RepoName> {
        self.catalogue.repos_with(module).into_iter().cloned().collect()
    }

    /// The modules whose names contain a text, each with its repositories. Sorted.
    pub(crate) fn containing(&self, text: &str) -> Vec<(String, Vec<RepoName>)> {
        let names: BTreeSet<&str> = self.catalogue.modules().filter(|name| name.contains(text)).collect();
        names.into_iter().map(|name| (name.to_owned(), self.repos_with(name))).collect()
    }

    /// The error for modules that no repository has.
    pub(crate) fn nowhere(&self, modules: &[&str], odoo: Series) -> Error {
        let known: Vec<&str> = self.catalogue.modules().collect();
        let near = modules.iter().filter_map(|module| config::near(module, &known)).map(str::to_owned);
        Error::Nowhere {
            modules: modules.iter().map(ToString::to_string).collect(),
            odoo,
            near: near.collect(),
            asked: self.asked,
            unasked: self.unasked.len(),
        }
    }
}

impl<'a> Search<'a> {
    /// Searches below the project's `base-url`. A new repository may be missing in the list, so these are included:
    /// declared repositories, those of `[find]`, those in the lock, and those that requirements name.
    pub(crate) fn of_project(session: &'a Session<'_>, odoo: Series) -> Result<Self, Error> {
        let base = &session.config.base;
        let declared = session.config.profiles.iter().flat_map(|profile| &profile.repos);
        let declared = declared.filter(|repo| repo.url == base.url_of(&repo.name));
        let declared = declared.map(|repo| repo.name.clone()).chain(session.config.find.iter().cloned());
        let mut names: BTreeSet<RepoName> = catalogue::names().chain(declared).collect();
        // A lock that cannot be read is the concern of other commands.
        let lock = session.lock_as_it_stands().ok().flatten().unwrap_or_default();
        let below = session.remote_url(base.as_url())?.without_secret();
        for locked in &lock.repos {
            names.extend((locked.pin.url == base.url_of(&locked.pin.name)).then(|| locked.pin.name.clone()));
            let lines = &locked.facts.requirements;
            names.extend(lines.iter().filter_map(|line| required_repository(line, below.as_str())));
        }
        let place = |name: RepoName| Ok(SearchedRepo { url: session.remote_url(&base.url_of(&name))?, name });
        let repos = names.into_iter().map(place).collect::<Result<_, Error>>()?;
        let remotes = Remotes::new(session.git()?, session.printer, session.global.jobs_of_search());
        let offline = session.global.offline;
        let catalogue = session.catalogue(odoo)?;
        Ok(Self { remotes, offline, odoo, base: below, catalogue, repos })
    }

    /// Searches on OCA's own forge, without a project.
    pub(crate) fn of_oca(git: &'a Git, global: &Global, printer: &'a Printer, odoo: Series) -> Self {
        let base = BaseUrl::default();
        let repos = catalogue::names().map(|name| SearchedRepo { url: base.url_of(&name), name }).collect();
        let base = base.as_url().clone();
        let catalogue = Catalogue::load(git.cache(), base.as_str(), odoo);
        let remotes = Remotes::new(git, printer, global.jobs_of_search());
        Self { remotes, offline: global.offline, odoo, base, catalogue, repos }
    }

    /// Asks every repository whose answer is older than a day; with `refresh`, all of them.
    pub(crate) fn run(&self, refresh: bool) -> Result<SearchResult, Error> {
        let now = SystemTime::now();
        let mut catalogue = self.catalogue.clone();
        let is_due = |place: &&SearchedRepo| refresh || !catalogue.is_fresh(&place.name, now);
        let due: Vec<&SearchedRepo> = self.repos.iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(SearchResult { catalogue, asked: self.repos.len(), unasked: Vec::new() });
        }
        let (answers, failed) = self.ask(&due)?;
        let exists = |answer: &SearchAnswer| match answer {
            SearchAnswer::Modules(_) => true,
            SearchAnswer::NotThere(error) => matches!(error, git::Error::MissingReference { .. }),
            SearchAnswer::Unasked => false,
        };
        let is_any_there = catalogue.is_any_there() || answers.iter().any(|(_, answer)| exists(answer));
        let mut failures = failed;
        for (SearchedRepo { name, .. }, answer) in answers {
            match answer {
                SearchAnswer::Modules(modules) => catalogue.note(name, Some(modules), now),
                SearchAnswer::NotThere(_) if is_any_there => catalogue.note(name, None, now),
                SearchAnswer::NotThere(error) => failures.push((name.clone(), Some(error))),
                SearchAnswer::Unasked => failures.push((name.clone(), None)),
            }
        }
        if !is_any_there && let Some(error) = failures.iter_mut().find_map(|(_, error)| error.take()) {
            return Err(Error::NoAnswer { base: self.base.to_string(), error });
        }
        if let Err(error) = catalogue.save() {
            self.remotes.printer.warning(&format!("the answers could not be saved: {error}"));
        }
        let oldest = failures.iter().filter_map(|(name, _)| catalogue.age(name, now)).max();
        self.tell(&failures, oldest);
        let unasked = failures.into_iter().map(|(name, _)| name);
        let unasked: Vec<RepoName> = unasked.filter(|name| catalogue.age(name, now).is_none()).collect();
        Ok(SearchResult { catalogue, asked: self.repos.len() - unasked.len(), unasked })
    }

    /// Asks the repositories; returns the answers, and the repositories that could not be reached.
    fn ask<'p>(&self, due: &'p [&SearchedRepo]) -> Result<(Reached<'p>, Unreached), Error> {
        let (answered, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
        let answers = self.remotes.ask(due, |place, watch| {
            if !answered.load(Ordering::Relaxed) && failed.load(Ordering::Relaxed) >= self.remotes.jobs {
                return Ok((Done::UpToDate, SearchAnswer::Unasked));
            }
            let answer = self.ask_one(&place.url, watch);
            if answer.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            } else {
                answered.store(true, Ordering::Relaxed);
            }
            answer
        })?;
        let (answers, failures) = answers.sorted();
        let unreached = failures.into_iter().map(|Failure { name, trouble, .. }| match trouble {
            Trouble::Remote(error) => (name, Some(error)),
            _ => (name, None),
        });
        Ok((answers.into_iter().map(|(place, answer)| (*place, answer)).collect(), unreached.collect()))
    }

    fn ask_one(&self, url: &RemoteUrl, watch: &Watch<'_>) -> Result<(Done, SearchAnswer), Trouble> {
        watch.step("asking");
        let meter = |bytes| watch.received(bytes);
        let branch = Reference::Branch(self.odoo.to_string());
        match self.remotes.git.root_entries(url, &branch, &meter) {
            Ok(entries) => {
                // Where a symlink leads is not asked.
                let is_link = |entry: &Entry| {
                    let is_name = !entry.name.contains(|c: char| c.is_ascii_uppercase() || c == '.');
                    is_name && git::may_lead_to_module(entry)
                };
                let modules = entries.into_iter().filter(|entry| may_be_module(entry) || is_link(entry));
                let modules = modules.map(|entry| entry.name);
                let modules: Vec<String> = modules.collect();
                Ok((Done::Listed(modules.len()), SearchAnswer::Modules(modules)))
            }
            Err(error) if error.is_absence() => {
                Ok((Done::PassedOver(error.to_string()), SearchAnswer::NotThere(error)))
            }
            Err(error) => Err(Trouble::Remote(error)),
        }
    }

    /// Warns about repositories that could not be asked, grouped by reason, and says how old the used answers are.
    fn tell(&self, failures: &[(RepoName, Option<git::Error>)], oldest: Option<Duration>) {
        let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let first = failures.iter().find_map(|(_, error)| error.as_ref());
        for (name, error) in failures {
            let reason = error.as_ref().or(first).map(ToString::to_string).unwrap_or_default();
            by_reason.entry(reason).or_default().push(name.to_string());
        }
        if !self.offline {
            for (reason, names) in &by_reason {
                self.remotes.printer.warning(&format!("cannot ask {}: {reason}", first_names(names)));
            }
        }
        if let Some(oldest) = oldest {
            let days = usize::try_from(oldest.as_secs() / (24 * 60 * 60)).unwrap_or(usize::MAX);
            let age =
                if days == 0 { "today".to_owned() } else { format!("{} ago", counted(days, "day", "days")) };
            let offline = if self.offline { "offline: " } else { "" };
            self.remotes.printer.note(&format!("{offline}using answers from {age}"));
        }
    }
}

/// The repository of OCA that a requirement names: by a url below `base`, or by the metapackage of a repository, such as
/// `odoo-addons-oca-web` or `odoo14-addons-oca-web`.
fn required_repository(line: &str, base: &str) -> Option<RepoName> {
    let line = line.split('#').next().unwrap_or_default();
    let ends = |c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c));
    let named = |text: &str| {
        let word = text.split(ends).next().unwrap_or_default();
        RepoName::parse(word.strip_suffix(".git").unwrap_or(word)).ok()
    };
    let base = format!("{}/", base.trim_end_matches('/'));
    if let Some((_, behind)) = line.split_once(&base) {
        return named(behind);
    }
    let (before, behind) = line.trim_start().split_once("-addons-oca-")?;
    let series = before.strip_prefix("odoo")?;
    if series.bytes().all(|byte| byte.is_ascii_digit()) { named(behind) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_name_repositories() {
        for (line, found) in [
            ("git+https://github.com/OCA/queue@refs/pull/1/head#subdirectory=queue_job", Some("queue")),
            ("odoo-addon-x @ git+https://github.com/OCA/l10n-x.git@18.0", Some("l10n-x")),
            ("https://github.com/OCA/web/archive/18.0.zip", Some("web")),
            ("odoo-addons-oca-mail>=18.0", Some("mail")),
            ("odoo14-addons-oca-bank-payment", Some("bank-payment")),
            ("git+https://github.com/acme/queue", None),
            ("my-addons-oca-mail", None),
            ("lxml  # https://github.com/OCA/web", None),
            ("https://github.com/OCA/", None),
        ] {
            let name = required_repository(line, "https://github.com/OCA");
            assert_eq!(name.as_ref().map(RepoName::as_str), found, "{line}");
        }
    }
}
