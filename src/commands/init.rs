//! `oca init`: writes a first `repos.toml`, empty, from a preset, or from the files of another tool.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, value};

use crate::complete;
use crate::config::{self, Config, FreshCore};
use crate::error::Error;
use crate::flags::Global;
use crate::fs::write_if_changed;
use crate::import::{self, DefaultBranch, Import, Surroundings};
use crate::lock::{self, Lock, LockedMerge, LockedRepo, Pin};
use crate::ops::{Ahead, Updated, tell_of_hooks, update};
use crate::output::Printer;
use crate::plan::{self, Movable, Moves};
use crate::repo::{CommitId, MergeSource, Pending, RemoteUrl, RepoName, Series, first_names, typed};
use crate::schema;
use crate::session::{self, Session};

/// The default series of a new project.
const SERIES: &str = "18.0";

/// The larger preset is the file of this project itself: it is used every day, so it works.
const PARITY: &str = include_str!("../../repos.toml");

const EXAMPLES: &str = "\
Examples:
  # Write an empty repos.toml
  oca init --odoo 18.0
  # Start with the 14 repositories of a preset
  oca init --odoo 18.0 --preset standard
  # Take over the submodules of the project, with their commits
  oca init --from .gitmodules";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The Odoo series [default: the series of FILE, else 18.0]
    #[arg(long, value_name = "SERIES", value_parser = Series::parse, add = complete::series())]
    odoo: Option<Series>,
    /// Start with a list of OCA's repositories
    #[arg(long, value_name = "PRESET")]
    preset: Option<Preset>,
    /// Start with the repositories and pins of a file of another tool, such as .gitmodules or repos.yaml, or of a
    /// directory
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    from: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Preset {
    /// 14 repositories
    Standard,
    /// 32 repositories
    Parity,
}

pub(crate) fn run(args: &Args, global: &Global, printer: &Printer) -> Result<(), Error> {
    let file = global.config.clone().unwrap_or_else(|| Path::new(config::FILE_NAME).to_owned());
    if file.symlink_metadata().is_ok() {
        return Err(Error::Exists { file });
    }
    if let Some(from) = &args.from {
        return import_from(from, args.odoo, &file, global, printer);
    }
    let odoo = args.odoo.unwrap_or_else(|| Series::parse(SERIES).expect("a series"));
    let text = match args.preset {
        None => empty(odoo),
        Some(preset) => filled(preset, odoo),
    };
    write_if_changed(&file, text.as_bytes())?;
    printer.note(&format!("wrote `{}`; edit it, then run `oca sync`", file.display()));
    Ok(())
}

/// Writes `repos.toml` from another tool's files, and locks the pins that they contain.
fn import_from(
    from: &Path,
    odoo: Option<Series>,
    file: &Path,
    global: &Global,
    printer: &Printer,
) -> Result<(), Error> {
    let lock_file = file.with_file_name(lock::FILE_NAME);
    // The imported lock may be replaced; any other existing lock may not.
    let is_source = same_file(from, &lock_file);
    if lock_file.symlink_metadata().is_ok()
        && !is_source
        && !same_file(&from.join(lock::FILE_NAME), &lock_file)
    {
        return Err(Error::Exists { file: lock_file });
    }
    let project = config::directory_of(file);
    let around = Surroundings { project: &project, series: odoo, variable: &session::variable };
    let mut import = import::read(from, &around)?;
    follow_heads(&mut import, file, global, printer)?;
    let messages = import::messages(&import.notes, printer.is_verbose());
    messages.iter().for_each(|message| printer.warning(message));
    tell_core(&import.fresh.core, printer);
    tell_locals(&import.fresh.locals, printer);
    let text = format!("{}{}", schema_line(), import.fresh.render());
    let config = parse(file, &text)?;
    let commits = import.pins.as_ref().map(|pins| movables(pins, &import.merge_pins));
    let pins = commits.as_ref().map(|commits| pins_alone(&config, commits));
    let alone = commits.as_ref().map(merges_alone).unwrap_or_default();
    let locked = pins.clone().map(|pins| {
        let names: Vec<String> = import.revealing.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            lock(pins, alone.clone(), config, global, printer)
        } else {
            Err(Error::ImportRevealing { names })
        }
    });
    // The lock is written first: without it, the next command would lock the heads of the branches.
    match (&locked, &pins) {
        (Some(Ok(Updated { lock, steps, .. })), _) => drop(lock.save(&lock_file, steps)?),
        (Some(Err(_)), Some(pins)) => drop(pins.save_pins(&lock_file)?),
        _ => {}
    }
    write_if_changed(file, text.as_bytes())?;
    warn_of_other_project(from, &project, odoo, printer);
    let lost = import::lost(&import.notes);
    if let Some(Err(cause)) = locked {
        let pinned = pins.filter(|pins| !pins.repos.is_empty()).map(|_| lock_file);
        let (file, cause, command) = (file.to_owned(), Box::new(cause), command(global, &alone));
        return Err(Error::ImportUnlocked { file, lost, cause, pinned, command });
    }
    if !lost.is_empty() {
        return Err(Error::ImportIncomplete { file: file.to_owned(), from: from.to_owned(), lost });
    }
    let file = file.display();
    if locked.is_some() {
        let lock = lock_file.display();
        printer.note(&format!("wrote `{file}` and `{lock}`; look at them, then run `oca sync`"));
    } else {
        printer.note(&format!(
            "wrote `{file}`, but no lock: there are no pins to take over; look at it, then run `oca sync`"
        ));
    }
    Ok(())
}

