//! `oca remove`: removes repositories, merges, patches, or modules of a selection, from `repos.toml` and the lock.
//! Checkouts stay.

use crate::complete;
use crate::config::{Draft, MergeList, Mode};
use crate::error::{EditError, Error, MergeError, NotAskedWhy};
use crate::flags::FormatArg;
use crate::lock::Lock;
use crate::ops::{
    NamedMerge, Rewrite, lacking_in_all, movable, named_patch, repo_name, tell, unknown_repo, warn_of_lacking,
};
use crate::plan::{Inventory, Movable, Reason, Request, Standing, declared, pin, selected};
use crate::repo::{MergeSource, RepoName};
use crate::report::{Finding, Problem, StillNeeded, Trouble, WhyUnmet};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Remove a repository from all profiles
  oca remove sale-workflow
  # Remove it from one profile
  oca remove sale-workflow --profile standard
  # Merge a pull request no longer
  oca remove web#2950
  # Apply a patch no longer
  oca remove web#patches/web-title.patch
  # Select a module no longer
  oca remove --module web_responsive";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// Names of repositories, merges such as `web#2950`, or patches such as `web#patches/web-title.patch`; they are
    /// removed from all profiles, or from the one in `--profile`
    #[arg(value_name = "NAME", required_unless_present = "modules", add = complete::removable())]
    repos: Vec<String>,
    /// Remove this module from the selection of the profile
    #[arg(long = "module", value_name = "MODULE", conflicts_with = "repos", add = complete::modules())]
    modules: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let (mut names, mut parts) = (Vec::new(), Vec::new());
    for word in &args.repos {
        if let Some((repo, path)) = named_patch(session, word) {
            parts.push((repo, Part::Patch(path)));
        } else if NamedMerge::parse(word)?.is_some() {
            let Movable { repo, merge } = movable(session, word)?;
            parts.extend(merge.map(|source| (repo, Part::Merge(source))));
        } else {
            names.push(repo_name(session, word)?);
        }
    }
    let mut rewrite = Rewrite::begin(session)?;
    let old = rewrite.session.lock()?.unwrap_or_default();
    let before = lacking_in_all(&rewrite.session, &old)?.concat();
    let mut done = Vec::new();
    for name in &names {
        let from = remove(&mut rewrite, name)?;
        done.extend(from.into_iter().map(|profile| format!("removed `{name}` from profile `{profile}`")));
    }
    // The repository, what is removed from it, and from where.
    let mut steps: Vec<(RepoName, String)> = Vec::new();
    for (repo, part) in &parts {
        let removed = remove_part(&mut rewrite, repo, part)?;
        done.extend(removed.iter().map(|step| format!("removed {step}")));
        if let Part::Patch(path) = part
            && rewrite.session.root().join(path).exists()
        {
            done.push(format!("the file `{path}` is kept"));
        }
        steps.extend(removed.into_iter().map(|step| (repo.clone(), step)));
    }
    for module in &args.modules {
        done.push(unselect(&mut rewrite, module, &old)?);
    }
    let new = match rewrite.lock().cloned() {
        Ok(new) => new,
        Err(error) if names.is_empty() && is_stale(&rewrite, &old, &parts, &error) => {
            // Removed one by one, they lead to a lock.
            rewrite.finish_without_lock()?;
            done.iter().for_each(|line| session.printer.note(line));
            return Err(error);
        }
        Err(error) => return Err(after_conflict(&rewrite, needed(error, &names), &steps)),
    };
    if !names.is_empty() {
        let now = lacking_in_all(&rewrite.session, &new)?.concat();
        refuse_needed(&names, &old, now.into_iter().filter(|finding| !before.contains(finding)))?;
    }
    let rewritten = rewrite.finish()?;
    done.iter().for_each(|line| session.printer.note(line));
    tell(rewritten.as_ref(), args.format.format, session.printer);
    if let Some(rewritten) = &rewritten {
        tell_of_checkouts(session, &rewritten.session, &names);
        tell_of_selection(&rewritten.session, &args.modules, &old, &new)?;
        warn_of_lacking(&rewritten.session, &new)?;
        if !parts.is_empty() && !rewritten.updated.changes.is_empty() {
            session.printer.next("`oca sync` checks it out");
        }
    }
    rewritten.map_or(Ok(()), |rewritten| rewritten.updated.finish())
}

/// Removes a repository from the draft; returns the profiles that named it.
fn remove(rewrite: &mut Rewrite<'_>, name: &RepoName) -> Result<Vec<String>, Error> {
    let Rewrite { session, draft, .. } = rewrite;
    let config = &session.config;
    if let Some(part) = config.core_part(name) {
        return Err(EditError::InCore { part }.into());
    }
    let all: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let from = match session.named_profile() {
        None => {
            let from: Vec<&str> = all.iter().copied().filter(|profile| draft.names(profile, name)).collect();
            if from.is_empty() {
                return Err(unknown_repo(session, name.clone()));
            }
            from
        }
        Some(named) => {
            let profile = config.profile(Some(&named))?;
            if let Some(from) = draft.inherited_from(&named, name) {
                return Err(EditError::Inherited { profile: named, name: name.clone(), from }.into());
            }
            if !draft.names(&named, name) {
                let known = profile.repos.iter().map(|repo| repo.name.to_string()).collect();
                return Err(EditError::NotInProfile { profile: named, name: name.clone(), known }.into());
            }
            vec![profile.name.as_str()]
        }
    };
    draft.remove_repo(name, &from, &all)?;
    Ok(from.into_iter().map(str::to_owned).collect())
}

