//! `oca remove`: removes repositories from `repos.toml` and the lock. Checkouts stay.

use crate::error::{EditError, Error};
use crate::flags::FormatArg;
use crate::ops::{Rewrite, tell};
use crate::repo::RepoName;
use crate::report::WhyUnmet;
use crate::session::Session;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Names of repositories; they are removed from all profiles, or from the one in `--profile`
    #[arg(value_name = "NAME", required = true)]
    repos: Vec<String>,
    #[command(flatten)]
    format: FormatArg,
}

pub(crate) fn run(args: &Args, session: &Session<'_>) -> Result<(), Error> {
    let names = args.repos.iter().map(|word| RepoName::parse(word)).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|invalid| Error::BadName { invalid })?;
    let mut rewrite = Rewrite::begin(session)?;
    let mut removed = Vec::new();
    for name in &names {
        let from = remove(&mut rewrite, name)?;
        removed.extend(from.into_iter().map(|profile| (name, profile)));
    }
    let rewritten = rewrite.finish().map_err(|error| needed(error, &names))?;
    for (name, profile) in &removed {
        session.printer.note(&format!("removed `{name}` from profile `{profile}`"));
    }
    tell(rewritten.as_ref(), args.format.format, session.printer);
    if let Some(rewritten) = &rewritten {
        tell_of_checkouts(session, &rewritten.session, &names);
    }
    Ok(())
}

/// Removes a repository from the draft; returns the profiles that named it.
fn remove(rewrite: &mut Rewrite<'_>, name: &RepoName) -> Result<Vec<String>, Error> {
    let Rewrite { session, draft, .. } = rewrite;
    let config = &session.config;
    let all: Vec<&str> = config.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let from = match session.named_profile() {
        None => {
            let from: Vec<&str> = all.iter().copied().filter(|profile| draft.names(profile, name)).collect();
            if from.is_empty() {
                let repos = config.profiles.iter().flat_map(|profile| &profile.repos);
                let known = repos.map(|repo| repo.name.to_string()).collect();
                return Err(Error::UnknownRepo { name: name.clone(), known });
            }
            from
        }
        Some(named) => {
            let profile = config.profile(Some(&named))?;
            if let Some(from) = draft.inherited_from(&named, name) {
                return Err(EditError::Inherited { profile: named, name: name.clone(), from }.into());
            }
            if !draft.names(&named, name) {
                let known = profile.repos.iter().map(|repo| repo.name.to_string()).collect();
                return Err(EditError::NotInProfile { profile: named, name: name.clone(), known }.into());
            }
            vec![profile.name.as_str()]
        }
    };
    draft.remove_repo(name, &from, &all)?;
    Ok(from.into_iter().map(str::to_owned).collect())
}

/// Explains why modules cannot be found any more.
fn needed(error: Error, removed: &[RepoName]) -> Error {
    match error {
        Error::Unmet { unmet } if unmet.iter().all(|unmet| matches!(unmet.why, WhyUnmet::Nowhere { .. })) => {
            Error::Needed { removed: removed.to_vec(), unmet }
        }
        other => other,
    }
}

/// Names the checkouts that are no longer declared.
fn tell_of_checkouts(old: &Session<'_>, new: &Session<'_>, removed: &[RepoName]) {
    let mut stay = Vec::new();
    for name in removed {
        for profile in &old.config.profiles {
            let has = |session: &Session<'_>| {
                let profiles = session.config.profiles.iter().filter(|other| other.path == profile.path);
                profiles.flat_map(|profile| &profile.repos).any(|repo| repo.name == *name)
            };
            // If a variable is unset, the place of the checkouts is unknown.
            let Ok(path) = old.checkout(profile, name) else { continue };
            if has(old) && !has(new) && path.is_dir() && !stay.contains(&path) {
                stay.push(path);
            }
        }
    }
    for path in stay {
        old.printer
            .note(&format!("the checkout `{}` is kept; `oca sync --prune` removes it", path.display()));
    }
}
