//! `oca submodules`: makes `.gitmodules` and the gitlinks in the index what the lock says. `sync` and `lock --check`
//! go by the same comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::{Format, FormatArg};
use crate::config::Mode;
use crate::error::{Error, counted};
use crate::fs::{create_directory, read_if_there};
use crate::git::{
    self, Active, CheckoutError, GitModules, Head, Module, SubmoduleEntry, Superproject, SuperprojectChange,
};
use crate::lock::Lock;
use crate::output::{json, render_outcome};
use crate::plan::{self, Comparison, Found, Removal, Submodule};
use crate::repo::RepoName;
use crate::report::{Outcome, RepoOutcome, Step, SubmoduleDifference};
use crate::session::Session;

/// Make .gitmodules and the gitlinks in the index what the lock says
///
/// For `mode = "submodule"`. Every repository of every profile gets an entry in .gitmodules (path, url, branch,
/// `shallow = true`) and a gitlink at its locked commit. What was left behind is repaired: gitlinks without an entry,
/// entries without a gitlink, second entries, submodules at another path (they move, with their work trees), and
/// submodules among the checkouts that no profile declares (they go, their git directories stay below .git/modules).
/// Submodules elsewhere, comments and keys of your own stay as they are.
///
/// Everything is staged and nothing committed: see it with `git diff --cached --submodule`. Nothing is fetched: `oca
/// sync` does all of this too, and checks the submodules of the profile out.
#[derive(clap::Args, Debug)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Only say what differs, each difference on its own line; exit code 1 where something does
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    if session.config.mode != Mode::Submodule {
        return Err(Error::NotSubmodules { file: session.config.file.clone() });
    }
    let lock = session.fresh_lock()?;
    if args.check {
        return check(args, &Survey::needed(session, &lock)?);
    }
    let _claim = session.claim()?;
    session.config.profiles.iter().try_for_each(|profile| session.refuse_links(profile))?;
    let mut survey = Survey::needed(session, &lock)?;
    survey.superproject.refuse_locked()?;
    let differences = std::mem::take(&mut survey.comparison.differences);
    survey.relocate()?;
    let mut outcomes = survey.collisions();
    outcomes.extend(survey.settle(How::default())?);
    match args.format.format {
        Format::Json => session.printer.data(&json::submodules(&differences, &survey.notes()?)),
        Format::Human => {
            differences.iter().for_each(|difference| session.printer.note(&difference.to_string()));
        }
    }
    let failures: Vec<RepoOutcome> = outcomes.into_iter().filter(|repo| repo.outcome.is_failure()).collect();
    let total = counted(survey.comparison.submodules.len(), "submodule", "submodules");
    match differences.len().saturating_sub(failures.len()) {
        0 => session.printer.note(&format!("{total} as locked")),
        repaired => {
            let repaired = counted(repaired, "difference", "differences");
            session.printer.note(&format!("{total}, {repaired} repaired; {STAGED}"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(Error::Repos { failures }) }
}

const STAGED: &str = "`git diff --cached --submodule` shows what is staged";

fn check(args: &Args, survey: &Survey<'_>) -> Result<(), Error> {
    let printer = survey.session.printer;
    let (differences, notes) = (&survey.comparison.differences, survey.notes()?);
    match args.format.format {
        Format::Json => printer.data(&json::submodules(differences, &notes)),
        Format::Human => {
            differences.iter().for_each(|difference| printer.data(&format!("{difference}\n")));
            notes.iter().for_each(|note| printer.note(note));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Error::Submodules { differences: differences.clone() }) }
}

/// How much a user is ready to lose.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct How {
    pub(super) force: bool,
    pub(super) prune: bool,
    pub(super) dry: bool,
}

/// The surrounding repository, held against the lock.
pub(super) struct Survey<'s> {
    session: &'s Session<'s>,
    superproject: Superproject,
    modules: GitModules,
    comparison: Comparison,
    directories: BTreeSet<String>,
    /// Whether [`settle`](Self::settle) changed the index.
    is_staged: bool,
}

