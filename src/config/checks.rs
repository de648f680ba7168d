//! Checks that need all profiles: unused names, and directories that two profiles claim.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use super::error::{Fault, table_name};
use super::lineage::Lineage;
use super::profile::{Mode, Profile, Repo};
use super::schema::{Declared, DeclaredRepo};
use crate::repo::CorePart;
use crate::requirements::Override;

/// If no profile has the repository of a table, the name is probably misspelt.
pub(super) fn refuse_unused(
    declared: &Declared,
    profiles: &[Profile],
    lineage: &Lineage,
    document: &Document<'_>,
) {
    let known = names(profiles);
    for repo in declared.repos.iter().filter(|repo| !known.contains(repo.name.as_str())) {
        let fault = Fault::UnusedRepo { name: repo.name.to_string(), known: owned(&known) };
        document.refuse(repo.line, &table_name("repos", repo.name.as_str()), fault);
    }
    let has_core = profiles.iter().any(|profile| !profile.core.is_empty());
    for (position, profile) in declared.profiles.iter().enumerate().filter(|(_, p)| !p.overrides.is_empty()) {
        let known = names(lineage.heirs(position).into_iter().map(|heir| &profiles[heir]));
        let is_unused = |repo: &&DeclaredRepo| {
            // Those of Odoo itself are refused elsewhere.
            let is_of_core = has_core && CorePart::of_name(&repo.name).is_some();
            !known.contains(repo.name.as_str()) && !is_of_core
        };
        for repo in profile.overrides.iter().filter(is_unused) {
            let fault = Fault::UnusedOverride {
                profile: profile.name.clone(),
                name: repo.name.to_string(),
                known: owned(&known),
            };
            document.refuse(
                repo.line,
                &table_name(&format!("{}.override", header(&profile.name)), repo.name.as_str()),
                fault,
            );
        }
    }
}

/// Refuses settings that submodules cannot have: everyone must be able to fetch the commit of a gitlink, and everyone
/// can read `.gitmodules`.
pub(super) fn refuse_unfetchable(declared: &Declared, document: &Document<'_>) {
    if declared.mode != Some(Mode::Submodule) {
        return;
    }
    let refuse = |outer: &str, repo: &DeclaredRepo| {
        let settings = &repo.settings;
        let shared = declared.repos.iter().find(|shared| shared.name == repo.name);
        let is_pushed = declared.push_url.is_some()
            || settings.push_url.is_some()
            || shared.is_some_and(|shared| shared.settings.push_url.is_some());
        let uses = [
            ("merges", !is_pushed && settings.merges.as_ref().is_some_and(|merges| !merges.is_empty())),
            ("patches", !is_pushed && settings.patches.as_ref().is_some_and(|patches| !patches.is_empty())),
            ("url", settings.url.as_ref().is_some_and(|url| url.without_secret() != *url)),
        ];
        for (key, _) in uses.into_iter().filter(|(_, is_used)| *is_used) {
            let name = repo.name.to_string();
            document.refuse(repo.line, &table_name(outer, &name), Fault::NotInSubmodule { key, name });
        }
    };
    declared.repos.iter().for_each(|repo| refuse("repos", repo));
    for profile in &declared.profiles {
        let outer = format!("{}.override", header(&profile.name));
        profile.overrides.iter().for_each(|repo| refuse(&outer, repo));
    }
}

/// Refuses a distribution that is both overridden and left out. A profile can have the two lists from different tables.
pub(super) fn refuse_ignored_overrides(declared: &Declared, profiles: &[Profile], document: &Document<'_>) {
    let refuse = |line, table: &str, name: &str| {
        let why = format!("`{name}` is in `ignore` of `[requirements]` as well");
        let hint = Some("delete it from one of the two".to_owned());
        document.refuse(line, table, Fault::BadValue { key: "override".to_owned(), why, hint });
    };
    let top = ("requirements".to_owned(), &declared.settings);
    let tables = declared
        .profiles
        .iter()
        .map(|profile| (format!("{}.requirements", header(&profile.name)), &profile.settings));
    let mut told = BTreeSet::new();
    for (table, settings) in std::iter::once(top).chain(tables) {
        let (overrides, ignore) = (&settings.overridden_requirements, &settings.ignored_requirements);
        for one in both(overrides.as_deref().unwrap_or_default(), ignore.as_deref().unwrap_or_default()) {
            told.insert(one.line());
            refuse(one.line(), &table, one.name());
        }
    }
    for profile in profiles {
        let requirements = &profile.requirements;
        for one in both(&requirements.overrides, &requirements.ignore) {
            if told.insert(one.line()) {
                refuse(profile.line, &header(&profile.name), one.name());
            }
        }
    }
}

