//! `oca patch`: keeps the commits of the user in a checkout as a patch file.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::complete;
use crate::config::{MergeList, Mode, Profile};
use crate::error::{Error, MergeError, PatchBase};
use crate::fs;
use crate::git::{Checkout, Discard, Head, LocalCommit};
use crate::lock::{Lock, LockedRepo};
use crate::ops::{Rewrite, Rewritten, bring_locked, named_repos, own_patch_file, place_locked};
use crate::patch::{MailedCommit, mails, title_of};
use crate::plan;
use crate::repo::{CommitId, RepoName, TreeId, counted, is_own_file};
use crate::report::{Failure, Trouble};
use crate::session::Session;

/// The directory of new patches, beside `repos.toml`.
const DIRECTORY: &str = "patches";
/// The longest name that is made of a title.
const LONGEST: usize = 60;

const EXAMPLES: &str = "\
Examples:
  # Keep the commits in the checkout of web as a file in patches/
  oca patch web
  # Choose the name of the file
  oca patch web --name patches/web-wide-form.patch";

#[derive(clap::Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The repository whose checkout has the commits
    #[arg(value_name = "NAME", add = complete::repos())]
    name: String,
    /// The file to write [default: patches/NAME-TITLE.patch]
    #[arg(long = "name", value_name = "FILE")]
    file: Option<String>,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let rewrite = Rewrite::begin(session)?;
    let profile = rewrite.session.profile()?.clone();
    let name = named_repos(&rewrite.session, [&profile], std::slice::from_ref(&args.name))?;
    let Some(name) = name.into_iter().next() else { return Ok(()) };
    if rewrite.session.config.mode == Mode::Submodule {
        return Err(MergeError::NoClone { repo: name }.into());
    }
    let lock = rewrite.session.fresh_lock()?;
    let repo = profile.all_repos().find(|repo| repo.name == name);
    let locked = repo.and_then(|repo| lock.repo(&plan::pin(repo)));
    let Some(locked) = locked else { return Err(crate::ops::unknown_repo(&rewrite.session, name)) };
    let checkout = Checkout::new(rewrite.session.checkout(&profile, &name)?);
    if is_locked(&rewrite.session, &checkout, locked)? {
        return place(&rewrite.session, &lock, &name, &checkout);
    }
    let Some(commits) = commits(&checkout, &name, locked.head())? else {
        return Err(not_on_top(&rewrite.session, &lock, locked, &checkout)?);
    };
    let (file, rewritten) = write(rewrite, &profile.name, &name, (&checkout, &commits, locked), args)?;
    let printer = session.printer;
    printer.note(&format!("{name}: {} written to `{file}`", counted(commits.len(), "commit", "commits")));
    if let Some(rewritten) = rewritten {
        fs::stop("patch locked");
        rewritten.updated.tell(&rewritten.session);
        place(&rewritten.session, &rewritten.updated.lock, &name, &checkout)?;
        printer.next("commit the patch, `repos.toml`, `oca.lock.json` and `oca.lock.d`");
        rewritten.updated.finish()?;
    }
    Ok(())
}

/// Writes the commits as a patch, declares and locks it. Returns its path, relative to `repos.toml`.
fn write<'s>(
    mut rewrite: Rewrite<'s>,
    profile: &str,
    name: &RepoName,
    (checkout, commits, locked): (&Checkout, &[LocalCommit], &LockedRepo),
    args: &Args,
) -> Result<(String, Option<Rewritten<'s>>), Error> {
    let head = commits.last().map_or(locked.tree, |commit| commit.after);
    let mailed: Vec<MailedCommit<'_>> = commits.iter().map(mailed).collect();
    let text = mails(&checkout.tree(head)?, &mailed).map_err(|error| wrong(name, error))?;
    let (file, path) = match &args.file {
        Some(word) => {
            let file = file_of(word)?;
            let path = own_patch_file(&rewrite.session, &file)?;
            if !is_free(&path, &text)? {
                return Err(Error::Exists { file: path });
            }
            (file, path)
        }
        None => free_file(&rewrite.session, name, &slug(&commits[0].message), &text)?,
    };
    let shared = MergeList::shared(name, rewrite.session.config.core_part(name));
    let list = rewrite.draft.patch_list(profile, &shared);
    rewrite.draft.add_patch(&list, &file)?;
    // A wrong name is refused before anything is written.
    rewrite.session.with_text(rewrite.draft.text())?;
    fs::create_directory(path.parent().unwrap_or(Path::new(".")))?;
    fs::write_if_changed(&path, &text)?;
    fs::stop("patch written");
    let made = lock_as(&mut rewrite, profile, name, head);
    let made = made.map_err(|error| unfit(&rewrite.session, profile, name, &file, error));
    let rewritten = match made.and_then(|()| rewrite.finish()) {
        Ok(rewritten) => rewritten,
        // `repos.toml` declares the patch already.
        Err(error @ Error::HalfRewritten { .. }) => return Err(error),
        Err(error) => {
            // Nothing else was written.
            let _kept = fs::remove_file(&path);
            return Err(error);
        }
    };
    Ok((file, rewritten))
}