impl<'s> Survey<'s> {
    /// Where the project has submodules. Without a repository around it, it cannot.
    pub(super) fn needed(session: &'s Session<'s>, lock: &Lock) -> Result<Self, Error> {
        Self::take(session, lock)?.ok_or_else(|| no_superproject(session))
    }

    /// The same; `None` where there is no repository around.
    pub(super) fn take(session: &'s Session<'s>, lock: &Lock) -> Result<Option<Self>, Error> {
        let Some(superproject) = Superproject::around(session.root())? else { return Ok(None) };
        let Some(top) = superproject.path_of(session.root()) else { return Ok(None) };
        let wanted = wanted(session, lock, &top)?;
        let directories = session.config.profiles.iter().map(|profile| directory(&top, profile));
        let directories: BTreeSet<String> = directories.collect::<Result<_, _>>()?;
        let found = Found {
            superproject: &superproject,
            modules: superproject.modules()?,
            gitlinks: superproject.gitlinks()?,
            directories,
            base_url: session.remote_url(session.config.base.as_url())?.without_secret().as_str().to_owned(),
        };
        let comparison = plan::compare_submodules(&wanted, &found)?;
        let Found { modules, directories, .. } = found;
        Ok(Some(Self { session, superproject, modules, comparison, directories, is_staged: false }))
    }

    pub(super) fn differences(&self) -> &[SubmoduleDifference] {
        &self.comparison.differences
    }

    /// The git directory of the checkout at a path; `None` where a tracked file is in its way.
    pub(super) fn module(&self, checkout: &Path) -> Option<Module> {
        let top = self.superproject.path_of(self.session.root())?;
        let below = slashed(checkout.strip_prefix(self.session.root()).ok()?);
        let path = joined(&top, &below);
        let submodule = self.comparison.submodules.iter().find(|submodule| submodule.entry.path == path)?;
        Some(self.module_of(&submodule.entry))
    }

    fn module_of(&self, entry: &SubmoduleEntry) -> Module {
        self.superproject.module(&entry.name, &entry.path)
    }

    /// The submodules that tracked files are in the way of.
    pub(super) fn collisions(&self) -> Vec<RepoOutcome> {
        let outcome = |(name, path, file): &(RepoName, String, String)| {
            let (path, file) = (path.clone(), file.clone());
            let outcome = Outcome::Kept(CheckoutError::Tracked { path, file });
            RepoOutcome { name: name.clone(), url: String::new(), outcome }
        };
        self.comparison.collisions.iter().map(outcome).collect()
    }

    /// Moves work trees to where they are declared, as they stand. One whose place is taken stays where it is.
    pub(super) fn relocate(&self) -> Result<(), Error> {
        let top = self.superproject.directory();
        for relocation in &self.comparison.moves {
            let (from, to) = (top.join(&relocation.from), top.join(&relocation.to));
            if git::is_free(&to) && from.join(".git").exists() && !from.is_symlink() {
                create_directory(to.parent().unwrap_or(top))?;
                git::move_work_tree(&from, &to)?;
                self.superproject.module(&relocation.name, &relocation.to).connect()?;
            }
            git::remove_if_empty(&from);
        }
        Ok(())
    }

    /// Removes what nobody declares, then writes `.gitmodules`, git's configuration and the index.
    pub(super) fn settle(&mut self, how: How) -> Result<Vec<RepoOutcome>, Error> {
        let mut outcomes = Vec::new();
        let mut removed = Vec::new();
        for removal in &self.comparison.removals {
            let outcome = self.remove(removal, how);
            if !outcome.is_failure() {
                removed.push(removal.clone());
                // What a dry run would do is told at its end.
                if !how.dry {
                    self.session.printer.note(&format!("{}: {}", removal.repo, render_outcome(&outcome)));
                }
            }
            outcomes.push(RepoOutcome { name: removal.repo.clone(), url: String::new(), outcome });
        }
        let before = self.modules.entries();
        for name in self.comparison.stale.iter().chain(removed.iter().map(|removal| &removal.name)) {
            self.modules.remove(name);
        }
        for submodule in &self.comparison.submodules {
            self.modules.put(&submodule.entry);
        }
        if how.prune {
            outcomes.extend(self.prune(how));
        }
        if how.dry {
            return Ok(outcomes);
        }
        self.is_staged = self.superproject.apply(&self.modules, &self.change(&removed, &before)?)?;
        self.stop_ignoring()?;
        self.warn_of_paths(&before);
        Ok(outcomes)
    }

