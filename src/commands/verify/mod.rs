//! `oca verify`: compares the content of the checkouts, or of an export, with the lock.

mod exported;

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use exported::of_export;

use crate::config;
use crate::error::Error;
use crate::export::{self, Alteration, File, FileState, Kind, Manifest, Rights, Scan};
use crate::flags::{Format, FormatArg, Global};
use crate::fs::native_path;
use crate::git::{Checkout, Head};
use crate::json::VerifyReport;
use crate::lock::{Lock, LockedProfile, LockedRepo};
use crate::ops::{other_module, wanted};
use crate::output::Printer;
use crate::pool::{self, Pools};
use crate::repo::{BlobId, counted};
use crate::report::{OtherTree, Verified};
use crate::session::{Session, named_profile};

const EXAMPLES: &str = "\
Examples:
  # Compare the checkouts with the lock
  oca verify
  # Compare an export with the lock
  oca verify build/addons";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// An export [default: the checkouts of the profile; in a container, the exports in it]
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    export: Option<PathBuf>,
    /// The lock to compare the export with [default: the lock of the project here, else the lock in the export]
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let pools = Pools::new(global.jobs())?;
    let verify = |directory: &Path| {
        let manifest = manifest(directory)?;
        let source = VerifiedAgainst::open(args, directory, manifest.kind, global, printer)?;
        pools.work(|| of_export(directory, &manifest, &source))
    };
    let repos = match &args.export {
        Some(directory) => verify(directory)?,
        None if args.lock.is_some() => return Err(Error::NoExport),
        None => {
            let session = Session::open(global, printer)?;
            let exports = in_container(&session)?;
            if exports.is_empty() {
                let lock = session.fresh_lock()?;
                pools.work(|| of_checkouts(&session, &lock))?
            } else {
                let repos = exports.iter().map(|export| verify(export)).collect::<Result<Vec<_>, _>>()?;
                repos.into_iter().flatten().collect()
            }
        }
    };
    match args.format.format {
        Format::Json => printer.json(&VerifyReport::of(&repos)),
        Format::Human => repos.iter().for_each(|repo| {
            if !repo.is_fine() {
                printer.text(&repo.to_string());
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

/// The exports of the container that this is: that of the modules, and that of Odoo itself. Empty elsewhere.
fn in_container(session: &Session<'_>) -> Result<Vec<PathBuf>, Error> {
    let profiles = session.profiles()?;
    let [profile] = profiles[..] else { return Ok(Vec::new()) };
    if !session.is_in_image(profile)? {
        return Ok(Vec::new());
    }
    // Without `[core]`, the directory is that of another Odoo. With it, an export that is missing is an error.
    let is_export = |core: &PathBuf| !profile.core.is_empty() || core.join(export::FILE_NAME).is_file();
    let core = profile.image.core.iter().map(Session::image_entry).collect::<Result<Vec<_>, _>>()?;
    let core = core.into_iter().map(PathBuf::from).filter(is_export);
    Ok(std::iter::once(PathBuf::from(Session::image_entry(&profile.image.root)?)).chain(core).collect())
}

/// Verifies each checkout once, in path order.
fn of_checkouts(session: &Session<'_>, lock: &Lock) -> Result<Vec<Verified>, Error> {
    let mut wanted = wanted(session, lock)?;
    wanted.retain(|wanted| !wanted.is_skipped);
    pool::share(&wanted, |wanted| of_checkout(wanted.locked, &wanted.checkout))
}

fn of_checkout(locked: &LockedRepo, checkout: &Checkout) -> Result<Verified, Error> {
    let mut report = Verified::new(&locked.pin.name);
    let trouble = match checkout.head()? {
        Head::Absent | Head::HalfClone | Head::Unfilled(_) => Some("missing".to_owned()),
        Head::NotGit | Head::Link(_) | Head::Other(None) => Some("not git".to_owned()),
        Head::Complete(placed) => other_commit(placed.commit, locked),
        Head::Other(Some(commit)) => other_commit(commit, locked),
    };
    let trouble = trouble.or_else(|| other_tree(checkout, locked));
    if trouble.is_some() {
        return Ok(Verified { trouble, ..report });
    }
    let objects = checkout.tree(locked.tree)?;
    if let Some(other) = other_module(locked, &objects) {
        return Ok(Verified { trouble: Some(other.to_string()), ..report });
    }
    let (files, submodules) = match export::all(&objects, locked.tree) {
        Ok(found) => found,
        Err(error) => return Ok(Verified { trouble: Some(error.to_string()), ..report }),
    };
    let files: Vec<(PathBuf, &File)> =
        files.iter().map(|file| (native_path(file.path.as_bytes()), file)).collect();
    report.files = files.len();
    let submodules: Vec<PathBuf> = submodules.iter().map(|path| native_path(path.as_bytes())).collect();
    let expected: HashSet<&Path> =
        files.iter().map(|(path, _)| path).chain(&submodules).map(|path| &**path).collect();
    // Ignored files and compiled Python files are not changes; a submodule is pinned by its own repository.
    let pass_over = |path: &Path, _: &_| {
        path == Path::new(".git") || path.ends_with("__pycache__") || objects.ignores(path)
    };
    let scan = Scan::new(checkout.path(), Rights::Checkout, &expected, &pass_over)?;
    report.alterations = compare(&scan, &files)?;
    let ids: HashMap<&Path, BlobId> = files.iter().map(|(path, file)| (&**path, file.id)).collect();
    report.alterations.retain(|found| {
        let id = ids.get(&*found.path).filter(|_| found.state == FileState::Altered);
        !id.is_some_and(|id| objects.is_by_git(&found.path, *id))
    });
    let of_submodule = |found: &Alteration| submodules.iter().any(|path| found.path.starts_with(path));
    report.alterations.extend(scan.rest(&expected).into_iter().filter(|found| !of_submodule(found)));
    report.alterations.sort();
    Ok(report)
}

fn other_commit(found: crate::repo::CommitId, locked: &LockedRepo) -> Option<String> {
    let wanted = locked.head();
    (found != wanted).then(|| format!("at commit {} instead of {}", found.short(), wanted.short()))
}

/// Compares the tree in the lock with the tree of the commit, which is checked out here.
fn other_tree(checkout: &Checkout, locked: &LockedRepo) -> Option<String> {
    let (commit, locked) = (locked.head(), locked.tree);
    match checkout.tree_of(commit) {
        Ok(found) => (found != locked)
            .then(|| OtherTree { commit, module: None, locked, found: Some(found) }.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

fn compare<F: Borrow<File> + Sync>(scan: &Scan, files: &[(PathBuf, F)]) -> Result<Vec<Alteration>, Error> {
    let found = pool::share(files, |(path, file)| scan.compare(path, file.borrow()))?;
    Ok(found.into_iter().flatten().collect())
}

/// The lock and profile to compare an export with. The export's own metadata is used only if there is nothing else.
struct VerifiedAgainst {
    lock: Lock,
    file: PathBuf,
    profile: String,
}

impl VerifiedAgainst {
    /// The lock from `--lock`, else the project's lock, else the lock inside the export.
    fn open(
        args: &Args,
        directory: &Path,
        kind: Kind,
        global: &Global,
        printer: &Printer,
    ) -> Result<Self, Error> {
        let is_project = global.config.is_some() || config::find(Path::new(".")).is_some();
        if args.lock.is_none() && is_project {
            let session = Session::open(global, printer)?;
            let (lock, file) = (session.fresh_lock()?, session.lock_file());
            return Ok(Self { lock, file, profile: session.profile()?.name.clone() });
        }
        if global.all_profiles {
            return Err(Error::OneProfile);
        }
        let file = args.lock.clone().unwrap_or_else(|| directory.join(export::LOCK_NAME));
        let lock = Lock::load(&file).map_err(|error| Error::NamedLock { error })?;
        let lock = lock.ok_or_else(|| Error::NoNamedLock { file: file.clone() })?;
        let only = || (lock.profiles.len() == 1).then(|| lock.profiles.keys().next().cloned()).flatten();
        // An export of Odoo itself serves several profiles, so its own lock has none of them.
        let is_own = kind == Kind::Core && args.lock.is_none();
        let profile = if is_own { only() } else { named_profile(global).or_else(only) };
        let profile = profile.ok_or_else(|| Error::WhichProfile { file: file.clone() })?;
        Ok(Self { lock, file, profile })
    }

    fn profile(&self) -> Result<&LockedProfile, Error> {
        let missing = || Error::ProfileNotLocked { file: self.file.clone(), profile: self.profile.clone() };
        self.lock.profiles.get(&self.profile).ok_or_else(missing)
    }
}

/// The manifest of an export. Fails if the export is incomplete or contains links.
fn manifest(directory: &Path) -> Result<Manifest, Error> {
    let named = || directory.to_owned();
    if directory.join(export::UNFINISHED).exists() {
        return Err(Error::ExportUnfinished { directory: named() });
    }
    let manifest = Manifest::load(directory)?.ok_or_else(|| Error::NotAnExport { directory: named() })?;
    if manifest.links {
        return Err(Error::ExportOfLinks { directory: named() });
    }
    Ok(manifest)
}