/// Warns if the imported file belongs to another directory than the new `repos.toml`: that project is not changed.
fn warn_of_other_project(from: &Path, project: &Path, odoo: Option<Series>, printer: &Printer) {
    let (Ok(from), Ok(project)) = (from.canonicalize(), project.canonicalize()) else { return };
    if from.starts_with(&project) {
        return;
    }
    let directory = if from.is_dir() { &from } else { from.parent().unwrap_or(&from) };
    let top = directory.ancestors().find(|above| above.join(".git").exists()).unwrap_or(directory);
    printer.warning(&format!(
        "the new project is in `{}`; nothing changes in `{}`, from which it is imported",
        project.display(),
        top.display()
    ));
    let shown = |path: &Path| typed(&path.display().to_string());
    let file = match from.strip_prefix(top) {
        Ok(file) if !file.as_os_str().is_empty() => shown(file),
        _ => ".".to_owned(),
    };
    let series = odoo.map(|odoo| format!(" --odoo {odoo}")).unwrap_or_default();
    printer.hint(&format!(
        "if you want to use oca in that directory, delete the new files here and run `oca -C {} init{series} --from {file}`",
        shown(top)
    ));
}

/// Sets the branches of the repositories that follow the default branch of their remote. If a remote does not answer, or
/// if the request would send a variable to it, the branch of the series stays, with a note.
fn follow_heads(import: &mut Import, file: &Path, global: &Global, printer: &Printer) -> Result<(), Error> {
    let mut asked: Vec<DefaultBranch> = Vec::new();
    for head in std::mem::take(&mut import.heads) {
        let is_revealing = import.revealing.contains(&head.name);
        if is_revealing { import.notes.push(head.note) } else { asked.push(head) }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let config = parse(file, &import.fresh.render())?;
    let session = Session::with_config(config, global, printer)?;
    let urls: Vec<RemoteUrl> =
        asked.iter().filter_map(|head| Some(import.fresh.repo_mut(&head.name)?.url.clone())).collect();
    let branches = session.pools()?.fetch(&urls, |_, url| {
        let url = session.remote_url(url).ok()?;
        session.git().ok()?.remote(&url).ok()?.default_branch().ok()?
    });
    for (head, branch) in asked.into_iter().zip(branches) {
        match (branch, import.fresh.repo_mut(&head.name)) {
            (Some(branch), Some(repo)) => repo.reference = branch,
            _ => import.notes.push(head.note),
        }
    }
    Ok(())
}

/// Imported names and paths are not trusted: the text must be readable before it is written.
fn parse(file: &Path, text: &str) -> Result<Config, Error> {
    Ok(Config::parse((file, text), (Path::new(""), ""), &session::running_version())?)
}

/// Says which repositories are Odoo itself: they are checked out, too.
fn tell_core(core: &[FreshCore], printer: &Printer) {
    for FreshCore { path, repo, .. } in core {
        let merges = if repo.merges.is_empty() { "" } else { ", with its `merges`" };
        printer.note(&format!("`[core]` has `{}` in `{path}`{merges}", repo.name));
    }
}

/// Names the user's own modules, because nobody asked for them.
fn tell_locals(locals: &[String], printer: &Printer) {
    if !locals.is_empty() {
        printer.note(&format!("`[[local]]` has your own modules in {}", first_names(locals)));
    }
}

/// The commits of the import, before anything is read from them.
fn pins_alone(config: &Config, commits: &BTreeMap<Movable, CommitId>) -> Lock {
    let pin_only = |pin: Pin| {
        let commit = *commits.get(&pin.name.clone().into())?;
        let of_merge = |source: &MergeSource| {
            commits.get(&Movable { repo: pin.name.clone(), merge: Some(source.clone()) }).copied()
        };
        let pinned = pin.pending.merges.iter().filter_map(|merge| Some((merge, of_merge(&merge.source)?)));
        let (pending, merges): (Vec<_>, Vec<_>) =
            pinned.map(|(merge, commit)| (merge.clone(), LockedMerge::pin_only(commit))).unzip();
        let pending = Pending { merges: pending, patches: Vec::new() };
        let repo = LockedRepo::pin_only(Pin { pending, ..pin }, commit);
        Some(LockedRepo { merges, ..repo })
    };
    let pins = plan::declared(config).into_iter().map(|declared| declared.pin);
    Lock { repos: pins.filter_map(pin_only).collect(), ..Lock::default() }
}

/// Makes the lock for a file that is not written yet: reads these pins from their commits, and resolves the other
/// repositories.
fn lock(
    pins: Lock,
    alone: BTreeMap<Movable, CommitId>,
    config: Config,
    global: &Global,
    printer: &Printer,
) -> Result<Updated, Error> {
    let session = Session::with_config(config, global, printer)?;
    let moves = Moves::To { commits: alone, any_series: true };
    let updated = update(&session, Some(pins), &moves, &Ahead::default())?;
    updated.tell(&session);
    tell_of_hooks(&session, &updated);
    Ok(updated)
}

/// The commits of an import as what `oca lock` moves.
fn movables(
    repos: &BTreeMap<RepoName, CommitId>,
    merges: &BTreeMap<(RepoName, MergeSource), CommitId>,
) -> BTreeMap<Movable, CommitId> {
    let repos = repos.iter().map(|(name, commit)| (Movable::from(name.clone()), *commit));
    let merges = merges.iter().map(|((name, source), commit)| {
        (Movable { repo: name.clone(), merge: Some(source.clone()) }, *commit)
    });
    repos.chain(merges).collect()
}

/// The commits of merges whose repositories have none: a lock cannot have them alone.
fn merges_alone(commits: &BTreeMap<Movable, CommitId>) -> BTreeMap<Movable, CommitId> {
    let has_base = |movable: &Movable| commits.contains_key(&movable.repo.clone().into());
    let alone = commits.iter().filter(|(movable, _)| !has_base(movable));
    alone.map(|(movable, commit)| (movable.clone(), *commit)).collect()
}

/// The command that completes the lock later, with the commits that an incomplete lock cannot have.
fn command(global: &Global, alone: &BTreeMap<Movable, CommitId>) -> String {
    let mut line = "oca".to_owned();
    for (flag, path) in [("-C", &global.directory), ("--config", &global.config)] {
        line.extend(path.iter().map(|path| format!(" {flag} {}", path.display())));
    }
    line.push_str(" lock");
    // For a shell, `#` can begin a comment.
    line.extend(alone.iter().map(|(movable, commit)| format!(" '{movable}@{commit}'")));
    line
}

fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Editors read this line: they complete the keys, explain them, and mark mistakes.
fn schema_line() -> String {
    format!("#:schema {}\n", schema::REPOS_URL)
}

fn empty(odoo: Series) -> String {
    let line = schema_line();
    format!(
        "{line}odoo = \"{odoo}\"\n\n[profiles.standard]\nrepos = [\n  # names of OCA repositories, such as \"web\"\n]\n"
    )
}

fn filled(preset: Preset, odoo: Series) -> String {
    let mut document: DocumentMut = PARITY.parse().expect("the file of this project is valid");
    document["odoo"] = value(odoo.to_string());
    match preset {
        Preset::Standard => {
            document["profiles"].as_table_mut().expect("the file has profiles").remove("parity");
        }
        Preset::Parity => document["default-profile"] = value("parity"),
    }
    document.to_string()
}