    fn change(&self, removed: &[Removal], before: &[SubmoduleEntry]) -> Result<SuperprojectChange, Error> {
        let Comparison { submodules, stale, phantoms, moves, .. } = &self.comparison;
        let gitlinks = self.superproject.gitlinks()?;
        let gone = removed.iter().map(|removal| &removal.path).chain(moves.iter().map(|moved| &moved.from));
        let gone = phantoms.iter().chain(gone).filter(|path| gitlinks.contains_key(*path));
        let top = self.superproject.directory();
        let populated = submodules.iter().filter(|one| top.join(&one.entry.path).join(".git").exists());
        let active = populated.map(|Submodule { entry, .. }| Active {
            name: entry.name.clone(),
            url: self.superproject.absolute_url(&entry.url),
            has_new_url: !has_url(before, entry),
        });
        Ok(SuperprojectChange {
            stage: submodules.iter().map(|one| (one.entry.path.clone(), one.commit)).collect(),
            unstage: gone.cloned().collect(),
            active: active.collect(),
            forget: stale.iter().chain(removed.iter().map(|removal| &removal.name)).cloned().collect(),
        })
    }

    /// Removes the work tree of a submodule in which nobody works. Its commits stay in its git directory, unless
    /// that is to go as well.
    fn remove(&self, removal: &Removal, how: How) -> Outcome {
        let module = self.superproject.module(&removal.name, &removal.path);
        let checkout = module.checkout();
        let failed = |error| Outcome::CheckoutFailed { step: Step::Remove, error };
        let head = match checkout.head() {
            Ok(head) => head,
            Err(error) => return Outcome::CheckoutFailed { step: Step::Inspect, error },
        };
        if let Head::Complete(_) | Head::Other(Some(_)) = head {
            let work = match checkout.whole_work() {
                Ok(work) if how.prune => work,
                Ok(work) => git::LocalWork { commit: None, references: Vec::new(), ..work },
                Err(error) => return Outcome::CheckoutFailed { step: Step::Inspect, error },
            };
            if !work.is_none() && !how.force {
                return Outcome::Kept(CheckoutError::LocalWork(work));
            }
            if how.dry {
                return Outcome::Removed;
            }
            if let Err(error) = module.absorb() {
                return Outcome::not_placed(error);
            }
            if let Err(error) = checkout.remove() {
                return failed(error);
            }
        } else if how.dry {
            return Outcome::Removed;
        }
        git::remove_if_empty(checkout.path());
        let left = if how.prune { module.remove() } else { module.abandon() };
        left.map_or_else(failed, |()| Outcome::Removed)
    }

    /// Deletes the git directories of submodules that were removed before, where nothing of the user's is in them.
    fn prune(&self, how: How) -> Vec<RepoOutcome> {
        let mut outcomes = Vec::new();
        for directory in &self.directories {
            for (name, module) in self.superproject.abandoned(directory, &self.modules) {
                let Some(repo) = name.rsplit('/').next().and_then(|name| RepoName::parse(name).ok()) else {
                    continue;
                };
                let failed = |error| Outcome::CheckoutFailed { step: Step::Remove, error };
                let outcome = match module.own_commits() {
                    Ok(work) if !work.is_none() && !how.force => {
                        Outcome::Kept(CheckoutError::LocalWork(work))
                    }
                    Err(error) if !how.force => failed(error),
                    _ if how.dry => Outcome::Removed,
                    _ => module.remove().map_or_else(failed, |()| Outcome::Removed),
                };
                outcomes.push(RepoOutcome { name: repo, url: String::new(), outcome });
            }
        }
        outcomes
    }