/// Whether a patch can be written to a file: it is not there, or an earlier run was killed after it wrote it.
fn is_free(path: &Path, text: &[u8]) -> Result<bool, Error> {
    Ok(path.symlink_metadata().is_err() || fs::read_if_there(path)?.as_deref() == Some(text))
}

/// The first file for a patch of this title that is neither there nor declared.
fn free_file(
    session: &Session<'_>,
    name: &RepoName,
    slug: &str,
    text: &[u8],
) -> Result<(String, PathBuf), Error> {
    let repos = || session.config.profiles.iter().flat_map(Profile::all_repos);
    for number in 1.. {
        let end = if number == 1 { String::new() } else { format!("-{number}") };
        let file = format!("{DIRECTORY}/{name}-{slug}{end}.patch");
        let path = own_patch_file(session, &file)?;
        if is_free(&path, text)? && repos().all(|repo| !repo.patches.contains(&file)) {
            return Ok((file, path));
        }
    }
    unreachable!("there are more numbers than files")
}

/// If the patch fits its own profile, but not another one, says so: the user never had its file.
fn unfit(session: &Session<'_>, profile: &str, name: &RepoName, file: &str, error: Error) -> Error {
    let Error::Repos { failures } = &error else { return error };
    let is_of_other = |failure: &&Failure| {
        failure.name == *name
            && !failure.profiles.is_empty()
            && failure.profiles.iter().all(|one| one != profile)
    };
    let Some(failure) = failures.iter().find(is_of_other) else { return error };
    let why = match &failure.trouble {
        Trouble::Merge { what, error } if what == file => Some(error.to_string()),
        _ => return error,
    };
    let header = MergeList::shared(name, session.config.core_part(name)).of_profile(profile).header();
    let own = session.config.profile(Some(profile)).ok();
    let own = own.and_then(|own| own.all_repos().find(|repo| repo.name == *name));
    let own: Vec<String> =
        own.into_iter().flat_map(|repo| &repo.patches).map(|path| format!("{path:?}")).collect();
    let cure = format!(
        "to have it in profile `{profile}` only, write `patches = [{}]` into `[{header}]`, then run `{} {name}` again",
        own.join(", "),
        session.command_line("patch")
    );
    MergeError::UnfitPatch { repo: name.clone(), profile: failure.profiles[0].clone(), why, cure }.into()
}

/// Whether an earlier run wrote and locked the commits of the checkout as the last patch, but was killed before it moved
/// the checkout.
fn is_locked(session: &Session<'_>, checkout: &Checkout, locked: &LockedRepo) -> Result<bool, Error> {
    let last = locked.patches.last().and_then(|patch| patch.step.as_ref());
    let Some((_, path)) = last.zip(locked.pin.pending.patches.last()) else { return Ok(false) };
    if checkout.is_resolving()
        || !matches!(checkout.head()?, Head::Other(Some(head)) if head != locked.head())
    {
        return Ok(false);
    }
    let before =
        locked.steps().collect::<Vec<_>>().iter().rev().nth(1).map_or(locked.commit, |step| step.commit);
    let Some(commits) = checkout.local_commits(before)? else { return Ok(false) };
    let Some(head) = commits.last() else { return Ok(false) };
    let mailed: Vec<MailedCommit<'_>> = commits.iter().map(mailed).collect();
    let text = mails(&checkout.tree(head.after)?, &mailed).ok();
    let is_clean = checkout.local_work(None)?.changed.is_empty();
    Ok(is_clean && text.is_some() && text == fs::read_if_there(&session.root().join(path))?)
}

/// Moves the checkout to the commit of the lock, which has the same content.
fn place(session: &Session<'_>, lock: &Lock, name: &RepoName, checkout: &Checkout) -> Result<(), Error> {
    if let Some(done) = place_locked(session, lock, name, Discard::Seen)? {
        checkout.forget_work()?;
        session.printer.note(&format!("{name}: {done}"));
    }
    Ok(())
}

