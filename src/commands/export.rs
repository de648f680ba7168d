//! `oca export`: the modules of the profile as plain files.

use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use crate::cli::{Format, FormatArg};
use crate::config::{Drop, Layout, Profile};
use crate::error::{Error, counted};
use crate::export::{self, Batch, Chosen, Directories, Guarded, Manifest, Repository, Rules, Site, Wanted};
use crate::git::{Git, Meter, Remote, SubmoduleEntry};
use crate::lock::foreign::{self, Abroad};
use crate::lock::{Lock, LockedRepo};
use crate::output::json;
use crate::plan::{self, Entry, Offer};
use crate::pool;
use crate::progress::Progress;
use crate::repo::{BlobId, Objects, RemoteUrl, RepoName};
use crate::report::{Outcome, RepoOutcome};
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The directory that becomes the export; what was in it is replaced
    #[arg(value_name = "DEST", required_unless_present_any = ["repos_yaml", "gitmodules"])]
    dest: Option<PathBuf>,
    /// Make symlinks to the modules of the checkouts instead, for development
    #[arg(long)]
    link: bool,
    /// Replace a DEST that is not empty and not an export
    #[arg(long)]
    force: bool,
    /// Print a file of git-aggregator for the lock instead
    #[arg(long, conflicts_with_all = ["dest", "link", "force", "format", "gitmodules"])]
    repos_yaml: bool,
    /// Print a .gitmodules for the lock instead
    #[arg(long, conflicts_with_all = ["dest", "link", "force", "format"])]
    gitmodules: bool,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let Some(dest) = &args.dest else { return declaration(args, session, &lock) };
    let profile = session.profile()?;
    let date = Session::source_date()?;
    let plan = Plan::new(session, profile, &lock, args.link);
    let site = Site::open(dest, args.force, &guarded(session)?)?;
    let (outcomes, written) = if args.link {
        (Vec::new(), links(session, &plan, &site)?)
    } else {
        files(session, &plan, &site, date)?
    };
    let Written { recorded, files, time } = written;
    let mut manifest = Manifest::new(&profile.name, plan.layout, plan.rules.clone(), recorded);
    manifest.links = args.link;
    let put = |name: &str, text: &str| export::write(&site.aside().join(name), text.as_bytes(), 0o644, time);
    put(export::LOCK_NAME, &lock.render())?;
    put(export::FILE_NAME, &manifest.render())?;
    let dest = site.dest().to_owned();
    site.finish(time)?;
    if let Format::Json = args.format.format {
        session.printer.data(&json::outcomes(&outcomes, false));
    }
    let modules: usize = manifest.repos.iter().map(|repo| repo.modules.len()).sum();
    let what = if args.link { counted(files, "link", "links") } else { counted(files, "file", "files") };
    let modules = counted(modules, "module", "modules");
    session.printer.note(&format!("{modules}, {what} in `{}`", dest.display()));
    Ok(())
}

/// Prints the lock as another tool declares repositories.
fn declaration(args: &Args, session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let mut repos: Vec<Abroad<'_>> = Vec::new();
    for profile in session.profiles()? {
        for repo in &profile.repos {
            let path = format!("{}/{}", Session::checkouts_below(profile)?, repo.name);
            let locked = lock.repo(&plan::pin(repo)).expect("a fresh lock has all that is declared");
            if repos.iter().all(|known| known.path != path) {
                let url = session.remote_url(&locked.pin.url)?.without_secret();
                repos.push(Abroad { path, url, locked });
            }
        }
    }
    if args.repos_yaml {
        session.printer.data(&foreign::repos_yaml(&repos));
        return Ok(());
    }
    session.printer.data(&repos.iter().map(|repo| entry(repo).render()).collect::<String>());
    session.printer.note("a .gitmodules names no commits; beside it, these commands stage them:");
    foreign::gitlinks(&repos).for_each(|command| session.printer.note(&command));
    Ok(())
}

/// What a `.gitmodules` says of a repository. By its nature it names no commit.
fn entry(repo: &Abroad<'_>) -> SubmoduleEntry {
    let branch = repo.locked.pin.reference.as_branch().map(str::to_owned);
    let (path, url) = (repo.path.clone(), repo.url.as_str().to_owned());
    SubmoduleEntry { name: path.clone(), path, url, branch, shallow: true }
}

/// What goes into the export.
struct Plan<'a> {
    layout: export::Layout,
    rules: Rules,
    offers: Vec<Offer<'a>>,
    /// What is exported of each offer.
    entries: Vec<Vec<Entry<'a>>>,
    profile: &'a Profile,
}