    /// Says that others cannot fetch from what is committed, where that is new.
    fn warn_of_paths(&self, before: &[SubmoduleEntry]) {
        let submodules = self.comparison.submodules.iter();
        let mut paths =
            submodules.filter(|one| Path::new(&one.entry.url).is_absolute() && !has_url(before, &one.entry));
        if let Some(Submodule { entry, .. }) = paths.next() {
            let text = format!("`.gitmodules` names paths of this machine, such as `{}`", entry.url);
            self.session.printer.warning(&text);
        }
    }

    /// The directories of checkouts are the surrounding repository's now: what oca wrote to keep it out goes.
    fn stop_ignoring(&self) -> Result<(), Error> {
        for directory in &self.directories {
            let ignore = joined(directory, ".gitignore");
            let file = self.superproject.directory().join(&ignore);
            if read_if_there(&file)?.is_some_and(|text| text == super::sync::KEEP_OUT)
                && !self.superproject.tracks(&ignore)?
            {
                crate::fs::remove_file(&file)?;
            }
        }
        Ok(())
    }

    /// Says at the end of a sync what came of the differences.
    pub(super) fn tell(&self, dry: bool) {
        let printer = self.session.printer;
        if dry && !self.differences().is_empty() {
            let differences = counted(self.differences().len(), "difference", "differences");
            printer.note(&format!("{differences} in `.gitmodules` and the index would be settled:"));
            self.differences().iter().for_each(|difference| printer.note(&format!("  {difference}")));
        }
        if self.is_staged {
            printer.note(STAGED);
        }
    }

    /// What is no difference, and good to know.
    fn notes(&self) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        let top = self.superproject.directory();
        let mut asked = BTreeSet::new();
        for profile in self.session.profiles().unwrap_or_default() {
            for repo in profile.repos.iter().filter(|repo| !self.session.config.skips(&repo.name)) {
                asked.insert(repo.name.clone());
            }
        }
        for Submodule { repo, entry, .. } in &self.comparison.submodules {
            let path = &entry.path;
            if !top.join(path).join(".git").exists() && asked.contains(repo) {
                notes.push(format!("`{path}` is not populated: run `oca sync`"));
            }
            if top.join(path).join(".gitmodules").exists() {
                notes.push(format!("`{path}` has submodules of its own, which oca leaves alone"));
            }
        }
        for path in &self.comparison.foreign {
            notes.push(format!("`{path}` is in `.gitmodules`, has no gitlink, and is none of oca's"));
        }
        let (staged, committed) = (self.superproject.gitlinks()?, self.superproject.committed_gitlinks()?);
        let paths: BTreeSet<&String> = staged.keys().chain(committed.keys()).collect();
        let differing = paths.into_iter().filter(|path| staged.get(*path) != committed.get(*path)).count();
        if differing > 0 {
            let gitlinks = counted(differing, "gitlink is", "gitlinks are");
            notes.push(format!("{gitlinks} staged and not committed: see `git diff --cached --submodule`"));
        }
        Ok(notes)
    }
}

/// Whether an entry had this url before.
fn has_url(before: &[SubmoduleEntry], entry: &SubmoduleEntry) -> bool {
    before.iter().any(|old| old.name == entry.name && old.url == entry.url)
}

/// Refuses what would only fail after the lock was updated.
pub(super) fn refuse_unfit(session: &Session<'_>) -> Result<(), Error> {
    let superproject = Superproject::around(session.root())?.ok_or_else(|| no_superproject(session))?;
    superproject.modules()?;
    superproject.gitlinks()?;
    Ok(superproject.refuse_locked()?)
}

fn no_superproject(session: &Session<'_>) -> Error {
    Error::NoSuperproject { directory: session.root().to_owned() }
}

/// Makes ordinary checkouts of what are submodules still, as they stand: what `mode = "clone"` comes to. A surrounding
/// repository that cannot be read is none of this mode's business.
pub(super) fn dissolve(session: &Session<'_>, lock: &Lock, dry: bool) -> Result<(), Error> {
    match dissolve_readable(session, lock, dry) {
        Err(Error::Git(error @ (git::Error::Extension { .. } | git::Error::ModulesMalformed { .. }))) => {
            session.printer.detail(&format!("the surrounding repository is left alone: {error}"));
            Ok(())
        }
        other => other,
    }
}

