//! `oca export`: the modules of the profile as plain files.

mod content;
mod layers;

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::config::Profile;
use crate::error::Error;
use crate::export::{self, Directories, Guarded, Manifest, Repository, Site};
use crate::flags::{Format, FormatArg};
use crate::git::{SubmoduleEntry, SubmodulePath};
use crate::json::OutcomeReport;
use crate::lock::Lock;
use crate::lock::foreign::{self, Abroad};
use crate::plan::{self, Below, Entry, Offer, by_offer, module_paths};
use crate::repo::{Packaging, counted};
use crate::report::RepoOutcome;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The directory that becomes the export; what was in it is replaced
    #[arg(value_name = "DEST", required_unless_present_any = ["repos_yaml", "gitmodules"])]
    dest: Option<PathBuf>,
    /// Make symlinks to the modules of the checkouts instead, for development
    #[arg(long)]
    link: bool,
    /// Make a directory in DEST for each profile that this one extends, and one for what it adds itself, to be copied
    /// over each other in the order printed
    #[arg(long, conflicts_with = "link")]
    layers: bool,
    /// Replace a DEST that is not empty and not an export
    #[arg(long)]
    force: bool,
    /// Print a file of git-aggregator for the lock instead
    #[arg(long, conflicts_with_all = ["dest", "link", "layers", "force", "format", "gitmodules"])]
    repos_yaml: bool,
    /// Print a .gitmodules for the lock instead
    #[arg(long, conflicts_with_all = ["dest", "link", "layers", "force", "format"])]
    gitmodules: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let Some(dest) = &args.dest else { return declaration(args, session, &lock) };
    let profile = session.profile()?;
    if args.layers {
        return layers::run(args, dest, session, profile, &lock);
    }
    let plan = Plan::new(session, profile, &lock, args.link);
    let made = make(args, session, &plan, dest)?;
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

/// An export that is complete, aside of its place.
struct Made {
    site: Site,
    manifest: Manifest,
    outcomes: Vec<RepoOutcome>,
    files: usize,
    time: SystemTime,
}

impl Made {
    /// How many modules there are where it is and, with layers, below.
    fn modules(&self) -> usize {
        self.manifest.repos.iter().map(|repo| repo.modules.len()).sum()
    }

    /// Puts it into its place, and says where that is.
    fn finish(self) -> Result<PathBuf, Error> {
        let dest = self.site.dest().to_owned();
        self.site.finish(self.time)?;
        Ok(dest)
    }
}

/// Makes an export with its manifest and with what the lock says of its profile.
fn make(args: &Args, session: &Session<'_>, plan: &Plan<'_>, dest: &Path) -> Result<Made, Error> {
    let date = Session::source_date()?;
    let site = Site::open(dest, args.force, &guarded(session)?)?;
    let (outcomes, written) = if args.link {
        (Vec::new(), links(session, plan, &site)?)
    } else {
        content::files(session, plan, &site, date)?
    };
    let Written { recorded, files, time } = written;
    let mut manifest = Manifest::new(&plan.profile.name, &plan.packaging, recorded);
    manifest.links = args.link;
    let put = |name: &str, text: &str| export::write(site.aside(), name, text, time);
    put(export::LOCK_NAME, &plan.lock.of_profile(&plan.profile.name).render())?;
    put(export::FILE_NAME, &manifest.render())?;
    Ok(Made { site, manifest, outcomes, files, time })
}

/// Prints the lock as another tool declares repositories.
fn declaration(args: &Args, session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let (mut repos, mut seen) = (Vec::new(), HashSet::new());
    for profile in session.profiles()? {
        for repo in &profile.repos {
            let path = format!("{}/{}", Session::checkouts_below(profile)?, repo.name);
            let locked = lock.repo(&plan::pin(repo)).expect("a fresh lock has all that is declared");
            if seen.insert(path.clone()) {
                let url = session.remote_url(&locked.pin.url)?.without_secret();
                repos.push(Abroad { path, url, locked });
            }
        }
    }
    if args.repos_yaml {
        session.printer.data(&foreign::repos_yaml(&repos));
        return Ok(());
    }
    let entries = repos.iter().map(|repo| Ok(entry(repo)?.render())).collect::<Result<String, Error>>()?;
    session.printer.data(&entries);
    session.printer.note("a .gitmodules names no commits; beside it, these commands stage them:");
    foreign::gitlinks(&repos).for_each(|command| session.printer.note(&command));
    Ok(())
}

