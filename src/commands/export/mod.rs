//! `oca export`: writes the modules of the profile, or Odoo itself, as plain files.

mod abroad;
mod content;
mod layers;
mod odoo;

use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::config::Profile;
use crate::error::Error;
use crate::export::{self, Directories, Guarded, Kind, Manifest, Repository, Site, UnmatchedLanguage};
use crate::flags::{Format, FormatArg};
use crate::json::OutcomeReport;
use crate::lock::{self, Lock};
use crate::ops::{RepoExport, lacking, refuse_missing_own};
use crate::output::Printer;
use crate::plan::{self, Below, by_offer};
use crate::repo::{Packaging, counted};
use crate::report::RepoOutcome;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Write the modules for an image
  oca export build/addons
  # Make links to the checkouts, for development
  oca export --link build/addons
  # Write one directory for each layer of the image
  oca export --layers build/layers
  # Write the lock for git-aggregator
  oca export --repos-yaml > repos.yaml";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The directory to write; its old content is replaced
    #[arg(
        value_name = "DEST",
        required_unless_present_any = ["repos_yaml", "gitmodules"],
        value_hint = clap::ValueHint::DirPath
    )]
    dest: Option<PathBuf>,
    /// Write Odoo itself, Enterprise and the themes, which `[core]` declares, instead of the modules
    #[arg(long, conflicts_with_all = ["link", "layers"])]
    core: bool,
    /// Make symlinks to the modules in the checkouts instead, for development
    #[arg(long)]
    link: bool,
    /// Make one directory in DEST for each profile that this profile extends, and one for the profile itself; copy them
    /// over each other in the printed order
    #[arg(long, conflicts_with = "link")]
    layers: bool,
    /// Replace a DEST that is not empty and not an export
    #[arg(long)]
    force: bool,
    /// Print the lock as a repos.yaml for git-aggregator instead
    #[arg(long, conflicts_with_all = ["dest", "core", "link", "layers", "force", "format", "gitmodules"])]
    repos_yaml: bool,
    /// Print the lock as a .gitmodules file instead
    #[arg(long, conflicts_with_all = ["dest", "core", "link", "layers", "force", "format"])]
    gitmodules: bool,
    #[arg(long, hide = true, num_args = 0.., value_parser = in_configuration)]
    languages: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

/// The lock records what an export keeps, so no flag decides it.
fn in_configuration(word: &str) -> Result<String, String> {
    Err(format!("write `languages = [\"{word}\"]` into `[export]` of `repos.toml`, then run `oca lock`"))
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let Some(dest) = &args.dest else {
        return abroad::print(args.repos_yaml, session, &lock);
    };
    let profile = session.profile()?;
    if args.core {
        return odoo::run(args, dest, session, profile, &lock);
    }
    if !args.link {
        refuse_missing_own(session, profile, &lock)?;
    }
    refuse_lacking(session, profile, &lock)?;
    if args.layers {
        return layers::run(args, dest, session, profile, &lock);
    }
    let packaging = profile.packaging();
    let plan = Plan::of_modules(session, profile, &lock, &packaging, args.link);
    put(args, session, &plan, dest)
}

/// Makes an export, puts it in its place, and says so.
fn put(args: &Args, session: &Session<'_>, plan: &Plan<'_>, dest: &Path) -> Result<(), Error> {
    let made = make(args, session, plan, dest)?;
    made.warn_of_unmatched(session.printer);
    if let Format::Json = args.format.format {
        session.printer.json(&OutcomeReport::of(&made.outcomes, false));
    }
    let (modules, files) = (made.modules(), made.files);
    let dest = made.finish()?;
    let what = if args.link { counted(files, "link", "links") } else { counted(files, "file", "files") };
    let modules = counted(modules, "module", "modules");
    session.printer.note(&format!("{modules}, {what} in `{}`", dest.display()));
    Ok(())
}

/// Fails if the selection needs a module that nothing provides: Odoo could not install the modules that need it.
fn refuse_lacking(session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<(), Error> {
    let findings = lacking(session, profile, lock)?;
    if findings.is_empty() {
        return Ok(());
    }
    let default = session.config.default_profile.clone();
    Err(Error::Lacking { profile: profile.name.clone(), findings, default })
}

/// A complete export that is not in its place yet.
struct Made {
    site: Site,
    manifest: Manifest,
    outcomes: Vec<RepoOutcome>,
    files: usize,
    time: SystemTime,
    unmatched: Vec<UnmatchedLanguage>,
}

impl Made {
    /// The number of modules in it; with layers, also those in the layers under it.
    fn modules(&self) -> usize {
        self.manifest.repos.iter().map(|repo| repo.modules.len()).sum()
    }

    /// Warns about languages of `[export]` for which no module has a translation: they may be misspelt.
    fn warn_of_unmatched(&self, printer: &Printer) {
        for UnmatchedLanguage { language, near } in &self.unmatched {
            printer.warning(&format!(
                "no exported module has a translation for `{language}`, which `languages` of `[export]` names"
            ));
            printer.hint(&match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("check the code, or delete `{language}` there"),
            });
        }
    }

    /// Puts it in its place; returns the path.
    fn finish(self) -> Result<PathBuf, Error> {
        let dest = self.site.dest().to_owned();
        self.site.finish(self.time)?;
        Ok(dest)
    }
}