/// A merge or a patch of a repository.
enum Part {
    Merge(MergeSource),
    /// By its path below the project.
    Patch(String),
}

impl Part {
    /// Removes it from a list. Returns whether it was there.
    fn remove(&self, draft: &mut Draft, list: &MergeList) -> Result<bool, Error> {
        Ok(match self {
            Self::Merge(source) => draft.remove_merge(list, source)?,
            Self::Patch(path) => draft.remove_patch(list, path)?,
        })
    }

    /// As it is shown, and the key of its list.
    fn words(&self, repo: &RepoName) -> (String, &'static str) {
        match self {
            Self::Merge(source) => (source.of(repo), "merges"),
            Self::Patch(path) => (path.clone(), "patches"),
        }
    }

    /// The error for a profile whose own list does not have it.
    fn not_of(&self, draft: &Draft, repo: &RepoName, profile: String, shared: &MergeList) -> Error {
        let (word, list, has) = match self {
            Self::Merge(source) => {
                let list = draft.merge_list(&profile, shared);
                let has = draft.merges(&list).contains(source);
                (source.of(repo), list, has)
            }
            Self::Patch(path) => {
                let list = draft.patch_list(&profile, shared);
                let has = draft.patch(&list, path).is_some();
                (format!("{repo}#{path}"), list, has)
            }
        };
        let error = match self {
            _ if has => MergeError::Shared { word, profile, header: list.header() },
            Self::Merge(_) => {
                let known = draft.merges(&list).iter().map(|merge| merge.of(repo)).collect();
                MergeError::Unknown { word, known }
            }
            Self::Patch(_) => MergeError::OtherProfile { word, profile },
        };
        error.into()
    }
}

/// Whether only repositories fail from which something is removed, and the lock did not have them as they were declared
/// before. Then `repos.toml` can be changed alone: the lock is as much out of date as before.
fn is_stale(rewrite: &Rewrite<'_>, old: &Lock, parts: &[(RepoName, Part)], error: &Error) -> bool {
    let Error::Repos { failures } = error else { return false };
    let lacks = |name: &RepoName| {
        let all = declared(&rewrite.session.config);
        all.iter().any(|declared| declared.pin.name == *name && old.repo(&declared.pin).is_none())
    };
    let has_failed = |name: &RepoName| failures.iter().any(|failure| failure.name == *name);
    !parts.is_empty()
        && parts.iter().all(|(name, _)| lacks(name))
        && failures
            .iter()
            .all(|failure| failure.needs_person() && parts.iter().any(|(name, _)| *name == failure.name))
        && parts.iter().all(|(name, _)| has_failed(name))
}

/// If what is left conflicts, says how to remove the rest all the same.
fn after_conflict(rewrite: &Rewrite<'_>, error: Error, steps: &[(RepoName, String)]) -> Error {
    let Error::Repos { failures } = &error else { return error };
    let conflict = failures.iter().find_map(|failure| match &failure.trouble {
        Trouble::Conflict(conflict) => Some(conflict),
        _ => None,
    });
    let Some(repo) = conflict.map(|conflict| conflict.repo.clone()) else { return error };
    let of_repo = steps.iter().filter(|(name, _)| *name == repo).map(|(_, step)| step.as_str());
    let of_repo: Vec<&str> = of_repo.collect();
    if of_repo.is_empty() {
        return error;
    }
    rewrite.by_hand(repo, format!("remove {} yourself", of_repo.join(" and ")), error)
}

/// Removes a merge or a patch from the lists that have it; returns it with each of these lists, in words.
fn remove_part(rewrite: &mut Rewrite<'_>, repo: &RepoName, part: &Part) -> Result<Vec<String>, Error> {
    let Rewrite { session, draft, .. } = rewrite;
    let (shared, lists) = lists(session, repo);
    let (word, key) = part.words(repo);
    let mut done = Vec::new();
    for list in &lists {
        if part.remove(draft, list)? {
            done.push(format!("`{word}` from `{key}` of `[{}]`", list.header()));
        }
    }
    if let Some(profile) = session.named_profile().filter(|_| done.is_empty()) {
        return Err(part.not_of(draft, repo, profile, &shared));
    }
    Ok(done)
}

/// The lists of what is merged into a repository: the one for all profiles, and those from which something is removed.
fn lists(session: &Session<'_>, repo: &RepoName) -> (MergeList, Vec<MergeList>) {
    let shared = MergeList::shared(repo, session.config.core_part(repo));
    let lists = match session.named_profile() {
        None => {
            let own = session.config.profiles.iter().map(|profile| shared.of_profile(&profile.name));
            std::iter::once(shared.clone()).chain(own).collect()
        }
        Some(name) => vec![shared.of_profile(&name)],
    };
    (shared, lists)
}