/// The error for commits that are not on top of the locked one. It comes into the checkout, so that git can put them
/// there.
fn not_on_top(
    session: &Session<'_>,
    lock: &Lock,
    locked: &LockedRepo,
    checkout: &Checkout,
) -> Result<Error, Error> {
    let name = &locked.pin.name;
    bring_locked(session, lock, name)?;
    let placed = checkout.placed()?;
    let is_below = |placed: &CommitId| matches!(checkout.local_commits(*placed), Ok(Some(commits)) if !commits.is_empty());
    let base = match placed.filter(is_below) {
        Some(placed) => PatchBase::Placed(placed),
        None if checkout.is_amended(locked.head())? => PatchBase::Amended,
        None => PatchBase::Unknown,
    };
    let (repo, path, locked) = (name.clone(), checkout.path().to_owned(), locked.head());
    Ok(MergeError::NotOnTop { repo, path, locked, base }.into())
}

/// The commits to write. There is at least one. `None` if they are not on top of `since`.
fn commits(checkout: &Checkout, name: &RepoName, since: CommitId) -> Result<Option<Vec<LocalCommit>>, Error> {
    let repo = || name.clone();
    if checkout.is_resolving() {
        return Err(MergeError::ResolveOpen { repo: repo(), what: name.to_string() }.into());
    }
    let path = checkout.path().to_owned();
    if !path.join(".git").exists() {
        return Err(MergeError::NoCommits { repo: repo(), path }.into());
    }
    let work = checkout.local_work(None)?;
    if !work.changed.is_empty() || work.under_way {
        let files = if work.changed.is_empty() { vec![work.to_string()] } else { work.changed };
        return Err(MergeError::NotCommitted { repo: repo(), files }.into());
    }
    let Some(commits) = checkout.local_commits(since)? else { return Ok(None) };
    let is_empty = commits.iter().all(|commit| commit.before == commit.after);
    if is_empty { Err(MergeError::NoCommits { repo: repo(), path }.into()) } else { Ok(Some(commits)) }
}

/// Locks the draft, and makes sure that the lock has this tree.
fn lock_as(rewrite: &mut Rewrite<'_>, profile: &str, name: &RepoName, tree: TreeId) -> Result<(), Error> {
    let lock = rewrite.lock()?.clone();
    let profile = rewrite.session.config.profile(Some(profile))?;
    let repo = profile.all_repos().find(|repo| repo.name == *name);
    let locked = repo.and_then(|repo| lock.repo(&plan::pin(repo)));
    match locked {
        Some(locked) if locked.tree == tree => Ok(()),
        _ => Err(MergeError::OtherResult { repo: name.clone() }.into()),
    }
}

fn mailed(commit: &LocalCommit) -> MailedCommit<'_> {
    let LocalCommit { commit, name, email, date, message, before, after } = commit;
    MailedCommit { commit: *commit, name, email, date: *date, message, before: *before, after: *after }
}

fn wrong(name: &RepoName, error: crate::patch::Error) -> Error {
    let trouble = Trouble::Merge { what: name.to_string(), error: Box::new(error.into()) };
    Error::Repos { failures: vec![Failure::new(name.clone(), String::new(), trouble)] }
}

/// The path of a patch relative to `repos.toml`, with `/`. A name without a directory is one in [`DIRECTORY`].
fn file_of(word: &str) -> Result<String, Error> {
    let path = Path::new(word);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let tidy = fs::slashed(&fs::normal(path));
    if !is_plain || tidy.is_empty() || word.ends_with('/') || is_own_file(&tidy) {
        return Err(MergeError::PatchOutside { word: word.to_owned() }.into());
    }
    // `fix.txt` has an end of its own, `fix-18.0` has none.
    let is_end = |end: &OsStr| !end.is_empty() && end.as_encoded_bytes().iter().all(u8::is_ascii_alphabetic);
    let has_end = path.extension().is_some_and(is_end);
    let tidy = if has_end { tidy } else { format!("{tidy}.patch") };
    Ok(if tidy.contains('/') { tidy } else { format!("{DIRECTORY}/{tidy}") })
}

/// A title as part of a file name: lower case letters, digits, `_` and `-`.
fn slug(message: &str) -> String {
    let title = title_of(message).to_lowercase();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: Vec<&str> = title.split(|c| !is_plain(c)).filter(|word| !word.is_empty()).collect();
    let mut slug = String::new();
    for word in words {
        if slug.len() + word.len() >= LONGEST && !slug.is_empty() {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.extend(word.chars().take(LONGEST));
    }
    if slug.is_empty() { "change".to_owned() } else { slug }
}
