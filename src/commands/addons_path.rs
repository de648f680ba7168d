//! `oca addons-path`: prints the addons path, for this machine or for the container.

use std::path::{Path, PathBuf};

use crate::addons::discover::is_addons_directory;
use crate::addons::folder::Folder;
use crate::config::{Local, Position, Profile, Repo, Template};
use crate::error::Error;
use crate::fs::{is_stream, read_given, write_out};
use crate::json::{AddonsPathReport, PathEntry, PathEntryKind};
use crate::lock::Lock;
use crate::odoo_conf;
use crate::ops::{refuse_missing_in_image, warn_of_in_front};
use crate::plan;
use crate::repo::{CorePart, Layout, Series};
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  # Print the path on this machine
  oca addons-path
  # Print the line for an odoo.conf in an image
  oca addons-path --image --format conf
  # Set the path in an odoo.conf
  oca addons-path --write-conf odoo.conf";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The path of the export in the container
    #[arg(long)]
    image: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "plain")]
    format: PathFormat,
    /// What to do with local and surrounding directories that Odoo would refuse here; with --image, run it in the image
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "drop")]
    on_disk: Option<OnDisk>,
    /// Set `addons_path` in this odoo.conf and keep the rest
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check_conf", "format"])]
    write_conf: Option<PathBuf>,
    /// Fail if `addons_path` in this odoo.conf differs
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    check_conf: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PathFormat {
    /// Separated by commas
    Plain,
    /// A line for an env file; Odoo reads it from 19.0 on
    Env,
    /// A line for odoo.conf
    Conf,
    Json,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum OnDisk {
    Drop,
    Strict,
}

impl Args {
    /// The `--write-conf` command for the same addons path.
    fn command_line(&self, session: &Session<'_>) -> String {
        let image = if self.image { " --image" } else { "" };
        let on_disk = match self.on_disk {
            None => "",
            Some(OnDisk::Drop) => " --on-disk",
            Some(OnDisk::Strict) => " --on-disk=strict",
        };
        format!("{}{image}{on_disk}", session.command_line("addons-path"))
    }
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let lock = session.fresh_lock()?;
    let profile = session.profile()?;
    let mut entries =
        if args.image { in_image(profile, &lock)? } else { here(args, session, profile, &lock)? };
    if !args.image && session.is_in_image(profile)? {
        warn_of_image(session, profile)?;
    }
    warn_of_in_front(session, profile, &lock, args.image)?;
    if let Some(mode) = args.on_disk {
        if args.image {
            refuse_missing_in_image(session, profile, &lock)?;
        }
        entries = on_disk(args, session, profile, entries, mode)?;
    }
    // A parent directory of the project may contain one.
    if let Some(entry) = entries.iter().find(|entry| entry.path.contains(',')) {
        return Err(Error::Comma { path: entry.path.clone() });
    }
    if let Some(entry) = entries.iter().find(|entry| entry.path.contains(char::is_control)) {
        return Err(Error::ControlInPath { path: entry.path.clone() });
    }
    let path = entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>().join(",");
    if let Some(file) = &args.write_conf {
        return write_conf(file, &path);
    }
    if let Some(file) = &args.check_conf {
        return check_conf(file, &path, &args.command_line(session));
    }
    let printer = session.printer;
    match args.format {
        PathFormat::Plain => printer.data(&format!("{path}\n")),
        PathFormat::Env => printer.data(&format!("ODOO_ADDONS_PATH={path}\n")),
        PathFormat::Conf => printer.data(&format!("addons_path = {path}\n")),
        PathFormat::Json => {
            let odoo_bin = odoo_bin(args, session, profile)?;
            printer.json(&AddonsPathReport { odoo_bin, ..AddonsPathReport::of(profile, &entries) });
        }
    }
    Ok(())
}

/// Warns that this is a container, which has the export in place of the checkouts.
fn warn_of_image(session: &Session<'_>, profile: &Profile) -> Result<(), Error> {
    let root = Session::image_entry(&profile.image.root)?;
    session
        .printer
        .warning(&format!("there are no checkouts here, so Odoo does not find this path; `{root}` is here"));
    session
        .printer
        .hint(&format!("for the path of the image, run `{} --image`", session.command_line("addons-path")));
    Ok(())
}

fn surrounding(path: String, kind: PathEntryKind) -> PathEntry {
    PathEntry { path, kind, repo: None }
}

/// The entries in order: before, local before, repositories, local after, after.
fn here(args: &Args, session: &Session<'_>, profile: &Profile, lock: &Lock) -> Result<Vec<PathEntry>, Error> {
    let around = session.config.addons_path(profile);
    let mut entries = Vec::new();
    for template in &around.before {
        entries.push(surrounding(in_utf8(session.entry(template)?)?, PathEntryKind::Before));
    }
    entries.extend(selected_here(session, profile, &plan::core(profile, lock))?);
    let locals = |position| profile.locals.iter().filter(move |local| local.position == position);
    for local in locals(Position::Before) {
        entries.extend(own(args, session, profile, local)?);
    }
    entries.extend(selected_here(session, profile, &plan::selected(profile, lock))?);
    for local in locals(Position::After) {
        entries.extend(own(args, session, profile, local)?);
    }
    for template in &around.after {
        entries.push(surrounding(in_utf8(session.entry(template)?)?, PathEntryKind::After));
    }
    Ok(without_repeats(entries))
}

/// The entries of repositories on this machine.
fn selected_here(
    session: &Session<'_>,
    profile: &Profile,
    all: &[plan::Selected<'_>],
) -> Result<Vec<PathEntry>, Error> {
    let mut entries = Vec::new();
    for selected in all.iter().filter(|selected| !session.config.skips(&selected.repo.name)) {
        let checkout = session.checkout(profile, &selected.repo.name)?;
        for directory in plan::path_entries(selected) {
            let path = if *directory == "." { checkout.clone() } else { checkout.join(directory) };
            entries.push(repository(in_utf8(path)?, selected));
        }
    }
    Ok(entries)
}

/// The program that starts Odoo, if `[core]` says where it is.
fn odoo_bin(args: &Args, session: &Session<'_>, profile: &Profile) -> Result<Option<String>, Error> {
    let Some(odoo) = profile.core.iter().find(|repo| part_of(repo) == Some(CorePart::Odoo)) else {
        return Ok(None);
    };
    let server = profile.odoo.server();
    if args.image {
        let Some(core) = &profile.image.core else { return Ok(None) };
        return Ok(Some(format!("{}/{server}", core_in_image(core, CorePart::Odoo)?)));
    }
    if session.config.skips(&odoo.name) {
        return Ok(None);
    }
    in_utf8(session.checkout(profile, &odoo.name)?.join(server)).map(Some)
}

fn part_of(repo: &Repo) -> Option<CorePart> {
    repo.core.as_ref().map(|core| core.part)
}

/// The directory of a repository of Odoo itself in the container.
fn core_in_image(core: &Template, part: CorePart) -> Result<String, Error> {
    Ok(format!("{}/{}", Session::image_entry(core)?.trim_end_matches('/'), part.directory()))
}

/// Odoo reads its configuration as UTF-8, so another path cannot be written there.
fn in_utf8(path: PathBuf) -> Result<String, Error> {
    path.into_os_string().into_string().map_err(|path| Error::PathNotUtf8 { path: path.into() })
}

/// The entry of one of the user's own directories. Odoo does not start with a directory without a module on its path, so
/// such a directory is left off. With `--on-disk`, [`on_disk`] decides.
fn own(
    args: &Args,
    session: &Session<'_>,
    profile: &Profile,
    local: &Local,
) -> Result<Option<PathEntry>, Error> {
    let path = session.entry(&local.path)?;
    match not_addons(&path, profile.odoo).filter(|_| args.on_disk.is_none()) {
        None => Ok(Some(surrounding(in_utf8(path)?, PathEntryKind::Local))),
        Some(why) => {
            session.printer.note(&format!("`{}` is not on the path, because {why}", path.display()));
            Ok(None)
        }
    }
}

/// Why Odoo would refuse a directory on its path.
fn not_addons(path: &Path, odoo: Series) -> Option<&'static str> {
    if !path.is_dir() {
        return Some("there is no such directory");
    }
    let is_fit = is_addons_directory(&Folder::new(path), odoo).unwrap_or(false);
    (!is_fit).then_some("it contains no module")
}

fn in_image(profile: &Profile, lock: &Lock) -> Result<Vec<PathEntry>, Error> {
    let image = &profile.image;
    let root = Session::image_entry(&image.root)?;
    let mut entries = Vec::new();
    for template in &image.before {
        entries.push(surrounding(Session::image_entry(template)?, PathEntryKind::Before));
    }
    if let Some(core) = &image.core {
        for selected in plan::core(profile, lock) {
            let Some(part) = part_of(selected.repo) else { continue };
            let base = core_in_image(core, part)?;
            entries.extend(plan::path_entries(&selected).map(|directory| match directory.as_str() {
                "." => repository(base.clone(), &selected),
                directory => repository(format!("{base}/{directory}"), &selected),
            }));
        }
    }
    let locals = |position| {
        let there = profile.locals.iter().filter(move |local| local.position == position);
        there.filter_map(|local| local.image.as_ref())
    };
    for template in locals(Position::Before) {
        entries.push(surrounding(Session::image_entry(template)?, PathEntryKind::Local));
    }
    for entry in plan::entries(&plan::offers(profile, lock), image.layout) {
        let name = &entry.locked.pin.name;
        let base = format!("{}/{name}", root.trim_end_matches('/'));
        let (path, repo) = match (image.layout, entry.directory.as_str()) {
            (Layout::Flat, _) => (root.clone(), None),
            (Layout::Repos, ".") => (base, Some(name.to_string())),
            (Layout::Repos, directory) => (format!("{base}/{directory}"), Some(name.to_string())),
        };
        entries.push(PathEntry { path, kind: PathEntryKind::Repository, repo });
    }
    for template in locals(Position::After) {
        entries.push(surrounding(Session::image_entry(template)?, PathEntryKind::Local));
    }
    for template in &image.after {
        entries.push(surrounding(Session::image_entry(template)?, PathEntryKind::After));
    }
    Ok(without_repeats(entries))
}

fn repository(path: String, selected: &plan::Selected<'_>) -> PathEntry {
    let kind = if selected.repo.core.is_some() { PathEntryKind::Core } else { PathEntryKind::Repository };
    PathEntry { path, kind, repo: Some(selected.repo.name.to_string()) }
}

/// Removes repeated directories: for Odoo, only the first one counts.
fn without_repeats(entries: Vec<PathEntry>) -> Vec<PathEntry> {
    let mut seen = std::collections::HashSet::new();
    entries.into_iter().filter(|entry| seen.insert(entry.path.clone())).collect()
}

/// Checks the entries that are not from the lock by Odoo's own rules.
///
/// The path for the container is checked only inside the container, when it is written: if the export is missing there,
/// it was forgotten or copied to another path than `image.root`.
fn on_disk(
    args: &Args,
    session: &Session<'_>,
    profile: &Profile,
    entries: Vec<PathEntry>,
    mode: OnDisk,
) -> Result<Vec<PathEntry>, Error> {
    let mut kept = Vec::new();
    for entry in entries {
        let path = Path::new(&entry.path);
        let Some(why) = not_addons(path, profile.odoo) else {
            kept.push(entry);
            continue;
        };
        let is_repository = matches!(entry.kind, PathEntryKind::Repository | PathEntryKind::Core);
        if mode == OnDisk::Strict || (args.image && is_repository) {
            let cure = match (is_repository, args.image) {
                (false, _) => "remove it from the path, or put a module in it".to_owned(),
                (true, false) => "run `oca sync`".to_owned(),
                (true, true) if entry.kind == PathEntryKind::Core => {
                    "copy Odoo to the directory that `core` of `[image]` names".to_owned()
                }
                (true, true) => {
                    format!("copy the export to `{}`", Session::image_entry(&profile.image.root)?)
                }
            };
            return Err(Error::NotAnAddonsDirectory { path: path.to_owned(), why, cure });
        }
        if is_repository {
            session.printer.warning(&format!("`{}` is on the path, but {why}; run `oca sync`", entry.path));
            kept.push(entry);
        } else {
            session.printer.note(&format!("`{}` is not on the path, because {why}", entry.path));
        }
    }
    Ok(kept)
}

fn write_conf(file: &Path, path: &str) -> Result<(), Error> {
    // A pipe or a terminal is not read.
    let text = if is_stream(file) { String::new() } else { text_of(file)? };
    let text = odoo_conf::with_addons_path(&text, path);
    let text =
        text.map_err(|malformed| Error::OdooConf { file: file.to_owned(), malformed, checked: false })?;
    Ok(write_out(file, text.as_bytes())?)
}

/// The text of an odoo.conf. It must be readable, because everything but one option is kept.
fn text_of(file: &Path) -> Result<String, Error> {
    String::from_utf8(read_given(file)?.unwrap_or_default()).map_err(|error| {
        let understood = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = String::from_utf8_lossy(understood).matches('\n').count() + 1;
        Error::NotUtf8 { file: file.to_owned(), line }
    })
}

fn check_conf(file: &Path, path: &str, command_line: &str) -> Result<(), Error> {
    let found = odoo_conf::addons_path(&text_of(file)?);
    let found =
        found.map_err(|malformed| Error::OdooConf { file: file.to_owned(), malformed, checked: true })?;
    let found = found.as_deref().map(odoo_conf::entries).unwrap_or_default();
    let wanted = odoo_conf::entries(path);
    if wanted == found {
        return Ok(());
    }
    let missing = wanted.iter().filter(|part| !found.contains(part)).map(|part| format!("+ {part}"));
    let extra = found.iter().filter(|part| !wanted.contains(part)).map(|part| format!("- {part}"));
    let mut differences: Vec<String> = missing.chain(extra).collect();
    if differences.is_empty() {
        differences.push("the same entries in another order".to_owned());
    }
    let command = format!("{command_line} --write-conf {}", file.display());
    Err(Error::Differs { file: file.to_owned(), differences, command })
}