/// The overrides whose distribution is ignored.
fn both<'a>(overrides: &'a [Override], ignore: &'a [String]) -> impl Iterator<Item = &'a Override> {
    overrides.iter().filter(|one| ignore.iter().any(|word| one.is_ignored_by(word)))
}

pub(super) fn names<'p>(profiles: impl IntoIterator<Item = &'p Profile>) -> BTreeSet<&'p str> {
    profiles.into_iter().flat_map(Profile::all_repos).map(|repo| repo.name.as_str()).collect()
}

pub(super) fn owned(names: &BTreeSet<&str>) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn refuse_case_clashes(profiles: &[Profile], document: &Document<'_>) {
    let mut told = BTreeSet::new();
    for profile in profiles {
        let mut seen: BTreeMap<String, &Repo> = BTreeMap::new();
        for repo in &profile.repos {
            let Some(first) = seen.insert(repo.name.as_str().to_ascii_lowercase(), repo) else { continue };
            if told.insert((first.name.as_str(), repo.name.as_str())) {
                let fault = Fault::CaseClash { first: first.name.to_string(), second: repo.name.to_string() };
                document.refuse(repo.line, &header(&profile.name), fault);
            }
        }
    }
}

/// A directory can hold one pin. Only the first clash of each profile is reported: usually a `path` is missing, and
/// then every repository clashes.
pub(super) fn refuse_checkout_clashes(profiles: &[Profile], document: &Document<'_>) {
    let mut checkouts: BTreeMap<String, (&Profile, &Repo)> = BTreeMap::new();
    for profile in profiles {
        let mut told = false;
        for repo in profile.all_repos() {
            let path = checkout(profile, repo);
            let (first, other) = *checkouts.entry(path.to_ascii_lowercase()).or_insert((profile, repo));
            let Some(difference) = difference(other, repo) else { continue };
            // `refuse_case_clashes` has already reported clashes within one profile.
            if told || std::ptr::eq(first, profile) {
                continue;
            }
            told = true;
            let (first, second) = (first.name.clone(), profile.name.clone());
            let table = header(&second);
            let is_core = repo.core.is_some();
            let fault = Fault::CheckoutClash { first, second, path, difference, is_core };
            document.refuse(profile.line, &table, fault);
        }
    }
    for profile in profiles {
        let path = profile.path.tidied();
        let cuts = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for checkout in cuts.map(|cut| &path[..cut]) {
            if let Some((outer, _)) = checkouts.get(&checkout.to_ascii_lowercase()) {
                let (outer, inner) = (outer.name.clone(), profile.name.clone());
                let table = header(&inner);
                let fault = Fault::NestedCheckout { outer, inner, checkout: checkout.to_owned() };
                document.refuse(profile.line, &table, fault);
            }
        }
    }
}

/// The checkout of a repository, tidied. Variables are not expanded.
pub(super) fn checkout(profile: &Profile, repo: &Repo) -> String {
    match &repo.core {
        Some(core) => core.path.tidied(),
        None => format!("{}/{}", profile.path.tidied(), repo.name),
    }
}

fn difference(first: &Repo, second: &Repo) -> Option<String> {
    if first.url != second.url {
        return Some(format!("`{}` and `{}`", first.url, second.url));
    }
    if first.reference != second.reference {
        return Some(format!("{} and {}", first.reference, second.reference));
    }
    if first.merges != second.merges {
        return Some("their `merges` differ".to_owned());
    }
    (first.patches != second.patches).then(|| "their `patches` differ".to_owned())
}

fn header(profile: &str) -> String {
    table_name("profiles", profile)
}