/// What a `.gitmodules` says of a repository. By its nature it names no commit.
fn entry(repo: &Abroad<'_>) -> Result<SubmoduleEntry, Error> {
    let branch = repo.locked.pin.reference.as_branch().map(str::to_owned);
    let (path, url) = (SubmodulePath::declared(&repo.path)?, repo.url.as_str().to_owned());
    Ok(SubmoduleEntry { name: path.as_name(), path, url, branch, shallow: true })
}

/// What goes into the export.
struct Plan<'a> {
    packaging: Packaging,
    offers: Vec<Offer<'a>>,
    /// What is exported of each offer.
    entries: Vec<Vec<Entry<'a>>>,
    /// What layers below this one hold already.
    below: Below<'a>,
    profile: &'a Profile,
    lock: &'a Lock,
}

impl<'a> Plan<'a> {
    fn new(session: &Session<'_>, profile: &'a Profile, lock: &'a Lock, is_link: bool) -> Self {
        let mut offers = plan::offers(profile, lock);
        if is_link {
            offers.retain(|offer| !session.config.skips(&offer.locked.pin.name));
        }
        let entries = by_offer(&offers, profile.image.layout);
        let packaging = profile.packaging();
        Self { packaging, offers, entries, below: Below::default(), profile, lock }
    }
}

/// What an export never replaces, whatever is forced.
fn guarded(session: &Session<'_>) -> Result<Vec<Guarded>, Error> {
    let guard = |path, what| Guarded { path, what, inside: false };
    let mut guarded = vec![guard(session.absolute("."), "the project")];
    // Where there is no place for a cache, there is none to lose.
    if let Ok(git) = session.git() {
        guarded.push(guard(git.cache().to_owned(), "oca's cache"));
    }
    for profile in &session.config.profiles {
        guarded.push(guard(session.checkouts(profile)?, "the directory of the checkouts"));
        for repo in &profile.repos {
            let path = session.checkout(profile, &repo.name)?;
            guarded.push(Guarded { path, what: "a checkout", inside: true });
        }
        for local in &profile.locals {
            // A variable that is needed elsewhere may be unset here.
            if let Ok(path) = session.entry(&local.path) {
                guarded.push(guard(path, "a directory of your own modules"));
            }
        }
    }
    Ok(guarded)
}

/// What was written, and what it was written from.
struct Written {
    recorded: Vec<Repository>,
    files: usize,
    /// Of the newest commit, for what belongs to no repository.
    time: SystemTime,
}

fn recorded(plan: &Plan<'_>, trees: impl Fn(&Offer<'_>) -> Vec<Vec<String>>) -> Vec<Repository> {
    let one = |(offer, entries): (&Offer<'_>, &Vec<Entry<'_>>)| {
        let name = &offer.locked.pin.name;
        let place = |path: String| {
            let place = export::place(plan.packaging.layout, name, Some(&path), path.as_bytes());
            place.to_string_lossy().into_owned()
        };
        Repository {
            name: name.clone(),
            commit: offer.locked.commit,
            addons: offer.addons.to_vec(),
            modules: module_paths(entries).into_iter().map(place).collect(),
            trees: trees(offer),
        }
    };
    plan.offers.iter().zip(&plan.entries).map(one).collect()
}

/// Makes links to the checkouts.
fn links(session: &Session<'_>, plan: &Plan<'_>, site: &Site) -> Result<Written, Error> {
    let time = SystemTime::now();
    let mut made = Directories::default();
    let mut files = 0;
    for (offer, entries) in plan.offers.iter().zip(&plan.entries) {
        let name = &offer.locked.pin.name;
        let checkout = session.checkout(plan.profile, name)?;
        for path in module_paths(entries) {
            let module = checkout.join(&path);
            let Ok(module) = std::fs::canonicalize(&module) else {
                return Err(export::Error::NoCheckout { path: module }.into());
            };
            let place = export::place(plan.packaging.layout, name, Some(&path), path.as_bytes());
            let parent = place.parent().unwrap_or(Path::new(""));
            let target = relative(&site.dest().join(parent), &module);
            let name = Path::new(place.file_name().unwrap_or_default());
            let directory = made.make(site.aside(), parent)?;
            directory.link(name, target.as_os_str().as_encoded_bytes(), time)?;
            files += 1;
        }
    }
    Ok(Written { recorded: recorded(plan, |_| Vec::new()), files, time })
}

/// The way from a directory to a path, both absolute and without symlinks.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}