impl<'a> Plan<'a> {
    fn new(session: &Session<'_>, profile: &'a Profile, lock: &'a Lock, is_link: bool) -> Self {
        let mut offers = plan::offers(profile, lock);
        if is_link {
            offers.retain(|offer| !session.config.skips(&offer.locked.pin.name));
        }
        let entries = by_offer(&offers, profile.image.layout);
        let layout = match profile.image.layout {
            Layout::Repos => export::Layout::Repos,
            Layout::Flat => export::Layout::Flat,
        };
        Self { layout, rules: rules(profile), offers, entries, profile }
    }
}

/// The entries of an export, by the repository that they come from.
pub(super) fn by_offer<'a>(offers: &[Offer<'a>], layout: Layout) -> Vec<Vec<Entry<'a>>> {
    let entries = plan::entries(offers, layout);
    let of = |offer: &Offer<'a>| {
        let own = entries.iter().filter(|entry| entry.locked.pin == offer.locked.pin);
        own.cloned().collect()
    };
    offers.iter().map(of).collect()
}

/// The paths of the modules in some entries of one repository.
pub(super) fn module_paths(entries: &[Entry<'_>]) -> Vec<String> {
    entries.iter().flat_map(|entry| &entry.modules).map(|module| module.path()).collect()
}

fn rules(profile: &Profile) -> Rules {
    let drops = |part| profile.export.drop.contains(&part);
    Rules {
        languages: profile.export.languages.clone(),
        tests: drops(Drop::Tests),
        readme: drops(Drop::Readme),
        description: drops(Drop::Description),
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

/// A repository of which something is exported.
struct Target<'a> {
    locked: &'a LockedRepo,
    wanted: Wanted<'a>,
    url: RemoteUrl,
}

/// What was fetched for a target.
struct Content<'a> {
    remote: Remote<'a>,
    chosen: Chosen,
    seconds: i64,
}

/// Fetches what is missing and writes it, all repositories at once.
fn files(
    session: &Session<'_>,
    plan: &Plan<'_>,
    site: &Site,
    date: Option<i64>,
) -> Result<(Vec<RepoOutcome>, Written), Error> {
    let mut targets = Vec::new();
    for (offer, entries) in plan.offers.iter().zip(&plan.entries).filter(|(_, entries)| !entries.is_empty()) {
        let repo = plan.profile.repos.iter().find(|repo| plan::pin(repo) == offer.locked.pin);
        let url = repo.map_or(&offer.locked.pin.url, |repo| &repo.url);
        let wanted = Wanted { tree: offer.locked.tree, modules: module_paths(entries), rules: &plan.rules };
        targets.push(Target { locked: offer.locked, wanted, url: session.remote_url(url)? });
    }
    let names: Vec<&RepoName> = targets.iter().map(|target| &target.locked.pin.name).collect();
    let (git, pools) = (session.git()?, session.pools()?);
    let results = {
        let watcher = session.printer.watch(&names);
        let watcher = watcher.as_ref();
        pools.fetch_then(
            &targets,
            |place, target| {
                watcher.started(place);
                fetch(git, target, watcher, place)
            },
            |place, target, fetched| {
                watcher.step(place, "writing");
                let written = fetched.and_then(|content| {
                    let seconds = date.unwrap_or(content.seconds);
                    let files = write(plan, target, &content, site.aside(), export::time(seconds))
                        .map_err(Outcome::Refused)?;
                    Ok((content.chosen, files, seconds))
                });
                let (outcome, written) = match written {
                    Ok((chosen, files, seconds)) => {
                        let modules = target.wanted.modules.len();
                        (Outcome::Exported { modules, files }, Some((chosen, files, seconds)))
                    }
                    Err(outcome) => (outcome, None),
                };
                watcher.finished(place, &outcome);
                let (name, url) = (target.locked.pin.name.clone(), target.locked.pin.url.to_string());
                (RepoOutcome { name, url, outcome }, written)
            },
        )
    };
    session.tell_warnings(git);
    let (outcomes, written): (Vec<RepoOutcome>, Vec<_>) = results.into_iter().unzip();
    let failures: Vec<RepoOutcome> = {
        let failed = outcomes.iter().any(|repo| repo.outcome.is_failure());
        if failed {
            outcomes.into_iter().filter(|repo| repo.outcome.is_failure()).collect()
        } else {
            return Ok((outcomes, finish(plan, site, &targets, written, date)?));
        }
    };
    Err(Error::Repos { failures })
}

fn finish(
    plan: &Plan<'_>,
    site: &Site,
    targets: &[Target<'_>],
    written: Vec<Option<(Chosen, usize, i64)>>,
    date: Option<i64>,
) -> Result<Written, Error> {
    let written: Vec<(Chosen, usize, i64)> = written.into_iter().flatten().collect();
    let newest = written.iter().map(|(_, _, seconds)| *seconds).max();
    let time = export::time(date.or(newest).unwrap_or_default());
    let licences = site.aside().join(export::LICENCES);
    if licences.is_dir() {
        export::set_directory_time(&licences, time)?;
    }
    let files = written.iter().map(|(_, files, _)| files).sum();
    let trees = |offer: &Offer<'_>| {
        let place = targets.iter().position(|target| target.locked.pin == offer.locked.pin);
        let chosen = place.and_then(|place| written.get(place));
        chosen.map(|(chosen, ..)| chosen.trees.iter().map(|tree| export::record(tree)).collect())
    };
    let recorded = recorded(plan, |offer| trees(offer).unwrap_or_default());
    Ok(Written { recorded, files, time })
}

fn recorded(plan: &Plan<'_>, trees: impl Fn(&Offer<'_>) -> Vec<Vec<String>>) -> Vec<Repository> {
    let one = |(offer, entries): (&Offer<'_>, &Vec<Entry<'_>>)| {
        let name = &offer.locked.pin.name;
        let place = |path: String| {
            let place = export::place(plan.layout, name, Some(&path), path.as_bytes());
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

/// Brings the blobs that are kept into the store, and no others.
fn fetch<'a>(
    git: &'a Git,
    target: &Target<'_>,
    watcher: &dyn Progress,
    place: usize,
) -> Result<Content<'a>, Outcome> {
    watcher.step(place, "fetching");
    let meter = |bytes| watcher.received(place, bytes);
    let remote = git.remote(&target.url).map_err(Outcome::Failed)?;
    let (chosen, seconds) = bring(&remote, target, &meter)?;
    Ok(Content { remote, chosen, seconds })
}

/// What is kept of a repository, all of it in the store now, and the time of its commit.
fn bring(remote: &Remote<'_>, target: &Target<'_>, meter: Meter<'_>) -> Result<(Chosen, i64), Outcome> {
    let LockedRepo { pin, commit, .. } = target.locked;
    let wanted = &target.wanted;
    // Opened anew after each request: an object database does not see packs that came after it.
    let open = || remote.tree(*commit, &pin.reference, meter).map_err(Outcome::Failed);
    let asked = export::asked(&open()?, wanted).map_err(Outcome::Refused)?;
    remote.fetch_blobs(&asked, meter).map_err(Outcome::Failed)?;
    let objects = open()?;
    let read = |_: &[u8], id| Ok(Some(objects.blob(id)?));
    let chosen = export::choose(&objects, wanted, &read).map_err(Outcome::Refused)?;
    let blobs: Vec<BlobId> = chosen.files().map(|file| file.id).collect();
    remote.fetch_blobs(&blobs, meter).map_err(Outcome::Failed)?;
    let objects = open()?;
    for (module, files) in wanted.modules.iter().zip(&chosen.modules) {
        export::check_links(&objects, module, files).map_err(Outcome::Refused)?;
    }
    let seconds = remote.commit_time(*commit).map_err(Outcome::Failed)?;
    Ok((chosen, seconds))
}

/// Modules that are written with a store opened once: opening one costs as much as writing some files.
const GROUP: usize = 12;

/// Writes what was chosen of a repository, a group of modules at a time on all threads.
fn write(
    plan: &Plan<'_>,
    target: &Target<'_>,
    content: &Content<'_>,
    root: &Path,
    time: SystemTime,
) -> Result<usize, export::Error> {
    let LockedRepo { pin, commit, .. } = target.locked;
    let places = export::places(plan.layout, &pin.name, &target.wanted, &content.chosen);
    // What modules share is made here; each makes its own.
    let mut shared = Directories::default();
    let own = target.wanted.modules.iter();
    let own = own.map(|path| export::place(plan.layout, &pin.name, Some(path), path.as_bytes()));
    let licences = places.first().into_iter().flatten().map(|(path, _)| path.clone());
    for path in own.chain(licences) {
        shared.make(root, path.parent().unwrap_or(Path::new("")))?;
    }
    let batches: Vec<Batch<'_>> = places.into_iter().map(|files| Batch { root, files, time }).collect();
    let groups: Vec<&[Batch<'_>]> = batches.chunks(GROUP).collect();
    pool::share(&groups, |group| {
        let objects = content.remote.tree(*commit, &pin.reference, &|_| {});
        let objects = objects.map_err(|error| export::Error::Store { why: error.to_string() })?;
        group.iter().try_for_each(|batch| export::batch(&objects, batch))
    })?;
    shared.finish(time)?;
    Ok(content.chosen.files().count())
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
            let place = export::place(plan.layout, name, Some(&path), path.as_bytes());
            let parent = place.parent().unwrap_or(Path::new(""));
            made.make(site.aside(), parent)?;
            let target = relative(&site.dest().join(parent), &module);
            export::link(&target, &site.aside().join(&place), time)?;
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
