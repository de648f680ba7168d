//! `oca verify`: the content of the checkouts, or of an export, against the lock.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::cli::{Format, FormatArg, Global};
use crate::config::{self, Layout};
use crate::error::{Error, counted};
use crate::export::{self, Alteration, File, Manifest, Repository, Wanted};
use crate::fs::native_path;
use crate::git::{Checkout, Head};
use crate::lock::{self, Lock, LockedRepo};
use crate::output::{Printer, json};
use crate::plan::{self, Entry, Offer};
use crate::pool::{self, Pools};
use crate::report::{OtherTree, Verified};
use crate::session::Session;

use super::export::{by_offer, module_paths};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// An export [default: the checkouts of the profile]
    #[arg(value_name = "DIR")]
    export: Option<PathBuf>,
    /// The lock to compare an export with [default: that of the project here, else the one in the export]
    #[arg(long, value_name = "FILE", requires = "export")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let pools = Pools::new(global.jobs)?;
    let repos = if let Some(directory) = &args.export {
        pools.work(|| of_export(args, directory, global))?
    } else {
        let session = Session::open(global, printer)?;
        let lock = session.fresh_lock()?;
        pools.work(|| of_checkouts(&session, &lock))?
    };
    match args.format.format {
        Format::Json => printer.data(&json::verified(&repos)),
        Format::Human => repos.iter().for_each(|repo| {
            if !repo.is_fine() {
                printer.data(&repo.to_string());
            }
        }),
    }
    if !repos.iter().all(Verified::is_fine) {
        return Err(Error::Silent);
    }
    let files = repos.iter().map(|repo| repo.files).sum();
    let (repos, files) =
        (counted(repos.len(), "repository", "repositories"), counted(files, "file", "files"));
    printer.note(&format!("{repos}, {files} as locked"));
    Ok(())
}

/// Each checkout once, in path order.
fn of_checkouts(session: &Session<'_>, lock: &Lock) -> Result<Vec<Verified>, Error> {
    let mut repos: Vec<(&LockedRepo, Checkout)> = Vec::new();
    for profile in session.profiles()? {
        for selected in plan::selected(profile, lock) {
            let path = session.checkout(profile, &selected.repo.name)?;
            let known = repos.iter().any(|(_, checkout)| checkout.path() == path);
            if !known && !session.config.skips(&selected.repo.name) {
                repos.push((selected.locked, Checkout::new(path)));
            }
        }
    }
    pool::share(&repos, |(locked, checkout)| of_checkout(locked, checkout))
}

fn of_checkout(locked: &LockedRepo, checkout: &Checkout) -> Result<Verified, Error> {
    let mut report = Verified::new(&locked.pin.name);
    let trouble = match checkout.head()? {
        Head::Absent | Head::HalfClone => Some("missing".to_owned()),
        Head::NotGit | Head::Link | Head::Other(None) => Some("not git".to_owned()),
        Head::Complete(placed) => other_commit(placed.commit, locked),
        Head::Other(Some(commit)) => other_commit(commit, locked),
    };
    let trouble = trouble.or_else(|| other_tree(checkout, locked));
    if trouble.is_some() {
        return Ok(Verified { trouble, ..report });
    }
    let objects = checkout.tree(locked.tree)?;
    let (files, submodules) = match export::all(&objects, locked.tree) {
        Ok(found) => found,
        Err(error) => return Ok(Verified { trouble: Some(error.to_string()), ..report }),
    };
    let files: Vec<(PathBuf, &File)> = files.iter().map(|file| (native_path(&file.path), file)).collect();
    report.files = files.len();
    report.alterations = compare(checkout.path(), &files)?;
    let mut expected: HashSet<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
    let submodules: Vec<PathBuf> = submodules.iter().map(|path| native_path(path)).collect();
    expected.extend(submodules.iter().map(PathBuf::as_path));
    // What git is told to ignore, and what Python compiles, is nobody's change.
    let pass_over =
        |path: &Path| path == Path::new(".git") || path.ends_with("__pycache__") || objects.ignores(path);
    report.alterations.extend(export::extra(checkout.path(), &expected, &pass_over)?);
    report.alterations.sort();
    Ok(report)
}