/// Removes a module from the list that asks for it; returns what was done, in words.
fn unselect(rewrite: &mut Rewrite<'_>, module: &str, lock: &Lock) -> Result<String, Error> {
    let Rewrite { session, draft, .. } = rewrite;
    let profile = session.profile()?;
    let name = profile.name.clone();
    if draft.unselect(&name, module)? {
        return Ok(format!("removed `{module}` from the modules of profile `{name}`"));
    }
    if let Some(from) = draft.module_inherited_from(&name, module) {
        return Err(EditError::InheritedModule { profile: name, module: module.to_owned(), from }.into());
    }
    if profile.modules.is_none() {
        for repo in &profile.repos {
            if draft.unselect_of(&name, &repo.name, module)? {
                return Ok(format!("removed `{module}` from the modules of `{}`", repo.name));
            }
        }
    }
    let locals = session.set_directories(profile)?;
    let inventory = Inventory::new(profile, lock, &locals, &[]);
    let why = match (inventory.reason(module), inventory.standing(module)) {
        (Reason::Needed, _) => NotAskedWhy::Needed,
        (Reason::Asked(Request::WholeRepo | Request::Local), Standing::Module(found)) => {
            NotAskedWhy::Whole { home: found.home.name().to_owned() }
        }
        _ => NotAskedWhy::NotThere,
    };
    Err(EditError::NotAsked { profile: name, module: module.to_owned(), why }.into())
}

/// Explains why modules cannot be found any more.
fn needed(error: Error, removed: &[RepoName]) -> Error {
    match error {
        Error::Unmet { unmet }
            if !removed.is_empty()
                && unmet.iter().all(|unmet| matches!(unmet.why, WhyUnmet::Nowhere { .. })) =>
        {
            Error::Needed { removed: removed.to_vec(), unmet }
        }
        other => other,
    }
}

/// Fails if a selection lacks something only because of the removal.
fn refuse_needed(
    removed: &[RepoName],
    old: &Lock,
    lacking: impl Iterator<Item = Finding>,
) -> Result<(), Error> {
    let had = |module: &str| {
        let mut repos = old.repos.iter().filter(|locked| removed.contains(&locked.pin.name));
        repos.find(|locked| locked.facts.modules.iter().any(|found| found.name == *module))
    };
    let still_needed = |finding: Finding| match (finding.problem, finding.module) {
        (Problem::Missing { needed_by, .. }, Some(module)) => {
            Some(StillNeeded { repo: had(&module)?.pin.name.clone(), module, needed_by })
        }
        _ => None,
    };
    let mut needed: Vec<StillNeeded> = Vec::new();
    for found in lacking.filter_map(still_needed) {
        if !needed.contains(&found) {
            needed.push(found);
        }
    }
    if needed.is_empty() { Ok(()) } else { Err(Error::StillNeeded { needed }) }
}

/// Says which of the modules stay selected, and which repositories no longer have a selected module.
fn tell_of_selection(session: &Session<'_>, modules: &[String], old: &Lock, new: &Lock) -> Result<(), Error> {
    if modules.is_empty() {
        return Ok(());
    }
    let profile = session.profile()?;
    for choice in selected(profile, new) {
        for module in
            modules.iter().filter(|name| choice.modules.iter().any(|module| module.name == *name.as_str()))
        {
            session.printer.note(&format!("`{module}` stays selected; `oca why {module}` says why"));
        }
        let was_selected = || {
            let old = selected(profile, old).into_iter().find(|old| pin(old.repo) == pin(choice.repo));
            old.is_some_and(|old| !old.modules.is_empty())
        };
        if choice.modules.is_empty() && was_selected() {
            let name = &choice.repo.name;
            session
                .printer
                .note(&format!("no module of `{name}` is selected any more; `oca remove {name}` removes it"));
        }
    }
    Ok(())
}

/// Names the checkouts that are no longer declared.
fn tell_of_checkouts(old: &Session<'_>, new: &Session<'_>, removed: &[RepoName]) {
    let mut stay = Vec::new();
    for name in removed {
        for profile in &old.config.profiles {
            let has = |session: &Session<'_>| {
                let profiles = session.config.profiles.iter().filter(|other| other.path == profile.path);
                profiles.flat_map(|profile| &profile.repos).any(|repo| repo.name == *name)
            };
            // If a variable is unset, the place of the checkouts is unknown.
            let Ok(path) = old.checkout(profile, name) else { continue };
            if has(old) && !has(new) && path.is_dir() && !stay.contains(&path) {
                stay.push(path);
            }
        }
    }
    let sync = match new.config.mode {
        Mode::Clone => "oca sync --prune",
        Mode::Submodule => "oca sync",
    };
    for path in stay {
        old.printer.note(&format!("the checkout `{}` is kept; `{sync}` removes it", path.display()));
    }
}