fn dissolve_readable(session: &Session<'_>, lock: &Lock, dry: bool) -> Result<(), Error> {
    if !git::may_have_submodules(session.root()) {
        return Ok(());
    }
    let Some(superproject) = Superproject::around(session.root())? else { return Ok(()) };
    let Some(top) = superproject.path_of(session.root()) else { return Ok(()) };
    let mut modules = superproject.modules()?;
    let (entries, gitlinks) = (modules.entries(), superproject.gitlinks()?);
    let mut change = SuperprojectChange::default();
    let mut released: Vec<Module> = Vec::new();
    let mut dissolved: BTreeSet<RepoName> = BTreeSet::new();
    for (path, repo) in paths(session, lock, &top)? {
        for entry in entries.iter().filter(|entry| entry.path == path) {
            released.push(superproject.module(&entry.name, &path));
            modules.remove(&entry.name);
            change.forget.push(entry.name.clone());
            dissolved.insert(repo.clone());
        }
        if gitlinks.contains_key(&path) {
            change.unstage.push(path);
            dissolved.insert(repo);
        }
    }
    if dissolved.is_empty() {
        return if dry { Ok(()) } else { Ok(superproject.end_journal()?) };
    }
    if dry {
        let count = counted(dissolved.len(), "submodule", "submodules");
        session.printer.note(&format!("{count} would become ordinary checkouts"));
        return Ok(());
    }
    superproject.refuse_locked()?;
    released.iter().try_for_each(Module::release)?;
    dissolved.iter().for_each(|name| session.printer.note(&format!("{name}: no submodule any more")));
    superproject.apply(&modules, &change)?;
    for profile in &session.config.profiles {
        let directory = session.checkouts(profile)?;
        if directory.is_dir() {
            super::sync::keep_out(session, &directory)?;
        }
    }
    session.printer.note(STAGED);
    Ok(())
}

/// What all profiles together want, each path once, in path order.
fn wanted(session: &Session<'_>, lock: &Lock, top: &str) -> Result<Vec<Submodule>, Error> {
    let mut wanted: BTreeMap<String, Submodule> = BTreeMap::new();
    let mut order = Vec::new();
    for profile in &session.config.profiles {
        let directory = directory(top, profile)?;
        for repo in &profile.repos {
            let path = joined(&directory, repo.name.as_str());
            let Some(locked) = lock.repo(&plan::pin(repo)).filter(|_| !wanted.contains_key(&path)) else {
                continue;
            };
            let url = session.remote_url(&repo.url)?;
            if url.without_secret() != url {
                return Err(Error::SecretInSubmodule { name: repo.name.clone() });
            }
            let branch = repo.reference.as_branch().map(str::to_owned);
            let url = url.as_str().to_owned();
            let entry = SubmoduleEntry {
                name: path.clone(),
                path: path.clone(),
                url,
                branch,
                shallow: repo.depth != 0,
            };
            order.push(path.clone());
            wanted.insert(path, Submodule { repo: repo.name.clone(), entry, commit: locked.commit });
        }
    }
    Ok(order.iter().filter_map(|path| wanted.remove(path)).collect())
}

/// The paths of all checkouts, as `.gitmodules` writes them.
fn paths(session: &Session<'_>, lock: &Lock, top: &str) -> Result<BTreeMap<String, RepoName>, Error> {
    let mut paths = BTreeMap::new();
    for profile in &session.config.profiles {
        let directory = directory(top, profile)?;
        let locked = profile.repos.iter().filter(|repo| lock.repo(&plan::pin(repo)).is_some());
        paths.extend(locked.map(|repo| (joined(&directory, repo.name.as_str()), repo.name.clone())));
    }
    Ok(paths)
}

/// The directory of a profile's checkouts, relative to the top of the surrounding repository.
fn directory(top: &str, profile: &crate::config::Profile) -> Result<String, Error> {
    Ok(joined(top, &Session::checkouts_below(profile)?))
}

fn joined(directory: &str, below: &str) -> String {
    if directory.is_empty() || directory == "." { below.to_owned() } else { format!("{directory}/{below}") }
}

/// A path as git writes it on every platform.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