fn other_commit(found: crate::repo::CommitId, locked: &LockedRepo) -> Option<String> {
    let wanted = locked.commit;
    (found != wanted).then(|| format!("at commit {} instead of {}", found.short(), wanted.short()))
}

/// The checkout is at the locked commit, and so it knows what the lock should say.
fn other_tree(checkout: &Checkout, locked: &LockedRepo) -> Option<String> {
    let (commit, locked) = (locked.commit, locked.tree);
    match checkout.tree_of(commit) {
        Ok(found) => (found != locked).then(|| OtherTree { commit, locked, found }.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

fn compare(root: &Path, files: &[(PathBuf, &File)]) -> Result<Vec<Alteration>, Error> {
    let found = pool::share(files, |(path, file)| export::compare(root, path, file))?;
    Ok(found.into_iter().flatten().collect())
}

/// Every repository of the profile that was exported, and what belongs to none.
fn of_export(args: &Args, directory: &Path, global: &Global) -> Result<Vec<Verified>, Error> {
    let named = || directory.to_owned();
    if directory.join(export::UNFINISHED).exists() {
        return Err(Error::ExportUnfinished { directory: named() });
    }
    let manifest = Manifest::load(directory)?.ok_or_else(|| Error::NotAnExport { directory: named() })?;
    if manifest.links {
        return Err(Error::ExportOfLinks { directory: named() });
    }
    if let Some(asked) = global.profile.as_ref().filter(|asked| **asked != manifest.profile) {
        let (found, asked) = (manifest.profile, asked.clone());
        return Err(Error::OtherProfile { directory: named(), found, asked });
    }
    let file = lock_file(args, directory, global);
    let lock = Lock::load(&file)?.ok_or_else(|| Error::NoLock { file: file.clone() })?;
    let Some(profile) = lock.profiles.get(&manifest.profile) else {
        return Err(Error::ProfileNotLocked { file, profile: manifest.profile });
    };
    let addons = |locked: &LockedRepo| {
        let recorded = recorded(&manifest, locked).map(|repo| repo.addons.as_slice());
        recorded.filter(|recorded| may_be_addons(recorded, locked, &lock))
    };
    let offers = plan::locked_offers(profile, &lock, addons);
    let layout = match manifest.layout {
        export::Layout::Repos => Layout::Repos,
        export::Layout::Flat => Layout::Flat,
    };
    let entries = by_offer(&offers, layout);
    let exported: Vec<(&Offer<'_>, &Vec<Entry<'_>>)> =
        offers.iter().zip(&entries).filter(|(_, entries)| !entries.is_empty()).collect();
    let one = |(offer, entries): &(&Offer<'_>, &Vec<Entry<'_>>)| {
        of_repository(&manifest, offer.locked, module_paths(entries), directory)
    };
    let (mut reports, known): (Vec<Verified>, Vec<Known>) = pool::share(&exported, one)?.into_iter().unzip();
    add_extra(directory, &mut reports, &known)?;
    Ok(reports)
}

/// A lock that is named, else that of a project here, else the one that travels along.
fn lock_file(args: &Args, directory: &Path, global: &Global) -> PathBuf {
    let project = || global.config.clone().or_else(|| config::find(Path::new(".")));
    let beside = |config: PathBuf| config.with_file_name(lock::FILE_NAME);
    let named = args.lock.clone().or_else(|| project().map(beside).filter(|file| file.is_file()));
    named.unwrap_or_else(|| directory.join(export::LOCK_NAME))
}

/// Whether a profile may look into these directories of a repository, by a lock that knows only in which ones all
/// profiles together look. A manifest that leaves one out leaves out its modules.
fn may_be_addons(recorded: &[String], locked: &LockedRepo, lock: &Lock) -> bool {
    let recorded: HashSet<&String> = recorded.iter().collect();
    let all: HashSet<&String> = locked.addons.iter().collect();
    let profiles = lock.profiles.values().filter(|profile| profile.repos.contains(&locked.pin)).count();
    recorded == all || (profiles > 1 && !recorded.is_empty() && recorded.is_subset(&all))
}

fn recorded<'m>(manifest: &'m Manifest, locked: &LockedRepo) -> Option<&'m Repository> {
    manifest.repos.iter().find(|repo| repo.name == locked.pin.name)
}

/// What an export holds of a repository: its directories, and the files that should be in them.
struct Known {
    directories: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

fn of_repository(
    manifest: &Manifest,
    locked: &LockedRepo,
    modules: Vec<String>,
    directory: &Path,
) -> Result<(Verified, Known), Error> {
    let name = &locked.pin.name;
    let place = |path: &[u8], module: Option<&str>| export::place(manifest.layout, name, module, path);
    let directories = modules.iter().map(|path| place(path.as_bytes(), Some(path)));
    let directories = directories.chain([place(b"", None)]).collect();
    let mut known = Known { directories, files: Vec::new() };
    let mut report = Verified::new(name);
    let wanted = Wanted { tree: locked.tree, modules, rules: &manifest.rules };
    let Some(recorded) = recorded(manifest, locked) else {
        report.trouble = Some("the export does not have it".to_owned());
        return Ok((report, known));
    };
    if recorded.commit != locked.commit {
        report.trouble = other_commit(recorded.commit, locked);
        return Ok((report, known));
    }
    let read = |path: &[u8]| {
        let module = wanted.modules.iter().find(|module| path.starts_with(format!("{module}/").as_bytes()));
        export::read(&directory.join(place(path, module.map(String::as_str))))
    };
    let chosen = match export::expected(recorded, &wanted, &read) {
        Ok(chosen) => chosen,
        Err(error) => {
            report.trouble = Some(format!("the manifest of the export is not that of the lock: {error}"));
            return Ok((report, known));
        }
    };
    let files: Vec<(PathBuf, &File)> =
        export::parts(manifest.layout, name, &wanted, &chosen).flat_map(|part| part.files).collect();
    report.files = files.len();
    report.alterations = compare(directory, &files)?;
    known.files = files.into_iter().map(|(path, _)| path).collect();
    Ok((report, known))
}

/// Adds the files that nothing asks for to the repository in whose directories they are.
fn add_extra(directory: &Path, reports: &mut Vec<Verified>, known: &[Known]) -> Result<(), Error> {
    let expected: HashSet<&Path> =
        known.iter().flat_map(|known| &known.files).map(PathBuf::as_path).collect();
    let own = [export::FILE_NAME, export::LOCK_NAME, "lost+found"];
    let pass_over = |path: &Path| own.iter().any(|name| path == Path::new(name));
    let mut owners: BTreeMap<&Path, usize> = BTreeMap::new();
    for (place, known) in known.iter().enumerate() {
        owners.extend(known.directories.iter().map(|directory| (directory.as_path(), place)));
    }
    let mut nobodys = Vec::new();
    for alteration in export::extra(directory, &expected, &pass_over)? {
        let owner = alteration.path.ancestors().find_map(|above| owners.get(above));
        match owner {
            // Of what its trees do not tell, no file can be called extra.
            Some(&place) if reports[place].trouble.is_some() => {}
            Some(&place) => reports[place].alterations.push(alteration),
            None => nobodys.push(alteration),
        }
    }
    reports.iter_mut().for_each(|report| report.alterations.sort());
    if !nobodys.is_empty() {
        nobodys.sort();
        reports.push(Verified { name: None, files: 0, alterations: nobodys, trouble: None });
    }
    Ok(())
}
