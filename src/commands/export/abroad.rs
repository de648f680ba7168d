//! `oca export --repos-yaml` and `--gitmodules`: the lock in the format of another tool.

use std::collections::HashSet;

use crate::config::{Push, Repo};
use crate::error::{Error, MergeError};
use crate::git::{SubmoduleEntry, SubmodulePath};
use crate::lock::foreign::{self, Abroad, patch_command};
use crate::lock::{self, Lock, LockedRepo, StepWay};
use crate::ops::submodules::pushed_branch;
use crate::ops::user_patch;
use crate::patch::parse_user;
use crate::plan;
use crate::repo::{RemoteUrl, RepoName};
use crate::session::Session;

pub(super) fn print(is_repos_yaml: bool, session: &Session<'_>, lock: &Lock) -> Result<(), Error> {
    let (mut repos, mut seen) = (Vec::new(), HashSet::new());
    for profile in session.profiles()? {
        for repo in profile.all_repos() {
            let path = Session::checkout_below(profile, repo)?;
            let locked = lock.repo(&plan::pin(repo)).expect("a fresh lock has all that is declared");
            if seen.insert(path.clone()) {
                repos.push(Abroad {
                    pushed: pushed(session, repo, locked)?,
                    ..abroad(session, lock, path, locked)?
                });
            }
        }
    }
    if is_repos_yaml {
        session.printer.data(&foreign::repos_yaml(&repos));
        return Ok(());
    }
    let merged = repos.iter().filter(|repo| repo.locked.steps().next().is_some() && repo.pushed.is_none());
    let names: Vec<String> = merged.map(|repo| repo.locked.pin.name.to_string()).collect();
    if !names.is_empty() {
        return Err(MergeError::OnNoServer { names }.into());
    }
    let entries = repos.iter().map(|repo| Ok(entry(repo)?.render())).collect::<Result<String, Error>>()?;
    session.printer.data(&entries);
    for repo in repos.iter().filter(|repo| repo.pushed.is_some()) {
        let name = &repo.locked.pin.name;
        session.printer.note(&format!("{name}: its commit must be pushed with `oca sync --push` first"));
    }
    session.printer.note("# A .gitmodules file has no commits. These commands stage them:");
    foreign::gitlinks(&repos).for_each(|command| session.printer.command(&command));
    Ok(())
}

fn abroad<'l>(
    session: &Session<'_>,
    whole: &Lock,
    path: String,
    locked: &'l LockedRepo,
) -> Result<Abroad<'l>, Error> {
    let expand = |url: &RemoteUrl| Ok::<_, Error>(session.remote_url(url)?.without_secret());
    let pending = &locked.pin.pending;
    let merge_urls = pending.merges.iter().map(|merge| merge.source.url.as_ref().map(expand).transpose());
    let merge_urls = merge_urls.collect::<Result<_, Error>>()?;
    let files = whole.step_files();
    let patches = pending.patches.iter().map(Some).zip(locked.patches.iter().map(|patch| &patch.step));
    let steps = locked.merges.iter().map(|merge| (None, &merge.step)).chain(patches);
    let mut commands = Vec::new();
    for (file, step) in steps.filter_map(|(file, step)| Some((file, step.as_ref()?))) {
        if let (Some(file), StepWay::Made) = (file, step.way) {
            commands.push(patch_command(&path, file, is_mail(session, &locked.pin.name, file)?));
            continue;
        }
        let mut found = files.iter().filter(|(_, known)| known.fingerprint.exact == step.fingerprint.exact);
        let file = found.next().map(|(file, _)| file.as_str()).unwrap_or_default();
        commands.push(patch_command(&path, &format!("{}/{file}", lock::STEPS), true));
    }
    Ok(Abroad { path, url: expand(&locked.pin.url)?, merge_urls, commands, pushed: None, locked })
}

/// If something is merged: the fork with the commits, and their branch.
fn pushed(
    session: &Session<'_>,
    repo: &Repo,
    locked: &LockedRepo,
) -> Result<Option<(RemoteUrl, String)>, Error> {
    let push = repo.push.as_ref().filter(|_| locked.steps().next().is_some());
    let pushed = |push: &Push| Ok((session.remote_url(&push.fetch)?.without_secret(), pushed_branch(locked)));
    push.map(pushed).transpose()
}

/// Whether a patch of the user is a mail, as `git format-patch` writes it.
fn is_mail(session: &Session<'_>, repo: &RepoName, path: &str) -> Result<bool, Error> {
    Ok(parse_user(&user_patch(session, repo, path)?).is_ok_and(|patch| patch.about().is_some()))
}

/// The entry of a repository in `.gitmodules`. The format has no commits.
fn entry(repo: &Abroad<'_>) -> Result<SubmoduleEntry, Error> {
    let own = || (&repo.url, repo.locked.pin.reference.as_branch().map(str::to_owned));
    let (url, branch) = repo.pushed.as_ref().map_or_else(own, |(url, branch)| (url, Some(branch.clone())));
    let (path, url) = (SubmodulePath::declared(&repo.path)?, url.as_str().to_owned());
    Ok(SubmoduleEntry { name: path.as_name(), path, url, branch, shallow: true })
}