/// Makes an export with its manifest and its part of the lock.
fn make(args: &Args, session: &Session<'_>, plan: &Plan<'_>, dest: &Path) -> Result<Made, Error> {
    let date = Session::source_date()?;
    let site = Site::open(dest, plan.kind, args.force, &guarded(session)?)?;
    let (outcomes, written) = if args.link {
        (Vec::new(), links(session, plan, &site)?)
    } else {
        content::files(session, plan.lock, plan, &site, date)?
    };
    let Written { recorded, files, time, unmatched } = written;
    let (profile, lock) = match plan.kind {
        Kind::Modules => (plan.profile.name.as_str(), plan.lock.of_profile(&plan.profile.name)),
        Kind::Core => (lock::CORE_PROFILE, plan.lock.of_core(&plan.profile.name)),
    };
    let mut manifest = Manifest::new(profile, plan.packaging, recorded);
    (manifest.kind, manifest.links) = (plan.kind, args.link);
    let put = |name: &str, text: &str| export::write(site.aside(), name, text, time);
    put(export::LOCK_NAME, &lock.render())?;
    put(export::FILE_NAME, &manifest.render())?;
    Ok(Made { site, manifest, outcomes, files, time, unmatched })
}

/// The content of an export.
struct Plan<'a> {
    kind: Kind,
    packaging: &'a Packaging,
    /// In path order. Some may have no files.
    repos: Vec<RepoExport<'a>>,
    /// The content of the layers under this one.
    below: Below<'a>,
    profile: &'a Profile,
    lock: &'a Lock,
}

impl<'a> Plan<'a> {
    fn of_modules(
        session: &Session<'_>,
        profile: &'a Profile,
        lock: &'a Lock,
        packaging: &'a Packaging,
        is_link: bool,
    ) -> Self {
        let mut offers = plan::offers(profile, lock);
        if is_link {
            offers.retain(|offer| !session.config.skips(&offer.locked.pin.name));
        }
        let entries = by_offer(&offers, packaging.layout);
        let repos = offers.iter().zip(&entries);
        let repos =
            repos.map(|(offer, entries)| RepoExport::of_modules(offer, entries, packaging, profile.odoo));
        let repos = repos.collect();
        Self { kind: Kind::Modules, packaging, repos, below: Below::default(), profile, lock }
    }
}

/// Directories that an export never replaces, not even with `--force`.
fn guarded(session: &Session<'_>) -> Result<Vec<Guarded>, Error> {
    let guard = |path, what| Guarded { path, what, inside: false };
    let mut guarded = vec![guard(session.absolute("."), "the project")];
    // Without a cache directory, there is no cache to protect.
    if let Ok(git) = session.git() {
        guarded.push(guard(git.cache().to_owned(), "oca's cache"));
    }
    for profile in &session.config.profiles {
        guarded.push(guard(session.checkouts(profile)?, "the directory of the checkouts"));
        for repo in profile.all_repos() {
            let path = session.checkout(profile, &repo.name)?;
            guarded.push(Guarded { path, what: "a checkout", inside: true });
        }
        for local in &profile.locals {
            // A variable may be unset on this machine.
            if let Ok(path) = session.entry(&local.path) {
                guarded.push(guard(path, "a directory of your own modules"));
            }
        }
    }
    Ok(guarded)
}

/// The written files and their sources.
struct Written {
    recorded: Vec<Repository>,
    files: usize,
    /// The time of the newest commit, for files that belong to no repository.
    time: SystemTime,
    /// The languages of `[export]` for which no module has a translation.
    unmatched: Vec<UnmatchedLanguage>,
}

/// The entry of a repository in the manifest. `modules` are the paths of its modules.
fn recorded<'m>(
    repo: &RepoExport<'_>,
    modules: impl Iterator<Item = &'m str>,
    trees: Vec<Vec<String>>,
) -> Repository {
    let place = |path: &str| {
        let place = repo.placement.place(Some(path), path.as_bytes());
        place.to_string_lossy().into_owned()
    };
    Repository {
        name: repo.locked.pin.name.clone(),
        commit: repo.locked.head(),
        addons: repo.addons.to_vec(),
        modules: modules.map(place).collect(),
        trees,
    }
}

/// Creates links to the modules in the checkouts.
fn links(session: &Session<'_>, plan: &Plan<'_>, site: &Site) -> Result<Written, Error> {
    let time = SystemTime::now();
    let mut made = Directories::new(time);
    let (mut files, mut all) = (0, Vec::new());
    for repo in &plan.repos {
        let checkout = session.checkout(plan.profile, &repo.locked.pin.name)?;
        for path in repo.modules() {
            let module = checkout.join(path);
            let Ok(module) = std::fs::canonicalize(&module) else {
                return Err(export::Error::NoCheckout { path: module }.into());
            };
            let place = repo.placement.place(Some(path), path.as_bytes());
            let parent = place.parent().unwrap_or(Path::new(""));
            let target = relative(&site.dest().join(parent), &module);
            let name = Path::new(place.file_name().unwrap_or_default());
            let directory = made.make(site.aside(), parent)?;
            directory.link(name, target.as_os_str().as_encoded_bytes())?;
            files += 1;
        }
        all.push(recorded(repo, repo.modules().iter().map(String::as_str), Vec::new()));
    }
    Ok(Written { recorded: all, files, time, unmatched: Vec::new() })
}

/// The relative path from a directory to a path. Both are absolute and have no symlinks.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}
