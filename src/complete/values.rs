//! The values of arguments, from the project where the line is typed.

use std::collections::BTreeMap;

use clap_complete::{ArgValueCandidates, CompletionCandidate};

use super::project::{catalogue, configuration, locked};
use crate::addons::core::known_series;
use crate::catalogue;
use crate::config::{Config, Merge, Profile, Repo};
use crate::repo::RepoName;

/// Names, each with a short text about it.
type Names = BTreeMap<String, String>;

/// The profiles of `repos.toml`.
pub(crate) fn profiles() -> ArgValueCandidates {
    offer(|| {
        let profiles = configuration().into_iter().flat_map(|config| config.profiles);
        profiles.map(|profile| (profile.name, format!("Odoo {}", profile.odoo))).collect()
    })
}

/// The repositories that `repos.toml` declares.
pub(crate) fn repos() -> ArgValueCandidates {
    offer(|| configuration().map(|config| declared(&config)).unwrap_or_default())
}

/// The merges that `repos.toml` declares, such as `web#2950`.
pub(crate) fn merges() -> ArgValueCandidates {
    offer(|| configuration().map(|config| merged(&config)).unwrap_or_default())
}

/// The repositories and the merges: what `oca upgrade` moves.
pub(crate) fn pins_to_move() -> ArgValueCandidates {
    offer(|| {
        let config = configuration();
        let both = |config: &Config| declared(config).into_iter().chain(merged(config)).collect();
        config.as_ref().map(both).unwrap_or_default()
    })
}

/// The repositories, the merges and the patches: what `oca remove` removes.
pub(crate) fn removable() -> ArgValueCandidates {
    offer(|| {
        let config = configuration();
        let all = |config: &Config| {
            declared(config).into_iter().chain(merged(config)).chain(patched(config)).collect()
        };
        config.as_ref().map(all).unwrap_or_default()
    })
}

/// The repositories with `@`, behind which a commit is typed.
pub(crate) fn pins() -> ArgValueCandidates {
    offer(|| {
        let config = configuration();
        let repos = config.as_ref().map(declared).unwrap_or_default();
        repos.into_iter().map(|(name, about)| (format!("{name}@"), about)).collect()
    })
}

/// The modules of the lock.
pub(crate) fn modules() -> ArgValueCandidates {
    offer(locked_modules)
}

/// What `oca list` takes: repositories, own directories and modules.
pub(crate) fn list_names() -> ArgValueCandidates {
    offer(|| {
        let mut names = locked_modules();
        if let Some(config) = configuration() {
            names.extend(declared(&config));
            let locals = config.profiles.iter().flat_map(|profile| &profile.locals);
            names.extend(locals.map(|local| (local.path.as_str().to_owned(), "own modules".to_owned())));
        }
        names
    })
}

/// The modules of the lock, and those that `oca find` remembers.
pub(crate) fn find_modules() -> ArgValueCandidates {
    offer(|| {
        let mut names = Names::new();
        if let Some(catalogue) = catalogue() {
            names.extend(catalogue.modules().map(|name| (name.to_owned(), "OCA".to_owned())));
        }
        names.extend(locked_modules());
        names
    })
}

/// The repositories of OCA that no profile has yet.
pub(crate) fn new_repos() -> ArgValueCandidates {
    offer(|| {
        let there = configuration().map(|config| declared(&config)).unwrap_or_default();
        let names = catalogue::names()
            .map(|name: RepoName| name.as_str().to_owned())
            .filter(|name| !there.contains_key(name));
        names.map(|name| (name, String::new())).collect()
    })
}

/// The series of Odoo, the newest first.
pub(crate) fn series() -> ArgValueCandidates {
    ArgValueCandidates::new(|| known_series().rev().map(CompletionCandidate::new).collect())
}

fn declared(config: &Config) -> Names {
    let repos = config.profiles.iter().flat_map(Profile::all_repos);
    repos.map(|repo| (repo.name.to_string(), repo.reference.to_string())).collect()
}

fn merged(config: &Config) -> Names {
    let of = |repo: &Repo| -> Vec<(String, String)> {
        let merges = repo.merges.iter();
        let named = |merge: &Merge| {
            (merge.pending.source.without_secret().of(&repo.name), merge.why.clone().unwrap_or_default())
        };
        merges.map(named).collect()
    };
    config.profiles.iter().flat_map(Profile::all_repos).flat_map(of).collect()
}

/// The patches, such as `web#patches/web-title.patch`.
fn patched(config: &Config) -> Names {
    let of = |repo: &Repo| -> Vec<(String, String)> {
        repo.patches.iter().map(|path| (format!("{}#{path}", repo.name), String::new())).collect()
    };
    config.profiles.iter().flat_map(Profile::all_repos).flat_map(of).collect()
}

/// Without the hundreds of modules of Odoo itself.
fn locked_modules() -> Names {
    let lock = locked();
    let repos = lock.iter().flat_map(|lock| &lock.repos).filter(|repo| repo.core.is_none());
    let modules = repos.flat_map(|repo| repo.facts.modules.iter().map(move |module| (module, repo)));
    modules.map(|(module, repo)| (module.name.to_string(), repo.pin.name.to_string())).collect()
}

fn offer(names: impl Fn() -> Names + Send + Sync + 'static) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let candidate = |(name, about): (String, String)| {
            CompletionCandidate::new(name).help((!about.is_empty()).then(|| about.into()))
        };
        names().into_iter().filter(|(name, _)| is_name(name)).map(candidate).collect()
    })
}

/// Whether no shell does anything with a name but insert it. All names of OCA are such names.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./@#".contains(c);
    name.starts_with(char::is_alphanumeric) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_nothing_that_a_shell_reads_differently() {
        for name in
            ["web", "sale-workflow", "web_responsive", "web#2950", "web@", "l10n-türkiye", "addons/own"]
        {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["", "-rf", "a b", "$(x)", "`x`", "a;b", "a\nb", "\u{1b}[2J", "~", "#x", "a'b", "a\u{202e}b", "*"]
        {
            assert!(!is_name(name), "{name}");
        }
    }
}
